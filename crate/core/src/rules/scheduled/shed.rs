//! Controlled delay: queues that stand.
//!
//! A queue that empties now and then absorbs a burst. A queue that never does only adds delay: whoever joins it waits
//! for as long as it is, and all get late answers. Then the newest task starts first, as its caller is the likeliest to
//! be there still, and what has waited for longer than the target is rejected.

use crate::{
    effect::{Effects, Rejection},
    id::TaskId,
    state::{BATCH, State, tally::Outcome},
    submission::{BACKGROUND, Payload},
};

impl<T: Payload> State<T> {
    /// Whether the newest task of this priority starts first. Tasks that age keep their order.
    pub(super) fn is_newest_first(&self, priority: u64) -> bool {
        let schedule = self.schedule();
        let standing =
            schedule.standing.as_ref().filter(|_| schedule.ageing.is_none() && self.lifetime.is_open());
        standing.is_some_and(|standing| standing.is_long(priority, self.now))
    }

    /// A worker would take the next task: rejects what has waited for too long. Returns whether there was any.
    pub(super) fn shed_late(&mut self, effects: &mut Effects<T>) -> bool {
        let schedule = self.schedule();
        let Some(standing) = schedule.standing.as_ref().filter(|_| self.lifetime.is_open()) else {
            return false;
        };
        let now = self.now;
        let priorities: Vec<u64> = standing.long(now).collect();
        let mut shed = 0;
        for priority in priorities {
            while let Some(id) = self.late_at(priority) {
                if shed == BATCH {
                    self.schedule_mut().is_more = true;
                    return true;
                }
                shed += 1;
                self.reject_waiting(id, Outcome::Shed, Rejection::Shed, effects);
            }
        }
        shed > 0
    }

    /// The oldest task of this priority, if it has waited for too long.
    fn late_at(&self, priority: u64) -> Option<TaskId> {
        let schedule = self.schedule();
        let oldest = self.oldest_at(priority)?;
        let at = self.moved.since(oldest.number(), self.tasks[oldest].submitted_at());
        schedule.standing.as_ref()?.is_late(at, self.now).then_some(oldest)
    }

    /// Notes in which queues a task could start now, at the end of a transition.
    pub(super) fn note_standing(&mut self) {
        if self.schedule().standing.is_none() {
            return;
        }
        let standing = self.priorities_that_may_start();
        let now = self.now;
        if let Some(queues) = &mut self.schedule_mut().standing {
            queues.note(&standing, now);
        }
    }

    /// In ascending order.
    fn priorities_that_may_start(&self) -> Vec<u64> {
        let schedule = self.schedule();
        let mut priorities = Vec::new();
        if schedule.is_paused() || self.allowed() == 0 || !self.lifetime.is_open() {
            return priorities;
        }
        let mut from = 0;
        loop {
            let Some(priority) = self.priority_from(from).filter(|&priority| priority != BACKGROUND) else {
                return priorities;
            };
            let is_keyless = self.queue.oldest(priority).is_some();
            let is_keyed = schedule.keys.first(priority, schedule.per_key, false).is_some();
            if is_keyless || is_keyed || schedule.keys.first_of_groups(priority, 0, false).is_some() {
                priorities.push(priority);
            }
            from = priority + 1;
        }
    }
}
