//! Workers: purge, the worker cache, crashes (4.2).

use std::collections::BTreeMap;

use workpool_core::{Clock, Effect, End, MILLISECOND, Options, Rejection, Submission, WorkerId};

use crate::{Fixture, boots, capacity, resources, retirements};

const EXPIRY: u64 = 200 * MILLISECOND;

fn expiring(options: Options) -> Fixture {
    Fixture::new(Options { expiry: Some(EXPIRY), ..options })
}

#[test]
fn an_idle_worker_is_retired_after_its_expiry_and_before_twice_of_it() {
    // Workers that go idle 7 ms after one another, then at odd moments: each retires within its own limits.
    let pool = expiring(resources(60));
    let mut idle_since = BTreeMap::new();
    let mut lifetimes = Vec::new();
    let mut note = |pool: &Fixture, idle_since: &mut BTreeMap<WorkerId, u64>| {
        for worker in retirements(&pool.effects()) {
            let since = idle_since.remove(&worker).expect("it was idle");
            lifetimes.push(pool.clock.now() - since);
            pool.retired(worker);
        }
    };
    for (index, worker) in pool.fill(60).into_iter().enumerate() {
        pool.complete(worker);
        idle_since.insert(worker, pool.clock.now());
        for _ in 0..if index < 40 { 7 } else { 3 + index * 37 % 90 } {
            pool.pass(1);
            note(&pool, &mut idle_since);
        }
    }
    for _ in 0..401 {
        pool.pass(1);
        note(&pool, &mut idle_since);
    }
    assert_eq!(lifetimes.len(), 60);
    for lifetime in lifetimes {
        assert!((EXPIRY..=2 * EXPIRY).contains(&lifetime), "idle for {lifetime} ns");
    }
}

#[test]
fn the_first_to_expire_is_retired_on_the_dot() {
    let pool = expiring(capacity(2));
    pool.fill_and_complete(1);
    pool.pass(199);
    assert_eq!(pool.gauges(), (1, 0, 0));
    pool.pass(1);
    assert_eq!(pool.gauges(), (0, 0, 0));
    assert_eq!(pool.snapshot().counters.retired, 1);
}

#[test]
fn a_worker_that_works_in_between_is_young_again() {
    let pool = expiring(capacity(1));
    pool.fill_and_complete(1);
    for _ in 0..10 {
        pool.pass(150);
        let (worker, _) = pool.start(1);
        pool.complete(worker);
    }
    assert_eq!(pool.snapshot().counters.started, 1);
    pool.pass(400);
    assert_eq!(pool.gauges(), (0, 0, 0));
}

#[test]
fn the_purge_is_armed_only_while_somebody_is_idle() {
    let pool = expiring(capacity(1));
    assert!(!pool.is_armed());
    let worker = pool.fill(1)[0];
    pool.wait(Submission::new(1));
    assert!(!pool.is_armed(), "nobody is idle");
    pool.complete(worker);
    assert!(!pool.is_armed(), "it has the next task");
    pool.complete(worker);
    assert!(pool.is_armed());
    pool.pass(200);
    assert!(!pool.is_armed(), "nobody is left");
    // The appointment of one who works again is kept, finds nothing to do and makes no other.
    pool.fill_and_complete(1);
    pool.start(2);
    pool.pass(200);
    assert!(!pool.is_armed());
}

#[test]
fn without_an_expiry_idle_workers_stay() {
    let pool = Fixture::new(capacity(4));
    pool.fill_and_complete(4);
    assert!(!pool.is_armed());
    pool.pass(1_000_000);
    assert_eq!(pool.gauges(), (4, 0, 0));
}

#[test]
fn a_worker_counts_until_its_disposal_has_settled() {
    let pool = Fixture::new(resources(1));
    let worker = pool.fill(1)[0];
    let task = pool.wait(Submission::new(1));
    assert_eq!(pool.finish(worker, End::Failed, true).next, None, "a broken worker runs nothing any more");
    assert_eq!(pool.effects(), [Effect::Retire(worker)]);
    assert_eq!(pool.gauges(), (1, 1, 1));
    pool.retired(worker);
    // Its record has come through the cache to the worker that takes its place.
    assert_eq!(pool.effects(), [Effect::Boot(worker)]);
    assert_eq!(pool.booted(worker), Some(task));
    assert_eq!(pool.gauges(), (1, 1, 0));
}

#[test]
fn a_broken_worker_makes_room_for_a_new_one_at_once() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    let task = pool.wait(Submission::new(1));
    let finished = pool.finish(worker, End::Failed, true);
    assert_eq!((finished.settled, finished.next), (true, None));
    assert_eq!(pool.effects(), [Effect::Start(worker, task, 1)]);
    let counters = pool.snapshot().counters;
    assert_eq!((counters.started, counters.reused, counters.retired, counters.failed), (2, 1, 1, 1));
}

