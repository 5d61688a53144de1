//! Release, close and reboot (4.4).

use std::sync::{
    Weak,
    atomic::{AtomicBool, Ordering},
};

use workpool_core::{
    Admission, Clock, Condition, Effect, End, FaceId, Host, MILLISECOND, ManualClock, Nanos, Pool, Refusal,
    Rejection, Submission,
};

use crate::{Fixture, capacity, rejections, resources, retirements};

#[test]
fn release_rejects_what_waits_in_order() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    let low = pool.wait(Submission { priority: 2, ..Submission::new(1) });
    let high = pool.wait(Submission { priority: 0, wait_timeout: Some(5), ..Submission::new(2) });
    pool.release(None);
    let expected =
        [Effect::Reject(high, 2, Rejection::Released), Effect::Reject(low, 1, Rejection::Released)];
    assert_eq!(pool.effects(), expected);
    assert_eq!(pool.complete(worker), None);
    pool.pass(10);
    assert_eq!(pool.effects(), []);
    assert_eq!(pool.snapshot().counters.released, 2);
}

#[test]
fn release_retires_the_idle_and_lets_the_busy_finish() {
    let pool = Fixture::new(resources(3));
    let workers = pool.fill(3);
    pool.complete(workers[0]);
    pool.release(None);
    assert_eq!(retirements(&pool.effects()), [workers[0]]);
    assert_eq!(pool.gauges(), (3, 3, 0));
    assert!(pool.finish(workers[1], End::Completed, false).settled, "no task is interrupted");
    assert_eq!(retirements(&pool.effects()), [workers[1]]);
    pool.retired(workers[0]);
    pool.retired(workers[1]);
    assert_eq!(pool.gauges(), (1, 1, 0));
}

#[test]
fn a_second_release_does_nothing() {
    let pool = Fixture::new(capacity(2));
    pool.fill(2);
    pool.wait(Submission::new(2));
    pool.release(None);
    pool.effects();
    let before = pool.snapshot();
    pool.release(None);
    assert_eq!(pool.snapshot(), before);
    assert_eq!(pool.effects(), []);
}

#[test]
fn release_and_reboot_in_the_same_moment_reject_what_waited_and_start_from_nothing() {
    let pool = Fixture::new(capacity(4));
    let old = pool.fill(4);
    let waiting: Vec<u32> = (100..200).collect();
    for &payload in &waiting {
        pool.wait(Submission::new(payload));
    }
    pool.release(None);
    pool.reboot();
    let expected: Vec<_> = waiting.into_iter().map(|payload| (payload, Rejection::Released)).collect();
    assert_eq!(rejections(&pool.effects()), expected);
    let snapshot = pool.snapshot();
    assert_eq!((snapshot.generation, snapshot.is_closed), (2, false));
    assert_eq!((snapshot.counters.peak_busy, snapshot.counters.peak_waiting), (0, 0), "peaks restart");
    assert_eq!(snapshot.counters.submitted, 104, "counters run on");
    assert_eq!(pool.gauges(), (0, 0, 0));
    let young = pool.fill(4);
    let task = pool.wait(Submission::new(4));
    for worker in old {
        assert_eq!(pool.complete(worker), None, "an older worker takes nothing");
        assert_eq!(pool.gauges(), (4, 4, 1));
    }
    assert_eq!(pool.complete(young[0]), Some(task));
}

#[test]
fn reboot_alone_rejects_what_waits_in_a_closing_pool() {
    let pool = Fixture::new(capacity(1));
    pool.fill(1);
    pool.wait(Submission::new(1));
    pool.close();
    pool.reboot();
    assert_eq!(rejections(&pool.effects()), [(1, Rejection::Released)]);
    pool.start(2);
}

#[test]
fn reboot_of_an_open_pool_does_nothing() {
    let pool = Fixture::new(capacity(2));
    pool.fill(2);
    pool.wait(Submission::new(2));
    let before = pool.snapshot();
    pool.reboot();
    assert_eq!(pool.snapshot(), before);
    assert_eq!(pool.effects(), []);
}

