//! One isolate's share of the addon: its pools, its mailbox, and what keeps its event loop alive.
//!
//! An isolate can load the addon more than once – a test runner that gives every file a module registry of its own
//! does – and each load has its own TypeScript, so each gets a share of its own. It ends with the environment, or before
//! that with its load: nothing here keeps the TypeScript of a load alive but what it has promised, or has to do.

use std::{
    cell::{Cell, RefCell},
    ffi::c_void,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use napi::{Env, JsValue, bindgen_prelude::Object, sys};
use napi_derive::napi;
use slab::Slab;
use workpool_abi::{CommandKind, Word};
use workpool_core::FaceId;
use workpool_mailbox::Sender;

use crate::{
    face::Face,
    headroom::Headroom,
    hot,
    mailbox::{Mailbox, Waker},
    registers::Registers,
    remote::Remote,
};

thread_local! {
    /// The share of this thread that was made last, the head of a list; null on threads without one, such as the
    /// reaper's. Without a destructor, so that the end of a thread runs no code of ours.
    static NEWEST: Cell<*const Isolate> = const { Cell::new(ptr::null()) };
}

/// How many shares there have been.
static MADE: AtomicU32 = AtomicU32::new(0);

/// Lives from the moment the addon is loaded into an environment until that environment's cleanup, or until the exports
/// of this load have been collected, and with them all TypeScript that could use it.
#[derive(Debug)]
pub(crate) struct Isolate {
    /// Names it among the shares of its thread.
    pub(crate) id: u32,
    /// The one that this thread made before; null for none.
    older: Cell<*const Isolate>,
    env: sys::napi_env,
    pub(crate) registers: Registers,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) faces: RefCell<Slab<Face>>,
    /// Promises handed out and not settled. While there are any, the bell is referenced, and that keeps the event
    /// loop alive.
    open: Cell<u32>,
    bell: Cell<Option<Waker>>,
    /// Refers to the function by which TypeScript looks into the mailbox; strongly while `is_rooted`.
    wake: Cell<Option<sys::napi_ref>>,
    /// Whether the load is kept alive. It is from its first open promise on, until TypeScript has seen that nothing
    /// is left to be done for it: that is seldom asked, so that a task costs nothing for it.
    is_rooted: Cell<bool>,
    /// What it has for pools of threads.
    pub(crate) remote: Remote,
    pub(crate) headroom: Headroom,
}

impl Isolate {
    /// One more promise is open.
    pub(crate) fn hold(&self) {
        let open = self.open.get();
        self.open.set(open + 1);
        if let (0, Some(Waker(bell))) = (open, self.bell.get()) {
            // SAFETY: called from JavaScript of this environment, which therefore lives, and so does the bell.
            unsafe { sys::napi_ref_threadsafe_function(self.env, bell) };
            if !self.is_rooted.get() {
                self.root();
            }
        }
    }

    /// From now on the load is kept alive: the event loop may be all that will ever come back to it.
    #[cold]
    fn root(&self) {
        if let Some(wake) = self.wake.get() {
            // SAFETY: called from JavaScript of this environment; the reference was made in it, and is not deleted before
            // the share ends. What it refers to lives, as TypeScript of the same load is running.
            unsafe { sys::napi_reference_ref(self.env, wake, ptr::null_mut()) };
            self.is_rooted.set(true);
        }
    }

    /// From now on the load lives only as long as somebody has it. Not while a promise is open.
    pub(crate) fn unroot(&self) {
        if let (0, true, Some(wake)) = (self.open.get(), self.is_rooted.get(), self.wake.get()) {
            // SAFETY: as in `root`, which has been called once more than this.
            unsafe { sys::napi_reference_unref(self.env, wake, ptr::null_mut()) };
            self.is_rooted.set(false);
        }
    }

    /// The environment, for calls of Node-API within a call from its JavaScript.
    pub(crate) const fn env(&self) -> sys::napi_env {
        self.env
    }

    /// How many promises are open.
    pub(crate) fn open(&self) -> u32 {
        self.open.get()
    }

    /// One promise has settled.
    pub(crate) fn let_go(&self) {
        self.let_go_of(1);
    }

