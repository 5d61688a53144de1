//! Those who wait until a task would not have to: a producer's brake.
//!
//! First come, first served, one per free slot, and nothing is reserved. One that has been told is expected to submit soon, or
//! not at all; until its face says that it has had its turn, it counts against the free slots. So a slot calls one producer and
//! not all of them, and one that does not come does not keep the others waiting.

use std::collections::VecDeque;

use crate::{
    face::{FaceId, Payload},
    state::{Effect, Effects, Phase, State},
};

#[derive(Debug, Default)]
pub(crate) struct Vacancies {
    waiting: VecDeque<(FaceId, u32)>,
    /// Faces of those who have been told and whose turn is not over.
    told: Vec<FaceId>,
}

impl Vacancies {
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes back a wait; whether there still was one.
    pub(crate) fn remove(&mut self, face: FaceId, token: u32) -> bool {
        let index = self.waiting.iter().position(|&waiting| waiting == (face, token));
        index.is_some_and(|index| self.waiting.remove(index).is_some())
    }

    /// `count` of those of the face who have been told have had their turn.
    pub(crate) fn end_turns(&mut self, face: FaceId, count: u32) {
        for _ in 0..count {
            let Some(index) = self.told.iter().position(|&told| told == face) else { return };
            self.told.swap_remove(index);
        }
    }

    pub(crate) fn forget_face(&mut self, face: FaceId) {
        self.waiting.retain(|&(waiting, _)| waiting != face);
        self.told.retain(|&told| told != face);
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn faces(&self) -> impl Iterator<Item = FaceId> {
        self.waiting.iter().map(|&(face, _)| face).chain(self.told.iter().copied())
    }
}

impl<T: Payload> State<T> {
    /// How many tasks would have a worker at once, or one that is booting for nobody else.
    pub(crate) fn room(&self) -> u32 {
        if self.phase != Phase::Open {
            return 0;
        }
        let booting = self.expected_slots().saturating_sub(self.queue.len());
        // While shrinking leaves more workers than the capacity allows, none is idle.
        let workers = self.capacity.saturating_sub(self.running).saturating_add(self.idle.len() as u32);
        workers
            .saturating_mul(self.options.concurrency)
            .saturating_add(booting)
            .saturating_add(self.free_slots())
    }

    /// Whether there is more room than those who have been told of it can use. Then nobody awaits any.
    pub(crate) fn has_room_for_another(&self) -> bool {
        self.room() as usize > self.vacancies.told.len()
    }

    pub(crate) fn await_vacancy(&mut self, face: FaceId, token: u32, effects: &mut Effects<T>) {
        self.vacancies.waiting.push_back((face, token));
        if !self.faces.is_staying(face) {
            self.refuse_vacancies(face, effects);
        }
    }

    /// Tells those of a face that submits nothing any more: to them the pool is closed.
    pub(crate) fn refuse_vacancies(&mut self, face: FaceId, effects: &mut Effects<T>) {
        self.vacancies.waiting.retain(|&(waiting, token)| {
            if waiting == face {
                effects.push(Effect::Vacancy { face, token, is_closed: true });
            }
            waiting != face
        });
    }

    /// Tells those for whom there is room; all of them, if the pool is closed. Called after every transition.
    pub(crate) fn notify_vacancies(&mut self, effects: &mut Effects<T>) {
        let is_closed = self.phase != Phase::Open;
        while is_closed || self.has_room_for_another() {
            let Some((face, token)) = self.vacancies.waiting.pop_front() else { return };
            if !is_closed {
                self.vacancies.told.push(face);
            }
            effects.push(Effect::Vacancy { face, token, is_closed });
        }
    }
}
