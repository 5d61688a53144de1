//! How tasks enter and leave what the schedule knows of them: the queue, their key, the slots of their worker.

use crate::{
    clock::{Clock, Nanos},
    group::Name,
    id::{TaskId, WorkerId},
    state::{State, moved::Arrival, schedule::Schedule},
    submission::{BACKGROUND, Payload, Submission},
};

impl<T: Payload> State<T> {
    /// From now on the pool has a schedule.
    pub(crate) fn begin_schedule(&mut self, clock: &impl Clock) {
        if self.schedule.is_none() {
            self.now = clock.now();
            // Whatever runs has no key, or there would be a schedule.
            self.schedule = Some(Box::new(Schedule::new(&self.options, self.now, self.workers.load())));
        }
    }

    /// The pool has no schedule any more if it needs none. Returns whether that is new.
    pub(super) fn end_schedule(&mut self) -> bool {
        let is_over = self.schedule.as_ref().is_some_and(|schedule| schedule.is_needless(&self.options))
            && !self.vacancies.have_special()
            && !self.batches.have_special();
        if is_over {
            self.schedule = None;
        }
        is_over
    }

    pub(super) fn accept_scheduled(&mut self, clock: &impl Clock, task: Submission<T>) -> TaskId {
        let is_special = task.is_special();
        let id = self.accept(clock, task);
        let now = self.now;
        let schedule = self.schedule_mut();
        schedule.special += u32::from(is_special);
        let key = match (task.name(), task.group) {
            (Some(Name::Group(_)), Some(group)) => Some(schedule.keys.enter_group(group)),
            (Some(Name::Key(key)), _) => Some(schedule.keys.enter(key)),
            _ => None,
        };
        self.tasks[id].schedule(now, key, task.weight);
        id
    }

    /// The record of a task is about to go.
    #[cold]
    pub(crate) fn drop_special(&mut self, id: TaskId) {
        let is_special = self.tasks[id].is_special();
        self.schedule_mut().special -= u32::from(is_special);
    }

    /// When a waiting task came to where it stands, by its place in the order and by the clock.
    pub(super) fn standing_of(&self, id: TaskId) -> (Arrival, Nanos) {
        (self.arrival_of(id), self.moved.since(id.number(), self.tasks[id].submitted_at()))
    }

    /// A task that has been accepted waits; `is_back`: before the others of its key, as it has come back.
    pub(crate) fn join_queue(&mut self, id: TaskId, is_back: bool) {
        let (arrival, since) = self.standing_of(id);
        let Some(schedule) = &mut self.schedule else {
            let priority = self.tasks[id].priority;
            if is_back {
                self.queue.push_front(id.number(), priority);
            } else {
                self.queue.push(id.number(), priority);
            }
            return;
        };
        let task = &self.tasks[id];
        let priority = task.priority;
        match task.key() {
            Some(key) => schedule.keys.push(key, id.number(), arrival, priority, is_back),
            None if is_back => self.queue.push_front(id.number(), priority),
            None => self.queue.push(id.number(), priority),
        }
        if priority == BACKGROUND {
            schedule.background += 1;
        } else if task.key().is_none_or(|key| !schedule.keys.is_group(key))
            && let Some(score) = schedule.score(priority, since)
        {
            schedule.aged.insert((score, arrival, id.number()));
        }
    }

    /// A waiting task is about to run, or to settle; see `forget_key`.
    pub(crate) fn unqueue(&mut self, id: TaskId) {
        let (arrival, since) = self.standing_of(id);
        self.moved.forget(id.number());
        let Some(schedule) = &mut self.schedule else {
            self.queue.remove(id.number());
            return;
        };
        let task = &self.tasks[id];
        let priority = task.priority;
        match task.key() {
            Some(key) => schedule.keys.remove(key, id.number(), priority),
            None => self.queue.remove(id.number()),
        }
        if priority == BACKGROUND {
            schedule.background -= 1;
        } else if let Some(score) = schedule.score(priority, since) {
            schedule.aged.remove(&(score, arrival, id.number()));
        }
    }

    /// A task that waited has settled, so its key may have no task any more.
    pub(crate) fn forget_key(&mut self, id: TaskId) {
        let key = self.tasks[id].key();
        if let (Some(schedule), Some(key)) = (&mut self.schedule, key) {
            schedule.keys.forget(key);
        }
    }

    /// A worker has been given a task: that is a start.
    #[cold]
    pub(crate) fn note_start(&mut self, worker: WorkerId, id: TaskId) {
        let (key, weight) = (self.tasks[id].key(), self.tasks[id].weight());
        let (ordinal, is_thread) = (self.workers[worker].ordinal(), self.options.kind.outlives_face());
        let slots = self.slots_for(weight);
        let now = self.now;
        let is_bound = self.tasks[id].is_bound();
        let schedule = self.schedule_mut();
        if let Some(starts) = &mut schedule.rate
            && !is_bound
        {
            starts.note(now);
        }
        match key {
            Some(key) => {
                schedule.keys.start(key);
                match schedule.keys.name(key) {
                    Name::Key(key) if is_thread => {
                        self.recent.get_or_insert_default().note(key, worker, ordinal);
                    }
                    Name::Key(_) => {}
                    Name::Group(_) => schedule.running_keyless += 1,
                }
            }
            None => schedule.running_keyless += 1,
        }
        if slots > 1 {
            self.widen(worker, slots);
        }
    }

    /// The worker counts as so many slots. Idle workers for which there is no capacity any more retire.
    fn widen(&mut self, worker: WorkerId, slots: u32) {
        self.workers[worker].widen(slots);
        self.census.widen(slots - 1);
        let excess = self.census.staying().saturating_sub(self.capacity.limit()) as usize;
        let excess: Vec<WorkerId> = self.idle.drain_oldest(excess.min(self.idle.len())).collect();
        for worker in excess {
            self.counters.retired += 1;
            self.leave_service(worker);
        }
    }

    /// A worker has a task no more.
    #[cold]
    pub(crate) fn note_end(&mut self, worker: WorkerId, id: TaskId) {
        let key = self.tasks[id].key();
        let Some(schedule) = &mut self.schedule else { return };
        match key {
            Some(key) => {
                schedule.running_keyless -= u32::from(schedule.keys.is_group(key));
                schedule.keys.end(key);
            }
            None => schedule.running_keyless -= 1,
        }
        let record = &mut self.workers[worker];
        let slots = record.narrow();
        if slots > 1 {
            self.census.narrow(record.generation(), slots - 1);
        }
    }

    /// A worker has a task no more that it had not begun: the task waits again.
    #[cold]
    pub(crate) fn give_back_task(&mut self, worker: WorkerId, id: TaskId) {
        if self.schedule.is_some() {
            let keys = &self.schedule().keys;
            let key = self.tasks[id].key().map(|key| (keys.name(key), keys.limit(key)));
            self.note_end(worker, id);
            // The key may have been forgotten.
            if let Some((name, limit)) = key {
                let key = self.schedule_mut().keys.enter_again(name, limit);
                self.tasks[id].set_key(key);
            }
        }
        self.join_queue(id, true);
    }
}
