//! Every interleaving, within the bound of `LOOM_MAX_PREEMPTIONS`, of two threads at one pool. Run by
//! `node scripts/loom.mjs`. Not of three: loom's scheduler would let two that spin yield to one another for ever and
//! never come back to the one that holds the lock. More than two calls are two threads that make several.
//!
//! A transition is one hold of the lock, so what loom permutes is the order of transitions, the lock's own accesses
//! and where one call takes the lock more than once. Each test ends with everything finished and each task
//! accounted for: refused, rejected, cancelled or started, and started only once.
#![cfg(loom)]

#[path = "../recorder/mod.rs"]
mod recorder;
mod threads;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use loom::{sync::Arc, thread};
use recorder::{Job, RecordedPool, keep_appointment};
use workpool_core::{
    Admission, Cancelled, Clock, Condition, Effect, End, FaceId, MILLISECOND, ManualClock, Nanos, Options,
    Payload, Rejection, SpinLock, Submission, TaskId, WorkerId, WorkerKind,
};

const FIRST: FaceId = FaceId::FIRST;

fn capacity(capacity: u32) -> Options {
    Options { capacity, ..Options::default() }
}

fn resources(capacity: u32) -> Options {
    Options { capacity, kind: WorkerKind::Resource { dispose_timeout: None }, ..Options::default() }
}

/// What became of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Started,
    Refused,
    Rejected(Rejection),
    /// While it waited.
    Cancelled,
}

/// A payload that tells tasks apart.
trait Numbered: Payload {
    fn number(self) -> u32;
}

impl Numbered for u32 {
    fn number(self) -> u32 {
        self
    }
}

impl Numbered for Job {
    fn number(self) -> u32 {
        self.number
    }
}

/// A plain task of a face.
fn job(face: FaceId, number: u32) -> Submission<Job> {
    Submission::new(Job { face, number })
}

/// A pool, and what has become of every task that was handed to it.
struct Desk<T = u32> {
    pool: std::sync::Arc<RecordedPool<T>>,
    clock: std::sync::Arc<ManualClock>,
    fates: Mutex<BTreeMap<u32, Vec<Fate>>>,
    /// Tasks that wait or run, to tell the payload of one that a worker has taken by itself.
    payloads: Mutex<BTreeMap<TaskId, T>>,
    /// With the face of the task that each one has.
    busy: Mutex<Vec<(WorkerId, FaceId)>>,
    /// Nothing can be delivered to them.
    departed: Mutex<Vec<FaceId>>,
    /// Answers to those who await a vacancy: the token, and whether the pool is closed.
    answers: Mutex<Vec<(u32, bool)>>,
}

impl Desk {
    fn new(options: Options) -> Arc<Self> {
        Arc::new(Self::at(recorder::pool(options)))
    }
}

impl Desk<Job> {
    /// The desk of a pool with a second face.
    fn shared(options: Options) -> (Arc<Self>, FaceId) {
        let desk = Self::at(recorder::pool(options));
        let second = desk.pool.join().expect("the first one is there");
        (Arc::new(desk), second)
    }

    /// The end of a face's isolate; what runs there has ended with it.
    fn depart(&self, face: FaceId) -> bool {
        self.departed.lock().unwrap().push(face);
        self.busy.lock().unwrap().retain(|&(_, other)| other != face);
        self.payloads.lock().unwrap().retain(|_, payload| payload.face() != face);
        self.pool.depart(face)
    }

    /// Ends what runs for a face by now.
    fn finish_all(&self, face: FaceId) {
        self.deliver();
        let mut running = self.busy.lock().unwrap().clone();
        running.retain(|&(_, other)| other == face);
        for (worker, _) in running {
            self.finish(worker);
        }
    }
}

impl<T: Numbered> Desk<T> {
    fn at((pool, clock): (std::sync::Arc<RecordedPool<T>>, std::sync::Arc<ManualClock>)) -> Self {
        Self {
            pool,
            clock,
            fates: Mutex::default(),
            payloads: Mutex::default(),
            busy: Mutex::default(),
            departed: Mutex::default(),
            answers: Mutex::default(),
        }
    }

