//! What is measured of tasks: how long they wait, and how long their functions run.

use workpool_core::{
    Admission, Broadcast, Broadcasted, Cancelled, Change, End, FaceId, Histogram, MILLISECOND, Options,
    Submission, TaskId, WorkerId, WorkerKind,
};

use crate::{Fixture, boots, capacity, recorder};

fn measuring(size: u32) -> Options {
    Options { measure: true, ..capacity(size) }
}

/// A pool of one slot that measures, at some time after 0.
fn pool() -> Fixture {
    let pool = Fixture::new(measuring(1));
    pool.pass(7);
    pool
}

/// A pool of one thread that measures, has loaded and is idle.
fn thread() -> (Fixture, WorkerId) {
    let kind = WorkerKind::Thread { grace: 100 * MILLISECOND };
    let pool = Fixture::new(Options { kind, ..measuring(1) });
    pool.start_all();
    let worker = boots(&pool.effects())[0];
    pool.pass(7);
    assert_eq!(pool.booted(worker), None);
    (pool, worker)
}

/// In ms: how many times there are, the shortest and the longest.
fn told(histogram: &Histogram) -> (u64, u64, u64) {
    let all = (0..Histogram::BUCKETS).map(|bucket| histogram.of(bucket)).sum::<u64>();
    assert_eq!(all, histogram.count(), "each is in a bucket");
    (histogram.count(), histogram.shortest() / MILLISECOND, histogram.longest() / MILLISECOND)
}

/// The same of the waiting and of the running times.
fn measured(pool: &Fixture) -> [(u64, u64, u64); 2] {
    let measures = pool.measured().1.expect("it measures");
    [told(&measures.wait), told(&measures.run)]
}

const NONE: (u64, u64, u64) = (0, 0, 0);

#[test]
fn a_task_waits_from_its_acceptance_to_its_begin_and_runs_from_there_to_its_end() {
    let pool = pool();
    let (worker, _) = pool.start(0);
    pool.pass(3);
    let waiting = pool.wait(Submission::new(1));
    pool.pass(4);
    assert_eq!(measured(&pool), [NONE, NONE], "none has ended");
    assert_eq!(pool.complete(worker), Some(waiting));
    assert_eq!(measured(&pool), [(1, 0, 0), (1, 7, 7)], "the first has not waited");
    pool.pass(2);
    pool.begin_if_measured(waiting);
    pool.pass(5);
    pool.complete(worker);
    assert_eq!(measured(&pool), [(2, 0, 6), (2, 5, 7)], "it has waited until it was called");
    let (stats, measures) = pool.measured();
    assert_eq!(measures.expect("it measures").run.sum(), u128::from(12 * MILLISECOND));
    assert!(stats.has_measures);
}

#[test]
fn a_task_that_was_aborted_or_timed_out_counts_when_its_function_has_ended() {
    let pool = pool();
    let (worker, task) = pool.start(0);
    pool.pass(3);
    assert_eq!(pool.cancel(task), Cancelled::Running);
    assert_eq!(measured(&pool), [NONE, NONE]);
    pool.pass(2);
    pool.finish(worker, End::Completed, false);
    assert_eq!(measured(&pool), [(1, 0, 0), (1, 5, 5)]);

    let Admission::Started(worker, task) = pool.submit(Submission { timeout: 10, ..Submission::new(1) })
    else {
        panic!("there is room")
    };
    pool.begin(task);
    pool.limit(task);
    pool.pass(12);
    pool.collect(task);
    assert_eq!(measured(&pool)[1].0, 1, "it has settled, and runs");
    pool.finish(worker, End::Completed, false);
    assert_eq!(measured(&pool)[1], (2, 5, 12));
}

#[test]
fn what_never_began_is_not_measured() {
    let pool = pool();
    let (worker, _) = pool.start(0);
    let cancelled = pool.wait(Submission::new(1));
    pool.wait(Submission { wait_timeout: Some(2), ..Submission::new(2) });
    pool.wait(Submission::new(3));
    assert_eq!(pool.cancel(cancelled), Cancelled::Waiting);
    pool.pass(3);
    pool.clear();
    pool.complete(worker);
    assert_eq!(measured(&pool), [(1, 0, 0), (1, 3, 3)]);
}

#[test]
fn a_task_under_which_its_thread_dies_counts_if_it_has_begun() {
    let (pool, worker) = thread();
    let Admission::Started(_, task) = pool.submit(Submission::new(0)) else { panic!("the thread is free") };
    assert_eq!(recorder::take(&pool, task), Some(0));
    pool.pass(4);
    pool.crashed(worker);
    assert_eq!(measured(&pool), [(1, 0, 0), (1, 4, 4)]);
}

#[test]
fn a_broadcast_is_measured_as_any_task() {
    let (pool, _) = thread();
    let broadcast =
        Broadcast { face: FaceId::FIRST, payloads: &[100], timeout: 0, timed: false, sticky: None };
    let Broadcasted::Bound(bound) = pool.broadcast(&broadcast) else { panic!("it is accepted") };
    let task: TaskId = bound[0].1;
    pool.pass(3);
    recorder::take(&pool, task);
    pool.pass(4);
    pool.finish_task(task, End::Completed, false);
    pool.collect(task);
    assert_eq!(measured(&pool), [(1, 3, 3), (1, 4, 4)]);
}

#[test]
fn what_began_or_was_accepted_while_nothing_was_measured_is_not() {
    let pool = pool();
    let configure = |measure| pool.configure(&Change { measure: Some(measure), ..Change::default() });
    let (worker, _) = pool.start(0);
    let waiting = pool.wait(Submission::new(1));
    configure(false);
    pool.complete(worker);
    pool.begin_if_measured(waiting);
    configure(true);
    pool.pass(3);
    pool.complete(worker);
    assert_eq!(measured(&pool), [NONE, NONE], "nobody knows when it began");

    configure(false);
    let Admission::Started(worker, task) = pool.submit(Submission { timed: true, ..Submission::new(2) })
    else {
        panic!("there is room")
    };
    pool.begin(task);
    configure(true);
    pool.pass(3);
    pool.complete(worker);
    assert_eq!(measured(&pool), [NONE, NONE], "it was accepted before, although its times are noted");
}

#[test]
fn a_pool_measures_what_it_accepts_from_the_change_on_and_keeps_what_it_has() {
    let pool = Fixture::new(capacity(2));
    pool.pass(7);
    let configure = |measure| pool.configure(&Change { measure: Some(measure), ..Change::default() });
    assert!(pool.measured().1.is_none());
    let before = pool.start(0).0;
    configure(true);
    let after = pool.start(1).0;
    pool.pass(3);
    pool.complete(before);
    assert_eq!(measured(&pool), [NONE, NONE], "it was accepted before");
    pool.complete(after);
    let one = [(1, 0, 0), (1, 3, 3)];
    assert_eq!(measured(&pool), one);

    let (running, _) = pool.start(2);
    configure(false);
    pool.complete(running);
    assert_eq!(measured(&pool), one, "it does not measure any more");
    let (running, _) = pool.start(3);
    pool.complete(running);
    assert_eq!(measured(&pool), one);
    configure(true);
    assert_eq!(measured(&pool), one, "what it has is kept");
    let (running, _) = pool.start(4);
    pool.complete(running);
    assert_eq!(measured(&pool)[1].0, 2);
}
