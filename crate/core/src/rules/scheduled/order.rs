//! Who is next, and whether there is a place.

use std::cmp::Ordering;

use crate::{
    group::Name,
    id::{TaskId, WorkerId},
    kind::WorkerKind,
    policy::UNBOUNDED,
    state::{
        State,
        moved::Arrival,
        schedule::{Schedule, Score, keys::Head},
        vacancy::Wait,
    },
    submission::{BACKGROUND, Payload},
};

/// A place in the order of all who wait: priority, or score if tasks age; running tasks of the same key; arrival.
pub(super) type Rank = (Score, u32, Arrival);

/// The arrival of whoever comes now.
pub(super) const NOW: Arrival = (u64::MAX, 0);

/// The score of the background.
const LAST: Score = (u128::MAX, BACKGROUND);

/// A task that waits and may start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    /// The number of its record.
    pub(super) task: u32,
    pub(super) priority: u64,
    pub(super) rank: Rank,
}

/// Where a task can start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On this worker, which is idle.
    Idle(WorkerId),
    /// On a new worker.
    New,
    /// Beside the other tasks of this worker.
    Slot(WorkerId),
}

impl<T: Payload> State<T> {
    /// For rules that only a pool with a schedule has.
    pub(super) fn schedule(&self) -> &Schedule {
        let Some(schedule) = &self.schedule else { unreachable!("the pool has a schedule") };
        schedule
    }

    /// For rules that only a pool with a schedule has.
    pub(super) fn schedule_mut(&mut self) -> &mut Schedule {
        let Some(schedule) = &mut self.schedule else { unreachable!("the pool has a schedule") };
        schedule
    }

    /// How many tasks may start now, as far as the rate is concerned.
    pub(super) fn allowed(&self) -> u32 {
        self.schedule().rate.as_ref().map_or(UNBOUNDED, |starts| starts.allowed(self.now))
    }

    // ── order ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// The first of all waiting tasks that may start, whether or not there is a place for it.
    pub(super) fn first_task(&self) -> Option<Candidate> {
        let schedule = self.schedule();
        if schedule.is_paused() || self.allowed() == 0 {
            return None;
        }
        let first = if schedule.ageing.is_some() { self.first_aged() } else { self.first_by_priority() };
        first.or_else(|| if self.may_run_background() { self.first_of(BACKGROUND) } else { None })
    }

    /// The waiting task that settles if one has to: the first that may start, or else the first of all.
    pub(crate) fn next_to_settle(&self) -> Option<TaskId> {
        let next = self.first_task().and_then(|first| self.tasks.at(first.task));
        next.or_else(|| {
            let priority = self.priority_from(0)?;
            self.oldest_at(priority)
        })
    }

    /// The first priority from this one on in which a task waits, with a key or without.
    pub(super) fn priority_from(&self, priority: u64) -> Option<u64> {
        let keyed = self.schedule().keys.priority_from(priority);
        self.queue.priority_from(priority).into_iter().chain(keyed).min()
    }

    fn first_by_priority(&self) -> Option<Candidate> {
        let mut from = 0;
        loop {
            let priority = self.priority_from(from).filter(|&priority| priority != BACKGROUND)?;
            if let Some(first) = self.first_of(priority) {
                return Some(first);
            }
            from = priority + 1;
        }
    }

    /// Of one priority, in a pool whose tasks do not age, or of the background.
    fn first_of(&self, priority: u64) -> Option<Candidate> {
        let schedule = self.schedule();
        let is_background = priority == BACKGROUND;
        let is_newest = self.is_newest_first(priority);
        let keyless = if is_newest { self.queue.newest(priority) } else { self.queue.oldest(priority) };
        let running = if is_background { 0 } else { schedule.running_keyless };
        let keyless = keyless.map(|task| Head { task, arrival: self.arrival_at(task), running });
        // What a group limits beside the pool has no part in the order between keys.
        let grouped = schedule.keys.first_of_groups(priority, running, is_newest);
        let mut keyed = schedule.keys.first(priority, schedule.per_key, is_newest);
        if let Some(head) = keyed.as_mut().filter(|_| is_background) {
            head.running = 0;
        }
        let by_place = |a: &Head, b: &Head| {
            let by_arrival = a.arrival.cmp(&b.arrival);
            a.running.cmp(&b.running).then(if is_newest { by_arrival.reverse() } else { by_arrival })
        };
        let first = keyless.into_iter().chain(grouped).chain(keyed).min_by(by_place)?;
        let lane = if is_background { LAST } else { (0, priority) };
        let rank = (lane, first.running, first.arrival);
        Some(Candidate { task: first.task, priority, rank })
    }

