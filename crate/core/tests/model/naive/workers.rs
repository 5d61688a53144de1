//! Workers boot, cannot be made, die and retire.

use workpool_core::{Condition, Effect, MILLISECOND, Rejection, TaskId, WorkerId};

use super::{
    Model,
    records::{Phase, Task, TaskState, WorkerState},
};
use crate::recorder::Job;

impl Model {
    pub(crate) fn booted(&mut self, worker: WorkerId) -> Option<TaskId> {
        if self.worker(worker).state == WorkerState::Late {
            self.retire(worker);
            return None;
        }
        if self.worker(worker).state == WorkerState::Validating {
            self.worker(worker).state = WorkerState::Running;
            return self.free(worker, false);
        }
        self.worker(worker).term = self.options.kind.max_age().map(|age| self.now + age);
        self.is_unstartable = false;
        // It counts as one with tasks while it looks for one.
        self.worker(worker).state = WorkerState::Running;
        self.pause = None;
        let first = self.free(worker, false);
        self.end_pause();
        first
    }

    pub(super) fn end_pause(&mut self) {
        self.paused_until = None;
        self.fill();
        for _ in 0..std::mem::take(&mut self.owed) {
            self.replace();
        }
    }

    /// One has died.
    pub(super) fn replace(&mut self) {
        if self.phase == Phase::Open && self.running() < self.least() && !self.options.kind.backs_off() {
            if self.start_limit() == Some(0) {
                self.owed += 1;
            } else {
                self.boot();
            }
        }
    }

    pub(crate) fn boot_failed(&mut self, worker: WorkerId) -> Option<(TaskId, Job)> {
        let is_late = self.worker(worker).state == WorkerState::Late;
        let is_current = self.worker(worker).generation == self.generation && !is_late;
        // Its slot is free by then.
        let mut without = self.clone();
        without.workers.retain(|other| other.id != worker);
        let failed = without.next_to_settle().filter(|_| is_current);
        if let Some(id) = failed {
            self.settle(|counters| &mut counters.failed);
            self.queue.retain(|&waiting| waiting != id);
            let task = self.task(id);
            (task.is_uncollected, task.deadline, task.state) = (true, None, TaskState::Over);
        }
        // It does not boot any more while others are told of that.
        self.worker(worker).state = WorkerState::Stopping;
        if is_current {
            self.back_off(Rejection::StartFailed);
        }
        self.counters.retired += 1;
        self.bury(worker);
        self.fill();
        failed.map(|id| (id, self.known(id).payload()))
    }

    /// One could not be made: none is for a while, and a pool that closes rejects all that wait.
    pub(super) fn back_off(&mut self, rejection: Rejection) {
        if self.paused_until.is_none() {
            self.begin_pause(self.random);
        }
        if self.phase != Phase::Open {
            self.reject_waiting(rejection);
        }
        self.expire_started();
    }

    fn begin_pause(&mut self, share: u32) {
        let pause = self.pause.map_or(100, |last| (last * 2).min(5_000));
        self.pause = Some(pause);
        let part = u128::from(pause * MILLISECOND) * (u128::from(share) + 1);
        self.paused_until = Some(self.now + (part >> 32) as u64);
    }

    fn expire_started(&mut self) {
        for watch in self.watches.clone() {
            if watch.condition == Condition::Started {
                self.tell(&watch, Some(0));
            }
        }
    }

    pub(crate) fn invalid(&mut self, worker: WorkerId) {
        self.retire(worker);
        self.fill();
    }

    pub(crate) fn start_failed(&mut self, worker: WorkerId) {
        let is_current = self.worker(worker).generation == self.generation;
        self.counters.crashed += 1;
        self.bury(worker);
        // What befalls a worker of an older generation is nothing to this one.
        if !is_current {
            return;
        }
        self.is_unstartable = true;
        if self.has_started() && self.paused_until.is_none() {
            self.begin_pause(u32::MAX);
        }
        self.is_in_vain = true;
        self.conclude();
        self.is_in_vain = false;
        if self.has_started() {
            self.fill();
            return;
        }
        self.expire_started();
        self.reject_waiting(Rejection::StartFailed);
    }

    pub(crate) fn retired(&mut self, worker: WorkerId) {
        if self.overdue.contains(&worker) {
            self.overdue.retain(|&other| other != worker);
            self.cached = (self.cached + 1).min(self.capacity);
            return;
        }
        self.counters.retired += 1;
        self.bury(worker);
        self.fill();
    }

    pub(crate) fn crashed(&mut self, worker: WorkerId) {
        let mut lost = self.tasks.clone();
        lost.retain(|task| task.worker() == Some(worker));
        lost.sort_by_key(|task| task.number);
        for Task { id, state, is_taken, is_bound, .. } in lost.into_iter().rev() {
            if is_taken || !self.options.kind.begins_later() {
                self.measure(id);
            }
            if state == TaskState::Abandoned(worker) {
                let task = self.task(id);
                (task.state, task.deadline) = (TaskState::Over, None);
                self.forget_if_done(id);
            } else if is_bound && !is_taken {
                self.leave_out_task(id);
            } else if is_taken || !self.options.kind.begins_later() || self.phase == Phase::Closed {
                self.reject(id, Rejection::Crashed);
            } else {
                let task = self.task(id);
                task.state = TaskState::Waiting;
                // Whatever priority it had been given while it waited, it comes back as who came first.
                (task.arrival, task.called_at) = ((task.number, 0), task.accepted_at);
                self.queue.insert(0, id);
            }
        }
        // Before others are told to start it.
        self.note_peaks();
        self.counters.crashed += 1;
        self.bury(worker);
        self.fill();
        self.replace();
    }

    pub(crate) fn start(&mut self) {
        let backs_off = self.options.kind.backs_off();
        let running = if backs_off { self.staying() } else { self.running() };
        if self.phase == Phase::Open && running == 0 && self.startable() > 0 {
            self.boot();
        }
        self.keep();
    }

    pub(crate) fn start_all(&mut self) {
        while self.phase == Phase::Open && self.startable() > 0 {
            self.boot();
        }
    }

    /// The worker is gone.
    pub(super) fn bury(&mut self, worker: WorkerId) {
        self.leave_out(worker);
        self.workers.retain(|other| other.id != worker);
        self.schedule.preferred.retain(|known| known.1 != worker);
        self.cached = (self.cached + 1).min(self.capacity);
    }

    pub(super) fn retire(&mut self, worker: WorkerId) {
        self.leave_out(worker);
        if self.options.kind.disposes() {
            let dispose_by = self.after(self.options.kind.dispose_timeout());
            let record = self.worker(worker);
            (record.state, record.term) = (WorkerState::Stopping, dispose_by);
            self.effects.push(Effect::Retire(worker));
        } else {
            self.counters.retired += 1;
            self.bury(worker);
            self.fill();
        }
    }

    pub(super) fn retire_all_idle(&mut self) {
        self.idle().into_iter().for_each(|(_, worker)| self.retire(worker));
    }
}
