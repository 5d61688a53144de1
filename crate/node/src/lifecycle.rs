//! How the addon's share of an isolate begins and ends.
//!
//! It begins when the addon is loaded. It ends with the environment, or before that with its load, once the exports have been collected.

use std::{
    ffi::{CStr, c_void},
    panic::{AssertUnwindSafe, catch_unwind},
    ptr::{self, NonNull},
};

use napi::{Env, JsValue, bindgen_prelude::Object, sys};
use napi_derive::napi;
use workpool_abi::CommandKind;
use workpool_core::FaceId;

use crate::{
    bell,
    errors::throw_internal,
    event_loop::EventLoop,
    isolate::Isolate,
    mailbox::Waker,
    native::job::while_ending,
    raw::{
        batches, closures, commands, jobs, keys, measures, outcomes, runs, state, streams, tasks, threads,
        values,
    },
    registers::Registers,
};

/// Sets an environment up: `registers` and the raw functions join what napi-rs exports.
#[napi(module_exports)]
pub(crate) fn set_up(exports: Object<'_>, env: Env) -> napi::Result<()> {
    let failed = || napi::Error::from_reason("workpool: the environment could not be set up");
    napi::bindgen_prelude::retain_current_module_for_unload_safety();
    let (registers, block) = Registers::new(env.raw()).ok_or_else(failed)?;
    let isolate = Box::into_raw(Box::new(Isolate::new(EventLoop::new(env.raw(), registers), registers)));
    let owner = NonNull::new(isolate).ok_or_else(failed)?;
    // SAFETY: `isolate` was made just now.
    let event_loop = unsafe { &(*isolate).event_loop };
    // SAFETY: a box does not move what it holds, and `tear_down` calls `leave` before it drops the box.
    unsafe { event_loop.enter(owner) };
    let id = event_loop.id;
    // SAFETY: as above.
    unsafe { &(*isolate).desk }.end_by(addon_ends);
    export(&exports, env.raw(), isolate, block).ok_or_else(failed)?;
    // SAFETY: called while the environment is set up, on its thread; the data is a number, not an address.
    let watched = unsafe {
        sys::napi_add_finalizer(
            env.raw(),
            exports.raw(),
            bell::address_of(id),
            Some(collected),
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    (watched == sys::Status::napi_ok).then_some(()).ok_or_else(failed)
}

/// Puts the raw functions and the memory that both sides see on the addon's exports.
fn export(
    exports: &Object<'_>,
    env: sys::napi_env,
    isolate: *const Isolate,
    registers: sys::napi_value,
) -> Option<()> {
    let set = |name: &CStr, value: sys::napi_value| {
        // SAFETY: called while the environment is set up, on its thread, with values made there.
        let set = unsafe { sys::napi_set_named_property(env, exports.raw(), name.as_ptr(), value) };
        (set == sys::Status::napi_ok).then_some(())
    };
    set(c"registers", registers)?;
    let mut id = ptr::null_mut();
    // SAFETY: as above, and `isolate` was made just now.
    let number = unsafe { &*isolate }.event_loop.id;
    // SAFETY: as above.
    let made = unsafe { sys::napi_create_uint32(env, number, &raw mut id) };
    if made != sys::Status::napi_ok {
        return None;
    }
    set(c"isolate", id)?;
    // SAFETY: as above.
    set(c"exchange", unsafe { &*isolate }.exchange.set_up(env)?)?;
    let attach: [(&CStr, sys::napi_callback); 1] = [(c"attach", Some(attach))];
    let all = [
        &attach,
        batches::FUNCTIONS,
        batches::OF_ARRAYS,
        closures::FUNCTIONS,
        commands::FUNCTIONS,
        jobs::FUNCTIONS,
        jobs::OF_VALUES,
        keys::FUNCTIONS,
        measures::FUNCTIONS,
        measures::OF_ARRAYS,
        outcomes::FUNCTIONS,
        runs::FUNCTIONS,
        state::FUNCTIONS,
        streams::FUNCTIONS,
        streams::OF_ARRAYS,
        tasks::FUNCTIONS,
        threads::FUNCTIONS,
        values::FUNCTIONS,
    ];
    for &(name, function) in all.into_iter().flatten() {
        let mut value = ptr::null_mut();
        let data: *mut c_void = isolate.cast_mut().cast();
        // SAFETY: as above; the name ends in zero, hence -1 for its length; `data` outlives the function.
        let created =
            unsafe { sys::napi_create_function(env, name.as_ptr(), -1, function, data, &raw mut value) };
        if created != sys::Status::napi_ok {
            return None;
        }
        set(name, value)?;
        // Whoever has one function has the exports: these are gone only when none can be called any more, see `collected`.
        // SAFETY: as above.
        let held = unsafe { sys::napi_set_named_property(env, value, c"exports".as_ptr(), exports.raw()) };
        if held != sys::Status::napi_ok {
            return None;
        }
    }
    Some(())
}

/// `attach(wake)`: TypeScript is ready to be woken. Called once per isolate.
unsafe extern "C" fn attach(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut argc = 1;
    let mut wake = ptr::null_mut();
    let mut data = ptr::null_mut();
    // SAFETY: all pointers are valid; there is room for one argument.
    unsafe { sys::napi_get_cb_info(env, info, &raw mut argc, &raw mut wake, ptr::null_mut(), &raw mut data) };
    // SAFETY: `export` gives the isolate of this load to every function, and it lives until `tear_down`, which is only registered here.
    let event_loop = unsafe { &(*data.cast::<Isolate>()).event_loop };
    if bell::attach(event_loop, env, wake, tear_down, data).is_none() {
        throw_internal(env, c"workpool: cannot attach");
    }
    ptr::null_mut()
}

/// The exports of a load are gone. Every function of the load holds them, so nobody can call one of these any more.
unsafe extern "C" fn collected(env: sys::napi_env, id: *mut c_void, _hint: *mut c_void) {
    // At the end of an environment finalizers run after its hooks: then there is nothing left.
    let Some(isolate) = bell::at(id).and_then(|event_loop| Isolate::of(event_loop.id)) else { return };
    let address = ptr::from_ref(isolate).cast_mut().cast();
    let event_loop = &isolate.event_loop;
    let [exchange, lent] = isolate.exchange.references();
    let desk = isolate.desk.reference();
    let references = [event_loop.wake_reference(), Some(isolate.registers.reference()), exchange, lent, desk];
    if event_loop.has_bell() {
        // SAFETY: `attach` has registered this hook with this address, in this environment, which lives.
        unsafe { sys::napi_remove_env_cleanup_hook(env, Some(tear_down), address) };
    }
    // SAFETY: as the hook that would do it is taken away, this is the one call; nobody else has the address any more, as
    // the exports are gone.
    unsafe { tear_down(address) };
    for reference in references.into_iter().flatten() {
        // SAFETY: made in this environment, and used by nobody but the isolate that has just ended.
        unsafe { sys::napi_delete_reference(env, reference) };
    }
}

/// Runs on the isolate's thread after the last JavaScript that can reach it.
unsafe extern "C" fn tear_down(isolate: *mut c_void) {
    let isolate = isolate.cast::<Isolate>();
    // SAFETY: this is the pointer that `set_up` made from a box, and this runs once: as a hook or instead of it. Nobody else has it
    // any more, as JavaScript has ended or cannot reach it.
    let event_loop = unsafe { &(*isolate).event_loop };
    let id = event_loop.id;
    event_loop.leave();
    while_ending(id, || end(isolate));
}

/// The environment of an addon that has handed in native jobs is about to end, and so is that of this load, on the same thread: no
/// JavaScript comes any more. The load ends now, as later its jobs would meet environments that are gone.
unsafe extern "C" fn addon_ends(id: *mut c_void) {
    // SAFETY: the number that was given with the hook, which is called once.
    let id = unsafe { Box::from_raw(id.cast::<u32>()) };
    // Another addon has been here before.
    let Some(isolate) = Isolate::of(*id) else { return };
    let env = isolate.event_loop.env();
    let address = ptr::from_ref(isolate).cast_mut().cast();
    if isolate.event_loop.has_bell() {
        // SAFETY: `attach` has registered this hook with this address, in this environment, which lives.
        unsafe { sys::napi_remove_env_cleanup_hook(env, Some(tear_down), address) };
    }
    // SAFETY: as the hook that would do it is taken away, this is the one call, after the last JavaScript.
    unsafe { tear_down(address) };
}

/// Native jobs that are dropped meanwhile are disposed of with their environment.
fn end(isolate: *mut Isolate) {
    // SAFETY: `tear_down` calls this once; the event loop is out of the list, so nobody finds the isolate there either.
    let isolate = unsafe { Box::from_raw(isolate) };
    // Whatever goes wrong in here, the bell is taken out of the reach of others, and the process goes on.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if let Some(worker) = isolate.worker.take() {
            worker.alert.close();
            worker.core.pool.host().tell(FaceId::FIRST, CommandKind::Died, worker.id.0, worker.thread);
        }
    }));
    if let Some(Waker(bell)) = isolate.event_loop.mailbox.close() {
        // SAFETY: taken out under the lock, so no other thread can call it now or later.
        unsafe {
            sys::napi_release_threadsafe_function(bell, sys::ThreadsafeFunctionReleaseMode::abort);
        }
    }
    // Its pools are let go of: their faces depart.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(isolate)));
}
