//! A pool of any kind of workers, whoever is around it, and what has become of every task that was handed to it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
};

use loom::sync::Arc;
use workpool_core::{
    Admission, Cancelled, Care, Clock, Effect, End, FaceId, Finished, MILLISECOND, ManualClock, Options,
    Payload, Rejection, Reservation, Submission, Taken, TaskId, WorkerId, WorkerKind,
};

use crate::recorder::{self, Job, RecordedPool, keep_appointment};

pub(crate) const FIRST: FaceId = FaceId::FIRST;

pub(crate) const GRACE: u64 = 10;

/// Workers that are slots.
pub(crate) fn capacity(capacity: u32) -> Options {
    Options { capacity, ..Options::default() }
}

pub(crate) fn resources(capacity: u32) -> Options {
    Options { capacity, kind: WorkerKind::Resource(Care::NONE), ..Options::default() }
}

pub(crate) fn threads(capacity: u32, concurrency: u32) -> Options {
    let kind = WorkerKind::Thread { grace: GRACE * MILLISECOND };
    Options { capacity, kind, concurrency, ..Options::default() }
}

/// How a task has settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    Ended,
    Cancelled,
    Refused,
    Rejected(Why),
}

/// A [`Rejection`] in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    Released,
    WaitTimeout(u32),
    TaskTimeout,
    Crashed,
    StartFailed,
    Destroyed,
    Displaced,
    Shed,
    Cleared,
    LeftOut,
}

impl From<Rejection> for Fate {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(match rejection {
            Rejection::Released => Why::Released,
            Rejection::WaitTimeout(limit) => Why::WaitTimeout(limit),
            Rejection::TaskTimeout(_) => Why::TaskTimeout,
            Rejection::Crashed => Why::Crashed,
            Rejection::StartFailed => Why::StartFailed,
            Rejection::Destroyed => Why::Destroyed,
            Rejection::Displaced => Why::Displaced,
            Rejection::Shed => Why::Shed,
            Rejection::Cleared => Why::Cleared,
            Rejection::LeftOut => Why::LeftOut,
        })
    }
}

/// A payload that tells tasks apart.
pub(crate) trait Numbered: Payload {
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
pub(crate) fn job(face: FaceId, number: u32) -> Submission<Job> {
    Submission::new(Job { face, number })
}

/// A task on a worker, for its face.
type Run = (WorkerId, TaskId, FaceId);

#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// The number of each accepted task, and its face. A worker may have a task before this is known: who has submitted it comes later.
    names: Vec<(TaskId, u32, FaceId)>,
    fates: Vec<(TaskId, Fate)>,
    refused: Vec<u32>,
    /// Tasks on their way to a worker that begins them later.
    pub(crate) given: Vec<Run>,
    /// Tasks whose function is called, or which their worker has looked at.
    running: Vec<Run>,
    /// What the origins have still to collect.
    uncollected: Vec<TaskId>,
    pub(crate) booting: Vec<WorkerId>,
    /// Workers that are to be taken down or killed.
    leaving: BTreeSet<WorkerId>,
    /// Workers that have booted, and hear what is sent to them.
    loaded: BTreeSet<WorkerId>,
    /// The tasks in the order in which their workers have begun them, and those whose argument nobody needs.
    pub(crate) begun: Vec<u32>,
    forgotten: BTreeSet<u32>,
    /// Nothing can be delivered to them.
    departed: Vec<FaceId>,
    /// Answers to those who await a vacancy: the token, and whether the pool is closed.
    pub(crate) answers: Vec<(u32, bool)>,
}

pub(crate) struct Desk<T = u32> {
    pub(crate) pool: std::sync::Arc<RecordedPool<T>>,
    pub(crate) clock: std::sync::Arc<ManualClock>,
    kind: WorkerKind,
    notes: Mutex<Notes>,
}

impl Desk {
    pub(crate) fn new(options: Options) -> Arc<Self> {
        Arc::new(Self::of(options))
    }

    /// The desk of a pool whose workers have all booted.
    pub(crate) fn loaded(options: Options) -> (Arc<Self>, Vec<WorkerId>) {
        let desk = Self::new(options);
        desk.pool.start_all();
        desk.deliver();
        let workers = desk.notes().booting.clone();
        for &worker in &workers {
            desk.booted(worker);
        }
        (desk, workers)
    }

