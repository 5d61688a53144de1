//! How a raw function is called: integers in, one integer out, the rest in the registers.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    ptr::{self, NonNull},
};

use napi::sys;

use crate::{
    errors::{throw_internal, throw_no_memory},
    exchange::bytes_of,
    isolate::Isolate,
    value::NoMemory,
};

/// The most arguments that a raw function has.
pub(crate) const ARGUMENTS: usize = 10;

/// The arguments of a call: integers, as doubles, since a priority may be any safe integer.
pub(crate) type Arguments = [f64; ARGUMENTS];

/// What the body of a raw function comes to: an integer; `None` if the isolate has no such pool, or is no thread; or no memory. `None` and
/// no memory are thrown. Only a caller that is not our TypeScript, or a bug of ours, brings about `None`.
pub(crate) trait Answer {
    fn answer(self) -> Result<Option<i32>, NoMemory>;
}

impl Answer for Option<i32> {
    fn answer(self) -> Result<Self, NoMemory> {
        Ok(self)
    }
}

impl Answer for Result<Option<i32>, NoMemory> {
    fn answer(self) -> Self {
        self
    }
}

/// Defines raw functions from bodies of the form `|isolate, [argument, …]| -> impl Answer`.
macro_rules! functions {
    ($($name:ident: $body:expr;)*) => {
        $(
            unsafe extern "C" fn $name(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
                // SAFETY: Node calls this with its environment and call.
                unsafe { $crate::raw::call::call(env, info, $body) }
            }
        )*
        /// Names as JavaScript sees them.
        pub(crate) const FUNCTIONS: &[(&::std::ffi::CStr, sys::napi_callback)] = &[
            $((
                match ::std::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                    Ok(name) => name,
                    Err(_) => panic!("a name without a zero"),
                },
                Some($name),
            ),)*
        ];
    };
}

pub(crate) use functions;

/// Takes a call apart, runs `body` and hands its integer back. A panic ends here, as a JavaScript error.
///
/// # Safety
/// `env` and `info` are those of a call by Node, to a function that `export` made.
pub(crate) unsafe fn call<A: Answer>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    body: impl FnOnce(&Isolate, Arguments) -> A,
) -> sys::napi_value {
    let mut argc = ARGUMENTS;
    let mut argv = [ptr::null_mut(); ARGUMENTS];
    let mut data = ptr::null_mut();
    // SAFETY: all pointers are valid, and `argc` says how much room `argv` has.
    unsafe {
        sys::napi_get_cb_info(env, info, &raw mut argc, argv.as_mut_ptr(), ptr::null_mut(), &raw mut data)
    };
    let mut arguments = [0.0; ARGUMENTS];
    for (argument, &value) in arguments.iter_mut().zip(&argv[..argc.min(ARGUMENTS)]) {
        // SAFETY: Node gave `value`; what is not a number leaves the argument 0.
        unsafe { sys::napi_get_value_double(env, value, argument) };
    }
    // SAFETY: `export` gives the isolate of this load to every function, and it ends after all JavaScript, or after the exports
    // of the load have been collected, which every function holds.
    let isolate = unsafe { &*data.cast::<Isolate>() };
    let mut result = ptr::null_mut();
    match catch_unwind(AssertUnwindSafe(|| body(isolate, arguments).answer())) {
        Ok(Ok(Some(number))) => {
            // SAFETY: `env` is live and `result` valid.
            unsafe { sys::napi_create_int32(env, number, &raw mut result) };
        }
        Ok(Ok(None)) => throw_internal(env, c"workpool: this isolate has no such pool"),
        Ok(Err(NoMemory)) => throw_no_memory(env),
        Err(_) => throw_internal(env, c"workpool: internal error"),
    }
    result
}

/// Calls `f` with the typed array that is the only argument of this call, and with its bytes. If `f` finds no memory, JavaScript gets an
/// error thrown. Only for functions that `export` made, with what Node has called them with.
pub(crate) fn with_array(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    f: impl FnOnce(&Isolate, sys::napi_value, NonNull<[u8]>) -> Result<(), NoMemory>,
) -> sys::napi_value {
    let mut argc = 1;
    let mut array = ptr::null_mut();
    let mut isolate = ptr::null_mut();
    // SAFETY: all pointers are valid; there is room for one argument.
    unsafe {
        sys::napi_get_cb_info(env, info, &raw mut argc, &raw mut array, ptr::null_mut(), &raw mut isolate)
    };
    // SAFETY: `export` gives the isolate of this environment to every function, and it outlives all JavaScript.
    let isolate = unsafe { &*isolate.cast::<Isolate>() };
    match catch_unwind(AssertUnwindSafe(|| bytes_of(env, array).map(|bytes| f(isolate, array, bytes)))) {
        Ok(Some(Ok(()))) => {}
        Ok(Some(Err(NoMemory))) => throw_no_memory(env),
        Ok(None) => throw_internal(env, c"workpool: not a typed array"),
        Err(_) => throw_internal(env, c"workpool: internal error"),
    }
    ptr::null_mut()
}
