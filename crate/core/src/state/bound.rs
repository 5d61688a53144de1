//! Tasks that are bound to one worker each and wait for it, and what workers that start later do first.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    answer::Sticky,
    id::{TaskId, WorkerId},
};

/// What every worker does that starts after a certain one.
#[derive(Debug, Clone, Copy)]
struct Stuck<T> {
    /// The first worker that is meant, by its place among all that were started. Those before have the task itself.
    from: u64,
    what: Sticky<T>,
}

/// The bound tasks that have not started, by worker and in the order of their arrival. They are not part of the queue.
#[derive(Debug)]
pub(crate) struct Bound<T> {
    by_worker: BTreeMap<WorkerId, VecDeque<TaskId>>,
    stickies: Vec<Stuck<T>>,
    /// How many broadcasts have been sticky.
    stuck: u64,
}

impl<T: Copy> Bound<T> {
    pub(crate) const fn new() -> Self {
        Self { by_worker: BTreeMap::new(), stickies: Vec::new(), stuck: 0 }
    }

    /// Whether no worker has a bound task that has not started.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_worker.is_empty()
    }

    pub(crate) fn push(&mut self, worker: WorkerId, task: TaskId) {
        self.by_worker.entry(worker).or_default().push_back(task);
    }

    /// Takes out the first task of the worker.
    pub(crate) fn pop(&mut self, worker: WorkerId) -> Option<TaskId> {
        let tasks = self.by_worker.get_mut(&worker)?;
        let first = tasks.pop_front();
        if tasks.is_empty() {
            self.by_worker.remove(&worker);
        }
        first
    }

    /// The task does not wait for the worker any more.
    pub(crate) fn remove(&mut self, worker: WorkerId, task: TaskId) {
        let Some(tasks) = self.by_worker.get_mut(&worker) else { return };
        tasks.retain(|&other| other != task);
        if tasks.is_empty() {
            self.by_worker.remove(&worker);
        }
    }

    /// The workers that have such tasks, in the order of their numbers.
    pub(crate) fn workers(&self) -> Vec<WorkerId> {
        self.by_worker.keys().copied().collect()
    }

    /// The first worker that has such tasks.
    pub(crate) fn first_worker(&self) -> Option<WorkerId> {
        self.by_worker.keys().next().copied()
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (WorkerId, TaskId)> + '_ {
        self.by_worker.iter().flat_map(|(&worker, tasks)| tasks.iter().map(move |&task| (worker, task)))
    }

    /// Workers that start after `from` others do this first. Returns what they did by this name before.
    pub(crate) fn stick(&mut self, name: u32, payload: T, timeout: u32, from: u64) -> Option<T> {
        let old = self.stickies.iter().position(|stuck| stuck.what.name == name);
        let old = old.map(|index| self.stickies.remove(index).what.payload);
        self.stuck += 1;
        let what = Sticky { name, order: self.stuck, payload, timeout };
        self.stickies.push(Stuck { from, what });
        old
    }

    /// What a worker does first that was started after so many others, behind what stands at `after`.
    pub(crate) fn sticky_after(&self, ordinal: u64, after: u64) -> Option<Sticky<T>> {
        let is_meant = |stuck: &&Stuck<T>| stuck.what.order > after && stuck.from <= ordinal;
        self.stickies.iter().find(is_meant).map(|stuck| stuck.what)
    }
}
