//! Whether a task is accepted, and whether it starts, waits, or has a worker started for it.

use crate::{
    answer::{Admission, Refusal},
    clock::{Clock, MILLISECOND},
    effect::{Effect, Effects},
    id::{FaceId, TaskId, WorkerId},
    state::{State, task::Task},
    submission::{Offer, Payload, Submission},
};

impl<T: Payload> State<T> {
    pub(crate) fn submit(
        &mut self,
        clock: &impl Clock,
        task: Submission<T>,
        effects: &mut Effects<T>,
    ) -> Admission {
        if let Some(refusal) = self.refuse_if_closed(task.payload.face(), task.offer) {
            return Admission::Refused(refusal);
        }
        if self.schedule.is_some() || task.is_special() {
            return self.submit_scheduled(clock, task, effects);
        }
        if self.batches.reserved() > 0
            && let Some(refusal) = self.refuse_beside_batches(&task)
        {
            return Admission::Refused(refusal);
        }
        // Idle workers are within capacity: shrinking retires them at once. And while one is idle nothing waits, but
        // behind a turn.
        let has_kept = task.offer == Offer::Reserved { may_wait: false };
        let is_behind = (!has_kept && self.is_behind(task.payload.face())) || self.is_kept();
        let must_validate = self.must_validate();
        if !is_behind
            && !must_validate
            && let Some(worker) = self.idle.pop()
        {
            let id = self.accept(clock, task);
            self.census.resume();
            self.assign(worker, id);
            return Admission::Started(worker, id);
        }
        let has_room = !is_behind && self.may_start();
        let boots = self.options.kind.boots();
        if has_room && !boots {
            let id = self.accept(clock, task);
            let worker = self.start_worker();
            self.assign(worker, id);
            return Admission::Started(worker, id);
        }
        if must_validate && !is_behind {
            if self.queue.len() >= self.expected() {
                self.validate_last(effects);
            }
        } else if has_room && self.queue.len() >= self.expected() {
            let worker = self.start_worker();
            effects.push(Effect::Boot(worker));
        } else if !is_behind && let Some(worker) = self.free_slot() {
            return self.submit_to_slot(clock, worker, task, effects);
        } else if self.queue.len() >= self.expected_slots()
            && let Some(refusal) = self.refuse_to_wait(task.offer, task.wait_timeout)
        {
            return Admission::Refused(refusal);
        }
        Admission::Waiting(self.enqueue(clock, task))
    }

    /// A busy worker has a free slot. Whoever waits for one that boots was here before, and goes first.
    fn submit_to_slot(
        &mut self,
        clock: &impl Clock,
        worker: WorkerId,
        task: Submission<T>,
        effects: &mut Effects<T>,
    ) -> Admission {
        let Some(first) = self.next_waiting() else {
            let id = self.accept(clock, task);
            self.assign(worker, id);
            return Admission::Started(worker, id);
        };
        let id = self.enqueue(clock, task);
        self.assign(worker, first);
        self.send(worker, first, effects);
        Admission::Waiting(id)
    }

    /// Refuses a task that `submit` would refuse.
    pub(crate) fn refuse(&mut self, clock: &impl Clock, task: &Submission<T>) -> Option<Refusal> {
        let (face, offer, wait_timeout) = (task.payload.face(), task.offer, task.wait_timeout);
        let closed = self.refuse_if_closed(face, offer);
        if closed.is_none() && (self.schedule.is_some() || task.is_special()) {
            return self.refuse_if_scheduled(clock, task);
        }
        if closed.is_some() || (self.room() > 0 && !self.is_behind(face)) {
            closed
        } else {
            self.refuse_to_wait(offer, wait_timeout)
        }
    }

    pub(crate) fn refuse_if_closed(&mut self, face: FaceId, offer: Offer) -> Option<Refusal> {
        if self.lifetime.is_open() && self.faces.is_staying(face) {
            return None;
        }
        // What has a place has been accepted before, and runs like all that a closing pool has accepted.
        if matches!(offer, Offer::Reserved { .. }) && !self.lifetime.is_closed() && self.faces.is_known(face)
        {
            return None;
        }
        self.counters.closed += u64::from(offer == Offer::Normal);
        Some(Refusal::Closed)
    }

    /// Whether so many more tasks that have to wait are refused.
    pub(crate) fn is_overloaded(&self, more: u32) -> bool {
        // Tasks that booting workers will take do not count against the bound: that is room, not an overload.
        let waiting = self.unserved().saturating_add(more);
        let is_full = self.options.max_waiting > 0 && waiting > self.options.max_waiting;
        self.options.nonblocking || is_full
    }

    /// Why a task is refused that must wait while no worker is on its way to it; `None` if it may wait.
    pub(crate) fn refuse_to_wait(&mut self, offer: Offer, wait_timeout: Option<u32>) -> Option<Refusal> {
        if matches!(offer, Offer::Reserved { .. }) {
            return None;
        }
        if self.is_overloaded(1) || offer == Offer::AtOnce {
            return Some(self.refuse_as_full(offer));
        }
        if wait_timeout == Some(0) {
            self.counters.expire_at_once(1);
            return Some(Refusal::WaitTimeout);
        }
        None
    }

    /// Counts a call that is refused as the pool is full.
    pub(crate) fn refuse_as_full(&mut self, offer: Offer) -> Refusal {
        self.counters.overload += u64::from(offer == Offer::Normal);
        Refusal::Overload { waiting: self.pending(), capacity: self.capacity.limit() }
    }

    pub(crate) fn accept(&mut self, clock: &impl Clock, task: Submission<T>) -> TaskId {
        let number = self.counters.accept();
        self.faces.add_record(task.payload.face());
        if self.vacancies.held() > 0 {
            self.use_turn(task.payload.face());
        }
        let is_measured = self.is_measuring();
        let submitted_at = match task.timed {
            _ if is_measured => self.now,
            true => clock.now(),
            false => 0,
        };
        let group = task.group;
        let mut task = Task::new(task, number, submitted_at);
        if is_measured {
            task.measure();
        }
        let id = self.tasks.insert(task);
        if let Some(group) = group {
            self.groups.join(id.number(), group.id);
        }
        id
    }

    fn enqueue(&mut self, clock: &impl Clock, task: Submission<T>) -> TaskId {
        let id = self.accept(clock, task);
        self.limit_wait(clock, id, task.wait_timeout);
        self.queue.push(id.number(), task.priority);
        self.counters.wait(self.queue.len());
        id
    }

    /// From now on the task waits for so many milliseconds at most.
    pub(crate) fn limit_wait(&mut self, clock: &impl Clock, id: TaskId, wait_timeout: Option<u32>) {
        if let Some(wait) = wait_timeout.filter(|&wait| wait > 0) {
            self.deadlines.insert(id.number(), clock.now() + u64::from(wait) * MILLISECOND, wait);
        }
    }
}
