//! What the core wants an isolate to do, and the bell that wakes its event loop for it.

use std::{
    collections::VecDeque,
    ptr,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use napi::sys;
use workpool_core::{SpinGuard, SpinLock, TaskId};

use crate::calls::Value;

/// Memory for so many commands is kept. A crowd that has been seen to leaves nothing behind.
const KEPT: usize = 4_096;

/// One thing to do. `src/native/binding.ts` numbers the kinds alike.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) kind: Kind,
    pub(crate) face: u32,
    pub(crate) first: u32,
    pub(crate) second: u32,
    pub(crate) third: u32,
    /// Of the task that it is about, if it is about one.
    pub(crate) stamp: u32,
    /// What is to be known beside: why a thread has died, or a task is aborted.
    pub(crate) detail: Option<Arc<Value>>,
}

impl Command {
    /// One that is about no task, or about one whose number cannot be another's by then. The face is set when it is pushed.
    pub(crate) const fn new(kind: Kind, first: u32, second: u32) -> Self {
        Self { kind, face: 0, first, second, third: 0, stamp: 0, detail: None }
    }
}

/// How a task of a thread pool has ended, for its origin.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The number of the pool in the origin's isolate.
    pub(crate) face: u32,
    pub(crate) task: TaskId,
    /// Of a task that failed: its number, waitMs and runMs.
    pub(crate) failed: Option<[f64; 3]>,
    /// Whether its thread has printed what its owner may not have read yet.
    pub(crate) printed: bool,
    pub(crate) value: Value,
}

/// What is to be done, with what `first`, `second` and `third` say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Start a task: worker, task.
    Start = 1,
    /// Initialise a worker: worker.
    Boot = 2,
    /// Take a worker down: worker.
    Retire = 3,
    /// Reject a task: task, reason, the limit that it exceeded in ms.
    Reject = 4,
    /// Settle a watch: token, 0 or, if its time was up, 1 + how many workers were left.
    Watched = 5,
    /// End a thread, whatever it does: worker.
    Kill = 6,
    /// Send the argument of a task to its thread by a message port: worker, task.
    Post = 7,
    /// A thread is dead; its owner will also hear so from Node, unless it is blocked: worker, number of the thread. 8 and 9
    /// are no commands.
    Died = 10,
    /// A worker that is being taken down counts no more: worker.
    Overdue = 12,
    /// In a thread, abort the signal of a task: task, whether only if that has settled.
    Abort = 11,
}

/// A threadsafe function that only wakes: its payload is always null.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bell(pub(crate) sys::napi_threadsafe_function);

// SAFETY: the handle may be called from any thread until its environment is torn down. The cleanup hook of `isolate`
// takes it out of the outbox before that, under the lock that callers hold.
unsafe impl Send for Bell {}

#[derive(Debug, Default)]
struct Content {
    commands: VecDeque<Command>,
    /// For an isolate that is a thread of a pool: tasks it has been given.
    tasks: VecDeque<TaskId>,
    /// Whether one has come since `pop` last said so.
    has_new_tasks: bool,
    /// For an origin: ends of its tasks.
    outcomes: VecDeque<Outcome>,
    /// `None` before the isolate is ready and once it ends; then there is nobody to do anything.
    bell: Option<Bell>,
    /// Whether the bell has rung since everything was last seen empty. Until then the isolate looks again by itself.
    has_rung: bool,
    /// Whether the isolate is blocked in `wait`, so that no bell reaches it.
    is_waiting: bool,
}

impl Content {
    fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.outcomes.is_empty() && self.tasks.is_empty()
    }
}

/// What an isolate finds in its outbox.
#[derive(Debug)]
pub(crate) enum Next {
    Command(Command),
    /// Ends of tasks, to be drained.
    Outcomes,
    /// Tasks for it as a thread of a pool.
    Tasks,
    Nothing,
}

/// Commands for one isolate, in order, from any thread.
#[derive(Debug)]
pub(crate) struct Outbox {
    /// A spin lock, as a thread and an origin meet here twice per task: a mutex would have them sleep for each other.
    content: SpinLock<Content>,
    /// Whether there may be something, for those who spin rather than take the lock. Relaxed: it is a hint, and the lock is
    /// taken before anybody sleeps.
    hint: AtomicBool,
    /// For an isolate that waits in native code: held while it looks for the last time and goes to sleep, and by whoever wakes it.
    doorway: Mutex<()>,
    arrival: Condvar,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            content: SpinLock::new(Content::default()),
            hint: AtomicBool::new(false),
            doorway: Mutex::new(()),
            arrival: Condvar::new(),
        }
    }
}

impl Outbox {
    /// The isolate is ready for commands.
    pub(crate) fn open(&self, bell: Bell) {
        self.lock().bell = Some(bell);
    }

