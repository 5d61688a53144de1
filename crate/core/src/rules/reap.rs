//! What happens because time has passed: purge, `wait_timeout`, `timeout`, and watches that are up.

use crate::{
    clock::Nanos,
    effect::{Effect, Effects, Rejection},
    id::{TaskId, WorkerId},
    state::{
        BATCH, State,
        tally::Outcome,
        task::{Interrupted, TaskState},
        worker::WorkerState,
    },
    submission::Payload,
};

impl<T: Payload> State<T> {
    /// Does what is due. Returns whether more is due at once.
    /// `share`: how much of a pause is kept that begins now.
    pub(crate) fn reap(&mut self, now: Nanos, share: u32, effects: &mut Effects<T>) -> bool {
        let is_more_idle = self.purge(now, effects);
        let is_more_watched = self.expire_watches(now, effects);
        let is_more_ended = self.expire_terms(now, share, effects);
        let is_more_vacant = self.expire_vacancies(now, effects);
        let is_more_tasks = self.expire_tasks(now, effects);
        if self.starts.due() <= now {
            self.end_pause(effects);
        }
        let is_more_vain = self.reject_vain(effects);
        let is_more = is_more_tasks || is_more_vacant || is_more_ended || is_more_watched || is_more_idle;
        self.go_on(effects) || is_more || is_more_vain
    }

    /// Goes on with what was more than one call does. Returns whether there is more of that.
    fn go_on(&mut self, effects: &mut Effects<T>) -> bool {
        let is_more_capacity = self.capacity.is_changing() && self.tune(effects);
        let is_more_kept = self.vacancies.held() > 0 && self.go_on_closing(effects);
        // A pool with a schedule does not set aside those who wait.
        let is_released = self.lifetime.is_closed() && self.has_unstarted();
        let is_more_rejected =
            if is_released { self.release(None, effects) } else { self.reject_aside(effects) };
        is_more_capacity || is_more_kept || is_more_rejected
    }

    /// Retires the workers that have been idle for `expiry`, or some of them, and not before half an `expiry` has
    /// passed again. Returns whether there are more.
    fn purge(&mut self, now: Nanos, effects: &mut Effects<T>) -> bool {
        let Some(expiry) = self.options.expiry else { return false };
        let Some(deadline) = now.checked_sub(expiry) else { return false };
        let expired = self.idle.idle_since(deadline).min(self.spare() as usize);
        if expired > 0 {
            self.idle.note_purge(now);
            self.retire_oldest(expired.min(BATCH), effects);
        }
        expired > BATCH
    }

    /// Does what the terms of workers ask for, or some of it: gives up those that the host has been making or taking down
    /// for too long, and takes those out of service that have been used for long enough. Returns whether there may be
    /// more.
    fn expire_terms(&mut self, now: Nanos, share: u32, effects: &mut Effects<T>) -> bool {
        let (mut expired, mut is_idle, mut too_slow) = (0, false, None);
        while expired < BATCH
            && let Some((number, limit)) = self.terms.pop_due(now)
        {
            let worker = WorkerId(number);
            match self.workers[worker].state() {
                WorkerState::Uninitialized => {
                    if self.be_late(worker, limit, effects) {
                        too_slow = Some(Rejection::WaitTimeout(limit));
                    }
                }
                WorkerState::Stopping => self.give_up(worker, effects),
                state => {
                    // A worker that has a task, or is being validated, retires after that.
                    self.workers[worker].end();
                    is_idle |= state == WorkerState::Idle;
                }
            }
            expired += 1;
        }
        if let Some(rejection) = too_slow {
            self.back_off(now, share, rejection, effects);
        }
        if is_idle {
            for worker in self.idle.take_all(|worker| self.workers[worker].is_ending()) {
                self.retire(worker, effects);
            }
        }
        if expired > 0 {
            self.fill(effects);
        }
        expired == BATCH
    }

    /// Does what the deadlines of tasks ask for, or some of it. Returns whether there may be more to do.
    fn expire_tasks(&mut self, now: Nanos, effects: &mut Effects<T>) -> bool {
        for _ in 0..BATCH {
            let Some((number, limit)) = self.deadlines.pop_due(now) else { return false };
            let Some(id) = self.tasks.at(number) else { continue };
            let rejection = match self.tasks[id].state {
                TaskState::Waiting if self.is_aside(id) => continue,
                TaskState::Waiting => {
                    self.forget_unbegun(id, effects);
                    self.leave_queue(id);
                    self.counters.settle(Outcome::WaitTimeout);
                    self.end_record(id);
                    Rejection::WaitTimeout(limit)
                }
                TaskState::Bound(worker) => {
                    self.forget_unbegun(id, effects);
                    self.unbind(worker, id);
                    self.counters.settle(Outcome::TimedOut);
                    self.tasks[id].state = TaskState::Over;
                    Rejection::TaskTimeout(limit)
                }
                TaskState::Running(worker) => {
                    // The time of a bound task counts from its call, so it may be over before the begin.
                    self.forget_unbegun(id, effects);
                    self.counters.settle(Outcome::TimedOut);
                    self.abandon_to(worker, id, Interrupted::Timeout, false, now);
                    Rejection::TaskTimeout(limit)
                }
                TaskState::Abandoned { worker, .. } => {
                    self.end_unheeding(worker, id, now, effects);
                    continue;
                }
                TaskState::Over => unreachable!("what is over has no deadline"),
            };
            effects.push(Effect::Reject(id, self.tasks[id].payload, rejection));
        }
        true
    }

    /// A task has not heeded in time that it has settled, so its worker is ended. Others on that worker get the same
    /// time to finish, whoever else does not heed meanwhile.
    fn end_unheeding(&mut self, worker: WorkerId, id: TaskId, now: Nanos, effects: &mut Effects<T>) {
        let grace = self.options.kind.grace().unwrap_or(0);
        let record = &mut self.workers[worker];
        let spared_until = record.spare_others(now, grace);
        if record.load() > 1 && now < spared_until {
            self.deadlines.insert(id.number(), spared_until, 0);
        } else {
            effects.push(Effect::Kill(worker));
        }
    }

    /// The moment for which the reaper must be armed anew, if it has to come earlier than it would.
    pub(crate) fn rearm(&mut self) -> Option<Nanos> {
        let due = self.due();
        self.alarm.bring_forward(due)
    }
}
