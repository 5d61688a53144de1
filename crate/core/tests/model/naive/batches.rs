//! Batches, and the places that they have.

use workpool_core::{Admission, Offer, Refusal, Reservation, Submission, TaskId};

use super::{
    Model,
    records::{Batch, Phase},
    schedule::is_special_task,
};
use crate::recorder::Job;

impl Model {
    /// Places that no task has yet.
    pub(super) fn reserved(&self) -> u32 {
        self.batches.iter().map(|batch| batch.left).sum()
    }

    /// Slots for the tasks of all these.
    pub(super) fn reserved_slots(&self) -> u32 {
        self.batches.iter().map(|batch| batch.left * batch.weight).sum()
    }

    /// Those of batches that may not wait.
    pub(super) fn kept(&self) -> u32 {
        let kept = self.batches.iter().filter(|batch| batch.is_kept);
        kept.map(|batch| batch.left * batch.weight).sum()
    }

    /// Whether all that could start now is kept for batches.
    pub(super) fn is_kept(&self) -> bool {
        self.kept() > 0 && self.open_slots() <= self.kept()
    }

    /// `real`: the name that the pool has given to the places.
    pub(crate) fn reserve(
        &mut self,
        count: u32,
        submission: Submission<Job>,
        into: Option<Reservation>,
        real: Option<Reservation>,
    ) -> Result<Reservation, Refusal> {
        let Submission { payload: Job { face, .. }, offer, wait_timeout, .. } = submission;
        if self.phase != Phase::Open || !self.is_staying(face) {
            self.counters.closed += u64::from(offer == Offer::Normal);
            return Err(Refusal::Closed);
        }
        self.is_scheduled |= is_special_task(&submission);
        let waiting = if self.is_scheduled {
            self.waiting_of_batch(count, &submission)?
        } else {
            let room = if self.is_behind(face) { 0 } else { self.room() };
            let waiting = count.saturating_sub(room);
            if waiting > 0 && (self.is_overloaded(waiting) || offer == Offer::AtOnce) {
                return Err(self.refuse_as_full(offer));
            }
            waiting
        };
        if waiting > 0 && wait_timeout == Some(0) {
            self.counters.submitted += u64::from(count);
            self.counters.wait_timeout += u64::from(count);
            return Err(Refusal::WaitTimeout);
        }
        let Some(into) = into else {
            let reservation = real.expect("there is room");
            assert!(self.batches.iter().all(|batch| batch.reservation.number() != reservation.number()));
            let is_kept = self.options.nonblocking || wait_timeout == Some(0);
            let weight = if self.is_scheduled { self.weight(submission.weight) } else { 1 };
            self.batches.push(Batch { reservation, submission, left: count, weight, is_kept });
            return Ok(reservation);
        };
        let batch = self.batches.iter_mut().find(|batch| batch.reservation == into);
        batch.map_or(Err(Refusal::Closed), |batch| {
            batch.left += count;
            Ok(into)
        })
    }

    /// `ids`: the numbers that the real pool has given to these tasks.
    pub(crate) fn hand_in(
        &mut self,
        reservation: Reservation,
        payloads: &[Job],
        ids: &[TaskId],
    ) -> Vec<Admission> {
        let mut admissions = Vec::new();
        for (index, &payload) in payloads.iter().enumerate() {
            let Some(batch) = self.batches.iter_mut().find(|batch| batch.reservation == reservation) else {
                break;
            };
            batch.left -= 1;
            let offer = Offer::Reserved { may_wait: !batch.is_kept };
            let submission = Submission { payload, offer, ..batch.submission };
            self.batches.retain(|batch| batch.left > 0);
            admissions.push(self.submit(submission, Some(ids[index])));
        }
        self.fill();
        admissions
    }

    pub(crate) fn give_back_places(&mut self, reservation: Reservation) {
        self.forget_batches(|batch| batch.reservation == reservation);
    }

    pub(super) fn forget_batches(&mut self, is_meant: impl Fn(&Batch) -> bool) {
        let before = self.batches.len();
        self.batches.retain(|batch| !is_meant(batch));
        if self.batches.len() < before {
            self.fill();
        }
    }
}
