//! What happens because time has passed: purge, `wait_timeout`, `timeout`, and watches that are up.

use crate::{
    clock::Nanos,
    face::Payload,
    state::{Effect, Effects, Phase, Rejection, State},
    task::{TaskId, TaskState},
    worker::WorkerId,
};

/// Most deadlines that one lock hold deals with.
const BATCH: usize = 1_024;

impl<T: Payload> State<T> {
    /// When something is due next; `Nanos::MAX` for nothing. There is a purge to come only while somebody is idle.
    pub(crate) fn due(&self) -> Nanos {
        let purge = match (self.options.expiry, self.idle.oldest()) {
            (Some(expiry), Some(oldest)) if self.spare() > 0 => (oldest + expiry).max(self.next_purge),
            _ => Nanos::MAX,
        };
        let deadlines = [self.deadlines.first(), self.disposals.first()];
        let others = purge.min(self.watches.first()).min(self.vacancies.due()).min(self.starts_at);
        deadlines.into_iter().flatten().fold(others, Nanos::min)
    }

    /// Whether something may follow from a change beside its effects: somebody awaits what it may have brought about, or the reaper
    /// is to come earlier than it would.
    #[inline]
    pub(crate) fn is_eventful(&self) -> bool {
        self.is_watched() || !self.vacancies.is_empty() || self.due() < self.armed
    }

    /// Does what is due; whether more is due at once.
    pub(crate) fn reap(&mut self, now: Nanos, effects: &mut Effects<T>) -> bool {
        let is_more_idle = self.purge(now, effects);
        let is_more_watched = self.expire_watches(now, effects);
        let is_more_disposed = self.expire_disposals(now, effects);
        let is_more_vacant = self.expire_vacancies(now, effects);
        let is_more_tasks = self.expire_tasks(now, effects);
        if self.starts_at <= now {
            self.end_pause(effects);
        }
        let is_more = is_more_tasks || is_more_vacant || is_more_disposed || is_more_watched || is_more_idle;
        // A close that ran out of time may leave more behind than one lock hold rejects.
        let is_released = self.phase == Phase::Closed && self.queue.len() > 0;
        (is_released && self.release(None, effects)) || is_more
    }

    /// Retires the workers that have been idle for `expiry`, or some of them, and not before half an `expiry` has passed again.
    /// Whether there are more.
    fn purge(&mut self, now: Nanos, effects: &mut Effects<T>) -> bool {
        let Some(deadline) = self.options.expiry.and_then(|expiry| now.checked_sub(expiry)) else {
            return false;
        };
        let expired = self.idle.idle_since(deadline).min(self.spare() as usize);
        if expired > 0 {
            self.next_purge = now + self.options.expiry.unwrap_or(0) / 2;
            self.retire_oldest(expired.min(BATCH), effects);
        }
        expired > BATCH
    }

    fn expire_disposals(&mut self, now: Nanos, effects: &mut Effects<T>) -> bool {
        let mut given_up = 0;
        while given_up < BATCH
            && let Some((number, _)) = self.disposals.pop_due(now)
        {
            self.give_up(WorkerId(number), effects);
            given_up += 1;
        }
        if given_up > 0 {
            self.fill(effects);
        }
        given_up == BATCH
    }

    /// Workers beyond `min_size`.
    fn spare(&self) -> u32 {
        (self.running - self.stopping).saturating_sub(self.options.min_size.min(self.capacity))
    }

    fn expire_tasks(&mut self, now: Nanos, effects: &mut Effects<T>) -> bool {
        for _ in 0..BATCH {
            let Some((number, limit)) = self.deadlines.pop_due(now) else { return false };
            let Some(id) = self.tasks.at(number) else { continue };
            let rejection = match self.tasks[id].state {
                TaskState::Waiting => {
                    self.forget_unbegun(id, effects);
                    self.queue.remove(id.number());
                    self.counters.wait_timeout += 1;
                    self.tasks[id].state = TaskState::Over;
                    Rejection::WaitTimeout(limit)
                }
                TaskState::Running(worker) => {
                    self.counters.timed_out += 1;
                    self.abandon_to(worker, id, false, now);
                    Rejection::TaskTimeout(limit)
                }
                TaskState::Abandoned { worker, .. } => {
                    self.end_unheeding(worker, id, now, effects);
                    continue;
                }
                TaskState::Over => unreachable!("what is over has no deadline"),
            };
            self.counters.unsettled -= 1;
            effects.push(Effect::Reject(id, self.tasks[id].payload, rejection));
        }
        true
    }

    /// A task has not heeded its settling in time, so its thread is ended. Others on that thread get the same time to finish,
    /// whoever else does not heed meanwhile.
    fn end_unheeding(&mut self, worker: WorkerId, id: TaskId, now: Nanos, effects: &mut Effects<T>) {
        let record = &mut self.workers[worker];
        record.is_ending = true;
        let others_have = if record.load > 1 { self.options.kind.grace().unwrap_or(0) } else { 0 };
        let spared_until = *record.spared_until.get_or_insert(now + others_have);
        if record.load > 1 && now < spared_until {
            self.deadlines.insert(id.number(), spared_until, 0);
        } else {
            effects.push(Effect::Kill(worker));
        }
    }

    /// The moment for which the reaper must be armed anew, if it has to come earlier than it would.
    pub(crate) fn rearm(&mut self) -> Option<Nanos> {
        let due = self.due();
        if due < self.armed {
            self.armed = due;
            return Some(due);
        }
        None
    }

    /// The reaper has not been armed for `at`: the next transition tries again, unless somebody has armed it for another moment.
    pub(crate) fn disarm(&mut self, at: Nanos) {
        if self.armed == at {
            self.armed = Nanos::MAX;
        }
    }
}
