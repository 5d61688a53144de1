//! An isolate as the models play it: its event loop, its bell, and what it does when it is woken.

use std::{
    cell::RefCell,
    collections::VecDeque,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
};

use loom::{
    cell::UnsafeCell,
    sync::{Arc, Condvar, Mutex},
};
use workpool_core::{Clock, Nanos};
use workpool_mailbox::{Bell, Found, LONGEST_SPIN, Mailbox, Next, Origin, Spinners, Thread};

/// An event loop that sleeps in a system call, and the call that ends it.
#[derive(Default)]
pub(crate) struct EventLoop {
    has_rung: Mutex<bool>,
    arrival: Condvar,
    pub(crate) rings: AtomicUsize,
    /// Whether the environment is gone. No lock guards it but the mailbox's: loom reports a ring that is not ordered before the
    /// end of the environment as a race, whatever it reads.
    is_gone: UnsafeCell<bool>,
}

impl EventLoop {
    pub(crate) fn sleep(&self) {
        let mut has_rung = self.has_rung.lock().unwrap();
        while !*has_rung {
            has_rung = self.arrival.wait(has_rung).unwrap();
        }
        *has_rung = false;
    }

    /// The environment is torn down.
    pub(crate) fn end(&self) {
        // SAFETY: loom checks that nobody else has the cell at this time.
        self.is_gone.with_mut(|is_gone| unsafe { *is_gone = true });
    }
}

/// The bell of an event loop.
pub(crate) struct Waker(Arc<EventLoop>);

impl Bell for Waker {
    fn ring(&self) {
        // SAFETY: loom checks that nobody writes the cell at this time.
        assert!(
            !self.0.is_gone.with(|is_gone| unsafe { *is_gone }),
            "a bell rings whose environment is gone"
        );
        self.0.rings.fetch_add(1, Ordering::Relaxed);
        *self.0.has_rung.lock().unwrap() = true;
        self.0.arrival.notify_one();
    }
}

/// A clock that passes by itself, so that a look ends after a few rounds.
#[derive(Default)]
pub(crate) struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn now(&self) -> Nanos {
        self.0.fetch_add(LONGEST_SPIN / 2, Ordering::Relaxed)
    }
}

/// A message that leaves a trace when it is dropped without having been taken.
pub(crate) struct Message {
    pub(crate) number: u32,
    pub(crate) dropped: Option<Arc<Dropped>>,
}

pub(crate) type Dropped = Mutex<Vec<u32>>;

impl Message {
    pub(crate) const fn new(number: u32) -> Self {
        Self { number, dropped: None }
    }

    pub(crate) fn taken(mut self) -> u32 {
        self.dropped = None;
        self.number
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        if let Some(dropped) = &self.dropped {
            dropped.lock().unwrap().push(self.number);
        }
    }
}

pub(crate) type TestMailbox = Mailbox<Message, Message, Message, Waker>;

/// An isolate with everything it has for its mailbox.
pub(crate) struct Isolate {
    pub(crate) mailbox: Arc<TestMailbox>,
    pub(crate) event_loop: Arc<EventLoop>,
    pub(crate) thread: Thread,
    pub(crate) origin: Origin,
    pub(crate) clock: Ticking,
    pub(crate) spinners: Spinners,
    pub(crate) taken: RefCell<Vec<u32>>,
}

impl Isolate {
    pub(crate) fn new() -> Self {
        let event_loop = Arc::<EventLoop>::default();
        let mailbox = Arc::<TestMailbox>::default();
        mailbox.open(Waker(event_loop.clone()));
        Self {
            mailbox,
            event_loop,
            thread: Thread::default(),
            origin: Origin::default(),
            clock: Ticking::default(),
            spinners: Spinners::for_processors(2),
            taken: RefCell::default(),
        }
    }

    pub(crate) fn take(&self, message: Message) {
        self.taken.borrow_mut().push(message.taken());
    }

    pub(crate) fn has(&self, count: usize) -> bool {
        self.taken.borrow().len() == count
    }

    pub(crate) fn drain(&self) {
        let mut outcomes = VecDeque::new();
        self.mailbox.swap_outcomes(&mut outcomes);
        outcomes.into_iter().for_each(|outcome| self.take(outcome));
    }

    /// Takes what `pop` gives, until it says that the bell rings for the next message. Tasks are left to `run_tasks`, as TypeScript
    /// leaves them to a microtask.
    pub(crate) fn look(&self) {
        let mut has_tasks = false;
        loop {
            match self.mailbox.pop() {
                Next::Command(command) => self.take(command),
                Next::Outcomes => self.drain(),
                Next::Tasks => has_tasks = true,
                Next::Nothing => break,
            }
        }
        if has_tasks {
            self.run_tasks();
        }
    }

    /// Runs one task after the other until the thread may sleep.
    pub(crate) fn run_tasks(&self) {
        loop {
            match self.thread.next(&self.mailbox, true, None, &self.clock, &self.spinners) {
                Found::Task(task, _) => self.take(task),
                Found::Other => self.look(),
                Found::Nothing => return,
            }
        }
    }

    /// Goes through its event loop until it has taken so many messages.
    pub(crate) fn serve(&self, count: usize) {
        while !self.has(count) {
            self.event_loop.sleep();
            self.look();
        }
    }
}
