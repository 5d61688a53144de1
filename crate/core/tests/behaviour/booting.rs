//! Workers that boot (4.1, 4.5).

use workpool_core::{Admission, Cancelled, Effect, Options, Refusal, Submission, TaskId, WorkerId};

use crate::{Fixture, RESOURCE, boots, capacity};

fn booting(options: Options) -> Fixture {
    Fixture::new(Options { kind: RESOURCE, ..options })
}

/// Submits a task that waits for a worker which boots for it.
fn boot(pool: &Fixture, payload: u32) -> (WorkerId, TaskId) {
    let task = pool.wait(Submission::new(payload));
    let booting = boots(&pool.effects());
    assert_eq!(booting.len(), 1);
    (booting[0], task)
}

#[test]
fn which_task_a_booting_worker_gets_is_decided_when_it_is_ready() {
    let pool = booting(capacity(2));
    let (first, low) = boot(&pool, 0);
    let (second, _) = boot(&pool, 1);
    let high = pool.wait(Submission { priority: 0, ..Submission::new(2) });
    assert_eq!(pool.booted(second), Some(high));
    assert_eq!(pool.booted(first), Some(low));
    assert_eq!(pool.gauges(), (2, 2, 1));
}

#[test]
fn a_booting_worker_counts_as_busy() {
    let pool = booting(capacity(2));
    boot(&pool, 0);
    assert_eq!(pool.gauges(), (1, 1, 1));
    let snapshot = pool.snapshot();
    assert_eq!((snapshot.idle(), snapshot.available(), snapshot.free()), (0, 1, 1));
}

#[test]
fn a_booting_worker_that_nobody_waits_for_any_more_is_room_for_the_next_task() {
    let pool = booting(Options { nonblocking: true, ..capacity(1) });
    let (worker, task) = boot(&pool, 0);
    assert_eq!(pool.cancel(task), Cancelled::Waiting);
    let next = pool.wait(Submission { wait_timeout: Some(0), ..Submission::new(1) });
    assert_eq!(pool.effects(), [], "no second boot");
    assert_eq!(pool.booted(worker), Some(next));
}

#[test]
fn a_worker_that_is_ready_and_finds_nothing_waiting_is_idle() {
    let pool = booting(capacity(1));
    let (worker, task) = boot(&pool, 0);
    pool.cancel(task);
    assert_eq!(pool.booted(worker), None);
    assert_eq!(pool.gauges(), (1, 0, 0));
    assert_eq!(pool.start(1).0, worker);
}

#[test]
fn tasks_that_booting_workers_will_take_are_no_overload() {
    let pool = booting(Options { nonblocking: true, ..capacity(3) });
    for payload in 0..3 {
        boot(&pool, payload);
    }
    assert_eq!(
        pool.submit(Submission::new(3)),
        Admission::Refused(Refusal::Overload { waiting: 3, capacity: 3 })
    );
}

#[test]
fn tasks_that_booting_workers_will_take_do_not_count_against_the_bound() {
    let pool = booting(Options { max_waiting: 2, ..capacity(3) });
    for payload in 0..3 {
        boot(&pool, payload);
    }
    pool.wait(Submission::new(3));
    pool.wait(Submission::new(4));
    assert_eq!(
        pool.submit(Submission::new(5)),
        Admission::Refused(Refusal::Overload { waiting: 5, capacity: 3 })
    );
    assert_eq!(pool.gauges(), (3, 3, 5));
}

#[test]
fn a_wait_timeout_of_0_waits_for_a_worker_that_boots() {
    let pool = booting(capacity(1));
    let now = Submission { wait_timeout: Some(0), ..Submission::new(0) };
    let task = pool.wait(now);
    assert_eq!(pool.submit(now), Admission::Refused(Refusal::WaitTimeout));
    let worker = boots(&pool.effects())[0];
    pool.pass(10_000);
    assert_eq!(pool.booted(worker), Some(task), "however long that takes");
}

#[test]
fn a_boot_is_waiting_time() {
    let pool = booting(capacity(1));
    let task = pool.wait(Submission { wait_timeout: Some(20), ..Submission::new(0) });
    let worker = boots(&pool.effects())[0];
    pool.pass(20);
    assert_eq!(pool.effects(), [Effect::Reject(task, 0, workpool_core::Rejection::WaitTimeout(20))]);
    assert_eq!(pool.booted(worker), None);
}

#[test]
fn a_failed_boot_rejects_one_task_and_the_next_tries_again() {
    let pool = booting(capacity(1));
    let (worker, first) = boot(&pool, 0);
    let second = pool.wait(Submission::new(1));
    assert_eq!(pool.boot_failed(worker), Some((first, 0)));
    pool.pass(100);
    let again = boots(&pool.effects());
    assert_eq!(again.len(), 1, "the slot is free and the next one tries");
    pool.collect(first);
    assert_eq!(pool.booted(again[0]), Some(second));
    let counters = pool.snapshot().counters;
    assert_eq!((counters.failed, counters.started, counters.retired), (1, 2, 1));
}

#[test]
fn a_failed_boot_that_nobody_waits_for_fails_nobody() {
    let pool = booting(capacity(1));
    let (worker, task) = boot(&pool, 0);
    pool.cancel(task);
    assert_eq!(pool.boot_failed(worker), None);
    assert_eq!(pool.gauges(), (0, 0, 0));
    assert_eq!(pool.effects(), []);
    assert_eq!(pool.snapshot().counters.failed, 0);
}

#[test]
fn growing_boots_only_as_many_as_have_no_worker_on_its_way() {
    let pool = booting(capacity(1));
    for payload in 0..3 {
        pool.wait(Submission::new(payload));
    }
    assert_eq!(boots(&pool.effects()).len(), 1);
    pool.tune(10);
    assert_eq!(boots(&pool.effects()).len(), 2);
    assert_eq!(pool.gauges(), (3, 3, 3));
}

#[test]
fn a_booting_worker_of_a_released_pool_retires_when_it_is_ready() {
    let pool = booting(capacity(2));
    let (first, _) = boot(&pool, 0);
    let (second, _) = boot(&pool, 1);
    pool.release(None);
    pool.effects();
    assert_eq!(pool.gauges(), (2, 2, 0));
    assert_eq!(pool.booted(first), None);
    assert_eq!(pool.effects(), [Effect::Retire(first)]);
    assert_eq!(pool.boot_failed(second), None);
    pool.retired(first);
    assert_eq!(pool.gauges(), (0, 0, 0));
}
