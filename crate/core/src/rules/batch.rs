//! Batches: tasks that are accepted all together or not at all.
//!
//! One hold of the lock looks whether there is room for all and reserves a place for each. The records follow in further
//! holds. Meanwhile a newcomer is refused wherever it would be if the tasks to come waited already.

use crate::{
    answer::{Admission, Refusal},
    clock::Clock,
    effect::Effects,
    id::FaceId,
    state::{State, batch::Reservation},
    submission::{Offer, Payload, Submission},
};

impl<T: Payload> State<T> {
    /// Reserves `count` places for tasks like `task`, or refuses all of them. `into`: a batch that gets these places,
    /// too.
    #[inline(never)]
    pub(crate) fn reserve(
        &mut self,
        clock: &impl Clock,
        count: u32,
        task: &Submission<T>,
        into: Option<Reservation>,
    ) -> Result<Reservation, Refusal> {
        let face = task.payload.face();
        if let Some(refusal) = self.refuse_if_closed(face, task.offer) {
            return Err(refusal);
        }
        let is_scheduled = self.schedule.is_some() || task.is_special();
        if is_scheduled {
            self.refuse_batch_if_scheduled(clock, count, task)?;
        } else {
            self.refuse_batch(count, task)?;
        }
        // Otherwise they are more than can be counted.
        if self.pending().checked_add(count).is_none() {
            return Err(self.refuse_as_full(task.offer));
        }
        match into {
            Some(reservation) if self.batches.is_open(reservation) => {
                self.batches.extend(reservation, count);
                Ok(reservation)
            }
            Some(_) => Err(Refusal::Closed),
            None => {
                let is_kept = self.options.nonblocking || task.wait_timeout == Some(0);
                let weight = if is_scheduled { self.slots_of(task.weight) } else { 1 };
                Ok(self.batches.add(face, *task, weight, count, is_kept))
            }
        }
    }

    /// Why so many tasks are refused in a pool without a schedule.
    fn refuse_batch(&mut self, count: u32, task: &Submission<T>) -> Result<(), Refusal> {
        let room = if self.is_behind(task.payload.face()) { 0 } else { self.room() };
        let waiting = count.saturating_sub(room);
        if waiting == 0 {
            return Ok(());
        }
        if self.is_overloaded(waiting) || task.offer == Offer::AtOnce {
            return Err(self.refuse_as_full(task.offer));
        }
        self.refuse_hasty(count, task)
    }

    /// Ends so many tasks, some of which would have to wait, if they may not.
    pub(crate) fn refuse_hasty(&mut self, count: u32, task: &Submission<T>) -> Result<(), Refusal> {
        if task.wait_timeout == Some(0) {
            self.counters.expire_at_once(u64::from(count));
            return Err(Refusal::WaitTimeout);
        }
        Ok(())
    }

    /// Hands in tasks of a batch, as far as it has places for them; says of each what becomes of it.
    #[inline(never)]
    pub(crate) fn submit_reserved(
        &mut self,
        clock: &impl Clock,
        reservation: Reservation,
        payloads: &[T],
        admissions: &mut Vec<Admission>,
        effects: &mut Effects<T>,
    ) {
        for &payload in payloads {
            let Some(task) = self.batches.take(reservation, payload) else { break };
            let admission = self.submit(clock, task, effects);
            admissions.push(admission);
        }
        // What was kept for these tasks may be more than they have taken.
        self.fill(effects);
    }

    /// The batch has no place any more; what was kept for it is there for others.
    #[inline(never)]
    pub(crate) fn give_back_places(&mut self, reservation: Reservation, effects: &mut Effects<T>) {
        if self.batches.remove(reservation) {
            self.fill(effects);
        }
    }

    /// The face is gone, and hands in nothing any more.
    pub(crate) fn forget_batches(&mut self, face: FaceId, effects: &mut Effects<T>) {
        if self.batches.remove_of(face) {
            self.fill(effects);
        }
    }

    /// The batch of a newcomer may be anybody's but its own: why the newcomer is refused that would wait if the tasks to
    /// come waited already.
    #[inline(never)]
    pub(crate) fn refuse_beside_batches(&mut self, task: &Submission<T>) -> Option<Refusal> {
        if matches!(task.offer, Offer::Reserved { .. })
            || (self.room() > 0 && !self.is_behind(task.payload.face()))
        {
            return None;
        }
        self.refuse_to_wait(task.offer, task.wait_timeout)
    }
}