#[test]
fn workers_of_older_generations_never_count_in_the_new_one() {
    let pool = Fixture::new(resources(4));
    for payload in 0..4 {
        pool.wait(Submission::new(payload));
    }
    let old = crate::boots(&pool.effects());
    pool.booted(old[0]);
    pool.booted(old[1]);
    pool.finish(old[1], End::Completed, true);
    pool.release(None);
    pool.reboot();
    pool.effects();
    // One runs, one stops, two boot: each leaves in its own way.
    assert_eq!(pool.gauges(), (0, 0, 0));
    pool.finish(old[0], End::Failed, true);
    pool.retired(old[1]);
    assert_eq!(pool.booted(old[2]), None);
    assert_eq!(pool.boot_failed(old[3]), None);
    assert_eq!(retirements(&pool.effects()), [old[0], old[2]]);
    pool.crashed(old[0]);
    pool.retired(old[2]);
    assert_eq!(pool.gauges(), (0, 0, 0));
    let counters = pool.snapshot().counters;
    assert_eq!((counters.started, counters.retired, counters.crashed), (4, 3, 1));
}

#[test]
fn close_runs_all_that_was_accepted() {
    let pool = Fixture::new(capacity(2));
    let workers = pool.fill(2);
    let waiting: Vec<_> = (2..5).map(|payload| pool.wait(Submission::new(payload))).collect();
    let generation = pool.close();
    pool.watch(FaceId::FIRST, 7, Condition::Ended(generation), None);
    assert_eq!(pool.submit(Submission::new(9)), Admission::Refused(Refusal::Closed));
    assert_eq!(pool.complete(workers[0]), Some(waiting[0]));
    assert_eq!(pool.complete(workers[1]), Some(waiting[1]));
    assert_eq!(pool.complete(workers[0]), Some(waiting[2]));
    assert_eq!(pool.complete(workers[1]), None);
    assert_eq!(pool.gauges(), (1, 1, 0));
    assert_eq!(pool.effects(), []);
    assert_eq!(pool.complete(workers[0]), None);
    assert_eq!(pool.effects(), [Effect::Watched { face: FaceId::FIRST, token: 7, left: None }]);
    assert_eq!(pool.snapshot().counters.completed, 5);
}

#[test]
fn close_boots_workers_for_what_was_accepted() {
    let pool = Fixture::new(resources(1));
    pool.wait(Submission::new(0));
    let second = pool.wait(Submission::new(1));
    let first_worker = crate::boots(&pool.effects())[0];
    pool.close();
    pool.booted(first_worker);
    pool.finish(first_worker, End::Failed, true);
    pool.retired(first_worker);
    let worker = crate::boots(&pool.effects())[0];
    assert_eq!(pool.booted(worker), Some(second));
    assert_eq!(pool.complete(worker), None);
    pool.retired(worker);
    assert_eq!(pool.gauges(), (0, 0, 0));
}

#[test]
fn close_retires_the_idle() {
    let pool = Fixture::new(capacity(3));
    pool.fill_and_complete(3);
    pool.watch(FaceId::FIRST, 1, Condition::Ended(pool.close()), None);
    assert_eq!(pool.gauges(), (0, 0, 0));
    assert_eq!(pool.effects(), [Effect::Watched { face: FaceId::FIRST, token: 1, left: None }]);
}

#[test]
fn release_while_closing_rejects_what_still_waits_and_the_close_ends_with_the_busy() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    pool.wait(Submission::new(1));
    pool.watch(FaceId::FIRST, 3, Condition::Ended(pool.close()), None);
    pool.release(None);
    assert_eq!(rejections(&pool.effects()), [(1, Rejection::Released)]);
    pool.complete(worker);
    assert_eq!(pool.effects(), [Effect::Watched { face: FaceId::FIRST, token: 3, left: None }]);
}

