//! Pause, clear, configure.

use crate::{
    answer::Reason,
    clock::{Clock, Nanos},
    effect::{Effects, Rejection},
    id::{FaceId, TaskId},
    kind::WorkerKind,
    policy::Change,
    state::{
        BATCH, State,
        measures::Measures,
        moved::Arrival,
        schedule::{rate::Starts, standing::Standing},
        tally::Outcome,
        task::TaskState,
    },
    submission::{BACKGROUND, Payload},
};

impl<T: Payload> State<T> {
    pub(crate) fn is_paused(&self) -> bool {
        self.schedule.as_ref().is_some_and(|schedule| schedule.is_paused())
    }

    /// Returns whether the pool is paused.
    pub(crate) fn pause(&mut self, clock: &impl Clock, face: FaceId) -> bool {
        if !self.lifetime.is_open() || !self.faces.is_staying(face) {
            return self.is_paused();
        }
        self.begin_schedule(clock);
        let paused_by = &mut self.schedule_mut().paused_by;
        if !paused_by.contains(&face) {
            paused_by.push(face);
        }
        true
    }

    pub(crate) fn resume(&mut self, effects: &mut Effects<T>) {
        if let Some(schedule) = &mut self.schedule {
            schedule.paused_by.clear();
        }
        self.simplify(effects);
    }

    /// A pool that closes is not paused.
    pub(crate) fn forget_pause(&mut self) {
        if let Some(schedule) = &mut self.schedule {
            schedule.paused_by.clear();
        }
    }

    /// A face has gone that may have paused the pool.
    pub(crate) fn resume_for(&mut self, face: FaceId, effects: &mut Effects<T>) {
        if let Some(schedule) = &mut self.schedule {
            schedule.paused_by.retain(|&other| other != face);
        }
        self.simplify(effects);
    }

    /// The time at which the transition begins, in a pool whose rules go by time, or that measures its tasks.
    #[inline]
    pub(crate) fn note_time(&mut self, clock: &impl Clock) {
        if self.schedule.is_some() || self.measures.is_some() || self.needs_time() {
            self.now = clock.now();
        }
    }

    /// The same, where nothing is measured.
    #[inline]
    pub(crate) fn note_time_of_rules(&mut self, clock: &impl Clock) {
        if self.schedule.is_some() || self.needs_time() {
            self.now = clock.now();
        }
    }

    /// A schedule that is not needed any more goes. Who waits is served as in any pool then; if those are very many, the
    /// schedule goes when it has served them.
    pub(super) fn simplify(&mut self, effects: &mut Effects<T>) {
        let could_start = self.waiting().min(self.open_slots());
        if could_start as usize <= BATCH && self.end_schedule() {
            self.fill(effects);
        }
    }

    /// Rejects the tasks that wait and were submitted up to the `last` one, or some of them. Returns whether more of them
    /// wait.
    pub(crate) fn clear(&mut self, last: u64, effects: &mut Effects<T>) -> bool {
        if self.schedule.is_none() && last == self.counters.submitted {
            self.reject_all(Outcome::Cleared, Rejection::Cleared, effects);
            return false;
        }
        for _ in 0..BATCH {
            let Some(task) = self.oldest_up_to(last) else { return false };
            self.reject_waiting(task, Outcome::Cleared, Rejection::Cleared, effects);
        }
        true
    }

    /// A waiting task that was submitted up to the `last` one. In each queue those are in front, but for what has come
    /// back.
    fn oldest_up_to(&self, last: u64) -> Option<TaskId> {
        let keyed = self.schedule.as_ref().map(|schedule| schedule.keys.arrivals());
        [Some(&self.queue), keyed].into_iter().flatten().find_map(|queue| {
            let is_meant = |&id: &TaskId| self.arrival_of(id).0 <= last;
            queue.first_of_all().filter_map(|task| self.tasks.at(task)).find(is_meant)
        })
    }

    /// When a waiting task came to where it stands.
    pub(crate) fn arrival_of(&self, id: TaskId) -> Arrival {
        self.moved.arrival_of(id.number(), self.tasks[id].number)
    }

