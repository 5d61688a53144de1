//! What is counted by scanning.

use workpool_core::{FaceId, Nanos, TaskId, WorkerId};

use super::{
    Model,
    records::{FaceState, Phase, Task, Worker, WorkerState},
};

impl Model {
    pub(super) fn count(&self, is_counted: impl Fn(&Worker) -> bool) -> u32 {
        let is_current = |worker: &&Worker| worker.generation == self.generation;
        let counted = self.workers.iter().filter(is_current).filter(|worker| is_counted(worker));
        counted.map(|worker| worker.slots).sum()
    }

    pub(super) fn running(&self) -> u32 {
        self.count(|_| true)
    }

    pub(super) fn booting(&self) -> u32 {
        self.count(|worker| matches!(worker.state, WorkerState::Booting | WorkerState::Validating))
    }

    pub(super) fn with_task(&self) -> u32 {
        self.count(|worker| worker.state == WorkerState::Running)
    }

    pub(super) fn busy(&self) -> u32 {
        self.count(|worker| !matches!(worker.state, WorkerState::Idle(_)))
    }

    pub(super) fn staying(&self) -> u32 {
        self.count(|worker| !matches!(worker.state, WorkerState::Stopping | WorkerState::Late))
    }

    pub(super) fn waiting(&self) -> u32 {
        self.queue.len() as u32
    }

    fn ready(&self) -> u32 {
        self.count(|worker| matches!(worker.state, WorkerState::Running | WorkerState::Idle(_)))
    }

    pub(super) fn has_started(&self) -> bool {
        self.ready() > 0
    }

    /// The workers that are kept.
    pub(super) fn least(&self) -> u32 {
        if self.options.kind.boots() { self.options.min_size.min(self.capacity) } else { 0 }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.ready() >= if self.options.kind.backs_off() { self.least().max(1) } else { 1 }
    }

    /// Whether the worker that would be used next has to be validated before.
    pub(super) fn must_validate(&self) -> bool {
        let (Some(after), Some(&(since, worker))) = (self.options.kind.validate_after(), self.idle().last())
        else {
            return false;
        };
        self.fresh != Some(worker) && since + after <= self.now
    }

    /// Booting workers that will not have to retire at once.
    pub(super) fn expected(&self) -> u32 {
        self.booting().min(self.capacity.saturating_sub(self.with_task()))
    }

    pub(super) fn expected_slots(&self) -> u32 {
        self.expected().saturating_mul(self.options.concurrency)
    }

    /// The idle workers, the longest idle first.
    pub(super) fn idle(&self) -> Vec<(Nanos, WorkerId)> {
        let idle = self.workers.iter().filter_map(|worker| match worker.state {
            WorkerState::Idle(since) => Some((since, worker.id)),
            _ => None,
        });
        let mut idle: Vec<_> = idle.collect();
        idle.sort_by_key(|&(since, _)| since);
        idle
    }

    pub(super) fn load(&self, worker: WorkerId) -> u32 {
        self.tasks.iter().filter(|task| task.worker() == Some(worker)).count() as u32
    }

    /// What each busy worker could take in addition, nobody above the capacity.
    pub(super) fn slots(&self) -> Vec<(u32, WorkerId)> {
        if self.staying() > self.capacity {
            return Vec::new();
        }
        let may_have_more = |worker: &&Worker| {
            worker.state == WorkerState::Running && worker.generation == self.generation && !worker.is_ending
        };
        let loads = self.workers.iter().filter(may_have_more).map(|worker| (self.load(worker.id), worker.id));
        loads.filter(|&(load, _)| load < self.options.concurrency).collect()
    }

    pub(super) fn worker(&mut self, id: WorkerId) -> &mut Worker {
        self.workers.iter_mut().find(|worker| worker.id == id).expect("a live worker")
    }

    pub(crate) fn task(&mut self, id: TaskId) -> &mut Task {
        self.tasks.iter_mut().find(|task| task.id == id).expect("a task that is not done with")
    }

    pub(super) fn known(&self, id: TaskId) -> &Task {
        self.tasks.iter().find(|task| task.id == id).expect("a task that is not done with")
    }

    pub(super) fn next_waiting(&self) -> Option<TaskId> {
        // The first one of several that are equal.
        self.queue.iter().copied().min_by_key(|&id| self.known(id).submission.priority)
    }

    pub(super) fn is_staying(&self, face: FaceId) -> bool {
        self.faces.iter().any(|other| other.id == face && other.state == FaceState::Staying)
    }

    /// Whether no task of the face is left. What goes on for one that has departed is nobody's.
    pub(crate) fn is_quiet(&self, face: FaceId) -> bool {
        let has_departed =
            self.faces.iter().any(|other| other.id == face && other.state == FaceState::Departed);
        has_departed || self.tasks.iter().all(|task| task.face() != face)
    }

    /// How many workers may be started now because one could not be, if that limits them.
    pub(super) fn start_limit(&self) -> Option<u32> {
        let is_paused = self.paused_until.is_some();
        if self.options.kind.backs_off() {
            let is_trying = self.count(|worker| worker.state == WorkerState::Booting) > 0;
            return (is_paused || self.pause.is_some()).then_some(u32::from(!is_paused && !is_trying));
        }
        (is_paused && self.has_started()).then_some(0)
    }

    /// How many more workers may be started now.
    pub(super) fn startable(&self) -> u32 {
        self.capacity.saturating_sub(self.running()).min(self.start_limit().unwrap_or(u32::MAX))
    }

    /// How many tasks would have a worker at once.
    pub(super) fn open_slots(&self) -> u32 {
        let concurrency = self.options.concurrency;
        let workers = self.startable().saturating_add(self.idle().len() as u32);
        let slots: u32 = self.slots().iter().map(|(load, _)| concurrency - load).sum();
        workers.saturating_mul(concurrency).saturating_add(slots)
    }

    pub(super) fn room(&self) -> u32 {
        if self.phase != Phase::Open {
            return 0;
        }
        let room = self.open_slots().saturating_add(self.expected_slots().saturating_sub(self.waiting()));
        room.saturating_sub(self.reserved())
    }
}
