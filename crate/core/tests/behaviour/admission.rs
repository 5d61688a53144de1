//! Who runs, who waits, who is refused (4.1).

use workpool_core::{Admission, Effect, End, Offer, Options, Refusal, Rejection, Submission};

use crate::{Fixture, capacity, rejections, resources};

#[test]
fn the_worker_that_went_idle_last_runs_the_next_task() {
    let pool = Fixture::new(capacity(3));
    let workers = pool.fill(3);
    for index in [1, 2, 0] {
        pool.complete(workers[index]);
    }
    assert_eq!(pool.start(10).0, workers[0]);
    assert_eq!(pool.start(11).0, workers[2]);
    assert_eq!(pool.start(12).0, workers[1]);
}

#[test]
fn an_idle_worker_runs_before_a_new_one_starts() {
    let pool = Fixture::new(capacity(3));
    let worker = pool.fill_and_complete(1)[0];
    assert_eq!(pool.start(1).0, worker);
    assert_eq!(pool.snapshot().counters.started, 1);
    assert_ne!(pool.start(2).0, worker);
    assert_eq!(pool.gauges(), (2, 2, 0));
}

#[test]
fn waiting_tasks_run_in_order_of_arrival() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    let waiting: Vec<_> = (1..100).map(|payload| pool.wait(Submission::new(payload))).collect();
    let ran: Vec<_> = std::iter::from_fn(|| pool.complete(worker)).collect();
    assert_eq!(ran, waiting);
}

#[test]
fn a_task_that_had_to_wait_is_counted_once_however_it_ends() {
    let pool = Fixture::new(Options { max_waiting: 3, ..capacity(1) });
    let worker = pool.fill(1)[0];
    assert_eq!(pool.snapshot().counters.waited, 0);
    let [served, aborted] = [1, 2].map(|payload| pool.wait(Submission::new(payload)));
    let refused = Submission { wait_timeout: Some(0), ..Submission::new(3) };
    assert_eq!(pool.submit(refused), Admission::Refused(Refusal::WaitTimeout));
    assert_eq!(pool.snapshot().counters.waited, 2, "and not what may not wait");
    pool.cancel(aborted);
    assert_eq!(pool.complete(worker), Some(served));
    assert_eq!(pool.complete(worker), None);
    pool.start(4);
    assert_eq!(pool.snapshot().counters.waited, 2, "and not what finds an idle worker");
}

#[test]
fn waiting_tasks_run_by_priority_and_in_order_of_arrival_within_one() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    let [normal, low, high, later_normal, later_high, lowest] =
        [1, 2, 0, 1, 0, u64::MAX].map(|priority| pool.wait(Submission { priority, ..Submission::new(7) }));
    let ran: Vec<_> = std::iter::from_fn(|| pool.complete(worker)).collect();
    assert_eq!(ran, [high, later_high, normal, later_normal, low, lowest]);
}

#[test]
fn a_worker_that_finishes_takes_the_next_task_itself_and_goes_idle_only_when_none_waits() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    let waiting = pool.wait(Submission { priority: 9, ..Submission::new(1) });
    assert_eq!(pool.complete(worker), Some(waiting));
    assert_eq!(pool.gauges(), (1, 1, 0));
    // Not even one of the highest priority is admitted past those that wait already and got the worker.
    pool.wait(Submission { priority: 0, ..Submission::new(2) });
    assert!(pool.effects().is_empty(), "no hop through anybody else");
    assert!(pool.complete(worker).is_some());
    assert_eq!(pool.complete(worker), None);
    assert_eq!(pool.gauges(), (1, 0, 0));
}

#[test]
fn a_nonblocking_pool_refuses_what_would_wait() {
    let pool = Fixture::new(Options { nonblocking: true, max_waiting: 5, ..capacity(2) });
    let worker = pool.fill(2)[0];
    assert_eq!(
        pool.submit(Submission::new(2)),
        Admission::Refused(Refusal::Overload { waiting: 0, capacity: 2 })
    );
    pool.complete(worker);
    pool.start(3);
    let counters = pool.snapshot().counters;
    assert_eq!((counters.submitted, counters.overload), (3, 1));
}

#[test]
fn no_more_tasks_wait_than_the_bound_allows() {
    let pool = Fixture::new(Options { max_waiting: 2, ..capacity(1) });
    let worker = pool.fill(1)[0];
    let first = pool.wait(Submission::new(1));
    pool.wait(Submission::new(2));
    assert_eq!(
        pool.submit(Submission::new(3)),
        Admission::Refused(Refusal::Overload { waiting: 2, capacity: 1 })
    );
    assert_eq!(pool.complete(worker), Some(first));
    pool.wait(Submission::new(4));
    assert_eq!(
        pool.submit(Submission::new(5)),
        Admission::Refused(Refusal::Overload { waiting: 2, capacity: 1 })
    );
    assert_eq!(pool.gauges(), (1, 1, 2));
}

#[test]
fn the_bound_holds_for_tasks_with_deadlines_and_priorities_too() {
    let pool = Fixture::new(Options { max_waiting: 1, ..capacity(1) });
    pool.fill(1);
    pool.wait(Submission { wait_timeout: Some(10), ..Submission::new(1) });
    for task in [
        Submission { wait_timeout: Some(10), ..Submission::new(2) },
        Submission { wait_timeout: Some(0), ..Submission::new(3) },
        Submission { priority: 0, timeout: 5, timed: true, ..Submission::new(4) },
    ] {
        assert_eq!(pool.submit(task), Admission::Refused(Refusal::Overload { waiting: 1, capacity: 1 }));
    }
    pool.pass(10);
    assert_eq!(rejections(&pool.effects()), [(1, Rejection::WaitTimeout(10))]);
    pool.wait(Submission { wait_timeout: Some(10), ..Submission::new(5) });
}

