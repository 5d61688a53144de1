//! Batches in a pool with a schedule.

use crate::{
    answer::{Reason, Refusal},
    clock::Clock,
    group::Name,
    state::State,
    submission::{BACKGROUND, Offer, Payload, Submission},
};

impl<T: Payload> State<T> {
    /// Why so many tasks are refused: as the last one would be if the others had been submitted before.
    #[inline(never)]
    pub(crate) fn refuse_batch_if_scheduled(
        &mut self,
        clock: &impl Clock,
        count: u32,
        task: &Submission<T>,
    ) -> Result<(), Refusal> {
        self.begin_schedule(clock);
        let room = self.room_for(task);
        let waiting = count.saturating_sub(room);
        if waiting == 0 {
            return Ok(());
        }
        let bar = self.bar_behind(task, room);
        let is_key_full = self.is_key_full(task, waiting);
        if self.options.nonblocking
            || task.offer == Offer::AtOnce
            || is_key_full
            || self.is_queue_full(task.priority == BACKGROUND, waiting)
        {
            return Err(self.bar_as(task.offer, bar, is_key_full));
        }
        self.refuse_hasty(count, task)
    }

    /// What forbids the start of a task like this after so many like it have started, and those for which there are
    /// places.
    pub(super) fn bar_behind(&self, task: &Submission<T>, started: u32) -> Option<Reason> {
        let schedule = self.schedule();
        let name = task.name();
        let running = name.map_or(0, |name| schedule.keys.counts(name).0 + self.reserved_of(name));
        if schedule.is_paused() {
            Some(Reason::Paused)
        } else if name.is_some() && running.saturating_add(started) >= self.limit_of(task) {
            Some(Reason::Key)
        } else if self.allowed() <= started.saturating_add(self.batches.reserved()) {
            Some(Reason::Rate)
        } else {
            None
        }
    }

    /// How many tasks like this would not have to wait, beside those for which there are places.
    pub(super) fn room_for(&self, task: &Submission<T>) -> u32 {
        let outlook = self.outlook(task);
        if outlook.place.is_none() && !outlook.is_expected {
            return 0;
        }
        let of_key = task.name().map_or(0, |name| self.reserved_of(name));
        self.startable_like(task, self.batches.reserved(), self.batches.slots(), of_key)
    }

    /// Places for tasks of this key, or of this group.
    fn reserved_of(&self, name: Name) -> u32 {
        self.batches.iter().filter(|(task, _)| task.name() == Some(name)).map(|(_, left)| left).sum()
    }

    /// How many tasks like this could start now if they were the next, beside so many others that take so many slots.
    /// `of_key`: how many of those others have its key.
    #[inline(never)]
    fn startable_like(&self, task: &Submission<T>, others: u32, slots: u32, of_key: u32) -> u32 {
        let schedule = self.schedule();
        if schedule.is_paused() {
            return 0;
        }
        let weight = self.slots_of(task.weight);
        let mut count = self.room_scheduled().saturating_sub(slots) / weight;
        count = count.min(self.allowed().saturating_sub(others));
        if let Some(name) = task.name() {
            let running = schedule.keys.counts(name).0.saturating_add(of_key);
            count = count.min(self.limit_of(task).saturating_sub(running));
        }
        if task.priority == BACKGROUND && self.lifetime.is_open() {
            let half = (self.capacity.limit() / 2).max(1);
            let engaged = self.census.engaged().saturating_add(slots);
            count = count.min(half.saturating_sub(engaged).div_ceil(weight));
        }
        count
    }

    /// How many tasks that a batch has places for would have to wait, of those that are meant.
    pub(super) fn unplaced(&self, is_meant: impl Fn(&Submission<T>) -> bool) -> u32 {
        let (mut others, mut slots, mut unplaced) = (0, 0_u32, 0);
        let mut started = Vec::new();
        for (task, left) in self.batches.iter() {
            let of_key =
                started.iter().filter(|&&(name, _)| name == task.name()).map(|&(_, count)| count).sum();
            let startable = self.startable_like(task, others, slots, of_key).min(left);
            started.push((task.name(), startable));
            others += startable;
            slots = slots.saturating_add(startable * self.slots_of(task.weight));
            unplaced += if is_meant(task) { left - startable } else { 0 };
        }
        unplaced
    }

    /// Whether so many more tasks like this, which would have to wait, are too many for its key.
    pub(super) fn is_key_full(&self, task: &Submission<T>, more: u32) -> bool {
        let schedule = self.schedule();
        let Some(key) = task.fair_key().filter(|_| schedule.max_waiting_per_key > 0) else { return false };
        let others = self.unplaced(|other| other.fair_key() == Some(key));
        let waiting = schedule.keys.counts(Name::Key(key)).1 + others;
        waiting.saturating_add(more) > schedule.max_waiting_per_key
    }
}
