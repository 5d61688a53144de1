//! Native jobs: how they are handed in, and how their results are made.

use std::{
    ffi::CStr,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
};

use napi::sys;
use workpool_abi::Word;
use workpool_core::{Admission, Submission};

use crate::{
    calls::Call,
    convert::{DEEP, group_of, named, refused},
    errors::throw_internal,
    isolate::Isolate,
    native::{desk::Ended, table},
    raw::{call::functions, submission::submission_of},
};

/// A job weighs nothing else.
const WEIGHT: f64 = 1.0;

functions! {
    // (handle, priority, waitTimeout or NO_LIMIT, timeout or 0, timed, offer, keyed, group or 0, its limit or 0, listened) → task | refusal
    run_job: |isolate, [handle, priority, wait_timeout, timeout, timed, offer, keyed, group, most, listened]| {
        if !isolate.headroom.is_known() {
            return Some(DEEP);
        }
        let fields = [priority, wait_timeout, timeout, timed, offer, WEIGHT, keyed];
        isolate.with(handle, |handle| {
            let natives = handle.natives()?;
            let ticket = natives.jobs.put(isolate.desk.offer(None)?);
            let call = Call::of_job(handle.face, ticket, listened != 0.0);
            let task = Submission { group: group_of(group, most), ..submission_of(isolate, call, fields) };
            let task = match handle.pool().submit(task) {
                Admission::Started(worker, task) => {
                    natives.start(worker, task);
                    task
                }
                Admission::Waiting(task) => task,
                Admission::Refused(refusal) => {
                    // Another pool may take it.
                    isolate.desk.offer(natives.jobs.take(ticket));
                    return Some(refused(&isolate.registers, refusal));
                }
            };
            isolate.event_loop.hold();
            isolate.registers.set(Word::Stamp, task.stamp() as i32);
            Some(task.number() as i32)
        })?
    };

    // (handle, task, stamp): the job had better end, if a thread has it
    interrupt_job: |isolate, [handle, task, stamp, ..]| {
        let task = named(task, stamp);
        isolate.with(handle, |handle| {
            if let Some(worker) = handle.pool().interrupt(task) {
                handle.natives()?.interrupt(worker, task);
            }
            Some(0)
        })?
    };
}

/// Those that take or give other values than integers.
pub(crate) const OF_VALUES: &[(&CStr, sys::napi_callback)] =
    &[(c"serve_jobs", Some(serve_jobs)), (c"conclude", Some(conclude))];

/// The only argument of a call, and its isolate.
fn argument_of(env: sys::napi_env, info: sys::napi_callback_info) -> (sys::napi_value, *const Isolate) {
    let mut argc = 1;
    let mut value = ptr::null_mut();
    let mut isolate = ptr::null_mut();
    // SAFETY: all pointers are valid; there is room for one argument.
    unsafe {
        sys::napi_get_cb_info(env, info, &raw mut argc, &raw mut value, ptr::null_mut(), &raw mut isolate)
    };
    (value, isolate.cast())
}

/// `serve_jobs(submit)` → what an addon reaches the pool by. `submit` is called with a ticket.
unsafe extern "C" fn serve_jobs(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (function, isolate) = argument_of(env, info);
    // SAFETY: `export` gives the isolate of this load to every function, and it outlives all JavaScript.
    let isolate = unsafe { &*isolate };
    match catch_unwind(AssertUnwindSafe(|| table::serve(isolate, env, function))) {
        Ok(Some(external)) => external,
        _ => {
            throw_internal(env, c"workpool: jobs cannot be served");
            ptr::null_mut()
        }
    }
}

/// `conclude(place)` → the result of a job that has ended, or the error of one that has failed. Throws what the addon throws. The job is
/// disposed of.
unsafe extern "C" fn conclude(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (place, isolate) = argument_of(env, info);
    let mut index = 0;
    // SAFETY: Node gave `place`; what is not a number leaves 0.
    unsafe { sys::napi_get_value_uint32(env, place, &raw mut index) };
    // SAFETY: as in `serve_jobs`.
    let Some(Ended { job, failure }) = unsafe { &*isolate }.desk.take(index as usize) else {
        throw_internal(env, c"workpool: no such job has ended");
        return ptr::null_mut();
    };
    let value = match &failure {
        None => job.complete(),
        Some(message) => job.fail(message),
    };
    let thrown = take_exception(job.env());
    job.dispose();
    match (thrown, failure) {
        (Some(thrown), _) => {
            // SAFETY: the value was thrown in this call.
            unsafe { sys::napi_throw(env, thrown) };
            ptr::null_mut()
        }
        (None, Some(message)) if value.is_null() => error_of(env, &message),
        (None, _) => value,
    }
}

/// What the addon has thrown, which is not pending any more.
fn take_exception(env: sys::napi_env) -> Option<sys::napi_value> {
    let mut is_pending = false;
    // SAFETY: called from JavaScript of `env`; the out-pointer is valid.
    unsafe { sys::napi_is_exception_pending(env, &raw mut is_pending) };
    if !is_pending {
        return None;
    }
    let mut thrown = ptr::null_mut();
    // SAFETY: as above.
    let taken = unsafe { sys::napi_get_and_clear_last_exception(env, &raw mut thrown) };
    (taken == sys::Status::napi_ok).then_some(thrown)
}

/// An error with this text as message and cause.
fn error_of(env: sys::napi_env, message: &CStr) -> sys::napi_value {
    let mut text = ptr::null_mut();
    let mut error = ptr::null_mut();
    let length = message.count_bytes() as isize;
    // SAFETY: called from JavaScript of `env`; the text has this length; the out-pointers are valid.
    unsafe { sys::napi_create_string_utf8(env, message.as_ptr(), length, &raw mut text) };
    // SAFETY: as above, with a value made there.
    unsafe { sys::napi_create_error(env, ptr::null_mut(), text, &raw mut error) };
    // SAFETY: as above.
    unsafe { sys::napi_set_named_property(env, error, c"cause".as_ptr(), text) };
    error
}
