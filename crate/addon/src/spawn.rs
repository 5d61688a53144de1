//! How a task is handed in.

use std::ptr;

use napi::{Env, Error, JsValue, Result, Status, bindgen_prelude::PromiseRaw, sys};

use crate::{
    abi::{self, TAG, VERSION},
    job::job_of,
    task::Task,
};

/// Hands a task in, with a ticket that `job()` of a `NativePool` has made; gives its promise. On the event loop, within a
/// call from JavaScript. The task is dropped in any case: on the event loop, or, if that has ended while the task ran, on
/// any thread.
///
/// # Errors
/// If the ticket is none, or the installed workpool is older than this crate needs. What the pool refuses, the promise
/// rejects with.
pub fn spawn<'env, 'ticket, T: Task>(
    env: &'env Env,
    ticket: &impl JsValue<'ticket>,
    task: T,
) -> Result<PromiseRaw<'env, T::JsValue>> {
    let (env, ticket) = (env.raw(), ticket.raw());
    let table = table_of(env, ticket)?;
    let job = job_of(task);
    let mut promise = ptr::null_mut();
    // SAFETY: `table_of` has found it; the promise has room.
    let submit = unsafe { (*table).submit };
    // SAFETY: as above, on the thread of `env`. The pool disposes of the job from now on.
    let status = unsafe { submit(table, env, ticket, &raw const job, &raw mut promise) };
    if status == sys::Status::napi_ok {
        return Ok(PromiseRaw::new(env, promise));
    }
    Err(Error::new(Status::from(status), "workpool: the job could not be handed in"))
}

/// The functions that a ticket leads to.
fn table_of(env: sys::napi_env, ticket: sys::napi_value) -> Result<*const abi::Table> {
    let missing = || {
        Error::new(Status::InvalidArg, "workpool: the ticket is missing; it is made by job() of a NativePool")
    };
    let mut external = ptr::null_mut();
    let mut kind = 0;
    let mut is_table = false;
    let mut table = ptr::null_mut();
    let check =
        |status: sys::napi_status| if status == sys::Status::napi_ok { Ok(()) } else { Err(missing()) };
    // SAFETY: on the thread of `env`, with a value of it; the out-pointers are valid here and below.
    check(unsafe { sys::napi_typeof(env, ticket, &raw mut kind) })?;
    if kind != sys::ValueType::napi_object {
        return Err(missing());
    }
    // SAFETY: as above; the name ends in zero.
    check(unsafe { sys::napi_get_named_property(env, ticket, c"workpool".as_ptr(), &raw mut external) })?;
    // SAFETY: as above.
    check(unsafe { sys::napi_typeof(env, external, &raw mut kind) })?;
    if kind != sys::ValueType::napi_external {
        return Err(missing());
    }
    // SAFETY: as above.
    check(unsafe { sys::napi_check_object_type_tag(env, external, &raw const TAG, &raw mut is_table) })?;
    if !is_table {
        return Err(missing());
    }
    // SAFETY: as above.
    check(unsafe { sys::napi_get_value_external(env, external, &raw mut table) })?;
    let table: *const abi::Table = table.cast_const().cast();
    // SAFETY: the tag says that it is one; the first fields of every version are the same.
    if unsafe { (*table).version } < VERSION {
        return Err(Error::new(
            Status::GenericFailure,
            "workpool: this addon was built for a newer version of workpool than the one that is installed; update \
             workpool, or build the addon with an older version of the crate workpool-addon",
        ));
    }
    Ok(table)
}