#[test]
fn records_of_retired_workers_are_used_again_up_to_the_capacity() {
    let pool = expiring(capacity(4));
    pool.fill_and_complete(4);
    pool.pass(400);
    let again = pool.fill(4);
    let counters = pool.snapshot().counters;
    assert_eq!((counters.started, counters.reused, counters.retired), (8, 4, 4));
    // Shrunk to one, the cache holds one record, whoever retires.
    pool.tune(1);
    for worker in again {
        pool.complete(worker);
    }
    pool.pass(400);
    pool.tune(4);
    pool.fill(4);
    let counters = pool.snapshot().counters;
    assert_eq!((counters.started, counters.reused, counters.retired), (12, 5, 8));
}

#[test]
fn shrinking_drops_cached_records() {
    let pool = expiring(capacity(4));
    pool.fill_and_complete(4);
    pool.pass(400);
    pool.tune(1);
    pool.audit();
    pool.tune(4);
    pool.fill(4);
    assert_eq!(pool.snapshot().counters.reused, 1);
}

#[test]
fn a_crash_under_a_task_fails_it_and_makes_room() {
    let pool = Fixture::new(capacity(1));
    let (worker, lost) = pool.start(0);
    let task = pool.wait(Submission::new(1));
    pool.crashed(worker);
    let rejected = Effect::Reject(lost, 0, Rejection::Crashed);
    assert_eq!(pool.effects(), [rejected, Effect::Start(worker, task, 1)]);
    pool.collect(lost);
    let counters = pool.snapshot().counters;
    assert_eq!((counters.failed, counters.crashed, counters.retired), (1, 1, 0));
}

#[test]
fn a_crash_under_a_task_that_has_settled_settles_nothing() {
    let pool = Fixture::new(capacity(2));
    let (worker, task) = pool.start(0);
    pool.cancel(task);
    pool.crashed(worker);
    let (worker, task) = match pool.submit(Submission { timeout: 10, ..Submission::new(1) }) {
        workpool_core::Admission::Started(worker, task) => (worker, task),
        other => panic!("{other:?}"),
    };
    pool.begin(task);
    pool.limit(task);
    pool.pass(10);
    assert_eq!(pool.effects(), [Effect::Reject(task, 1, Rejection::TaskTimeout(10))]);
    pool.crashed(worker);
    pool.collect(task);
    let counters = pool.snapshot().counters;
    assert_eq!((counters.failed, counters.cancelled, counters.timed_out, counters.crashed), (0, 1, 1, 2));
}

#[test]
fn a_crash_while_idle_pays_nobody() {
    let pool = Fixture::new(capacity(3));
    let workers = pool.fill_and_complete(3);
    pool.crashed(workers[1]);
    assert_eq!(pool.gauges(), (2, 0, 0));
    assert_eq!(pool.start(5).0, workers[2]);
    assert_eq!(pool.start(6).0, workers[0]);
}

#[test]
fn a_crash_while_booting_starts_another_boot_for_the_task() {
    let pool = Fixture::new(resources(1));
    let task = pool.wait(Submission::new(0));
    let worker = boots(&pool.effects())[0];
    pool.crashed(worker);
    let next = boots(&pool.effects());
    assert_eq!(next.len(), 1);
    assert_eq!(pool.booted(next[0]), Some(task));
}

#[test]
fn a_crash_while_stopping_ends_the_disposal() {
    let pool = Fixture::new(resources(1));
    let worker = pool.fill(1)[0];
    pool.finish(worker, End::Completed, true);
    let task = pool.wait(Submission::new(1));
    pool.crashed(worker);
    let effects = pool.effects();
    assert!(effects.contains(&Effect::Boot(worker)), "{effects:?}");
    assert_eq!(pool.booted(worker), Some(task));
    let counters = pool.snapshot().counters;
    assert_eq!((counters.crashed, counters.retired), (1, 0));
}

#[test]
fn every_worker_that_started_runs_or_has_retired_or_crashed() {
    let pool = expiring(resources(4));
    for payload in 0..4 {
        pool.wait(Submission::new(payload));
    }
    let [first, second, third, fourth] = boots(&pool.effects())[..] else { panic!("four boot") };
    assert!(pool.boot_failed(first).is_some_and(|(_, payload)| payload == 0));
    pool.crashed(second);
    pool.booted(third);
    let replacement = boots(&pool.effects())[0];
    pool.booted(fourth);
    pool.complete(third);
    pool.booted(replacement);
    pool.finish(fourth, End::Completed, true);
    pool.retired(fourth);
    let snapshot = pool.snapshot();
    let counters = snapshot.counters;
    assert_eq!((counters.started, counters.retired, counters.crashed, snapshot.running), (5, 2, 1, 2));
}

#[test]
fn very_many_idle_workers_are_retired_the_longest_idle_first_by_whatever_retires_them() {
    let purge = |pool: &Fixture| pool.pass(2 * EXPIRY / MILLISECOND);
    let close = |pool: &Fixture| assert_eq!(pool.close(), 1);
    let release = |pool: &Fixture| pool.release(None);
    for retire in [&purge as &dyn Fn(&Fixture), &close, &release] {
        let pool = expiring(resources(5_000));
        let workers = pool.fill_and_complete(5_000);
        retire(&pool);
        assert_eq!(retirements(&pool.effects()), workers);
        for worker in workers {
            pool.retired(worker);
        }
        assert_eq!(pool.gauges(), (0, 0, 0));
    }
}
