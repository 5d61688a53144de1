//! What the pool knows of a task, from its acceptance until both its end and its result are dealt with.

use crate::{
    answer::{Interruption, TaskTimes},
    clock::{MILLISECOND, Nanos},
    id::{TaskId, WorkerId},
    store::Table,
    submission::{BACKGROUND, Broadcast, Submission},
};

/// Why the function of a task had better end. Without the time of a timeout, which the record has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interrupted {
    Abort,
    Timeout,
}

/// Where a task is between acceptance and the end of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskState {
    Waiting,
    /// The task waits for this worker, and no other one may take it.
    Bound(WorkerId),
    Running(WorkerId),
    /// The task has settled without a result, while its function still runs on this worker. `told`: its origin knows.
    Abandoned {
        worker: WorkerId,
        told: bool,
    },
    /// The task is over; only its origin has not been told yet.
    Over,
}

#[derive(Debug)]
pub(crate) struct Task<T> {
    pub(crate) payload: T,
    pub(crate) state: TaskState,
    /// The place of the task among all that were submitted to its pool, from 1.
    pub(crate) number: u64,
    pub(crate) priority: u64,
    timeout: u32,
    timed: bool,
    submitted_at: Nanos,
    begun_at: Nanos,
    /// Whether its worker has called its function. Until then a worker that dies gives the task back.
    is_begun: bool,
    /// What its function had better heed; the first such thing counts.
    interrupted: Option<Interrupted>,
    /// Whether it was bound to its worker from the start.
    is_bound: bool,
    /// Whether its times are measured; then they are noted.
    is_measured: bool,
    /// The number of its key, or `NO_KEY`. It is the key's while the task waits or has a worker.
    key: u32,
    weight: u32,
}

const NO_KEY: u32 = u32::MAX;

impl<T> Task<T> {
    /// A task that waits. `submitted_at` is 0 if the task is neither timed nor measured.
    pub(crate) fn new(submission: Submission<T>, number: u64, submitted_at: Nanos) -> Self {
        let Submission { payload, priority, timeout, timed, .. } = submission;
        let state = TaskState::Waiting;
        Self {
            payload,
            state,
            number,
            priority,
            timeout,
            timed,
            submitted_at,
            begun_at: 0,
            is_begun: false,
            interrupted: None,
            is_bound: false,
            is_measured: false,
            key: NO_KEY,
            weight: 1,
        }
    }

    /// A task of a broadcast, which is bound to a worker.
    pub(crate) fn bound(
        payload: T,
        broadcast: &Broadcast<'_, T>,
        worker: WorkerId,
        number: u64,
        submitted_at: Nanos,
    ) -> Self {
        let &Broadcast { timeout, timed, .. } = broadcast;
        let submission = Submission { priority: 0, timeout, timed, ..Submission::new(payload) };
        Self {
            state: TaskState::Bound(worker),
            is_bound: true,
            ..Self::new(submission, number, submitted_at)
        }
    }

    const fn stamp(&self) -> u32 {
        self.number as u32
    }

    /// The worker that runs the function, whether or not the task has settled.
    pub(crate) const fn worker(&self) -> Option<WorkerId> {
        match self.state {
            TaskState::Running(worker) | TaskState::Abandoned { worker, .. } => Some(worker),
            TaskState::Waiting | TaskState::Bound(_) | TaskState::Over => None,
        }
    }

    /// What the schedule of the pool has to know of the task.
    pub(crate) fn schedule(&mut self, submitted_at: Nanos, key: Option<u32>, weight: u32) {
        (self.submitted_at, self.key, self.weight) = (submitted_at, key.unwrap_or(NO_KEY), weight);
    }

    pub(crate) const fn set_key(&mut self, key: u32) {
        self.key = key;
    }

    /// The number of its key.
    pub(crate) fn key(&self) -> Option<u32> {
        (self.key != NO_KEY).then_some(self.key)
    }

    pub(crate) const fn weight(&self) -> u32 {
        self.weight
    }

    pub(crate) const fn submitted_at(&self) -> Nanos {
        self.submitted_at
    }

    /// Whether only a pool with a schedule can deal with the task.
    pub(crate) const fn is_special(&self) -> bool {
        self.key != NO_KEY || self.weight > 1 || self.priority == BACKGROUND
    }