#[test]
fn a_wait_timeout_of_0_refuses_rather_than_waits() {
    let pool = Fixture::new(capacity(1));
    let now = Submission { wait_timeout: Some(0), ..Submission::new(0) };
    let Admission::Started(worker, _) = pool.submit(now) else { panic!("there is room") };
    assert_eq!(pool.submit(now), Admission::Refused(Refusal::WaitTimeout));
    pool.complete(worker);
    assert!(matches!(pool.submit(now), Admission::Started(..)), "an idle worker is there at once");
    let counters = pool.snapshot().counters;
    assert_eq!((counters.submitted, counters.wait_timeout, counters.unsettled), (3, 1, 1));
    assert!(!pool.is_armed(), "what never waits has no deadline");
}

#[test]
fn a_task_without_a_worker_in_time_is_rejected_and_not_before() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    let task = pool.wait(Submission { wait_timeout: Some(30), ..Submission::new(1) });
    pool.pass(29);
    assert_eq!(pool.effects(), []);
    pool.pass(1);
    assert_eq!(pool.effects(), [Effect::Reject(task, 1, Rejection::WaitTimeout(30))]);
    assert_eq!(pool.complete(worker), None, "it never runs");
}

#[test]
fn the_time_of_waiting_ends_when_a_worker_has_the_task() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    pool.wait(Submission { wait_timeout: Some(30), ..Submission::new(1) });
    pool.pass(29);
    assert!(pool.complete(worker).is_some());
    pool.pass(1_000);
    assert_eq!(pool.effects(), []);
    assert!(pool.finish(worker, End::Completed, false).settled);
}

#[test]
fn a_closed_pool_refuses_before_it_looks_for_room() {
    let pool = Fixture::new(Options { nonblocking: true, ..capacity(1) });
    pool.fill(1);
    pool.release(None);
    assert_eq!(pool.submit(Submission::new(1)), Admission::Refused(Refusal::Closed));
    let counters = pool.snapshot().counters;
    assert_eq!((counters.closed, counters.overload), (1, 0));
}

#[test]
fn an_unbounded_pool_starts_everything() {
    let pool = Fixture::new(Options::default());
    pool.fill(1_000);
    let snapshot = pool.snapshot();
    assert_eq!((snapshot.available(), snapshot.free()), (u32::MAX, u32::MAX));
    assert_eq!(pool.gauges(), (1_000, 1_000, 0));
}

#[test]
fn a_task_offered_at_once_never_waits_and_is_not_counted_when_refused() {
    let pool = Fixture::new(capacity(1));
    let at_once = Submission { offer: Offer::AtOnce, ..Submission::new(0) };
    let Admission::Started(worker, _) = pool.submit(at_once) else { panic!("there is room") };
    let before = pool.snapshot();
    for wait_timeout in [None, Some(0), Some(10)] {
        let task = Submission { wait_timeout, ..at_once };
        assert_eq!(pool.submit(task), Admission::Refused(Refusal::Overload { waiting: 0, capacity: 1 }));
    }
    assert_eq!(pool.snapshot(), before);
    pool.complete(worker);
    assert!(matches!(pool.submit(at_once), Admission::Started(..)), "an idle worker is there at once");
    pool.release(None);
    assert_eq!(pool.submit(at_once), Admission::Refused(Refusal::Closed));
    assert_eq!(pool.snapshot().counters.closed, 0);
}

#[test]
fn a_task_offered_at_once_is_taken_where_a_booting_worker_will_take_it() {
    let pool = Fixture::new(resources(1));
    let at_once = Submission { offer: Offer::AtOnce, ..Submission::new(0) };
    let first = pool.wait(at_once);
    assert_eq!(
        pool.submit(at_once),
        Admission::Refused(Refusal::Overload { waiting: 1, capacity: 1 }),
        "it boots for the first one"
    );
    pool.cancel(first);
    pool.wait(at_once);
    assert_eq!(pool.snapshot().counters.overload, 0);
}

#[test]
fn a_task_offered_without_counting_may_wait_and_counts_only_when_it_is_accepted() {
    let uncounted = Submission { offer: Offer::Uncounted, ..Submission::new(0) };
    let pool = Fixture::new(Options { max_waiting: 1, ..capacity(1) });
    pool.submit(uncounted);
    pool.wait(uncounted);
    assert_eq!(pool.snapshot().counters.submitted, 2);
    let before = pool.snapshot();
    assert_eq!(pool.submit(uncounted), Admission::Refused(Refusal::Overload { waiting: 1, capacity: 1 }));
    assert_eq!(pool.snapshot(), before);
    pool.release(None);
    assert_eq!(pool.submit(uncounted), Admission::Refused(Refusal::Closed));
    assert_eq!(pool.snapshot().counters.closed, 0);
    let pool = Fixture::new(Options { nonblocking: true, ..capacity(1) });
    pool.submit(uncounted);
    assert_eq!(pool.submit(uncounted), Admission::Refused(Refusal::Overload { waiting: 0, capacity: 1 }));
    assert_eq!(pool.snapshot().counters.overload, 0);
}

#[test]
fn a_wait_timeout_of_0_counts_however_the_task_may_wait() {
    for offer in [Offer::Normal, Offer::Uncounted] {
        let pool = Fixture::new(capacity(1));
        pool.fill(1);
        let now = Submission { wait_timeout: Some(0), offer, ..Submission::new(0) };
        assert_eq!(pool.submit(now), Admission::Refused(Refusal::WaitTimeout));
        let counters = pool.snapshot().counters;
        assert_eq!((counters.submitted, counters.wait_timeout, counters.unsettled), (2, 1, 1));
    }
}
