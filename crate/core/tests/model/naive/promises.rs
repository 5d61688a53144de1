//! What the rules of scheduling promise, asked of the model itself: it is the specification, and a wrong one would agree with a wrong pool.

use workpool_core::{BACKGROUND, TaskId, WorkerId};

use super::{
    Model,
    records::{Phase, TaskState, kin},
};

impl Model {
    /// A waiting task, or a newcomer, is about to be given to a worker.
    pub(super) fn check_start(&mut self, worker: WorkerId, id: TaskId) {
        if !self.is_scheduled {
            return;
        }
        assert!(!self.is_paused(), "a start while the pool is paused");
        if self.known(id).is_bound {
            return;
        }
        let submission = self.known(id).submission;
        assert_eq!(self.barred(kin(&submission)), None, "a start that is barred");
        if let Some(rate) = self.options.policy.rate {
            self.history.push(self.now);
            let recent = self.history.iter().filter(|&&at| at + rate.interval > self.now);
            assert!(recent.count() <= rate.limit as usize, "more starts than the rate allows");
        }
        let is_idle = self.is_idle(worker);
        let others = self.busy() - u32::from(!is_idle && !self.options.kind.boots());
        if !self.options.kind.boots() {
            let weight = self.weight(submission.weight);
            assert!(
                u64::from(others) + u64::from(weight) <= u64::from(self.capacity),
                "more than the capacity"
            );
        }
        if submission.priority == BACKGROUND && self.phase == Phase::Open && !self.options.kind.boots() {
            assert!(others < (self.capacity / 2).max(1), "background tasks take more than half");
        }
    }

    /// After every step.
    pub(crate) fn keep_promises(&self) {
        if !self.is_scheduled {
            return;
        }
        if let Some(id) = self.next_task().filter(|_| self.phase != Phase::Closed) {
            let submission = self.known(id).submission;
            if self.options.kind.boots() {
                let is_held = self.is_held();
                let is_expected = self.must_validate() && self.demand() <= self.booting();
                assert!(
                    self.idle().is_empty() || is_held || is_expected,
                    "an idle worker beside a task that may start"
                );
            } else {
                let has_room = self.fits(submission.weight, self.held_in_all());
                assert!(!has_room || self.is_gathering(), "room for a task that waits");
            }
        }
        let is_used = self.busy() + self.told_slots() + self.reserved_slots() > 0;
        assert!(is_used || !self.is_gathering(), "slots gather that nobody has");
        let bound = self.options.policy.max_waiting_per_key;
        assert!(bound < u32::MAX, "a bound");
        let counters = &self.counters;
        let settled = counters.completed + counters.failed + counters.timed_out + counters.cancelled;
        let rejected =
            counters.wait_timeout + counters.released + counters.displaced + counters.shed + counters.cleared;
        assert_eq!(counters.submitted, counters.unsettled + settled + rejected, "every task is counted once");
        let is_unsettled =
            |state| matches!(state, TaskState::Waiting | TaskState::Bound(_) | TaskState::Running(_));
        let unsettled = self.tasks.iter().filter(|task| is_unsettled(task.state)).count() as u64;
        assert_eq!(unsettled, counters.unsettled, "unsettled");
    }
}
