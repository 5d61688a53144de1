//! What a pool of native jobs has beyond one of closures.

use std::{
    io,
    sync::{Mutex, PoisonError, Weak},
};

use workpool_core::{Reaper, TaskId, WorkerId};
use workpool_mailbox::{Crew, Spinners, Work};

use crate::{native::job::Job, slots::Slots};

#[derive(Debug)]
pub(crate) struct Natives {
    /// Of tasks that have not begun.
    pub(crate) jobs: Slots<Job>,
    crew: Crew,
    /// The pool itself.
    work: Weak<dyn WorkOfPool>,
    /// Why the system has given no thread the last time.
    unstarted: Mutex<Option<String>>,
}

/// The pool, for its threads.
pub(crate) trait WorkOfPool: Work + std::fmt::Debug {}

impl Natives {
    /// `stack_size`: of a thread, in bytes; 0 for what the system gives.
    pub(crate) fn new(
        name: String,
        stack_size: u32,
        spinners: &'static Spinners,
        work: Weak<dyn WorkOfPool>,
    ) -> Self {
        let stack_size = (stack_size > 0).then_some(stack_size as usize);
        let crew = Crew::new(name, stack_size, Reaper::global().clock(), spinners);
        Self { jobs: Slots::default(), crew, work, unstarted: Mutex::default() }
    }

    pub(crate) fn boot(&self, worker: WorkerId) {
        // If the pool is gone nobody waits for the worker.
        if let Some(work) = self.work.upgrade() {
            self.crew.boot(worker, work);
        }
    }

    pub(crate) fn start(&self, worker: WorkerId, task: TaskId) {
        self.crew.start(worker, task);
    }

    pub(crate) fn retire(&self, worker: WorkerId) {
        self.crew.retire(worker);
    }

    /// Nobody wants the result of the task any more, which this worker may have.
    pub(crate) fn interrupt(&self, worker: WorkerId, task: TaskId) {
        self.crew.interrupt(worker, task);
    }

    /// The same, whichever worker has it.
    pub(crate) fn interrupt_wherever(&self, task: TaskId) {
        self.crew.interrupt_wherever(task);
    }

    /// The system has given no thread.
    pub(crate) fn note_unstarted(&self, error: &io::Error) {
        *self.unstarted.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
    }

    /// Why it has not.
    pub(crate) fn unstarted(&self) -> Option<String> {
        self.unstarted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
