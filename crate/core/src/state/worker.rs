//! What the pool knows of a worker, and the cache of retired ones.

use std::collections::TryReserveError;

use crate::{
    clock::Nanos,
    id::{TaskId, WorkerId},
    store::{Row, Table},
};

/// Where a worker is in its life: `Uninitialized → Running ⇄ Idle → Stopping → Stopped`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkerState {
    /// Booting: asked for, not ready yet.
    Uninitialized,
    /// Was idle, and is being validated before it takes a task; counts as booting.
    Validating,
    /// The worker has tasks.
    Running,
    Idle,
    /// Retired; the host is still taking the worker down, so it counts as running.
    Stopping,
    /// Still booting, after so long that nobody waits for it any more: it is taken down as soon as it is ready. Counts
    /// as one that is being taken down.
    Late,
    /// Still being taken down, after so long that the worker counts no more.
    Overdue,
    /// Gone; the record is in the cache.
    Stopped,
}

#[derive(Debug)]
pub(crate) struct Worker {
    state: WorkerState,
    /// The lifetime of the pool to which the worker belongs.
    generation: u64,
    /// The task that the worker was given last: the one that it has, if it has no more than one at once.
    task: TaskId,
    /// How many tasks the worker has.
    load: u32,
    /// The worker takes no more tasks and retires once it has none.
    is_ending: bool,
    /// How many slots the worker counts as, while its task has a weight.
    slots: u32,
    /// How many tasks the worker has been given, if that is limited.
    uses: u32,
    /// The place of the worker among all that were started.
    ordinal: u64,
    /// Once a task has not heeded that it has settled: until when the others on the worker are spared. `Nanos::MAX`
    /// before that: an `Option` would make the record larger, and each task changes one.
    spared_until: Nanos,
}

impl Worker {
    const fn new(generation: u64, ordinal: u64) -> Self {
        let (state, task) = (WorkerState::Uninitialized, TaskId::new(u32::MAX, 0));
        let spared_until = Nanos::MAX;
        Self { state, generation, task, load: 0, is_ending: false, slots: 1, uses: 0, ordinal, spared_until }
    }

    pub(crate) const fn ordinal(&self) -> u64 {
        self.ordinal
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) const fn slots(&self) -> u32 {
        self.slots
    }

    /// The worker counts as so many slots.
    pub(crate) const fn widen(&mut self, slots: u32) {
        self.slots = slots;
    }

    /// The worker counts as one slot again. Returns how many it counted as.
    pub(crate) const fn narrow(&mut self) -> u32 {
        std::mem::replace(&mut self.slots, 1)
    }

    pub(crate) const fn state(&self) -> WorkerState {
        self.state
    }

    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    /// The only task of a worker that has no more than one at once.
    pub(crate) const fn task(&self) -> TaskId {
        self.task
    }

    pub(crate) const fn load(&self) -> u32 {
        self.load
    }

    pub(crate) const fn is_ending(&self) -> bool {
        self.is_ending
    }

    /// How many more tasks a worker of this generation may have that has some.
    pub(crate) fn free_slots(&self, generation: u64, concurrency: u32) -> u32 {
        let is_usable =
            self.state == WorkerState::Running && self.generation == generation && !self.is_ending;
        if is_usable { concurrency - self.load } else { 0 }
    }

    /// The worker has been given one of the `most` tasks that it may have in its life. After the last one it takes no
    /// more.
    pub(crate) const fn wear(&mut self, most: u32) {
        self.uses += 1;
        self.is_ending |= self.uses >= most;
    }

    pub(crate) const fn rest(&mut self) {
        self.state = WorkerState::Idle;
    }

    pub(crate) const fn stop(&mut self) {
        self.state = WorkerState::Stopping;
    }

    pub(crate) const fn validate(&mut self) {
        self.state = WorkerState::Validating;
    }

    pub(crate) const fn be_late(&mut self) {
        self.state = WorkerState::Late;
    }

    pub(crate) const fn give_up(&mut self) {
        self.state = WorkerState::Overdue;
    }

    /// The worker takes no more tasks.
    pub(crate) const fn end(&mut self) {
        self.is_ending = true;
    }

    /// A task of the worker has not heeded that it has settled. Until when the other tasks are spared, whichever was
    /// first to let that happen: for `grace` from then on.
    pub(crate) fn spare_others(&mut self, now: Nanos, grace: Nanos) -> Nanos {
        self.is_ending = true;
        let others_have = if self.load > 1 { grace } else { 0 };
        if self.spared_until == Nanos::MAX {
            self.spared_until = now + others_have;
        }
        self.spared_until
    }
}

