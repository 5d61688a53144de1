//! The way out of a worker: whatever ends it, the counters are put right and a waiting task is served in one place.

use crate::{
    face::Payload,
    state::{Effect, Effects, End, Phase, State},
    worker::{WorkerId, WorkerState},
};

impl<T: Payload> State<T> {
    /// Takes a worker that has no task, and no longer counts as busy, out of service.
    pub(crate) fn retire(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        if self.options.disposes {
            self.workers[worker].state = WorkerState::Stopping;
            self.stopping += u32::from(self.workers[worker].generation == self.generation);
            effects.push(Effect::Retire(worker));
        } else {
            self.counters.retired += 1;
            self.exit(worker, effects);
        }
    }

    /// Retires the `count` workers that are idle for longest.
    pub(crate) fn retire_oldest(&mut self, count: usize, effects: &mut Effects<T>) {
        if count == 0 {
            return;
        }
        let expired: Vec<WorkerId> = self.idle.drain_oldest(count).collect();
        for worker in expired {
            self.retire(worker, effects);
        }
    }

    /// The host has taken a retired worker down.
    pub(crate) fn retired(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        self.counters.retired += 1;
        self.stopping -= u32::from(self.workers[worker].generation == self.generation);
        self.exit(worker, effects);
    }

    /// A worker has died, whatever it was doing; if it had a task, that fails, and the caller learns whether this
    /// settles it.
    pub(crate) fn crashed(&mut self, worker: WorkerId, effects: &mut Effects<T>) -> bool {
        let is_current = u32::from(self.workers[worker].generation == self.generation);
        let mut settled = false;
        match self.workers[worker].state {
            WorkerState::Running(task) => {
                settled = self.end_task(task, End::Failed);
                self.busy -= is_current;
            }
            WorkerState::Uninitialized => {
                self.booting -= is_current;
                self.busy -= is_current;
            }
            WorkerState::Idle => self.idle.remove(worker),
            WorkerState::Stopping => self.stopping -= is_current,
            WorkerState::Stopped => unreachable!("a worker that is gone cannot die"),
        }
        self.counters.crashed += 1;
        self.exit(worker, effects);
        settled
    }

    /// The one end of every worker. It must have been taken out of `busy`, `booting`, `stopping` and the stack.
    pub(crate) fn exit(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        let generation = self.workers[worker].generation;
        if generation == self.generation {
            self.running -= 1;
        } else if let Some(index) = self.older.iter().position(|older| older.generation == generation) {
            self.older[index].live -= 1;
            if self.older[index].live == 0 {
                self.older.swap_remove(index);
            }
        }
        self.workers.stop(worker, self.capacity);
        self.fill(effects);
    }

    /// Whether no worker of the generation is left, and none will come.
    pub(crate) fn has_ended(&self, generation: u32) -> bool {
        if generation == self.generation {
            self.phase != Phase::Open && self.running == 0 && self.queue.len() == 0
        } else {
            self.older.iter().all(|older| older.generation != generation)
        }
    }
}
