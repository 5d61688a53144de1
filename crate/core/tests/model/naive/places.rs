//! The places of batches in a scheduled pool.

use workpool_core::{BACKGROUND, Offer, Reason, Refusal, Submission};

use super::{
    Model,
    records::{Kin, Phase, kin},
};
use crate::recorder::Job;

/// Tasks that are taken to have started.
#[derive(Default)]
struct Started {
    count: u32,
    slots: u32,
    by_kin: Vec<(Kin, u32)>,
}

impl Started {
    fn add(&mut self, key: Kin, count: u32, slots: u32) {
        self.count += count;
        self.slots += slots;
        self.by_kin.push((key, count));
    }

    fn of_key(&self, key: Kin) -> u32 {
        self.by_kin.iter().filter(|other| other.0 == key).map(|other| other.1).sum()
    }
}

impl Model {
    /// As if all tasks that have places had started.
    fn all_reserved(&self) -> Started {
        let mut all = Started::default();
        for batch in &self.batches {
            all.add(kin(&batch.submission), batch.left, batch.left * batch.weight);
        }
        all
    }

    /// How many of so many tasks like this could start, if nobody else waited and `others` had started.
    fn startable_beside(&self, submission: &Submission<Job>, most: u32, others: &Started) -> u32 {
        let (key, priority) = (kin(submission), submission.priority);
        let weight = self.weight(submission.weight);
        let starts = |&before: &u32| {
            let slots = others.slots + before * weight;
            let is_background = priority == BACKGROUND && self.phase == Phase::Open;
            !self.is_paused()
                && self.scheduled_room() >= slots + weight
                && self.tokens() > others.count + before
                && self.left_of(key) > others.of_key(key) + before
                && (!is_background || self.busy() + slots < self.half())
        };
        (0..most).take_while(starts).count() as u32
    }

    /// How many of so many tasks like this would not have to wait.
    pub(super) fn room_for(&self, submission: &Submission<Job>, most: u32) -> u32 {
        if !self.would_start(submission) {
            return 0;
        }
        self.startable_beside(submission, most, &self.all_reserved())
    }

    /// How many tasks that have places would have to wait, of those that are meant.
    pub(super) fn unplaced(&self, is_meant: impl Fn(&Submission<Job>) -> bool) -> u32 {
        let mut started = Started::default();
        let mut batches = self.batches.clone();
        batches.sort_by_key(|batch| batch.reservation.number());
        let mut unplaced = 0;
        for batch in batches {
            let count = self.startable_beside(&batch.submission, batch.left, &started);
            started.add(kin(&batch.submission), count, count * self.weight(batch.submission.weight));
            unplaced += if is_meant(&batch.submission) { batch.left - count } else { 0 };
        }
        unplaced
    }

    /// What forbids the start of a task like this behind so many like it, and all that have places.
    pub(super) fn barred_behind(&self, submission: &Submission<Job>, count: u32) -> Option<Reason> {
        let key = kin(submission);
        let all = self.all_reserved();
        if self.is_paused() {
            Some(Reason::Paused)
        } else if self.left_of(key) <= all.of_key(key) + count {
            Some(Reason::Key)
        } else if self.tokens() <= all.count + count {
            Some(Reason::Rate)
        } else {
            None
        }
    }

    /// How many tasks of a batch would have to wait; or why they are refused.
    pub(super) fn waiting_of_batch(&mut self, count: u32, task: &Submission<Job>) -> Result<u32, Refusal> {
        let room = self.room_for(task, count);
        let waiting = count - room;
        if waiting == 0 {
            return Ok(0);
        }
        let is_key_full = self.is_key_full(kin(task).0, waiting);
        if self.options.nonblocking
            || task.offer == Offer::AtOnce
            || is_key_full
            || self.is_full_for(task.priority, waiting)
        {
            let refusal = self.refusal(self.barred_behind(task, room), is_key_full);
            self.count_refusal(refusal, task.offer);
            return Err(refusal);
        }
        Ok(waiting)
    }
}
