//! `include/workpool.h`, which documents all this, in Rust.

use std::ffi::{c_char, c_int, c_void};

use napi::sys;

/// `WORKPOOL_ABI_VERSION`.
pub(crate) const VERSION: u32 = 1;

/// `WORKPOOL_TYPE_TAG`.
pub(crate) static TAG: sys::napi_type_tag =
    sys::napi_type_tag { lower: 0x8b2d_61f0_5c3e_4a97, upper: 0xd4a0_7be9_1f65_42c8 };

/// `workpool_job`.
#[repr(C)]
pub(crate) struct Job {
    pub(crate) data: *mut c_void,
    pub(crate) execute: unsafe extern "C" fn(data: *mut c_void, task: *mut Task) -> c_int,
    pub(crate) complete:
        unsafe extern "C" fn(env: sys::napi_env, data: *mut c_void, value: *mut sys::napi_value),
    pub(crate) fail: unsafe extern "C" fn(
        env: sys::napi_env,
        data: *mut c_void,
        message: *const c_char,
        error: *mut sys::napi_value,
    ),
    pub(crate) dispose: unsafe extern "C" fn(env: sys::napi_env, data: *mut c_void),
}

/// `workpool_table`.
#[repr(C)]
pub(crate) struct Table {
    pub(crate) version: u32,
    pub(crate) size: u32,
    pub(crate) submit: unsafe extern "C" fn(
        table: *const Table,
        env: sys::napi_env,
        ticket: sys::napi_value,
        job: *const Job,
        promise: *mut sys::napi_value,
    ) -> sys::napi_status,
}

/// `workpool_task_calls`.
#[repr(C)]
pub(crate) struct Calls {
    pub(crate) is_aborted: unsafe extern "C" fn(task: *const Task) -> c_int,
    pub(crate) fail: unsafe extern "C" fn(task: *mut Task, message: *const c_char),
    pub(crate) progress: unsafe extern "C" fn(task: *mut Task, value: f64),
}

/// `workpool_task`.
#[repr(C)]
pub(crate) struct Task {
    pub(crate) calls: *const Calls,
}
