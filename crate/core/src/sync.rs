//! The one place that chooses between the standard library and loom, so that the model checker runs the very code that
//! ships.

#[cfg(loom)]
pub(crate) use loom::{
    cell::UnsafeCell,
    sync::atomic::{AtomicBool, Ordering},
};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicBool, Ordering};

/// One polite wait inside a spin loop: `rounds` pauses, or the rest of the time slice when `rounds` is 0.
#[cfg(not(loom))]
pub(crate) fn relax(rounds: u32) {
    if rounds == 0 {
        std::thread::yield_now();
    }
    for _ in 0..rounds {
        std::hint::spin_loop();
    }
}

/// Under loom every wait is a yield: the model must see that another thread has to move first.
#[cfg(loom)]
pub(crate) fn relax(_rounds: u32) {
    loom::thread::yield_now();
}

/// `std`'s cell behind the interface of loom's, so that the lock is written once.
#[cfg(not(loom))]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(loom))]
impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}
