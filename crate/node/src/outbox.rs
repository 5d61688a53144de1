//! What the core wants an isolate to do, and the bell that wakes its event loop for it.

use std::{
    collections::VecDeque,
    ptr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use napi::sys;

/// One thing to do. `src/binding.ts` numbers the kinds alike.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Command {
    pub(crate) kind: Kind,
    pub(crate) face: u32,
    pub(crate) first: u32,
    pub(crate) second: u32,
}

/// What is to be done, with what `first` and `second` say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Start a task: worker, task.
    Start = 1,
    /// Initialise a worker: worker.
    Boot = 2,
    /// Take a worker down: worker.
    Retire = 3,
    /// Reject a task: task, reason.
    Reject = 4,
    /// Settle a watch: token, whether its time was up.
    Watched = 5,
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
    /// `None` before the isolate is ready and once it ends; then there is nobody to do anything.
    bell: Option<Bell>,
    /// Whether the bell has rung since the outbox was last seen empty.
    has_rung: bool,
}

/// Commands for one isolate, in order, from any thread.
#[derive(Debug, Default)]
pub(crate) struct Outbox(Mutex<Content>);

impl Outbox {
    /// The isolate is ready for commands.
    pub(crate) fn open(&self, bell: Bell) {
        self.lock().bell = Some(bell);
    }

    /// The isolate ends. Gives the bell back; nobody rings it any more, as ringing needs the lock.
    pub(crate) fn close(&self) -> Option<Bell> {
        let mut content = self.lock();
        content.commands.clear();
        content.bell.take()
    }

    /// Adds a command. `is_foreign`: another thread than the isolate's adds it, so its event loop has to be woken;
    /// once is enough until it has looked.
    pub(crate) fn push(&self, command: Command, is_foreign: bool) {
        let mut content = self.lock();
        let Some(Bell(bell)) = content.bell else { return };
        content.commands.push_back(command);
        if is_foreign && !content.has_rung {
            content.has_rung = true;
            // SAFETY: the bell is in the outbox and the lock is held, so its environment still lives (see `close`). A
            // plain mutex rather than a spin lock, as Node takes one of its own inside.
            unsafe {
                sys::napi_call_threadsafe_function(
                    bell,
                    ptr::null_mut(),
                    sys::ThreadsafeFunctionCallMode::nonblocking,
                );
            }
        }
    }

    /// The next command. After `None` the bell rings for the next one.
    pub(crate) fn pop(&self) -> Option<Command> {
        let mut content = self.lock();
        let command = content.commands.pop_front();
        if command.is_none() {
            content.has_rung = false;
        }
        command
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