    fn first_aged(&self) -> Option<Candidate> {
        let schedule = self.schedule();
        let may_start = |&&(_, _, task): &&(Score, Arrival, u32)| {
            self.tasks.at(task).is_some_and(|id| match self.tasks[id].key() {
                Some(key) => schedule.keys.may_start(key, schedule.per_key),
                None => true,
            })
        };
        let first = schedule.aged.iter().find(may_start).map(|&(score, arrival, task)| {
            let priority = self.tasks.at(task).map_or(0, |id| self.tasks[id].priority);
            Candidate { task, priority, rank: (score, 0, arrival) }
        });
        first.into_iter().chain(self.first_aged_of_groups()).min_by_key(|first| first.rank)
    }

    /// In each priority the groups stand in the order in which their tasks came, and so in that of their scores.
    fn first_aged_of_groups(&self) -> Option<Candidate> {
        let schedule = self.schedule();
        let mut first: Option<Candidate> = None;
        let mut from = 0;
        while let Some(priority) = schedule.keys.group_priority_from(from)
            && priority != BACKGROUND
        {
            if let Some(Head { task, arrival, .. }) = schedule.keys.first_of_groups(priority, 0, false)
                && let Some(score) = self.tasks.at(task).and_then(|id| self.score_of(id))
            {
                let rank = (score, 0, arrival);
                let is_before = first.is_none_or(|first| rank.cmp(&first.rank) == Ordering::Less);
                first = if is_before { Some(Candidate { task, priority, rank }) } else { first };
            }
            from = priority + 1;
        }
        first
    }

    /// The place of a waiting task among those that age.
    pub(super) fn score_of(&self, id: TaskId) -> Option<Score> {
        let (schedule, task) = (self.schedule(), &self.tasks[id]);
        schedule.score(task.priority, self.moved.since(id.number(), task.submitted_at()))
    }

    fn arrival_at(&self, task: u32) -> Arrival {
        self.tasks.at(task).map_or((0, 0), |id| self.arrival_of(id))
    }

    /// Whether a task in the background may start, if no other task may.
    pub(super) fn may_run_background(&self) -> bool {
        !self.lifetime.is_open() || self.census.engaged() < (self.capacity.limit() / 2).max(1)
    }

    /// Whether a task in the background may start that does not wait yet. `first`: the first that does.
    pub(super) fn is_background_in_turn(&self, first: Option<Candidate>) -> bool {
        first.is_none_or(|first| first.priority == BACKGROUND) && self.may_run_background()
    }

    /// Where a task, or a wait for a vacancy, that comes now would stand behind those that came before.
    pub(super) fn rank_of(&self, wait: &Wait, at: u64, arrival: Arrival) -> Rank {
        let schedule = self.schedule();
        if wait.priority == BACKGROUND {
            return (LAST, 0, arrival);
        }
        match schedule.score(wait.priority, at) {
            Some(score) => (score, 0, arrival),
            None => ((0, wait.priority), self.running_of(wait), arrival),
        }
    }

    fn running_of(&self, wait: &Wait) -> u32 {
        let schedule = self.schedule();
        wait.key.map_or(schedule.running_keyless, |key| schedule.keys.counts(Name::Key(key)).0)
    }

