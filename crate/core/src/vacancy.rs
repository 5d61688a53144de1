//! Those who wait until a task would not have to: a producer's brake.
//!
//! They stand in the queue as tasks do: by priority, first come, first served. Whoever comes to its head when a worker is free is
//! told so, and has a *turn*: it is expected to submit soon, or not at all. Until its face says that the turn is over, it counts
//! against the room, so that a slot calls one and not all; and until somebody submits through that face, tasks that wait leave the
//! slot alone.

use std::collections::HashMap;

use slab::Slab;

use crate::{
    clock::{Clock, MILLISECOND, Nanos},
    deadlines::Deadlines,
    face::{FaceId, Payload},
    queue::WaitQueue,
    state::{Effect, Effects, Phase, State},
    worker::{Worker, WorkerId, WorkerState},
};

/// Most waits that one lock hold ends as their time is over.
const BATCH: usize = 1_024;

/// A wait for a vacancy.
#[derive(Debug, Clone, Copy)]
pub struct Wait {
    /// Whose it is.
    pub face: FaceId,
    /// Names it among those of its face.
    pub token: u32,
    /// 0 goes first.
    pub priority: u64,
    /// Most milliseconds that it may last, from now; with 0 it is answered at once.
    pub timeout: Option<u32>,
}

impl Wait {
    /// One of priority 1, for as long as it takes.
    #[must_use]
    pub const fn new(face: FaceId, token: u32) -> Self {
        Self { face, token, priority: 1, timeout: None }
    }
}

#[derive(Debug)]
struct Waiting {
    face: FaceId,
    token: u32,
    /// The number of the last task that was accepted before: those with a higher one came after it.
    after: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Vacancies {
    waiting: Slab<Waiting>,
    /// By place in `waiting`.
    queue: WaitQueue,
    places: HashMap<(FaceId, u32), u32>,
    deadlines: Deadlines,
    /// Turns that are not over.
    told: u32,
}

impl Vacancies {
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// When the time of the first one is over.
    pub(crate) fn due(&self) -> Nanos {
        self.deadlines.first().unwrap_or(Nanos::MAX)
    }

    /// Takes back a wait; whether there still was one.
    pub(crate) fn remove(&mut self, face: FaceId, token: u32) -> bool {
        let place = self.places.get(&(face, token)).copied();
        place.is_some_and(|place| {
            self.take(place);
            true
        })
    }

    fn take(&mut self, place: u32) -> Waiting {
        let waiting = self.waiting.remove(place as usize);
        self.queue.remove(place);
        self.places.remove(&(waiting.face, waiting.token));
        self.deadlines.remove(place);
        waiting
    }

    /// The first of the queue, if there is one.
    fn take_first(&mut self) -> Option<Waiting> {
        let (place, _) = self.queue.first()?;
        Some(self.take(place))
    }

    /// Those of a face, in the order of their queue. Looks at all, as that happens once per face.
    fn take_of(&mut self, face: FaceId) -> Vec<Waiting> {
        let is_meant = |&place: &u32| self.waiting[place as usize].face == face;
        let places: Vec<u32> = self.queue.iter().filter(is_meant).collect();
        places.into_iter().map(|place| self.take(place)).collect()
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn faces(&self) -> impl Iterator<Item = FaceId> {
        self.waiting.iter().map(|(_, waiting)| waiting.face)
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) const fn told(&self) -> u32 {
        self.told
    }
}

impl<T: Payload> State<T> {
    /// How many tasks would have a worker at once, or one that is booting for nobody else.
    pub(crate) fn room(&self) -> u32 {
        if self.phase != Phase::Open {
            return 0;
        }
        let booting = self.expected_slots().saturating_sub(self.queue.len());
        self.open_slots().saturating_add(booting)
    }

    /// How many tasks would have a worker at once.
    fn open_slots(&self) -> u32 {
        // While shrinking leaves more workers than the capacity allows, none is idle.
        let workers = self.startable().saturating_add(self.idle.len() as u32);
        workers.saturating_mul(self.options.concurrency).saturating_add(self.free_slots())
    }

    /// Whether there is more room than those who have been told of it can use. Then nobody awaits any.
    pub(crate) fn has_room_for_another(&self) -> bool {
        self.room() > self.vacancies.told
    }

    /// Whether all that could start now is kept for those who have been told of it. Then tasks wait although there is room.
    pub(crate) fn is_held(&self) -> bool {
        self.held > 0 && self.open_slots() <= self.held
    }

    /// Whether a task of this face has to stand behind others, who leave the room alone that is kept for somebody's turn.
    pub(crate) fn is_behind(&self, face: FaceId) -> bool {
        self.held > 0 && self.queue.len() > self.expected_slots() && !self.faces.has_turn(face)
    }

