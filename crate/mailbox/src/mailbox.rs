//! The mailbox and its bell.

use std::{collections::VecDeque, mem, time::Duration};

use workpool_core::{SpinGuard, SpinLock};

use crate::{
    parker::Parker,
    sync::{AtomicBool, Ordering},
};

/// So many commands lie in one piece. A crowd of more lies in further pieces, so that nothing is copied while it grows,
/// and leaves nothing behind once it has been seen to.
const PIECE: usize = 4_096;

/// What makes the event loop of an isolate look into its mailbox.
pub trait Bell {
    /// Called by any thread, under the lock of the mailbox and only between `open` and `close`. Must not block, and must not call
    /// the mailbox. The isolate must look after each call, however long it sleeps.
    fn ring(&self);
}

/// Who adds a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// Another thread than the isolate's, so its event loop has to be woken.
    Other,
    /// The isolate itself, which looks before its present call returns.
    Itself,
}

/// What an isolate finds in its mailbox.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<C> {
    /// The first command, which has been taken out.
    Command(C),
    /// There are ends of tasks, for `swap_outcomes`.
    Outcomes,
    /// Tasks have come since this was last said, for `pop_task`.
    Tasks,
    /// Nothing. From now on the bell rings for the next message.
    Nothing,
}

/// Commands, in order. However many there are, adding some and taking one takes no longer.
#[derive(Debug)]
struct Commands<C> {
    /// The first ones.
    first: VecDeque<C>,
    /// What did not fit; no piece is empty.
    more: VecDeque<Vec<C>>,
}

impl<C> Commands<C> {
    const fn new() -> Self {
        Self { first: VecDeque::new(), more: VecDeque::new() }
    }

    fn is_empty(&self) -> bool {
        self.first.is_empty() && self.more.is_empty()
    }

    fn push(&mut self, command: C) {
        if self.more.is_empty() && self.first.len() < PIECE {
            self.first.push_back(command);
            return;
        }
        match self.more.back_mut() {
            // It has room for that, so nothing moves.
            Some(last) if last.len() < last.capacity() => last.push(command),
            _ => {
                let mut piece = Vec::with_capacity(PIECE);
                piece.push(command);
                self.more.push_back(piece);
            }
        }
    }

    fn push_all(&mut self, commands: Vec<C>) {
        if self.more.is_empty() && self.first.len() + commands.len() <= PIECE {
            self.first.extend(commands);
        } else if !commands.is_empty() {
            self.more.push_back(commands);
        }
    }

    fn pop(&mut self) -> Option<C> {
        let first = self.first.pop_front();
        if first.is_some() || self.more.is_empty() {
            return first;
        }
        self.first = self.more.pop_front()?.into();
        self.first.pop_front()
    }
}

#[derive(Debug)]
struct Content<C, T, O, B> {
    commands: Commands<C>,
    /// For an isolate that is a thread of a pool: tasks it has been given.
    tasks: VecDeque<T>,
    /// Whether a task has come since `pop` last said so.
    has_new_tasks: bool,
    /// For an origin: ends of its tasks.
    outcomes: VecDeque<O>,
    /// `None` before the isolate is ready and once it ends; then there is nobody to do anything.
    bell: Option<B>,
    /// Whether the isolate looks again by itself: the bell has rung, or the isolate takes tasks, and it has not seen the mailbox
    /// empty since.
    is_awake: bool,
    /// Whether the isolate is parked, or about to park, so that no bell reaches it.
    is_parked: bool,
}

impl<C, T, O, B> Default for Content<C, T, O, B> {
    fn default() -> Self {
        Self {
            commands: Commands::new(),
            tasks: VecDeque::new(),
            has_new_tasks: false,
            outcomes: VecDeque::new(),
            bell: None,
            is_awake: false,
            is_parked: false,
        }
    }
}

impl<C, T, O, B> Content<C, T, O, B> {
    fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.outcomes.is_empty() && self.tasks.is_empty()
    }

    /// Whether `pop` would say more than `Nothing`.
    fn has_news(&self) -> bool {
        !self.commands.is_empty()
            || !self.outcomes.is_empty()
            || (self.has_new_tasks && !self.tasks.is_empty())
    }
}

/// Messages for one isolate, from any thread: commands `C`, tasks `T` that it has been given, ends `O` of tasks that it has submitted.
/// Each kind keeps its order.
#[derive(Debug)]
pub struct Mailbox<C, T, O, B> {
    /// A spin lock, as a thread and an origin meet here twice per task: a mutex would have them sleep for each other.
    content: SpinLock<Content<C, T, O, B>>,
    /// Whether there may be a message, for those who spin rather than take the lock. Relaxed, as nothing is read on the word of
    /// it: whoever goes to sleep looks under the lock before.
    hint: AtomicBool,
    parker: Parker,
}

impl<C, T, O, B> Default for Mailbox<C, T, O, B> {
    fn default() -> Self {
        Self {
            content: SpinLock::new(Content::default()),
            hint: AtomicBool::new(false),
            parker: Parker::default(),
        }
    }
}

