//! When what is watched has come true, and what follows if its time is up before.

use crate::{
    clock::Nanos,
    effect::{Effect, Effects},
    state::{
        State,
        watch::{BATCH, Condition, Watch},
    },
    submission::Payload,
};

impl<T: Payload> State<T> {
    /// Workers cannot be started: whoever waits for one is told that it is in vain.
    pub(crate) fn expire_started(&mut self, effects: &mut Effects<T>) {
        self.watches.end(Condition::Started, Some(0));
        self.watches.tell(effects);
    }

    /// Ends the watches that have come true, after every transition. Returns whether there are more than one hold of
    /// the lock tells.
    pub(crate) fn notify_watches(&mut self, effects: &mut Effects<T>) -> bool {
        // If origins hear late, the watches of the pool come after its tasks: every origin has collected by then.
        let is_told = !self.options.kind.reports_late() || self.tasks.is_empty();
        // And after tasks that have settled already, however they have.
        let is_rejected = self.aside.is_empty();
        if self.pending() == 0 && self.census.engaged() == 0 && is_told && is_rejected {
            self.watches.end(Condition::Drained, None);
        }
        if self.counters.unsettled == 0 && self.batches.reserved() == 0 && is_rejected {
            self.watches.end(Condition::Settled, None);
        }
        let present = self.census.generation();
        let has_ended = self.has_ended(present);
        if has_ended && !self.census.has_older() && self.tasks.is_empty() {
            self.watches.end(Condition::Vacant, None);
        }
        let is_vain = !self.lifetime.is_open();
        if is_vain || self.is_ready() {
            self.watches.end(Condition::Started, is_vain.then_some(0));
        }
        if has_ended {
            self.watches.generation_ended(present);
        }
        while let Some(generation) = self.watches.next_ended_generation() {
            // After a reboot there may always be tasks.
            if is_rejected && self.has_ended(generation) && (is_told || !self.census.is_current(generation)) {
                self.watches.end(Condition::Ended(generation), None);
            }
        }
        while let Some(face) = self.watches.next_quiet_face() {
            if self.faces.records(face) == 0 {
                self.watches.end_left(face);
            }
        }
        while let Some(group) = self.watches.next_over_group() {
            if !self.groups.has(group) {
                self.watches.end(Condition::Over(group), None);
            }
        }
        self.watches.tell(effects)
    }

    /// Ends the watches whose time is up, or some of them. Returns whether there are more. A close that has run out of
    /// time becomes a release of what it closed.
    pub(crate) fn expire_watches(&mut self, now: Nanos, effects: &mut Effects<T>) -> bool {
        let present = self.census.generation();
        let mut is_released = false;
        for _ in 0..BATCH {
            let Some(Watch { face, token, condition, .. }) = self.watches.take_late(now) else { break };
            effects.push(Effect::Watched { face, token, left: Some(self.left(condition)) });
            is_released |= condition == Condition::Ended(present);
        }
        if is_released {
            self.release(Some(present), effects);
        }
        self.watches.due() <= now
    }

    /// Whether no worker of the generation is left, and none will come.
    fn has_ended(&self, generation: u64) -> bool {
        let is_over =
            !self.census.is_current(generation) || (!self.lifetime.is_open() && self.pending() == 0);
        is_over && self.census.left(generation) == 0
    }

    /// Live workers that a watch waits for: of its generation, or of this one.
    fn left(&self, condition: Condition) -> u32 {
        self.census.left(match condition {
            Condition::Ended(generation) => generation,
            _ => self.census.generation(),
        })
    }
}
