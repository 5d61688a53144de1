//! The one place that chooses between the standard library and loom, so that the model checker runs the very code that ships.

#[cfg(loom)]
pub(crate) use loom::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};
#[cfg(not(loom))]
pub(crate) use std::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

/// A short pause between two looks.
#[cfg(not(loom))]
pub(crate) fn pause() {
    for _ in 0..16 {
        std::hint::spin_loop();
    }
}

/// Under loom a pause lets another thread move.
#[cfg(loom)]
pub(crate) fn pause() {
    loom::thread::yield_now();
}
