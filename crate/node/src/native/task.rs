//! A job that runs, as its function sees it.

use std::{
    ffi::{CStr, CString, c_char, c_int},
    sync::Arc,
};

use workpool_abi::ValueKind;
use workpool_core::TaskId;
use workpool_mailbox::Attention;

use crate::{progress::Progress, value::Value};

/// Who hears how far a task has come.
pub(crate) trait Listener {
    fn tell(&self, task: TaskId, progress: &Arc<Progress>);
}

/// `workpool_task_calls` of `include/workpool.h`.
#[repr(C)]
#[derive(Debug)]
struct Calls {
    is_aborted: unsafe extern "C" fn(task: *const Task) -> c_int,
    fail: unsafe extern "C" fn(task: *mut Task, message: *const c_char),
    progress: unsafe extern "C" fn(task: *mut Task, value: f64),
}

static CALLS: Calls = Calls { is_aborted, fail, progress };

/// `workpool_task` of `include/workpool.h`, of which an addon sees the first field only.
#[repr(C)]
pub(crate) struct Task {
    calls: &'static Calls,
    attention: *const Attention,
    id: TaskId,
    failure: Option<CString>,
    listener: Option<*const dyn Listener>,
    progress: Option<Arc<Progress>>,
}

impl Task {
    /// `f` is called with the task, and both arguments are there meanwhile. Gives what the task has failed with, if it has said so, too.
    pub(crate) fn with<R>(
        id: TaskId,
        attention: &Attention,
        listener: Option<&dyn Listener>,
        f: impl FnOnce(&mut Self) -> R,
    ) -> (R, Option<CString>) {
        // The addon keeps no address of the task beyond the call, as the header says.
        let listener = listener.map(|listener| {
            let listener: *const (dyn Listener + '_) = listener;
            // SAFETY: only its lifetime changes, and it is used during `f` only.
            unsafe {
                std::mem::transmute::<*const (dyn Listener + '_), *const (dyn Listener + 'static)>(listener)
            }
        });
        let mut task = Self { calls: &CALLS, attention, id, failure: None, listener, progress: None };
        let result = f(&mut task);
        (result, task.failure)
    }
}

/// Whether nobody wants the result any more. From any thread.
unsafe extern "C" fn is_aborted(task: *const Task) -> c_int {
    // SAFETY: `with` has made the task, and waits for whoever has it.
    let attention = unsafe { (*task).attention };
    // SAFETY: it is there as long as the task is.
    c_int::from(unsafe { &*attention }.is_interrupted())
}

/// The task fails, for the last reason that was given. Nobody has to say one.
unsafe extern "C" fn fail(task: *mut Task, message: *const c_char) {
    let message = if message.is_null() {
        CString::default()
    } else {
        // SAFETY: a text that ends in zero, as the header says.
        unsafe { CStr::from_ptr(message) }.to_owned()
    };
    // SAFETY: as in `is_aborted`; on the thread that executes the job, so by nobody else at the same time.
    unsafe { (*task).failure = Some(message) };
}

/// How far the task has come, if somebody wants to know.
unsafe extern "C" fn progress(task: *mut Task, number: f64) {
    // SAFETY: as in `fail`.
    let task = unsafe { &mut *task };
    let Some(listener) = task.listener else { return };
    let progress = task.progress.get_or_insert_default();
    if progress.put(Value { kind: ValueKind::Number as u32, number, ..Value::default() }) {
        // SAFETY: it is there as long as the task is.
        unsafe { &*listener }.tell(task.id, progress);
    }
}
