//! Pools of threads: beside every end of a task what else could end it, beside every end of a thread what else needs one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use loom::{sync::Arc, thread};
use workpool_core::{
    Admission, Cancelled, Clock, Condition, Effect, End, FaceId, Finished, MILLISECOND, ManualClock, Options,
    Rejection, Submission, Taken, TaskId, WorkerId, WorkerKind,
};

use crate::{
    outcomes,
    recorder::{self, RecordedPool, keep_appointment},
};

const GRACE: u64 = 10;

fn threads(size: u32, concurrency: u32) -> Options {
    Options {
        capacity: size,
        kind: WorkerKind::Thread { grace: GRACE * MILLISECOND },
        concurrency,
        ..Options::default()
    }
}

/// How a task has settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Ended,
    Cancelled,
    Refused,
    Rejected(Why),
}

/// A [`Rejection`] in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Released,
    TaskTimeout,
    Crashed,
    StartFailed,
    Destroyed,
}

impl From<Rejection> for Fate {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(match rejection {
            Rejection::Released => Why::Released,
            Rejection::TaskTimeout(_) => Why::TaskTimeout,
            Rejection::Crashed => Why::Crashed,
            Rejection::StartFailed => Why::StartFailed,
            Rejection::Destroyed => Why::Destroyed,
            Rejection::WaitTimeout(_) => unreachable!("nobody has so little time here"),
        })
    }
}

#[derive(Debug, Default)]
struct Notes {
    fates: BTreeMap<u32, Vec<Fate>>,
    /// Tasks on their way to a thread.
    given: Vec<(WorkerId, TaskId)>,
    /// Tasks that a thread has looked at.
    taken: Vec<(WorkerId, TaskId)>,
    /// Ends that the origin has not collected.
    ended: Vec<TaskId>,
    booting: Vec<WorkerId>,
    /// To be taken down or killed.
    leaving: BTreeSet<WorkerId>,
    loaded: BTreeSet<WorkerId>,
    /// Tasks whose argument nobody needs.
    forgotten: BTreeSet<u32>,
}

/// A pool of threads, and what has become of every task that was handed to it.
struct Crew {
    pool: std::sync::Arc<RecordedPool>,
    clock: std::sync::Arc<ManualClock>,
    notes: Mutex<Notes>,
    /// The tasks in the order in which they were begun.
    begun: Mutex<Vec<u32>>,
}

impl Crew {
    fn new(options: Options) -> Arc<Self> {
        let (pool, clock) = recorder::pool(options);
        Arc::new(Self { pool, clock, notes: Mutex::default(), begun: Mutex::default() })
    }

    /// A pool whose threads have all loaded.
    fn loaded(options: Options) -> (Arc<Self>, Vec<WorkerId>) {
        let crew = Self::new(options);
        crew.pool.start_all();
        crew.deliver();
        let workers = std::mem::take(&mut crew.notes().booting);
        for &worker in &workers {
            crew.booted(worker);
        }
        (crew, workers)
    }

