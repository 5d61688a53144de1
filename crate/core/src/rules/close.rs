//! The end of a generation: close, release, destroy; and the next one, reboot.

use crate::{
    effect::{Effect, Effects, Rejection},
    id::WorkerId,
    state::{
        BATCH, State,
        tally::Outcome,
        task::TaskState,
        worker::{Worker, WorkerState},
    },
    submission::Payload,
};

/// Most records that one hold of the lock looks at while everything ends.
const HOLD: u32 = BATCH as u32;

/// How far the end of everything has come.
#[derive(Debug, Default)]
pub(crate) struct Demolition {
    /// The number of the next task.
    task: u32,
    /// The number of the next worker, once there is no other task.
    worker: u32,
}

impl<T: Payload> State<T> {
    /// Retires some of very many idle workers, before the generation is closed. Returns whether to call this again
    /// before that.
    pub(crate) fn thin_out(&mut self, generation: Option<u64>, effects: &mut Effects<T>) -> bool {
        let is_meant = generation.is_none_or(|generation| self.census.is_current(generation));
        if is_meant && self.idle.len() > BATCH {
            self.retire_oldest(BATCH, effects);
        }
        is_meant && self.idle.len() > BATCH
    }

    /// Refuses new tasks; the accepted ones run. Returns the generation that is closed. `go_on_closing` must be called,
    /// as slots may be kept for very many turns that nobody will use.
    pub(crate) fn close(&mut self, effects: &mut Effects<T>) -> u64 {
        if self.lifetime.is_open() {
            self.lifetime.close();
            self.close_turns(effects);
        }
        self.census.generation()
    }

    /// Goes on with a close that has left something. Returns whether to call this again.
    pub(crate) fn go_on_closing(&mut self, effects: &mut Effects<T>) -> bool {
        !self.lifetime.is_open() && self.vacancies.held() > 0 && self.close_turns(effects)
    }

    /// Serves those who wait in what is kept for turns, and then has everybody retire who is idle. Returns whether
    /// something is still kept.
    fn close_turns(&mut self, effects: &mut Effects<T>) -> bool {
        let is_more = self.give_all_back(effects);
        self.serve_closing(effects);
        if !is_more {
            // Nothing waits while somebody is idle.
            self.retire_oldest(self.idle.len(), effects);
        }
        is_more
    }

    /// Closes the pool and rejects some of the tasks that wait. Returns whether more are left to reject. Does nothing
    /// to a generation other than `generation`, if one is given.
    pub(crate) fn release(&mut self, generation: Option<u64>, effects: &mut Effects<T>) -> bool {
        if generation.is_some_and(|generation| !self.census.is_current(generation)) {
            return false;
        }
        self.lifetime.release();
        self.forget_pause();
        self.forget_turns();
        self.batches.clear();
        let is_more_bound = !self.bound.is_empty() && self.release_bound(effects);
        self.retire_oldest(self.idle.len(), effects);
        self.reject_all(Outcome::Released, Rejection::Released, effects) || is_more_bound
    }

    /// Opens a closed pool as a new generation. Returns whether `reboot` must be called again, as more tasks wait than
    /// one call rejects. Tasks that have been set aside wait no more.
    pub(crate) fn reboot(&mut self, effects: &mut Effects<T>) -> bool {
        if self.lifetime.is_open() || self.lifetime.is_orphan() {
            return false;
        }
        if self.release(None, effects) && self.has_unstarted() {
            return true;
        }
        self.watches.generation_ended(self.census.generation());
        self.census.renew();
        self.counters.renew();
        self.starts.renew();
        self.lifetime.reopen();
        false
    }

    /// Ends everything now: what runs is cancelled, and its worker is to be killed. Looks at as many records from `next` on
    /// as one hold of the lock may. Returns whether there are more.
    ///
    /// Where they fit, the workers follow in the hold that ends the last task, so that nobody hears before they are killed
    /// that everything has settled.
    pub(crate) fn destroy(&mut self, next: &mut Demolition, effects: &mut Effects<T>) -> bool {
        let from = next.task;
        next.task = self.tasks.end().min(from.saturating_add(HOLD));
        for number in from..next.task {
            let Some(id) = self.tasks.at(number) else { continue };
            if let TaskState::Running(worker) = self.tasks[id].state {
                self.deadlines.remove(id.number());
                self.tasks[id].state = TaskState::Abandoned { worker, told: false };
                self.counters.settle(Outcome::Cancelled);
                self.forget_unbegun(id, effects);
                effects.push(Effect::Reject(id, self.tasks[id].payload, Rejection::Destroyed));
            }
        }
        if next.task < self.tasks.end() {
            return true;
        }
        self.options.kind.can_be_killed() && self.kill_workers(HOLD - (next.task - from), next, effects)
    }

    /// Has the next workers killed that boot or have tasks; looks at `most` records. Returns whether there are more.
    fn kill_workers(&mut self, most: u32, next: &mut Demolition, effects: &mut Effects<T>) -> bool {
        let from = next.worker;
        next.worker = self.workers.end().min(from.saturating_add(most));
        for id in (from..next.worker).map(WorkerId) {
            let state = self.workers.live(id).map(Worker::state);
            if matches!(state, Some(WorkerState::Uninitialized | WorkerState::Running)) {
                self.workers[id].end();
                effects.push(Effect::Kill(id));
            }
        }
        next.worker < self.workers.end()
    }

    /// Workers have died, with whoever had them, and the pool is closed: all from `next` on, or as many as one hold of the
    /// lock may. Returns whether there are more.
    pub(crate) fn lose_workers(&mut self, next: &mut u32, effects: &mut Effects<T>) -> bool {
        let from = *next;
        *next = self.workers.end().min(from.saturating_add(HOLD));
        for id in (from..*next).map(WorkerId) {
            if self.workers.live(id).is_some() {
                self.crashed(id, effects);
            }
        }
        *next < self.workers.end()
    }
}
