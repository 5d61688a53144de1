//! The calls about faces, and about the vacancies that they wait for.

use std::ops::ControlFlow;

use super::Pool;
use crate::{
    clock::Clock,
    host::Host,
    id::FaceId,
    rules::depart::Sweep,
    state::{BATCH, State, vacancy::Wait},
    submission::Payload,
};

impl<T: Payload, H: Host<T>, C: Clock> Pool<T, H, C> {
    /// One more face of the pool, unless the last one has departed, or it is an [orphan](Self::orphan).
    pub fn join(&self) -> Option<FaceId> {
        self.transition(|state, _| {
            let is_joinable = !state.faces.is_empty() && !state.lifetime.is_orphan();
            is_joinable.then(|| state.faces.join())
        })
    }

    /// The face submits nothing any more; what it has submitted goes on. If no other face stays, the pool closes.
    /// Returns the generation that is closed then.
    pub fn leave(&self, face: FaceId) -> Option<u64> {
        let mut next = 0;
        let closed = loop {
            let left = self.transition(|state, effects| state.leave(face, &mut next, effects));
            if let ControlFlow::Break(closed) = left {
                break closed;
            }
        };
        self.repeat(State::go_on_closing);
        closed
    }

    /// The face, which has left and has no tasks, gives up its place in the pool; it is still told of what it watches.
    /// Returns whether the face was the last one.
    pub fn resign(&self, face: FaceId) -> bool {
        let mut next = 0;
        loop {
            let is_last = self.transition(|state, effects| state.resign(face, &mut next, effects));
            if let Some(is_last) = is_last {
                return is_last;
            }
        }
    }

    /// The isolate of the face has ended: the unsettled tasks of the face end as cancelled, and nothing is done for the
    /// face any more. The workers of those tasks take others; a thread ends first what it runs. Nobody may call the
    /// pool about one of those tasks from now on. An effect that is on its way to the face is void, and the host knows
    /// it by the number of the face. Returns whether the face was the last one.
    pub fn depart(&self, face: FaceId) -> bool {
        let mut sweep = Sweep::default();
        loop {
            let is_last =
                self.transition(|state, effects| state.depart(&self.clock, face, &mut sweep, effects));
            if let Some(is_last) = is_last {
                self.repeat(State::go_on_closing);
                return is_last;
            }
        }
    }

    /// Whether no task of the face is left: none waits, runs, or has still to be collected. Then no effect is about a
    /// task of the face.
    pub fn is_quiet(&self, face: FaceId) -> bool {
        self.state.lock().faces.records(face) == 0
    }

    /// Whether a task could start now, or a booting worker would take it.
    pub fn has_room(&self) -> bool {
        let mut state = self.state.lock();
        state.note_time(&self.clock);
        state.room() > 0
    }

    /// Whether a submit would not have to wait, and would not take the room of those who have been told of it.
    pub fn has_vacancy(&self) -> bool {
        let mut state = self.state.lock();
        state.note_time(&self.clock);
        state.has_vacancy(&Wait::new(FaceId::FIRST, 0))
    }

    /// Delivers [`Effect::Vacancy`](crate::Effect::Vacancy) when a submit would not have to wait, or if it would be
    /// refused, as the pool is closed or the face has left.
    pub fn await_vacancy(&self, face: FaceId, token: u32) {
        self.await_vacancy_with(Wait::new(face, token));
    }

    /// As `await_vacancy`. The wait stands in the queue by its priority, and after its timeout it ends by
    /// [`Effect::NoVacancy`](crate::Effect::NoVacancy). A timeout above 0 needs a host that [keeps
    /// time](Host::keeps_time).
    pub fn await_vacancy_with(&self, wait: Wait) {
        self.transition(|state, effects| state.await_vacancy(&self.clock, wait, effects));
    }

    /// Takes an `await_vacancy` back. Returns false if it has been answered.
    pub fn forget_vacancy(&self, face: FaceId, token: u32) -> bool {
        self.transition(|state, _| state.vacancies.remove(face, token))
    }

    /// `count` waits of the face have been told of a vacancy, and their turns are over: by now they have used it, or
    /// they will not.
    pub fn end_turns(&self, face: FaceId, mut count: u32) {
        while count > 0 {
            // One hold of the lock serves no more who wait than that.
            let ended = count.min(BATCH as u32);
            if self.transition(|state, effects| state.end_turns(face, ended, effects)) < ended {
                return;
            }
            count -= ended;
        }
    }
}
