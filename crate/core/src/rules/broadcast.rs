//! Broadcasts: a task for each live worker, which the worker takes before any that waits in the queue.

use crate::{
    answer::{Broadcasted, Sticky},
    clock::{Clock, MILLISECOND},
    effect::{Effect, Effects, Rejection},
    id::{TaskId, WorkerId},
    state::{
        BATCH, State,
        tally::Outcome,
        task::{Task, TaskState},
        worker::{Worker, WorkerState},
    },
    submission::{Broadcast, Offer, Payload},
};

impl<T: Payload> State<T> {
    /// Binds a task to every worker that may take one more: each booting, idle and busy one of this generation that is not
    /// about to retire.
    pub(crate) fn broadcast(
        &mut self,
        clock: &impl Clock,
        broadcast: &Broadcast<'_, T>,
        effects: &mut Effects<T>,
    ) -> Broadcasted {
        if let Some(refusal) = self.refuse_if_closed(broadcast.face, Offer::Normal) {
            return Broadcasted::Refused(refusal);
        }
        let meant = self.workers.iter().filter(|(_, worker)| self.may_take_more(worker));
        let workers: Vec<WorkerId> = meant.map(|(id, _)| id).collect();
        if workers.len() > broadcast.payloads.len() {
            return Broadcasted::TooFew(workers.len());
        }
        let now = clock.now();
        let bound: Vec<_> = workers
            .into_iter()
            .zip(broadcast.payloads)
            .map(|(worker, &payload)| {
                let number = self.counters.accept();
                self.faces.add_record(broadcast.face);
                let is_measured = self.is_measuring();
                let submitted_at = if broadcast.timed || is_measured { now } else { 0 };
                let mut task = Task::bound(payload, broadcast, worker, number, submitted_at);
                if is_measured {
                    task.measure();
                }
                let id = self.tasks.insert(task);
                if broadcast.timeout > 0 {
                    let at = now + u64::from(broadcast.timeout) * MILLISECOND;
                    self.deadlines.insert(id.number(), at, broadcast.timeout);
                }
                self.bound.push(worker, id);
                (worker, id)
            })
            .collect();
        if let Some((name, payload)) = broadcast.sticky
            && let Some(old) = self.bound.stick(name, payload, broadcast.timeout, self.counters.started)
        {
            effects.push(Effect::Forgotten(old));
        }
        self.serve_bound(effects);
        Broadcasted::Bound(bound)
    }

    /// Whether a worker lives and is not about to retire.
    fn may_take_more(&self, worker: &Worker) -> bool {
        let is_live =
            matches!(worker.state(), WorkerState::Uninitialized | WorkerState::Running | WorkerState::Idle);
        is_live && self.census.is_current(worker.generation()) && !worker.is_ending()
    }

    /// The task that is bound to this worker and is next there, if it may start: while the pool is paused nothing may.
    #[cold]
    pub(crate) fn next_bound(&mut self, worker: WorkerId) -> Option<TaskId> {
        if self.is_paused() { None } else { self.bound.pop(worker) }
    }

    /// Starts bound tasks whose workers are idle or have a free slot.
    #[cold]
    pub(crate) fn serve_bound(&mut self, effects: &mut Effects<T>) {
        if self.lifetime.is_closed() {
            return;
        }
        for worker in self.bound.workers() {
            while self.is_open_to_bound(worker)
                && let Some(task) = self.next_bound(worker)
            {
                if self.workers[worker].state() == WorkerState::Idle {
                    self.idle.remove(worker);
                    self.census.resume();
                }
                self.assign(worker, task);
                self.send(worker, task, effects);
            }
        }
    }

    /// Whether the worker could begin one more task at once.
    pub(crate) fn is_open_to_bound(&self, worker: WorkerId) -> bool {
        let is_idle = self.workers.live(worker).is_some_and(|worker| worker.state() == WorkerState::Idle);
        is_idle || self.has_free_slot(worker)
    }

    /// The worker takes no task any more: those that were bound to it are left out. In a pool that has been released
    /// they are released as all that wait.
    pub(crate) fn leave_out(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        while let Some(task) = self.bound.pop(worker) {
            self.leave_out_task(task, effects);
        }
    }

    /// A bound task has not begun and never will.
    pub(crate) fn leave_out_task(&mut self, task: TaskId, effects: &mut Effects<T>) {
        let (outcome, rejection) = if self.lifetime.is_closed() {
            (Outcome::Released, Rejection::Released)
        } else {
            (Outcome::Cancelled, Rejection::LeftOut)
        };
        self.deadlines.remove(task.number());
        self.counters.settle(outcome);
        self.reject_over(task, rejection, effects);
    }

    /// The pool has been released: rejects bound tasks, or some of them. Returns whether there are more.
    pub(crate) fn release_bound(&mut self, effects: &mut Effects<T>) -> bool {
        for _ in 0..BATCH {
            let Some(worker) = self.bound.first_worker() else { break };
            if let Some(task) = self.bound.pop(worker) {
                self.leave_out_task(task, effects);
            }
        }
        !self.bound.is_empty()
    }

    /// A bound task settles before its worker has taken it.
    pub(crate) fn unbind(&mut self, worker: WorkerId, task: TaskId) {
        self.bound.remove(worker, task);
        self.deadlines.remove(task.number());
        debug_assert!(matches!(self.tasks[task].state, TaskState::Bound(of) if of == worker));
    }

    /// What a booting worker does before its first task, behind what stands at `after`.
    pub(crate) fn sticky_after(&self, worker: WorkerId, after: u64) -> Option<Sticky<T>> {
        let record = self.workers.live(worker)?;
        self.bound.sticky_after(record.ordinal(), after)
    }
}
