//! Random histories, played to the pool and to a naive model of it; after every step both say the same and the pool
//! passes its audit.
#![cfg(not(loom))]

mod crew;
mod naive;
#[path = "../recorder/mod.rs"]
mod recorder;
mod threads;

use std::sync::Arc;

use naive::{FaceState, Model, TaskState, WorkerState};
use proptest::{collection::vec, option, prelude::*, test_runner::Config};
use recorder::{Job, RecordedPool, keep_appointment};
use workpool_core::{
    Admission, Clock, Condition, Effect, End, FaceId, Host, MILLISECOND, ManualClock, Nanos, Offer, Options,
    Submission, TaskId, UNBOUNDED, Wait, WorkerId, WorkerKind,
};

/// Something that is done to the pool. A `usize` chooses among those to whom it can be done just then.
#[derive(Debug, Clone)]
enum Step {
    /// Through one of the faces.
    Submit(usize, Submission<Job>),
    Begin(usize),
    Limit(usize),
    Finish(usize, End, bool),
    Cancel(usize),
    Collect(usize),
    Booted(usize),
    BootFailed(usize),
    Retired(usize),
    Crashed(usize),
    Tune(u32),
    Pass(Nanos),
    /// Of any generation, or of the one that lies so far back.
    Release(Option<u64>),
    Close,
    Reboot,
    Watch(usize, Condition, Option<u32>),
    /// A watch of the present generation, as close and release make it.
    WatchEnd(usize, Option<u32>),
    Join,
    Leave(usize),
    Depart(usize),
    /// Priority and timeout.
    AwaitVacancy(usize, u64, Option<u32>),
    ForgetVacancy(usize),
    EndTurns(usize, u32),
    /// Somebody is late: for a task that is done with, or a worker that is elsewhere in its life.
    Late(usize),
    /// Somebody had to arm the reaper for a moment that is so far from now, and comes only now to do it.
    ArmLate(Nanos),
}

fn submission() -> impl Strategy<Value = Step> {
    let wait_timeout = prop_oneof![3 => Just(None), 1 => Just(Some(0)), 3 => (1_u32..60).prop_map(Some)];
    let timeout = prop_oneof![1 => Just(0), 1 => 1_u32..60];
    let offer = prop_oneof![6 => Just(Offer::Normal), 1 => Just(Offer::AtOnce), 1 => Just(Offer::Uncounted)];
    (0_u64..12, wait_timeout, timeout, any::<bool>(), 0_u32..1_000, offer, any::<usize>()).prop_map(
        |(priority, wait_timeout, timeout, timed, number, offer, which)| {
            let payload = Job { face: FaceId::FIRST, number };
            Step::Submit(which, Submission { payload, priority, wait_timeout, timeout, timed, offer })
        },
    )
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        Just(Condition::Drained),
        Just(Condition::Settled),
        Just(Condition::Vacant),
        Just(Condition::Left),
        (0_u64..3).prop_map(Condition::Ended)
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let any = any::<usize>;
    let end = prop_oneof![Just(End::Completed), Just(End::Failed)];
    let time = || option::of(0_u32..80);
    prop_oneof![
        24 => submission(),
        8 => any().prop_map(Step::Begin),
        8 => any().prop_map(Step::Limit),
        16 => (any(), end, prop::bool::weighted(0.1)).prop_map(|(which, end, broken)| Step::Finish(which, end, broken)),
        4 => any().prop_map(Step::Cancel),
        5 => any().prop_map(Step::Collect),
        10 => any().prop_map(Step::Booted),
        3 => any().prop_map(Step::BootFailed),
        8 => any().prop_map(Step::Retired),
        2 => any().prop_map(Step::Crashed),
        5 => prop_oneof![6 => 1_u32..8, 1 => Just(UNBOUNDED)].prop_map(Step::Tune),
        10 => (0_u64..70 * MILLISECOND).prop_map(Step::Pass),
        1 => option::of(0_u64..2).prop_map(Step::Release),
        1 => Just(Step::Close),
        3 => Just(Step::Reboot),
        1 => (any(), condition(), time()).prop_map(|(which, condition, time)| Step::Watch(which, condition, time)),
        1 => (any(), time()).prop_map(|(which, time)| Step::WatchEnd(which, time)),
        4 => Just(Step::Join),
        1 => any().prop_map(Step::Leave),
        2 => any().prop_map(Step::Depart),
        6 => (any(), 0_u64..4, option::of(0_u32..60))
            .prop_map(|(which, priority, timeout)| Step::AwaitVacancy(which, priority, timeout)),
        1 => any().prop_map(Step::ForgetVacancy),
        3 => (any(), 0_u32..3).prop_map(|(which, count)| Step::EndTurns(which, count)),
        4 => any().prop_map(Step::Late),
        3 => (0_u64..60 * MILLISECOND).prop_map(Step::ArmLate),
    ]
}