    /// The isolate ends. Gives the bell back; nobody rings it any more, as ringing needs the lock.
    pub(crate) fn close(&self) -> Option<Bell> {
        let mut content = self.lock();
        content.commands.clear();
        content.tasks.clear();
        content.outcomes.clear();
        content.bell.take()
    }

    /// Adds a command. `is_foreign`: another thread than the isolate's adds it, so its event loop has to be woken;
    /// once is enough until it has looked.
    pub(crate) fn push(&self, command: Command, is_foreign: bool) {
        self.add(is_foreign, |content| content.commands.push_back(command));
    }

    /// The same for several, in this order.
    pub(crate) fn push_all(&self, commands: Vec<Command>, is_foreign: bool) {
        self.add(is_foreign, |content| content.commands.extend(commands));
    }

    /// Gives the isolate, a thread of a pool, a task.
    pub(crate) fn push_task(&self, task: TaskId) {
        self.add(true, |content| {
            content.tasks.push_back(task);
            content.has_new_tasks = true;
        });
    }

    /// Tells an origin of the end of a task.
    pub(crate) fn push_outcome(&self, outcome: Outcome) {
        self.add(true, |content| content.outcomes.push_back(outcome));
    }

    fn add(&self, is_foreign: bool, add: impl FnOnce(&mut Content)) {
        let mut content = self.lock();
        let Some(Bell(bell)) = content.bell else { return };
        add(&mut content);
        self.hint.store(true, Ordering::Relaxed);
        let is_waiting = content.is_waiting;
        if is_foreign && !content.has_rung {
            content.has_rung = true;
            // SAFETY: the bell is in the outbox and the lock is held, so its environment still lives (see `close`). It takes a
            // lock of Node's own and at most one system call, once until the isolate has looked.
            unsafe {
                sys::napi_call_threadsafe_function(
                    bell,
                    ptr::null_mut(),
                    sys::ThreadsafeFunctionCallMode::nonblocking,
                );
            }
        }
        drop(content);
        if is_waiting {
            // Whoever waits has either not looked for the last time yet, or sleeps.
            drop(self.doorway.lock());
            self.arrival.notify_one();
        }
    }

    /// What there is to do next. After `Nothing` the bell rings for the next thing.
    pub(crate) fn pop(&self) -> Next {
        let mut content = self.lock();
        if let Some(command) = content.commands.pop_front() {
            return Next::Command(command);
        }
        if !content.outcomes.is_empty() {
            return Next::Outcomes;
        }
        if std::mem::take(&mut content.has_new_tasks) && !content.tasks.is_empty() {
            return Next::Tasks;
        }
        self.hint.store(!content.tasks.is_empty(), Ordering::Relaxed);
        content.has_rung = false;
        if content.commands.capacity() > KEPT {
            let crowd = std::mem::take(&mut content.commands);
            drop(content);
            drop(crowd); // without the lock
        }
        Next::Nothing
    }

    /// The next task.
    pub(crate) fn pop_task(&self) -> Option<TaskId> {
        let mut content = self.lock();
        // It is awake: whatever comes now it finds by itself.
        content.has_rung = true;
        let task = content.tasks.pop_front();
        self.hint.store(!content.is_empty(), Ordering::Relaxed);
        task
    }

    /// Which task is to begin, now that the thread is given one: those that lie here were given before.
    pub(crate) fn first_of(&self, task: TaskId) -> TaskId {
        if !self.may_have_some() {
            return task;
        }
        let mut content = self.lock();
        content.tasks.push_back(task);
        content.tasks.pop_front().unwrap_or(task)
    }

    /// The thread has nothing to do, and sleeps until the bell rings. False if there is something after all.
    pub(crate) fn sleep(&self) -> bool {
        let mut content = self.lock();
        content.has_rung = !content.is_empty();
        !content.has_rung
    }

    /// Blocks the isolate until there is something, or for `limit`, which is short: an isolate that ends must not be waited for.
    pub(crate) fn wait(&self, limit: Duration) {
        let doorway = self.doorway.lock().unwrap_or_else(PoisonError::into_inner);
        self.lock().is_waiting = true;
        drop(self.arrival.wait_timeout_while(doorway, limit, |()| self.lock().is_empty()));
        self.lock().is_waiting = false;
    }

    /// All outcomes. `outcomes` is empty, and gives its memory in return.
    pub(crate) fn swap_outcomes(&self, outcomes: &mut VecDeque<Outcome>) {
        let mut content = self.lock();
        std::mem::swap(&mut content.outcomes, outcomes);
        self.hint.store(!content.is_empty(), Ordering::Relaxed);
    }

    /// Whether it is worth looking.
    pub(crate) fn may_have_some(&self) -> bool {
        self.hint.load(Ordering::Relaxed)
    }

    fn lock(&self) -> SpinGuard<'_, Content> {
        self.content.lock()
    }
}
