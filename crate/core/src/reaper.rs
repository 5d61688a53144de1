//! The reaper: the one thread of the process that acts when nobody calls.

use std::{
    collections::{BTreeMap, HashMap},
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crate::clock::{Clock, MILLISECOND, MonotonicClock, Nanos};

/// After the system has refused the thread, nobody asks for it again for so long, unless a call depends on the thread:
/// a pool arms the reaper at every transition until it is heeded.
const PAUSE: Nanos = 100 * MILLISECOND;

/// What the reaper can be armed for.
pub trait Reap: Send + Sync {
    /// Does what is due at `armed`, the moment for which the reaper was armed, unless the target waits for another
    /// moment by now. Returns the moment for which the target waits then.
    fn reap(&self, armed: Nanos) -> Option<Nanos>;
}

/// Who is to be called when. A target has one appointment, the earliest that was asked for: a target that is armed for
/// a far moment, and again and again for near ones, leaves nothing behind.
#[derive(Default)]
struct Agenda {
    /// In order of time. The address tells targets of one moment apart; no other target has that address while the weak
    /// reference is here.
    appointments: BTreeMap<(Nanos, usize), Weak<dyn Reap>>,
    times: HashMap<usize, Nanos>,
    /// After the system has refused the thread: it is not asked again before this moment, unless a call depends on the
    /// thread.
    not_before: Nanos,
}

impl Agenda {
    fn first(&self) -> Option<Nanos> {
        self.appointments.first_key_value().map(|(&(at, _), _)| at)
    }

    fn add(&mut self, at: Nanos, target: Weak<dyn Reap>) {
        let address = target.as_ptr().addr();
        match self.times.get(&address) {
            Some(&earlier) if earlier <= at => return,
            Some(&later) => drop(self.appointments.remove(&(later, address))),
            None => {}
        }
        self.times.insert(address, at);
        self.appointments.insert((at, address), target);
    }

    fn take_first(&mut self) -> Option<(Nanos, Weak<dyn Reap>)> {
        let ((at, address), target) = self.appointments.pop_first()?;
        self.times.remove(&address);
        Some((at, target))
    }
}

/// A thread that sleeps until its first appointment, or until there is one. The thread starts with the first
/// appointment and stays, asleep, for the life of the process. It holds nothing that a process could wait for.
///
/// The system may refuse the thread. Then there are no appointments, and the next who needs one asks again.
///
/// A plain mutex and a condition variable are enough: they are touched when the next deadline of a pool comes *earlier*
/// than the reaper knows, which in steady traffic happens once per `expiry` and not once per task.
pub struct Reaper {
    clock: MonotonicClock,
    agenda: Mutex<Agenda>,
    changed: Condvar,
    /// Set with the agenda locked, once the thread is there; the thread does not end before the process. Relaxed:
    /// whoever reads `false` too late takes the lock and looks again, and nothing else is published with this flag.
    is_started: AtomicBool,
}

impl Reaper {
    /// The reaper of this process.
    pub fn global() -> &'static Self {
        static REAPER: OnceLock<Reaper> = OnceLock::new();
        REAPER.get_or_init(|| Self {
            clock: MonotonicClock::new(),
            agenda: Mutex::default(),
            changed: Condvar::new(),
            is_started: AtomicBool::new(false),
        })
    }

    /// The clock by which appointments are kept.
    pub const fn clock(&self) -> MonotonicClock {
        self.clock
    }

    /// Starts the thread, unless it is there. Once it is there, every appointment is kept.
    ///
    /// # Errors
    /// If the system gives no thread now. The next call asks again.
    pub fn start(&'static self) -> io::Result<()> {
        if self.is_started.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.start_with(&mut self.lock())
    }

    fn start_with(&'static self, agenda: &mut Agenda) -> io::Result<()> {
        if self.is_started.load(Ordering::Relaxed) {
            return Ok(());
        }
        let started = thread::Builder::new().name("workpool-reaper".into()).spawn(|| self.run());
        match started {
            Ok(_) => self.is_started.store(true, Ordering::Relaxed),
            Err(_) => agenda.not_before = self.clock.now() + PAUSE,
        }
        started.map(drop)
    }

    /// Calls `target` at `at`, or soon after. If the target is armed for an earlier moment already, it is called then,
    /// and its answer decides about the next call. Returns false, and does nothing, if there is no thread for that;
    /// never after [`start`](Self::start) has succeeded.
    pub fn arm(&'static self, at: Nanos, target: Weak<dyn Reap>) -> bool {
        let mut agenda = self.lock();
        if !self.is_started.load(Ordering::Relaxed)
            && (self.clock.now() < agenda.not_before || self.start_with(&mut agenda).is_err())
        {
            return false;
        }
        let is_first = agenda.first().is_none_or(|first| at < first);
        agenda.add(at, target);
        if is_first {
            self.changed.notify_one();
        }
        true
    }

    fn run(&self) {
        let mut agenda = self.lock();
        loop {
            let wait = agenda.first().map(|first| first.saturating_sub(self.clock.now()));
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

    /// Keeps the first appointment. The agenda is unlocked meanwhile.
    fn keep_first<'a>(&'a self, mut agenda: MutexGuard<'a, Agenda>) -> MutexGuard<'a, Agenda> {
        let Some((at, target)) = agenda.take_first() else { return agenda };
        drop(agenda);
        // A host that panics ends its own pool's appointments, not those of all pools.
        let reap = AssertUnwindSafe(|| target.upgrade().and_then(|pool| pool.reap(at)));
        let next = catch_unwind(reap).ok().flatten();
        let mut agenda = self.lock();
        if let Some(at) = next {
            agenda.add(at, target);
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