    fn notes(&self) -> std::sync::MutexGuard<'_, Notes> {
        self.notes.lock().unwrap()
    }

    fn note(&self, number: u32, fate: Fate) {
        self.notes().fates.entry(number).or_default().push(fate);
    }

    // The origin's side.

    fn submit(&self, task: Submission<u32>) -> Admission {
        let admission = self.pool.submit(task);
        match admission {
            Admission::Started(worker, id) => self.notes().given.push((worker, id)),
            Admission::Waiting(_) => {}
            Admission::Refused(_) => self.note(task.payload, Fate::Refused),
        }
        admission
    }

    /// A task that a thread has at once; `is_begun`: and has begun.
    fn start(&self, number: u32, is_begun: bool) -> (WorkerId, TaskId) {
        let Admission::Started(worker, task) = self.submit(Submission::new(number)) else {
            panic!("one is free")
        };
        if is_begun {
            assert!(self.take(worker, task));
        }
        (worker, task)
    }

    fn wait(&self, number: u32) -> TaskId {
        match self.submit(Submission::new(number)) {
            Admission::Waiting(task) => task,
            other => panic!("{other:?}"),
        }
    }

    fn cancel(&self, task: TaskId, number: u32) -> Cancelled {
        let cancelled = self.pool.cancel(task);
        if cancelled != Cancelled::Late {
            self.note(number, Fate::Cancelled);
        }
        cancelled
    }

    // The threads' side.

    /// The thread looks at a task that it was given; whether it begins it.
    fn take(&self, worker: WorkerId, task: TaskId) -> bool {
        let mut notes = self.notes();
        notes.given.retain(|&given| given != (worker, task));
        notes.taken.push((worker, task));
        drop(notes);
        let begun = match self.pool.take(worker, task) {
            Taken::Begun(number) => Some(number),
            Taken::Settled => None,
            Taken::Foreign => panic!("it was given to this one"),
        };
        self.begun.lock().unwrap().extend(begun);
        begun.is_some()
    }

    fn finish(&self, worker: WorkerId, task: TaskId, number: u32) -> Finished {
        self.notes().taken.retain(|&taken| taken != (worker, task));
        let finished = self.pool.finish_task(task, End::Completed, false);
        if finished.settled {
            self.note(number, Fate::Ended);
            self.notes().ended.push(task);
        }
        self.notes().given.extend(finished.next.map(|next| (worker, next)));
        finished
    }

    // The owner's side.

    fn booted(&self, worker: WorkerId) {
        self.notes().booting.retain(|&booting| booting != worker);
        self.notes().loaded.insert(worker);
        let first = self.pool.booted(worker);
        self.notes().given.extend(first.map(|task| (worker, task)));
    }

    /// The thread has died, and with it whatever was on the way to it.
    fn crash(&self, worker: WorkerId) {
        self.forget(worker);
        self.pool.crashed(worker);
    }

    fn start_failed(&self, worker: WorkerId) {
        self.forget(worker);
        self.pool.start_failed(worker);
    }

    fn forget(&self, worker: WorkerId) {
        let mut notes = self.notes();
        notes.given.retain(|&(other, _)| other != worker);
        notes.taken.retain(|&(other, _)| other != worker);
        notes.booting.retain(|&other| other != worker);
        notes.leaving.remove(&worker);
        notes.loaded.remove(&worker);
    }

    /// Takes in what has been delivered so far.
    fn deliver(&self) -> Vec<Effect<u32>> {
        let effects = self.pool.host().effects();
        for &effect in &effects {
            match effect {
                Effect::Start(worker, task, _) => {
                    // A thread that is dead hears nothing.
                    let mut notes = self.notes();
                    if notes.loaded.contains(&worker) {
                        notes.given.push((worker, task));
                    }
                }
                Effect::Reject(task, number, rejection) => {
                    self.note(number, rejection.into());
                    self.notes().ended.push(task);
                }
                Effect::Boot(worker) => self.notes().booting.push(worker),
                Effect::Retire(worker) | Effect::Kill(worker) => {
                    self.notes().leaving.insert(worker);
                }
                Effect::Forgotten(number) => {
                    assert!(self.notes().forgotten.insert(number), "forgotten twice");
                }
                Effect::Abandoned(..)
                | Effect::Overdue(_)
                | Effect::NoVacancy { .. }
                | Effect::Watched { .. }
                | Effect::Vacancy { .. } => {}
            }
        }
        effects
    }

    /// Keeps every appointment until `milliseconds` from now.
    fn pass(&self, milliseconds: u64) {
        let target = self.clock.now() + milliseconds * MILLISECOND;
        while keep_appointment(&self.pool, &self.clock, target) {}
        self.clock.advance(target.saturating_sub(self.clock.now()));
    }

    /// What the next one to do something does; `false`: there is nothing left to be done.
    fn go_on(&self) -> bool {
        let next = |notes: &Notes| {
            let leaving = notes.leaving.iter().next().copied();
            (
                leaving,
                notes.booting.first().copied(),
                notes.given.first().copied(),
                notes.taken.first().copied(),
            )
        };
        let (leaving, booting, given, taken) = next(&self.notes());
        if let Some(worker) = leaving {
            // Whether it was told to retire or killed: a thread that is gone has crashed, unless it had retired.
            self.crash(worker);
        } else if let Some((worker, task)) = given {
            self.take(worker, task);
        } else if let Some((worker, task)) = taken {
            self.finish(worker, task, self.pool.payload(task).expect("it has just been taken"));
        } else if let Some(worker) = booting {
            self.booted(worker);
        } else {
            return false;
        }
        true
    }

    /// Brings everything to its end. Nothing may be left, and every task has settled once.
    fn settle(&self, numbers: impl IntoIterator<Item = u32>) -> BTreeMap<u32, Fate> {
        self.pool.audit();
        self.deliver();
        while self.go_on() {
            self.pool.audit();
            self.deliver();
        }
        let snapshot = self.pool.snapshot();
        let unsettled = snapshot.counters.unsettled;
        assert_eq!((snapshot.busy, snapshot.waiting, unsettled), (0, 0, 0), "nobody is lost");
        let notes = std::mem::take(&mut *self.notes());
        for task in notes.ended {
            self.pool.collect(task);
        }
        assert!(self.pool.is_quiet(FaceId::FIRST), "every record is free");
        let fates: BTreeMap<u32, Fate> = notes
            .fates
            .iter()
            .map(|(&number, fates)| match fates[..] {
                [fate] => (number, fate),
                _ => panic!("task {number} has settled more than once: {fates:?}"),
            })
            .collect();
        assert!(fates.keys().copied().eq(numbers), "every task has settled: {fates:?}");
        // The argument of a task goes to the thread that begins it, or away, whoever settles it beside that.
        let begun: BTreeSet<u32> = self.begun.lock().unwrap().iter().copied().collect();
        for (number, &fate) in &fates {
            let (has_begun, is_forgotten) = (begun.contains(number), notes.forgotten.contains(number));
            assert_eq!(has_begun, !is_forgotten && fate != Fate::Refused, "argument of {number}: {fate:?}");
        }
        let counters = snapshot.counters;
        let count = |is: fn(&Fate) -> bool| fates.values().filter(|&fate| is(fate)).count() as u64;
        assert_eq!(counters.completed, count(|fate| *fate == Fate::Ended), "completed");
        let failed = |fate: &Fate| matches!(fate, Fate::Rejected(Why::Crashed | Why::StartFailed));
        assert_eq!(counters.failed, count(failed), "failed");
        let cancelled = |fate: &Fate| matches!(fate, Fate::Cancelled | Fate::Rejected(Why::Destroyed));
        assert_eq!(counters.cancelled, count(cancelled), "cancelled");
        fates
    }
}