fn options() -> impl Strategy<Value = Options> {
    let capacity = prop_oneof![8 => 1_u32..6, 1 => Just(UNBOUNDED)];
    let expiry = option::of((1_u64..60).prop_map(|ms| ms * MILLISECOND));
    let bound = prop_oneof![2 => Just(0), 1 => 1_u32..5];
    let dispose_timeout = option::of(1_u32..60);
    let kind = prop_oneof![
        1 => Just(WorkerKind::Slot),
        2 => dispose_timeout.prop_map(|dispose_timeout| WorkerKind::Resource { dispose_timeout }),
    ];
    (capacity, expiry, prop::bool::weighted(0.2), bound, kind).prop_map(
        |(capacity, expiry, nonblocking, max_waiting, kind)| Options {
            capacity,
            expiry,
            nonblocking,
            max_waiting,
            kind,
            ..Options::default()
        },
    )
}

/// The pool and its model, side by side.
struct Pair {
    pool: Arc<RecordedPool<Job>>,
    clock: Arc<ManualClock>,
    model: Model,
    tokens: u32,
    /// Whoever has awaited a vacancy.
    awaited: Vec<(FaceId, u32)>,
    /// Every name that was given.
    names: Vec<TaskId>,
}

impl Pair {
    fn new(options: Options) -> Self {
        let (pool, clock) = recorder::pool(options);
        Self { pool, clock, model: Model::new(options), tokens: 0, awaited: Vec::new(), names: Vec::new() }
    }

    /// What has been delivered in this step. The model learns which numbers new workers have got.
    fn delivered(&mut self, admission: Option<Admission>) -> Vec<Effect<Job>> {
        let effects = self.pool.host().effects();
        self.model.new_workers.clear();
        if let Some(Admission::Started(worker, _)) = admission {
            self.model.new_workers.push(worker);
        }
        self.model.new_workers.extend(effects.iter().filter_map(|effect| match *effect {
            Effect::Boot(worker) | Effect::Start(worker, ..) => Some(worker),
            _ => None,
        }));
        effects
    }

    /// Plays the same to both; their answers and effects must be the same.
    fn play<R: PartialEq + std::fmt::Debug>(
        &mut self,
        real: impl FnOnce(&RecordedPool<Job>) -> R,
        naive: impl FnOnce(&mut Model) -> R,
    ) {
        let result = real(&self.pool);
        let effects = self.delivered(None);
        assert_eq!(result, naive(&mut self.model));
        self.agree(effects);
    }

    fn submit(&mut self, task: Submission<Job>) {
        let admission = self.pool.submit(task);
        let effects = self.delivered(Some(admission));
        let id = match admission {
            Admission::Started(_, id) | Admission::Waiting(id) => Some(id),
            Admission::Refused(_) => None,
        };
        self.names.extend(id);
        assert_eq!(admission, self.model.submit(task, id));
        self.agree(effects);
    }

    /// Lets time pass with the reaper at every appointment.
    fn pass(&mut self, nanos: Nanos) {
        let target = self.clock.now() + nanos;
        while keep_appointment(&self.pool, &self.clock, target) {
            self.model.now = self.clock.now();
            let effects = self.delivered(None);
            // Nothing happens before it is due; an appointment that has been overtaken does nothing.
            if self.model.due().is_some_and(|due| due <= self.model.now) {
                self.model.reap();
            }
            self.agree(effects);
        }
        self.clock.advance(target - self.clock.now());
        self.model.now = target;
        assert!(self.model.due().is_none_or(|due| due > target), "the reaper was not there in time");
    }

