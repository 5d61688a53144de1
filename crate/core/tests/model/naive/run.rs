//! The run of a task: it begins, ends, is cancelled, is collected, is rejected.

use workpool_core::{
    Cancelled, Counters, Effect, End, Finished, Interruption, MILLISECOND, Nanos, Rejection, Submission,
    TaskId, TaskTimes, WorkerId,
};

use super::{
    Model,
    records::{Phase, Task, TaskState, Worker, WorkerState},
};
use crate::recorder::Job;

impl Model {
    pub(crate) fn begin(&mut self, id: TaskId) {
        let now = self.now;
        let task = self.task(id);
        task.is_taken = true;
        let Submission { timeout, timed, .. } = task.submission;
        if matches!(task.state, TaskState::Running(_)) && (timeout > 0 || timed || task.is_measured) {
            task.begun_at = now;
        }
    }

    pub(crate) fn limit(&mut self, id: TaskId) {
        let task = self.task(id);
        task.is_limited = true;
        let timeout = task.submission.timeout;
        if matches!(task.state, TaskState::Running(_)) && timeout > 0 && !task.is_bound {
            task.deadline = Some(task.begun_at + u64::from(timeout) * MILLISECOND);
        }
    }

    pub(crate) fn take(&mut self, id: TaskId) -> Option<Job> {
        self.begin(id);
        let now = self.now;
        let task = self.task(id);
        if matches!(task.state, TaskState::Running(_)) {
            task.begun_at = now;
        }
        let task = self.known(id);
        let begins = matches!(task.state, TaskState::Running(_)).then(|| task.payload());
        self.limit(id);
        begins
    }

    pub(crate) fn finish(&mut self, id: TaskId, end: End, is_broken: bool) -> Finished {
        let reports_late = self.options.kind.reports_late();
        let task = self.task(id);
        let (worker, face) = (task.worker().expect("it runs"), task.face());
        let settled = task.state == TaskState::Running(worker);
        self.measure(id);
        let task = self.task(id);
        task.state = TaskState::Over;
        task.deadline = None;
        task.is_uncollected |= settled && reports_late;
        match end {
            End::Completed if settled => self.settle(|counters| &mut counters.completed),
            End::Failed if settled => self.settle(|counters| &mut counters.failed),
            _ => {}
        }
        self.forget_if_done(id);
        let mut next = self.free(worker, is_broken);
        if !reports_late && let Some(task) = next.filter(|&task| self.known(task).face() != face) {
            self.send(worker, task);
            next = None;
        }
        Finished { settled, next, is_quiet: !reports_late && self.is_quiet(face) }
    }

    /// A worker with one task less, or one that has loaded, looks for what it does next.
    pub(super) fn free(&mut self, id: WorkerId, is_broken: bool) -> Option<TaskId> {
        self.worker(id).is_ending |= is_broken;
        self.worker(id).slots = 1;
        if self.is_scheduled {
            return self.free_scheduled(id);
        }
        let is_free = self.load(id) == 0;
        let fits = self.staying() <= self.capacity;
        let worker = self.worker(id).clone();
        if worker.generation == self.generation && !worker.is_ending && fits && self.phase != Phase::Closed {
            if let Some(task) = self.next_bound(id) {
                self.assign(id, task);
                return Some(task);
            }
            let yields = self.yields(id, is_free);
            if !yields && let Some(task) = self.next_waiting() {
                self.assign(id, task);
                return Some(task);
            }
            if is_free && self.phase == Phase::Open {
                self.make_idle(id);
            }
            if yields {
                self.fill();
            }
            if yields || (is_free && self.phase == Phase::Open) {
                return None;
            }
        }
        if is_free {
            self.retire(id);
            // If that was one too many, the others may have more than one task each again. If it was the last one, a pause ends.
            self.fill();
        }
        None
    }

    pub(super) fn make_idle(&mut self, id: WorkerId) {
        let worker = self.worker(id).clone();
        self.workers.retain(|other| other.id != id);
        self.workers.push(Worker { state: WorkerState::Idle(self.now), ..worker });
    }