    fn note(&self, payload: u32, fate: Fate) {
        self.fates.lock().unwrap().entry(payload).or_default().push(fate);
    }

    /// Submits a task with a payload of its own.
    fn submit(&self, task: Submission<T>) -> Admission {
        let admission = self.pool.submit(task);
        match admission {
            Admission::Started(worker, _) => {
                self.note(task.payload.number(), Fate::Started);
                self.busy.lock().unwrap().push((worker, task.payload.face()));
            }
            Admission::Waiting(_) => {}
            Admission::Refused(_) => self.note(task.payload.number(), Fate::Refused),
        }
        admission
    }

    fn start(&self, task: Submission<T>) -> (WorkerId, TaskId) {
        match self.submit(task) {
            Admission::Started(worker, task) => (worker, task),
            Admission::Waiting(id) => {
                self.payloads.lock().unwrap().insert(id, task.payload);
                self.deliver();
                (self.pool.worker_of(id).expect("its worker has booted"), id)
            }
            other => panic!("{other:?}"),
        }
    }

    fn wait(&self, task: Submission<T>) -> TaskId {
        match self.submit(task) {
            Admission::Waiting(id) => {
                self.payloads.lock().unwrap().insert(id, task.payload);
                id
            }
            other => panic!("{other:?}"),
        }
    }

    /// Ends a worker's task; the worker may be busy with another one then.
    fn finish(&self, worker: WorkerId) -> bool {
        let mut busy = self.busy.lock().unwrap();
        let index = busy.iter().position(|&(other, _)| other == worker).expect("it has a task");
        let (_, face) = busy.remove(index);
        drop(busy);
        let finished = self.pool.finish(worker, End::Completed, false);
        if let Some(task) = finished.next {
            self.took(worker, face, task);
        }
        finished.settled
    }

    /// A worker has taken a task that waited. Its payload is known, or to be found among those without a fate.
    fn took(&self, worker: WorkerId, face: FaceId, task: TaskId) {
        self.busy.lock().unwrap().push((worker, face));
        let payload = self.payloads.lock().unwrap().get(&task).copied();
        self.note(payload.map_or(UNKNOWN, Numbered::number), Fate::Started);
    }

    fn cancel(&self, task: TaskId, payload: u32) -> Cancelled {
        let cancelled = self.pool.cancel(task);
        if cancelled == Cancelled::Waiting {
            self.note(payload, Fate::Cancelled);
        }
        cancelled
    }

    fn release(&self) {
        self.pool.release(None);
    }

    /// Carries out what has been delivered so far.
    fn deliver(&self) -> Vec<Effect<T>> {
        let effects = self.pool.host().effects();
        for &effect in &effects {
            match effect {
                Effect::Start(_, _, payload) if self.departed.lock().unwrap().contains(&payload.face()) => {}
                Effect::Start(worker, _, payload) => {
                    self.note(payload.number(), Fate::Started);
                    self.busy.lock().unwrap().push((worker, payload.face()));
                }
                Effect::Reject(task, payload, rejection) => {
                    // Its start, which it does not undo, has been noted.
                    if rejection != Rejection::Crashed {
                        self.note(payload.number(), Fate::Rejected(rejection));
                    }
                    self.pool.collect(task);
                }
                Effect::Vacancy { token, is_closed, .. } => {
                    self.answers.lock().unwrap().push((token, is_closed));
                }
                Effect::Boot(worker) => {
                    if let Some(task) = self.pool.booted(worker) {
                        let payload = self.pool.payload(task).expect("it has a worker");
                        self.note(payload.number(), Fate::Started);
                        self.busy.lock().unwrap().push((worker, payload.face()));
                    }
                }
                Effect::Retire(_)
                | Effect::Kill(_)
                | Effect::Abandoned(..)
                | Effect::Forgotten(_)
                | Effect::Overdue(_)
                | Effect::NoVacancy { .. }
                | Effect::Watched { .. } => {}
            }
        }
        effects
    }