impl<C, T, O, B: Bell> Mailbox<C, T, O, B> {
    /// The isolate is ready for messages. Before, and after `close`, each one is refused.
    pub fn open(&self, bell: B) {
        self.lock().bell = Some(bell);
    }

    /// The isolate ends. Drops what lies here and gives the bell back; nobody rings it any more, as ringing needs the lock.
    pub fn close(&self) -> Option<B> {
        let mut content = self.lock();
        let mut old = mem::take(&mut *content);
        self.hint.store(false, Ordering::Relaxed);
        drop(content);
        let bell = old.bell.take();
        drop(old); // without the lock
        bell
    }

    /// Adds a command. False: the isolate has ended or is not ready; then the command is dropped.
    pub fn push(&self, command: C, sender: Sender) -> bool {
        self.add(sender, |content| content.commands.push(command))
    }

    /// Adds several commands, in this order, and wakes the isolate once for all of them.
    pub fn push_all(&self, commands: Vec<C>, sender: Sender) -> bool {
        self.add(sender, |content| content.commands.push_all(commands))
    }

    /// Gives the isolate, a thread of a pool, a task. False as for `push`.
    pub fn push_task(&self, task: T) -> bool {
        self.add(Sender::Other, |content| {
            content.tasks.push_back(task);
            content.has_new_tasks = true;
        })
    }

    /// Tells an origin of the end of a task. False as for `push`.
    pub fn push_outcome(&self, outcome: O) -> bool {
        self.add(Sender::Other, |content| content.outcomes.push_back(outcome))
    }

    fn add(&self, sender: Sender, add: impl FnOnce(&mut Content<C, T, O, B>)) -> bool {
        let mut content = self.lock();
        if content.bell.is_none() {
            return false;
        }
        add(&mut content);
        self.hint.store(true, Ordering::Relaxed);
        if sender == Sender::Other
            && !mem::replace(&mut content.is_awake, true)
            && let Some(bell) = &content.bell
        {
            bell.ring();
        }
        let is_parked = mem::take(&mut content.is_parked);
        drop(content);
        if is_parked {
            self.parker.unpark();
        }
        true
    }

    /// What there is to do next: commands first, then outcomes, then tasks. After `Nothing` the bell rings for the next message.
    pub fn pop(&self) -> Next<C> {
        let mut content = self.lock();
        if let Some(command) = content.commands.pop() {
            return Next::Command(command);
        }
        if !content.outcomes.is_empty() {
            return Next::Outcomes;
        }
        if mem::take(&mut content.has_new_tasks) && !content.tasks.is_empty() {
            return Next::Tasks;
        }
        self.hint.store(!content.tasks.is_empty(), Ordering::Relaxed);
        content.is_awake = false;
        if content.commands.more.capacity() > 0 {
            let crowd = mem::replace(&mut content.commands, Commands::new());
            drop(content);
            drop(crowd); // without the lock
        }
        Next::Nothing
    }

    /// The next task. The isolate counts as awake from now on: it takes whatever comes until `sleep` or `Nothing`.
    pub fn pop_task(&self) -> Option<T> {
        let mut content = self.lock();
        content.is_awake = true;
        let task = content.tasks.pop_front();
        self.hint.store(!content.is_empty(), Ordering::Relaxed);
        task
    }

    /// Which task is to begin, now that the thread is given `task`: those that lie here were given before.
    pub fn first_of(&self, task: T) -> T {
        if !self.may_have_some() {
            return task;
        }
        let mut content = self.lock();
        match content.tasks.pop_front() {
            Some(first) => {
                content.tasks.push_back(task);
                first
            }
            None => task,
        }
    }

    /// The thread has nothing to do and goes back to its event loop, where the bell wakes it. False: there is a message after all,
    /// and the isolate has to look once more.
    pub fn sleep(&self) -> bool {
        let mut content = self.lock();
        content.is_awake = !content.is_empty();
        !content.is_awake
    }

    /// Blocks the isolate until `pop` has something to say, or for `limit`, or sooner. `limit` is short, as the end of an isolate
    /// must not be waited for.
    pub fn park(&self, limit: Duration) {
        let doorway = self.parker.enter();
        let mut content = self.lock();
        if content.has_news() {
            return;
        }
        content.is_parked = true;
        drop(content);
        doorway.park(limit);
        self.lock().is_parked = false;
    }

    /// Takes all outcomes. `outcomes` is empty, and its memory is used for the next ones.
    pub fn swap_outcomes(&self, outcomes: &mut VecDeque<O>) {
        let mut content = self.lock();
        mem::swap(&mut content.outcomes, outcomes);
        self.hint.store(!content.is_empty(), Ordering::Relaxed);
    }

    /// Whether it is worth looking. A hint, read without the lock.
    #[inline]
    pub fn may_have_some(&self) -> bool {
        self.hint.load(Ordering::Relaxed)
    }

    fn lock(&self) -> SpinGuard<'_, Content<C, T, O, B>> {
        self.content.lock()
    }
}
