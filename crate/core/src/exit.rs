//! The way out of a worker: whatever ends it, the counters are put right and a waiting task is served in one place.

use crate::{
    clock::{Clock, MILLISECOND},
    face::Payload,
    state::{Effect, Effects, Phase, Rejection, State},
    task::{TaskId, TaskState},
    watch::Condition,
    worker::{WorkerId, WorkerState},
};

impl<T: Payload> State<T> {
    /// Takes a worker that has no task, and no longer counts as busy, out of service.
    pub(crate) fn retire(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        if self.options.kind.disposes() {
            self.workers[worker].state = WorkerState::Stopping;
            self.stopping += u32::from(self.workers[worker].generation == self.generation);
            self.note_busy();
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

    /// The workers that the host is now to take down have so long.
    pub(crate) fn limit_disposals(&mut self, clock: &impl Clock, effects: &Effects<T>) {
        let Some(limit) = self.options.kind.dispose_timeout() else { return };
        for effect in effects {
            if let &Effect::Retire(worker) = effect {
                self.disposals.insert(worker.0, clock.now() + u64::from(limit) * MILLISECOND, limit);
            }
        }
    }

    /// The host has taken a retired worker down.
    pub(crate) fn retired(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        if self.workers.is_in(worker, WorkerState::Stopping) {
            self.disposals.remove(worker.0);
            self.stop_counting(worker);
            self.workers.stop(worker, self.capacity);
            self.fill(effects);
        } else if self.workers.is_in(worker, WorkerState::Overdue) {
            // All that was left of it is its number.
            self.workers.stop(worker, self.capacity);
        }
    }

    /// The host has been taking a worker down for too long. Its slot is free; its number is not, as the host will use it once more.
    pub(crate) fn give_up(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        self.stop_counting(worker);
        self.workers[worker].state = WorkerState::Overdue;
        effects.push(Effect::Overdue(worker));
    }

    /// A worker that was being taken down has retired.
    fn stop_counting(&mut self, worker: WorkerId) {
        self.counters.retired += 1;
        self.stopping -= u32::from(self.workers[worker].generation == self.generation);
        self.count_out(worker);
    }

    /// A worker has died, whatever it was doing. The tasks that it had begun fail; what it had not begun goes back to the head of
    /// its priority. If fewer than `min_size` workers are left it is replaced, also if nothing waits.
    pub(crate) fn crashed(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        let Some(record) = self.workers.live(worker) else { return };
        let is_current = u32::from(record.generation == self.generation);
        match record.state {
            WorkerState::Running => {
                self.busy -= is_current;
                for task in self.tasks_of(worker) {
                    self.lose_worker(task, effects);
                }
            }
            WorkerState::Uninitialized => {
                self.booting -= is_current;
                self.busy -= is_current;
            }
            WorkerState::Idle => self.idle.remove(worker),
            WorkerState::Stopping => {
                self.stopping -= is_current;
                self.disposals.remove(worker.0);
            }
            WorkerState::Overdue => {
                self.workers.stop(worker, self.capacity);
                return;
            }
            WorkerState::Stopped => unreachable!("a worker that is gone cannot die"),
        }
        self.counters.crashed += 1;
        self.exit(worker, effects);
        self.replace(effects);
    }

    /// Every worker has died, with whoever had them; the pool is closed.
    pub(crate) fn lose_workers(&mut self, effects: &mut Effects<T>) {
        let workers: Vec<_> = self.workers.iter().map(|(id, worker)| (id, worker.state)).collect();
        for (id, state) in workers {
            if state != WorkerState::Stopped {
                self.crashed(id, effects);
            }
        }
    }

    /// The tasks of a worker, the latest first: the order in which they go back to the head of the queue.
    fn tasks_of(&self, worker: WorkerId) -> Vec<TaskId> {
        if self.options.concurrency == 1 {
            return vec![self.workers[worker].task];
        }
        let has_worker = |state| matches!(state, TaskState::Running(of) | TaskState::Abandoned { worker: of, .. } if of == worker);
        let mut tasks: Vec<_> = self.tasks.iter().filter(|(_, task)| has_worker(task.state)).collect();
        tasks.sort_by_key(|(_, task)| std::cmp::Reverse(task.number));
        tasks.into_iter().map(|(id, _)| id).collect()
    }

    /// The worker of a task has died.
    fn lose_worker(&mut self, id: TaskId, effects: &mut Effects<T>) {
        self.deadlines.remove(id.number());
        let may_be_unbegun = self.options.kind.begins_later();
        let task = &mut self.tasks[id];
        match task.state {
            TaskState::Running(_) if may_be_unbegun && !task.is_begun && self.phase != Phase::Closed => {
                task.state = TaskState::Waiting;
                let priority = task.priority;
                self.queue.push_front(id.number(), priority);
                self.counters.peak_waiting = self.counters.peak_waiting.max(self.queue.len());
            }
            TaskState::Running(_) => {
                task.state = TaskState::Over;
                let payload = task.payload;
                self.counters.unsettled -= 1;
                self.counters.failed += 1;
                self.forget_unbegun(id, effects);
                effects.push(Effect::Reject(id, payload, Rejection::Crashed));
            }
            TaskState::Abandoned { told: true, .. } => self.drop_record(id),
            TaskState::Abandoned { told: false, .. } => task.state = TaskState::Over,
            TaskState::Waiting | TaskState::Over => unreachable!("it has no worker"),
        }
    }

    /// Ends everything now: what runs is cancelled, and its worker is to be killed.
    pub(crate) fn destroy(&mut self, effects: &mut Effects<T>) {
        let workers: Vec<_> = self.workers.iter().map(|(id, worker)| (id, worker.state)).collect();
        let running: Vec<_> = self.tasks.iter().map(|(id, task)| (id, task.state)).collect();
        for (id, state) in running {
            if let TaskState::Running(worker) = state {
                self.deadlines.remove(id.number());
                self.tasks[id].state = TaskState::Abandoned { worker, told: false };
                self.counters.unsettled -= 1;
                self.counters.cancelled += 1;
                self.forget_unbegun(id, effects);
                effects.push(Effect::Reject(id, self.tasks[id].payload, Rejection::Destroyed));
            }
        }
        let can_be_killed = self.options.kind.can_be_killed();
        for (id, state) in workers {
            if can_be_killed && matches!(state, WorkerState::Uninitialized | WorkerState::Running) {
                self.workers[id].is_ending = true;
                effects.push(Effect::Kill(id));
            }
        }
    }

    /// The one end of every worker. It must have been taken out of `busy`, `booting`, `stopping` and the stack.
    pub(crate) fn exit(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        self.leave_service(worker);
        self.fill(effects);
    }

    pub(crate) fn leave_service(&mut self, worker: WorkerId) {
        self.count_out(worker);
        self.workers.stop(worker, self.capacity);
    }

    /// The worker does not run any more.
    fn count_out(&mut self, worker: WorkerId) {
        let generation = self.workers[worker].generation;
        if generation == self.generation {
            self.running -= 1;
        } else if let Some(live) = self.older.get_mut(&generation) {
            *live -= 1;
            if *live == 0 {
                self.older.remove(&generation);
                self.watches.generation_ended(generation);
            }
        }
    }

    /// Whether no worker of the generation is left, and none will come.
    pub(crate) fn has_ended(&self, generation: u64) -> bool {
        if generation == self.generation {
            self.phase != Phase::Open && self.running == 0 && self.queue.len() == 0
        } else {
            !self.older.contains_key(&generation)
        }
    }

    /// Live workers that a watch waits for: of its generation, or of this one.
    pub(crate) fn left(&self, condition: Condition) -> u32 {
        match condition {
            Condition::Ended(generation) if generation != self.generation => {
                self.older.get(&generation).copied().unwrap_or(0)
            }
            _ => self.running,
        }
    }
}
