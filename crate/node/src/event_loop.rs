//! The event loop of an isolate: what keeps it alive, and who of the calling thread it is.
//!
//! An isolate can load the addon more than once – a test runner that gives every file a module registry of its own does – and each
//! load has its own TypeScript. So each load counts as an isolate of its own here, and one thread may have several.

use std::{
    any::Any,
    cell::Cell,
    ptr::{self, NonNull},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use napi::sys;
use workpool_abi::Word;
use workpool_mailbox::Sender;

use crate::{
    mailbox::{Mailbox, Waker},
    registers::Registers,
};

thread_local! {
    /// The one of this thread that was made last, the head of a list; null on threads without one, such as the reaper's. Without
    /// a destructor, so that the end of a thread runs no code of ours.
    static NEWEST: Cell<*const EventLoop> = const { Cell::new(ptr::null()) };
}

/// How many event loops there have been.
static MADE: AtomicU32 = AtomicU32::new(0);

/// The event loop as one load of the addon has it. It lives from the moment the addon is loaded into an environment until that
/// environment's cleanup, or until the exports of this load have been collected, and with them all TypeScript that could use it.
#[derive(Debug)]
pub(crate) struct EventLoop {
    /// Tells it from the others of its thread.
    pub(crate) id: u32,
    /// The one that this thread made before; null for none.
    older: Cell<*const Self>,
    /// What the layers above have made around it; they know its type.
    owner: Cell<Option<NonNull<dyn Any>>>,
    env: sys::napi_env,
    registers: Registers,
    pub(crate) mailbox: Arc<Mailbox>,
    /// Promises handed out and not settled. While there are any, the bell is referenced, and that keeps the event
    /// loop alive. It is below 0 for a moment when a stream ends that nobody waits for: its end counts as that of a promise before
    /// TypeScript has taken back that it does not.
    open: Cell<i32>,
    bell: Cell<Option<Waker>>,
    /// Refers to the function by which TypeScript looks into the mailbox; strongly while `is_rooted`.
    wake: Cell<Option<sys::napi_ref>>,
    /// Whether the load is kept alive. It is from its first open promise on, until TypeScript has seen that nothing
    /// is left to be done for it: that is seldom asked, so that a task costs nothing for it.
    is_rooted: Cell<bool>,
}

impl EventLoop {
    /// That of the calling thread, for an environment that is being set up.
    pub(crate) fn new(env: sys::napi_env, registers: Registers) -> Self {
        Self {
            id: new_id(),
            older: Cell::new(ptr::null()),
            owner: Cell::new(None),
            env,
            registers,
            mailbox: Arc::default(),
            open: Cell::new(0),
            bell: Cell::new(None),
            wake: Cell::new(None),
            is_rooted: Cell::new(false),
        }
    }

    /// From now on the calling thread finds it, and `owner` by it.
    ///
    /// # Safety
    /// Neither it nor `owner` moves or ends before `leave`.
    pub(crate) unsafe fn enter(&self, owner: NonNull<dyn Any>) {
        self.owner.set(Some(owner));
        self.older.set(NEWEST.get());
        NEWEST.set(self);
    }

    /// From now on nobody finds it.
    pub(crate) fn leave(&self) {
        match find(|newer| ptr::eq(newer.older.get(), self)) {
            Some(newer) => newer.older.set(self.older.get()),
            None => NEWEST.set(self.older.get()),
        }
    }

    /// What has been made around it.
    pub(crate) fn owner(&self) -> Option<&'static dyn Any> {
        // SAFETY: by the contract of `enter` the owner is there until `leave`, after which nobody finds this event loop. 'static is a
        // convenience of callers that run within one call from JavaScript.
        self.owner.get().map(|owner| unsafe { owner.as_ref() })
    }

    /// The environment, for calls of Node-API within a call from its JavaScript.
    pub(crate) const fn env(&self) -> sys::napi_env {
        self.env
    }

    /// TypeScript is ready to be woken by `bell`, which calls what `wake` refers to.
    pub(crate) fn open_mailbox(&self, bell: Waker, wake: sys::napi_ref) {
        self.wake.set(Some(wake));
        self.bell.set(Some(bell));
        self.mailbox.open(bell);
    }

    pub(crate) fn has_bell(&self) -> bool {
        self.bell.get().is_some()
    }

    pub(crate) fn wake_reference(&self) -> Option<sys::napi_ref> {
        self.wake.get()
    }

    /// How many promises are open.
    pub(crate) fn open(&self) -> u32 {
        self.open.get().max(0) as u32
    }

    /// One more promise is open.
    pub(crate) fn hold(&self) {
        self.hold_all(1);
    }

    /// So many more promises are open.
    pub(crate) fn hold_all(&self, more: u32) {
        let open = self.open.get();
        let now = open + more as i32;
        self.open.set(now);
        if let (..=0, 1.., Some(Waker(bell))) = (open, now, self.bell.get()) {
            // SAFETY: called from JavaScript of this environment, which therefore lives, and so does the bell.
            unsafe { sys::napi_ref_threadsafe_function(self.env, bell) };
            if !self.is_rooted.get() {
                self.root();
            }
        }
    }

    /// One promise has settled.
    pub(crate) fn let_go(&self) {
        self.let_go_of(1);
    }

    /// So many promises have settled.
    pub(crate) fn let_go_of(&self, settled: u32) {
        let open = self.open.get();
        let now = open - settled as i32;
        self.open.set(now);
        if let (1.., ..=0, Some(Waker(bell))) = (open, now, self.bell.get()) {
            // SAFETY: as in `hold`.
            unsafe { sys::napi_unref_threadsafe_function(self.env, bell) };
        }
    }

    /// From now on the load is kept alive: the event loop may be all that will ever come back to it.
    #[cold]
    fn root(&self) {
        if let Some(wake) = self.wake.get() {
            // SAFETY: called from JavaScript of this environment; the reference was made in it, and is not deleted before
            // the event loop ends. What it refers to lives, as TypeScript of the same load is running.
            unsafe { sys::napi_reference_ref(self.env, wake, ptr::null_mut()) };
            self.is_rooted.set(true);
        }
    }

    /// From now on the load lives only as long as somebody has it. Not while a promise is open.
    pub(crate) fn unroot(&self) {
        if let (..=0, true, Some(wake)) = (self.open.get(), self.is_rooted.get(), self.wake.get()) {
            // SAFETY: as in `root`, which has been called once more than this.
            unsafe { sys::napi_reference_unref(self.env, wake, ptr::null_mut()) };
            self.is_rooted.set(false);
        }
    }
}