    /// A task that waits gets another priority: it stands behind all that wait there, as if it came now. Returns whether
    /// it does; not if the task does not wait, or if as many wait as may where it would stand.
    pub(crate) fn set_priority(&mut self, clock: &impl Clock, id: TaskId, priority: u64) -> bool {
        let Some(task) = self.tasks.get(id) else { return false };
        if task.state != TaskState::Waiting || self.is_aside(id) || self.lifetime.is_closed() {
            return false;
        }
        let (was_background, was_special) = (task.priority == BACKGROUND, task.is_special());
        let is_background = priority == BACKGROUND;
        if is_background {
            self.begin_schedule(clock);
        }
        if was_background != is_background && self.is_queue_full(is_background, 1) {
            return false;
        }
        self.unqueue(id);
        self.tasks[id].priority = priority;
        let is_special = self.tasks[id].is_special();
        let now = self.now;
        if let Some(schedule) = &mut self.schedule {
            schedule.special = schedule.special + u32::from(is_special) - u32::from(was_special);
        }
        self.moved.note(id.number(), self.counters.submitted, now);
        self.join_queue(id, false);
        true
    }

    pub(crate) fn configure(&mut self, clock: &impl Clock, change: &Change, effects: &mut Effects<T>) {
        let now = clock.now();
        let (notes_rest, needs_time) = (self.notes_rest(), self.needs_time());
        let options = &mut self.options;
        let policy = &mut options.policy;
        set(&mut options.nonblocking, change.nonblocking);
        set(&mut options.max_waiting, change.max_waiting);
        set(&mut options.min_size, change.min_size);
        set(&mut policy.overload, change.overload);
        set(&mut policy.shed, change.shed);
        set(&mut policy.rate, change.rate);
        set(&mut policy.per_key, change.per_key);
        set(&mut policy.max_waiting_per_key, change.max_waiting_per_key);
        if let Some(grace) = change.grace
            && options.kind.can_be_killed()
        {
            options.kind = WorkerKind::Thread { grace };
        }
        if let Some(measure) = change.measure {
            options.measure = measure;
            self.now = now;
            match &mut self.measures {
                Some(measures) => measures.is_on = measure,
                none if measure => *none = Some(Box::new(Measures::begun())),
                _ => {}
            }
        }
        let options = &mut self.options;
        if let Some(expiry) = change.expiry {
            // Before that nobody may have noted since when workers are idle, and nobody may from now on.
            match (notes_rest, expiry.is_some() || needs_time) {
                (false, true) => self.idle.restart(now),
                (true, false) => self.idle.restart(0),
                _ => {}
            }
            options.expiry = expiry;
        }
        self.follow_policy(clock);
        self.simplify(effects);
        if self.options.kind.backs_off() || change.min_size.is_some() {
            self.keep(effects);
        }
    }

    /// The policy has changed.
    fn follow_policy(&mut self, clock: &impl Clock) {
        let policy = self.options.policy;
        if self.schedule.is_none() && policy == crate::Policy::NONE {
            return;
        }
        self.begin_schedule(clock);
        let now = self.now;
        let schedule = self.schedule_mut();
        schedule.overload = policy.overload;
        schedule.per_key = policy.per_key;
        schedule.max_waiting_per_key = policy.max_waiting_per_key;
        match (&mut schedule.rate, policy.rate) {
            (Some(starts), Some(rate)) => starts.change(rate),
            (starts, rate) => *starts = rate.map(Starts::new),
        }
        match (&mut schedule.standing, policy.shed) {
            (Some(standing), Some(shed)) => standing.change(shed),
            (standing, shed) => *standing = shed.map(|shed| Standing::new(shed, now)),
        }
        schedule.keys.order_newest(policy.shed.is_some());
    }

    pub(crate) fn retry_after(&mut self, clock: &impl Clock, reason: Option<Reason>) -> Option<Nanos> {
        let now = clock.now();
        let waiting = self.waiting();
        if reason == Some(Reason::Rate)
            && let Some(starts) = self.schedule.as_ref().and_then(|schedule| schedule.rate.as_ref())
        {
            return Some(starts.start_behind(waiting, now) - now);
        }
        let counters = &self.counters;
        let ended = counters.completed + counters.failed + counters.timed_out + counters.cancelled;
        let per_end = self.throughput.sample(now, ended)?;
        // Whoever is refused beside an empty queue would be the next.
        Some((per_end * f64::from(waiting.max(1))) as Nanos)
    }
}

fn set<V>(option: &mut V, value: Option<V>) {
    if let Some(value) = value {
        *option = value;
    }
}