    fn agree(&mut self, mut effects: Vec<Effect<Job>>) {
        self.model.conclude();
        let mut expected = std::mem::take(&mut self.model.effects);
        // The deadlines of one moment are met in any order.
        sort_deadlines(&mut effects);
        sort_deadlines(&mut expected);
        assert_eq!(effects, expected, "effects");
        assert_eq!(self.pool.snapshot(), self.model.snapshot(), "gauges and counters");
        for (task, times) in self.model.times() {
            assert_eq!(self.pool.times(task), Some(times), "times");
        }
        assert_eq!(self.pool.has_vacancy(), self.model.has_vacancy(), "vacancy");
        for face in &self.model.faces {
            assert_eq!(self.pool.is_quiet(face.id), self.model.is_quiet(face.id), "quiet");
        }
        self.pool.audit();
    }

    /// One of the faces that have not departed; but now and then, one of all times.
    fn face(&self, which: usize) -> FaceId {
        let faces = &self.model.faces;
        let known: Vec<_> = faces.iter().filter(|face| face.state != FaceState::Departed).collect();
        if known.is_empty() || which % 8 == 7 {
            return faces[which / 8 % faces.len()].id;
        }
        known[which / 8 % known.len()].id
    }

    fn worker(&self, which: usize, is_meant: impl Fn(WorkerState) -> bool) -> Option<WorkerId> {
        let mut workers: Vec<WorkerId> = self
            .model
            .workers
            .iter()
            .filter(|worker| is_meant(worker.state))
            .map(|worker| worker.id)
            .collect();
        workers.sort();
        (!workers.is_empty()).then(|| workers[which % workers.len()])
    }