/// The one of the calling thread with this id.
pub(crate) fn of(id: u32) -> Option<&'static EventLoop> {
    find(|event_loop| event_loop.id == id)
}

/// An id that none of this thread has.
fn new_id() -> u32 {
    loop {
        // Relaxed: only that no two are equal matters. After 2³² of them an older one may have it.
        let id = MADE.fetch_add(1, Ordering::Relaxed);
        if of(id).is_none() {
            return id;
        }
    }
}

fn find(is_meant: impl Fn(&EventLoop) -> bool) -> Option<&'static EventLoop> {
    let mut next = NEWEST.get();
    // SAFETY: every pointer of the list is that of a live event loop: `enter` adds it on this thread, and `leave` takes it out, on
    // this thread after its last JavaScript. 'static is a convenience of callers that run within one call from JavaScript.
    while let Some(event_loop) = unsafe { next.as_ref() } {
        if is_meant(event_loop) {
            return Some(event_loop);
        }
        next = event_loop.older.get();
    }
    None
}

/// Who the calling thread is to the isolate of this mailbox. Its own thread, inside a call from its JavaScript, is told to look. With
/// more than one load on this thread it may be another one's call, after which this one's does not look.
pub(crate) fn sender(mailbox: &Arc<Mailbox>) -> Sender {
    let own = find(|event_loop| Arc::ptr_eq(&event_loop.mailbox, mailbox));
    if let Some(event_loop) = own {
        event_loop.registers.set(Word::Pending, 1);
    }
    let is_only = find(|_| true).is_some_and(|newest| newest.older.get().is_null());
    if own.is_some() && is_only { Sender::Itself } else { Sender::Other }
}