    /// Keeps every appointment until `milliseconds` from now.
    fn pass(&self, milliseconds: u64) {
        let target: Nanos = self.clock.now() + milliseconds * MILLISECOND;
        while keep_appointment(&self.pool, &self.clock, target) {}
        self.clock.advance(target - self.clock.now());
    }

    /// Finishes everything that runs, and what starts thereby. Nothing may be left, and `payloads` must all have met
    /// their fate, each once.
    fn settle(&self, payloads: impl IntoIterator<Item = u32>) -> BTreeMap<u32, Vec<Fate>> {
        self.pool.audit();
        self.deliver();
        while let Some((worker, _)) = { self.busy.lock().unwrap().last().copied() } {
            self.finish(worker);
            self.pool.audit();
            self.deliver();
        }
        let snapshot = self.pool.snapshot();
        assert_eq!(
            (snapshot.busy, snapshot.waiting, snapshot.counters.unsettled),
            (0, 0, 0),
            "nobody is lost"
        );
        let mut fates = std::mem::take(&mut *self.fates.lock().unwrap());
        // Submitted by one thread and taken up by a worker on another one that could not know whose it was.
        let strangers = fates.remove(&UNKNOWN).unwrap_or_default().len();
        let mut missing = 0;
        for payload in payloads {
            match fates.get(&payload).map_or(0, Vec::len) {
                0 => missing += 1,
                count => assert_eq!(count, 1, "task {payload}: {fates:?}"),
            }
        }
        assert_eq!(missing, strangers, "{fates:?}");
        fates
    }
}

const UNKNOWN: u32 = u32::MAX;

/// Runs the model; gives what came out of its interleavings, so that a test can tell that it has seen all it meant to.
fn outcomes<T: Ord + Send + 'static>(model: impl Fn() -> T + Send + Sync + 'static) -> Vec<T> {
    let seen = std::sync::Arc::new(Mutex::new(BTreeSet::new()));
    let noted = std::sync::Arc::clone(&seen);
    loom::model(move || {
        let outcome = model();
        noted.lock().unwrap().insert(outcome);
    });
    std::mem::take(&mut *seen.lock().unwrap()).into_iter().collect()
}

#[test]
fn the_lock_admits_one_and_shows_it_what_the_last_one_wrote() {
    fn change(lock: &SpinLock<(u32, u32)>) {
        for _ in 0..2 {
            let mut pair = lock.lock();
            assert_eq!(pair.0, pair.1, "nobody sees half of a change");
            pair.0 += 1;
            pair.1 += 1;
        }
    }
    loom::model(|| {
        let lock = Arc::new(SpinLock::new((0_u32, 0_u32)));
        let other = Arc::clone(&lock);
        let thread = thread::spawn(move || change(&other));
        change(&lock);
        thread.join().unwrap();
        assert_eq!(*lock.lock(), (4, 4));
    });
}

#[test]
fn a_submit_beside_a_finish_neither_waits_for_nobody_nor_starts_twice() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, _) = desk.start(Submission::new(0));
        let other = Arc::clone(&desk);
        let submitter =
            thread::spawn(move || matches!(other.submit(Submission::new(1)), Admission::Waiting(_)));
        desk.finish(worker);
        let waited = submitter.join().unwrap();
        assert_eq!(desk.pool.snapshot().running, 1);
        desk.settle(0..2);
        waited
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn two_submits_beside_two_finishes_find_a_worker_each() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(2));
        let workers = [0, 1].map(|payload| desk.start(Submission::new(payload)).0);
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            [2, 3].map(|payload| matches!(other.submit(Submission::new(payload)), Admission::Waiting(_)))
        });
        for worker in workers {
            desk.finish(worker);
        }
        let waited = submitter.join().unwrap();
        assert_eq!(desk.pool.snapshot().busy, 2);
        desk.settle(0..4);
        waited
    });
    assert_eq!(seen, [[false, false], [false, true], [true, false], [true, true]]);
}

