//! What the mailbox of an isolate holds, and the bell that wakes its event loop for it.

use std::{
    ffi::CString,
    num::NonZero,
    ptr,
    sync::{Arc, LazyLock},
};

use napi::sys;
use workpool_abi::CommandKind;
use workpool_core::TaskId;
use workpool_mailbox::{Bell, Spinners};

use crate::{native::job::Job, progress::Progress, times::Times, value::Value};

/// One thing that the isolate is to do.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) kind: CommandKind,
    /// The number of the pool in the isolate.
    pub(crate) handle: u32,
    pub(crate) first: u32,
    pub(crate) second: u32,
    pub(crate) third: u32,
    /// The stamp of the task that the command is about; 0 if it is about none.
    pub(crate) stamp: u32,
    /// Why a thread has died, or why a task is aborted.
    pub(crate) detail: Option<Arc<Value>>,
}

impl Command {
    /// A command about no task, or about a task whose number nobody else can have by the time that the command is read. The handle is
    /// set when the command is pushed.
    pub(crate) const fn new(kind: CommandKind, first: u32, second: u32) -> Self {
        Self { kind, handle: 0, first, second, third: 0, stamp: 0, detail: None }
    }
}

/// What the origin of a task of a thread pool hears of the task, in the order in which it happens.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The number of the pool in the origin's isolate.
    pub(crate) handle: u32,
    pub(crate) task: TaskId,
    pub(crate) news: News,
}

#[derive(Debug)]
pub(crate) enum News {
    /// The task has ended.
    End {
        /// The times of the task, if it failed.
        failed: Option<Times>,
        /// Whether the thread has printed something that the owner may not have read yet.
        printed: bool,
        value: Value,
    },
    /// The task tells how far it has come: the newest value at the time of the look.
    Progress(Arc<Progress>),
    /// The same, once somebody has looked.
    Looked(Value),
    /// The task, a native job, has ended. If it failed: what it has said, and its times.
    Job { job: Job, failure: Option<(CString, Times)> },
    /// The task has settled in another way, and its job is only to be disposed of.
    Disposal(Job),
}

/// A threadsafe function that only wakes. Its payload is always null.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waker(pub(crate) sys::napi_threadsafe_function);

// SAFETY: the handle may be called from any thread until its environment is torn down. The cleanup hook, `tear_down`,
// takes it out of the mailbox before that, under the lock that callers hold.
unsafe impl Send for Waker {}

impl Bell for Waker {
    fn ring(&self) {
        // SAFETY: the mailbox has the bell and its lock is held, so the environment still lives (see `Mailbox::close`). The call
        // takes a lock of Node's own and makes at most one system call, once until the isolate has looked.
        unsafe {
            sys::napi_call_threadsafe_function(
                self.0,
                ptr::null_mut(),
                sys::ThreadsafeFunctionCallMode::nonblocking,
            );
        }
    }
}

/// Where an isolate finds what others have left for it.
pub(crate) type Mailbox = workpool_mailbox::Mailbox<Command, TaskId, Outcome, Waker>;

/// The places for isolates that look for what comes next instead of going to sleep.
pub(crate) static SPINNERS: LazyLock<Spinners> =
    LazyLock::new(|| Spinners::for_processors(std::thread::available_parallelism().map_or(1, NonZero::get)));
