//! What [`Pool`](crate::Pool)'s lock guards: one struct, of which each part is a concept with methods of its own, and
//! the questions that need several parts for an answer.
//!
//! The rules that change the state are in `rules`.

pub(crate) mod alarm;
pub(crate) mod aside;
pub(crate) mod batch;
pub(crate) mod bound;
pub(crate) mod capacity;
pub(crate) mod census;
pub(crate) mod deadlines;
pub(crate) mod face;
pub(crate) mod groups;
pub(crate) mod lifetime;
pub(crate) mod measures;
pub(crate) mod moved;
pub(crate) mod queue;
pub(crate) mod recent;
pub(crate) mod schedule;
pub(crate) mod stack;
pub(crate) mod starts;
pub(crate) mod tally;
pub(crate) mod task;
pub(crate) mod throughput;
pub(crate) mod vacancy;
pub(crate) mod watch;
pub(crate) mod worker;

use self::{
    alarm::Alarm,
    aside::Aside,
    batch::Batches,
    bound::Bound,
    capacity::Capacity,
    census::Census,
    deadlines::Deadlines,
    face::Faces,
    groups::Groups,
    lifetime::Lifetime,
    measures::Measures,
    moved::Moved,
    queue::WaitQueue,
    recent::Recent,
    schedule::Schedule,
    stack::WorkerStack,
    starts::Starts,
    task::Tasks,
    throughput::Throughput,
    vacancy::Vacancies,
    watch::Watches,
    worker::{Worker, Workers},
};
use crate::{
    clock::Nanos,
    counters::{Counters, Snapshot},
    id::{FaceId, WorkerId},
    options::Options,
    policy::Policy,
    submission::Payload,
};

/// Most tasks that one lock hold rejects, or workers that it starts or retires. A release with a million waiting tasks
/// lets others in between.
pub(crate) const BATCH: usize = 1_024;

/// The parts lie in memory in this order. First comes what every task changes: each cache line that two threads change
/// in turn costs both of them about as much as all the rest of a call. Behind that comes what changes rarely, of which
/// every core keeps a copy.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct State<T> {
    pub(crate) census: Census,
    pub(crate) queue: WaitQueue,
    pub(crate) tasks: Tasks<T>,
    pub(crate) counters: Counters,
    pub(crate) alarm: Alarm,
    pub(crate) lifetime: Lifetime,
    /// What the pool knows beyond capacity and priority, if it uses anything of that.
    pub(crate) schedule: Option<Box<Schedule>>,
    /// How long tasks have waited and run, if the pool measures that or has.
    pub(crate) measures: Option<Box<Measures>>,
    pub(crate) capacity: Capacity,
    pub(crate) starts: Starts,
    pub(crate) idle: WorkerStack,
    pub(crate) workers: Workers,
    /// When the wait, the run or the grace of tasks is over.
    pub(crate) deadlines: Deadlines,
    /// Until when a worker is to have been made, may be used, or is to have been taken down, by number. A worker is in
    /// one of these at a time.
    pub(crate) terms: Deadlines,
    pub(crate) aside: Aside,
    pub(crate) vacancies: Vacancies,
    pub(crate) batches: Batches<T>,
    pub(crate) bound: Bound<T>,
    pub(crate) watches: Watches,
    pub(crate) faces: Faces,
    pub(crate) groups: Groups,
    pub(crate) moved: Moved,
    pub(crate) throughput: Throughput,
    /// Which thread has last run a key, once a thread has run one.
    pub(crate) recent: Option<Box<Recent>>,
    pub(crate) options: Options,
    /// When this hold of the lock began, if the pool has a schedule, measures its tasks, or somebody
    /// [needs the time](Self::needs_time).
    pub(crate) now: Nanos,
    /// The worker that has gone idle in this hold of the lock and may still take a task as if it had not.
    pub(crate) fresh: Option<WorkerId>,
}

impl<T: Payload> State<T> {
    pub(crate) fn new(options: Options, now: Nanos) -> Self {
        let has_schedule = options.policy != Policy::NONE || options.ageing.is_some();
        Self {
            census: Census::new(),
            queue: WaitQueue::default(),
            tasks: Tasks::new(),
            counters: Counters::default(),
            alarm: Alarm::new(),
            lifetime: Lifetime::new(),
            schedule: has_schedule.then(|| Box::new(Schedule::new(&options, now, 0))),
            measures: options.measure.then(|| Box::new(Measures::begun())),
            capacity: Capacity::new(options.capacity),
            starts: Starts::new(),
            idle: WorkerStack::default(),
            workers: Workers::default(),
            deadlines: Deadlines::default(),
            terms: Deadlines::default(),
            aside: Aside::default(),
            vacancies: Vacancies::default(),
            batches: Batches::new(),
            bound: Bound::new(),
            watches: Watches::default(),
            faces: Faces::new(),
            groups: Groups::new(),
            moved: Moved::default(),
            throughput: Throughput::default(),
            recent: None,
            options,
            now,
            fresh: None,
        }
    }

