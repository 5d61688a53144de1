//! A job that runs, as its function sees it.

use std::ffi::CString;

use crate::abi::{Calls, Task};

/// A job that runs. It is neither `Send` nor `Sync`: the thread that computes asks and tells.
#[derive(Debug)]
pub struct RunningJob(*mut Task);

impl RunningJob {
    /// # Safety
    /// `task` is that of a call of `execute`, which does not return before this is dropped.
    pub(crate) const unsafe fn new(task: *mut Task) -> Self {
        Self(task)
    }

    fn calls(&self) -> &Calls {
        // SAFETY: by the contract of `new`.
        let calls = unsafe { (*self.0).calls };
        // SAFETY: the functions are there for the life of the process.
        unsafe { &*calls }
    }

    /// Whether nobody wants the result any more: the promise has been rejected, by a timeout or an abort, or the pool
    /// wants its running jobs to end. A job that looks now and then, and returns, gives its thread back sooner. It costs
    /// about a nanosecond.
    #[must_use]
    pub fn is_aborted(&self) -> bool {
        let is_aborted = self.calls().is_aborted;
        // SAFETY: by the contract of `new`.
        unsafe { is_aborted(self.0) != 0 }
    }

    /// How far the job has come, as a number of which the addon and its users know the meaning. `onProgress` of the ticket
    /// hears the newest one; without it this does nothing.
    pub fn progress(&self, value: f64) {
        let progress = self.calls().progress;
        // SAFETY: by the contract of `new`.
        unsafe { progress(self.0, value) };
    }

    /// The job has failed, with this text.
    pub(crate) fn fail(&self, text: &str) {
        let fail = self.calls().fail;
        let text = CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default();
        // SAFETY: by the contract of `new`; the text is copied.
        unsafe { fail(self.0, text.as_ptr()) };
    }
}