// ── two ends of a task ──────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_cancellation_beside_a_take_settles_the_task_whether_or_not_it_begins() {
    let seen = outcomes(|| {
        let (crew, _) = Crew::loaded(threads(1, 1));
        let (worker, task) = crew.start(0, false);
        crew.wait(1);
        let thread = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || {
                let has_begun = crew.take(worker, task);
                assert!(crew.finish(worker, task, 0).next.is_some(), "one waits");
                has_begun
            })
        };
        let cancelled = crew.cancel(task, 0);
        let has_begun = thread.join().unwrap();
        let fates = crew.settle(0..2);
        assert_eq!(cancelled == Cancelled::Late, fates[&0] == Fate::Ended);
        (has_begun, fates[&0])
    });
    assert_eq!(seen, [(false, Fate::Cancelled), (true, Fate::Ended), (true, Fate::Cancelled)]);
}

#[test]
fn a_cancellation_beside_an_end_settles_once_and_keeps_the_number_until_it_is_collected() {
    let seen = outcomes(|| {
        let (crew, _) = Crew::loaded(threads(1, 1));
        let (worker, task) = crew.start(0, true);
        let thread = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || crew.finish(worker, task, 0).settled)
        };
        let cancelled = crew.cancel(task, 0);
        let settled = thread.join().unwrap();
        assert_eq!(cancelled, if settled { Cancelled::Late } else { Cancelled::Running });
        let (_, next) = crew.start(1, true);
        assert_eq!(next.number() != task.number(), settled, "its end has not been collected");
        crew.settle(0..2)[&0]
    });
    assert_eq!(seen, [Fate::Ended, Fate::Cancelled]);
}

