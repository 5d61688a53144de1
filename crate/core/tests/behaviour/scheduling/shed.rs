//! Queues that stand.

use std::num::NonZero;

use workpool_core::{
    BACKGROUND, FaceId, GroupId, MILLISECOND, Options, Policy, Rate, Rejection, Shed, Submission, TaskGroup,
    WorkerId,
};

use super::{A, of};
use crate::{Fixture, capacity, rejections};

/// A pool whose only worker is busy, with a target of 5 ms and an interval of 100 ms.
fn shedding() -> (Fixture, WorkerId) {
    let shed = Some(Shed { target: 5 * MILLISECOND, interval: 100 * MILLISECOND });
    let pool = Fixture::new(Options { policy: Policy { shed, ..Policy::NONE }, ..capacity(1) });
    let (worker, _) = pool.run(Submission::new(0));
    (pool, worker)
}

fn next(pool: &Fixture, worker: WorkerId) -> Option<u32> {
    pool.complete(worker).and_then(|task| pool.payload(task))
}

fn shed(pool: &Fixture) -> Vec<u32> {
    let rejected = rejections(&pool.effects());
    assert!(rejected.iter().all(|&(_, why)| why == Rejection::Shed));
    rejected.into_iter().map(|(payload, _)| payload).collect()
}

#[test]
fn a_burst_is_absorbed() {
    let (pool, worker) = shedding();
    for payload in 1..4 {
        pool.wait(Submission::new(payload));
    }
    pool.pass(99);
    assert_eq!(next(&pool, worker), Some(1), "first in first out, however long it has waited");
    assert_eq!((next(&pool, worker), next(&pool, worker), shed(&pool)), (Some(2), Some(3), vec![]));
}

#[test]
fn in_a_queue_that_stands_the_newest_starts_first_and_what_is_late_is_rejected() {
    let (pool, worker) = shedding();
    for payload in 1..3 {
        pool.wait(Submission::new(payload));
    }
    pool.pass(97);
    for payload in 3..6 {
        pool.wait(Submission::new(payload));
    }
    pool.pass(3);
    assert_eq!(shed(&pool), [], "not before a worker would take the next task");
    assert_eq!(next(&pool, worker), Some(5));
    assert_eq!(shed(&pool), [1, 2]);
    pool.pass(3);
    assert_eq!(next(&pool, worker), None);
    assert_eq!(shed(&pool), [3, 4]);
    assert_eq!(pool.snapshot().counters.shed, 4);
}

#[test]
fn a_queue_of_tasks_of_a_limited_group_stands_while_its_limit_allows_a_start() {
    for (limit, is_standing) in [(2, true), (1, false)] {
        let (pool, worker) = shedding();
        let group = Some(TaskGroup { id: GroupId(NonZero::<u64>::MIN), limit });
        let of_group = |payload| Submission { group, ..Submission::new(payload) };
        pool.tune(2);
        pool.run(of_group(1));
        for payload in 2..4 {
            pool.wait(of_group(payload));
        }
        // If the limit keeps them waiting, it is no matter of workers.
        pool.pass(1_000);
        assert_eq!(next(&pool, worker), None);
        assert_eq!(shed(&pool), if is_standing { vec![2, 3] } else { vec![] });
    }
}

#[test]
fn tasks_that_wait_for_their_key_are_no_queue_that_stands() {
    let shed_after = Some(Shed { target: 5 * MILLISECOND, interval: 100 * MILLISECOND });
    let policy = Policy { shed: shed_after, per_key: 1, ..Policy::NONE };
    let pool = Fixture::new(Options { policy, ..capacity(2) });
    let (worker, _) = pool.run(of(A, 0));
    pool.wait(of(A, 1));
    pool.pass(1_000);
    assert_eq!(next(&pool, worker), Some(1));
    assert_eq!(shed(&pool), []);
}

#[test]
fn a_queue_that_was_empty_stands_anew() {
    let (pool, worker) = shedding();
    pool.wait(Submission::new(1));
    pool.pass(90);
    assert_eq!(next(&pool, worker), Some(1));
    pool.wait(Submission::new(2));
    pool.pass(99);
    pool.wait(Submission::new(3));
    assert_eq!(next(&pool, worker), Some(2));
    assert_eq!(shed(&pool), []);
}

#[test]
fn each_priority_stands_for_itself_and_the_background_never_does() {
    let (pool, worker) = shedding();
    pool.wait(Submission { priority: 2, ..Submission::new(1) });
    pool.wait(Submission { priority: BACKGROUND, ..Submission::new(2) });
    pool.pass(96);
    pool.wait(Submission::new(3));
    pool.wait(Submission::new(4));
    pool.pass(4);
    assert_eq!(next(&pool, worker), Some(3), "its queue is young");
    assert_eq!(shed(&pool), [1]);
    assert_eq!((next(&pool, worker), next(&pool, worker)), (Some(4), Some(2)));
    assert_eq!(shed(&pool), []);
}

#[test]
fn a_pause_begins_the_interval_anew() {
    let (pool, worker) = shedding();
    pool.wait(Submission::new(1));
    pool.pass(60);
    pool.pause(workpool_core::FaceId::FIRST);
    pool.pass(60);
    pool.resume();
    pool.pass(99);
    assert_eq!(next(&pool, worker), Some(1));
    assert_eq!(shed(&pool), []);
}

#[test]
fn nothing_is_shed_while_the_pool_closes() {
    let (pool, worker) = shedding();
    pool.wait(Submission::new(1));
    pool.wait(Submission::new(2));
    pool.pass(200);
    pool.close();
    assert_eq!((next(&pool, worker), next(&pool, worker)), (Some(1), Some(2)));
    assert_eq!(shed(&pool), []);
}

#[test]
fn very_many_late_tasks_are_rejected_in_several_holds_of_the_lock() {
    let (pool, worker) = shedding();
    for payload in 1..5_001 {
        pool.wait(Submission::new(payload));
    }
    pool.pass(100);
    assert_eq!(next(&pool, worker), None);
    assert_eq!(shed(&pool).len(), 5_000);
    assert_eq!(pool.gauges(), (1, 0, 0));
}

#[test]
fn a_spent_rate_begins_the_interval_anew() {
    let shed = Some(Shed { target: 5 * MILLISECOND, interval: 10 * MILLISECOND });
    let rate = Some(Rate { limit: 1, interval: 100 * MILLISECOND });
    let pool = Fixture::new(Options { policy: Policy { shed, rate, ..Policy::NONE }, ..capacity(2) });
    pool.run(Submission::new(0));
    pool.wait(Submission::new(1));
    pool.pass(100);
    assert_eq!(pool.started(), [1], "until now it could not have started");
}

#[test]
fn what_a_close_starts_is_not_shed_before() {
    let (pool, worker) = shedding();
    pool.await_vacancy(FaceId::FIRST, 1);
    pool.wait(Submission::new(1));
    assert_eq!(pool.complete(worker), None, "the slot is kept for the turn");
    pool.pass(200);
    pool.effects();
    pool.close();
    assert_eq!(pool.started(), [1]);
}
