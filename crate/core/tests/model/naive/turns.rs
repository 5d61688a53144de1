//! Those who await a vacancy, and their turns.

use workpool_core::{Effect, FaceId, MILLISECOND, Wait, WorkerId};

use super::{
    Model,
    records::{Phase, Turn, Waiter},
    schedule::is_special,
};

impl Model {
    /// Slots that are kept for those who have been told of a vacancy.
    pub(super) fn held(&self) -> u32 {
        self.told.iter().filter(|turn| !turn.is_used).map(|turn| turn.weight).sum()
    }

    /// The same, and those for batches that may not wait.
    pub(super) fn held_in_all(&self) -> u32 {
        self.held() + self.kept()
    }

    pub(super) fn has_turn(&self, face: FaceId) -> bool {
        self.told.iter().any(|turn| turn.face == face && !turn.is_used)
    }

    /// Whether who waits leaves all the room alone that there is.
    pub(super) fn is_held(&self) -> bool {
        let held = self.held_in_all();
        held > 0 && self.open_slots() <= held
    }

    /// Whether a task of this face would stand behind those who leave the room alone.
    pub(super) fn is_behind(&self, face: FaceId) -> bool {
        self.held() > 0 && self.waiting() > self.expected_slots() && !self.has_turn(face)
    }

    /// The first of those who await a vacancy, by place in the list.
    pub(super) fn next_awaiting(&self) -> Option<usize> {
        (0..self.awaiting.len()).min_by_key(|&index| self.awaiting[index].priority)
    }

    pub(super) fn vacancy_is_next(&self) -> bool {
        let Some(index) = self.next_awaiting() else { return false };
        let Some(id) = self.next_waiting() else { return true };
        let (waiter, task) = (&self.awaiting[index], self.known(id));
        (waiter.priority, waiter.after) < (task.submission.priority, task.arrival)
    }

    pub(crate) fn has_vacancy(&self) -> bool {
        if self.is_scheduled {
            return self.would_tell(&self.waiter(Wait::new(FaceId::FIRST, 0)));
        }
        self.room() > self.told_slots()
    }

    /// Whether a worker leaves the waiting tasks alone, for one who awaits a vacancy.
    pub(super) fn yields(&self, id: WorkerId, is_free: bool) -> bool {
        let mut trial = self.clone();
        if is_free {
            trial.make_idle(id);
        }
        self.vacancy_is_next() && trial.has_vacancy()
    }

    pub(super) fn tell_first(&mut self) {
        let Waiter { face, token, .. } = self.awaiting.remove(self.next_awaiting().expect("one waits"));
        self.effects.push(Effect::Vacancy { face, token, is_closed: false });
        self.told.push(Turn { face, weight: 1, is_used: false });
    }

    pub(super) fn tell_next(&mut self) -> bool {
        let is_next = self.vacancy_is_next() && self.has_vacancy();
        if is_next {
            self.tell_first();
        }
        is_next
    }

    /// Turns like these will not be used.
    pub(super) fn give_back(&mut self, is_meant: impl Fn(&Turn) -> bool) {
        let held = self.held();
        self.told.iter_mut().filter(|turn| is_meant(turn)).for_each(|turn| turn.is_used = true);
        if self.held() < held {
            self.fill();
        }
    }

    /// Whoever awaits a vacancy and may not submit any more is told so.
    pub(super) fn refuse_vacancies(&mut self) {
        let mut refused = self.awaiting.clone();
        refused.retain(|waiter| !self.is_staying(waiter.face));
        refused.sort_by_key(|waiter| waiter.priority);
        for Waiter { face, token, .. } in refused {
            self.effects.push(Effect::Vacancy { face, token, is_closed: true });
            self.awaiting.retain(|waiter| (waiter.face, waiter.token) != (face, token));
        }
    }

    /// Whether a wait that came now would be told at once: it stands behind those who wait already.
    fn would_tell(&self, waiter: &Waiter) -> bool {
        let mut trial = self.clone();
        trial.awaiting.push(waiter.clone());
        trial.next_wait() == Some(self.awaiting.len()) && trial.can_tell(waiter)
    }

    fn waiter(&self, wait: Wait) -> Waiter {
        let Wait { face, token, priority, timeout, key, weight } = wait;
        let limit = timeout.filter(|&limit| limit > 0);
        Waiter {
            face,
            token,
            priority,
            after: (self.counters.submitted, self.moves),
            deadline: limit.map(|limit| self.now + u64::from(limit) * MILLISECOND),
            key,
            weight,
            called_at: self.now,
        }
    }

    pub(crate) fn await_vacancy(&mut self, wait: Wait) {
        let Wait { face, token, timeout, key, weight, priority } = wait;
        let is_open = self.phase == Phase::Open && self.is_staying(face);
        self.is_scheduled |= self.is_staying(face) && is_special(key, weight, priority);
        let waiter = self.waiter(wait);
        let is_there = if self.is_scheduled { self.would_tell(&waiter) } else { self.has_vacancy() };
        if timeout == Some(0) && is_open && !is_there {
            self.effects.push(Effect::NoVacancy { face, token });
            return;
        }
        self.awaiting.push(waiter);
        self.refuse_vacancies();
    }

    pub(crate) fn forget_vacancy(&mut self, face: FaceId, token: u32) -> bool {
        let before = self.awaiting.len();
        self.awaiting.retain(|waiter| (waiter.face, waiter.token) != (face, token));
        self.awaiting.len() < before
    }

    pub(crate) fn end_turns(&mut self, face: FaceId, count: u32) {
        let held = self.held();
        for _ in 0..count {
            // The used ones first.
            let mut own = (0..self.told.len()).filter(|&index| self.told[index].face == face);
            let used = own.clone().find(|&index| self.told[index].is_used);
            let Some(index) = used.or_else(|| own.next()) else { break };
            self.told.remove(index);
        }
        if self.held() < held {
            self.fill();
        }
    }
}