/// The records of all workers, with the worker cache: records of retired ones, most recent first, for reuse.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    records: Table<Worker>,
    /// The loads of all.
    load: u32,
    cache: Row<WorkerId>,
    /// Lock holds whose effects are on their way.
    deliveries: u32,
    /// Workers that have gone meanwhile. An effect on its way may name them, so their numbers are not used again yet.
    aside: Row<WorkerId>,
}

impl Workers {
    /// Room for `workers` live ones, as an idle stack and a cache of that size need it.
    pub(crate) fn reserve(&mut self, workers: usize) -> Result<(), TryReserveError> {
        self.cache.try_reserve(workers)?;
        self.records.try_reserve(workers)
    }

    /// A record for a new worker, and whether it comes from the cache.
    pub(crate) fn start(&mut self, generation: u64, ordinal: u64) -> (WorkerId, bool) {
        let worker = Worker::new(generation, ordinal);
        match self.cache.pop() {
            Some(id) => {
                self.records[id.0] = worker;
                (id, true)
            }
            None => (WorkerId(self.records.insert(worker)), false),
        }
    }

    /// How many tasks all workers have.
    pub(crate) const fn load(&self) -> u32 {
        self.load
    }

    /// The worker has one more task.
    pub(crate) fn give(&mut self, id: WorkerId, task: TaskId) {
        let worker = &mut self.records[id.0];
        worker.state = WorkerState::Running;
        worker.task = task;
        worker.load += 1;
        self.load += 1;
    }

    /// A task of the worker has ended, or the worker, which had none, has booted. `is_broken`: the worker takes no
    /// more.
    pub(crate) fn end_task(&mut self, id: WorkerId, is_broken: bool) -> &Worker {
        let worker = &mut self.records[id.0];
        let ended = worker.load.min(1);
        worker.load -= ended;
        worker.is_ending |= is_broken;
        self.load -= ended;
        worker
    }

    /// Puts the record of a worker that is gone into the cache, which holds at most `bound` of them.
    pub(crate) fn stop(&mut self, id: WorkerId, bound: u32) {
        let worker = &mut self.records[id.0];
        worker.state = WorkerState::Stopped;
        // One that has died may have had tasks.
        self.load -= std::mem::take(&mut worker.load);
        if self.deliveries > 0 {
            self.aside.push(id);
        } else if self.cache.len() < bound as usize {
            self.cache.push(id);
        } else {
            self.records.remove(id.0);
        }
    }

    /// Effects of one lock hold are on their way from now on.
    pub(crate) const fn begin_delivery(&mut self) {
        self.deliveries += 1;
    }

    /// Whether effects that were begun to be delivered have not arrived.
    pub(crate) const fn is_delivering(&self) -> bool {
        self.deliveries > 0
    }

    /// The effects of one lock hold have arrived. `bound` is that of the cache.
    pub(crate) fn end_delivery(&mut self, bound: u32) {
        self.deliveries -= 1;
        if self.deliveries == 0 {
            while let Some(id) = self.aside.pop_front() {
                self.stop(id, bound);
            }
        }
    }

    /// Drops the cached records beyond `bound`.
    pub(crate) fn bound_cache(&mut self, bound: u32) {
        while self.cache.len() > bound as usize
            && let Some(id) = self.cache.pop()
        {
            self.records.remove(id.0);
        }
    }

    /// The record of a worker that is live. Its state says what may be done with it: a number from outside may be of
    /// one that is gone.
    pub(crate) fn live(&self, id: WorkerId) -> Option<&Worker> {
        self.records.get(id.0).filter(|worker| worker.state != WorkerState::Stopped)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (WorkerId, &Worker)> {
        self.records.iter().map(|(number, worker)| (WorkerId(number), worker))
    }

    /// No worker has this number or a higher one.
    pub(crate) fn end(&self) -> u32 {
        self.records.end()
    }

    /// Records in the cache.
    pub(crate) fn cached(&self) -> u32 {
        self.cache.len() as u32
    }
}

/// For workers of which the state itself knows.
impl std::ops::Index<WorkerId> for Workers {
    type Output = Worker;

    fn index(&self, id: WorkerId) -> &Worker {
        &self.records[id.0]
    }
}

impl std::ops::IndexMut<WorkerId> for Workers {
    fn index_mut(&mut self, id: WorkerId) -> &mut Worker {
        &mut self.records[id.0]
    }
}
