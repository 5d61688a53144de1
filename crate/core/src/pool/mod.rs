//! The pool: the state behind its lock, and the effects carried out without it. The calls are in the files of this
//! folder.

use std::fmt;

use crate::{
    clock::{Clock, Nanos},
    counters::Snapshot,
    effect::Effects,
    host::Host,
    lock::{SpinGuard, SpinLock},
    options::Options,
    state::{State, measures::Measures},
    submission::Payload,
};

mod batch;
mod broadcast;
mod faces;
mod inspection;
mod lifetime;
mod scheduling;
mod tasks;
mod workers;

/// In so many holds of the lock a call does what others have brought about, before it leaves the rest to the reaper.
const HOLDS: u32 = if cfg!(loom) { 1 } else { 8 };

/// For whatever is due already.
const AT_ONCE: Nanos = 0;

/// A pool: decides who runs, who waits, who is refused and who retires.
///
/// No call panics, whatever its arguments are: a call about a task, a worker or a face that is gone does nothing.
///
/// `T` is what the host needs to find a task again; `H` is told what to do; `C` says what time it is.
///
/// ```
/// use workpool_core::{Admission, Effect, End, Host, ManualClock, Nanos, Options, Pool, Submission};
///
/// struct Idle;
/// impl Host<&'static str> for Idle {
///     fn deliver(&self, effect: Effect<&'static str>) {
///         unreachable!("{effect:?} happens only across threads");
///     }
///     fn arm(&self, _at: Nanos) -> bool {
///         true
///     }
/// }
///
/// let options = Options { capacity: 1, ..Options::default() };
/// let pool = Pool::new(options, Idle, ManualClock::default());
/// let Admission::Started(worker, _) = pool.submit(Submission::new("first")) else { panic!("there is room") };
/// let Admission::Waiting(second) = pool.submit(Submission::new("second")) else { panic!("it is full") };
/// let finished = pool.finish(worker, End::Completed, false);
/// assert_eq!(finished.next, Some(second), "the worker has taken the next one itself");
/// ```
pub struct Pool<T, H, C> {
    state: SpinLock<State<T>>,
    host: H,
    clock: C,
}

impl<T: Payload, H: Host<T>, C: Clock> Pool<T, H, C> {
    /// An open pool without workers.
    pub fn new(options: Options, host: H, clock: C) -> Self {
        let state = State::new(options, clock.now());
        Self { state: SpinLock::new(state), host, clock }
    }

    /// The host given at creation.
    pub const fn host(&self) -> &H {
        &self.host
    }

    /// The options as they are now.
    pub fn options(&self) -> Options {
        let state = self.state.lock();
        Options { capacity: state.capacity.target(), ..state.options }
    }

    /// One consistent view of everything.
    pub fn snapshot(&self) -> Snapshot {
        self.state.lock().snapshot()
    }

    /// The same, and how long tasks have waited and run until then, if the pool measures that or has.
    pub fn measured(&self) -> (Snapshot, Option<Measures>) {
        // Before the lock is taken, as no other memory is needed under it.
        let mut copy = Measures::default();
        let state = self.state.lock();
        let measures = state.measures.as_ref().map(|measures| copy.copy(measures));
        (state.snapshot(), measures.map(|()| copy))
    }

    /// Whether the times of tasks are measured.
    pub fn is_measuring(&self) -> bool {
        self.state.lock().is_measuring()
    }

    /// Does what has become due, unless the pool waits for another moment than `armed` by now. Returns the moment for
    /// the next call. Called by the [`Reaper`](crate::Reaper).
    pub fn reap(&self, armed: Nanos) -> Option<Nanos> {
        let share = self.host.random();
        let awaited = self.state.lock().alarm.at();
        if awaited != Some(armed) {
            // Whoever has armed the reaper for `armed` was late, and may have replaced the appointment that is needed:
            // the reaper keeps one per pool. This answer makes the needed appointment again.
            return awaited;
        }
        loop {
            while self.transition(|state, effects| state.reap(self.clock.now(), share, effects)) {}
            let mut state = self.state.lock();
            // Whoever has left something meanwhile has not armed the reaper anew if `armed` was early enough.
            if !state.has_backlog() {
                state.alarm.clear();
                return state.rearm();
            }
        }
    }

    /// Makes a change in one hold of the lock after another, until it returns false. The rest of very much is left to the
    /// reaper, so that a caller has not to do all that others have brought about: what `change` leaves must be a part of
    /// the backlog.
    fn repeat(&self, mut change: impl FnMut(&mut State<T>, &mut Effects<T>) -> bool) {
        let mut holds = 0;
        while self.transition(&mut change) {
            holds += 1;
            if holds >= HOLDS && self.leave_to_reaper() {
                return;
            }
        }
    }

