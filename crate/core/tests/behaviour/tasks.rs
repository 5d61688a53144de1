//! How tasks end, and what is kept of them (4.5).

use workpool_core::{Admission, Cancelled, Effect, End, Finished, Rejection, Submission, TaskId, WorkerId};

use crate::{Fixture, capacity, recorder};

/// Starts a task that may run for so many milliseconds once it has begun.
fn start_with_timeout(pool: &Fixture, timeout: u32) -> (WorkerId, TaskId) {
    match pool.submit(Submission { timeout, ..Submission::new(0) }) {
        Admission::Started(worker, task) => (worker, task),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_waiting_task_that_is_cancelled_never_runs() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    let first = pool.wait(Submission { wait_timeout: Some(5), ..Submission::new(1) });
    let second = pool.wait(Submission::new(2));
    assert_eq!(pool.cancel(first), Cancelled::Waiting);
    assert_eq!(pool.complete(worker), Some(second));
    pool.pass(10);
    assert_eq!(pool.effects(), [], "its deadline went with it");
    assert_eq!(pool.snapshot().counters.cancelled, 1);
}

#[test]
fn a_running_task_that_is_cancelled_settles_at_once_and_keeps_its_worker_until_it_ends() {
    let pool = Fixture::new(capacity(1));
    let (worker, task) = pool.start(0);
    let next = pool.wait(Submission::new(1));
    assert_eq!(pool.cancel(task), Cancelled::Running);
    let counters = pool.snapshot().counters;
    assert_eq!((counters.cancelled, counters.unsettled), (1, 1));
    assert_eq!(pool.gauges(), (1, 1, 1));
    let finished = pool.finish(worker, End::Completed, false);
    assert_eq!(finished, Finished { settled: false, next: Some(next), is_quiet: false });
    assert_eq!(pool.snapshot().counters.completed, 0);
}

#[test]
fn a_cancellation_after_the_end_is_late() {
    let pool = Fixture::new(capacity(2));
    let (worker, task) = pool.start(0);
    pool.finish(worker, End::Completed, false);
    assert_eq!(pool.cancel(task), Cancelled::Late);
    let (worker, task) = start_with_timeout(&pool, 10);
    pool.begin(task);
    pool.limit(task);
    pool.pass(10);
    assert_eq!(pool.cancel(task), Cancelled::Late, "the deadline was first");
    pool.finish(worker, End::Completed, false);
    assert_eq!(pool.cancel(task), Cancelled::Late, "it has ended, its origin has not been told");
    pool.collect(task);
    let counters = pool.snapshot().counters;
    assert_eq!((counters.cancelled, counters.timed_out, counters.completed), (0, 1, 1));
}

#[test]
fn a_second_cancellation_is_late() {
    let pool = Fixture::new(capacity(1));
    let (_, task) = pool.start(0);
    assert_eq!(pool.cancel(task), Cancelled::Running);
    assert_eq!(pool.cancel(task), Cancelled::Late);
    assert_eq!(pool.snapshot().counters.cancelled, 1);
}

#[test]
fn the_timeout_counts_from_the_beginning() {
    let pool = Fixture::new(capacity(1));
    let (worker, task) = start_with_timeout(&pool, 10);
    pool.pass(1_000);
    assert_eq!(pool.effects(), [], "its function has not been called");
    pool.begin(task);
    pool.limit(task);
    pool.pass(9);
    assert_eq!(pool.effects(), []);
    pool.pass(1);
    assert_eq!(pool.effects(), [Effect::Reject(task, 0, Rejection::TaskTimeout(10))]);
    assert_eq!(pool.gauges(), (1, 1, 0), "its worker is busy until it really ends");
    assert!(!pool.finish(worker, End::Completed, false).settled);
    pool.collect(task);
}

#[test]
fn a_task_that_ends_in_time_does_not_time_out() {
    let pool = Fixture::new(capacity(1));
    let (worker, task) = start_with_timeout(&pool, 10);
    pool.begin(task);
    pool.limit(task);
    pool.pass(9);
    assert!(pool.finish(worker, End::Failed, false).settled);
    pool.pass(1_000);
    assert_eq!(pool.effects(), []);
    assert_eq!(pool.snapshot().counters.failed, 1);
}

#[test]
fn beginning_a_task_that_was_cancelled_before_sets_no_deadline() {
    let pool = Fixture::new(capacity(1));
    let (worker, task) = start_with_timeout(&pool, 10);
    pool.cancel(task);
    pool.begin(task);
    pool.limit(task);
    assert!(!pool.is_armed());
    pool.finish(worker, End::Completed, false);
}

/// Whether a new task could get this number: it is the only one that an otherwise empty pool might give again.
fn is_free(pool: &Fixture, task: TaskId) -> bool {
    let (worker, probe) = pool.start(99);
    pool.complete(worker);
    probe.number() == task.number()
}

#[test]
fn the_number_of_a_timed_out_task_is_free_when_it_has_ended_and_then_been_collected() {
    let pool = Fixture::new(capacity(2));
    let (worker, task) = start_with_timeout(&pool, 10);
    pool.begin(task);
    pool.limit(task);
    pool.pass(10);
    assert!(!is_free(&pool, task));
    pool.finish(worker, End::Completed, false);
    assert!(!is_free(&pool, task), "its rejection is still on its way");
    pool.collect(task);
    assert!(is_free(&pool, task));
}

#[test]
fn the_number_of_a_timed_out_task_is_free_when_it_has_been_collected_and_then_ended() {
    let pool = Fixture::new(capacity(2));
    let (worker, task) = start_with_timeout(&pool, 10);
    pool.begin(task);
    pool.limit(task);
    pool.pass(10);
    pool.collect(task);
    assert!(!is_free(&pool, task), "its function still runs");
    pool.finish(worker, End::Completed, false);
    assert!(is_free(&pool, task));
}

#[test]
fn the_number_of_a_task_that_never_ran_is_free_when_its_rejection_has_been_collected() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    let task = pool.wait(Submission { wait_timeout: Some(10), ..Submission::new(1) });
    pool.pass(10);
    pool.tune(3);
    assert_ne!(pool.start(2).1.number(), task.number());
    pool.collect(task);
    assert_eq!(pool.start(3).1.number(), task.number());
    pool.complete(worker);
}