#[test]
fn a_submit_beside_growth_does_not_wait_beside_a_free_slot() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        desk.start(Submission::new(0));
        let other = Arc::clone(&desk);
        let submitter =
            thread::spawn(move || matches!(other.submit(Submission::new(1)), Admission::Waiting(_)));
        desk.pool.tune(2);
        let waited = submitter.join().unwrap();
        desk.pool.audit();
        assert_eq!(desk.pool.snapshot().busy, 2);
        desk.settle(0..2);
        waited
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_submit_and_a_finish_beside_shrinking_end_within_the_capacity() {
    for submits_first in [false, true] {
        loom::model(move || {
            let desk = Desk::new(capacity(2));
            let (worker, _) = desk.start(Submission::new(0));
            desk.start(Submission::new(1));
            let other = Arc::clone(&desk);
            let thread = thread::spawn(move || {
                if submits_first {
                    other.submit(Submission::new(2));
                }
                other.pool.tune(1);
            });
            desk.finish(worker);
            if !submits_first {
                desk.submit(Submission::new(2));
            }
            thread.join().unwrap();
            desk.settle(0..3);
            assert_eq!(desk.pool.snapshot().running, 1);
        });
    }
}

#[test]
fn a_purge_beside_a_submit_retires_the_worker_or_leaves_it_the_task() {
    let seen = outcomes(|| {
        let desk = Desk::new(Options { expiry: Some(10 * MILLISECOND), ..capacity(1) });
        let (worker, _) = desk.start(Submission::new(0));
        desk.finish(worker);
        let other = Arc::clone(&desk);
        let reaper = thread::spawn(move || other.pass(10));
        let admission = desk.submit(Submission::new(1));
        assert!(matches!(admission, Admission::Started(..)), "{admission:?}");
        reaper.join().unwrap();
        let retired = desk.pool.snapshot().counters.retired;
        desk.settle(0..2);
        desk.pass(20);
        assert_eq!(desk.pool.snapshot().running, 0, "the reaper is still armed for the last one");
        retired
    });
    assert_eq!(seen, [0, 1]);
}

#[test]
fn a_deadline_set_beside_the_reaper_is_met() {
    loom::model(|| {
        let desk = Desk::new(capacity(1));
        desk.start(Submission::new(0));
        desk.wait(Submission { wait_timeout: Some(10), ..Submission::new(1) });
        let other = Arc::clone(&desk);
        let reaper = thread::spawn(move || other.pass(10));
        desk.submit(Submission { wait_timeout: Some(5), ..Submission::new(2) });
        reaper.join().unwrap();
        desk.pass(20);
        desk.deliver();
        assert_eq!(desk.pool.snapshot().waiting, 0, "the reaper came for both");
        let fates = desk.settle(0..3);
        for (payload, limit) in [(1, 10), (2, 5)] {
            assert_eq!(fates[&payload], [Fate::Rejected(Rejection::WaitTimeout(limit))]);
        }
    });
}

#[test]
fn whoever_arms_the_reaper_too_late_does_not_take_its_next_appointment_away() {
    loom::model(|| {
        let desk = Desk::new(capacity(1));
        let (worker, _) = desk.start(Submission::new(0));
        for payload in [1, 2] {
            desk.wait(Submission { wait_timeout: Some(20), ..Submission::new(payload) });
        }
        let other = Arc::clone(&desk);
        // It starts before the others that wait, and with it goes its deadline. Its thread may not have armed the reaper for that yet.
        let first = Submission { wait_timeout: Some(10), priority: 0, ..Submission::new(3) };
        let late = thread::spawn(move || other.submit(first));
        desk.submit(Submission { wait_timeout: Some(5), ..Submission::new(4) });
        desk.finish(worker);
        desk.pass(5);
        late.join().unwrap();
        desk.pass(20);
        desk.deliver();
        assert_eq!(desk.pool.snapshot().waiting, 0, "the reaper came for all");
        let fates = desk.settle(0..5);
        assert_eq!(fates[&2], [Fate::Rejected(Rejection::WaitTimeout(20))]);
    });
}