    /// Has the reaper go on at once. Returns false, and does nothing, if there is no reaper or nothing that it could go on
    /// with.
    #[cold]
    fn leave_to_reaper(&self) -> bool {
        if !self.host.keeps_time() {
            return false;
        }
        let mut state = self.state.lock();
        if !state.has_backlog() {
            return false;
        }
        let armed = state.alarm.bring_forward(AT_ONCE);
        drop(state);
        // A host that keeps time does not refuse.
        armed.is_none_or(|at| self.host.arm(at))
    }

    /// Makes a change under the lock; arms the reaper and carries out the effects without it. An empty list of effects
    /// costs no allocation.
    ///
    /// The result of `change` is returned as it is: in a tuple it would be copied, which costs more than all the
    /// questions here.
    #[inline(always)]
    fn transition<R>(&self, change: impl FnOnce(&mut State<T>, &mut Effects<T>) -> R) -> R {
        let mut state = self.state.lock();
        state.note_time(&self.clock);
        self.complete(state, change)
    }

    /// As `transition`, for a change that accepts no task and ends none, and hence measures nothing.
    #[inline(always)]
    fn amend<R>(&self, change: impl FnOnce(&mut State<T>, &mut Effects<T>) -> R) -> R {
        let mut state = self.state.lock();
        state.note_time_of_rules(&self.clock);
        self.complete(state, change)
    }

    #[inline(always)]
    fn complete<R>(
        &self,
        mut state: SpinGuard<'_, State<T>>,
        change: impl FnOnce(&mut State<T>, &mut Effects<T>) -> R,
    ) -> R {
        let mut effects = Effects::new();
        let result = change(&mut state, &mut effects);
        // As a rule nothing follows. Every transition has a copy of this function, and all share the other one.
        if !effects.is_empty() || state.is_eventful() {
            self.conclude_all(state, effects);
        }
        result
    }

    /// Does what follows from a change. The rest has its turn in further holds of the lock, and then is left to the reaper:
    /// if very many watches have come true or waits for a vacancy have ended, if watches could not be told while effects
    /// were on their way, or if very many tasks are late.
    #[inline(never)]
    fn conclude_all(&self, state: SpinGuard<'_, State<T>>, effects: Effects<T>) {
        let mut is_more = self.conclude(state, effects);
        let mut holds = 1;
        while is_more {
            if holds >= HOLDS && self.leave_to_reaper() {
                return;
            }
            holds += 1;
            let mut state = self.state.lock();
            state.note_time(&self.clock);
            is_more = self.conclude(state, Effects::new());
        }
    }

    /// Does what follows from a change, in the same hold of the lock and after it. Returns whether there may be more to
    /// do: watches or waits to tell, or late tasks.
    fn conclude(&self, mut state: SpinGuard<'_, State<T>>, mut effects: Effects<T>) -> bool {
        let mut is_more = state.schedule.is_some() && state.settle(&mut effects);
        // What another hold of the lock has caused comes before a watch that has come true by it.
        if !state.watches.is_empty() && !state.workers.is_delivering() {
            is_more |= state.notify_watches(&mut effects);
        }
        if !state.vacancies.is_empty() {
            is_more |= state.notify_vacancies(&mut effects);
        }
        if !effects.is_empty() {
            state.limit_host(&self.clock, &effects);
        }
        let armed = state.rearm();
        // A worker may be gone while an effect about it is on its way.
        let kind = state.options.kind;
        let is_numbered = effects.iter().any(|effect| effect.can_outlast_worker(kind));
        if is_numbered {
            state.workers.begin_delivery();
        }
        drop(state);
        if let Some(at) = armed
            && !self.host.arm(at)
        {
            self.state.lock().alarm.take_back(at);
        }
        if !effects.is_empty() {
            self.host.deliver_all(effects);
        }
        if is_numbered {
            let mut state = self.state.lock();
            let bound = state.capacity.limit();
            state.workers.end_delivery(bound);
            is_more |= !state.watches.is_empty() && !state.workers.is_delivering();
        }
        is_more
    }

    /// Counts as if so many more tasks had completed and so many more reboots had been, to see how numbers run on from
    /// there.
    #[cfg(any(test, feature = "audit"))]
    pub fn age(&self, tasks: u64, reboots: u64) {
        let mut state = self.state.lock();
        state.counters.age(tasks);
        state.census.age(reboots);
    }

    /// Checks every invariant that ties the parts of the state together.
    ///
    /// # Panics
    /// If an invariant does not hold.
    #[cfg(any(test, feature = "audit"))]
    pub fn audit(&self) {
        self.state.lock().audit();
    }
}

impl<T, H, C> fmt::Debug for Pool<T, H, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("state", &self.state).finish_non_exhaustive()
    }
}
