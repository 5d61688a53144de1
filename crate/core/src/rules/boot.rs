//! Workers that boot: they are ready, or could not be made.

use crate::{
    clock::{Clock, Nanos},
    effect::{Effect, Effects, Rejection},
    id::{TaskId, WorkerId},
    state::{State, tally::Outcome, worker::WorkerState},
    submission::Payload,
};

impl<T: Payload> State<T> {
    /// The generation of a worker, if it boots.
    fn generation_of_booting(&self, worker: WorkerId) -> Option<u64> {
        let record = self.workers.live(worker)?;
        (record.state() == WorkerState::Uninitialized).then(|| record.generation())
    }

    /// A booting worker is ready; only now it is decided which task it gets. One that was validated is, too.
    pub(crate) fn booted(
        &mut self,
        clock: &impl Clock,
        worker: WorkerId,
        effects: &mut Effects<T>,
    ) -> Option<TaskId> {
        let record = self.workers.live(worker)?;
        let generation = record.generation();
        match record.state() {
            WorkerState::Uninitialized => {
                self.census.end_boot(generation);
                self.starts.succeed();
                self.terms.remove(worker.0);
                if let Some(age) = self.options.kind.max_age() {
                    self.terms.insert(worker.0, clock.now() + age, 0);
                }
                let first = self.free_worker(clock, worker, false, effects);
                // After a failed start there may be room that waiting tasks have not got.
                self.end_pause(effects);
                first
            }
            WorkerState::Validating => {
                self.end_validation(generation);
                self.free_worker(clock, worker, false, effects)
            }
            WorkerState::Late => {
                self.workers[worker].stop();
                effects.push(Effect::Retire(worker));
                None
            }
            _ => None,
        }
    }

    /// A booting worker could not be made. One task, the next, fails for it. The others wait until the pool tries
    /// again, or, if it is closing, are rejected by [`reject_vain`](Self::reject_vain).
    pub(crate) fn boot_failed(
        &mut self,
        clock: &impl Clock,
        worker: WorkerId,
        share: u32,
        effects: &mut Effects<T>,
    ) -> Option<(TaskId, T)> {
        let record = self.workers.live(worker)?;
        let generation = record.generation();
        let mut failed = None;
        match record.state() {
            WorkerState::Uninitialized => {
                self.census.end_boot(generation);
                self.census.end_work(generation);
                if self.census.is_current(generation) {
                    failed = self.next_waiting();
                    self.back_off(clock.now(), share, Rejection::StartFailed, effects);
                }
            }
            WorkerState::Late => self.census.end_stop(generation),
            _ => return None,
        }
        if let Some(task) = failed {
            self.counters.settle(Outcome::Failed);
            self.end_record(task);
        }
        self.terms.remove(worker.0);
        self.counters.retired += 1;
        self.exit(worker, effects);
        failed.map(|task| (task, self.tasks[task].payload))
    }

    /// A worker was validated and must not be used any more: it is taken down, and whoever waits for it gets another
    /// one.
    pub(crate) fn invalid(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        let Some(record) = self.workers.live(worker) else { return };
        if record.state() != WorkerState::Validating {
            return;
        }
        let generation = record.generation();
        self.end_validation(generation);
        self.census.end_work(generation);
        self.retire(worker, effects);
        self.fill(effects);
    }

    /// A worker is not validated any more; it is still busy.
    pub(crate) fn end_validation(&mut self, generation: u64) {
        self.census.end_boot(generation);
        if self.census.is_current(generation) {
            self.starts.end_validation();
        }
    }

