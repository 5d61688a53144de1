//! Where a thread sleeps that is blocked in native code.

use std::{sync::PoisonError, time::Duration};

use crate::sync::{Condvar, Mutex, MutexGuard};

/// The thread that parks holds the mutex from before it looks for the last time until it sleeps. A thread that unparks it takes
/// the mutex once, so the notification finds a thread that either sleeps or has seen what it would be woken for.
#[derive(Debug, Default)]
pub(crate) struct Parker {
    mutex: Mutex<()>,
    arrival: Condvar,
}

/// The right to park, and the promise that no notification comes before the thread does.
pub(crate) struct Doorway<'a> {
    parker: &'a Parker,
    guard: MutexGuard<'a, ()>,
}

impl Parker {
    /// The calling thread is about to look for the last time.
    pub(crate) fn enter(&self) -> Doorway<'_> {
        Doorway { parker: self, guard: self.lock() }
    }

    /// Wakes the thread that has entered and found nothing.
    pub(crate) fn unpark(&self) {
        drop(self.lock());
        self.arrival.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        // The mutex guards no data, so a panic of another holder has broken nothing.
        self.mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Doorway<'_> {
    /// Sleeps until `unpark`, or for `limit`. As with every condition variable the sleep may end sooner.
    pub(crate) fn park(self, limit: Duration) {
        let Self { parker, guard } = self;
        drop(parker.arrival.wait_timeout(guard, limit));
    }
}
