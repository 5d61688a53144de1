//! Changes of the capacity, and the end of a generation.

use workpool_core::{Effect, Rejection, TaskId};

use super::{
    Model,
    records::{Phase, TaskState, WorkerState},
};

impl Model {
    pub(crate) fn tune(&mut self, capacity: u32) {
        self.capacity = capacity;
        self.cached = self.cached.min(capacity);
        while self.staying() > self.capacity {
            let Some(&(_, oldest)) = self.idle().first() else { break };
            self.retire(oldest);
        }
        self.fill();
    }

    pub(crate) fn close(&mut self) -> u64 {
        if self.phase == Phase::Open {
            self.phase = Phase::Closing;
            self.schedule.paused_by.clear();
            self.give_back(|_| true);
            self.fill_if_scheduled();
            self.retire_all_idle();
        }
        self.generation
    }

    pub(crate) fn release(&mut self, generation: Option<u64>) {
        if generation.is_none_or(|generation| generation == self.generation) {
            self.phase = Phase::Closed;
            self.schedule.paused_by.clear();
            self.batches.clear();
            self.told.iter_mut().for_each(|turn| turn.is_used = true);
            self.release_bound();
            self.retire_all_idle();
            self.reject_waiting(Rejection::Released);
        }
    }

    pub(super) fn reject_waiting(&mut self, rejection: Rejection) {
        while let Some(task) = self.next_to_settle() {
            self.reject(task, rejection);
        }
    }

    pub(crate) fn reboot(&mut self) {
        if self.phase != Phase::Open {
            self.release(None);
            self.generation += 1;
            self.phase = Phase::Open;
            (self.counters.peak_busy, self.counters.peak_waiting) = (0, 0);
            (self.paused_until, self.pause, self.owed) = (None, None, 0);
        }
    }

    pub(crate) fn destroy(&mut self) {
        self.release(None);
        self.conclude();
        let mut running: Vec<TaskId> = self.tasks.iter().map(|task| task.id).collect();
        running.sort();
        for id in running {
            if matches!(self.task(id).state, TaskState::Running(_)) {
                self.reject(id, Rejection::Destroyed);
            }
        }
        let mut workers = self.workers.clone();
        workers.sort_by_key(|worker| worker.id);
        for worker in workers {
            if matches!(worker.state, WorkerState::Booting | WorkerState::Running) {
                self.worker(worker.id).is_ending = true;
                self.effects.push(Effect::Kill(worker.id));
            }
        }
    }
}