    /// A task that a thread has at once; `is_begun`: and has begun.
    pub(crate) fn give(&self, number: u32, is_begun: bool) -> (WorkerId, TaskId) {
        let Admission::Started(worker, task) = self.submit(Submission::new(number)) else {
            panic!("one is free")
        };
        if is_begun {
            assert!(self.take(worker, task));
        }
        (worker, task)
    }
}

impl Desk<Job> {
    /// The desk of a pool with a second face.
    pub(crate) fn shared(options: Options) -> (Arc<Self>, FaceId) {
        let desk = Self::of(options);
        let second = desk.pool.join().expect("the first one is there");
        (Arc::new(desk), second)
    }

    /// The end of a face's isolate; what runs there has ended with it.
    pub(crate) fn depart(&self, face: FaceId) -> bool {
        let mut notes = self.notes();
        notes.departed.push(face);
        notes.running.retain(|&(.., other)| other != face);
        drop(notes);
        self.pool.depart(face)
    }

    /// Ends what runs for a face by now.
    pub(crate) fn finish_all(&self, face: FaceId) {
        self.deliver();
        let mut running = self.notes().running.clone();
        running.retain(|&(.., other)| other == face);
        for (worker, task, _) in running {
            self.finish(worker, task);
        }
    }
}

impl<T: Numbered> Desk<T> {
    fn of(options: Options) -> Self {
        let (pool, clock) = recorder::pool(options);
        Self { pool, clock, kind: options.kind, notes: Mutex::default() }
    }

