//! What the pool knows of a worker, and the cache of retired ones.

use std::collections::TryReserveError;

use slab::Slab;

use crate::{clock::Nanos, task::TaskId};

/// A worker, by the number under which the pool keeps its record. Numbers are dense and are used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(pub u32);

impl WorkerId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where a worker is in its life: `Uninitialized → Running ⇄ Idle → Stopping → Stopped`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkerState {
    /// Booting: asked for, not ready yet.
    Uninitialized,
    /// It has tasks.
    Running,
    Idle,
    /// Retired; the host is still taking it down, so it counts as running.
    Stopping,
    /// Still being taken down, after so long that it counts no more.
    Overdue,
    /// Gone; its record is in the cache.
    Stopped,
}

#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) state: WorkerState,
    /// The lifetime of the pool to which it belongs.
    pub(crate) generation: u64,
    /// The task it was given last: the one that it has, if it has no more than one at once.
    pub(crate) task: TaskId,
    /// How many tasks it has.
    pub(crate) load: u32,
    /// It takes no more tasks and retires once it has none.
    pub(crate) is_ending: bool,
    /// Once a task has not heeded its settling: until when the others on it are spared.
    pub(crate) spared_until: Option<Nanos>,
}

/// The records of all workers, with the worker cache: records of retired ones, most recent first, for reuse.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    records: Slab<Worker>,
    cache: Vec<WorkerId>,
    /// Lock holds whose effects are on their way.
    deliveries: u32,
    /// Gone while some were: one of these effects may name them, so they are not used again yet.
    aside: Vec<WorkerId>,
}

impl Workers {
    /// Room for `workers` live ones, as an idle stack and a cache of that size need it.
    pub(crate) fn reserve(&mut self, workers: usize) -> Result<(), TryReserveError> {
        self.cache.try_reserve(workers)?;
        // A slab cannot try; what there is room for at this moment, it gets. Its entries know beside a record whether it is there.
        Vec::<Option<Worker>>::new().try_reserve_exact(workers)?;
        self.records.reserve_exact(workers);
        Ok(())
    }

    /// A record for a new worker, and whether it comes from the cache.
    pub(crate) fn start(&mut self, generation: u64) -> (WorkerId, bool) {
        let worker = Worker {
            state: WorkerState::Uninitialized,
            generation,
            task: TaskId::new(u32::MAX, 0),
            load: 0,
            is_ending: false,
            spared_until: None,
        };
        match self.cache.pop() {
            Some(id) => {
                self.records[id.index()] = worker;
                (id, true)
            }
            None => (WorkerId(self.records.insert(worker) as u32), false),
        }
    }

    /// Puts the record of a worker that is gone into the cache, which holds at most `bound` of them.
    pub(crate) fn stop(&mut self, id: WorkerId, bound: u32) {
        self.records[id.index()].state = WorkerState::Stopped;
        if self.deliveries > 0 {
            self.aside.push(id);
        } else if self.cache.len() < bound as usize {
            self.cache.push(id);
        } else {
            self.records.remove(id.index());
        }
    }

    /// Effects of one lock hold are on their way from now on.
    pub(crate) const fn begin_delivery(&mut self) {
        self.deliveries += 1;
    }

    /// They have arrived. `bound` is that of the cache.
    pub(crate) fn end_delivery(&mut self, bound: u32) {
        self.deliveries -= 1;
        if self.deliveries == 0 {
            for id in std::mem::take(&mut self.aside) {
                self.stop(id, bound);
            }
        }
    }

    /// Drops the cached records beyond `bound`.
    pub(crate) fn bound_cache(&mut self, bound: u32) {
        let keep = self.cache.len().min(bound as usize);
        for id in self.cache.drain(keep..) {
            self.records.remove(id.index());
        }
    }

    /// The record of a worker that is live. Its state says what may be done with it: a number from outside may be of one that
    /// is gone.
    pub(crate) fn live(&self, id: WorkerId) -> Option<&Worker> {
        self.records.get(id.index()).filter(|worker| worker.state != WorkerState::Stopped)
    }

    /// Whether the worker is in this state.
    pub(crate) fn is_in(&self, id: WorkerId, state: WorkerState) -> bool {
        self.live(id).is_some_and(|worker| worker.state == state)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (WorkerId, &Worker)> {
        self.records.iter().map(|(index, worker)| (WorkerId(index as u32), worker))
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
        &self.records[id.index()]
    }
}

impl std::ops::IndexMut<WorkerId> for Workers {
    fn index_mut(&mut self, id: WorkerId) -> &mut Worker {
        &mut self.records[id.index()]
    }
}
