//! How tasks and workers come together.

use workpool_core::{Condition, Effect, TaskId, WorkerId};

use super::{
    Model,
    records::{Phase, TaskState, Worker, WorkerState},
};

impl Model {
    pub(super) fn new_worker(&mut self, state: WorkerState) -> WorkerId {
        // Not all that are told to start something are new.
        let is_new =
            |id: &WorkerId| self.workers.iter().all(|worker| worker.id != *id) && !self.overdue.contains(id);
        let id = self.new_workers.remove(self.new_workers.iter().position(is_new).expect("a free number"));
        let ordinal = self.counters.started;
        self.counters.started += 1;
        if self.cached > 0 {
            self.cached -= 1;
            self.counters.reused += 1;
        }
        let generation = self.generation;
        self.workers.push(Worker {
            id,
            state,
            ordinal,
            generation,
            slots: 1,
            is_ending: false,
            spared_until: None,
            uses: 0,
            term: None,
        });
        id
    }

    /// The worker that went idle last is validated.
    pub(super) fn validate(&mut self) {
        let &(_, worker) = self.idle().last().expect("one is idle");
        self.worker(worker).state = WorkerState::Validating;
        self.effects.push(Effect::Validate(worker));
    }

    /// So many workers are kept, and one for whoever waits for the first.
    pub(super) fn keep(&mut self) {
        if self.options.kind.backs_off() {
            self.boot_missing();
        }
    }

    pub(super) fn boot_missing(&mut self) {
        let is_awaited = self.watches.iter().any(|watch| watch.condition == Condition::Started);
        let needed = self.least().max(u32::from(is_awaited && self.options.kind.backs_off()));
        while self.options.kind.boots()
            && self.phase == Phase::Open
            && self.staying() < needed
            && self.startable() > 0
        {
            self.boot();
        }
    }

    pub(super) fn boot(&mut self) {
        let worker = self.new_worker(WorkerState::Booting);
        self.worker(worker).term = self.after(self.options.kind.boot_timeout());
        self.effects.push(Effect::Boot(worker));
    }

    pub(super) fn assign(&mut self, worker: WorkerId, id: TaskId) {
        self.check_start(worker, id);
        let weight = self.weight(self.known(id).submission.weight);
        let most = self.options.kind.max_uses();
        let record = self.worker(worker);
        (record.state, record.slots) = (WorkerState::Running, weight);
        record.uses += 1;
        record.is_ending |= most > 0 && record.uses >= most;
        self.queue.retain(|&waiting| waiting != id);
        let (now, begins_now) = (self.now, self.is_measuring && !self.options.kind.begins_later());
        let task = self.task(id);
        if begins_now {
            task.begun_at = now;
        }
        task.state = TaskState::Running(worker);
        if !task.is_bound {
            task.deadline = None;
            self.note_start(worker, id);
        }
    }

    /// The task's origin, or its worker, hears that the worker has it.
    pub(super) fn send(&mut self, worker: WorkerId, id: TaskId) {
        let payload = self.known(id).payload();
        self.effects.push(Effect::Start(worker, id, payload));
    }

    /// Gives the worker the next task, of which it is to hear.
    pub(super) fn send_next(&mut self, worker: WorkerId) {
        let id = self.next_waiting().expect("one waits");
        self.assign(worker, id);
        self.send(worker, id);
    }

    /// Gives the worker the next one of those who waited before `newcomer`.
    pub(super) fn send_first(&mut self, worker: WorkerId, newcomer: TaskId) {
        self.queue.retain(|&waiting| waiting != newcomer);
        self.send_next(worker);
        self.queue.push(newcomer);
    }

    pub(super) fn fill(&mut self) {
        if self.is_scheduled {
            // The step ends with that.
            return;
        }
        self.serve_bound();
        // While a release retires one idle worker after the other, none takes what it is about to reject.
        while self.waiting() > 0 && self.phase != Phase::Closed {
            if self.tell_next() {
                continue;
            }
            if self.is_held() {
                break;
            }
            if self.must_validate() {
                if self.waiting() <= self.booting() {
                    break;
                }
                self.validate();
            } else if let Some(&(_, worker)) = self.idle().last() {
                self.send_next(worker);
            } else if self.waiting() <= self.booting() || self.startable() == 0 {
                break;
            } else if self.options.kind.boots() {
                self.boot();
            } else {
                let worker = self.new_worker(WorkerState::Running);
                self.send_next(worker);
            }
        }
        self.fill_slots();
        self.keep();
    }

    /// Tasks for which no thread boots go to those that can have another one, the least loaded first.
    pub(super) fn fill_slots(&mut self) {
        while self.phase != Phase::Closed && self.waiting() > self.expected() {
            if self.tell_next() {
                continue;
            }
            if self.is_held() {
                break;
            }
            let Some(&(_, worker)) = self.slots().iter().min() else { break };
            self.send_next(worker);
        }
    }
}
