//! Random histories of a pool of threads: several tasks per thread, begun and not begun, deaths, failed starts, `grace`,
//! `minSize`, `destroy`. After each one everything is brought to its end, and every task has settled once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    sync::Arc,
};

use proptest::{collection::vec, option, prelude::*};
use workpool_core::{
    Admission, Cancelled, Clock, Condition, Effect, End, FaceId, Host, MILLISECOND, ManualClock, Nanos,
    Offer, Options, Rejection, Submission, TaskId, Wait, WorkerId, WorkerKind,
};

use crate::{
    config,
    crew::{Crew, Task, TaskState, WorkerState},
    recorder::{self, RecordedPool, keep_appointment},
};

/// Something that is done to the pool. A `usize` chooses among those to whom it can be done just then.
#[derive(Debug, Clone)]
enum Step {
    Submit(Submission<u32>),
    Take(usize),
    Finish(usize, End, bool),
    Cancel(usize),
    Collect(usize),
    Booted(usize),
    StartFailed(usize),
    Retired(usize),
    Crashed(usize),
    Start,
    StartAll,
    Tune(u32),
    Pass(Nanos),
    /// Of any generation, or of the one that lies so far back.
    Release(Option<u64>),
    Close,
    Destroy,
    Reboot,
    Watch(Condition, Option<u32>),
    /// A watch of the present generation, as close and release make it.
    WatchEnd(Option<u32>),
    /// Priority and timeout.
    AwaitVacancy(u64, Option<u32>),
    EndTurns(u32),
    /// Somebody is late: for a task that is done with, or a worker that is elsewhere in its life.
    Late(usize),
    /// Somebody had to arm the reaper for a moment that is so far from now, and comes only now to do it.
    ArmLate(Nanos),
}

