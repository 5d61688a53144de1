//! The pool as DESIGN §4 describes it, with plain lists that are scanned: no stack, no heap, no gauges. What a worker has is counted
//! anew each time somebody asks. Whatever number the real pool gives to a new worker, task or face is taken over, after a look whether
//! it was free. What the workers are is the kind's; the rules are the same for all of them.

mod admission;
mod batches;
mod broadcast;
mod conclude;
mod counts;
mod entry;
mod faces;
mod fill;
mod lifetime;
mod measures;
mod order;
mod places;
mod promises;
mod reap;
mod records;
mod run;
mod schedule;
mod serve;
mod turns;
mod workers;

use workpool_core::{Counters, Effect, FaceId, Nanos, Options, TaskId, WorkerId};

use measures::Times;
use records::{Batch, Phase, Turn, Waiter, Watch};
pub(crate) use records::{Face, FaceState, Stuck, Task, TaskState, Worker, WorkerState};
use schedule::{Schedule, is_scheduled_from_the_start};

use crate::recorder::Job;

#[derive(Debug, Clone)]
pub(crate) struct Model {
    options: Options,
    capacity: u32,
    phase: Phase,
    pub(crate) generation: u64,
    pub(crate) now: Nanos,
    /// In no order that matters.
    pub(crate) tasks: Vec<Task>,
    /// The waiting ones: whoever is first among those of the lowest priority is next.
    queue: Vec<TaskId>,
    /// Live ones; of those that went idle in one moment, the last one stands last.
    pub(crate) workers: Vec<Worker>,
    /// Those that have been taken down for too long.
    pub(crate) overdue: Vec<WorkerId>,
    cached: u32,
    /// No worker has started since one could not.
    is_unstartable: bool,
    /// What waits for a worker is being rejected.
    is_in_vain: bool,
    /// Until when no worker is started while one serves, and how long the last such pause was, if none has started since.
    pub(crate) paused_until: Option<Nanos>,
    pause: Option<Nanos>,
    /// The worker that looks for its next task: it need not be validated.
    fresh: Option<WorkerId>,
    /// What the host gives as a random number.
    pub(crate) random: u32,
    /// Workers that died in it and are to be replaced after it.
    owed: u32,
    watches: Vec<Watch>,
    /// Of all times.
    pub(crate) faces: Vec<Face>,
    /// Who awaits a vacancy, in order of arrival.
    awaiting: Vec<Waiter>,
    told: Vec<Turn>,
    /// Whether anything has asked for more than a plain pool has, and does.
    is_scheduled: bool,
    schedule: Schedule,
    /// How many priorities of waiting tasks have been changed.
    moves: u64,
    /// When tasks have started since the rate is what it is.
    history: Vec<Nanos>,
    /// Those that have places.
    pub(crate) batches: Vec<Batch>,
    /// What workers do that start later, and how often that has been said.
    stuck: Vec<Stuck>,
    sticky: u64,
    counters: Counters,
    is_measuring: bool,
    /// If tasks are measured, or have been.
    times: Option<Times>,
    last_purge: Option<Nanos>,
    /// Numbers that the real pool has given to new workers in this step, in order.
    pub(crate) new_workers: Vec<WorkerId>,
    /// What this step causes.
    pub(crate) effects: Vec<Effect<Job>>,
}

impl Model {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            capacity: options.capacity,
            phase: Phase::Open,
            generation: 1,
            now: 0,
            tasks: Vec::new(),
            queue: Vec::new(),
            workers: Vec::new(),
            overdue: Vec::new(),
            cached: 0,
            is_unstartable: false,
            is_in_vain: false,
            paused_until: None,
            pause: None,
            fresh: None,
            random: u32::MAX,
            owed: 0,
            watches: Vec::new(),
            faces: vec![Face { id: FaceId::FIRST, state: FaceState::Staying }],
            awaiting: Vec::new(),
            told: Vec::new(),
            is_scheduled: is_scheduled_from_the_start(&options),
            schedule: Schedule::default(),
            moves: 0,
            history: Vec::new(),
            batches: Vec::new(),
            stuck: Vec::new(),
            sticky: 0,
            counters: Counters::default(),
            is_measuring: options.measure,
            times: options.measure.then(Times::default),
            last_purge: None,
            new_workers: Vec::new(),
            effects: Vec::new(),
        }
    }
}