#[test]
fn a_close_that_runs_out_of_time_becomes_a_release() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    let task = pool.wait(Submission::new(1));
    pool.watch(FaceId::FIRST, 3, Condition::Ended(pool.close()), Some(50));
    pool.pass(49);
    assert_eq!(pool.effects(), []);
    pool.pass(1);
    let expected = [
        Effect::Watched { face: FaceId::FIRST, token: 3, left: Some(1) },
        Effect::Reject(task, 1, Rejection::Released),
    ];
    assert_eq!(pool.effects(), expected);
    assert!(pool.snapshot().is_closed);
    assert_eq!(pool.complete(worker), None);
    assert_eq!(pool.gauges(), (0, 0, 0));
}

#[test]
fn a_close_that_runs_out_of_time_leaves_the_next_generation_alone() {
    let pool = Fixture::new(capacity(1));
    pool.fill(1);
    pool.watch(FaceId::FIRST, 3, Condition::Ended(pool.close()), Some(50));
    pool.reboot();
    pool.fill(1);
    pool.wait(Submission::new(1));
    pool.pass(50);
    assert_eq!(pool.effects(), [Effect::Watched { face: FaceId::FIRST, token: 3, left: Some(1) }]);
    assert!(!pool.snapshot().is_closed);
    assert_eq!(pool.gauges(), (1, 1, 1));
}

#[test]
fn a_release_meant_for_another_generation_does_nothing() {
    let pool = Fixture::new(capacity(1));
    let first = pool.close();
    pool.reboot();
    pool.release(Some(first));
    pool.start(0);
    pool.release(Some(first + 1));
    assert!(pool.snapshot().is_closed);
}

/// A host that reboots the pool as soon as the first rejection arrives, as another thread could.
#[derive(Default)]
struct Rebooter {
    pool: std::sync::Mutex<Weak<Pool<u32, Rebooter, ManualClock>>>,
    is_done: AtomicBool,
}

impl Host<u32> for Rebooter {
    fn deliver(&self, _effect: Effect<u32>) {
        if !self.is_done.swap(true, Ordering::Relaxed) {
            let pool = self.pool.lock().expect("no test panics here").clone();
            pool.upgrade().expect("it calls").reboot();
        }
    }

    fn arm(&self, _at: Nanos) -> bool {
        true
    }
}

#[test]
fn a_release_of_more_than_one_batch_does_not_reach_the_generation_that_follows() {
    let pool = std::sync::Arc::new(Pool::new(capacity(1), Rebooter::default(), ManualClock::default()));
    *pool.host().pool.lock().expect("no test panics here") = std::sync::Arc::downgrade(&pool);
    for payload in 0..3_001 {
        pool.submit(Submission::new(payload));
    }
    pool.release(None);
    let snapshot = pool.snapshot();
    assert_eq!((snapshot.generation, snapshot.is_closed), (2, false));
    assert_eq!(snapshot.counters.released, 3_000);
    pool.audit();
}

#[test]
fn a_release_of_more_than_one_batch_rejects_all() {
    for times_out in [false, true] {
        let pool = Fixture::new(capacity(1));
        pool.fill(1);
        let waiting: Vec<u32> = (1..5_001).collect();
        for &payload in &waiting {
            pool.wait(Submission::new(payload));
        }
        if times_out {
            pool.watch(FaceId::FIRST, 0, Condition::Ended(pool.close()), Some(10));
            pool.pass(10);
        } else {
            pool.release(None);
        }
        let rejected: Vec<u32> =
            rejections(&pool.effects()).into_iter().map(|(payload, _)| payload).collect();
        assert_eq!(rejected, waiting);
    }
}

#[test]
fn more_than_one_batch_of_deadlines_is_met_at_once() {
    let pool = Fixture::new(capacity(1));
    pool.fill(1);
    for payload in 1..5_001 {
        pool.wait(Submission { wait_timeout: Some(10), ..Submission::new(payload) });
    }
    pool.pass(10);
    assert_eq!(pool.clock.now(), 10 * MILLISECOND);
    assert_eq!(rejections(&pool.effects()).len(), 5_000);
    assert!(!pool.is_armed());
}
