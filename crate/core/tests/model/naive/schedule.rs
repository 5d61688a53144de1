//! What a scheduled pool is told: pause, resume, clear, configure; and what it answers whoever was refused.

use workpool_core::{
    BACKGROUND, Change, FaceId, Key, MILLISECOND, Nanos, Options, Policy, Reason, Rejection, Submission,
    TaskId, WorkerId, WorkerKind,
};

use crate::recorder::Job;

use super::{
    Model,
    records::{Phase, TaskState, WorkerState, kin},
};

/// Ends between two refusals, from which the rate of ends follows.
const SAMPLE: Nanos = 100 * MILLISECOND;

/// What only a scheduled pool has.
#[derive(Debug, Clone, Default)]
pub(super) struct Schedule {
    /// Who has paused the pool.
    pub(super) paused_by: Vec<FaceId>,
    /// As many starts as the rate allows in one interval, the oldest first.
    pub(super) starts: Vec<Nanos>,
    /// Priorities of which a task could have started at the end of every step, and since when.
    pub(super) standing: Vec<(u64, Nanos)>,
    /// Since when tasks are shed.
    pub(super) sheds_since: Nanos,
    /// Which thread has begun a task of a key last.
    pub(super) preferred: Vec<(Key, WorkerId)>,
    /// When somebody who was refused asked how long to wait, and how many tasks had ended then.
    /// When the last step was.
    pub(super) served_at: Nanos,
    samples: Vec<(Nanos, u64)>,
}

/// Whether such a task, or such a wait, needs more than a plain pool has.
pub(super) fn is_special(key: Option<Key>, weight: u32, priority: u64) -> bool {
    key.is_some() || weight > 1 || priority == BACKGROUND
}

pub(crate) fn is_special_task(task: &Submission<Job>) -> bool {
    is_special(task.key, task.weight, task.priority) || kin(task).1.is_some()
}

pub(super) fn is_scheduled_from_the_start(options: &Options) -> bool {
    options.policy != Policy::NONE || options.ageing.is_some()
}

impl Model {
    /// Whether anything asks for more than a plain pool has.
    pub(super) fn needs_schedule(&self) -> bool {
        is_scheduled_from_the_start(&self.options)
            || self.is_paused()
            || self.tasks.iter().any(|task| is_special_task(&task.submission))
            || self.awaiting.iter().any(|wait| is_special(wait.key, wait.weight, wait.priority))
            || self.batches.iter().any(|batch| is_special_task(&batch.submission))
    }

    pub(crate) fn is_paused(&self) -> bool {
        !self.schedule.paused_by.is_empty()
    }

    pub(crate) fn pause(&mut self, face: FaceId) -> bool {
        if self.phase == Phase::Open && self.is_staying(face) {
            self.schedule.paused_by.push(face);
            self.is_scheduled = true;
        }
        self.is_paused()
    }

    pub(crate) fn resume(&mut self) {
        self.schedule.paused_by.clear();
        self.simplify();
    }

    /// A face is gone that may have paused the pool.
    pub(super) fn resume_for(&mut self, face: FaceId) {
        self.schedule.paused_by.retain(|&other| other != face);
        self.simplify();
    }

    /// A pool that needs no schedule any more has none.
    fn simplify(&mut self) {
        if self.is_scheduled && !self.needs_schedule() {
            self.is_scheduled = false;
            self.fill();
        }
    }

    /// A task that waits comes to another priority, behind all that are there.
    pub(crate) fn set_priority(&mut self, id: TaskId, priority: u64) -> bool {
        let Some(task) = self.tasks.iter().find(|task| task.id == id) else { return false };
        if task.state != TaskState::Waiting || self.phase == Phase::Closed {
            return false;
        }
        let was_background = task.submission.priority == BACKGROUND;
        self.is_scheduled |= priority == BACKGROUND;
        if was_background != (priority == BACKGROUND) && self.is_full_for(priority, 1) {
            return false;
        }
        self.moves += 1;
        let (now, arrival) = (self.now, (self.counters.submitted, self.moves));
        let task = self.task(id);
        task.submission.priority = priority;
        (task.arrival, task.called_at) = (arrival, now);
        self.queue.retain(|&other| other != id);
        self.queue.push(id);
        true
    }

    pub(crate) fn clear(&mut self) -> u64 {
        self.clear_up_to(u64::MAX)
    }

    /// Goes on with a clear at whose call so many tasks had been submitted.
    pub(crate) fn clear_up_to(&mut self, last: u64) -> u64 {
        let mut meant = self.queue.clone();
        meant.retain(|&id| self.known(id).arrival.0 <= last);
        for &id in &meant {
            self.reject(id, Rejection::Cleared);
        }
        meant.len() as u64
    }

