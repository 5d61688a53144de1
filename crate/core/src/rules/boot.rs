//! Workers that boot: they are ready, or could not be made.

use crate::{
    clock::Clock,
    effect::{Effects, Rejection},
    id::{TaskId, WorkerId},
    state::{BATCH, State, tally::Outcome, task::TaskState, worker::WorkerState},
    submission::Payload,
};

impl<T: Payload> State<T> {
    /// The generation of a worker, if it boots.
    fn generation_of_booting(&self, worker: WorkerId) -> Option<u64> {
        let record = self.workers.live(worker)?;
        (record.state() == WorkerState::Uninitialized).then(|| record.generation())
    }

    /// A booting worker is ready; only now it is decided which task it gets.
    pub(crate) fn booted(
        &mut self,
        clock: &impl Clock,
        worker: WorkerId,
        effects: &mut Effects<T>,
    ) -> Option<TaskId> {
        self.census.end_boot(self.generation_of_booting(worker)?);
        self.starts.succeed();
        let first = self.free_worker(clock, worker, false, effects);
        // After a failed start there may be room that waiting tasks have not got.
        self.end_pause(effects);
        first
    }

    /// A booting worker could not be made. One task, the next, fails for it; the one after that tries again.
    pub(crate) fn boot_failed(&mut self, worker: WorkerId, effects: &mut Effects<T>) -> Option<(TaskId, T)> {
        let generation = self.generation_of_booting(worker)?;
        self.census.end_boot(generation);
        self.census.end_work(generation);
        let failed = if self.census.is_current(generation) { self.next_waiting() } else { None };
        if let Some(task) = failed {
            self.counters.settle(Outcome::Failed);
            self.tasks[task].state = TaskState::Over;
        }
        self.counters.retired += 1;
        self.exit(worker, effects);
        failed.map(|task| (task, self.tasks[task].payload))
    }

    /// A worker could not be started, and trying again is of no use. It is not replaced before the next submit. Returns
    /// whether that concerns this generation: a worker of an older one may have been ended while it booted.
    pub(crate) fn start_failed(&mut self, clock: &impl Clock, worker: WorkerId) -> bool {
        let Some(generation) = self.generation_of_booting(worker) else { return false };
        self.census.end_boot(generation);
        self.census.end_work(generation);
        self.counters.crashed += 1;
        self.leave_service(worker);
        let is_current = self.census.is_current(generation);
        if is_current {
            self.starts.fail();
            self.starts.set_in_vain(true);
            // If workers that were started together with this one fail, too, that is the same failure.
            if self.census.has_started() && !self.starts.are_paused() {
                self.starts.pause(clock.now());
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
        let least = self.options.min_size.min(self.capacity.limit());
        if !self.lifetime.is_open() || self.census.running() >= least {
            return;
        }
        if self.is_pausing() {
            self.starts.owe();
        } else {
            self.boot_one(effects);
        }
    }

    /// Rejects tasks that wait, unless there are workers that have started. Returns whether more tasks are left to
    /// reject.
    pub(crate) fn reject_unstartable(&mut self, effects: &mut Effects<T>) -> bool {
        if self.census.has_started() {
            self.starts.set_in_vain(false);
            self.fill(effects);
            return false;
        }
        self.expire_started(effects);
        let is_more = self.reject_some(Outcome::Failed, Rejection::StartFailed, effects);
        self.starts.set_in_vain(is_more);
        is_more
    }

    /// Rejects tasks that wait, or some of them. Returns whether there are more.
    pub(crate) fn reject_some(
        &mut self,
        outcome: Outcome,
        rejection: Rejection,
        effects: &mut Effects<T>,
    ) -> bool {
        for _ in 0..BATCH {
            let Some(task) = self.next_waiting() else { return false };
            self.counters.settle(outcome);
            self.reject_over(task, rejection, effects);
        }
        self.waiting() > 0
    }
}