    pub(crate) fn cancel(&mut self, id: TaskId) -> Cancelled {
        let heeds_until = self.heeds_until();
        let task = self.task(id);
        let cancelled = match task.state {
            TaskState::Waiting | TaskState::Bound(_) => {
                (task.state, task.deadline) = (TaskState::Over, None);
                Cancelled::Waiting
            }
            TaskState::Running(worker) => {
                task.state = TaskState::Abandoned(worker);
                task.deadline = heeds_until;
                task.interruption.get_or_insert(Interruption::Aborted);
                Cancelled::Running
            }
            TaskState::Abandoned(_) | TaskState::Over => return Cancelled::Late,
        };
        self.forget_unbegun(id);
        self.queue.retain(|&waiting| waiting != id);
        self.settle(|counters| &mut counters.cancelled);
        self.forget_if_done(id);
        cancelled
    }

    /// The function had better end; the task goes on.
    pub(crate) fn interrupt(&mut self, id: TaskId) -> Option<WorkerId> {
        let task = self.task(id);
        let worker = task.worker()?;
        task.interruption.get_or_insert(Interruption::Aborted);
        Some(worker)
    }

    pub(crate) fn collect(&mut self, id: TaskId) {
        self.task(id).is_uncollected = false;
        self.forget_if_done(id);
    }

    pub(super) fn settle(&mut self, count: impl FnOnce(&mut Counters) -> &mut u64) {
        self.counters.unsettled -= 1;
        *count(&mut self.counters) += 1;
    }

    /// The task settles without having ended, and its origin is told.
    pub(super) fn reject(&mut self, id: TaskId, rejection: Rejection) {
        match rejection {
            Rejection::Released => self.settle(|counters| &mut counters.released),
            Rejection::WaitTimeout(_) => self.settle(|counters| &mut counters.wait_timeout),
            Rejection::TaskTimeout(_) => self.settle(|counters| &mut counters.timed_out),
            Rejection::Crashed | Rejection::StartFailed => self.settle(|counters| &mut counters.failed),
            Rejection::Destroyed | Rejection::LeftOut => self.settle(|counters| &mut counters.cancelled),
            Rejection::Displaced => self.settle(|counters| &mut counters.displaced),
            Rejection::Shed => self.settle(|counters| &mut counters.shed),
            Rejection::Cleared => self.settle(|counters| &mut counters.cleared),
        }
        self.queue.retain(|&waiting| waiting != id);
        let heeds_until = self.heeds_until();
        let task = self.task(id);
        task.is_uncollected = true;
        task.deadline = None;
        match (task.state, rejection) {
            (TaskState::Running(worker), Rejection::TaskTimeout(limit)) => {
                task.state = TaskState::Abandoned(worker);
                task.deadline = heeds_until;
                task.interruption.get_or_insert(Interruption::TimedOut(limit));
            }
            (TaskState::Running(worker), Rejection::Destroyed) => task.state = TaskState::Abandoned(worker),
            _ => task.state = TaskState::Over,
        }
        let payload = task.payload();
        self.forget_unbegun(id);
        self.effects.push(Effect::Reject(id, payload, rejection));
    }

    /// Until when a task that settles now while it runs may go on.
    pub(super) fn heeds_until(&self) -> Option<Nanos> {
        self.options.kind.grace().map(|grace| self.now + grace)
    }

    /// Nobody needs what was kept for the begin of a task that settles before it.
    pub(super) fn forget_unbegun(&mut self, id: TaskId) {
        let task = self.known(id);
        if self.options.kind.begins_later() && !task.is_taken {
            let payload = task.payload();
            self.effects.push(Effect::Forgotten(payload));
        }
    }

    /// Its function has ended and its origin knows how it settled.
    pub(super) fn forget_if_done(&mut self, id: TaskId) {
        self.tasks.retain(|task| task.id != id || task.state != TaskState::Over || task.is_uncollected);
    }

    pub(crate) fn times(&self, task: &Task) -> TaskTimes {
        let &Task { number, submitted_at, begun_at, .. } = task;
        TaskTimes { number, submitted_at, begun_at, now: self.now }
    }
}
