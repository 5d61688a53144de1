//! Tasks that are bound to one worker each.

use workpool_core::{
    Broadcasted, Effect, FaceId, MILLISECOND, Refusal, Rejection, Submission, TaskId, WorkerId,
};

use super::{
    Model,
    records::{Phase, Stuck, Task, TaskState, Worker, WorkerState},
};
use crate::recorder::Job;

impl Model {
    /// `ids` are the numbers that the real pool has given to the tasks; of `payloads` there are enough.
    pub(crate) fn broadcast(
        &mut self,
        face: FaceId,
        payloads: &[Job],
        (timeout, timed): (u32, bool),
        sticky: Option<(u32, Job)>,
        ids: &[TaskId],
    ) -> Broadcasted {
        if self.phase != Phase::Open || !self.is_staying(face) {
            self.counters.closed += 1;
            return Broadcasted::Refused(Refusal::Closed);
        }
        let is_meant = |worker: &&Worker| {
            let is_live =
                matches!(worker.state, WorkerState::Booting | WorkerState::Running | WorkerState::Idle(_));
            is_live && worker.generation == self.generation && !worker.is_ending
        };
        let mut workers: Vec<WorkerId> =
            self.workers.iter().filter(is_meant).map(|worker| worker.id).collect();
        workers.sort();
        let bound: Vec<_> = workers.into_iter().zip(ids.iter().copied()).collect();
        for (&(worker, id), &payload) in bound.iter().zip(payloads) {
            let told = self.told.clone();
            self.accept(Submission { timeout, timed, priority: 0, ..Submission::new(payload) }, id);
            // It uses nobody's turn.
            self.told = told;
            let deadline = (timeout > 0).then(|| self.now + u64::from(timeout) * MILLISECOND);
            let task = self.task(id);
            (task.state, task.is_bound, task.deadline) = (TaskState::Bound(worker), true, deadline);
        }
        if let Some((name, payload)) = sticky {
            if let Some(index) = self.stuck.iter().position(|stuck| stuck.name == name) {
                let old = self.stuck.remove(index).payload;
                self.effects.push(Effect::Forgotten(old));
            }
            self.sticky += 1;
            let order = self.sticky;
            self.stuck.push(Stuck { name, payload, timeout, order, from: self.counters.started });
        }
        self.serve_bound();
        Broadcasted::Bound(bound)
    }

    fn bound_to(&self, worker: WorkerId) -> Vec<TaskId> {
        let mut own: Vec<&Task> =
            self.tasks.iter().filter(|task| task.state == TaskState::Bound(worker)).collect();
        own.sort_by_key(|task| task.number);
        own.into_iter().map(|task| task.id).collect()
    }

    /// The next one, unless the pool is paused.
    pub(super) fn next_bound(&self, worker: WorkerId) -> Option<TaskId> {
        self.bound_to(worker).first().copied().filter(|_| !self.is_paused())
    }

    pub(super) fn serve_bound(&mut self) {
        if self.phase == Phase::Closed {
            return;
        }
        let mut workers: Vec<WorkerId> = self.workers.iter().map(|worker| worker.id).collect();
        workers.sort();
        for worker in workers {
            while let Some(task) = self.next_bound(worker)
                && (self.is_idle(worker) || self.slots().iter().any(|&(_, other)| other == worker))
            {
                self.assign(worker, task);
                self.send(worker, task);
            }
        }
    }

    /// A worker takes no task any more.
    pub(super) fn leave_out(&mut self, worker: WorkerId) {
        for task in self.bound_to(worker) {
            self.leave_out_task(task);
        }
    }

    pub(super) fn leave_out_task(&mut self, task: TaskId) {
        let is_closed = self.phase == Phase::Closed;
        self.reject(task, if is_closed { Rejection::Released } else { Rejection::LeftOut });
    }

    /// The pool has been released.
    pub(super) fn release_bound(&mut self) {
        let mut workers: Vec<WorkerId> = self.workers.iter().map(|worker| worker.id).collect();
        workers.sort();
        workers.into_iter().for_each(|worker| self.leave_out(worker));
    }

    /// What a worker does before its first task, in this order.
    pub(crate) fn stickies(&self, worker: &Worker) -> Vec<Stuck> {
        self.stuck.iter().filter(|stuck| stuck.from <= worker.ordinal).cloned().collect()
    }
}
