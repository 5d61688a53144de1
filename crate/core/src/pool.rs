//! The pool: the state behind its lock, and the effects carried out without it.

use std::{collections::TryReserveError, fmt};

use crate::{
    clock::{Clock, MILLISECOND, Nanos},
    counters::Snapshot,
    depart::Sweep,
    face::{FaceId, Payload},
    lock::{SpinGuard, SpinLock},
    state::{Admission, Cancelled, Effect, Effects, End, Finished, Options, Phase, Refusal, State, Taken},
    task::{Offer, Submission, TaskId, TaskState, TaskTimes},
    vacancy::Wait,
    watch::Condition,
    worker::WorkerId,
};

/// The world around a pool: where workers and tasks really are.
///
/// Both methods are called by whichever thread made them necessary, without the pool's lock, so they may call the
/// pool again. Two threads may deliver at the same time; effects of one call come in order.
pub trait Host<T> {
    /// Carries out what somebody else than the caller of the pool has to do.
    fn deliver(&self, effect: Effect<T>);

    /// Carries out all that one hold of the lock has caused, in this order. For hosts that do many things at once for less.
    fn deliver_all(&self, effects: Vec<Effect<T>>) {
        effects.into_iter().for_each(|effect| self.deliver(effect));
    }

    /// Sees to it that [`Pool::reap`] is called at `at` (of the pool's clock) or soon after. False if it cannot: then the pool asks
    /// again at its next transition. Not if [`keeps_time`](Self::keeps_time) has said so once.
    fn arm(&self, at: Nanos) -> bool;

    /// Whether [`arm`](Self::arm) is heeded from now on. The pool asks before it accepts what time may have to end.
    fn keeps_time(&self) -> bool {
        true
    }
}