#[test]
fn a_wait_deadline_beside_a_finish_rejects_or_starts() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, _) = desk.start(Submission::new(0));
        desk.wait(Submission { wait_timeout: Some(10), ..Submission::new(1) });
        let other = Arc::clone(&desk);
        let reaper = thread::spawn(move || other.pass(10));
        desk.finish(worker);
        reaper.join().unwrap();
        desk.settle(0..2)[&1][0] == Fate::Started
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_timeout_beside_a_finish_settles_once() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, task) = desk.start(Submission { timeout: 10, ..Submission::new(0) });
        desk.pool.begin(task);
        desk.pool.limit(task);
        let other = Arc::clone(&desk);
        let reaper = thread::spawn(move || other.pass(10));
        let settled = desk.finish(worker);
        reaper.join().unwrap();
        let effects = desk.pool.host().effects();
        let rejection = Effect::Reject(task, 0, Rejection::TaskTimeout(10));
        assert_eq!(effects.contains(&rejection), !settled, "by its end or by its deadline");
        if !settled {
            desk.pool.collect(task);
        }
        desk.settle([0]);
        settled
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_rejection_collected_beside_a_finish_frees_the_record_once() {
    loom::model(|| {
        let desk = Desk::new(capacity(2));
        let (worker, task) = desk.start(Submission { timeout: 10, ..Submission::new(0) });
        desk.pool.begin(task);
        desk.pool.limit(task);
        desk.pass(10);
        desk.pool.host().effects();
        let other = Arc::clone(&desk);
        let origin = thread::spawn(move || other.pool.collect(task));
        assert!(!desk.finish(worker));
        origin.join().unwrap();
        desk.pool.audit();
        assert_eq!(desk.start(Submission::new(1)).1.number(), task.number(), "the number is free");
        desk.settle(0..2);
    });
}