fn submission() -> impl Strategy<Value = Step> {
    let wait_timeout = prop_oneof![4 => Just(None), 1 => Just(Some(0)), 2 => (1_u32..60).prop_map(Some)];
    let timeout = prop_oneof![2 => Just(0), 1 => 1_u32..40];
    (0_u64..3, wait_timeout, timeout).prop_map(|(priority, wait_timeout, timeout)| {
        Step::Submit(Submission { priority, wait_timeout, timeout, ..Submission::new(0) })
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        1 => Just(Condition::Drained),
        1 => Just(Condition::Settled),
        1 => Just(Condition::Vacant),
        1 => Just(Condition::Left),
        3 => Just(Condition::Started),
        1 => (0_u64..3).prop_map(Condition::Ended)
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let any = any::<usize>;
    let end = prop_oneof![3 => Just(End::Completed), 1 => Just(End::Failed)];
    let time = || option::of(0_u32..80);
    prop_oneof![
        32 => submission(),
        24 => any().prop_map(Step::Take),
        14 => (any(), end, prop::bool::weighted(0.1)).prop_map(|(which, end, broken)| Step::Finish(which, end, broken)),
        6 => any().prop_map(Step::Cancel),
        8 => any().prop_map(Step::Collect),
        14 => any().prop_map(Step::Booted),
        2 => any().prop_map(Step::StartFailed),
        8 => any().prop_map(Step::Retired),
        4 => any().prop_map(Step::Crashed),
        1 => Just(Step::Start),
        1 => Just(Step::StartAll),
        4 => (1_u32..6).prop_map(Step::Tune),
        8 => (0_u64..50 * MILLISECOND).prop_map(Step::Pass),
        1 => option::of(0_u64..2).prop_map(Step::Release),
        1 => Just(Step::Close),
        1 => Just(Step::Destroy),
        4 => Just(Step::Reboot),
        1 => (condition(), time()).prop_map(|(condition, time)| Step::Watch(condition, time)),
        1 => time().prop_map(Step::WatchEnd),
        4 => (0_u64..4, option::of(0_u32..60)).prop_map(|(priority, timeout)| Step::AwaitVacancy(priority, timeout)),
        2 => (0_u32..3).prop_map(Step::EndTurns),
        4 => any().prop_map(Step::Late),
        3 => (0_u64..60 * MILLISECOND).prop_map(Step::ArmLate),
    ]
}

fn options() -> impl Strategy<Value = Options> {
    let expiry = option::of((1_u64..60).prop_map(|ms| ms * MILLISECOND));
    let bound = prop_oneof![2 => Just(0), 1 => 1_u32..5];
    let grace = prop_oneof![6 => (1_u64..30).prop_map(|ms| ms * MILLISECOND), 1 => Just(1_000), 1 => Just(0)];
    let concurrency = prop_oneof![2 => Just(1), 3 => 2_u32..4];
    (1_u32..5, expiry, prop::bool::weighted(0.1), bound, concurrency, 0_u32..3, grace).prop_map(
        |(capacity, expiry, nonblocking, max_waiting, concurrency, min_size, grace)| Options {
            capacity,
            expiry,
            nonblocking,
            max_waiting,
            concurrency,
            min_size: min_size.min(capacity),
            kind: WorkerKind::Thread { grace },
        },
    )
}

/// The pool and its model, side by side.
struct Pair {
    pool: Arc<RecordedPool>,
    clock: Arc<ManualClock>,
    model: Crew,
    tokens: u32,
    submitted: u32,
    /// How often each accepted task has settled.
    settled: BTreeMap<u32, u32>,
    /// Every name that was given.
    names: Vec<TaskId>,
    /// Whose argument has been taken by its thread, and whose was let go of before.
    begun: BTreeSet<u32>,
    forgotten: BTreeSet<u32>,
}

impl Pair {
    fn new(options: Options) -> Self {
        let (pool, clock) = recorder::pool(options);
        let model = Crew::new(options);
        Self {
            pool,
            clock,
            model,
            tokens: 0,
            submitted: 0,
            settled: BTreeMap::new(),
            names: Vec::new(),
            begun: BTreeSet::new(),
            forgotten: BTreeSet::new(),
        }
    }

    /// What has been delivered in this step. The model learns which numbers new workers have got.
    fn delivered(&mut self) -> Vec<Effect<u32>> {
        let effects = self.pool.host().effects();
        let boots = effects.iter().filter_map(|effect| match *effect {
            Effect::Boot(worker) => Some(worker),
            _ => None,
        });
        self.model.new_workers = boots.collect();
        effects
    }

    /// Plays the same to both; their answers and effects must be the same.
    fn play<R: PartialEq + Debug>(
        &mut self,
        real: impl FnOnce(&RecordedPool) -> R,
        naive: impl FnOnce(&mut Crew) -> R,
    ) -> R {
        let result = real(&self.pool);
        let effects = self.delivered();
        assert_eq!(result, naive(&mut self.model));
        self.agree(effects);
        result
    }

    fn settle(&mut self, payload: u32) {
        *self.settled.get_mut(&payload).expect("it was accepted") += 1;
    }

    fn submit(&mut self, task: Submission<u32>) {
        let payload = self.submitted;
        self.submitted += 1;
        let task = Submission { payload, ..task };
        let admission = self.pool.submit(task);
        let effects = self.delivered();
        let id = match admission {
            Admission::Started(_, id) | Admission::Waiting(id) => Some(id),
            Admission::Refused(_) => None,
        };
        if let Some(id) = id {
            self.settled.insert(payload, 0);
            self.names.push(id);
        }
        assert_eq!(admission, self.model.submit(task, id));
        self.agree(effects);
    }

    fn finish(&mut self, task: TaskId, end: End, is_broken: bool) {
        let payload = self.model.task(task).payload;
        let finished = self
            .play(|pool| pool.finish_task(task, end, is_broken), |model| model.finish(task, end, is_broken));
        if finished.settled {
            self.settle(payload);
        }
    }

    fn cancel(&mut self, task: TaskId) {
        let payload = self.model.task(task).payload;
        if self.play(|pool| pool.cancel(task), |model| model.cancel(task)) != Cancelled::Late {
            self.settle(payload);
        }
    }

    /// Lets time pass with the reaper at every appointment.
    fn pass(&mut self, nanos: Nanos) {
        let target = self.clock.now() + nanos;
        while keep_appointment(&self.pool, &self.clock, target) {
            self.model.now = self.clock.now();
            let effects = self.delivered();
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
        for effect in &effects {
            match *effect {
                Effect::Reject(_, payload, _) => self.settle(payload),
                Effect::Forgotten(payload) => {
                    assert!(!self.begun.contains(&payload), "its thread has the argument");
                    assert!(self.forgotten.insert(payload), "forgotten twice");
                }
                _ => {}
            }
        }
        split_forgotten(&mut effects);
        split_forgotten(&mut expected);
        // The deadlines of one moment are met in any order.
        sort_deadlines(&mut effects);
        sort_deadlines(&mut expected);
        assert_eq!(effects, expected, "effects");
        self.pool.audit();
        assert_eq!(self.pool.snapshot(), self.model.snapshot(), "gauges and counters");
        for task in &self.model.tasks {
            assert_eq!(
                self.pool.times(task.id).map(|times| times.number),
                Some(self.model.number(task.id)),
                "number"
            );
            assert_eq!(self.pool.payload(task.id), Some(task.payload), "payload");
            let is_abandoned = matches!(task.state, TaskState::Abandoned(_));
            assert_eq!(self.pool.is_abandoned(task.id), is_abandoned, "abandoned");
        }
        assert_eq!(self.pool.has_vacancy(), self.model.has_vacancy(), "vacancy");
        for wait in [None, Some(0)] {
            let refused = self.pool.refuse(FaceId::FIRST, Offer::Normal, wait, 0);
            assert_eq!(refused, self.model.refuse(wait), "refusal");
        }
        self.model.check_room();
    }

    fn worker(&self, which: usize, is_meant: impl Fn(WorkerState) -> bool) -> Option<WorkerId> {
        let workers = self.model.workers.iter().filter(|worker| is_meant(worker.state));
        let mut workers: Vec<WorkerId> = workers.map(|worker| worker.id).collect();
        workers.sort();
        (!workers.is_empty()).then(|| workers[which % workers.len()])
    }

    fn task(&self, which: usize, is_meant: impl Fn(&Task) -> bool) -> Option<TaskId> {
        let tasks = self.model.tasks.iter().filter(|task| is_meant(task));
        let tasks: Vec<TaskId> = tasks.map(|task| task.id).collect();
        (!tasks.is_empty()).then(|| tasks[which % tasks.len()])
    }

    fn do_step(&mut self, step: &Step) {
        match *step {
            Step::Submit(task) => self.submit(task),
            Step::Take(which) => {
                if let Some(task) = self.task(which, |task| task.worker().is_some() && !task.is_taken)
                    && let Some(payload) =
                        self.play(|pool| recorder::take(pool, task), |model| model.take(task))
                {
                    assert!(!self.forgotten.contains(&payload), "its argument is gone");
                    assert!(self.begun.insert(payload), "begun twice");
                }
            }
            Step::Finish(which, end, is_broken) => {
                if let Some(task) = self.task(which, |task| task.worker().is_some() && task.is_taken) {
                    self.finish(task, end, is_broken);
                }
            }
            Step::Cancel(which) => {
                if let Some(task) = self.task(which, |_| true) {
                    self.cancel(task);
                }
            }
            Step::Collect(which) => {
                if let Some(task) = self.task(which, |task| task.is_uncollected) {
                    self.play(|pool| pool.collect(task), |model| model.collect(task));
                }
            }
            Step::Booted(which) => {
                if let Some(worker) = self.worker(which, |state| state == WorkerState::Booting) {
                    self.play(|pool| pool.booted(worker), |model| model.booted(worker));
                }
            }
            Step::StartFailed(which) => {
                if let Some(worker) = self.worker(which, |state| state == WorkerState::Booting) {
                    self.play(|pool| pool.start_failed(worker), |model| model.start_failed(worker));
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
            Step::Start => self.play(RecordedPool::start, Crew::start),
            Step::StartAll => self.play(RecordedPool::start_all, Crew::start_all),
            Step::Tune(capacity) => self.play(|pool| pool.tune(capacity), |model| model.tune(capacity)),
            Step::Pass(nanos) => self.pass(nanos),
            Step::Release(back) => {
                let generation = back.map(|back| self.model.generation.saturating_sub(back));
                self.play(|pool| pool.release(generation), |model| model.release(generation));
            }
            Step::Close => {
                self.play(RecordedPool::close, Crew::close);
            }
            Step::Destroy => self.play(RecordedPool::destroy, Crew::destroy),
            Step::Reboot => self.play(|pool| assert!(pool.reboot(), "it is no orphan"), Crew::reboot),
            Step::Watch(condition, timeout) => self.watch(condition, timeout),
            Step::WatchEnd(timeout) => self.watch(Condition::Ended(self.model.generation), timeout),
            Step::AwaitVacancy(priority, timeout) => {
                self.tokens += 1;
                let wait = Wait { face: FaceId::FIRST, token: self.tokens, priority, timeout };
                self.play(|pool| pool.await_vacancy_with(wait), |model| model.await_vacancy(wait));
            }
            Step::EndTurns(count) => {
                self.play(|pool| pool.end_turns(FaceId::FIRST, count), |model| model.end_turns(count));
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
            let (is_uncollected, has_worker) =
                known.map_or((false, false), |task| (task.is_uncollected, task.worker().is_some()));
            if known.is_none() {
                recorder::assert_gone(&self.pool, task);
            }
            if !is_uncollected {
                self.pool.collect(task);
            }
            if !has_worker {
                let finished = self.pool.finish_task(task, End::Completed, false);
                assert_eq!((finished.settled, finished.next), (false, None));
            }
        }
        let worker = WorkerId(which as u32 % 8);
        let state = self.model.workers.iter().find(|known| known.id == worker).map(|known| known.state);
        recorder::be_late_for(
            &self.pool,
            worker,
            state == Some(WorkerState::Booting),
            state == Some(WorkerState::Stopping),
            state.is_some(),
        );
        let effects = self.delivered();
        self.agree(effects);
    }

    fn watch(&mut self, condition: Condition, timeout: Option<u32>) {
        self.tokens += 1;
        let token = self.tokens;
        self.play(
            |pool| pool.watch(FaceId::FIRST, token, condition, timeout),
            |model| model.watch(token, condition, timeout),
        );
    }

    /// Every thread does what it has to do, until there is nothing more to do.
    fn bring_to_an_end(&mut self) {
        let end = End::Completed;
        while !(self.model.tasks.is_empty()
            && self
                .worker(0, |state| matches!(state, WorkerState::Booting | WorkerState::Stopping))
                .is_none())
        {
            for step in [
                Step::EndTurns(u32::MAX),
                Step::Booted(0),
                Step::Take(0),
                Step::Finish(0, end, false),
                Step::Collect(0),
                Step::Retired(0),
            ] {
                self.do_step(&step);
            }
        }
        let snapshot = self.pool.snapshot();
        assert_eq!((snapshot.busy, snapshot.waiting, snapshot.counters.unsettled), (0, 0, 0));
        assert!(self.settled.values().all(|&times| times == 1), "each once: {:?}", self.settled);
        // Each argument has gone one way.
        assert_eq!(self.begun.len() + self.forgotten.len(), self.settled.len(), "arguments");
    }
}

/// Puts what is forgotten before all else, as it is of no consequence for the pool, in the order of the tasks.
fn split_forgotten(effects: &mut [Effect<u32>]) {
    let forgotten = |effect: &Effect<u32>| match *effect {
        Effect::Forgotten(payload) => (0, payload),
        _ => (1, 0),
    };
    effects.sort_by_key(forgotten);
}

/// Brings what is done for its time, one task after another, into the order of the tasks, and of the workers.
fn sort_deadlines(effects: &mut [Effect<u32>]) {
    let by_time = |effect: &Effect<u32>| match *effect {
        Effect::Reject(task, _, Rejection::WaitTimeout(_) | Rejection::TaskTimeout(_)) => {
            Some((0, task.number()))
        }
        Effect::Kill(worker) => Some((1, worker.0)),
        Effect::NoVacancy { token, .. } => Some((2, token)),
        _ => None,
    };
    for run in effects.chunk_by_mut(|one, other| by_time(one).is_some() == by_time(other).is_some()) {
        run.sort_by_key(by_time);
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_pool_of_threads_does_what_the_model_does(options in options(), steps in vec(step(), 1..160)) {
        let mut pair = Pair::new(options);
        for step in &steps {
            pair.do_step(step);
        }
        pair.bring_to_an_end();
    }
}