#[test]
fn a_timeout_beside_an_end_settles_once_and_nobody_is_killed_for_it() {
    let seen = outcomes(|| {
        let (crew, _) = Crew::loaded(threads(1, 1));
        let Admission::Started(worker, task) = crew.submit(Submission { timeout: 5, ..Submission::new(0) })
        else {
            panic!("one is free")
        };
        crew.take(worker, task);
        let reaper = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || crew.pass(5))
        };
        let settled = crew.finish(worker, task, 0).settled;
        reaper.join().unwrap();
        crew.pass(2 * GRACE);
        let effects = crew.deliver();
        assert!(!effects.contains(&Effect::Kill(worker)), "{effects:?}");
        let fate = crew.settle([0])[&0];
        assert_eq!(settled, fate == Fate::Ended);
        fate
    });
    assert_eq!(seen, [Fate::Ended, Fate::Rejected(Why::TaskTimeout)]);
}

#[test]
fn a_timeout_beside_a_cancellation_settles_once() {
    let seen = outcomes(|| {
        let (crew, _) = Crew::loaded(threads(1, 1));
        let Admission::Started(worker, task) = crew.submit(Submission { timeout: 5, ..Submission::new(0) })
        else {
            panic!("one is free")
        };
        crew.take(worker, task);
        let reaper = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || crew.pass(5))
        };
        crew.cancel(task, 0);
        reaper.join().unwrap();
        assert!(crew.pool.is_abandoned(task));
        crew.pass(GRACE);
        assert!(crew.deliver().contains(&Effect::Kill(worker)), "its grace is over either way");
        crew.settle([0])[&0]
    });
    assert_eq!(seen, [Fate::Cancelled, Fate::Rejected(Why::TaskTimeout)]);
}

#[test]
fn the_end_of_a_grace_beside_an_end_kills_the_thread_or_leaves_it() {
    let seen = outcomes(|| {
        let (crew, _) = Crew::loaded(threads(1, 1));
        let (worker, task) = crew.start(0, true);
        crew.wait(1);
        crew.cancel(task, 0);
        let reaper = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || crew.pass(GRACE))
        };
        let next = crew.finish(worker, task, 0).next;
        reaper.join().unwrap();
        let effects = crew.deliver();
        let is_killed = effects.contains(&Effect::Kill(worker));
        assert_eq!(next.is_none(), is_killed, "a thread that is to die takes no more");
        assert_eq!(effects.contains(&Effect::Retire(worker)), is_killed);
        assert_eq!(crew.settle(0..2)[&1], Fate::Ended);
        is_killed
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn the_end_of_a_grace_beside_the_end_of_another_task_spares_that_one() {
    let seen = outcomes(|| {
        let (crew, _) = Crew::loaded(threads(1, 2));
        let (worker, spinning) = crew.start(0, true);
        let (_, other) = crew.start(1, true);
        crew.cancel(spinning, 0);
        let reaper = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || crew.pass(GRACE))
        };
        assert!(crew.finish(worker, other, 1).settled);
        reaper.join().unwrap();
        crew.submit(Submission::new(2));
        let was_killed = crew.deliver().contains(&Effect::Kill(worker));
        crew.pass(GRACE);
        let is_killed = was_killed || crew.deliver().contains(&Effect::Kill(worker));
        assert!(is_killed, "it has not heeded in twice its time");
        let fates = crew.settle(0..3);
        assert_eq!((fates[&0], fates[&1]), (Fate::Cancelled, Fate::Ended));
        was_killed
    });
    assert_eq!(seen, [false, true]);
}

