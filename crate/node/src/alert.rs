//! How a function that never goes back to its event loop hears that its task has been aborted, or has taken too long: it looks at a word
//! in memory that it shares with everybody.

use std::{
    ptr::NonNull,
    sync::atomic::{AtomicI32, Ordering},
};

use workpool_core::SpinLock;

/// A word in the memory of an isolate. It counts how often something may have happened to a task of that isolate's thread; what has
/// happened is known to the core.
#[derive(Debug)]
struct Counter(NonNull<i32>);

// SAFETY: the word is reached through atomic operations only, by `Alert` and by JavaScript, and it is there for as long as the `Alert` has
// the counter.
unsafe impl Send for Counter {}

/// The alert of a thread. Whoever settles a task whose function goes on raises it.
#[derive(Debug)]
pub(crate) struct Alert(SpinLock<Option<Counter>>);

impl Alert {
    /// # Safety
    /// The word is aligned and there until `close`, and whoever else reaches it does so by atomic operations.
    pub(crate) unsafe fn new(word: NonNull<i32>) -> Self {
        Self(SpinLock::new(Some(Counter(word))))
    }

    /// Something may have happened to a task of the thread. The core has noted before what it was: a thread that sees the new count asks
    /// the core, under whose lock it finds that. A thread that does not see it yet sees it at a later look.
    pub(crate) fn raise(&self) {
        if let Some(Counter(word)) = &*self.0.lock() {
            // SAFETY: by the contract of `new`; it is not closed, and `close` has to wait for the lock that is held here.
            let word = unsafe { AtomicI32::from_ptr(word.as_ptr()) };
            // Relaxed: the count says nothing but that it is worth asking.
            word.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The memory is about to go. Nobody writes there after this.
    pub(crate) fn close(&self) {
        *self.0.lock() = None;
    }
}