    /// The first of those who await a vacancy and whose key may start one.
    pub(super) fn first_wait(&self) -> Option<(u32, Rank)> {
        if self.vacancies.is_empty() {
            return None;
        }
        let is_ageing = self.schedule().ageing.is_some();
        let candidates = self.vacancies.in_order().filter(|(_, waiting)| self.may_start_key(&waiting.wait));
        let ranked = candidates.map(|(place, waiting)| {
            // Between the task that was accepted last before and the next one.
            (place, self.rank_of(&waiting.wait, waiting.at, waiting.after), waiting.wait.priority)
        });
        let first = if is_ageing {
            ranked.min_by_key(|&(_, rank, _)| rank)?
        } else {
            // In order of priority; within one by key.
            let mut first: Option<(u32, Rank, u64)> = None;
            for next in ranked {
                match first {
                    Some((_, _, priority)) if next.2 > priority => break,
                    Some((_, rank, _)) if rank <= next.1 => {}
                    _ => first = Some(next),
                }
            }
            first?
        };
        Some((first.0, first.1))
    }

    fn may_start_key(&self, wait: &Wait) -> bool {
        let schedule = self.schedule();
        schedule.may_start(wait.key.map(Name::Key), schedule.per_key)
    }

    /// Whether one who awaits a vacancy can be told of one, as far as the order of those who wait is not concerned.
    pub(super) fn can_tell(&self, wait: &Wait) -> bool {
        let need = self.slots_of(wait.weight);
        self.may_tell(wait) && self.room().saturating_sub(self.vacancies.told_slots()) >= need
    }

    /// Whether one who awaits a vacancy could be told of one if there were room.
    fn may_tell(&self, wait: &Wait) -> bool {
        let schedule = self.schedule();
        let may_start =
            self.lifetime.is_open() && !schedule.is_paused() && self.allowed() > self.vacancies.told();
        let is_in_turn = wait.priority != BACKGROUND || self.is_background_in_turn(self.first_task());
        may_start && is_in_turn && self.may_start_key(wait)
    }

    /// Whether slots gather for the first who awaits a vacancy, who cannot be told of one, as they do for a heavy task that is
    /// next: lighter tasks behind do not pass.
    pub(super) fn has_slots_gather(&self, wait: &Wait) -> bool {
        self.slots_of(wait.weight) > 1 && self.may_tell(wait)
    }

    /// Where the wait stands for which slots gather.
    pub(super) fn gathering(&self) -> Option<Rank> {
        let (place, rank) = self.first_wait()?;
        let wait = self.vacancies.wait(place);
        (!self.can_tell(&wait) && self.has_slots_gather(&wait)).then_some(rank)
    }

    /// Whether a wait can be told although tasks before it wait. They may wait for workers that boot; of a task that
    /// needs more slots than are free nobody knows how many will be.
    pub(super) fn has_room_behind_tasks(&self) -> bool {
        self.options.kind.boots()
    }

    /// Whether one who came now to await a vacancy would be told of one at once.
    pub(crate) fn would_tell(&self, wait: &Wait) -> bool {
        let rank = self.rank_of(wait, self.now, NOW);
        let is_behind =
            !self.has_room_behind_tasks() && self.first_task().is_some_and(|task| task.rank <= rank);
        let is_behind_wait = self.first_wait().is_some_and(|(_, other)| other <= rank);
        !is_behind && !is_behind_wait && self.can_tell(wait)
    }

    // ── places ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// The slots that a task of this weight takes if it starts now.
    pub(super) fn slots_for(&self, weight: u32) -> u32 {
        weight.min(self.capacity.limit())
    }

    /// The slots that a task of this weight takes, whatever the workers are.
    pub(crate) fn slots_of(&self, weight: u32) -> u32 {
        if self.options.kind == WorkerKind::Slot { self.slots_for(weight).max(1) } else { 1 }
    }

    /// How many waiting tasks may start and would have a worker if there were enough; no more than `most` are counted.
    pub(super) fn demand(&self, most: u32) -> u32 {
        let count = self.foreground_demand(most);
        if count > 0 { count } else { self.background_demand(most) }
    }