    // ── workers to come ─────────────────────────────────────────────────────────────────────────────────────────

    /// Most workers that may be started now, because one could not be; `None` for no such limit.
    pub(crate) const fn start_limit(&self) -> Option<u32> {
        if self.starts.are_calm() {
            None
        } else if self.options.kind.backs_off() {
            // After the pause one worker tries for all.
            let is_trying = self.census.booting() > self.starts.validating();
            Some((!self.starts.are_paused() && !is_trying) as u32)
        } else if self.starts.are_paused() && self.census.has_started() {
            Some(0)
        } else {
            // While none serves, each submit tries.
            None
        }
    }

    /// Whether one more worker may be started.
    pub(crate) const fn may_start(&self) -> bool {
        self.census.running() < self.capacity.limit() && !matches!(self.start_limit(), Some(0))
    }

    /// How many workers may be started now.
    pub(crate) const fn startable(&self) -> u32 {
        let free = self.capacity.limit().saturating_sub(self.census.running());
        match self.start_limit() {
            Some(limit) if limit < free => limit,
            _ => free,
        }
    }

    /// The workers that are kept: none if there is nothing to keep of a worker.
    pub(crate) fn least(&self) -> u32 {
        if self.options.kind.boots() { self.options.min_size.min(self.capacity.limit()) } else { 0 }
    }

    /// Whether as many workers are ready as are kept, or one.
    pub(crate) fn is_ready(&self) -> bool {
        let needed = if self.options.kind.backs_off() { self.least() } else { 0 };
        self.census.ready() >= needed.max(1)
    }

    /// Booting workers that will take a task. If the capacity has shrunk below them, the others retire instead.
    pub(crate) fn expected(&self) -> u32 {
        self.census.booting().min(self.capacity.limit().saturating_sub(self.census.with_task()))
    }

    /// The tasks that the expected workers will take.
    pub(crate) fn expected_slots(&self) -> u32 {
        self.expected().saturating_mul(self.options.concurrency)
    }

    // ── idle workers ────────────────────────────────────────────────────────────────────────────────────────────

    /// Whether a rule asks for how long a worker has been idle, beside the purge.
    pub(crate) fn needs_time(&self) -> bool {
        self.options.kind.validate_after().is_some_and(|after| after > 0)
    }

    /// Whether the times of tasks are measured.
    pub(crate) fn is_measuring(&self) -> bool {
        self.measures.as_ref().is_some_and(|measures| measures.is_on)
    }

    /// Whether somebody will ask since when a worker is idle.
    pub(crate) fn notes_rest(&self) -> bool {
        self.options.expiry.is_some() || self.needs_time()
    }

    /// Whether a worker is idle, and all that are have to be validated before they take a task: the last one has been
    /// idle for the shortest time.
    pub(crate) fn must_validate(&self) -> bool {
        let Some(after) = self.options.kind.validate_after() else { return false };
        let Some((worker, since)) = self.idle.last() else { return false };
        self.fresh != Some(worker) && (after == 0 || since + after <= self.now)
    }

    // ── free slots of busy workers ──────────────────────────────────────────────────────────────────────────────

    /// Whether a busy worker may have another task. While there are more workers than the capacity allows, none may.
    fn may_share(&self) -> bool {
        self.options.concurrency > 1 && self.census.staying() <= self.capacity.limit()
    }

    /// The busy worker with the fewest tasks, if it may have another one.
    pub(crate) fn free_slot(&self) -> Option<WorkerId> {
        if !self.may_share() {
            return None;
        }
        let (generation, concurrency) = (self.census.generation(), self.options.concurrency);
        let has_slot = |worker: &(_, &Worker)| worker.1.free_slots(generation, concurrency) > 0;
        let busy = self.workers.iter().filter(has_slot);
        busy.min_by_key(|&(id, worker)| (worker.load(), id)).map(|(id, _)| id)
    }

    /// How many more tasks the busy workers may have.
    pub(crate) fn free_slots(&self) -> u32 {
        if !self.may_share() {
            return 0;
        }
        let (generation, concurrency) = (self.census.generation(), self.options.concurrency);
        let free = self.workers.iter().map(|(_, worker)| worker.free_slots(generation, concurrency));
        // With a `concurrency` as large as it may be, all together are more than fit.
        free.fold(0, u32::saturating_add)
    }

    /// Whether this worker may have another task beside those that it has.
    pub(crate) fn has_free_slot(&self, worker: WorkerId) -> bool {
        let (generation, concurrency) = (self.census.generation(), self.options.concurrency);
        let slots = self.workers.live(worker).map_or(0, |worker| worker.free_slots(generation, concurrency));
        self.may_share() && slots > 0
    }

    // ── room ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Accepted tasks that have no worker yet.
    pub(crate) fn waiting(&self) -> u32 {
        self.queue.len() + self.schedule.as_ref().map_or(0, |schedule| schedule.keys.waiting())
    }

    /// How many tasks would have a worker at once, or one that is booting for nobody else, beside those for which there
    /// are places. In a pool with a schedule that is so for tasks that may start.
    pub(crate) fn room(&self) -> u32 {
        self.room_and(0)
    }

