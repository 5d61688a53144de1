//! What may be very much: the rejection of all that wait, and what a call leaves to the reaper.

use crate::{
    effect::{Effects, Rejection},
    id::TaskId,
    state::{BATCH, State, tally::Outcome},
    submission::Payload,
};

/// Most tasks that one hold of the lock rejects of those that are set aside. For loom, which permutes what happens between
/// two holds, it is one.
const HOLD: usize = if cfg!(loom) { 1 } else { BATCH };

impl<T: Payload> State<T> {
    /// Rejects tasks that wait, or some of them. Returns whether there are more. In a pool without a schedule all have
    /// settled by now, and the others have still to be told by `reject_aside`.
    pub(crate) fn reject_all(
        &mut self,
        outcome: Outcome,
        rejection: Rejection,
        effects: &mut Effects<T>,
    ) -> bool {
        if self.schedule.is_none() {
            let count = self.aside.add(&mut self.queue, rejection, self.counters.submitted);
            self.counters.settle_all(outcome, u64::from(count));
            self.moved.forget_all();
            return self.reject_aside(effects);
        }
        for _ in 0..BATCH {
            let Some(task) = self.next_waiting() else { return false };
            self.counters.settle(outcome);
            self.reject_over(task, rejection, effects);
        }
        self.waiting() > 0
    }

    /// Tells the origins of tasks that have been set aside, or of some of them. Returns whether there are more.
    pub(crate) fn reject_aside(&mut self, effects: &mut Effects<T>) -> bool {
        if self.aside.is_empty() {
            return false;
        }
        for _ in 0..HOLD {
            let Some((number, rejection)) = self.aside.pop(&mut self.queue) else { break };
            let Some(task) = self.tasks.at(number) else { continue };
            self.deadlines.remove(number);
            self.reject_over(task, rejection, effects);
        }
        if self.aside.is_empty() {
            // Whoever awaits the end of a generation is told after its tasks.
            self.watches.generations_ended();
        }
        !self.aside.is_empty()
    }

    /// Whether tasks wait, in the queue or for the worker that they are bound to.
    pub(crate) fn has_unstarted(&self) -> bool {
        self.waiting() > 0 || !self.bound.is_empty()
    }

    /// Whether a task whose record says that it waits has settled, and is still to be rejected.
    pub(crate) fn is_aside(&self, task: TaskId) -> bool {
        self.aside.has(task.number(), self.tasks[task].number)
    }

    /// Whether the reaper has something to go on with that a call has left.
    pub(crate) fn has_backlog(&self) -> bool {
        let is_open = self.lifetime.is_open();
        !self.aside.is_empty()
            || self.capacity.is_changing()
            || (self.lifetime.is_closed() && self.has_unstarted())
            || self.schedule.as_ref().is_some_and(|schedule| schedule.is_more)
            || (!is_open && self.vacancies.held() > 0)
            // Otherwise they are told by whoever brings the last effect.
            || (self.watches.has_over() && !self.workers.is_delivering())
            || (!self.vacancies.is_empty() && (!is_open || (self.schedule.is_none() && self.has_room_for_another())))
    }
}