    /// A booting worker takes too long. One task, the next, is rejected for it. The slot is taken until the host
    /// answers. Returns whether that concerns this generation, which is to [back off](Self::back_off).
    pub(crate) fn be_late(&mut self, worker: WorkerId, limit: u32, effects: &mut Effects<T>) -> bool {
        let record = &mut self.workers[worker];
        let generation = record.generation();
        record.be_late();
        self.census.end_boot(generation);
        self.census.end_work(generation);
        self.census.begin_stop(generation);
        effects.push(Effect::Overdue(worker));
        let is_current = self.census.is_current(generation);
        if is_current && let Some(task) = self.next_waiting() {
            self.counters.settle(Outcome::WaitTimeout);
            self.reject_over(task, Rejection::WaitTimeout(limit), effects);
        }
        is_current
    }

    /// A worker of this generation could not be made: for a while none is. A pool that is closing does not try as often
    /// as tasks wait: it rejects them.
    pub(crate) fn back_off(
        &mut self,
        now: Nanos,
        share: u32,
        rejection: Rejection,
        effects: &mut Effects<T>,
    ) {
        // If workers that were started together with this one fail, too, that is the same failure.
        if !self.starts.are_paused() {
            self.starts.pause(now, share);
        }
        if !self.lifetime.is_open() {
            self.starts.give_up(rejection);
            self.reject_vain(effects);
        }
        self.expire_started(effects);
    }

    /// Rejects tasks that wait in vain, or some of them. Returns whether more wait.
    pub(crate) fn reject_vain(&mut self, effects: &mut Effects<T>) -> bool {
        let Some(rejection) = self.starts.vain() else { return false };
        let outcome = match rejection {
            Rejection::WaitTimeout(_) => Outcome::WaitTimeout,
            _ => Outcome::Failed,
        };
        self.reject_all(outcome, rejection, effects);
        let is_more = self.waiting() > 0;
        if !is_more {
            self.starts.have_given_up();
        }
        is_more
    }

    /// A worker could not be started, and trying again is of no use. It is not replaced before the next submit. Returns
    /// whether that concerns this generation: a worker of an older one may have been ended while it booted.
    pub(crate) fn start_failed(
        &mut self,
        clock: &impl Clock,
        worker: WorkerId,
        effects: &mut Effects<T>,
    ) -> bool {
        let Some(generation) = self.generation_of_booting(worker) else { return false };
        self.census.end_boot(generation);
        self.census.end_work(generation);
        self.counters.crashed += 1;
        self.leave_out(worker, effects);
        self.leave_service(worker);
        let is_current = self.census.is_current(generation);
        if is_current {
            self.starts.fail();
            self.starts.set_in_vain(true);
            // If workers that were started together with this one fail, too, that is the same failure.
            if self.census.has_started() && !self.starts.are_paused() {
                self.starts.pause(clock.now(), u32::MAX);
            }
        }
        is_current
    }

    /// Workers are started again: for those who wait, and in place of the dead.
    pub(crate) fn end_pause(&mut self, effects: &mut Effects<T>) {
        let owed = self.starts.resume();
        self.fill(effects);
        for _ in 0..owed {
            self.replace(effects);
        }
    }

    /// A worker has died: another one takes its place if fewer than `min_size` are left.
    pub(crate) fn replace(&mut self, effects: &mut Effects<T>) {
        // Where the pool tries again by itself, `fill` keeps them.
        if !self.lifetime.is_open() || self.census.running() >= self.least() || self.options.kind.backs_off()
        {
            return;
        }
        if self.start_limit() == Some(0) {
            self.starts.owe();
        } else {
            self.boot_one(effects);
        }
    }

    /// Rejects tasks that wait, unless there are workers that have started. Returns whether more tasks wait that are to be
    /// rejected.
    pub(crate) fn reject_unstartable(&mut self, effects: &mut Effects<T>) -> bool {
        if self.census.has_started() {
            self.starts.set_in_vain(false);
            self.fill(effects);
            return false;
        }
        self.expire_started(effects);
        self.reject_all(Outcome::Failed, Rejection::StartFailed, effects);
        let is_more = self.waiting() > 0;
        self.starts.set_in_vain(is_more);
        is_more
    }
}