    /// So many promises have settled.
    pub(crate) fn let_go_of(&self, settled: u32) {
        let open = self.open.get() - settled;
        self.open.set(open);
        if let (0, Some(Waker(bell))) = (open, self.bell.get()) {
            // SAFETY: as in `hold`.
            unsafe { sys::napi_unref_threadsafe_function(self.env, bell) };
        }
    }

    /// The share of the calling thread with this id.
    pub(crate) fn of(id: u32) -> Option<&'static Self> {
        Self::find(|isolate| isolate.id == id)
    }

    /// One that no share of this thread has.
    fn new_id() -> u32 {
        loop {
            // Relaxed: only that no two are equal matters. After 2³² of them an older share may have one.
            let id = MADE.fetch_add(1, Ordering::Relaxed);
            if Self::of(id).is_none() {
                return id;
            }
        }
    }

    fn find(is_meant: impl Fn(&Self) -> bool) -> Option<&'static Self> {
        let mut next = NEWEST.get();
        // SAFETY: every pointer of the list is that of a live share: `set_up` adds it on this thread, and `tear_down` takes
        // it out, on this thread after its last JavaScript. 'static is a convenience of callers that run within one call
        // from JavaScript.
        while let Some(isolate) = unsafe { next.as_ref() } {
            if is_meant(isolate) {
                return Some(isolate);
            }
            next = isolate.older.get();
        }
        None
    }
}

/// Who the calling thread is to the isolate of this mailbox: its own thread, inside a call from its JavaScript, is told to look. With
/// more than one share on this thread it may be another one's call, after which this one's does not look.
pub(crate) fn sender(mailbox: &Arc<Mailbox>) -> Sender {
    let own = Isolate::find(|isolate| Arc::ptr_eq(&isolate.mailbox, mailbox));
    if let Some(isolate) = own {
        isolate.registers.set(Word::Pending, 1);
    }
    let is_only = Isolate::find(|_| true).is_some_and(|newest| newest.older.get().is_null());
    if own.is_some() && is_only { Sender::Itself } else { Sender::Other }
}

/// Sets an environment up: `registers` and the hot functions join what napi-rs exports.
#[napi(module_exports)]
pub(crate) fn set_up(exports: Object<'_>, env: Env) -> napi::Result<()> {
    let failed = || napi::Error::from_reason("workpool: the environment could not be set up");
    napi::bindgen_prelude::retain_current_module_for_unload_safety();
    let (registers, block) = Registers::new(env.raw()).ok_or_else(failed)?;
    let isolate = Box::into_raw(Box::new(Isolate {
        id: Isolate::new_id(),
        older: Cell::new(NEWEST.get()),
        env: env.raw(),
        registers,
        mailbox: Arc::default(),
        faces: RefCell::default(),
        open: Cell::new(0),
        bell: Cell::new(None),
        wake: Cell::new(None),
        is_rooted: Cell::new(false),
        remote: Remote::default(),
        headroom: Headroom::default(),
    }));
    NEWEST.set(isolate);
    hot::export(&exports, env.raw(), isolate, block).ok_or_else(failed)?;
    // SAFETY: `isolate` was made just now, and nothing ends it before JavaScript runs again.
    let id = unsafe { &*isolate }.id;
    // SAFETY: called while the environment is set up, on its thread; the data is a number, not an address.
    let watched = unsafe {
        sys::napi_add_finalizer(
            env.raw(),
            exports.raw(),
            address_of(id),
            Some(collected),
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    (watched == sys::Status::napi_ok).then_some(()).ok_or_else(failed)
}

/// The id of a share where Node-API wants an address that it hands back. It outlives the share, as an address must not.
fn address_of(id: u32) -> *mut c_void {
    ptr::without_provenance_mut(id as usize)
}

/// The share of the calling thread whose id was made an address; none if it has ended.
fn at(address: *mut c_void) -> Option<&'static Isolate> {
    Isolate::find(|isolate| isolate.id as usize == address.addr())
}

/// The exports of a load are gone. Every function of the load holds them, so nobody can call one of these any more.
unsafe extern "C" fn collected(env: sys::napi_env, id: *mut c_void, _hint: *mut c_void) {
    // At the end of an environment finalizers run after its hooks: then there is nothing left.
    let Some(isolate) = at(id) else { return };
    let address = ptr::from_ref(isolate).cast_mut().cast();
    let [exchange, lent] = isolate.remote.references();
    let references = [isolate.wake.get(), Some(isolate.registers.reference()), exchange, lent];
    if isolate.bell.get().is_some() {
        // SAFETY: `attach` has registered this hook with this address, in this environment, which lives.
        unsafe { sys::napi_remove_env_cleanup_hook(env, Some(tear_down), address) };
    }
    // SAFETY: as the hook that would do it is taken away, this is the one call; nobody else has the address any more, as
    // the exports are gone.
    unsafe { tear_down(address) };
    for reference in references.into_iter().flatten() {
        // SAFETY: made in this environment, and used by nobody but the share that has just ended.
        unsafe { sys::napi_delete_reference(env, reference) };
    }
}

/// What the bell is to those that list what keeps an event loop alive: a resource that says whether it does so. One that does
/// not say is taken for an open handle.
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
    let has_open = at(id).is_some_and(|isolate| isolate.open() > 0);
    // SAFETY: as above.
    unsafe { sys::napi_get_boolean(env, has_open, &raw mut result) };
    result
}

