//! The bell of an isolate: a threadsafe function that makes TypeScript look into the mailbox.

use std::{ffi::c_void, ptr};

use napi::sys;

use crate::{
    event_loop::{self, EventLoop},
    mailbox::Waker,
    native::desk::CleanupHook,
};

/// An id in place of the address that Node-API hands back. The id may outlive the event loop, as an address must not.
pub(crate) fn address_of(id: u32) -> *mut c_void {
    ptr::without_provenance_mut(id as usize)
}

/// The event loop of the calling thread whose id was made an address; none if it has ended.
pub(crate) fn at(address: *mut c_void) -> Option<&'static EventLoop> {
    u32::try_from(address.addr()).ok().and_then(event_loop::of)
}

/// Makes the bell, which calls `wake` on the event loop, and opens the mailbox. `tear_down` is called with `argument` before Node takes
/// the bell down, as a hook that is registered after the bell runs before that: a bell that rings meanwhile would abort Node 20, 22
/// and 24.9.
///
/// `None` if that fails, or if there is a bell already: a second hook would tear down what is gone.
pub(crate) fn attach(
    event_loop: &EventLoop,
    env: sys::napi_env,
    wake: sys::napi_value,
    tear_down: CleanupHook,
    argument: *mut c_void,
) -> Option<()> {
    if event_loop.has_bell() {
        return None;
    }
    let mut name = ptr::null_mut();
    let mut bell = ptr::null_mut();
    let mut reference = ptr::null_mut();
    let id = event_loop.id;
    let resource = resource_of(id, env)?;
    // SAFETY: called from JavaScript of `env`; weak, as long as nothing is to be done.
    let referenced = unsafe { sys::napi_create_reference(env, wake, 0, &raw mut reference) };
    if referenced != sys::Status::napi_ok {
        return None;
    }
    // SAFETY: as above; the name is of the given length.
    let named = unsafe { sys::napi_create_string_utf8(env, c"workpool".as_ptr(), 8, &raw mut name) };
    // SAFETY: as above. No function is given, as the bell would hold it for as long as it is there; the context is a number, not
    // an address.
    let created = unsafe {
        sys::napi_create_threadsafe_function(
            env,
            ptr::null_mut(),
            resource,
            name,
            0,
            1,
            ptr::null_mut(),
            None,
            address_of(id),
            Some(ring),
            &raw mut bell,
        )
    };
    if named != sys::Status::napi_ok || created != sys::Status::napi_ok {
        return None;
    }
    // SAFETY: the bell was made just now.
    unsafe { sys::napi_unref_threadsafe_function(env, bell) };
    // SAFETY: called from JavaScript of `env`. The argument is unique, and lives until the hook is called or removed, as the caller says.
    let hooked = unsafe { sys::napi_add_env_cleanup_hook(env, Some(tear_down), argument) };
    if hooked != sys::Status::napi_ok {
        return None;
    }
    event_loop.open_mailbox(Waker(bell), reference);
    Some(())
}

/// The bell on the isolate's own thread: lets TypeScript look into the mailbox.
unsafe extern "C" fn ring(
    env: sys::napi_env,
    _function: sys::napi_value,
    id: *mut c_void,
    _data: *mut c_void,
) {
    if env.is_null() {
        return; // the environment is being torn down
    }
    let Some(reference) = at(id).and_then(EventLoop::wake_reference) else { return };
    let mut wake = ptr::null_mut();
    // SAFETY: Node calls this on the environment's thread with a handle scope open; the event loop has not ended, so
    // neither has its reference.
    let found = unsafe { sys::napi_get_reference_value(env, reference, &raw mut wake) };
    if found != sys::Status::napi_ok || wake.is_null() {
        return; // the load has been collected, and its event loop is about to end
    }
    let mut this = ptr::null_mut();
    // SAFETY: Node calls this on the environment's thread with a handle scope open.
    let found = unsafe { sys::napi_get_undefined(env, &raw mut this) };
    if found != sys::Status::napi_ok {
        return;
    }
    // SAFETY: as above; no arguments, the result is not wanted.
    let called = unsafe { sys::napi_call_function(env, this, wake, 0, ptr::null(), ptr::null_mut()) };
    if called == sys::Status::napi_pending_exception {
        let mut exception = ptr::null_mut();
        // An exception in a callback of this kind would only be warned of. Without one pending the environment is
        // stopping, and there is nothing to say.
        // SAFETY: as above.
        let taken = unsafe { sys::napi_get_and_clear_last_exception(env, &raw mut exception) };
        if taken == sys::Status::napi_ok {
            // SAFETY: as above; `exception` was given by the call before.
            unsafe { sys::napi_fatal_exception(env, exception) };
        }
    }
}

/// The resource that stands for the bell in lists of what keeps an event loop alive. It says by `hasRef` whether it does. A resource
/// without `hasRef` would be taken for an open handle.
fn resource_of(id: u32, env: sys::napi_env) -> Option<sys::napi_value> {
    let mut resource = ptr::null_mut();
    let mut has_ref_function = ptr::null_mut();
    // SAFETY: called from JavaScript of `env`; the out-pointer is valid.
    let made = unsafe { sys::napi_create_object(env, &raw mut resource) };
    // SAFETY: as above; the name ends in zero, hence -1; the data is a number, not an address.
    let created = unsafe {
        let name = c"hasRef".as_ptr();
        sys::napi_create_function(env, name, -1, Some(has_ref), address_of(id), &raw mut has_ref_function)
    };
    if made != sys::Status::napi_ok || created != sys::Status::napi_ok {
        return None;
    }
    // SAFETY: as above, with values made just now.
    let set = unsafe { sys::napi_set_named_property(env, resource, c"hasRef".as_ptr(), has_ref_function) };
    (set == sys::Status::napi_ok).then_some(resource)
}

/// `hasRef()`: whether the bell keeps the event loop alive.
unsafe extern "C" fn has_ref(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut id = ptr::null_mut();
    let mut result = ptr::null_mut();
    // SAFETY: Node calls this with its environment and call; the out-pointer is valid, and no arguments are wanted.
    unsafe {
        sys::napi_get_cb_info(env, info, ptr::null_mut(), ptr::null_mut(), ptr::null_mut(), &raw mut id);
    }
    let has_open = at(id).is_some_and(|event_loop| event_loop.open() > 0);
    // SAFETY: as above.
    unsafe { sys::napi_get_boolean(env, has_open, &raw mut result) };
    result
}
