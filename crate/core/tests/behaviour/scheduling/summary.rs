//! Weights, keys, the background, ageing, displacement, shed, pause and clear: who starts, who waits, who is refused.

use workpool_core::{
    Admission, BACKGROUND, Change, FaceId, Key, MILLISECOND, Options, Overload, Policy, Reason, Refusal,
    Rejection, Shed, Submission, TaskId, WorkerId,
};

use crate::{Fixture, capacity, rejections};

const A: Option<Key> = Some(Key(1));
const B: Option<Key> = Some(Key(2));

fn with(size: u32, policy: Policy) -> Options {
    Options { policy, ..capacity(size) }
}

fn begin(pool: &Fixture, task: Submission<u32>) -> (WorkerId, TaskId) {
    let Admission::Started(worker, task) = pool.submit(task) else { panic!("{task:?} starts at once") };
    (worker, task)
}

fn barred(reason: Reason, waiting: u32, capacity: u32) -> Admission {
    Admission::Refused(Refusal::Barred { reason, waiting, capacity })
}

#[test]
fn a_weight_is_slots_and_lighter_tasks_behind_a_heavy_one_do_not_pass() {
    let pool = Fixture::new(capacity(4));
    let (heavy, _) = begin(&pool, Submission { weight: 3, ..Submission::new(0) });
    assert_eq!(pool.gauges(), (3, 3, 0));
    let second = pool.wait(Submission { weight: 2, ..Submission::new(1) });
    pool.wait(Submission::new(2));
    assert_eq!(pool.gauges(), (3, 3, 2), "one slot is free, and nobody passes");
    begin(&pool, Submission { priority: 0, ..Submission::new(3) });
    assert_eq!(pool.complete(heavy), Some(second));
    assert_eq!(pool.gauges(), (4, 4, 0));
}

#[test]
fn a_weight_above_the_capacity_counts_as_the_capacity() {
    let pool = Fixture::new(capacity(2));
    let (worker, _) = begin(&pool, Submission { weight: 9, ..Submission::new(0) });
    assert_eq!(pool.gauges(), (2, 2, 0));
    assert_eq!(pool.complete(worker), None);
    assert_eq!(pool.gauges(), (1, 0, 0));
}

#[test]
fn a_key_at_its_limit_waits_and_holds_nobody_up() {
    let pool = Fixture::new(with(3, Policy { per_key: 1, ..Policy::NONE }));
    let (worker, _) = begin(&pool, Submission { key: A, ..Submission::new(0) });
    let next = pool.wait(Submission { key: A, ..Submission::new(1) });
    begin(&pool, Submission { key: B, ..Submission::new(2) });
    begin(&pool, Submission::new(3));
    assert_eq!(pool.complete(worker), Some(next));
}

#[test]
fn the_key_with_the_fewest_running_tasks_goes_first() {
    let pool = Fixture::new(capacity(2));
    let (worker, _) = begin(&pool, Submission { key: A, ..Submission::new(0) });
    begin(&pool, Submission { key: A, ..Submission::new(1) });
    pool.wait(Submission { key: A, ..Submission::new(2) });
    let other = pool.wait(Submission { key: B, ..Submission::new(3) });
    assert_eq!(pool.complete(worker), Some(other));
}

#[test]
fn a_refusal_tells_the_first_reason() {
    let pool = Fixture::new(with(2, Policy { per_key: 1, max_waiting_per_key: 1, ..Policy::NONE }));
    begin(&pool, Submission { key: A, ..Submission::new(0) });
    pool.wait(Submission { key: A, ..Submission::new(1) });
    assert_eq!(pool.submit(Submission { key: A, ..Submission::new(2) }), barred(Reason::Key, 1, 2));
    pool.configure(&Change { nonblocking: Some(true), ..Change::default() });
    assert!(pool.pause(FaceId::FIRST));
    assert_eq!(pool.submit(Submission::new(3)), barred(Reason::Paused, 1, 2));
    let counters = pool.snapshot().counters;
    assert_eq!((counters.key, counters.paused, counters.overload), (1, 1, 0));
}