/// A pool: decides who runs, who waits, who is refused and who retires.
///
/// No call panics for what it is called with: about a task, a worker or a face that is gone there is nothing to be done.
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
        Self { state: SpinLock::new(State::new(options)), host, clock }
    }

    /// The host given at creation.
    pub const fn host(&self) -> &H {
        &self.host
    }

    /// Reserves memory for `workers` workers.
    ///
    /// # Errors
    /// If the system gives none.
    pub fn reserve(&self, workers: u32) -> Result<(), TryReserveError> {
        let mut state = self.state.lock();
        state.idle.reserve(workers as usize)?;
        state.workers.reserve(workers as usize)
    }

    /// Hands a task in. In order: closed → refused; an idle worker → started; room for a worker → started, or
    /// waiting for one that boots; full and not allowed to wait → refused; else waiting. Before all that, one with a time is refused
    /// if nobody can see to it.
    #[inline(always)]
    pub fn submit(&self, task: Submission<T>) -> Admission {
        if self.is_untimely(task.wait_timeout, task.timeout) {
            return Admission::Refused(Refusal::Untimely);
        }
        self.transition(|state, effects| state.submit(&self.clock, task, effects))
    }

    /// Refuses a task, and counts that, if `submit` would refuse it just now. For who wants to prepare only what has a chance.
    pub fn refuse(
        &self,
        face: FaceId,
        offer: Offer,
        wait_timeout: Option<u32>,
        timeout: u32,
    ) -> Option<Refusal> {
        if self.is_untimely(wait_timeout, timeout) {
            return Some(Refusal::Untimely);
        }
        self.state.lock().refuse(face, offer, wait_timeout)
    }

    /// Whether a task has a time that nobody can see to.
    fn is_untimely(&self, wait_timeout: Option<u32>, timeout: u32) -> bool {
        (timeout > 0 || wait_timeout.is_some_and(|wait| wait > 0)) && !self.host.keeps_time()
    }

    /// The function of a started task is called now; its `timeout` counts from here. Needed for tasks with a `timeout`
    /// and for timed ones.
    pub fn begin(&self, task: TaskId) {
        self.transition(|state, _| state.begin(&self.clock, task));
    }

    /// The function of a begun task goes on; from here its `timeout` can end it, at once if it is over. On an event loop
    /// that is once the call has returned: before, nothing else could have happened, and what ends within the call
    /// completes however long it took.
    pub fn limit(&self, task: TaskId) {
        self.transition(|state, _| state.limit(task));
    }

    /// The function of the worker's task has ended; with `is_broken` the worker retires.
    #[inline(always)]
    pub fn finish(&self, worker: WorkerId, end: End, is_broken: bool) -> Finished {
        self.transition(|state, effects| state.finish(&self.clock, worker, end, is_broken, effects))
    }

    /// Settles a task that waits or runs, because its signal was aborted. Too late for one that has settled or is done with.
    pub fn cancel(&self, task: TaskId) -> Cancelled {
        self.transition(|state, effects| state.cancel(&self.clock, task, effects))
    }

    /// The task that has this number now, for whoever knows that it is still the one that is meant.
    pub fn task_at(&self, number: u32) -> Option<TaskId> {
        self.state.lock().tasks.at(number)
    }

    /// A worker takes a task that it was given, to call its function now.
    pub fn take(&self, worker: WorkerId, task: TaskId) -> Taken<T> {
        self.transition(|state, _| state.take(&self.clock, worker, task))
    }

    /// The function of a task has ended, on a worker that may have several; with `is_broken` the worker takes no more.
    pub fn finish_task(&self, task: TaskId, end: End, is_broken: bool) -> Finished {
        self.transition(|state, effects| state.finish_task(&self.clock, task, end, is_broken, effects))
    }

    /// As `finish_task`, for a worker that has no other task: it takes the next one at once, in the same lock hold. The payload is
    /// that of [`Finished::next`].
    pub fn finish_and_take(&self, task: TaskId, end: End, is_broken: bool) -> (Finished, Option<T>) {
        self.transition(|state, effects| {
            let finished = state.finish_task(&self.clock, task, end, is_broken, effects);
            (finished, finished.next.map(|next| state.take_now(&self.clock, next)))
        })
    }

    /// The origin of a rejected task has taken notice; its number may be used again.
    pub fn collect(&self, task: TaskId) {
        self.transition(|state, _| state.collect(task));
    }

    /// As `collect`, for many.
    pub fn collect_all(&self, tasks: impl IntoIterator<Item = TaskId>) {
        self.transition(|state, _| tasks.into_iter().for_each(|task| state.collect(task)));
    }

    /// What the host keeps with a task that is not done with.
    pub fn payload(&self, task: TaskId) -> Option<T> {
        self.state.lock().tasks.get(task).map(|task| task.payload)
    }

    /// The worker that has the task, if one has.
    pub fn worker_of(&self, task: TaskId) -> Option<WorkerId> {
        match self.state.lock().tasks.get(task)?.state {
            TaskState::Running(worker) | TaskState::Abandoned { worker, .. } => Some(worker),
            TaskState::Waiting | TaskState::Over => None,
        }
    }

    /// Whether a worker is there that has booted and is not on its way out.
    pub fn has_started(&self) -> bool {
        self.state.lock().has_started()
    }

    /// Whether the task has settled while its function goes on.
    pub fn is_abandoned(&self, task: TaskId) -> bool {
        let state = self.state.lock().tasks.get(task).map(|task| task.state);
        matches!(state, Some(TaskState::Abandoned { .. }))
    }

    /// Whether no task of the face is left: none waits, runs, or has still to be collected. Then no effect is about one.
    pub fn is_quiet(&self, face: FaceId) -> bool {
        self.state.lock().faces.records(face) == 0
    }

    /// The times of a task that is not done with.
    pub fn times(&self, task: TaskId) -> Option<TaskTimes> {
        self.state.lock().times(&self.clock, task)
    }

    /// A booting worker is ready. Gives the task it has now, which the caller starts.
    pub fn booted(&self, worker: WorkerId) -> Option<TaskId> {
        self.transition(|state, effects| state.booted(&self.clock, worker, effects))
    }

    /// A booting worker could not be made. Gives the task that fails for it, which the caller collects.
    pub fn boot_failed(&self, worker: WorkerId) -> Option<(TaskId, T)> {
        self.transition(|state, effects| state.boot_failed(worker, effects))
    }

    /// A retired worker has been taken down, or will be at any time without anybody hearing of it, if it is [overdue](Effect::Overdue).
    pub fn retired(&self, worker: WorkerId) {
        self.transition(|state, effects| state.retired(worker, effects));
    }

    /// A worker has died: its begun tasks are rejected, the others wait again.
    pub fn crashed(&self, worker: WorkerId) {
        self.transition(|state, effects| state.crashed(worker, effects));
    }

    /// A thread could not be started and will not be; if there is none, what waits is rejected. If there is one, it serves, and no other
    /// is started for a while: 100 ms, each time in a row twice as long, up to 5 s.
    pub fn start_failed(&self, worker: WorkerId) {
        if self.transition(|state, _| state.start_failed(&self.clock, worker)) {
            while self.transition(State::reject_unstartable) {}
        }
    }

    /// Starts a worker, if there is none and room for one.
    pub fn start(&self) {
        self.transition(|state, effects| {
            if state.running == 0 {
                state.boot_one(effects);
            }
        });
    }

    /// Starts as many workers as the capacity allows; none in the pause after one that could not be started.
    pub fn start_all(&self) {
        self.transition(|state, effects| {
            while state.may_start() && state.phase == Phase::Open {
                state.boot_one(effects);
            }
        });
    }

    /// Releases the pool, cancels what runs, and has every worker killed.
    pub fn destroy(&self) {
        self.release(None);
        self.transition(|state, effects| state.destroy(effects));
    }

    /// Changes the capacity. Growing starts what waits at once; shrinking retires idle workers at once and busy
    /// ones as they finish. Of two that change it at the same time the one that began later prevails.
    pub fn tune(&self, capacity: u32) {
        let mut tune = None;
        while self.transition(|state, effects| {
            let tune = *tune.get_or_insert_with(|| state.begin_tune());
            state.tune(tune, capacity, effects)
        }) {}
    }

    /// Refuses new tasks and lets the accepted ones run. Gives the generation that is closed.
    pub fn close(&self) -> u64 {
        while self.transition(|state, effects| state.thin_out(None, effects)) {}
        self.transition(State::close)
    }

    /// Closes the pool and rejects what waits. With a generation, only if the pool is still in it.
    pub fn release(&self, mut generation: Option<u64>) {
        // Whoever reboots between two lock holds opens a generation that this call does not mean.
        while self.transition(|state, effects| {
            let generation = *generation.get_or_insert(state.generation);
            state.thin_out(Some(generation), effects)
        }) {}
        while self.transition(|state, effects| {
            let generation = *generation.get_or_insert(state.generation);
            state.release(Some(generation), effects)
        }) {}
    }

    /// Opens a closed pool again, as a new generation; rejects what waits for the old one. False if it is an
    /// [orphan](Self::orphan), which stays closed.
    pub fn reboot(&self) -> bool {
        while self.transition(State::reboot) {}
        !self.state.lock().is_orphan
    }

    /// Whoever has the workers is gone, and they with it: what is unsettled rejects as if the pool was destroyed, no worker is
    /// left, and none will come. Nobody may call for one of them any more.
    pub fn orphan(&self) {
        self.transition(|state, _| state.is_orphan = true);
        self.destroy();
        self.transition(State::lose_workers);
    }

    /// One more face of the pool, unless the last one has departed, or it is an [orphan](Self::orphan).
    pub fn join(&self) -> Option<FaceId> {
        self.transition(|state, _| {
            let is_joinable = !state.faces.is_empty() && !state.is_orphan;
            is_joinable.then(|| state.faces.join())
        })
    }

    /// The face submits nothing any more; what it has submitted goes on. If no other one stays, the pool closes: gives the
    /// generation that is closed.
    pub fn leave(&self, face: FaceId) -> Option<u64> {
        self.transition(|state, effects| state.leave(face, effects))
    }

    /// The face, which has left and has no tasks, gives up its place in the pool; what it watches it still learns. Whether
    /// it was the last one.
    pub fn resign(&self, face: FaceId) -> bool {
        self.transition(|state, effects| state.resign(face, effects))
    }

    /// The face is gone, with everything of it: its unsettled tasks end as cancelled, and nothing is done for it any more. Their
    /// workers take others; a thread ends what it runs first. The face must make no call about them from now on; an effect
    /// that is on its way to it is void, and known by its number. Whether it was the last one.
    pub fn depart(&self, face: FaceId) -> bool {
        let mut sweep = Sweep::default();
        loop {
            let is_last =
                self.transition(|state, effects| state.depart(&self.clock, face, &mut sweep, effects));
            if let Some(is_last) = is_last {
                return is_last;
            }
        }
    }

    /// Whether a task could start now, or a booting worker would take it.
    pub fn has_room(&self) -> bool {
        self.state.lock().room() > 0
    }

    /// Whether a submit would not have to wait, and the room is not for those who have been told of it.
    pub fn has_vacancy(&self) -> bool {
        self.state.lock().has_room_for_another()
    }

    /// Delivers [`Effect::Vacancy`] when a submit would not have to wait, or if it would be refused, as the pool is closed or
    /// the face has left.
    pub fn await_vacancy(&self, face: FaceId, token: u32) {
        self.await_vacancy_with(Wait::new(face, token));
    }

    /// As `await_vacancy`, where the wait has a place in the queue by its priority, and a time after which it ends by
    /// [`Effect::NoVacancy`]. With a timeout above 0 only if the host [keeps time](Host::keeps_time).
    pub fn await_vacancy_with(&self, wait: Wait) {
        self.transition(|state, effects| state.await_vacancy(&self.clock, wait, effects));
    }

    /// Takes an `await_vacancy` back; false if it has been answered.
    pub fn forget_vacancy(&self, face: FaceId, token: u32) -> bool {
        self.transition(|state, _| state.vacancies.remove(face, token))
    }

    /// `count` of those of the face who have been told of a vacancy have used it by now, or will not.
    pub fn end_turns(&self, face: FaceId, count: u32) {
        self.transition(|state, effects| state.end_turns(face, count, effects));
    }

    /// Delivers [`Effect::Watched`] once `condition` holds, or after `timeout` milliseconds. A close that runs out
    /// of time becomes a release. With a timeout only if the host [keeps time](Host::keeps_time).
    pub fn watch(&self, face: FaceId, token: u32, condition: Condition, timeout: Option<u32>) {
        let expires_at = timeout.map_or(Nanos::MAX, |ms| self.clock.now() + u64::from(ms) * MILLISECOND);
        self.transition(|state, _| state.watch(face, token, condition, expires_at));
    }

    /// Does what has become due, unless the pool waits for another moment than `armed` by now. Gives the moment for the next call.
    /// Called by the [`Reaper`](crate::Reaper).
    pub fn reap(&self, armed: Nanos) -> Option<Nanos> {
        let awaited = self.state.lock().armed;
        if awaited != armed {
            // Whoever has armed the reaper for `armed` was late with that, and may have taken the place of the appointment that
            // is needed: the reaper has one per pool. With this answer it has that one again.
            return (awaited < Nanos::MAX).then_some(awaited);
        }
        while self.transition(|state, effects| state.reap(self.clock.now(), effects)) {}
        let mut state = self.state.lock();
        state.armed = Nanos::MAX;
        state.rearm()
    }

    /// One consistent view of everything.
    pub fn snapshot(&self) -> Snapshot {
        self.state.lock().snapshot()
    }

    /// Makes a change under the lock; arms the reaper and carries out the effects without it. An empty list of
    /// effects costs no allocation.
    ///
    /// What `change` gives is handed on as it is: in a tuple it would be copied, which costs more than all that is asked here.
    #[inline(always)]
    fn transition<R>(&self, change: impl FnOnce(&mut State<T>, &mut Effects<T>) -> R) -> R {
        let mut effects = Effects::new();
        let mut state = self.state.lock();
        let result = change(&mut state, &mut effects);
        // As a rule nothing follows. Every transition has a copy of this function, and all share the other one.
        if !effects.is_empty() || state.is_eventful() {
            self.conclude_all(state, effects);
        }
        result
    }

    /// What follows from a change; and of very many watches that have come true the others, in holds of the lock of their own.
    #[inline(never)]
    fn conclude_all(&self, state: SpinGuard<'_, State<T>>, effects: Effects<T>) {
        let mut is_more = self.conclude(state, effects);
        while is_more {
            is_more = self.conclude(self.state.lock(), Effects::new());
        }
    }

    /// What follows from a change, in the same hold of the lock and after it. Whether there are watches left that have come true.
    fn conclude(&self, mut state: SpinGuard<'_, State<T>>, mut effects: Effects<T>) -> bool {
        let is_more = state.is_watched() && state.notify_watches(&mut effects);
        if !state.vacancies.is_empty() {
            state.notify_vacancies(&mut effects);
        }
        if !effects.is_empty() {
            state.limit_disposals(&self.clock, &effects);
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
            self.state.lock().disarm(at);
        }
        if !effects.is_empty() {
            self.host.deliver_all(effects);
        }
        if is_numbered {
            let mut state = self.state.lock();
            let bound = state.capacity;
            state.workers.end_delivery(bound);
        }
        is_more
    }

    /// As if so many more tasks had completed, and so many more reboots been: to see how numbers run on from there.
    #[cfg(any(test, feature = "audit"))]
    pub fn age(&self, tasks: u64, reboots: u64) {
        let mut state = self.state.lock();
        state.counters.submitted += tasks;
        state.counters.completed += tasks;
        state.generation += reboots;
    }

    /// Checks every invariant that ties the parts of the state together.
    ///
    /// # Panics
    /// If one does not hold.
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