    /// From its acceptance on, its times are measured.
    pub(crate) const fn measure(&mut self) {
        self.is_measured = true;
    }

    /// When the task was accepted and has begun, if that is measured and it has.
    pub(crate) fn measured(&self) -> Option<(Nanos, Nanos)> {
        (self.is_measured && self.begun_at > 0).then_some((self.submitted_at, self.begun_at))
    }

    pub(crate) const fn is_bound(&self) -> bool {
        self.is_bound
    }

    pub(crate) const fn is_begun(&self) -> bool {
        self.is_begun
    }

    /// The worker calls the function now, or would have if the task had not settled.
    pub(crate) const fn begin(&mut self) {
        self.is_begun = true;
    }

    /// The function had better end, and why, unless it had to before.
    pub(crate) fn interrupt(&mut self, why: Interrupted) {
        self.interrupted.get_or_insert(why);
    }

    /// Why the function had better end, if it had.
    pub(crate) fn interruption(&self) -> Option<Interruption> {
        self.interrupted.map(|why| match why {
            Interrupted::Abort => Interruption::Aborted,
            Interrupted::Timeout => Interruption::TimedOut(self.timeout),
        })
    }

    /// Whether somebody asks when the task began.
    pub(crate) const fn has_clock(&self) -> bool {
        self.timeout > 0 || self.timed || self.is_measured
    }

    /// The task begins `now`, which may have been read a moment ago, and so before the task was submitted.
    pub(crate) fn start_clock(&mut self, now: Nanos) {
        self.begun_at = now.max(self.submitted_at);
    }

    /// When the `timeout` of a begun task ends it, and that `timeout` in milliseconds. That of a bound task counts from the
    /// call, so its deadline has been set then.
    pub(crate) fn deadline(&self) -> Option<(Nanos, u32)> {
        (self.timeout > 0 && !self.is_bound)
            .then(|| (self.begun_at + u64::from(self.timeout) * MILLISECOND, self.timeout))
    }

    pub(crate) const fn times(&self, now: Nanos) -> TaskTimes {
        let submitted_at = if self.timed { self.submitted_at } else { 0 };
        TaskTimes { number: self.number, submitted_at, begun_at: self.begun_at, now }
    }
}

/// The records of all tasks that are not done with.
#[derive(Debug)]
pub(crate) struct Tasks<T>(Table<Task<T>>);

impl<T> Tasks<T> {
    pub(crate) fn new() -> Self {
        Self(Table::new())
    }

    pub(crate) fn insert(&mut self, task: Task<T>) -> TaskId {
        let stamp = task.stamp();
        TaskId::new(self.0.insert(task), stamp)
    }

    /// The record, unless the task is done with.
    pub(crate) fn get(&self, id: TaskId) -> Option<&Task<T>> {
        self.0.get(id.number()).filter(|task| task.stamp() == id.stamp())
    }

    pub(crate) fn get_mut(&mut self, id: TaskId) -> Option<&mut Task<T>> {
        self.0.get_mut(id.number()).filter(|task| task.stamp() == id.stamp())
    }

    /// The task that has this number now.
    pub(crate) fn at(&self, number: u32) -> Option<TaskId> {
        self.0.get(number).map(|task| TaskId::new(number, task.stamp()))
    }

    /// Returns whether memory was given back: what is kept by the numbers of tasks may go from [`end`](Self::end) on.
    pub(crate) fn remove(&mut self, id: TaskId) -> bool {
        self.0.remove(id.number())
    }

    /// No task has this number or a higher one.
    pub(crate) fn end(&self) -> u32 {
        self.0.end()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (TaskId, &Task<T>)> {
        self.0.iter().map(|(number, task)| (TaskId::new(number, task.stamp()), task))
    }
}

/// For tasks of which the state itself knows: a name from outside may be late, and goes by `get`.
impl<T> std::ops::Index<TaskId> for Tasks<T> {
    type Output = Task<T>;

    fn index(&self, id: TaskId) -> &Task<T> {
        debug_assert!(self.get(id).is_some(), "{id:?} is done with");
        &self.0[id.number()]
    }
}

impl<T> std::ops::IndexMut<TaskId> for Tasks<T> {
    fn index_mut(&mut self, id: TaskId) -> &mut Task<T> {
        debug_assert!(self.get(id).is_some(), "{id:?} is done with");
        &mut self.0[id.number()]
    }
}