#[test]
fn the_background_takes_at_most_half_and_only_if_nobody_else_could_start() {
    let pool = Fixture::new(capacity(4));
    let task = |number| Submission { priority: BACKGROUND, ..Submission::new(number) };
    let (first, _) = begin(&pool, task(0));
    begin(&pool, task(1));
    let third = pool.wait(task(2));
    begin(&pool, Submission::new(3));
    assert_eq!(pool.complete(first), None, "half of the pool is still busy");
    assert_eq!(pool.gauges(), (3, 2, 1));
    pool.close();
    assert!(matches!(pool.effects()[..], [workpool_core::Effect::Start(_, task, _)] if task == third));
}

#[test]
fn tasks_that_age_overtake_later_ones_of_higher_priority() {
    let pool = Fixture::new(Options { ageing: Some(10 * MILLISECOND), ..capacity(1) });
    let (worker, _) = begin(&pool, Submission::new(0));
    let low = pool.wait(Submission { priority: 2, ..Submission::new(1) });
    pool.pass(9);
    let high = pool.wait(Submission::new(2));
    pool.pass(2);
    let late = pool.wait(Submission::new(3));
    assert_eq!(pool.complete(worker), Some(high));
    assert_eq!(pool.complete(worker), Some(low));
    assert_eq!(pool.complete(worker), Some(late));
}

#[test]
fn the_oldest_of_the_newcomers_key_gives_way_and_nobody_more_important() {
    let policy = Policy { overload: Overload::DiscardOldest, ..Policy::NONE };
    let pool = Fixture::new(Options { max_waiting: 2, ..with(1, policy) });
    begin(&pool, Submission::new(0));
    pool.wait(Submission { key: A, ..Submission::new(1) });
    pool.wait(Submission { key: B, ..Submission::new(2) });
    pool.wait(Submission { key: B, ..Submission::new(3) });
    assert_eq!(rejections(&pool.effects()), [(2, Rejection::Displaced)]);
    pool.wait(Submission::new(4));
    assert_eq!(rejections(&pool.effects()), [(1, Rejection::Displaced)]);
    let refused = pool.submit(Submission { priority: 5, ..Submission::new(5) });
    assert_eq!(refused, Admission::Refused(Refusal::Overload { waiting: 2, capacity: 1 }));
    let refused = pool.submit(Submission { wait_timeout: Some(0), ..Submission::new(6) });
    assert_eq!((refused, pool.effects()), (Admission::Refused(Refusal::WaitTimeout), Vec::new()));
}

#[test]
fn a_queue_that_stands_sheds_what_is_late_and_serves_the_newest() {
    let shed = Some(Shed { target: 5 * MILLISECOND, interval: 100 * MILLISECOND });
    let pool = Fixture::new(with(1, Policy { shed, ..Policy::NONE }));
    let (worker, _) = begin(&pool, Submission::new(0));
    let old = pool.wait(Submission::new(1));
    pool.wait(Submission::new(2));
    pool.pass(50);
    assert_eq!(pool.complete(worker), Some(old), "a burst is absorbed");
    pool.pass(50);
    pool.wait(Submission::new(3));
    let newest = pool.wait(Submission::new(4));
    assert_eq!(pool.complete(worker), Some(newest));
    assert_eq!(rejections(&pool.effects()), [(2, Rejection::Shed)]);
}

#[test]
fn while_paused_nothing_starts_and_clear_rejects_what_waits() {
    let pool = Fixture::new(capacity(2));
    let (worker, _) = begin(&pool, Submission::new(0));
    assert!(pool.pause(FaceId::FIRST) && pool.is_paused());
    pool.wait(Submission::new(1));
    pool.wait(Submission::new(2));
    assert_eq!(pool.complete(worker), None);
    assert_eq!((pool.snapshot().available(), pool.has_vacancy()), (0, false));
    assert_eq!(pool.clear(), 2);
    assert_eq!(rejections(&pool.effects()), [(1, Rejection::Cleared), (2, Rejection::Cleared)]);
    let last = pool.wait(Submission::new(3));
    pool.resume();
    assert!(matches!(pool.effects()[..], [workpool_core::Effect::Start(_, task, _)] if task == last));
    pool.close();
    assert!(!pool.pause(FaceId::FIRST), "a closed pool is not paused");
}
