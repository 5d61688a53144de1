//! Values that have no room in the exchange.

use std::ffi::CStr;

use napi::sys;

use crate::raw::call::with_array;

/// `lend(array)`: what goes out is in this typed array from now on.
unsafe extern "C" fn lend(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    with_array(env, info, |isolate, array, _| isolate.exchange.lend(env, array))
}

/// `bring(array)`: the next value to go out is the bytes of this typed array, which are copied.
unsafe extern "C" fn bring(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    with_array(env, info, |isolate, _, array| isolate.exchange.bring(array))
}

/// `fill(array)`: writes the last value that did not go by the exchange into this typed array.
unsafe extern "C" fn fill(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    with_array(env, info, |isolate, _, array| {
        isolate.exchange.fill(array);
        Ok(())
    })
}

/// Names as JavaScript sees them.
pub(crate) const FUNCTIONS: &[(&CStr, sys::napi_callback)] =
    &[(c"lend", Some(lend)), (c"bring", Some(bring)), (c"fill", Some(fill))];