    /// The same, if there were so many more slots.
    pub(crate) fn room_and(&self, slots: u32) -> u32 {
        if !self.lifetime.is_open() {
            return 0;
        }
        if self.schedule.is_some() {
            return self.room_scheduled().saturating_add(slots).saturating_sub(self.batches.slots());
        }
        let booting = self.expected_slots().saturating_sub(self.queue.len());
        let room = self.open_slots().saturating_add(booting).saturating_add(slots);
        room.saturating_sub(self.batches.reserved())
    }

    /// How many tasks would have a worker at once.
    pub(crate) fn open_slots(&self) -> u32 {
        // While shrinking leaves more workers than the capacity allows, none is idle.
        let workers = self.startable().saturating_add(self.idle.len() as u32);
        workers.saturating_mul(self.options.concurrency).saturating_add(self.free_slots())
    }

    /// Whether there is more room than those can use who have been told of it. Then nobody awaits a vacancy.
    pub(crate) fn has_room_for_another(&self) -> bool {
        debug_assert!(self.schedule.is_none(), "which room there is depends on who asks");
        self.room() > self.vacancies.told_slots()
    }

    /// Slots that those who wait leave alone: for the turns of those who have been told of a vacancy, and for tasks to
    /// come of a batch that may not wait.
    pub(crate) const fn held(&self) -> u32 {
        self.vacancies.held().saturating_add(self.batches.kept())
    }

    /// Whether all that could start now is kept for somebody. Then tasks wait although there is room.
    pub(crate) fn is_held(&self) -> bool {
        self.held() > 0 && self.open_slots() <= self.held()
    }

    /// Whether a task of this face has to stand behind others that wait because the room is kept for somebody's turn.
    pub(crate) fn is_behind(&self, face: FaceId) -> bool {
        self.vacancies.held() > 0 && self.queue.len() > self.expected_slots() && !self.faces.has_turn(face)
    }

    /// Whether all that could start now is kept for tasks to come of a batch.
    pub(crate) fn is_kept(&self) -> bool {
        self.batches.kept() > 0 && self.open_slots() <= self.batches.kept()
    }

    /// As `waiting`, with those that are still being handed in.
    pub(crate) fn pending(&self) -> u32 {
        self.waiting().saturating_add(self.batches.reserved())
    }

    /// Tasks that no worker is on its way to, if those that a batch has places for waited already.
    pub(crate) fn unserved(&self) -> u32 {
        let expected = self.expected_slots();
        match self.batches.reserved() {
            0 => self.queue.len().saturating_sub(expected),
            _ => self.pending().saturating_sub(expected.saturating_add(self.open_slots())),
        }
    }

    // ── the whole ───────────────────────────────────────────────────────────────────────────────────────────────

    /// Workers beyond `min_size`.
    pub(crate) fn spare(&self) -> u32 {
        self.census.staying().saturating_sub(self.least())
    }

    /// When something is due next; `Nanos::MAX` for nothing. A purge is due only while a worker is idle.
    pub(crate) fn due(&self) -> Nanos {
        let purge = match self.options.expiry {
            Some(expiry) if self.spare() > 0 => self.idle.purge_due(expiry),
            _ => Nanos::MAX,
        };
        purge
            .min(self.watches.due())
            .min(self.vacancies.due())
            .min(self.starts.due())
            .min(self.deadlines.due())
            .min(self.terms.due())
            .min(self.schedule.as_ref().map_or(Nanos::MAX, |schedule| self.due_of(schedule)))
    }

    /// When more tasks may start than now, if somebody waits for that.
    #[cold]
    fn due_of(&self, schedule: &Schedule) -> Nanos {
        let Some(starts) = &schedule.rate else { return Nanos::MAX };
        let allowed = starts.allowed(self.now);
        let waiting = self.waiting();
        // As many workers boot as tasks may start, and tasks beyond them go to free slots.
        let may_boot = self.options.kind.boots() && waiting > allowed;
        let is_awaited = (waiting > 0 && (allowed == 0 || may_boot))
            || (allowed <= self.vacancies.told() && !self.vacancies.is_empty());
        if is_awaited && !schedule.is_paused() { starts.next_increase(self.now) } else { Nanos::MAX }
    }

    /// Whether something may follow from a change beside its effects: the pool has a schedule, somebody awaits what the change may have brought
    /// about, or the reaper is to come earlier than it would.
    #[inline]
    pub(crate) fn is_eventful(&self) -> bool {
        self.schedule.is_some()
            || !self.watches.is_empty()
            || !self.vacancies.is_empty()
            || !self.alarm.is_in_time(self.due())
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            capacity: self.capacity.target(),
            start_limit: self.start_limit(),
            running: self.census.running(),
            busy: self.census.engaged(),
            waiting: self.pending(),
            is_closed: !self.lifetime.is_open(),
            is_paused: self.is_paused(),
            has_measures: self.measures.is_some(),
            generation: self.census.generation(),
            counters: self.counters,
        }
    }
}
