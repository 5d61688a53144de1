//! The reaper: the one thread of the process that acts when nobody calls.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fmt,
    sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
    thread,
};

use crate::clock::{Clock, MonotonicClock, Nanos};

/// What the reaper can be armed for.
pub trait Reap: Send + Sync {
    /// Does what is due at `armed`, the moment it was armed for, unless it has been armed for an earlier one since;
    /// gives the next moment.
    fn reap(&self, armed: Nanos) -> Option<Nanos>;
}

struct Appointment {
    at: Nanos,
    target: Weak<dyn Reap>,
}

impl PartialEq for Appointment {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Appointment {}

impl PartialOrd for Appointment {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Appointment {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

#[derive(Default)]
struct Agenda {
    appointments: BinaryHeap<Reverse<Appointment>>,
    is_started: bool,
}

/// A thread that sleeps until the first of its appointments, or, without any, until there is one. It starts with
/// the first one and stays, asleep, for the life of the process; it holds nothing that a process could wait for.
///
/// A plain mutex and a condition variable: it is touched when somebody's next deadline comes *earlier* than known,
/// which in steady traffic is once per `expiry`, not once per task.
pub struct Reaper {
    clock: MonotonicClock,
    agenda: Mutex<Agenda>,
    changed: Condvar,
}

impl Reaper {
    /// The reaper of this process.
    pub fn global() -> &'static Self {
        static REAPER: OnceLock<Reaper> = OnceLock::new();
        REAPER.get_or_init(|| Self {
            clock: MonotonicClock::new(),
            agenda: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// The clock by which appointments are kept.
    pub const fn clock(&self) -> MonotonicClock {
        self.clock
    }

    /// Calls `target` at `at`, or soon after.
    ///
    /// # Panics
    /// If the system cannot start a thread.
    pub fn arm(&'static self, at: Nanos, target: Weak<dyn Reap>) {
        let mut agenda = self.lock();
        let is_first = agenda.appointments.peek().is_none_or(|Reverse(first)| at < first.at);
        agenda.appointments.push(Reverse(Appointment { at, target }));
        if !agenda.is_started {
            agenda.is_started = true;
            thread::Builder::new()
                .name("workpool-reaper".into())
                .spawn(|| self.run())
                .expect("the reaper's thread starts");
        } else if is_first {
            self.changed.notify_one();
        }
    }

    fn run(&self) {
        let mut agenda = self.lock();
        loop {
            let first = agenda.appointments.peek();
            let wait = first.map(|Reverse(first)| first.at.saturating_sub(self.clock.now()));
            agenda = match wait {
                None => self.changed.wait(agenda).unwrap_or_else(PoisonError::into_inner),
                Some(0) => self.keep_first(agenda),
                Some(nanos) => {
                    let time = std::time::Duration::from_nanos(nanos);
                    self.changed.wait_timeout(agenda, time).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Keeps the first appointment, with the agenda open for others meanwhile.
    fn keep_first<'a>(&'a self, mut agenda: MutexGuard<'a, Agenda>) -> MutexGuard<'a, Agenda> {
        let Some(Reverse(Appointment { at, target })) = agenda.appointments.pop() else { return agenda };
        drop(agenda);
        let next = target.upgrade().and_then(|pool| pool.reap(at));
        let mut agenda = self.lock();
        if let Some(at) = next {
            agenda.appointments.push(Reverse(Appointment { at, target }));
        }
        agenda
    }

    fn lock(&self) -> MutexGuard<'_, Agenda> {
        self.agenda.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Reaper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reaper").field("clock", &self.clock).finish_non_exhaustive()
    }
}