#[test]
fn a_release_beside_a_submit_refuses_or_rejects_or_lets_it_run() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        desk.start(Submission::new(0));
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            other.submit(Submission::new(1));
        });
        desk.release();
        submitter.join().unwrap();
        let fates = desk.settle(0..2);
        let fate = fates[&1][0];
        assert!(matches!(fate, Fate::Refused | Fate::Rejected(Rejection::Released)), "{fate:?}");
        assert_eq!(desk.pool.snapshot().running, 0);
        fate == Fate::Refused
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_release_beside_a_finish_rejects_or_starts_what_waits() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, _) = desk.start(Submission::new(0));
        desk.wait(Submission::new(1));
        desk.pool.watch(FIRST, 7, Condition::Ended(1), None);
        let other = Arc::clone(&desk);
        let finisher = thread::spawn(move || {
            other.finish(worker);
        });
        desk.release();
        finisher.join().unwrap();
        let effects = desk.deliver();
        let told = effects.contains(&Effect::Watched { face: FIRST, token: 7, left: None });
        assert_eq!(
            told,
            desk.pool.snapshot().running == 0,
            "told when the last worker is gone, and not before"
        );
        let fates = desk.settle(0..2);
        assert_eq!(desk.pool.snapshot().running, 0);
        fates[&1][0] == Fate::Started
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_cancellation_beside_a_finish_settles_once() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, task) = desk.start(Submission::new(0));
        let other = Arc::clone(&desk);
        let origin = thread::spawn(move || other.cancel(task, 0));
        let settled = desk.finish(worker);
        let cancelled = origin.join().unwrap();
        assert_eq!(cancelled, if settled { Cancelled::Late } else { Cancelled::Running });
        desk.settle([0]);
        settled
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_waiting_task_cancelled_beside_a_finish_starts_or_never_runs() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, _) = desk.start(Submission::new(0));
        let task = desk.wait(Submission::new(1));
        let other = Arc::clone(&desk);
        let origin = thread::spawn(move || other.cancel(task, 1));
        desk.finish(worker);
        let cancelled = origin.join().unwrap();
        let started = desk.fates.lock().unwrap()[&1][0] == Fate::Started;
        assert_eq!(cancelled, if started { Cancelled::Running } else { Cancelled::Waiting });
        desk.settle(0..2);
        started
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_reboot_beside_a_finish_never_counts_the_older_worker() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, _) = desk.start(Submission::new(0));
        desk.wait(Submission::new(1));
        desk.release();
        let other = Arc::clone(&desk);
        let finisher = thread::spawn(move || {
            other.finish(worker);
        });
        desk.pool.reboot();
        let was_there = desk.pool.snapshot().counters.retired == 0;
        desk.start(Submission::new(2));
        assert_eq!(desk.pool.snapshot().running, 1);
        finisher.join().unwrap();
        assert_eq!(desk.pool.snapshot().running, 1);
        let fates = desk.settle(0..3);
        assert_eq!(fates[&1], [Fate::Rejected(Rejection::Released)]);
        assert_eq!(desk.pool.snapshot().running, 1);
        was_there
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_disposal_that_settles_beside_a_submit_leaves_nobody_waiting_beside_a_free_slot() {
    let seen = outcomes(|| {
        let desk = Desk::new(resources(1));
        let (worker, _) = desk.start(Submission::new(0));
        desk.busy.lock().unwrap().clear();
        desk.pool.finish(worker, End::Failed, true);
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            let had_room = other.pool.has_room();
            other.submit(Submission::new(1));
            had_room
        });
        desk.pool.retired(worker);
        let had_room = submitter.join().unwrap();
        desk.settle(0..2);
        had_room
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_crash_beside_a_submit_leaves_nobody_waiting_beside_a_free_slot() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, _) = desk.start(Submission::new(0));
        desk.busy.lock().unwrap().clear();
        let other = Arc::clone(&desk);
        let submitter =
            thread::spawn(move || matches!(other.submit(Submission::new(1)), Admission::Waiting(_)));
        desk.pool.crashed(worker);
        let waited = submitter.join().unwrap();
        desk.settle(0..2);
        waited
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_boot_beside_a_submit_and_a_cancellation_takes_whoever_is_left() {
    let seen = outcomes(|| {
        let desk = Desk::new(resources(1));
        let first = desk.wait(Submission::new(0));
        let Effect::Boot(worker) = desk.pool.host().effects()[0] else { panic!("it boots") };
        let other = Arc::clone(&desk);
        let origin = thread::spawn(move || {
            other.submit(Submission::new(1));
            other.cancel(first, 0) == Cancelled::Waiting
        });
        let taken = desk.pool.booted(worker);
        if let Some(task) = taken {
            desk.took(worker, FIRST, task);
        }
        let was_waiting = origin.join().unwrap();
        assert_eq!(desk.pool.snapshot().busy, 1);
        desk.settle(0..2);
        assert_eq!(was_waiting, taken != Some(first));
        was_waiting
    });
    assert_eq!(seen, [false, true]);
}

// ── faces ───────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_departure_beside_a_finish_hands_on_a_worker_that_has_taken_what_departs() {
    let seen = outcomes(|| {
        let (desk, second) = Desk::shared(capacity(1));
        let (worker, _) = desk.start(job(second, 0));
        desk.wait(job(FIRST, 1));
        desk.wait(job(second, 2));
        desk.wait(job(FIRST, 3));
        let other = Arc::clone(&desk);
        let finisher = thread::spawn(move || {
            other.finish(worker);
        });
        assert!(!desk.depart(FIRST));
        finisher.join().unwrap();
        assert_eq!(desk.pool.snapshot().busy, 1, "with the only task that is left");
        let started_elsewhere =
            desk.deliver().into_iter().filter(|effect| matches!(effect, Effect::Start(..))).count();
        desk.settle([0, 2]);
        assert_eq!(desk.pool.snapshot().counters.cancelled, 2);
        started_elsewhere
    });
    assert_eq!(seen, [0, 2], "the worker's own next, or by way of a task that departs");
}

