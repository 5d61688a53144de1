//! What the pool knows of a task, from its acceptance until both its end and its result are dealt with.

use std::fmt;

use slab::Slab;

use crate::{clock::Nanos, worker::WorkerId};

/// A task, by the number under which the pool keeps its record, and a stamp. Numbers are dense and are used again once the record
/// is gone; the stamp tells the task from all others that have the number before or after it. So whoever is late with a name
/// meets nobody.
///
/// The stamp is the task's place among all tasks of the pool, without what does not fit into it: a name would have to be late by
/// 4,294,967,296 tasks exactly to mean another one.
///
/// One word, the number in its upper half: so it goes by a register, also within an `Option`. Of two halves it went by memory, written
/// as two and read as one, for which a processor waits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(u64);

impl TaskId {
    /// The task of this number and this stamp, as [`number`](Self::number) and [`stamp`](Self::stamp) have given them.
    #[must_use]
    pub const fn new(number: u32, stamp: u32) -> Self {
        Self((number as u64) << 32 | stamp as u64)
    }

    /// What no other task of the pool has at the same time.
    #[must_use]
    pub const fn number(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// What tells it from the others that have its number before and after it.
    #[must_use]
    pub const fn stamp(self) -> u32 {
        self.0 as u32
    }

    pub(crate) const fn index(self) -> usize {
        self.number() as usize
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskId").field("number", &self.number()).field("stamp", &self.stamp()).finish()
    }
}

/// A task as it is handed in.
#[derive(Debug, Clone, Copy)]
pub struct Submission<T> {
    /// What the host needs to find the task again.
    pub payload: T,
    /// 0 goes first.
    pub priority: u64,
    /// Most milliseconds without a worker, from now; 0 refuses rather than waits.
    pub wait_timeout: Option<u32>,
    /// Most milliseconds of running, from [`begin`](crate::Pool::begin), once it is
    /// [limited](crate::Pool::limit); 0 for no limit.
    pub timeout: u32,
    /// Whether to note when it is submitted and begun, for [`TaskTimes`].
    pub timed: bool,
    /// How it is offered.
    pub offer: Offer,
}

/// How a task is offered to a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// To this pool alone. A refusal is counted.
    Normal,
    /// To this pool before others: it is refused rather than waits, unless a booting worker will take it. A refusal is not
    /// counted.
    AtOnce,
    /// To this pool among others: it may wait. That the pool is full or closed is not counted.
    Uncounted,
}

impl<T> Submission<T> {
    /// A task of priority 1 without deadlines.
    pub const fn new(payload: T) -> Self {
        Self { payload, priority: 1, wait_timeout: None, timeout: 0, timed: false, offer: Offer::Normal }
    }
}

/// Where a task is between acceptance and the end of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskState {
    Waiting,
    Running(WorkerId),
    /// It has settled without a result, while its function still runs on this worker. `told`: its origin knows.
    Abandoned {
        worker: WorkerId,
        told: bool,
    },
    /// It is over; only its origin has not been told yet.
    Over,
}

#[derive(Debug)]
pub(crate) struct Task<T> {
    pub(crate) payload: T,
    pub(crate) state: TaskState,
    /// The how-manieth task of its pool it is, from 1.
    pub(crate) number: u64,
    pub(crate) priority: u64,
    pub(crate) timeout: u32,
    pub(crate) timed: bool,
    pub(crate) submitted_at: Nanos,
    pub(crate) begun_at: Nanos,
    /// Whether its worker has called its function. Until then a worker that dies gives it back.
    pub(crate) is_begun: bool,
}

impl<T> Task<T> {
    const fn stamp(&self) -> u32 {
        self.number as u32
    }
}

/// The number of a task and, if it is timed, when it was submitted and begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskTimes {
    /// The how-manieth task of its pool it is, from 1.
    pub number: u64,
    /// When it was accepted.
    pub submitted_at: Nanos,
    /// When its function was called; 0 if it has not been.
    pub begun_at: Nanos,
    /// The pool's clock.
    pub now: Nanos,
}

/// The records of all tasks that are not done with.
#[derive(Debug)]
pub(crate) struct Tasks<T>(Slab<Task<T>>);

impl<T> Tasks<T> {
    pub(crate) fn new() -> Self {
        Self(Slab::new())
    }

    pub(crate) fn insert(&mut self, task: Task<T>) -> TaskId {
        let stamp = task.stamp();
        TaskId::new(self.0.insert(task) as u32, stamp)
    }

    /// The record, unless the task is done with.
    pub(crate) fn get(&self, id: TaskId) -> Option<&Task<T>> {
        self.0.get(id.index()).filter(|task| task.stamp() == id.stamp())
    }

    pub(crate) fn get_mut(&mut self, id: TaskId) -> Option<&mut Task<T>> {
        self.0.get_mut(id.index()).filter(|task| task.stamp() == id.stamp())
    }

    /// The task that has this number now.
    pub(crate) fn at(&self, number: u32) -> Option<TaskId> {
        self.0.get(number as usize).map(|task| TaskId::new(number, task.stamp()))
    }

    pub(crate) fn remove(&mut self, id: TaskId) {
        self.0.remove(id.index());
        // The next ones begin at 0 again, in order: numbers given in the order in which a crowd has left, which is
        // not that of its arrival, would cost a cache miss each. Free of cost, as there is nothing to drop.
        if self.is_empty() {
            self.0.clear();
        }
    }

    /// No task has this number or a higher one.
    pub(crate) fn end(&self) -> u32 {
        self.0.capacity() as u32
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (TaskId, &Task<T>)> {
        self.0.iter().map(|(index, task)| (TaskId::new(index as u32, task.stamp()), task))
    }
}

/// For tasks of which the state itself knows: a name from outside may be late, and goes by `get`.
impl<T> std::ops::Index<TaskId> for Tasks<T> {
    type Output = Task<T>;

    fn index(&self, id: TaskId) -> &Task<T> {
        debug_assert!(self.get(id).is_some(), "{id:?} is done with");
        &self.0[id.index()]
    }
}

impl<T> std::ops::IndexMut<TaskId> for Tasks<T> {
    fn index_mut(&mut self, id: TaskId) -> &mut Task<T> {
        debug_assert!(self.get(id).is_some(), "{id:?} is done with");
        &mut self.0[id.index()]
    }
}