/// Makes the bell, which calls `wake` on the isolate's event loop, and opens the mailbox. The isolate is torn down by
/// a hook that is registered after the bell, and hence runs before Node takes the bell down: a bell that rings during
/// that would abort Node 20, 22 and 24.9.
///
/// `None` if that fails, or has been done: a second hook would tear down what is gone.
pub(crate) fn attach(isolate: *const Isolate, env: sys::napi_env, wake: sys::napi_value) -> Option<()> {
    // SAFETY: the isolate lives until `tear_down`.
    if unsafe { &*isolate }.bell.get().is_some() {
        return None;
    }
    let mut name = ptr::null_mut();
    let mut bell = ptr::null_mut();
    let mut reference = ptr::null_mut();
    // SAFETY: the isolate lives until `tear_down`, which is only registered below.
    let id = unsafe { &*isolate }.id;
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
    // SAFETY: the isolate lives until `tear_down`, which is only now being registered; the address is unique.
    let hooked = unsafe { sys::napi_add_env_cleanup_hook(env, Some(tear_down), isolate.cast_mut().cast()) };
    if hooked != sys::Status::napi_ok {
        return None;
    }
    // SAFETY: as above.
    let isolate = unsafe { &*isolate };
    isolate.wake.set(Some(reference));
    isolate.bell.set(Some(Waker(bell)));
    isolate.mailbox.open(Waker(bell));
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
    let Some(reference) = at(id).and_then(|isolate| isolate.wake.get()) else { return };
    let mut wake = ptr::null_mut();
    // SAFETY: Node calls this on the environment's thread with a handle scope open; the share has not ended, so neither has its
    // reference.
    let found = unsafe { sys::napi_get_reference_value(env, reference, &raw mut wake) };
    if found != sys::Status::napi_ok || wake.is_null() {
        return; // the load has been collected, and its share is about to end
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

/// Runs on the isolate's thread after the last JavaScript that can reach the share.
unsafe extern "C" fn tear_down(isolate: *mut c_void) {
    let isolate = isolate.cast::<Isolate>();
    let newer = Isolate::find(|newer| ptr::eq(newer.older.get(), isolate));
    // SAFETY: this is the pointer that `set_up` made from a box, and this runs once: as a hook or instead of it; nobody else has it
    // any more, as JavaScript has ended or cannot reach it, and the list is mended before anybody looks at it again.
    let isolate = unsafe { Box::from_raw(isolate) };
    match newer {
        Some(newer) => newer.older.set(isolate.older.get()),
        None => NEWEST.set(isolate.older.get()),
    }
    // Whatever goes wrong in here, the bell is taken out of the reach of others, and the process goes on.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if let Some(post) = isolate.remote.post.take() {
            post.core.pool.host().tell(FaceId::FIRST, CommandKind::Died, post.worker.0, post.thread);
        }
    }));
    if let Some(Waker(bell)) = isolate.mailbox.close() {
        // SAFETY: taken out under the lock, so no other thread can call it now or later.
        unsafe {
            sys::napi_release_threadsafe_function(bell, sys::ThreadsafeFunctionReleaseMode::abort);
        }
    }
    // Its faces depart.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(isolate)));
}