// ── deaths ──────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_death_beside_a_cancellation_settles_once() {
    for is_begun in [false, true] {
        let seen = outcomes(move || {
            let (crew, _) = Crew::loaded(threads(1, 1));
            let (worker, task) = crew.start(0, is_begun);
            let owner = {
                let crew = Arc::clone(&crew);
                thread::spawn(move || crew.crash(worker))
            };
            let cancelled = crew.cancel(task, 0);
            owner.join().unwrap();
            (cancelled == Cancelled::Waiting, crew.settle([0])[&0])
        });
        if is_begun {
            assert_eq!(seen, [(false, Fate::Cancelled), (false, Fate::Rejected(Why::Crashed))]);
        } else {
            assert_eq!(
                seen,
                [(false, Fate::Cancelled), (true, Fate::Cancelled)],
                "before or after it waits again"
            );
        }
    }
}

#[test]
fn a_death_beside_a_submit_leaves_nobody_without_a_thread_and_the_order_as_it_was() {
    for is_begun in [false, true] {
        let seen = outcomes(move || {
            let (crew, _) = Crew::loaded(threads(1, 1));
            let (worker, _) = crew.start(0, is_begun);
            let owner = {
                let crew = Arc::clone(&crew);
                thread::spawn(move || crew.crash(worker))
            };
            crew.wait(1);
            owner.join().unwrap();
            let boots = crew.deliver().iter().filter(|effect| matches!(effect, Effect::Boot(_))).count();
            assert_eq!(boots, 1);
            let fates = crew.settle(0..2);
            assert_eq!(*crew.begun.lock().unwrap(), [0, 1], "what was not begun goes first");
            fates[&0]
        });
        assert_eq!(seen, [if is_begun { Fate::Rejected(Why::Crashed) } else { Fate::Ended }]);
    }
}