    /// Whether the first of all who wait is one for a vacancy.
    pub(crate) fn vacancy_is_next(&self) -> bool {
        let Some((place, priority)) = self.vacancies.queue.first() else { return false };
        let Some((task, theirs)) = self.queue.first() else { return true };
        let number = self.tasks.at(task).map_or(u64::MAX, |id| self.tasks[id].number);
        let after = self.vacancies.waiting[place as usize].after;
        priority < theirs || (priority == theirs && after < number)
    }

    /// Whether a worker that is about to take its next task leaves its slot to one who awaits a vacancy.
    pub(crate) fn yields(&self, worker: WorkerId) -> bool {
        if !self.vacancy_is_next() {
            return false;
        }
        let Worker { state, .. } = self.workers[worker];
        let concurrency = self.options.concurrency;
        // Of a thread that can have several tasks, the free slots are counted while it has some.
        let is_counted = concurrency > 1 && state == WorkerState::Running;
        self.room().saturating_add(if is_counted { 0 } else { concurrency }) > self.vacancies.told
    }

    /// Tells the first of all who wait, if that is one for a vacancy and there is room for it.
    pub(crate) fn tell_next(&mut self, effects: &mut Effects<T>) -> bool {
        let is_next = self.vacancy_is_next() && self.has_room_for_another();
        is_next && self.tell_first(effects)
    }

    fn tell_first(&mut self, effects: &mut Effects<T>) -> bool {
        let Some(Waiting { face, token, .. }) = self.vacancies.take_first() else { return false };
        if self.faces.add_turn(face) {
            self.vacancies.told += 1;
            self.held += 1;
        }
        effects.push(Effect::Vacancy { face, token, is_closed: false });
        true
    }

    pub(crate) fn await_vacancy(&mut self, clock: &impl Clock, wait: Wait, effects: &mut Effects<T>) {
        let Wait { face, token, priority, timeout } = wait;
        if !self.faces.is_staying(face) {
            effects.push(Effect::Vacancy { face, token, is_closed: true });
            return;
        }
        if timeout == Some(0) && self.phase == Phase::Open && !self.has_room_for_another() {
            effects.push(Effect::NoVacancy { face, token });
            return;
        }
        let after = self.counters.submitted;
        let place = self.vacancies.waiting.insert(Waiting { face, token, after }) as u32;
        self.vacancies.queue.push(place, priority);
        self.vacancies.places.insert((face, token), place);
        if let Some(limit) = timeout.filter(|&limit| limit > 0) {
            let at = clock.now() + u64::from(limit) * MILLISECOND;
            self.vacancies.deadlines.insert(place, at, limit);
        }
    }

    /// A task is accepted: if its face has a turn that is not used, it uses it.
    pub(crate) fn use_turn(&mut self, face: FaceId) {
        self.held -= u32::from(self.faces.use_turn(face));
    }

    /// `count` of those of the face who have been told have had their turn. What they have not used is there for others.
    pub(crate) fn end_turns(&mut self, face: FaceId, count: u32, effects: &mut Effects<T>) {
        let (ended, unused) = self.faces.end_turns(face, count);
        self.vacancies.told -= ended;
        self.give_back(unused, effects);
    }

    /// So many turns will not be used.
    fn give_back(&mut self, unused: u32, effects: &mut Effects<T>) {
        self.held -= unused;
        if unused > 0 {
            self.fill(effects);
        }
    }

    /// Nobody submits any more: no turn will be used.
    pub(crate) fn give_all_back(&mut self, effects: &mut Effects<T>) {
        self.faces.forget_unused();
        self.give_back(self.held, effects);
    }

    /// Tells those of a face that submits nothing any more: to them the pool is closed. Its turns will not be used.
    pub(crate) fn refuse_vacancies(&mut self, face: FaceId, effects: &mut Effects<T>) {
        for Waiting { face, token, .. } in self.vacancies.take_of(face) {
            effects.push(Effect::Vacancy { face, token, is_closed: true });
        }
        let unused = self.faces.give_back(face);
        self.give_back(unused, effects);
    }

    /// Nobody hears for this face any more.
    pub(crate) fn forget_vacancies(&mut self, face: FaceId) {
        self.vacancies.take_of(face);
    }

    /// Tells those for whom there is room; all of them, if the pool is closed. Called after every transition.
    pub(crate) fn notify_vacancies(&mut self, effects: &mut Effects<T>) {
        if self.phase != Phase::Open {
            while let Some(Waiting { face, token, .. }) = self.vacancies.take_first() {
                effects.push(Effect::Vacancy { face, token, is_closed: true });
            }
            return;
        }
        while self.has_room_for_another() && self.tell_first(effects) {}
    }

    /// Ends the waits whose time is over, or some of them: whether there are more.
    pub(crate) fn expire_vacancies(&mut self, now: Nanos, effects: &mut Effects<T>) -> bool {
        for _ in 0..BATCH {
            let Some((place, _)) = self.vacancies.deadlines.pop_due(now) else { return false };
            let Waiting { face, token, .. } = self.vacancies.take(place);
            effects.push(Effect::NoVacancy { face, token });
        }
        true
    }
}
