//! A task as the functions of a job see it. No panic leaves them.

use std::{
    any::Any,
    ffi::{c_char, c_int, c_void},
    panic::{AssertUnwindSafe, catch_unwind},
};

use napi::{Env, Error, JsError, Result, bindgen_prelude::ToNapiValue, sys};

use crate::{abi, running::RunningJob, task::Task};

/// A task on its way.
struct Work<T: Task> {
    task: T,
    /// What `compute` has given, if it has not panicked.
    computed: Option<Result<T::Output>>,
}

/// The job that is to do a task. Its data is freed by `dispose`, which is called in any case.
pub(crate) fn job_of<T: Task>(task: T) -> abi::Job {
    let work = Box::new(Work { task, computed: None });
    abi::Job {
        data: Box::into_raw(work).cast(),
        execute: execute::<T>,
        complete: complete::<T>,
        fail: fail::<T>,
        dispose: dispose::<T>,
    }
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without a text")
}

unsafe extern "C" fn execute<T: Task>(data: *mut c_void, task: *mut abi::Task) -> c_int {
    // SAFETY: `job_of` made it, and one function of the job is called after the other.
    let work = unsafe { &mut *data.cast::<Work<T>>() };
    // SAFETY: the pool has given the task for this call.
    let running = unsafe { RunningJob::new(task) };
    match catch_unwind(AssertUnwindSafe(|| work.task.compute(&running))) {
        Ok(computed) => {
            if let Err(error) = &computed {
                running.fail(&error.reason);
            }
            work.computed = Some(computed);
        }
        Err(panic) => running.fail(text_of(&*panic)),
    }
    0
}

unsafe extern "C" fn complete<T: Task>(env: sys::napi_env, data: *mut c_void, value: *mut sys::napi_value) {
    // SAFETY: as in `execute`.
    let work = unsafe { &mut *data.cast::<Work<T>>() };
    let Some(Ok(output)) = work.computed.take() else { return };
    let resolve = AssertUnwindSafe(|| {
        let result = work.task.resolve(Env::from_raw(env), output)?;
        // SAFETY: on the thread of `env`, within a call of the pool.
        unsafe { T::JsValue::to_napi_value(env, result) }
    });
    let result = catch_unwind(resolve).unwrap_or_else(|panic| Err(Error::from_reason(text_of(&*panic))));
    match result {
        // SAFETY: the pool has given room for the value.
        Ok(result) => unsafe { *value = result },
        // SAFETY: as above.
        Err(error) => unsafe { JsError::from(error).throw_into(env) },
    }
}

unsafe extern "C" fn fail<T: Task>(
    env: sys::napi_env,
    data: *mut c_void,
    _message: *const c_char,
    value: *mut sys::napi_value,
) {
    // SAFETY: as in `execute`.
    let work = unsafe { &mut *data.cast::<Work<T>>() };
    // Of a panic the pool makes the error.
    let Some(Err(error)) = work.computed.take() else { return };
    let reject = AssertUnwindSafe(|| work.task.reject(Env::from_raw(env), error));
    let error = catch_unwind(reject).unwrap_or_else(|panic| Error::from_reason(text_of(&*panic)));
    // SAFETY: on the thread of `env`, within a call of the pool.
    let error = unsafe { JsError::from(error).into_value(env) };
    // SAFETY: the pool has given room for the value.
    unsafe { *value = error };
}

unsafe extern "C" fn dispose<T: Task>(_env: sys::napi_env, data: *mut c_void) {
    // SAFETY: `job_of` made it from a box, and this is the last call. What of napi-rs a task has may be dropped on any thread.
    let work = unsafe { Box::from_raw(data.cast::<Work<T>>()) };
    let _ = catch_unwind(AssertUnwindSafe(|| drop(work)));
}
