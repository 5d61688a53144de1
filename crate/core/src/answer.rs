//! What the calls of a pool answer.

use crate::{
    clock::Nanos,
    id::{TaskId, WorkerId},
};

/// What becomes of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// This worker has the task; the caller starts it.
    Started(WorkerId, TaskId),
    /// The task waits.
    Waiting(TaskId),
    /// The task is not accepted.
    Refused(Refusal),
}

/// Why a submission is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The pool is closed.
    Closed,
    /// The task would have to wait, and may not.
    Overload {
        /// Tasks that wait.
        waiting: u32,
        /// Most live workers; [`UNBOUNDED`](crate::UNBOUNDED) for no limit.
        capacity: u32,
    },
    /// The same, and not for want of room: this forbids the start.
    Barred {
        /// The first of all that forbid it.
        reason: Reason,
        /// Tasks that wait.
        waiting: u32,
        /// Most live workers; [`UNBOUNDED`](crate::UNBOUNDED) for no limit.
        capacity: u32,
    },
    /// The task would have to wait, and its `wait_timeout` is 0.
    WaitTimeout,
    /// The task has a time, and the host does not [keep time](crate::Host::keeps_time).
    Untimely,
}

/// What forbids the start of a task although there is room. If several things do, the first of these is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The pool is paused.
    Paused,
    /// As many tasks of its key run as may, or wait as may.
    Key,
    /// As many tasks have started as may for now.
    Rate,
}

/// What becomes of a broadcast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broadcasted {
    /// Each of these workers takes its task before any that waits, in the order of the numbers of the workers. Those that
    /// could begin at once have been [told](crate::Effect::Start).
    Bound(Vec<(WorkerId, TaskId)>),
    /// Nothing was done: there are so many workers, and not as many payloads.
    TooFew(usize),
    /// The broadcast is not accepted.
    Refused(Refusal),
}

/// What a live worker does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupation<T> {
    /// Which one it is.
    pub worker: WorkerId,
    /// Whether the worker is idle. One that is not and has no task boots, or is about to take one.
    pub is_idle: bool,
    /// The tasks that it has begun.
    pub tasks: Vec<(TaskId, T, TaskTimes)>,
}

/// What a worker does before its first task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sticky<T> {
    /// By what name it is sticky.
    pub name: u32,
    /// Its place among all of this kind.
    pub order: u64,
    /// What the host needs to find it.
    pub payload: T,
    /// Most milliseconds that it may take, 0 for no limit.
    pub timeout: u32,
}

/// What a worker is in the midst of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It is asked for and not ready, or is being validated.
    Booting,
    /// It has tasks.
    Busy,
    /// It has none.
    Idle,
    /// It is being taken down.
    Stopping,
}

/// A task that waits, or that a worker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskView<T> {
    /// Which one it is.
    pub task: TaskId,
    /// What the host keeps with it.
    pub payload: T,
    /// Its priority.
    pub priority: u64,
    /// Whether its worker has called its function. Only workers that [begin later](crate::WorkerKind::begins_later) say so.
    pub is_begun: bool,
    /// Its number, and its times as far as they are noted.
    pub times: TaskTimes,
}

/// A worker, and what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerView<T> {
    /// Which one it is.
    pub worker: WorkerId,
    /// What it is in the midst of.
    pub phase: Phase,
    /// For how long it has been idle, if it is and that is noted.
    pub idle_for: Option<Nanos>,
    /// Its tasks, also those that have settled and not ended.
    pub tasks: Vec<TaskView<T>>,
}

/// What a pool has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection<T> {
    /// Its live workers, in the order of their numbers.
    pub workers: Vec<WorkerView<T>>,
    /// The first tasks that wait, in the order in which they will start.
    pub waiting: Vec<TaskView<T>>,
}

/// How a task's function ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With a result.
    Completed,
    /// With an error.
    Failed,
}

/// What the caller who reports an end has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// Whether this end settles the task; not if a deadline or an abort came first.
    pub settled: bool,
    /// The task that the same worker has now; the caller starts it. One that came through another face is an
    /// [`Effect::Start`](crate::Effect::Start) instead.
    pub next: Option<TaskId>,
    /// Whether no task of its face is left, as [`is_quiet`](crate::Pool::is_quiet) says. Never if origins [hear
    /// late](crate::WorkerKind::reports_late) of ends.
    pub is_quiet: bool,
}

impl Finished {
    /// The answer about a task that is done with, or has no worker: whoever says that it has ended is late.
    pub(crate) const LATE: Self = Self { settled: false, next: None, is_quiet: false };
}

/// What a worker finds that wants to call a task's function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken<T> {
    /// The worker calls the function now.
    Begun(T),
    /// The task has settled on its way here: the worker only finishes it.
    Settled,
    /// The task is not this worker's, or has begun: the word of the task came late, when the worker it was meant for
    /// had died.
    Foreign,
}

/// What a cancellation met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// The task waited and never runs.
    Waiting,
    /// The task has settled; its function runs until it really ends.
    Running,
    /// Too late: the task has settled in another way, and may be done with.
    Late,
}

/// Why a function had better end before its end: what has happened to its task meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// The task was aborted.
    Aborted,
    /// The task ran longer than it may: so many milliseconds.
    TimedOut(u32),
}

/// The number of a task and, if it is timed, when it was submitted and begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskTimes {
    /// Its place in the order of submission to its pool, from 1.
    pub number: u64,
    /// When it was accepted.
    pub submitted_at: Nanos,
    /// When its function was called; 0 if it has not been.
    pub begun_at: Nanos,
    /// The time of the pool's clock.
    pub now: Nanos,
}