    pub(super) fn foreground_demand(&self, most: u32) -> u32 {
        let schedule = self.schedule();
        if schedule.is_paused() {
            return 0;
        }
        let most = most.min(self.allowed());
        let keyless = self.queue.len() - self.keyless_background();
        let mut count = keyless.min(most);
        let mut seen = Vec::new();
        let mut from = 0;
        while count < most
            && let Some(priority) = schedule.keys.priority_from(from)
            && priority != BACKGROUND
        {
            count += schedule.keys.demand(priority, schedule.per_key, most - count, &mut seen);
            from = priority + 1;
        }
        count
    }

    /// Up to half of the pool, workers that boot for them included.
    pub(super) fn background_demand(&self, most: u32) -> u32 {
        let schedule = self.schedule();
        if schedule.background == 0 || schedule.is_paused() {
            return 0;
        }
        let most = most.min(self.allowed()).min(self.background_room());
        let count = self.keyless_background().min(most);
        count + schedule.keys.demand(BACKGROUND, schedule.per_key, most - count, &mut Vec::new())
    }

    /// How many tasks in the background may start or have workers booted for them, if no other task may start.
    pub(super) fn background_room(&self) -> u32 {
        if !self.lifetime.is_open() {
            return UNBOUNDED;
        }
        let others = self.census.engaged() - self.census.booting();
        (self.capacity.limit() / 2).max(1).saturating_sub(others)
    }

    fn keyless_background(&self) -> u32 {
        self.schedule().background - self.schedule().keys.background()
    }

    /// How many tasks of weight 1 would have a worker at once, or one that boots for nobody else.
    pub(crate) fn room_scheduled(&self) -> u32 {
        let expected = self.expected_slots();
        let free = if expected == 0 { 0 } else { expected - self.demand(expected) };
        self.open_slots().saturating_add(free)
    }

    /// Where the task can start now, that being its turn. `held`: slots that are kept from it; `is_new`: the task does not
    /// wait yet.
    pub(super) fn place(
        &self,
        weight: u32,
        held: u32,
        preferred: Option<WorkerId>,
        is_new: bool,
    ) -> Option<Place> {
        if self.options.kind == WorkerKind::Slot {
            let free = self.capacity.limit().saturating_sub(self.census.engaged());
            if free.saturating_sub(held) < self.slots_for(weight) || free == 0 {
                return None;
            }
            return Some(self.idle.last().map_or(Place::New, |(worker, _)| Place::Idle(worker)));
        }
        if held > 0 && self.open_slots() <= held {
            return None;
        }
        // The task waits until the worker has been validated.
        if self.must_validate() {
            return None;
        }
        if let Some(worker) = preferred {
            if self.is_idle(worker) {
                return Some(Place::Idle(worker));
            }
            if self.has_free_slot(worker) {
                return Some(Place::Slot(worker));
            }
        }
        if let Some((worker, _)) = self.idle.last() {
            return Some(Place::Idle(worker));
        }
        if !self.options.kind.boots() {
            return self.may_start().then_some(Place::New);
        }
        let worker = self.free_slot()?;
        let (expected, booting) = (self.expected(), self.census.booting());
        let demand = self.demand(booting.saturating_add(1));
        // A task for which a thread boots, or can, waits for it; a newcomer rather takes a slot than wait.
        let waits = if is_new {
            self.may_start() && demand >= expected
        } else {
            demand <= expected || (self.may_start() && demand > booting)
        };
        (!waits).then_some(Place::Slot(worker))
    }

    /// The place that a worker has left which has a task less. It takes the next one, although workers may boot for that
    /// and although slots may be kept: if it is not one of these, nothing is taken from whom they are kept for.
    pub(super) fn freed_place(&self, freed: Option<WorkerId>, weight: u32) -> Option<Place> {
        let worker = freed?;
        if !self.is_idle(worker) {
            return self.has_free_slot(worker).then_some(Place::Slot(worker));
        }
        let others = self.capacity.limit().saturating_sub(self.census.engaged()).saturating_sub(1);
        let more = self.slots_for(weight) - 1;
        (others.saturating_sub(self.held()) >= more).then_some(Place::Idle(worker))
    }
}