#[test]
fn a_death_beside_the_end_of_a_task_on_another_thread_gives_that_one_what_comes_back() {
    let seen = outcomes(|| {
        let (crew, _) = Crew::loaded(threads(2, 1));
        let (first, _) = crew.start(0, false);
        let (second, task) = crew.start(1, true);
        let owner = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || crew.crash(first))
        };
        let has_next = crew.finish(second, task, 1).next.is_some();
        owner.join().unwrap();
        let effects = crew.deliver();
        let is_sent =
            effects.iter().any(|effect| matches!(effect, Effect::Start(worker, ..) if *worker == second));
        assert!(has_next || is_sent, "the idle one gets it, whatever boots");
        let fates = crew.settle(0..2);
        assert_eq!(fates[&0], Fate::Ended);
        has_next
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_death_with_several_tasks_beside_the_start_of_another_thread_loses_none_and_doubles_none() {
    let seen = outcomes(|| {
        let (crew, _) = Crew::loaded(threads(1, 3));
        let (worker, _) = crew.start(0, true);
        crew.start(1, false);
        crew.start(2, false);
        crew.pool.tune(2);
        crew.pool.start_all();
        crew.deliver();
        let second = crew.notes().booting[0];
        let owner = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || crew.crash(worker))
        };
        crew.booted(second);
        let is_idle = crew.notes().given.is_empty();
        owner.join().unwrap();
        assert_eq!(crew.settle(0..3)[&0], Fate::Rejected(Why::Crashed));
        assert_eq!(*crew.begun.lock().unwrap(), [0, 1, 2]);
        is_idle
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_death_beside_the_purge_of_the_same_thread_is_counted_once_and_made_good_once() {
    let seen = outcomes(|| {
        let options = Options { min_size: 1, expiry: Some(10 * MILLISECOND), ..threads(2, 1) };
        let (crew, workers) = Crew::loaded(options);
        let reaper = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || crew.pass(10))
        };
        crew.crash(workers[0]);
        reaper.join().unwrap();
        let effects = crew.deliver();
        let is_retired = effects.contains(&Effect::Retire(workers[0]));
        assert!(!effects.contains(&Effect::Retire(workers[1])), "one is to stay");
        crew.pool.audit();
        let snapshot = crew.pool.snapshot();
        assert_eq!((snapshot.running, snapshot.counters.crashed), (1, 1));
        is_retired
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn an_order_to_take_a_thread_down_that_dies_never_reaches_the_next_one_of_its_number() {
    let seen = outcomes(|| {
        let (crew, workers) = Crew::loaded(Options { expiry: Some(10 * MILLISECOND), ..threads(1, 1) });
        let reaper = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || crew.pass(10))
        };
        crew.crash(workers[0]);
        crew.wait(0);
        reaper.join().unwrap();
        let effects = crew.pool.host().effects();
        let at = |wanted: Effect<u32>| effects.iter().position(|&effect| effect == wanted);
        let (retire, boot) = (at(Effect::Retire(workers[0])), at(Effect::Boot(workers[0])));
        assert!(boot.is_none() || retire < boot, "{effects:?}");
        (retire.is_some(), boot.is_some())
    });
    assert_eq!(seen, [(false, true), (true, false), (true, true)]);
}

// ── who is next ─────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn an_end_beside_a_submit_gives_the_thread_the_task_or_the_task_the_thread() {
    let seen = outcomes(|| {
        let (crew, _) = Crew::loaded(threads(1, 1));
        let (worker, task) = crew.start(0, true);
        let origin = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || matches!(crew.submit(Submission::new(1)), Admission::Waiting(_)))
        };
        let has_next = crew.finish(worker, task, 0).next.is_some();
        let waited = origin.join().unwrap();
        assert_eq!(has_next, waited);
        assert_eq!(crew.pool.snapshot().busy, 1);
        crew.settle(0..2);
        waited
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn two_ends_on_two_threads_beside_each_other_take_two_tasks_in_their_order() {
    let seen = outcomes(|| {
        let (crew, _) = Crew::loaded(threads(2, 2));
        let tasks = [0, 1, 2, 3].map(|number| crew.start(number, true));
        let [first, second] = [4, 5].map(|number| crew.wait(number));
        let other = {
            let crew = Arc::clone(&crew);
            let (worker, task) = tasks[1];
            thread::spawn(move || crew.finish(worker, task, 1).next)
        };
        let (worker, task) = tasks[0];
        assert_ne!(worker, tasks[1].0);
        let next = crew.finish(worker, task, 0).next;
        let next_of_other = other.join().unwrap();
        assert_eq!(
            [next, next_of_other].into_iter().flatten().collect::<BTreeSet<_>>(),
            [first, second].into()
        );
        crew.settle(0..6);
        next == Some(first)
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn two_ends_beside_two_submits_leave_nobody_waiting_beside_a_slot() {
    let seen = outcomes(|| {
        let (crew, _) = Crew::loaded(threads(1, 2));
        let tasks = [0, 1].map(|number| crew.start(number, true));
        let origin = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || {
                [2, 3].map(|number| matches!(crew.submit(Submission::new(number)), Admission::Waiting(_)))
            })
        };
        for (number, (worker, task)) in (0..).zip(tasks) {
            crew.finish(worker, task, number);
        }
        let waited = origin.join().unwrap();
        assert_eq!(crew.notes().given.len(), 2, "both are on their way to the thread");
        crew.settle(0..4);
        waited
    });
    assert_eq!(seen, [[false, false], [false, true], [true, false], [true, true]]);
}

#[test]
fn an_end_above_the_capacity_beside_a_submit_leaves_the_slots_to_the_others() {
    let seen = outcomes(|| {
        let (crew, _) = Crew::loaded(threads(2, 2));
        let (worker, task) = crew.start(0, true);
        crew.start(1, true);
        crew.pool.tune(1);
        let origin = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || matches!(crew.submit(Submission::new(2)), Admission::Waiting(_)))
        };
        crew.finish(worker, task, 0);
        let waited = origin.join().unwrap();
        assert_eq!(crew.pool.snapshot().waiting, 0, "the other thread has a slot");
        crew.settle(0..3);
        waited
    });
    assert_eq!(seen, [false, true]);
}

