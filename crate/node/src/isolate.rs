//! One isolate's share of the addon: its pools, its outbox, and what keeps its event loop alive.
//!
//! An isolate can load the addon more than once – a test runner that gives every file a module registry of its own
//! does – and each load has its own TypeScript, so each gets a share of its own.

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

use napi::{Env, bindgen_prelude::Object, sys};
use napi_derive::napi;
use slab::Slab;
use workpool_core::FaceId;

use crate::{
    face::Face,
    hot,
    outbox::{Bell, Kind, Outbox},
    registers::{Registers, Word},
    remote::Remote,
};

thread_local! {
    /// The share of this thread that was made last, the head of a list; null on threads without one, such as the
    /// reaper's. Without a destructor, so that the end of a thread runs no code of ours.
    static NEWEST: Cell<*const Isolate> = const { Cell::new(ptr::null()) };
}

/// How many shares there have been.
static MADE: AtomicU32 = AtomicU32::new(0);

/// Lives from the moment the addon is loaded into an environment until that environment's cleanup.
#[derive(Debug)]
pub(crate) struct Isolate {
    /// Names it among all shares of the process.
    pub(crate) id: u32,
    /// The one that this thread made before; null for none.
    older: Cell<*const Isolate>,
    env: sys::napi_env,
    pub(crate) registers: Registers,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) faces: RefCell<Slab<Face>>,
    /// Promises handed out and not settled. While there are any, the bell is referenced, and that keeps the event
    /// loop alive.
    open: Cell<u32>,
    bell: Cell<Option<Bell>>,
    /// What it has for pools of threads.
    pub(crate) remote: Remote,
}

impl Isolate {
    /// One more promise is open.
    pub(crate) fn hold(&self) {
        let open = self.open.get();
        self.open.set(open + 1);
        if let (0, Some(Bell(bell))) = (open, self.bell.get()) {
            // SAFETY: called from JavaScript of this environment, which therefore lives, and so does the bell.
            unsafe { sys::napi_ref_threadsafe_function(self.env, bell) };
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
        if let (0, Some(Bell(bell))) = (open, self.bell.get()) {
            // SAFETY: as in `hold`.
            unsafe { sys::napi_unref_threadsafe_function(self.env, bell) };
        }
    }

    /// The share of the calling thread with this id.
    pub(crate) fn of(id: u32) -> Option<&'static Self> {
        Self::find(|isolate| isolate.id == id)
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

/// Whether the calling thread is the one of this outbox's isolate, and its JavaScript inside a call of ours; then it is told to
/// look. With more than one share on this thread it may be another one's call, after which this one's does not look.
pub(crate) fn announce(outbox: &Arc<Outbox>) -> bool {
    let own = Isolate::find(|isolate| Arc::ptr_eq(&isolate.outbox, outbox));
    if let Some(isolate) = own {
        isolate.registers.set(Word::Pending, 1);
    }
    let is_only = Isolate::find(|_| true).is_some_and(|newest| newest.older.get().is_null());
    own.is_some() && is_only
}

/// Sets an environment up: `registers` and the hot functions join what napi-rs exports.
#[napi(module_exports)]
pub(crate) fn set_up(exports: Object<'_>, env: Env) -> napi::Result<()> {
    let failed = || napi::Error::from_reason("workpool: the environment could not be set up");
    napi::bindgen_prelude::retain_current_module_for_unload_safety();
    let (registers, block) = Registers::new(env.raw()).ok_or_else(failed)?;
    let isolate = Box::into_raw(Box::new(Isolate {
        // Relaxed: only that no two are equal matters.
        id: MADE.fetch_add(1, Ordering::Relaxed),
        older: Cell::new(NEWEST.get()),
        env: env.raw(),
        registers,
        outbox: Arc::default(),
        faces: RefCell::default(),
        open: Cell::new(0),
        bell: Cell::new(None),
        remote: Remote::default(),
    }));
    NEWEST.set(isolate);
    hot::export(&exports, env.raw(), isolate, block).ok_or_else(failed)
}

/// Makes the bell, which calls `wake` on the isolate's event loop, and opens the outbox. The isolate is torn down by
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
    // SAFETY: called from JavaScript of `env`; the name is of the given length.
    let named = unsafe { sys::napi_create_string_utf8(env, c"workpool".as_ptr(), 8, &raw mut name) };
    // SAFETY: as above; `wake` is a function, which Node checks; no context and no finalizer are given.
    let created = unsafe {
        sys::napi_create_threadsafe_function(
            env,
            wake,
            ptr::null_mut(),
            name,
            0,
            1,
            ptr::null_mut(),
            None,
            ptr::null_mut(),
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
    isolate.bell.set(Some(Bell(bell)));
    isolate.outbox.open(Bell(bell));
    Some(())
}

/// The bell on the isolate's own thread: lets TypeScript look into the outbox.
unsafe extern "C" fn ring(
    env: sys::napi_env,
    wake: sys::napi_value,
    _context: *mut c_void,
    _data: *mut c_void,
) {
    if env.is_null() {
        return; // the environment is being torn down
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

/// Runs on the isolate's thread after its last JavaScript.
unsafe extern "C" fn tear_down(isolate: *mut c_void) {
    let isolate = isolate.cast::<Isolate>();
    let newer = Isolate::find(|newer| ptr::eq(newer.older.get(), isolate));
    // SAFETY: this is the pointer that `set_up` made from a box, and the hook runs once; nobody else has it any more, as
    // JavaScript has ended and the list is mended before anybody looks at it again.
    let isolate = unsafe { Box::from_raw(isolate) };
    match newer {
        Some(newer) => newer.older.set(isolate.older.get()),
        None => NEWEST.set(isolate.older.get()),
    }
    // Whatever goes wrong in here, the bell is taken out of the reach of others, and the process goes on.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if let Some(post) = isolate.remote.post.take() {
            post.core.pool.host().tell(FaceId::FIRST, Kind::Died, post.worker.0, 0);
        }
    }));
    if let Some(Bell(bell)) = isolate.outbox.close() {
        // SAFETY: taken out under the lock, so no other thread can call it now or later.
        unsafe {
            sys::napi_release_threadsafe_function(bell, sys::ThreadsafeFunctionReleaseMode::abort);
        }
    }
    // Its faces depart.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(isolate)));
}
