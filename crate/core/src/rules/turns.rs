//! What becomes of those who wait for a vacancy: they are told of one, and have a turn to use it.

use crate::{
    clock::{Clock, MILLISECOND, Nanos},
    effect::{Effect, Effects},
    id::{FaceId, WorkerId},
    state::{
        State,
        vacancy::{Wait, Waiting},
        worker::WorkerState,
    },
    submission::Payload,
};

/// Most waits that one hold of the lock ends because their time is over.
const BATCH: usize = 1_024;

/// Most turns that one hold of the lock gives back. For loom, which permutes what happens between two holds, it is one.
const STEP: u32 = if cfg!(loom) { 1 } else { BATCH as u32 };

impl<T: Payload> State<T> {
    /// Whether the first of all who wait is one for a vacancy.
    pub(crate) fn vacancy_is_next(&self) -> bool {
        if self.vacancies.is_empty() {
            return false;
        }
        let Some((task, priority)) = self.queue.first() else { return true };
        let arrival = self.tasks.at(task).map_or((u64::MAX, 0), |id| self.arrival_of(id));
        self.vacancies.is_before(arrival, priority)
    }

    /// Whether a worker that is about to take its next task leaves its slot to one who awaits a vacancy.
    pub(crate) fn yields(&self, worker: WorkerId) -> bool {
        if !self.vacancy_is_next() {
            return false;
        }
        let concurrency = self.options.concurrency;
        // Of a worker that can have several tasks, the free slots are counted while it has some.
        let is_counted = concurrency > 1 && self.workers[worker].state() == WorkerState::Running;
        self.room_and(if is_counted { 0 } else { concurrency }) > self.vacancies.told_slots()
    }

    /// Tells the first of all who wait, if that is one for a vacancy and there is room for it. Returns whether somebody
    /// has been told.
    pub(crate) fn tell_next(&mut self, effects: &mut Effects<T>) -> bool {
        let is_next = self.vacancy_is_next() && self.has_room_for_another();
        is_next && self.tell_first(effects)
    }

    fn tell_first(&mut self, effects: &mut Effects<T>) -> bool {
        let Some(place) = self.vacancies.first() else { return false };
        self.tell(place, effects);
        true
    }

    /// Tells the wait at this place.
    pub(crate) fn tell(&mut self, place: u32, effects: &mut Effects<T>) {
        let Waiting { wait: Wait { face, token, weight, .. }, .. } = self.vacancies.take(place);
        let slots = self.slots_of(weight);
        if self.faces.add_turn(face, slots) {
            self.vacancies.begin_turn(slots);
        }
        effects.push(Effect::Vacancy { face, token, is_closed: false });
    }

    pub(crate) fn await_vacancy(&mut self, clock: &impl Clock, wait: Wait, effects: &mut Effects<T>) {
        let Wait { face, token, timeout, .. } = wait;
        if !self.faces.is_staying(face) {
            effects.push(Effect::Vacancy { face, token, is_closed: true });
            return;
        }
        if wait.is_special() {
            self.begin_schedule(clock);
        }
        if timeout == Some(0) && self.lifetime.is_open() && !self.has_vacancy(&wait) {
            effects.push(Effect::NoVacancy { face, token });
            return;
        }
        let limit = timeout.filter(|&limit| limit > 0);
        let until = limit.map(|limit| (clock.now() + u64::from(limit) * MILLISECOND, limit));
        let at = if self.schedule.is_some() { self.now } else { 0 };
        self.vacancies.add(wait, self.moved.after(self.counters.submitted), at, until);
    }

    /// Whether a wait that came now would be told at once.
    pub(crate) fn has_vacancy(&self, wait: &Wait) -> bool {
        if self.schedule.is_some() { self.would_tell(wait) } else { self.has_room_for_another() }
    }

    /// A task is accepted: if its face has a turn that is not used, the task uses it.
    pub(crate) fn use_turn(&mut self, face: FaceId) {
        if let Some(slots) = self.faces.use_turn(face) {
            self.vacancies.let_go(slots);
        }
    }

    /// `count` of those of the face who have been told have had their turn. What they have not used is there for
    /// others. Returns how many turns that are.
    pub(crate) fn end_turns(&mut self, face: FaceId, count: u32, effects: &mut Effects<T>) -> u32 {
        let ended = self.faces.end_turns(face, count);
        self.vacancies.end_turns(ended.turns, ended.slots);
        self.give_back(ended.unused, effects);
        ended.turns
    }

    /// Turns will not be used, for which so many slots are kept.
    fn give_back(&mut self, unused: u32, effects: &mut Effects<T>) {
        self.vacancies.let_go(unused);
        if unused > 0 {
            self.fill(effects);
        }
    }

    /// Nobody submits any more, so no turn will be used: those who wait are served in what was kept, as many as one hold
    /// of the lock serves. Returns whether something is still kept.
    pub(crate) fn give_all_back(&mut self, effects: &mut Effects<T>) -> bool {
        self.faces.forget_unused();
        self.give_back(self.vacancies.held().min(STEP), effects);
        self.vacancies.held() > 0
    }

    /// Nothing will start any more: no turn will be used, and nobody else gets what was kept.
    pub(crate) fn forget_turns(&mut self) {
        self.faces.forget_unused();
        self.vacancies.let_go(self.vacancies.held());
    }

    /// Tells those of a face that submits nothing any more, or some of them: to them the pool is closed. The turns of the
    /// face will not be used. Returns whether this must be called again, to look at more waits from `next` on.
    pub(crate) fn refuse_vacancies(
        &mut self,
        face: FaceId,
        next: &mut u32,
        effects: &mut Effects<T>,
    ) -> bool {
        let (waits, is_more) = self.vacancies.take_of(face, next);
        for Waiting { wait: Wait { face, token, .. }, .. } in waits {
            effects.push(Effect::Vacancy { face, token, is_closed: true });
        }
        let unused = self.faces.give_back(face, STEP);
        self.give_back(unused, effects);
        is_more || unused >= STEP
    }

    /// The face is gone: nobody is left to be told of its waits. Returns whether this must be called again, to look at
    /// more waits from `next` on.
    pub(crate) fn forget_vacancies(&mut self, face: FaceId, next: &mut u32) -> bool {
        self.vacancies.take_of(face, next).1
    }

    /// Tells those for whom there is room, or some of them; all of them, if the pool is closed. Called after every
    /// transition. Returns whether there are more to tell.
    pub(crate) fn notify_vacancies(&mut self, effects: &mut Effects<T>) -> bool {
        for _ in 0..BATCH {
            if !self.lifetime.is_open() {
                let Some(Waiting { wait: Wait { face, token, .. }, .. }) = self.vacancies.take_first() else {
                    return false;
                };
                effects.push(Effect::Vacancy { face, token, is_closed: true });
            } else if self.schedule.is_some() || !self.has_room_for_another() || !self.tell_first(effects) {
                // A pool with a schedule has served all who wait, in their order.
                return false;
            }
        }
        !self.vacancies.is_empty()
    }

    /// Ends the waits whose time is over, or some of them. Returns whether there are more.
    pub(crate) fn expire_vacancies(&mut self, now: Nanos, effects: &mut Effects<T>) -> bool {
        for _ in 0..BATCH {
            let Some(Waiting { wait: Wait { face, token, .. }, .. }) = self.vacancies.take_late(now) else {
                return false;
            };
            effects.push(Effect::NoVacancy { face, token });
        }
        true
    }
}