#[test]
fn the_number_of_a_cancelled_task_is_free_when_its_function_has_ended() {
    let pool = Fixture::new(capacity(2));
    let (worker, task) = pool.start(0);
    pool.cancel(task);
    assert!(!is_free(&pool, task));
    pool.finish(worker, End::Failed, false);
    assert!(is_free(&pool, task));
}

#[test]
fn a_timed_task_knows_when_it_was_submitted_and_begun() {
    let pool = Fixture::new(capacity(1));
    pool.pass(5);
    let Admission::Started(_, task) = pool.submit(Submission { timed: true, ..Submission::new(0) }) else {
        panic!("there is room");
    };
    pool.pass(7);
    pool.begin(task);
    pool.limit(task);
    pool.pass(11);
    let times = pool.times(task).expect("it runs");
    assert_eq!((times.number, times.submitted_at, times.begun_at), (1, 5_000_000, 12_000_000));
    assert_eq!(times.now, 23_000_000);
}

#[test]
fn every_accepted_task_is_counted_once() {
    let pool = Fixture::new(capacity(5));
    let ends = [End::Completed, End::Failed];
    for end in ends {
        let (worker, _) = pool.start(0);
        pool.finish(worker, end, false);
    }
    let (_, cancelled) = pool.start(1);
    pool.cancel(cancelled);
    let (_, timed_out) = start_with_timeout(&pool, 1);
    pool.begin(timed_out);
    pool.limit(timed_out);
    pool.pass(1);
    pool.fill(3);
    pool.wait(Submission { wait_timeout: Some(1), ..Submission::new(2) });
    pool.pass(1);
    pool.wait(Submission::new(3));
    pool.submit(Submission { wait_timeout: Some(0), ..Submission::new(4) });
    pool.release(None);
    pool.submit(Submission::new(5));
    let counters = pool.snapshot().counters;
    assert_eq!((counters.completed, counters.failed), (1, 1));
    assert_eq!((counters.cancelled, counters.timed_out), (1, 1));
    assert_eq!((counters.wait_timeout, counters.released, counters.closed), (2, 1, 1));
    assert_eq!((counters.unsettled, counters.submitted), (3, 10));
    assert_eq!((counters.peak_busy, counters.peak_waiting), (5, 1));
    pool.audit();
}

#[test]
fn a_task_that_ends_within_its_call_completes_however_long_it_took() {
    let pool = Fixture::new(capacity(1));
    let (worker, task) = start_with_timeout(&pool, 10);
    pool.begin(task);
    pool.pass(50);
    let finished = pool.finish(worker, End::Completed, false);
    assert_eq!((finished.settled, pool.snapshot().counters.completed), (true, 1));
}

#[test]
fn a_timeout_that_is_over_when_the_call_returns_ends_the_task_at_once() {
    let pool = Fixture::new(capacity(1));
    let (_, task) = start_with_timeout(&pool, 10);
    pool.begin(task);
    pool.pass(50);
    assert_eq!(pool.effects(), []);
    pool.limit(task);
    pool.pass(0);
    assert_eq!(pool.effects(), [Effect::Reject(task, 0, Rejection::TaskTimeout(10))]);
}

#[test]
fn what_is_late_for_a_task_that_is_done_with_does_not_meet_the_next_one_of_its_number() {
    let pool = Fixture::new(capacity(1));
    let (worker, gone) = pool.start(0);
    pool.complete(worker);
    let (_, next) = pool.start(1);
    assert_eq!(next.number(), gone.number());
    recorder::assert_gone(&pool, gone);
    assert_eq!(pool.effects(), []);
    assert_eq!(pool.cancel(next), Cancelled::Running, "it is as it was");
}

#[test]
fn what_is_late_for_a_worker_changes_nothing() {
    let pool = Fixture::new(capacity(2));
    let (worker, task) = pool.start(0);
    recorder::be_late_for(&pool, worker, false, false, true);
    recorder::be_late_for(&pool, WorkerId(7), false, false, false);
    assert_eq!((pool.effects(), pool.gauges()), (vec![], (1, 1, 0)));
    pool.tune(1);
    pool.complete(worker);
    pool.release(None);
    recorder::be_late_for(&pool, worker, false, false, false);
    assert_eq!((pool.effects(), pool.gauges()), (vec![], (0, 0, 0)));
    recorder::assert_gone(&pool, task);
}

#[test]
fn a_task_that_is_told_of_twice_is_told_of_once() {
    let pool = Fixture::new(capacity(1));
    let (worker, task) = start_with_timeout(&pool, 10);
    pool.begin(task);
    pool.collect(task);
    pool.limit(task);
    pool.pass(10);
    pool.collect(task);
    pool.collect(task);
    assert!(pool.is_abandoned(task));
    assert!(!pool.finish(worker, End::Completed, false).settled);
    recorder::assert_gone(&pool, task);
}
