//! Whether a task is accepted, and whether it starts, waits, or has a worker started for it.

use workpool_core::{Admission, FaceId, MILLISECOND, Offer, Refusal, Submission, TaskId, WorkerId};

use super::{
    Model,
    records::{Face, FaceState, Phase, Task, TaskState, WorkerState},
    schedule::is_special_task,
};
use crate::recorder::Job;

/// Of so much room it is not tried how much it is.
const MUCH_ROOM: u32 = 64;

impl Model {
    /// Whether so many more may not wait. What has a place counts as if it waited.
    pub(super) fn is_overloaded(&self, more: u32) -> bool {
        let bound = self.options.max_waiting;
        let open = if self.reserved() > 0 { self.open_slots() } else { 0 };
        let served = self.expected_slots().saturating_add(open);
        let counted = (self.waiting() + self.reserved()).saturating_sub(served);
        self.options.nonblocking || (bound > 0 && counted + more > bound)
    }

    pub(crate) fn refuse(&mut self, task: &Submission<Job>) -> Option<Refusal> {
        let &Submission { payload: Job { face, .. }, offer, wait_timeout, .. } = task;
        if self.phase != Phase::Open || !self.is_staying(face) {
            self.counters.closed += u64::from(offer == Offer::Normal);
            return Some(Refusal::Closed);
        }
        if self.is_scheduled || is_special_task(task) {
            self.is_scheduled = true;
            return self.refuse_scheduled(task);
        }
        if self.room() > 0 && !self.is_behind(face) {
            return None;
        }
        self.refuse_to_wait(offer, wait_timeout)
    }

    pub(super) fn refuse_to_wait(&mut self, offer: Offer, wait_timeout: Option<u32>) -> Option<Refusal> {
        if matches!(offer, Offer::Reserved { .. }) {
            return None;
        }
        if self.is_overloaded(1) || offer == Offer::AtOnce {
            return Some(self.refuse_as_full(offer));
        }
        if wait_timeout == Some(0) {
            self.counters.submitted += 1;
            self.counters.wait_timeout += 1;
            return Some(Refusal::WaitTimeout);
        }
        None
    }

    pub(super) fn refuse_as_full(&mut self, offer: Offer) -> Refusal {
        self.counters.overload += u64::from(offer == Offer::Normal);
        Refusal::Overload { waiting: self.waiting() + self.reserved(), capacity: self.capacity }
    }

    /// `id` is the number that the real pool has given to the task, if it has accepted it.
    pub(crate) fn submit(&mut self, submission: Submission<Job>, id: Option<TaskId>) -> Admission {
        let Submission { payload: Job { face, .. }, offer, wait_timeout, .. } = submission;
        if !matches!(offer, Offer::Reserved { .. }) {
            if self.phase != Phase::Open || !self.is_staying(face) {
                self.counters.closed += u64::from(offer == Offer::Normal);
                return Admission::Refused(Refusal::Closed);
            }
            let is_plain = !self.is_scheduled && !is_special_task(&submission);
            if is_plain
                && self.reserved() > 0
                && (self.room() == 0 || self.is_behind(face))
                && let Some(refusal) = self.refuse_to_wait(offer, wait_timeout)
            {
                return Admission::Refused(refusal);
            }
        }
        self.is_scheduled |= is_special_task(&submission);
        if self.is_scheduled {
            let weight = if self.options.kind.boots() { 1 } else { submission.weight };
            return self.submit_scheduled(Submission { weight, ..submission }, id);
        }
        let has_kept = offer == Offer::Reserved { may_wait: false };
        let is_behind = (!has_kept && self.is_behind(face)) || self.is_kept();
        let must_validate = self.must_validate();
        let usable = |_: &WorkerId| !is_behind && !must_validate;
        let idle = self.idle().last().map(|&(_, worker)| worker).filter(usable);
        let has_room = !is_behind && self.startable() > 0;
        if idle.is_some() || (has_room && !self.options.kind.boots()) {
            let id = id.expect("accepted");
            self.accept(submission, id);
            let worker = idle.unwrap_or_else(|| self.new_worker(WorkerState::Running));
            self.assign(worker, id);
            return Admission::Started(worker, id);
        }
        let slot = self.slots().iter().min().map(|&(_, worker)| worker).filter(|_| !is_behind);
        if must_validate && !is_behind {
            if self.waiting() >= self.expected() {
                self.validate();
            }
        } else if has_room && self.waiting() >= self.expected() {
            self.boot();
        } else if let Some(worker) = slot {
            let id = id.expect("accepted");
            if self.waiting() == 0 {
                self.accept(submission, id);
                self.assign(worker, id);
                return Admission::Started(worker, id);
            }
            self.enqueue(submission, id);
            self.send_first(worker, id);
            return Admission::Waiting(id);
        } else if self.waiting() >= self.expected_slots()
            && let Some(refusal) = self.refuse_to_wait(offer, wait_timeout)
        {
            return Admission::Refused(refusal);
        }
        let id = id.expect("accepted");
        self.enqueue(submission, id);
        Admission::Waiting(id)
    }

    pub(super) fn accept(&mut self, submission: Submission<Job>, id: TaskId) {
        assert!(self.tasks.iter().all(|task| task.id != id), "{id:?} is not done with");
        self.counters.submitted += 1;
        self.counters.unsettled += 1;
        let face = submission.payload.face;
        if let Some(turn) = self.told.iter_mut().find(|turn| turn.face == face && !turn.is_used) {
            turn.is_used = true;
        }
        self.tasks.push(Task {
            id,
            state: TaskState::Waiting,
            is_taken: false,
            is_limited: false,
            is_uncollected: false,
            interruption: None,
            is_bound: false,
            is_measured: self.is_measuring,
            submission,
            number: self.counters.submitted,
            arrival: (self.counters.submitted, 0),
            called_at: self.now,
            accepted_at: self.now,
            submitted_at: if submission.timed { self.now } else { 0 },
            begun_at: 0,
            deadline: None,
        });
    }

    pub(super) fn enqueue(&mut self, submission: Submission<Job>, id: TaskId) {
        self.accept(submission, id);
        self.counters.waited += 1;
        self.queue.push(id);
        let wait = submission.wait_timeout.filter(|&wait| wait > 0);
        self.task(id).deadline = wait.map(|wait| self.now + u64::from(wait) * MILLISECOND);
    }

    /// How many submits in a row would not be refused although they must not wait: by trying. Once a worker could not be
    /// started tasks may wait although there is room, and what they leave of it cannot be told by one number.
    pub(crate) fn check_room(&self) {
        let room = self.room();
        if self.is_scheduled || (self.is_unstartable && self.start_limit().is_none()) || room > MUCH_ROOM {
            return;
        }
        let mut trial = self.clone();
        trial.faces = vec![Face { id: FaceId::FIRST, state: FaceState::Staying }];
        // Who leaves the room alone for somebody's turn takes none of it.
        trial.told.clear();
        trial.queue.truncate(self.expected_slots() as usize);
        trial.options.nonblocking = true;
        for index in 0..=room {
            let number = u32::MAX - index;
            trial.new_workers = vec![WorkerId(number)];
            let task = Submission::new(Job { face: FaceId::FIRST, number });
            let admission = trial.submit(task, Some(TaskId::new(number, 0)));
            assert_eq!(matches!(admission, Admission::Refused(_)), index == room, "submit {index} of {room}");
        }
    }
}
