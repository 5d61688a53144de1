//! The rules of DESIGN §4.1–4.6, one test each, on a clock that the test moves.
#![cfg(not(loom))]

mod admission;
mod appointments;
mod batches;
mod booting;
mod broadcasts;
mod crowds;
mod disposals;
mod edges;
mod faces;
mod groups;
mod holds;
mod interruptions;
mod lifetimes;
mod measures;
mod owners;
#[path = "../recorder/mod.rs"]
mod recorder;
mod resources;
mod scheduling;
mod tasks;
mod threads;
mod tune;
mod unmade;
mod untimely;
mod vacancies;
mod watches;
mod workers;

use std::{fmt::Debug, ops::Deref, sync::Arc};

use recorder::{Job, RecordedPool, keep_appointment};
use workpool_core::{
    Admission, Care, Clock, Effect, End, MILLISECOND, ManualClock, Options, Payload, Rejection, Submission,
    TaskId, WorkerId, WorkerKind,
};

/// The options of most tests: the workers are slots.
fn capacity(capacity: u32) -> Options {
    Options { capacity, ..Options::default() }
}

/// Workers that boot, and that the host takes down however long that takes.
const RESOURCE: WorkerKind = WorkerKind::Resource(Care::NONE);

fn resources(capacity: u32) -> Options {
    Options { capacity, kind: RESOURCE, ..Options::default() }
}

/// The pool under test, with its clock and its reaper.
struct Fixture<T = u32> {
    pool: Arc<RecordedPool<T>>,
    clock: Arc<ManualClock>,
}

impl<T> Deref for Fixture<T> {
    type Target = RecordedPool<T>;

    fn deref(&self) -> &RecordedPool<T> {
        &self.pool
    }
}

impl Fixture {
    fn new(options: Options) -> Self {
        let (pool, clock) = recorder::pool(options);
        Self { pool, clock }
    }

    /// Starts `count` plain tasks.
    fn fill(&self, count: u32) -> Vec<WorkerId> {
        (0..count).map(|payload| self.start(payload).0).collect()
    }

    /// Makes the pool have `count` idle workers.
    fn fill_and_complete(&self, count: u32) -> Vec<WorkerId> {
        let workers = self.fill(count);
        for &worker in &workers {
            assert_eq!(self.complete(worker), None);
        }
        workers
    }
}

impl Fixture<Job> {
    /// A pool to be shared by several faces.
    fn shared(options: Options) -> Self {
        let (pool, clock) = recorder::pool(options);
        Self { pool, clock }
    }
}

impl<T: Payload + Debug> Fixture<T> {
    /// Submits a plain task that is to start at once, on a worker that is there or on one that is ready at once.
    fn start(&self, payload: T) -> (WorkerId, TaskId) {
        match self.submit(Submission::new(payload)) {
            Admission::Started(worker, task) => (worker, task),
            Admission::Waiting(task) => {
                let worker = self.take_boot().expect("there is room");
                assert_eq!(self.booted(worker), Some(task));
                (worker, task)
            }
            other => panic!("task {payload:?} should have started: {other:?}"),
        }
    }

    /// Takes out the effect that has come last, if it is a boot.
    fn take_boot(&self) -> Option<WorkerId> {
        let mut effects = self.host().effects.lock().expect("no test panics here");
        let Some(&Effect::Boot(worker)) = effects.last() else { return None };
        effects.pop();
        Some(worker)
    }

    /// Submits a task that is to wait.
    fn wait(&self, task: Submission<T>) -> TaskId {
        match self.submit(task) {
            Admission::Waiting(task) => task,
            other => panic!("task {:?} should wait: {other:?}", task.payload),
        }
    }

    /// Ends a worker's task well; the task that it has next.
    fn complete(&self, worker: WorkerId) -> Option<TaskId> {
        self.finish(worker, End::Completed, false).next
    }

    /// What has been delivered since the last call; everything must be in order at this moment.
    fn effects(&self) -> Vec<Effect<T>> {
        self.audit();
        self.host().effects()
    }

    /// Lets time pass, with the reaper at every appointment.
    fn pass(&self, milliseconds: u64) {
        let target = self.clock.now() + milliseconds * MILLISECOND;
        while keep_appointment(&self.pool, &self.clock, target) {
            self.audit();
        }
        self.clock.advance(target - self.clock.now());
    }

    /// Whether the reaper has anything to come for.
    fn is_armed(&self) -> bool {
        let appointment = self.host().appointment(u64::MAX);
        appointment.is_some_and(|at| workpool_core::Host::arm(self.host(), at))
    }

    /// From now on the host keeps time, or does not, as if the system gave no thread for a reaper.
    fn keep_time(&self, keeps_time: bool) {
        self.host().is_untimely.store(!keeps_time, std::sync::atomic::Ordering::Relaxed);
    }

    /// `(running, busy, waiting)`, of which idle follows.
    fn gauges(&self) -> (u32, u32, u32) {
        self.audit();
        let snapshot = self.snapshot();
        (snapshot.running, snapshot.busy, snapshot.waiting)
    }
}

/// The rejections among these effects: payload and reason, in order.
fn rejections(effects: &[Effect<u32>]) -> Vec<(u32, Rejection)> {
    effects
        .iter()
        .filter_map(|&effect| match effect {
            Effect::Reject(_, payload, rejection) => Some((payload, rejection)),
            _ => None,
        })
        .collect()
}

/// The workers that these effects retire.
fn retirements(effects: &[Effect<u32>]) -> Vec<WorkerId> {
    effects
        .iter()
        .filter_map(|&effect| match effect {
            Effect::Retire(worker) => Some(worker),
            _ => None,
        })
        .collect()
}

/// The workers that these effects boot.
fn boots(effects: &[Effect<u32>]) -> Vec<WorkerId> {
    effects
        .iter()
        .filter_map(|&effect| match effect {
            Effect::Boot(worker) => Some(worker),
            _ => None,
        })
        .collect()
}
