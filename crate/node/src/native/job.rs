//! A job, as an addon hands it in.

use std::{
    cell::Cell,
    ffi::{CStr, c_char, c_int, c_void},
    ptr,
};

use napi::sys;

use crate::native::task::Task;

/// `workpool_job` of `include/workpool.h`, which documents it. No part of it has a destructor, so a copy disposes of nothing.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Description {
    data: *mut c_void,
    execute: Option<unsafe extern "C" fn(data: *mut c_void, task: *mut Task) -> c_int>,
    complete:
        Option<unsafe extern "C" fn(env: sys::napi_env, data: *mut c_void, value: *mut sys::napi_value)>,
    fail: Option<
        unsafe extern "C" fn(
            env: sys::napi_env,
            data: *mut c_void,
            message: *const c_char,
            error: *mut sys::napi_value,
        ),
    >,
    dispose: Option<unsafe extern "C" fn(env: sys::napi_env, data: *mut c_void)>,
}

impl Description {
    /// The address of code of the addon.
    pub(crate) fn code(&self) -> Option<*const c_void> {
        self.execute.map(|execute| execute as *const c_void)
    }
}

thread_local! {
    /// The load of the addon that ends on this thread just now, by its number. The environments of its jobs still live.
    static ENDING: Cell<Option<u32>> = const { Cell::new(None) };
}

/// While `f` ends this load, jobs of it that are dropped are disposed of with their environments.
pub(crate) fn while_ending<R>(isolate: u32, f: impl FnOnce() -> R) -> R {
    ENDING.set(Some(isolate));
    let result = f();
    ENDING.set(None);
    result
}

/// A job. It is disposed of when it is dropped, so exactly once.
#[derive(Debug)]
pub(crate) struct Job {
    description: Description,
    /// The load of the addon that it came through.
    isolate: u32,
    /// That of the addon which has handed it in: each addon has one of its own in every isolate. It is used on the thread of the isolate
    /// only, before the isolate has ended.
    env: sys::napi_env,
}

// SAFETY: the header says on which threads its functions are called, and that one call ends before the next one begins.
unsafe impl Send for Job {}

impl Job {
    /// The job is disposed of from now on, whatever becomes of it.
    pub(crate) const fn new(description: Description, isolate: u32, env: sys::napi_env) -> Self {
        Self { description, isolate, env }
    }

    /// Does the work. Gives what the function of the addon gives: 0 for success.
    pub(crate) fn execute(&self, task: &mut Task) -> c_int {
        let Description { execute, data, .. } = self.description;
        // SAFETY: by the contract of the header; the task is there until the function returns.
        execute.map_or(0, |execute| unsafe { execute(data, task) })
    }

    /// The environment of the addon, where exceptions are pending that the addon throws.
    pub(crate) const fn env(&self) -> sys::napi_env {
        self.env
    }

    /// Makes the result. Only within a call from JavaScript of its isolate. Null: none was made, or an exception is pending.
    pub(crate) fn complete(&self) -> sys::napi_value {
        let Description { complete, data, .. } = self.description;
        let env = self.env;
        let mut value = ptr::null_mut();
        if let Some(complete) = complete {
            // SAFETY: by the contract of the header, on the thread of the environment, which lives.
            unsafe { complete(env, data, &raw mut value) };
        }
        value
    }

    /// Makes the error, as `complete` makes the result.
    pub(crate) fn fail(&self, message: &CStr) -> sys::napi_value {
        let Description { fail, data, .. } = self.description;
        let env = self.env;
        let mut error = ptr::null_mut();
        if let Some(fail) = fail {
            // SAFETY: as in `complete`; the message is there until the function returns.
            unsafe { fail(env, data, message.as_ptr(), &raw mut error) };
        }
        error
    }

    /// Disposes of it on the thread of its isolate.
    pub(crate) fn dispose(mut self) {
        self.dispose_with(self.env);
    }

    fn dispose_with(&mut self, env: sys::napi_env) {
        if let Some(dispose) = self.description.dispose.take() {
            // SAFETY: by the contract of the header. `take`: it is the only call. The environment is null, or that of this thread.
            unsafe { dispose(env, self.description.data) };
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let lives = ENDING.get() == Some(self.isolate);
        self.dispose_with(if lives { self.env } else { ptr::null_mut() });
    }
}