    pub(crate) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap()
    }

    fn note(&self, task: TaskId, fate: Fate) {
        self.notes().fates.push((task, fate));
    }

    /// The worker has the task from now on.
    fn took(&self, worker: WorkerId, task: TaskId, face: FaceId) {
        let mut notes = self.notes();
        let notes = &mut *notes;
        let runs = if self.kind.begins_later() { &mut notes.given } else { &mut notes.running };
        runs.push((worker, task, face));
    }

    // The origins.

    /// Submits a task with a number of its own.
    pub(crate) fn submit(&self, task: Submission<T>) -> Admission {
        let admission = self.pool.submit(task);
        let (number, face) = (task.payload.number(), task.payload.face());
        match admission {
            Admission::Started(worker, id) => {
                self.notes().names.push((id, number, face));
                self.took(worker, id, face);
            }
            Admission::Waiting(id) => self.notes().names.push((id, number, face)),
            Admission::Refused(_) => self.notes().refused.push(number),
        }
        admission
    }

    /// Hands in tasks of a batch, and says how many have been taken in.
    pub(crate) fn hand_in(&self, reservation: Reservation, payloads: &[T]) -> u32 {
        let admissions = self.pool.submit_reserved(reservation, payloads);
        self.note_admissions(&admissions, payloads)
    }

    /// These tasks have been taken in.
    pub(crate) fn note_admissions(&self, admissions: &[Admission], payloads: &[T]) -> u32 {
        for (&admission, payload) in admissions.iter().zip(payloads) {
            let (number, face) = (payload.number(), payload.face());
            match admission {
                Admission::Started(worker, id) => {
                    self.notes().names.push((id, number, face));
                    self.took(worker, id, face);
                }
                Admission::Waiting(id) => self.notes().names.push((id, number, face)),
                Admission::Refused(_) => panic!("it has a place"),
            }
        }
        admissions.len() as u32
    }

    /// Submits a task that a worker has at once, or as soon as one has booted for it.
    pub(crate) fn start(&self, task: Submission<T>) -> (WorkerId, TaskId) {
        match self.submit(task) {
            Admission::Started(worker, task) => (worker, task),
            Admission::Waiting(id) => {
                self.deliver();
                let worker = self.notes().booting[0];
                assert_eq!(self.booted(worker), Some(id));
                (worker, id)
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn wait(&self, task: Submission<T>) -> TaskId {
        match self.submit(task) {
            Admission::Waiting(id) => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn cancel(&self, task: TaskId) -> Cancelled {
        let cancelled = self.pool.cancel(task);
        if cancelled != Cancelled::Late {
            self.note(task, Fate::Cancelled);
        }
        cancelled
    }

    /// The origins take notice of what they have been told so far.
    pub(crate) fn collect(&self) {
        let uncollected = std::mem::take(&mut self.notes().uncollected);
        uncollected.into_iter().for_each(|task| self.pool.collect(task));
    }

    pub(crate) fn release(&self) {
        self.pool.release(None);
    }

    // The workers.

    /// A worker looks at a task that it was given; whether it begins it.
    pub(crate) fn take(&self, worker: WorkerId, task: TaskId) -> bool {
        let mut notes = self.notes();
        let index = notes.given.iter().position(|&(of, given, _)| (of, given) == (worker, task));
        let run = notes.given.remove(index.expect("it was given to this one"));
        notes.running.push(run);
        drop(notes);
        let begun = match self.pool.take(worker, task, self.clock.now()) {
            Taken::Begun(payload) => Some(payload.number()),
            Taken::Settled => None,
            Taken::Foreign => panic!("it was given to this one"),
        };
        self.notes().begun.extend(begun);
        begun.is_some()
    }

    /// A task on a worker has ended; the worker may have another one then.
    pub(crate) fn finish(&self, worker: WorkerId, task: TaskId) -> Finished {
        self.finish_as(worker, task, false)
    }

    /// The same; with `is_broken` the worker takes no more.
    pub(crate) fn finish_as(&self, worker: WorkerId, task: TaskId, is_broken: bool) -> Finished {
        let mut notes = self.notes();
        let index = notes.running.iter().position(|&(of, running, _)| (of, running) == (worker, task));
        let (.., face) = notes.running.remove(index.expect("it has this task"));
        drop(notes);
        let finished = if self.kind.begins_later() {
            self.pool.finish_task(task, End::Completed, is_broken)
        } else {
            self.pool.finish(worker, End::Completed, is_broken)
        };
        if finished.settled {
            self.note(task, Fate::Ended);
            if self.kind.reports_late() {
                self.notes().uncollected.push(task);
            }
        }
        if let Some(next) = finished.next {
            self.took(worker, next, face);
        }
        finished
    }

    // The owner of the workers.

    pub(crate) fn booted(&self, worker: WorkerId) -> Option<TaskId> {
        let mut notes = self.notes();
        notes.booting.retain(|&booting| booting != worker);
        notes.loaded.insert(worker);
        drop(notes);
        let first = self.pool.booted(worker);
        if let Some(task) = first {
            self.took(worker, task, FIRST);
        }
        first
    }

    /// The worker was validated, and must not be used any more.
    pub(crate) fn invalid(&self, worker: WorkerId) {
        self.forget(worker);
        self.pool.invalid(worker);
    }

    /// The worker has been taken down.
    pub(crate) fn retired(&self, worker: WorkerId) {
        self.forget(worker);
        self.pool.retired(worker);
    }

    /// The worker has died, and with it whatever was on the way to it.
    pub(crate) fn crash(&self, worker: WorkerId) {
        self.forget(worker);
        self.pool.crashed(worker);
    }

    pub(crate) fn start_failed(&self, worker: WorkerId) {
        self.forget(worker);
        self.pool.start_failed(worker);
    }

    fn forget(&self, worker: WorkerId) {
        let mut notes = self.notes();
        notes.given.retain(|&(other, ..)| other != worker);
        notes.running.retain(|&(other, ..)| other != worker);
        notes.booting.retain(|&other| other != worker);
        notes.leaving.remove(&worker);
        notes.loaded.remove(&worker);
    }

    /// Takes in what has been delivered so far.
    pub(crate) fn deliver(&self) -> Vec<Effect<T>> {
        let effects = self.pool.host().effects();
        for &effect in &effects {
            match effect {
                Effect::Start(worker, task, payload) => {
                    let face = payload.face();
                    // A worker that is dead hears nothing, nor does a face that is gone.
                    let is_dead = self.kind.boots() && !self.notes().loaded.contains(&worker);
                    if !is_dead && !self.notes().departed.contains(&face) {
                        self.took(worker, task, face);
                    }
                }
                Effect::Reject(task, _, rejection) => {
                    self.note(task, rejection.into());
                    self.notes().uncollected.push(task);
                }
                Effect::Boot(worker) | Effect::Validate(worker) => self.notes().booting.push(worker),
                Effect::Retire(worker) | Effect::Kill(worker) => {
                    self.notes().leaving.insert(worker);
                }
                Effect::Forgotten(payload) => {
                    assert!(self.notes().forgotten.insert(payload.number()), "forgotten twice");
                }
                Effect::Vacancy { token, is_closed, .. } => self.notes().answers.push((token, is_closed)),
                Effect::Abandoned(..)
                | Effect::Overdue(_)
                | Effect::NoVacancy { .. }
                | Effect::Watched { .. } => {}
            }
        }
        effects
    }

    /// Keeps every appointment until `milliseconds` from now.
    pub(crate) fn pass(&self, milliseconds: u64) {
        let target = self.clock.now() + milliseconds * MILLISECOND;
        while keep_appointment(&self.pool, &self.clock, target) {}
        self.clock.advance(target.saturating_sub(self.clock.now()));
    }

    // The end.

    /// What the next one to do something does; `false`: there is nothing left to be done.
    fn go_on(&self) -> bool {
        let (leaving, given, running, booting) = {
            let notes = self.notes();
            let leaving = notes.leaving.iter().next().copied();
            (
                leaving,
                notes.given.first().copied(),
                notes.running.last().copied(),
                notes.booting.first().copied(),
            )
        };
        if let Some(worker) = leaving {
            // Whether it was told to retire or killed: a worker that can be killed and is gone has crashed, unless it had retired.
            if self.kind.can_be_killed() { self.crash(worker) } else { self.retired(worker) }
        } else if let Some((worker, task, _)) = given {
            self.take(worker, task);
        } else if let Some((worker, task, _)) = running {
            self.finish(worker, task);
        } else if let Some(worker) = booting {
            self.booted(worker);
        } else {
            return false;
        }
        true
    }

    /// Brings everything to its end. Nothing may be left, and each of these tasks, which are all but those of faces that have departed,
    /// has settled once.
    pub(crate) fn settle(&self, numbers: impl IntoIterator<Item = u32>) -> BTreeMap<u32, Fate> {
        self.pool.audit();
        self.pass(0);
        self.deliver();
        while self.go_on() {
            self.pool.audit();
            self.pass(0);
            self.deliver();
        }
        self.collect();
        let snapshot = self.pool.snapshot();
        let counters = snapshot.counters;
        assert_eq!((snapshot.busy, snapshot.waiting, counters.unsettled), (0, 0, 0), "nobody is lost");
        assert!(self.pool.is_quiet(FIRST), "every record is free");

        let notes = self.notes();
        let mut fates: BTreeMap<u32, Fate> =
            notes.refused.iter().map(|&number| (number, Fate::Refused)).collect();
        for &(task, number, face) in &notes.names {
            let own: Vec<Fate> =
                notes.fates.iter().filter(|(of, _)| *of == task).map(|&(_, fate)| fate).collect();
            match own[..] {
                _ if notes.departed.contains(&face) => {}
                [fate] => assert_eq!(fates.insert(number, fate), None, "task {number} was handed in twice"),
                _ => panic!("task {number} has settled not once: {own:?}"),
            }
        }
        assert!(fates.keys().copied().eq(numbers), "every task has settled: {fates:?}");
        if self.kind.begins_later() {
            // The argument of a task goes to the worker that begins it, or away, whoever settles it beside that.
            for (number, &fate) in &fates {
                let (has_begun, is_forgotten) =
                    (notes.begun.contains(number), notes.forgotten.contains(number));
                assert_eq!(
                    has_begun,
                    !is_forgotten && fate != Fate::Refused,
                    "argument of {number}: {fate:?}"
                );
            }
        }
        if notes.departed.is_empty() {
            let count = |is: fn(&Fate) -> bool| fates.values().filter(|&fate| is(fate)).count() as u64;
            assert_eq!(counters.completed, count(|fate| *fate == Fate::Ended), "completed");
            let failed = |fate: &Fate| matches!(fate, Fate::Rejected(Why::Crashed | Why::StartFailed));
            assert_eq!(counters.failed, count(failed), "failed");
            let cancelled = |fate: &Fate| matches!(fate, Fate::Cancelled | Fate::Rejected(Why::Destroyed));
            assert_eq!(counters.cancelled, count(cancelled), "cancelled");
        }
        fates
    }
}
