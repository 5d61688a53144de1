//! What happens because time has passed.

use workpool_core::{Condition, Effect, MILLISECOND, Nanos, Rejection, TaskId, WorkerId};

use super::{
    Model,
    records::{Task, TaskState, Waiter, Worker, WorkerState},
};

impl Model {
    /// When the reaper has something to do next.
    pub(crate) fn due(&self) -> Option<Nanos> {
        let spare = self.staying().saturating_sub(self.least());
        let purge = self.options.expiry.filter(|_| spare > 0).and_then(|expiry| {
            let not_before = self.last_purge.map_or(0, |last| last + expiry / 2);
            self.idle().first().map(|&(oldest, _)| (oldest + expiry).max(not_before))
        });
        let tasks = self.tasks.iter().filter_map(|task| task.deadline);
        let watches = self.watches.iter().filter_map(|watch| watch.expires_at);
        let terms = self.workers.iter().filter_map(|worker| worker.term);
        let waits = self.awaiting.iter().filter_map(|waiter| waiter.deadline);
        tasks
            .chain(watches)
            .chain(terms)
            .chain(waits)
            .chain(self.token_due())
            .chain(purge)
            .chain(self.paused_until)
            .min()
    }

    pub(crate) fn reap(&mut self) {
        self.purge();
        let mut unclosed = None;
        for watch in self.watches.clone() {
            if watch.expires_at.is_some_and(|at| at <= self.now) {
                let awaited = match watch.condition {
                    Condition::Ended(generation) => generation,
                    _ => self.generation,
                };
                let of_it = |worker: &&Worker| worker.generation == awaited;
                let left = self.workers.iter().filter(of_it).map(|worker| worker.slots).sum();
                self.tell(&watch, Some(left));
                if watch.condition == Condition::Ended(self.generation) {
                    unclosed = Some(self.generation);
                }
            }
        }
        // Those whose time is over are told before what a close that ran out of time rejects.
        if unclosed.is_some() {
            self.release(unclosed);
        }
        self.expire_terms();
        let mut late = self.awaiting.clone();
        late.retain(|waiter| waiter.deadline.is_some_and(|at| at <= self.now));
        late.sort_by_key(|waiter| waiter.deadline);
        for Waiter { face, token, .. } in late {
            self.effects.push(Effect::NoVacancy { face, token });
            self.awaiting.retain(|waiter| (waiter.face, waiter.token) != (face, token));
        }
        while let Some(Task { id, state, submission, .. }) = self.next_late() {
            match state {
                TaskState::Waiting => {
                    self.reject(
                        id,
                        Rejection::WaitTimeout(submission.wait_timeout.expect("it has a deadline")),
                    );
                }
                TaskState::Bound(_) | TaskState::Running(_) => {
                    self.reject(id, Rejection::TaskTimeout(submission.timeout));
                }
                TaskState::Abandoned(worker) => self.end_unheeding(id, worker),
                TaskState::Over => unreachable!("it has no deadline"),
            }
        }
        if self.paused_until.is_some_and(|at| at <= self.now) {
            self.end_pause();
        }
    }

    /// A moment that is so many milliseconds from now.
    pub(super) fn after(&self, limit: Option<u32>) -> Option<Nanos> {
        limit.map(|limit| self.now + u64::from(limit) * MILLISECOND)
    }

    fn expire_terms(&mut self) {
        let mut late = self.workers.clone();
        late.retain(|worker| worker.term.is_some_and(|by| by <= self.now));
        late.sort_by_key(|worker| (worker.term, worker.id));
        if late.is_empty() {
            return;
        }
        let (mut is_too_slow, mut worn) = (false, Vec::new());
        for Worker { id, state, generation, .. } in late {
            self.worker(id).term = None;
            match state {
                WorkerState::Booting => {
                    self.worker(id).state = WorkerState::Late;
                    self.effects.push(Effect::Overdue(id));
                    if generation == self.generation {
                        is_too_slow = true;
                        if let Some(next) = self.next_to_settle() {
                            self.reject(next, self.too_slow());
                        }
                    }
                }
                WorkerState::Stopping => {
                    self.overdue.push(id);
                    self.counters.retired += 1;
                    self.workers.retain(|other| other.id != id);
                    self.effects.push(Effect::Overdue(id));
                }
                WorkerState::Idle(_) => worn.push(id),
                _ => self.worker(id).is_ending = true,
            }
        }
        if is_too_slow {
            self.back_off(self.too_slow());
        }
        for (_, worker) in self.idle() {
            if worn.contains(&worker) {
                self.retire(worker);
            }
        }
        self.fill();
    }

    fn too_slow(&self) -> Rejection {
        Rejection::WaitTimeout(self.options.kind.boot_timeout().expect("it has a limit"))
    }

    /// The task that is late for longest.
    pub(super) fn next_late(&self) -> Option<Task> {
        let is_late = |task: &&Task| task.deadline.is_some_and(|at| at <= self.now);
        self.tasks.iter().filter(is_late).min_by_key(|task| task.deadline).cloned()
    }

    pub(super) fn purge(&mut self) {
        let Some(expiry) = self.options.expiry else { return };
        let spare = self.staying().saturating_sub(self.least());
        let mut expired = self.idle();
        expired.retain(|(since, _)| since + expiry <= self.now);
        expired.truncate(spare as usize);
        for (_, worker) in expired {
            self.last_purge = Some(self.now);
            self.retire(worker);
        }
    }

    /// A task has had its grace: its thread is killed, but not before others on it have had as long.
    pub(super) fn end_unheeding(&mut self, id: TaskId, id_of_worker: WorkerId) {
        let is_alone = self.load(id_of_worker) == 1;
        let spared_until = self.heeds_until().expect("it can be killed");
        let now = self.now;
        let worker = self.worker(id_of_worker);
        worker.is_ending = true;
        let at = *worker.spared_until.get_or_insert(if is_alone { now } else { spared_until });
        if is_alone || at <= now {
            self.task(id).deadline = None;
            self.effects.push(Effect::Kill(id_of_worker));
        } else {
            self.task(id).deadline = Some(at);
        }
    }
}
