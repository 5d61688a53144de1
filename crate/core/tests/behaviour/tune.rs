//! Changes of the capacity (4.3).

use std::sync::{
    Arc, Mutex, Weak,
    atomic::{AtomicBool, Ordering},
};

use workpool_core::{
    Admission, Effect, End, Host, ManualClock, Options, Pool, Refusal, Submission, UNBOUNDED, WorkerId,
};

use crate::{Fixture, RESOURCE, boots, capacity, resources, retirements};

#[test]
fn shrinking_retires_idle_workers_at_once_the_longest_idle_first() {
    let pool = Fixture::new(resources(10));
    let workers = pool.fill_and_complete(10);
    pool.tune(2);
    assert_eq!(retirements(&pool.effects()), workers[..8]);
    for &worker in &workers[..8] {
        pool.retired(worker);
    }
    assert_eq!(pool.gauges(), (2, 0, 0));
}

#[test]
fn ten_idle_workers_tuned_to_two_are_two_at_once() {
    let pool = Fixture::new(capacity(10));
    pool.fill_and_complete(10);
    pool.tune(2);
    assert_eq!(pool.gauges(), (2, 0, 0));
    assert_eq!(pool.snapshot().counters.retired, 8);
}

#[test]
fn shrinking_takes_idle_workers_before_busy_ones() {
    let pool = Fixture::new(capacity(10));
    let workers = pool.fill(10);
    for &worker in &workers[..4] {
        pool.complete(worker);
    }
    pool.tune(7);
    assert_eq!(pool.gauges(), (7, 6, 0));
    pool.tune(3);
    assert_eq!(pool.gauges(), (6, 6, 0), "busy ones finish first");
    for &worker in &workers[4..] {
        pool.complete(worker);
    }
    assert_eq!(pool.gauges(), (3, 0, 0));
}

#[test]
fn nothing_starts_above_the_new_capacity() {
    let pool = Fixture::new(capacity(4));
    let workers = pool.fill(4);
    pool.tune(2);
    let first = pool.wait(Submission::new(9));
    assert_eq!(pool.complete(workers[0]), None);
    assert_eq!(pool.complete(workers[1]), None);
    assert_eq!(pool.gauges(), (2, 2, 1));
    assert_eq!(pool.complete(workers[2]), Some(first));
    assert_eq!(pool.effects(), []);
}

/// Shrinks a full pool from 50 to 20 while four threads finish its workers; disposals, if there are any, settle late.
fn fifty_busy_tuned_to_twenty(disposes: bool) {
    let pool = Fixture::new(if disposes { resources(50) } else { capacity(50) });
    let busy = Mutex::new(pool.fill(50));
    let shared = Arc::clone(&pool.pool);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(worker) = take(&busy) {
                    assert_eq!(shared.finish(worker, End::Completed, false).next, None);
                    shared.audit();
                }
            });
        }
        scope.spawn(|| shared.tune(20));
    });
    let stopping = retirements(&pool.effects());
    assert_eq!(stopping.len(), if disposes { 30 } else { 0 });
    if disposes {
        assert_eq!(pool.gauges(), (50, 30, 0), "disposals that have not settled count");
        std::thread::scope(|scope| {
            for half in stopping.chunks(15) {
                let shared = &shared;
                scope.spawn(move || half.iter().for_each(|&worker| shared.retired(worker)));
            }
        });
    }
    assert_eq!(pool.gauges(), (20, 0, 0));
    assert_eq!(pool.snapshot().counters.retired, 30);
}

fn take(busy: &Mutex<Vec<WorkerId>>) -> Option<WorkerId> {
    busy.lock().expect("no test panics here").pop()
}

#[test]
fn fifty_busy_workers_tuned_to_twenty_end_as_exactly_twenty() {
    (0..200).for_each(|_| fifty_busy_tuned_to_twenty(false));
}

#[test]
fn fifty_busy_workers_whose_disposal_is_slow_end_as_exactly_twenty() {
    (0..200).for_each(|_| fifty_busy_tuned_to_twenty(true));
}

