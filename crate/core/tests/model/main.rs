//! Random histories, played to the pool and to a naive model of it; after every step both say the same and the pool
//! passes its audit.
#![cfg(not(loom))]

mod naive;
#[path = "../recorder/mod.rs"]
mod recorder;

use std::sync::Arc;

use naive::{Model, TaskState, WorkerState};
use proptest::{collection::vec, option, prelude::*, test_runner::Config};
use recorder::{RecordedPool, keep_appointment};
use workpool_core::{
    Admission, Clock, Condition, Effect, End, FaceId, MILLISECOND, ManualClock, Nanos, Offer, Options,
    Submission, TaskId, UNBOUNDED, WorkerId,
};

/// Something that is done to the pool. A `usize` chooses among those to whom it can be done just then.
#[derive(Debug, Clone)]
enum Step {
    Submit(Submission<u32>),
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
    Release(Option<u32>),
    Close,
    Reboot,
    Watch(Condition, Option<u32>),
    /// A watch of the present generation, as close and release make it.
    WatchEnd(Option<u32>),
}

fn submission() -> impl Strategy<Value = Step> {
    let wait_timeout = prop_oneof![3 => Just(None), 1 => Just(Some(0)), 3 => (1_u32..60).prop_map(Some)];
    let timeout = prop_oneof![1 => Just(0), 1 => 1_u32..60];
    (0_u64..12, wait_timeout, timeout, any::<bool>(), 0_u32..1_000).prop_map(
        |(priority, wait_timeout, timeout, timed, payload)| {
            Step::Submit(Submission { payload, priority, wait_timeout, timeout, timed, offer: Offer::Normal })
        },
    )
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        Just(Condition::Drained),
        Just(Condition::Settled),
        Just(Condition::Vacant),
        Just(Condition::Left),
        (0_u32..3).prop_map(Condition::Ended)
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
        1 => option::of(0_u32..2).prop_map(Step::Release),
        1 => Just(Step::Close),
        3 => Just(Step::Reboot),
        1 => (condition(), time()).prop_map(|(condition, time)| Step::Watch(condition, time)),
        1 => time().prop_map(Step::WatchEnd),
    ]
}

fn options() -> impl Strategy<Value = Options> {
    let capacity = prop_oneof![8 => 1_u32..6, 1 => Just(UNBOUNDED)];
    let expiry = option::of((1_u64..60).prop_map(|ms| ms * MILLISECOND));
    let bound = prop_oneof![2 => Just(0), 1 => 1_u32..5];
    (capacity, expiry, prop::bool::weighted(0.2), bound, any::<bool>(), any::<bool>()).prop_map(
        |(capacity, expiry, nonblocking, max_waiting, boots, disposes)| Options {
            capacity,
            expiry,
            nonblocking,
            max_waiting,
            boots,
            disposes,
        },
    )
}

/// The pool and its model, side by side.
struct Pair {
    pool: Arc<RecordedPool>,
    clock: Arc<ManualClock>,
    model: Model,
    tokens: u32,
}

impl Pair {
    fn new(options: Options) -> Self {
        let (pool, clock) = recorder::pool(options);
        Self { pool, clock, model: Model::new(options), tokens: 0 }
    }

    /// What has been delivered in this step. The model learns which numbers new workers have got.
    fn delivered(&mut self, admission: Option<Admission>) -> Vec<Effect<u32>> {
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
        real: impl FnOnce(&RecordedPool) -> R,
        naive: impl FnOnce(&mut Model) -> R,
    ) {
        let result = real(&self.pool);
        let effects = self.delivered(None);
        assert_eq!(result, naive(&mut self.model));
        self.agree(effects);
    }

    fn submit(&mut self, task: Submission<u32>) {
        let admission = self.pool.submit(task);
        let effects = self.delivered(Some(admission));
        let id = match admission {
            Admission::Started(_, id) | Admission::Waiting(id) => Some(id),
            Admission::Refused(_) => None,
        };
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

    fn agree(&mut self, mut effects: Vec<Effect<u32>>) {
        self.model.conclude();
        let mut expected = std::mem::take(&mut self.model.effects);
        // The deadlines of one moment are met in any order.
        sort_deadlines(&mut effects);
        sort_deadlines(&mut expected);
        assert_eq!(effects, expected, "effects");
        assert_eq!(self.pool.snapshot(), self.model.snapshot(), "gauges and counters");
        for (task, times) in self.model.times() {
            assert_eq!(self.pool.times(task), times, "times");
        }
        self.pool.audit();
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
            Step::Submit(task) => self.submit(task),
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
                if let Some(worker) = self.worker(which, |state| state == WorkerState::Stopping) {
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
            Step::Close => self.play(RecordedPool::close, Model::close),
            Step::Reboot => self.play(RecordedPool::reboot, Model::reboot),
            Step::Watch(condition, timeout) => self.watch(condition, timeout),
            Step::WatchEnd(timeout) => self.watch(Condition::Ended(self.model.generation), timeout),
        }
    }

    fn watch(&mut self, condition: Condition, timeout: Option<u32>) {
        self.tokens += 1;
        let token = self.tokens;
        self.play(
            |pool| pool.watch(FaceId::FIRST, token, condition, timeout),
            |model| model.watch(token, condition, timeout),
        );
    }
}

/// Brings rejections for their time, which come one after another, into the order of their tasks.
fn sort_deadlines(effects: &mut [Effect<u32>]) {
    let by_time = |effect: &Effect<u32>| match *effect {
        Effect::Reject(task, _, rejection) if rejection != workpool_core::Rejection::Released => Some(task),
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
