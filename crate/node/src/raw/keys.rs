//! Keys: the text of one becomes the name for the next task that has a key.

use std::{
    ffi::CStr,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
};

use napi::sys;

use crate::{
    errors::{throw_internal, throw_no_memory},
    isolate::Isolate,
    keys::key_of,
    value::NoMemory,
};

/// Keys of so many units, with the zero behind them, need no memory of their own.
const SHORT: usize = 128;

/// `name_key(text)`: the text is the key of the next task, or wait for a vacancy, that is said to have one.
unsafe extern "C" fn name_key(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut argc = 1;
    let mut text = ptr::null_mut();
    let mut isolate = ptr::null_mut();
    // SAFETY: all pointers are valid; there is room for one argument.
    unsafe {
        sys::napi_get_cb_info(env, info, &raw mut argc, &raw mut text, ptr::null_mut(), &raw mut isolate)
    };
    // SAFETY: `export` gives the isolate of this environment to every function, and it outlives all JavaScript.
    let isolate = unsafe { &*isolate.cast::<Isolate>() };
    let name = || with_units(env, text, |units| isolate.key.set(Some(key_of(units))));
    match catch_unwind(AssertUnwindSafe(name)) {
        Ok(Some(Ok(()))) => {}
        Ok(Some(Err(NoMemory))) => throw_no_memory(env),
        Ok(None) => throw_internal(env, c"workpool: not a text"),
        Err(_) => throw_internal(env, c"workpool: internal error"),
    }
    ptr::null_mut()
}

/// Calls `f` with the UTF-16 units of a text. `None` if it is none.
fn with_units(
    env: sys::napi_env,
    text: sys::napi_value,
    f: impl FnOnce(&[u16]),
) -> Option<Result<(), NoMemory>> {
    let mut short = [0; SHORT];
    let written = read(env, text, &mut short)?;
    // The last place is for the zero. If all others are taken, there may be more.
    if written < SHORT - 1 {
        f(&short[..written]);
        return Some(Ok(()));
    }
    let mut length = 0;
    // SAFETY: `env` is live; without memory to write to only the length is written.
    let status = unsafe { sys::napi_get_value_string_utf16(env, text, ptr::null_mut(), 0, &raw mut length) };
    if status != sys::Status::napi_ok {
        return None;
    }
    let mut long = Vec::new();
    if long.try_reserve_exact(length + 1).is_err() {
        return Some(Err(NoMemory));
    }
    long.resize(length + 1, 0);
    let written = read(env, text, &mut long)?;
    f(&long[..written]);
    Some(Ok(()))
}

/// Writes as many units of a text as there is room for, and a zero. Gives how many; `None` if it is no text.
fn read(env: sys::napi_env, text: sys::napi_value, to: &mut [u16]) -> Option<usize> {
    let mut written = 0;
    // SAFETY: `env` is live, and `to` has room for so many units.
    let status =
        unsafe { sys::napi_get_value_string_utf16(env, text, to.as_mut_ptr(), to.len(), &raw mut written) };
    (status == sys::Status::napi_ok).then_some(written)
}

/// Names as JavaScript sees them.
pub(crate) const FUNCTIONS: &[(&CStr, sys::napi_callback)] = &[(c"name_key", Some(name_key))];
