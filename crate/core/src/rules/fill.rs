//! How tasks and workers come together: a worker starts, a worker is given a task, those who wait are served.

use crate::{
    effect::{Effect, Effects, Rejection},
    id::{TaskId, WorkerId},
    state::{BATCH, State, tally::Outcome, task::TaskState},
    submission::Payload,
};

impl<T: Payload> State<T> {
    /// A new worker, busy from the start: with a task, or booting.
    pub(crate) fn start_worker(&mut self) -> WorkerId {
        let (worker, is_reused) = self.workers.start(self.census.generation(), self.counters.started);
        self.counters.start(is_reused);
        self.census.start(self.options.kind.boots());
        self.note_busy();
        worker
    }

    /// Starts one more worker, if there is room, though no task needs it yet.
    pub(crate) fn boot_one(&mut self, effects: &mut Effects<T>) {
        if self.lifetime.is_open() && self.may_start() {
            let worker = self.start_worker();
            effects.push(Effect::Boot(worker));
        }
    }

    /// More workers may be busy than ever before.
    pub(crate) fn note_busy(&mut self) {
        self.counters.note_busy(self.census.engaged());
    }

    /// Gives the task, which no longer waits, to a worker that counts as busy.
    pub(crate) fn assign(&mut self, worker: WorkerId, task: TaskId) {
        self.tasks[task].state = TaskState::Running(worker);
        self.workers.give(worker, task);
        let most = self.options.kind.max_uses();
        if most > 0 {
            self.workers[worker].wear(most);
        }
        if self.schedule.is_some() {
            self.note_start(worker, task);
        }
        // Where its function is not called at once, whoever calls it tells when.
        if self.is_measuring() && !self.options.kind.begins_later() {
            self.tasks[task].start_clock(self.now);
        }
        self.note_busy();
    }

    /// The origin of the task, or its worker, is to hear that the worker has it.
    pub(crate) fn send(&self, worker: WorkerId, task: TaskId, effects: &mut Effects<T>) {
        effects.push(Effect::Start(worker, task, self.tasks[task].payload));
    }

    /// The next waiting task, which stops waiting. In a pool with a schedule it does so only to settle.
    pub(crate) fn next_waiting(&mut self) -> Option<TaskId> {
        if self.schedule.is_some() {
            let next = self.next_to_settle()?;
            self.leave_queue(next);
            return Some(next);
        }
        let number = self.queue.pop()?;
        let task = self.tasks.at(number)?;
        self.deadlines.remove(task.number());
        self.moved.forget(task.number());
        Some(task)
    }

    /// The task stops waiting, wherever it stands, and settles.
    pub(crate) fn leave_queue(&mut self, task: TaskId) {
        self.unqueue(task);
        self.forget_key(task);
        self.deadlines.remove(task.number());
    }

    /// A task that waits settles: its origin is to learn why.
    pub(crate) fn reject_waiting(
        &mut self,
        task: TaskId,
        outcome: Outcome,
        rejection: Rejection,
        effects: &mut Effects<T>,
    ) {
        self.leave_queue(task);
        self.counters.settle(outcome);
        self.reject_over(task, rejection, effects);
    }

    /// The task, which neither waits nor runs any more, has settled without an end: its origin is to learn why.
    pub(crate) fn reject_over(&mut self, task: TaskId, rejection: Rejection, effects: &mut Effects<T>) {
        self.forget_unbegun(task, effects);
        self.end_record(task);
        effects.push(Effect::Reject(task, self.tasks[task].payload, rejection));
    }

    /// Serves those who wait, in their order, as far as there is room: on idle workers, if a task has come back from a
    /// dead one or a turn is over; on as many new workers as there is room and need for; in free slots. Called wherever
    /// room or a waiting task appears.
    pub(crate) fn fill(&mut self, effects: &mut Effects<T>) {
        if self.schedule.is_some() {
            // The transition ends with that.
            return;
        }
        if !self.bound.is_empty() {
            self.serve_bound(effects);
        }
        while self.queue.len() > 0 {
            if self.tell_next(effects) {
                continue;
            }
            if self.is_held() {
                break;
            }
            let has_need = self.queue.len() > self.census.booting();
            if self.must_validate() {
                if !has_need {
                    break;
                }
                self.validate_last(effects);
                continue;
            }
            if let Some(worker) = self.idle.pop() {
                self.census.resume();
                self.send_next(worker, effects);
                continue;
            }
            if self.lifetime.is_closed() || !has_need || !self.may_start() {
                break;
            }
            let worker = self.start_worker();
            if self.options.kind.boots() {
                effects.push(Effect::Boot(worker));
            } else {
                self.send_next(worker, effects);
            }
        }
        self.fill_slots(effects);
        if self.options.kind.backs_off() {
            self.keep(effects);
        }
    }

    /// Has the worker that went idle last validated: a task needs it.
    pub(crate) fn validate_last(&mut self, effects: &mut Effects<T>) {
        let Some(worker) = self.idle.pop() else { return };
        self.workers[worker].validate();
        self.census.boot_again();
        self.starts.begin_validation();
        self.note_busy();
        effects.push(Effect::Validate(worker));
    }

    /// Starts the workers that `min_size` lacks, or, where the pool tries again by itself, one if somebody waits for the
    /// first. If there are very many, the others follow as soon as one of these is ready.
    pub(crate) fn keep(&mut self, effects: &mut Effects<T>) {
        let is_awaited = self.options.kind.backs_off() && self.watches.await_start();
        let needed = self.least().max(u32::from(is_awaited));
        for _ in 0..BATCH {
            if self.census.staying() >= needed || !self.options.kind.boots() || !self.may_start() {
                break;
            }
            self.boot_one(effects);
        }
    }

    /// Starts waiting tasks in free slots of busy workers, as far as no booting worker is on its way for them.
    fn fill_slots(&mut self, effects: &mut Effects<T>) {
        while !self.lifetime.is_closed() && self.queue.len() > self.expected() {
            if self.tell_next(effects) {
                continue;
            }
            if self.is_held() {
                break;
            }
            let Some(worker) = self.free_slot() else { break };
            self.send_next(worker, effects);
        }
    }

    /// Gives the next waiting task to a worker that counts as busy. There is one.
    fn send_next(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        let Some(task) = self.next_waiting() else { return };
        self.assign(worker, task);
        self.send(worker, task, effects);
    }
}