#[test]
fn a_worker_of_a_face_that_departs_is_finished_beside_it_by_whoever_has_it_next() {
    let seen = outcomes(|| {
        let (desk, second) = Desk::shared(capacity(2));
        desk.start(job(FIRST, 0));
        desk.start(job(FIRST, 1));
        desk.wait(job(second, 2));
        desk.wait(job(FIRST, 3));
        desk.wait(job(second, 4));
        let other = Arc::clone(&desk);
        let finisher = thread::spawn(move || {
            other.finish_all(second);
            other.pool.snapshot().counters.completed
        });
        desk.depart(FIRST);
        let completed = finisher.join().unwrap();
        desk.settle([2, 4]);
        assert_eq!(desk.pool.snapshot().counters.cancelled, 3);
        completed
    });
    assert_eq!(seen, [0, 1, 2], "between two lock holds, too");
}

#[test]
fn a_face_that_finishes_before_it_departs_beside_another_one_that_submits_leaves_nothing() {
    let seen = outcomes(|| {
        let (desk, second) = Desk::shared(capacity(1));
        let (worker, _) = desk.start(job(FIRST, 0));
        desk.wait(job(FIRST, 1));
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || matches!(other.submit(job(second, 2)), Admission::Waiting(_)));
        desk.finish(worker);
        desk.depart(FIRST);
        let waited = submitter.join().unwrap();
        assert_eq!(desk.pool.snapshot().busy, 1);
        desk.settle([2]);
        waited
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_departure_beside_a_submit_of_another_face_neither_loses_nor_doubles_its_task() {
    let seen = outcomes(|| {
        let (desk, second) = Desk::shared(capacity(1));
        desk.start(job(FIRST, 0));
        desk.wait(job(FIRST, 1));
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            [2, 3].map(|number| matches!(other.submit(job(second, number)), Admission::Waiting(_)))
        });
        desk.depart(FIRST);
        let waited = submitter.join().unwrap();
        assert_eq!(desk.pool.snapshot().busy, 1);
        desk.settle([2, 3]);
        waited
    });
    assert_eq!(seen, [[false, true], [true, true]]);
}

#[test]
fn of_two_faces_that_depart_at_once_one_is_the_last() {
    let seen = outcomes(|| {
        let (desk, second) = Desk::shared(capacity(1));
        desk.start(job(FIRST, 0));
        desk.wait(job(second, 1));
        let other = Arc::clone(&desk);
        let thread = thread::spawn(move || other.depart(second));
        let is_last = desk.depart(FIRST);
        assert_ne!(thread.join().unwrap(), is_last);
        desk.settle([]);
        let snapshot = desk.pool.snapshot();
        assert_eq!((snapshot.is_closed, snapshot.running, snapshot.counters.cancelled), (true, 0, 2));
        assert_eq!(desk.pool.join(), None);
        is_last
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn of_two_faces_that_leave_at_once_the_last_one_closes_the_pool() {
    let seen = outcomes(|| {
        let (desk, second) = Desk::shared(capacity(1));
        desk.start(job(FIRST, 0));
        let other = Arc::clone(&desk);
        let thread = thread::spawn(move || other.pool.leave(second));
        let closed = [desk.pool.leave(FIRST), thread.join().unwrap()];
        assert_eq!(closed.iter().flatten().count(), 1, "{closed:?}");
        desk.settle([0]);
        assert_eq!(desk.pool.snapshot().running, 0);
        closed[0].is_some()
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_face_that_leaves_beside_its_submit_refuses_the_task_or_runs_it() {
    for others_stay in [false, true] {
        let seen = outcomes(move || {
            let (desk, second) = Desk::shared(capacity(1));
            desk.start(job(second, 0));
            if !others_stay {
                desk.pool.leave(second);
            }
            let other = Arc::clone(&desk);
            let submitter = thread::spawn(move || {
                other.submit(job(FIRST, 1));
            });
            assert_eq!(desk.pool.leave(FIRST).is_none(), others_stay);
            desk.pool.watch(FIRST, 1, Condition::Left, None);
            submitter.join().unwrap();
            let fate = desk.settle(0..2)[&1][0];
            assert!(desk.pool.is_quiet(FIRST));
            assert_eq!(desk.pool.snapshot().is_closed, !others_stay);
            fate == Fate::Refused
        });
        assert_eq!(seen, [false, true]);
    }
}

// ── vacancies ───────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_vacancy_awaited_beside_a_finish_is_told_once() {
    loom::model(|| {
        let desk = Desk::new(capacity(1));
        let (worker, _) = desk.start(Submission::new(0));
        let other = Arc::clone(&desk);
        let producer = thread::spawn(move || {
            other.pool.await_vacancy(FIRST, 1);
            other.pool.await_vacancy(FIRST, 2);
        });
        desk.finish(worker);
        // Whoever has been told so far has had the turn.
        desk.deliver();
        let told = desk.answers.lock().unwrap().len() as u32;
        desk.pool.end_turns(FIRST, told);
        producer.join().unwrap();
        desk.settle([0]);
        assert!(!desk.pool.has_vacancy(), "one is on the way to it");
        desk.pool.end_turns(FIRST, 1);
        desk.settle([]);
        assert_eq!(*desk.answers.lock().unwrap(), [(1, false), (2, false)]);
    });
}

#[test]
fn a_submit_beside_a_finish_is_no_reason_not_to_tell_whoever_awaited_a_vacancy_before() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, _) = desk.start(Submission::new(0));
        desk.pool.await_vacancy(FIRST, 1);
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            other.submit(Submission::new(1));
        });
        desk.finish(worker);
        submitter.join().unwrap();
        desk.deliver();
        let told = desk.answers.lock().unwrap().len();
        desk.pool.end_turns(FIRST, 1);
        desk.settle(0..2);
        assert_eq!(*desk.answers.lock().unwrap(), [(1, false)]);
        told
    });
    assert_eq!(seen, [1]);
}

