//! What follows every step, and what is shown.

use workpool_core::{Condition, Effect, FaceId, MILLISECOND, Snapshot};

use super::{
    Model,
    records::{Phase, Waiter, Watch},
};

impl Model {
    pub(crate) fn watch(&mut self, face: FaceId, token: u32, condition: Condition, timeout: Option<u32>) {
        let expires_at = timeout.map(|ms| self.now + u64::from(ms) * MILLISECOND);
        self.watches.push(Watch { face, token, condition, expires_at });
        if condition == Condition::Started {
            self.keep();
        }
    }

    pub(super) fn tell(&mut self, watch: &Watch, left: Option<u32>) {
        let &Watch { face, token, .. } = watch;
        self.effects.push(Effect::Watched { face, token, left });
        self.watches.retain(|watch| watch.token != token);
    }

    pub(super) fn note_peaks(&mut self) {
        let busy = self.busy();
        self.counters.peak_busy = self.counters.peak_busy.max(busy);
        self.counters.peak_waiting = self.counters.peak_waiting.max(self.waiting());
    }

    /// Every step of a scheduled pool ends with this.
    pub(super) fn fill_if_scheduled(&mut self) {
        if self.is_scheduled {
            self.serve();
        }
    }

    /// What follows every lock hold: peaks, watches that have come true, and vacancies.
    pub(crate) fn conclude(&mut self) {
        self.fill_if_scheduled();
        self.note_standing();
        self.schedule.served_at = self.now;
        self.note_peaks();
        let is_closed = self.phase != Phase::Open;
        let busy = self.busy();
        let is_told = !self.options.kind.reports_late() || self.tasks.is_empty();
        for watch in self.watches.clone() {
            let is_vain = watch.condition == Condition::Started && is_closed;
            let holds = match watch.condition {
                Condition::Drained => busy + self.waiting() + self.reserved() == 0 && is_told,
                Condition::Settled => self.counters.unsettled == 0 && self.reserved() == 0,
                Condition::Ended(generation) => {
                    let is_past = generation != self.generation;
                    let is_over = is_past || (is_closed && self.waiting() + self.reserved() == 0 && is_told);
                    is_over && self.workers.iter().all(|worker| worker.generation != generation)
                }
                Condition::Vacant => {
                    is_closed && self.reserved() == 0 && self.tasks.is_empty() && self.workers.is_empty()
                }
                Condition::Left => self.is_quiet(watch.face),
                Condition::Over(group) => !self.tasks.iter().any(|task| task.is_open_in(group)),
                Condition::Started => self.is_ready(),
            };
            if holds || is_vain {
                self.tell(&watch, is_vain.then_some(0));
            }
        }
        while is_closed && let Some(index) = self.next_awaiting() {
            let Waiter { face, token, .. } = self.awaiting.remove(index);
            self.effects.push(Effect::Vacancy { face, token, is_closed });
        }
        while !self.is_scheduled && !self.awaiting.is_empty() && self.has_vacancy() {
            self.tell_first();
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            capacity: self.capacity,
            start_limit: self.start_limit(),
            running: self.running(),
            busy: self.busy(),
            waiting: self.waiting() + self.reserved(),
            is_closed: self.phase != Phase::Open,
            is_paused: self.is_paused(),
            has_measures: self.has_measures(),
            generation: self.generation,
            counters: self.counters,
        }
    }
}
