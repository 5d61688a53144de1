//! The errors that raw functions throw.

use std::ffi::CStr;

use napi::sys;

/// Something is wrong with this library itself. Only within a call from JavaScript of `env`.
pub(crate) fn throw_internal(env: sys::napi_env, message: &CStr) {
    // SAFETY: `env` is live; both strings end in zero.
    unsafe { sys::napi_throw_error(env, c"ERR_POOL_INTERNAL".as_ptr(), message.as_ptr()) };
}

/// The system gives no memory: a `RangeError`, as the platform throws if it cannot make a buffer. Only within a call from JavaScript of
/// `env`.
pub(crate) fn throw_no_memory(env: sys::napi_env) {
    let message = c"workpool: the system gives no memory for that";
    // SAFETY: `env` is live; both strings end in zero.
    unsafe { sys::napi_throw_range_error(env, c"ERR_POOL_MEMORY".as_ptr(), message.as_ptr()) };
}