#[test]
fn a_slot_that_is_kept_for_a_turn_is_used_or_given_on() {
    loom::model(|| {
        let desk = Desk::new(capacity(1));
        let (worker, _) = desk.start(Submission::new(0));
        desk.pool.await_vacancy(FIRST, 1);
        desk.submit(Submission::new(1));
        desk.finish(worker);
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            other.submit(Submission::new(2));
        });
        desk.deliver();
        desk.pool.end_turns(FIRST, 1);
        submitter.join().unwrap();
        desk.settle(0..3);
        assert_eq!(*desk.answers.lock().unwrap(), [(1, false)]);
    });
}

#[test]
fn a_vacancy_awaited_beside_a_release_is_told_once() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let other = Arc::clone(&desk);
        let producer = thread::spawn(move || other.pool.await_vacancy(FIRST, 1));
        desk.release();
        producer.join().unwrap();
        desk.settle([]);
        let answers = desk.answers.lock().unwrap().clone();
        assert!(matches!(answers[..], [(1, _)]), "{answers:?}");
        answers[0].1
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_vacancy_awaited_beside_the_departure_of_whoever_was_told_is_told_once() {
    loom::model(|| {
        let (desk, second) = Desk::shared(capacity(1));
        desk.pool.await_vacancy(second, 1);
        desk.start(job(second, 0));
        let other = Arc::clone(&desk);
        let producer = thread::spawn(move || other.pool.await_vacancy(FIRST, 2));
        desk.depart(second);
        producer.join().unwrap();
        desk.settle([]);
        assert_eq!(*desk.answers.lock().unwrap(), [(1, false), (2, false)]);
    });
}

#[test]
fn a_vacancy_taken_back_beside_a_finish_is_told_or_gone() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, _) = desk.start(Submission::new(0));
        desk.pool.await_vacancy(FIRST, 1);
        let other = Arc::clone(&desk);
        let producer = thread::spawn(move || other.pool.forget_vacancy(FIRST, 1));
        desk.finish(worker);
        let is_gone = producer.join().unwrap();
        desk.settle([0]);
        assert_eq!(desk.answers.lock().unwrap().is_empty(), is_gone);
        assert_eq!(desk.pool.has_vacancy(), is_gone);
        is_gone
    });
    assert_eq!(seen, [false, true]);
}