    fn task(&self, which: usize, is_meant: impl Fn(&naive::Task) -> bool) -> Option<TaskId> {
        let tasks: Vec<TaskId> =
            self.model.tasks.iter().filter(|task| is_meant(task)).map(|task| task.id).collect();
        (!tasks.is_empty()).then(|| tasks[which % tasks.len()])
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Submit(which, mut task) => {
                task.payload.face = self.face(which);
                self.submit(task);
            }
            Step::Begin(which) => {
                let has_worker = |task: &naive::Task| {
                    matches!(task.state, TaskState::Running(_) | TaskState::Abandoned(_)) && !task.begun
                };
                if let Some(task) = self.task(which, has_worker) {
                    self.play(|pool| pool.begin(task), |model| model.begin(task));
                }
            }
            Step::Limit(which) => {
                if let Some(task) = self.task(which, |task| task.begun && !task.limited) {
                    self.play(|pool| pool.limit(task), |model| model.limit(task));
                }
            }
            Step::Finish(which, end, is_broken) => {
                if let Some(worker) = self.worker(which, |state| state == WorkerState::Running) {
                    self.play(
                        |pool| pool.finish(worker, end, is_broken),
                        |model| model.finish(worker, end, is_broken),
                    );
                }
            }
            Step::Cancel(which) => {
                if let Some(task) = self.task(which, |_| true) {
                    self.play(|pool| pool.cancel(task), |model| model.cancel(task));
                }
            }
            Step::Collect(which) => {
                if let Some(task) = self.task(which, |task| task.uncollected) {
                    self.play(|pool| pool.collect(task), |model| model.collect(task));
                }
            }
            Step::Booted(which) => {
                if let Some(worker) = self.worker(which, |state| state == WorkerState::Booting) {
                    self.play(|pool| pool.booted(worker), |model| model.booted(worker));
                }
            }
            Step::BootFailed(which) => {
                if let Some(worker) = self.worker(which, |state| state == WorkerState::Booting) {
                    self.play(|pool| pool.boot_failed(worker), |model| model.boot_failed(worker));
                }
            }
            Step::Retired(which) => {
                let overdue = &self.model.overdue;
                let overdue =
                    overdue.get(which / 2 % overdue.len().max(1)).filter(|_| which % 2 == 1).copied();
                if let Some(worker) =
                    overdue.or_else(|| self.worker(which, |state| state == WorkerState::Stopping))
                {
                    self.play(|pool| pool.retired(worker), |model| model.retired(worker));
                }
            }
            Step::Crashed(which) => {
                if let Some(worker) = self.worker(which, |_| true) {
                    self.play(|pool| pool.crashed(worker), |model| model.crashed(worker));
                }
            }
            Step::Tune(capacity) => self.play(|pool| pool.tune(capacity), |model| model.tune(capacity)),
            Step::Pass(nanos) => self.pass(nanos),
            Step::Release(back) => {
                let generation = back.map(|back| self.model.generation.saturating_sub(back));
                self.play(|pool| pool.release(generation), |model| model.release(generation));
            }
            Step::Close => self.play(RecordedPool::<Job>::close, Model::close),
            Step::Reboot => self.play(|pool| assert!(pool.reboot(), "it is no orphan"), Model::reboot),
            Step::Watch(which, condition, timeout) => self.watch(which, condition, timeout),
            Step::WatchEnd(which, timeout) => {
                self.watch(which, Condition::Ended(self.model.generation), timeout);
            }
            Step::Join => {
                let id = self.pool.join();
                let effects = self.delivered(None);
                assert_eq!(id, self.model.join(id));
                self.agree(effects);
            }
            Step::Leave(which) => {
                let face = self.face(which);
                self.play(|pool| pool.leave(face), |model| model.leave(face));
            }
            Step::Depart(which) => {
                let face = self.face(which);
                let faces = self.model.faces.iter();
                let is_only = faces.filter(|face| face.state != FaceState::Departed).count() == 1;
                // After that there is little to see.
                if !is_only || which % 4 == 0 {
                    self.play(|pool| pool.depart(face), |model| model.depart(face));
                }
            }
            Step::AwaitVacancy(which, priority, timeout) => {
                self.tokens += 1;
                let (face, token) = (self.face(which), self.tokens);
                self.awaited.push((face, token));
                let wait = Wait { face, token, priority, timeout };
                self.play(|pool| pool.await_vacancy_with(wait), |model| model.await_vacancy(wait));
            }
            Step::ForgetVacancy(which) => {
                if let Some(&(face, token)) = self.awaited.get(which % self.awaited.len().max(1)) {
                    self.play(
                        |pool| pool.forget_vacancy(face, token),
                        |model| model.forget_vacancy(face, token),
                    );
                }
            }
            Step::EndTurns(which, count) => {
                let face = self.face(which);
                self.play(|pool| pool.end_turns(face, count), |model| model.end_turns(face, count));
            }
            Step::Late(which) => self.be_late(which),
            Step::ArmLate(nanos) => {
                let _ = Host::arm(self.pool.host(), self.clock.now() + nanos);
            }
        }
    }

    /// Whatever is said too late is heard by nobody.
    fn be_late(&mut self, which: usize) {
        let task = self.names.get(which % self.names.len().max(1)).copied();
        if let Some(task) = task {
            let known = self.model.tasks.iter().find(|known| known.id == task);
            if known.is_none() {
                recorder::assert_gone(&self.pool, task);
            }
            if known.is_none_or(|task| !task.uncollected) {
                self.pool.collect(task);
            }
        }
        let worker = WorkerId(which as u32 % 8);
        let state = self.model.workers.iter().find(|known| known.id == worker).map(|known| known.state);
        let is_overdue = self.model.overdue.contains(&worker);
        recorder::be_late_for(
            &self.pool,
            worker,
            state == Some(WorkerState::Booting),
            state == Some(WorkerState::Stopping) || is_overdue,
            state.is_some() || is_overdue,
        );
        let effects = self.delivered(None);
        self.agree(effects);
    }

    fn watch(&mut self, which: usize, condition: Condition, timeout: Option<u32>) {
        self.tokens += 1;
        let (face, token) = (self.face(which), self.tokens);
        self.play(
            |pool| pool.watch(face, token, condition, timeout),
            |model| model.watch(face, token, condition, timeout),
        );
    }
}

/// Brings what is done for its time, one task or worker after another, into the order of tasks and of workers.
fn sort_deadlines(effects: &mut [Effect<Job>]) {
    let by_time = |effect: &Effect<Job>| match *effect {
        Effect::Reject(task, _, rejection) if rejection != workpool_core::Rejection::Released => {
            Some((0, task.number()))
        }
        Effect::Overdue(worker) => Some((1, worker.0)),
        Effect::NoVacancy { token, .. } => Some((2, token)),
        _ => None,
    };
    for run in effects.chunk_by_mut(|one, other| by_time(one).is_some() == by_time(other).is_some()) {
        run.sort_by_key(by_time);
    }
}

/// As many histories as fit into some seconds of an unoptimized build, unless the environment says otherwise.
fn config() -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_000);
    Config { cases, failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_pool_does_what_the_model_does(options in options(), steps in vec(step(), 1..120)) {
        let mut pair = Pair::new(options);
        for step in &steps {
            pair.take(step);
        }
    }
}
