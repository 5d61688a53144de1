//! The pool's lock: test-and-test-and-set with exponential back-off that ends in the scheduler.
//!
//! It guards one struct ([`State`](crate::state::State)) for some tens of nanoseconds at a time. No system call, no
//! callback and no wake-up happens under it; what a transition causes is collected and carried out after the unlock
//! (see [`Pool`](crate::Pool)). ARCHITECTURE.md compares it with parking_lot's and std's mutex.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use crate::sync::{AtomicBool, Ordering, UnsafeCell, relax};

/// Pauses of the last spinning round; after it, every round is a yield. 64 pauses are about the length of the longest
/// ordinary critical section, so a holder that still runs is waited for and one that was preempted is given the
/// processor.
const LAST_ROUND: u32 = 64;

/// How long to wait before looking again: 1, 2, 4 … 64 pauses, then the scheduler.
struct Backoff(u32);

impl Backoff {
    fn snooze(&mut self) {
        if self.0 > LAST_ROUND {
            relax(0);
        } else {
            relax(self.0);
            self.0 *= 2;
        }
    }
}

/// A mutual-exclusion lock that spins. It is neither fair nor reentrant, and a panic under it does not poison it.
///
/// ```
/// let lock = workpool_core::SpinLock::new(1);
/// *lock.lock() += 1;
/// assert_eq!(*lock.lock(), 2);
/// ```
///
/// The lock and the beginning of the value share a cache line, with nothing of anybody else: processors fetch lines in
/// pairs.
#[repr(C, align(128))]
pub struct SpinLock<T> {
    locked: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached through a guard only, and `locked` admits one guard at a time, so sharing the lock
// shares nothing but the right to take turns; the value moves between threads, hence `T: Send`.
unsafe impl<T: Send> Sync for SpinLock<T> {}
// SAFETY: moving the lock moves the value.
unsafe impl<T: Send> Send for SpinLock<T> {}

impl<T> SpinLock<T> {
    /// An open lock around `value`.
    pub fn new(value: T) -> Self {
        Self { locked: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// Waits until the lock is free and takes it; the guard gives it back.
    pub fn lock(&self) -> SpinGuard<'_, T> {
        if !self.take() {
            self.wait();
        }
        SpinGuard {
            lock: self,
            #[cfg(feature = "holds")]
            _hold: crate::holds::Hold::begin(),
        }
    }

    fn take(&self) -> bool {
        // Acquire pairs with the Release in `SpinGuard::drop`: what the last holder wrote is seen by this one. A failed
        // attempt reads nothing that is guarded, hence Relaxed.
        self.locked.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[cold]
    fn wait(&self) {
        let mut backoff = Backoff(1);
        loop {
            // Only a read, so that waiters share the cache line until the holder writes it. Relaxed: it merely suggests
            // when `take`, which has the ordering, is worth trying.
            while self.locked.load(Ordering::Relaxed) {
                backoff.snooze();
            }
            if self.take() {
                return;
            }
        }
    }
}

impl<T> fmt::Debug for SpinLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpinLock").field("locked", &self.locked).finish_non_exhaustive()
    }
}

/// The right to the value of a [`SpinLock`], given back on drop.
pub struct SpinGuard<'a, T> {
    lock: &'a SpinLock<T>,
    #[cfg(feature = "holds")]
    _hold: crate::holds::Hold,
}

impl<T> Deref for SpinGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this guard is the only one, and the reference borrows it.
        self.lock.value.with(|value| unsafe { &*value })
    }
}

impl<T> DerefMut for SpinGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this guard is the only one, and `&mut self` makes this reference the only one through it.
        self.lock.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T> Drop for SpinGuard<'_, T> {
    fn drop(&mut self) {
        // Release pairs with the Acquire in `take`.
        self.lock.locked.store(false, Ordering::Release);
    }
}

impl<T: fmt::Debug> fmt::Debug for SpinGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn increments_from_four_threads_are_all_kept() {
        let lock = SpinLock::new(0_u64);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50_000).for_each(|_| *lock.lock() += 1));
            }
        });
        assert_eq!(*lock.lock(), 200_000);
    }

    #[test]
    fn a_panic_under_the_lock_gives_it_back() {
        let lock = SpinLock::new(1);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _guard = lock.lock();
            panic!("under the lock");
        }));
        assert!(panicked.is_err());
        assert_eq!(*lock.lock(), 1);
    }
}