// ── starts that fail, and the end of everything ─────────────────────────────────────────────────────────────────

#[test]
fn a_failed_start_beside_a_submit_rejects_both_or_starts_another_thread() {
    let seen = outcomes(|| {
        let crew = Crew::new(threads(1, 1));
        crew.wait(0);
        crew.deliver();
        let worker = crew.notes().booting[0];
        let owner = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || crew.start_failed(worker))
        };
        crew.wait(1);
        owner.join().unwrap();
        let fates = crew.settle(0..2);
        (fates[&0], fates[&1])
    });
    let failed = Fate::Rejected(Why::StartFailed);
    // The submit before both lock holds or between them; after them.
    assert_eq!(seen, [(failed, Fate::Ended), (failed, failed)]);
}

#[test]
fn a_failed_start_beside_one_that_succeeds_rejects_or_serves_what_waits() {
    let seen = outcomes(|| {
        let crew = Crew::new(threads(2, 1));
        crew.pool.watch(FaceId::FIRST, 1, Condition::Started, None);
        for number in 0..3 {
            crew.wait(number);
        }
        crew.deliver();
        let workers = crew.notes().booting.clone();
        let owner = {
            let crew = Arc::clone(&crew);
            let worker = workers[0];
            thread::spawn(move || crew.start_failed(worker))
        };
        crew.booted(workers[1]);
        owner.join().unwrap();
        let watched = |effect: &&Effect<u32>| matches!(effect, Effect::Watched { token: 1, .. });
        assert_eq!(crew.deliver().iter().filter(watched).count(), 1, "told once, of the one or the other");
        let fates = crew.settle(0..3);
        fates.into_values().collect::<Vec<_>>()
    });
    let failed = Fate::Rejected(Why::StartFailed);
    assert_eq!(seen, [[Fate::Ended; 3], [failed; 3]]);
}

#[test]
fn a_destruction_beside_a_take_and_an_end_settles_everything_once() {
    let seen = outcomes(|| {
        let (crew, _) = Crew::loaded(threads(1, 1));
        let (worker, task) = crew.start(0, false);
        crew.wait(1);
        let thread = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || {
                let has_begun = crew.take(worker, task);
                crew.finish(worker, task, 0);
                has_begun
            })
        };
        crew.pool.destroy();
        let has_begun = thread.join().unwrap();
        let fates = crew.settle(0..2);
        assert_eq!(crew.pool.snapshot().running, 0);
        assert_eq!(crew.submit(Submission::new(2)), Admission::Refused(workpool_core::Refusal::Closed));
        (has_begun, fates[&0], fates[&1])
    });
    let [released, destroyed] = [Why::Released, Why::Destroyed].map(Fate::Rejected);
    assert_eq!(
        seen,
        [
            (false, destroyed, released),
            (true, Fate::Ended, released),
            (true, Fate::Ended, destroyed),
            (true, destroyed, released),
        ]
    );
}

#[test]
fn a_destruction_beside_a_start_takes_the_thread_down() {
    let seen = outcomes(|| {
        let crew = Crew::new(threads(1, 1));
        crew.wait(0);
        crew.pool.watch(FaceId::FIRST, 1, Condition::Ended(1), None);
        crew.deliver();
        let worker = crew.notes().booting[0];
        let thread = {
            let crew = Arc::clone(&crew);
            thread::spawn(move || crew.booted(worker))
        };
        crew.pool.destroy();
        thread.join().unwrap();
        let fate = crew.settle([0])[&0];
        assert_eq!(crew.pool.snapshot().running, 0);
        assert!(
            crew.deliver().contains(&Effect::Watched { face: FaceId::FIRST, token: 1, left: None }),
            "told when the thread is gone and the rejection collected"
        );
        fate
    });
    assert_eq!(seen, [Fate::Rejected(Why::Released), Fate::Rejected(Why::Destroyed)]);
}
