//! How an addon reaches the pool: a table of functions, which no symbol has to be linked for.

use std::{
    ffi::{CStr, c_void},
    ptr,
};

use napi::sys;

use crate::{
    isolate::Isolate,
    native::{
        job::{Description, Job},
        pin::pin,
    },
};

/// `WORKPOOL_ABI_VERSION` of `include/workpool.h`.
const VERSION: u32 = 1;

/// `WORKPOOL_TYPE_TAG` of `include/workpool.h`: by it an addon knows a table, whatever its version is.
const TAG: sys::napi_type_tag =
    sys::napi_type_tag { lower: 0x8b2d_61f0_5c3e_4a97, upper: 0xd4a0_7be9_1f65_42c8 };

/// `workpool_table` of `include/workpool.h`, of which an addon does not see the last field.
#[repr(C)]
#[derive(Debug)]
struct Table {
    version: u32,
    /// Of the fields that the header knows.
    size: u32,
    submit: unsafe extern "C" fn(
        table: *const Table,
        env: sys::napi_env,
        ticket: sys::napi_value,
        description: *const Description,
        promise: *mut sys::napi_value,
    ) -> sys::napi_status,
    /// The load of the addon that has made the table.
    isolate: u32,
}

/// The table of a load of the addon, for its tickets. `submit` is the function of TypeScript that submits a job with a ticket. Only within
/// a call from JavaScript of `env`.
pub(crate) fn serve(
    isolate: &Isolate,
    env: sys::napi_env,
    submit: sys::napi_value,
) -> Option<sys::napi_value> {
    let mut reference = ptr::null_mut();
    // SAFETY: called from JavaScript of `env`, which has given the function; the out-pointer is valid.
    let referenced = unsafe { sys::napi_create_reference(env, submit, 0, &raw mut reference) };
    if referenced != sys::Status::napi_ok {
        return None;
    }
    isolate.desk.serve(reference);
    let size = std::mem::offset_of!(Table, isolate) as u32;
    let table =
        Box::new(Table { version: VERSION, size, submit: self::submit, isolate: isolate.event_loop.id });
    let table = Box::into_raw(table);
    let mut external = ptr::null_mut();
    // SAFETY: as above; the table goes with the external, which `drop_table` is called for once.
    let made = unsafe {
        sys::napi_create_external(env, table.cast(), Some(drop_table), ptr::null_mut(), &raw mut external)
    };
    if made != sys::Status::napi_ok {
        // SAFETY: made above, and nobody has it.
        drop(unsafe { Box::from_raw(table) });
        return None;
    }
    // SAFETY: as above.
    let tagged = unsafe { sys::napi_type_tag_object(env, external, &TAG) };
    (tagged == sys::Status::napi_ok).then_some(external)
}

unsafe extern "C" fn drop_table(_env: sys::napi_env, table: *mut c_void, _hint: *mut c_void) {
    // SAFETY: `serve` made it from a box, and this is called once.
    drop(unsafe { Box::from_raw(table.cast::<Table>()) });
}

fn throw(env: sys::napi_env, message: &CStr) -> sys::napi_status {
    // SAFETY: `env` is live; both strings end in zero.
    unsafe { sys::napi_throw_error(env, c"ERR_POOL_ADDON".as_ptr(), message.as_ptr()) };
    sys::Status::napi_pending_exception
}

/// Sees to it that the jobs of an addon are disposed of before its environment is gone. That ends after the hooks that were added since
/// it was made, and before the older ones, such as our own. False: that cannot be.
fn watch(isolate: &Isolate, env: sys::napi_env) -> bool {
    let Some(hook) = isolate.desk.know(env) else { return true };
    // An address for each: Node takes no hook twice.
    let argument = Box::into_raw(Box::new(isolate.event_loop.id));
    // SAFETY: called from JavaScript of `env`; the hook frees its argument.
    let added = unsafe { sys::napi_add_env_cleanup_hook(env, Some(hook), argument.cast()) };
    if added != sys::Status::napi_ok {
        isolate.desk.forget(env);
        // SAFETY: made above, and nobody has it.
        drop(unsafe { Box::from_raw(argument) });
        return false;
    }
    true
}

/// An addon hands in a job. From now on the job is disposed of, whatever becomes of it.
unsafe extern "C" fn submit(
    table: *const Table,
    env: sys::napi_env,
    ticket: sys::napi_value,
    description: *const Description,
    promise: *mut sys::napi_value,
) -> sys::napi_status {
    // SAFETY: by the contract of the header, an addon calls this with its own table and a description.
    let isolate = unsafe { (*table).isolate };
    // SAFETY: as above.
    let description = unsafe { *description };
    let job = Job::new(description, isolate, env);
    let Some(isolate) = Isolate::of(isolate) else {
        job.dispose();
        return throw(env, c"workpool: the ticket belongs to another thread, or to code that is gone");
    };
    let mut function = ptr::null_mut();
    if let Some(reference) = isolate.desk.reference() {
        // SAFETY: called from JavaScript of this isolate, in whose environment `serve` has made the reference.
        unsafe { sys::napi_get_reference_value(isolate.event_loop.env(), reference, &raw mut function) };
    }
    let Some(code) = description.code().filter(|_| !function.is_null()) else {
        job.dispose();
        return throw(env, c"workpool: a job without execute");
    };
    if !watch(isolate, env) {
        job.dispose();
        return throw(env, c"workpool: the environment cannot be watched");
    }
    pin(code);
    let mut undefined = ptr::null_mut();
    // SAFETY: called from JavaScript of `env`; the out-pointer is valid.
    unsafe { sys::napi_get_undefined(env, &raw mut undefined) };
    let outer = isolate.desk.offer(Some(job));
    // SAFETY: as above, and the addon has given a ticket and room for the promise.
    let status = unsafe { sys::napi_call_function(env, undefined, function, 1, &raw const ticket, promise) };
    // Nobody has taken it: it was refused.
    if let Some(job) = isolate.desk.offer(outer) {
        job.dispose();
    }
    status
}