    pub(crate) fn configure(&mut self, change: &Change) {
        if let Some(measure) = change.measure {
            self.set_measuring(measure);
        }
        let options = &mut self.options;
        let notes_rest = options.expiry.is_some() || options.kind.validate_after() > Some(0);
        options.expiry = change.expiry.unwrap_or(options.expiry);
        options.nonblocking = change.nonblocking.unwrap_or(options.nonblocking);
        options.max_waiting = change.max_waiting.unwrap_or(options.max_waiting);
        options.min_size = change.min_size.unwrap_or(options.min_size);
        if let (Some(grace), WorkerKind::Thread { .. }) = (change.grace, options.kind) {
            options.kind = WorkerKind::Thread { grace };
        }
        let policy = &mut options.policy;
        policy.overload = change.overload.unwrap_or(policy.overload);
        policy.per_key = change.per_key.unwrap_or(policy.per_key);
        policy.max_waiting_per_key = change.max_waiting_per_key.unwrap_or(policy.max_waiting_per_key);
        if let Some(shed) = change.shed {
            if policy.shed.is_none() {
                self.schedule.sheds_since = self.now;
            }
            policy.shed = shed;
        }
        if let Some(rate) = change.rate {
            let known = policy.rate.map_or(0, |rate| rate.limit) as usize;
            policy.rate = rate;
            self.history.clear();
            let limit = rate.map_or(0, |rate| rate.limit) as usize;
            let starts = &mut self.schedule.starts;
            if known > 0 && starts.len() == known && limit > known {
                // Those that are not known may have been as late as this.
                starts.splice(0..0, vec![starts[0]; limit - known]);
            }
            starts.drain(..starts.len().saturating_sub(limit));
        }
        if !notes_rest && options.expiry.is_some() {
            // Nobody has looked since when they are idle.
            for worker in &mut self.workers {
                if let WorkerState::Idle(since) = &mut worker.state {
                    *since = self.now;
                }
            }
        }
        self.is_scheduled |= self.needs_schedule();
        self.simplify();
        if change.min_size.is_some() {
            self.boot_missing();
        }
        self.keep();
        if let Some(capacity) = change.capacity {
            self.conclude();
            self.tune(capacity);
        }
    }

    pub(crate) fn retry_after(&mut self, reason: Option<Reason>) -> Option<Nanos> {
        if reason == Some(Reason::Rate) && self.options.policy.rate.is_some() {
            return self.policy_rate_after(self.waiting() as usize);
        }
        let counters = &self.counters;
        let ended = counters.completed + counters.failed + counters.timed_out + counters.cancelled;
        let samples = &mut self.schedule.samples;
        if samples.last().is_none_or(|&(at, _)| self.now - at >= SAMPLE) {
            samples.push((self.now, ended));
        }
        let &(at, before) = samples.iter().rev().nth(1)?;
        let ends = ended - before;
        let per_end = (self.now - at) as f64 / ends as f64;
        (ends > 0).then(|| (per_end * f64::from(self.waiting().max(1))) as Nanos)
    }

    /// How long it is until as many tasks have started as wait, and one more may, if each starts as soon as the rate lets it.
    fn policy_rate_after(&self, waiting: usize) -> Option<Nanos> {
        let rate = self.options.policy.rate?;
        let mut starts = self.schedule.starts.clone();
        let mut now = self.now;
        for _ in 0..=waiting {
            if starts.len() >= rate.limit as usize {
                now = now.max(starts[starts.len() - rate.limit as usize] + rate.interval);
            }
            starts.push(now);
        }
        Some(now - self.now)
    }

    /// A worker has been given a task.
    pub(super) fn note_start(&mut self, worker: WorkerId, id: TaskId) {
        if let (Some(key), true) = (self.known(id).kin().0, self.options.kind.begins_later()) {
            self.schedule.preferred.retain(|known| known.0 != key);
            self.schedule.preferred.push((key, worker));
        }
        let Some(rate) = self.options.policy.rate else { return };
        let starts = &mut self.schedule.starts;
        starts.push(self.now);
        starts.drain(..starts.len().saturating_sub(rate.limit as usize));
    }

    /// At the end of a step: which lanes stand.
    pub(super) fn note_standing(&mut self) {
        let mut standing = Vec::new();
        if self.phase == Phase::Open && self.options.policy.shed.is_some() {
            for priority in self.eligible_lanes() {
                let since = self.schedule.standing.iter().find(|lane| lane.0 == priority);
                standing.push((priority, since.map_or(self.now, |lane| lane.1)));
            }
        }
        self.schedule.standing = standing;
    }
}
