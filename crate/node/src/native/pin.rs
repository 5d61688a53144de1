//! The image of an addon stays: its code is called by threads that Node does not know, also when the last isolate that has loaded the
//! addon has ended, and Node would unload it.

use std::{
    ffi::c_void,
    sync::{LazyLock, Mutex, PoisonError},
};

/// Addresses of code whose images stay.
static PINNED: LazyLock<Mutex<Vec<usize>>> = LazyLock::new(Mutex::default);

/// From now on the image that has this code is not unloaded. An addon has few jobs of different code, so this list stays short.
pub(crate) fn pin(code: *const c_void) {
    let mut pinned = PINNED.lock().unwrap_or_else(PoisonError::into_inner);
    if pinned.contains(&code.addr()) {
        return;
    }
    pin_image(code);
    pinned.push(code.addr());
}

#[cfg(unix)]
fn pin_image(code: *const c_void) {
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: the address is only looked up, and there is room for the answer.
    if unsafe { libc::dladdr(code, info.as_mut_ptr()) } == 0 {
        return; // code that no image has: of a compiler at run time, which sees to it itself
    }
    // SAFETY: `dladdr` has written it.
    let info = unsafe { info.assume_init() };
    if info.dli_fname.is_null() {
        return;
    }
    // SAFETY: the name ends in zero. The image is loaded, so no code of it runs; its handle is never closed.
    unsafe { libc::dlopen(info.dli_fname, libc::RTLD_NOW | libc::RTLD_NOLOAD | libc::RTLD_NODELETE) };
}

#[cfg(windows)]
fn pin_image(code: *const c_void) {
    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetModuleHandleExW(flags: u32, name: *const c_void, module: *mut *mut c_void) -> i32;
    }
    /// `GET_MODULE_HANDLE_EX_FLAG_PIN`, and `…_FROM_ADDRESS`.
    const FLAGS: u32 = 0x1 | 0x4;
    let mut module = std::ptr::null_mut();
    // SAFETY: the address is only looked up, and there is room for the answer.
    unsafe { GetModuleHandleExW(FLAGS, code, &raw mut module) };
}
