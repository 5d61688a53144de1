//! The calls about a batch of tasks.

use std::num::NonZero;

use super::Pool;
use crate::{
    answer::{Admission, Refusal},
    clock::Clock,
    host::Host,
    state::{BATCH, batch::Reservation},
    submission::{Payload, Submission},
};

/// Most tasks that one hold of the lock takes in. For loom, which permutes what happens between two holds, it is one.
const HOLD: usize = if cfg!(loom) { 1 } else { BATCH };

impl<T: Payload, H: Host<T>, C: Clock> Pool<T, H, C> {
    /// Reserves a place for each of `count` tasks, or refuses all of them, as `submit` would refuse the last one of them
    /// if the others had been submitted before. Until [`submit_reserved`](Self::submit_reserved) hands them in or
    /// [`give_back_places`](Self::give_back_places) gives the places back, others are refused as if these tasks waited; if these tasks
    /// may not wait, the workers for them are kept.
    ///
    /// `task` says what all of them are, and its payload whose they are. `into` is a reservation of such tasks that gets
    /// the places, too. A refusal is counted once; a `wait_timeout` of 0 ends, and counts, all of them.
    ///
    /// The places are gone when the pool is released, and with the face. A close lets the tasks come and run.
    ///
    /// # Errors
    /// The refusal.
    pub fn reserve_places(
        &self,
        count: NonZero<u32>,
        task: &Submission<T>,
        into: Option<Reservation>,
    ) -> Result<Reservation, Refusal> {
        if self.is_untimely(task.wait_timeout, task.timeout) {
            return Err(Refusal::Untimely);
        }
        self.transition(|state, _| state.reserve(&self.clock, count.get(), task, into))
    }

    /// Hands in tasks that have places, in this order; says of each what has become of it. Others have the lock in
    /// between, after every 1,024. If there are fewer answers than tasks the places are gone, and the tasks that are
    /// left have not been submitted.
    pub fn submit_reserved(&self, reservation: Reservation, payloads: &[T]) -> Vec<Admission> {
        // Before the lock is taken, as no other memory is needed under it.
        let mut admissions = Vec::with_capacity(payloads.len());
        for payloads in payloads.chunks(HOLD) {
            let due = admissions.len() + payloads.len();
            self.transition(|state, effects| {
                state.submit_reserved(&self.clock, reservation, payloads, &mut admissions, effects);
            });
            if admissions.len() < due {
                break;
            }
        }
        admissions
    }

    /// No task will come for the places that are left.
    pub fn give_back_places(&self, reservation: Reservation) {
        self.transition(|state, effects| state.give_back_places(reservation, effects));
    }
}