#[test]
fn growing_starts_as_many_waiting_tasks_as_fit() {
    let pool = Fixture::new(capacity(1));
    pool.fill(1);
    let waiting: Vec<_> = (1..6).map(|payload| pool.wait(Submission::new(payload))).collect();
    pool.tune(4);
    let started: Vec<_> = pool
        .effects()
        .into_iter()
        .map(|effect| match effect {
            Effect::Start(_, task, _) => task,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(started, waiting[..3]);
    assert_eq!(pool.gauges(), (4, 4, 2));
    pool.tune(UNBOUNDED);
    assert_eq!(pool.gauges(), (6, 6, 0));
    pool.tune(2);
    assert_eq!(
        pool.submit(Submission { wait_timeout: Some(0), ..Submission::new(0) }),
        Admission::Refused(Refusal::WaitTimeout)
    );
}

#[test]
fn growing_before_the_disposals_have_settled_waits_for_them() {
    let pool = Fixture::new(resources(2));
    let workers = pool.fill(2);
    pool.tune(1);
    pool.complete(workers[0]);
    pool.tune(2);
    let task = pool.wait(Submission::new(5));
    assert_eq!(pool.gauges(), (2, 2, 1));
    pool.effects();
    pool.retired(workers[0]);
    assert_eq!(pool.effects(), [Effect::Boot(workers[0])]);
    assert_eq!(pool.booted(workers[0]), Some(task));
}

#[test]
fn the_same_capacity_changes_nothing() {
    let pool = Fixture::new(capacity(2));
    pool.fill(2);
    pool.wait(Submission::new(2));
    let before = pool.snapshot();
    pool.tune(2);
    assert_eq!(pool.snapshot(), before);
    assert_eq!(pool.effects(), []);
}

#[test]
fn a_closed_pool_is_tuned_for_its_next_generation() {
    let pool = Fixture::new(capacity(1));
    pool.release(None);
    pool.tune(3);
    assert_eq!(pool.gauges(), (0, 0, 0));
    pool.reboot();
    pool.fill(3);
    pool.wait(Submission::new(3));
}

#[test]
fn reserving_memory_starts_nobody() {
    let pool = Fixture::new(capacity(100));
    pool.reserve(100).expect("there is memory");
    assert_eq!(pool.gauges(), (0, 0, 0));
    pool.tune(2);
    pool.fill(2);
    pool.wait(Submission::new(2));
}

#[test]
fn shrinking_below_the_booting_workers_lets_the_rest_retire_as_they_get_ready() {
    let pool = Fixture::new(resources(4));
    let waiting: Vec<_> = (0..4).map(|payload| pool.wait(Submission::new(payload))).collect();
    let booting = boots(&pool.effects());
    pool.tune(1);
    for &worker in &booting[..3] {
        assert_eq!(pool.booted(worker), None);
        pool.retired(worker);
    }
    assert_eq!(pool.booted(booting[3]), Some(waiting[0]));
    assert_eq!(pool.gauges(), (1, 1, 3));
}

#[test]
fn booting_workers_above_the_capacity_are_no_room() {
    let pool = Fixture::new(Options { kind: RESOURCE, nonblocking: true, ..capacity(4) });
    let waiting: Vec<_> = (0..4).map(|payload| pool.wait(Submission::new(payload))).collect();
    pool.tune(1);
    // One task is left, and one of the four that boot will take it: the others are as good as gone.
    for &task in &waiting[1..] {
        pool.cancel(task);
    }
    assert_eq!(
        pool.submit(Submission::new(4)),
        Admission::Refused(Refusal::Overload { waiting: 1, capacity: 1 })
    );
    pool.cancel(waiting[0]);
    assert!(matches!(pool.submit(Submission::new(5)), Admission::Waiting(_)));
}

#[test]
fn very_many_that_wait_are_started_in_order_and_very_many_that_idle_are_retired_the_longest_idle_first() {
    let pool = Fixture::new(resources(1));
    let (worker, _) = pool.start(0);
    for payload in 1..5_000 {
        pool.wait(Submission::new(payload));
    }
    pool.tune(UNBOUNDED);
    let booting = boots(&pool.effects());
    let started: Vec<_> = booting
        .iter()
        .map(|&worker| pool.payload(pool.booted(worker).expect("one waits")).expect("it is not done with"))
        .collect();
    assert!(started.into_iter().eq(1..5_000));
    assert_eq!(pool.gauges(), (5_000, 5_000, 0));
    assert_eq!(pool.snapshot().capacity, UNBOUNDED);

    let workers: Vec<_> = std::iter::once(worker).chain(booting).collect();
    for &worker in &workers {
        pool.complete(worker);
    }
    pool.tune(1);
    assert_eq!(pool.snapshot().capacity, 1);
    assert_eq!(retirements(&pool.effects()), workers[..4_999]);
    assert_eq!(pool.gauges(), (5_000, 4_999, 0));
    for &worker in &workers[..4_999] {
        pool.retired(worker);
    }
    assert_eq!(pool.gauges(), (1, 0, 0));
}

#[test]
fn a_tune_of_very_many_does_not_go_on_after_another_one() {
    let pool = Arc::new(Pool::new(capacity(1), Tuner::default(), ManualClock::default()));
    *pool.host().pool.lock().expect("no test panics here") = Arc::downgrade(&pool);
    for payload in 0..5_000 {
        pool.submit(Submission::new(payload));
    }
    pool.tune(5_000);
    let snapshot = pool.snapshot();
    assert_eq!(snapshot.capacity, 7, "that of the tune that began later");
    assert!(snapshot.running < 5_000 && snapshot.waiting > 0);
    pool.audit();
}

/// A host that tunes the pool to 7 the first time that it is told something.
#[derive(Default)]
struct Tuner {
    pool: Mutex<Weak<Pool<u32, Self, ManualClock>>>,
    is_done: AtomicBool,
}

impl Host<u32> for Tuner {
    fn deliver(&self, _effect: Effect<u32>) {
        if !self.is_done.swap(true, Ordering::Relaxed) {
            let pool = self.pool.lock().expect("no test panics here").clone();
            pool.upgrade().expect("it calls").tune(7);
        }
    }

    fn arm(&self, _at: u64) -> bool {
        true
    }
}
