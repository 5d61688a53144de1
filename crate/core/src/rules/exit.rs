//! The way out of a worker: whatever ends it, the counters are put right and a waiting task is served in one place.

use crate::{
    clock::{Clock, MILLISECOND},
    effect::{Effect, Effects, Rejection},
    id::{TaskId, WorkerId},
    state::{State, tally::Outcome, task::TaskState, worker::WorkerState},
    submission::Payload,
};

impl<T: Payload> State<T> {
    /// Takes a worker that has no task, and no longer counts as busy, out of service.
    pub(crate) fn retire(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        self.leave_out(worker, effects);
        if self.options.kind.disposes() {
            let record = &mut self.workers[worker];
            record.stop();
            self.census.begin_stop(record.generation());
            self.terms.remove(worker.0);
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

    /// Sets the time by which the host is to have made the workers that these effects boot, and to have taken down those
    /// that they retire.
    pub(crate) fn limit_host(&mut self, clock: &impl Clock, effects: &Effects<T>) {
        let kind = self.options.kind;
        let (boot_timeout, dispose_timeout) = (kind.boot_timeout(), kind.dispose_timeout());
        if boot_timeout.is_none() && dispose_timeout.is_none() {
            return;
        }
        for effect in effects {
            let (worker, limit) = match *effect {
                Effect::Boot(worker) => (worker, boot_timeout),
                Effect::Retire(worker) => (worker, dispose_timeout),
                _ => continue,
            };
            if let Some(limit) = limit {
                self.terms.insert(worker.0, clock.now() + u64::from(limit) * MILLISECOND, limit);
            }
        }
    }

    /// The host has taken a retired worker down.
    pub(crate) fn retired(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        match self.workers.live(worker).map(|record| record.state()) {
            Some(WorkerState::Stopping) => {
                self.terms.remove(worker.0);
                self.stop_counting(worker);
                self.workers.stop(worker, self.capacity.limit());
                self.fill(effects);
            }
            // All that was left of the worker is its number.
            Some(WorkerState::Overdue) => self.workers.stop(worker, self.capacity.limit()),
            _ => {}
        }
    }

    /// The host has been taking a worker down for too long. Its slot is free; its number is not, as the host will use
    /// it once more.
    pub(crate) fn give_up(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        self.stop_counting(worker);
        self.workers[worker].give_up();
        effects.push(Effect::Overdue(worker));
    }

    /// A worker that was being taken down has retired.
    fn stop_counting(&mut self, worker: WorkerId) {
        self.counters.retired += 1;
        self.census.end_stop(self.workers[worker].generation());
        self.count_out(worker);
    }

    /// A worker has died, whatever it was doing. The tasks that it had begun fail; what it had not begun goes back to
    /// the head of its priority. If fewer than `min_size` workers are left it is replaced, also if nothing waits.
    pub(crate) fn crashed(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        let Some(record) = self.workers.live(worker) else { return };
        let (state, generation) = (record.state(), record.generation());
        self.terms.remove(worker.0);
        match state {
            WorkerState::Running => {
                self.census.end_work(generation);
                for task in self.tasks_of(worker) {
                    self.lose_worker(worker, task, effects);
                }
            }
            WorkerState::Validating => {
                self.end_validation(generation);
                self.census.end_work(generation);
            }
            WorkerState::Uninitialized => {
                self.census.end_boot(generation);
                self.census.end_work(generation);
            }
            WorkerState::Idle => self.idle.remove(worker),
            WorkerState::Stopping | WorkerState::Late => self.census.end_stop(generation),
            WorkerState::Overdue => {
                self.workers.stop(worker, self.capacity.limit());
                return;
            }
            WorkerState::Stopped => unreachable!("a worker that is gone cannot die"),
        }
        self.counters.crashed += 1;
        self.exit(worker, effects);
        self.replace(effects);
    }

    /// The tasks of a worker, the latest first: the order in which they go back to the head of the queue.
    fn tasks_of(&self, worker: WorkerId) -> Vec<TaskId> {
        if self.options.concurrency == 1 {
            return vec![self.workers[worker].task()];
        }
        let mut tasks: Vec<_> = self.tasks.iter().filter(|(_, task)| task.worker() == Some(worker)).collect();
        tasks.sort_by_key(|(_, task)| std::cmp::Reverse(task.number));
        tasks.into_iter().map(|(id, _)| id).collect()
    }

    /// The worker of a task has died.
    fn lose_worker(&mut self, worker: WorkerId, id: TaskId, effects: &mut Effects<T>) {
        self.deadlines.remove(id.number());
        let has_begun = !self.options.kind.begins_later() || self.tasks[id].is_begun();
        if has_begun {
            self.measure(id);
        }
        let task = &mut self.tasks[id];
        match task.state {
            TaskState::Running(_) if !has_begun && task.is_bound() => {
                self.note_end(worker, id);
                self.leave_out_task(id, effects);
            }
            TaskState::Running(_) if !has_begun && !self.lifetime.is_closed() => {
                task.state = TaskState::Waiting;
                self.aside.note_return(id.number());
                self.give_back_task(worker, id);
                self.counters.note_waiting(self.waiting());
            }
            TaskState::Running(_) => {
                self.note_end(worker, id);
                self.counters.settle(Outcome::Failed);
                self.reject_over(id, Rejection::Crashed, effects);
            }
            TaskState::Abandoned { told, .. } => {
                self.note_end(worker, id);
                if told {
                    self.drop_record(id);
                } else {
                    self.end_record(id);
                }
            }
            TaskState::Waiting | TaskState::Bound(_) | TaskState::Over => unreachable!("it has no worker"),
        }
    }

    /// The one end of every worker. The worker must not be among those any more that the census counts as busy, booting
    /// or stopping, nor in the stack.
    pub(crate) fn exit(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        self.leave_out(worker, effects);
        self.leave_service(worker);
        self.fill(effects);
    }

    /// The end of a worker without a look at who waits.
    pub(crate) fn leave_service(&mut self, worker: WorkerId) {
        self.count_out(worker);
        self.workers.stop(worker, self.capacity.limit());
    }

    /// The worker does not run any more.
    fn count_out(&mut self, worker: WorkerId) {
        let generation = self.workers[worker].generation();
        if self.census.leave(generation) {
            self.watches.generation_ended(generation);
        }
    }
}
