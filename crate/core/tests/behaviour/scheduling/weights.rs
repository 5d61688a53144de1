//! Weights: slots that a task takes.

use workpool_core::{
    Cancelled, End, MILLISECOND, Options, Policy, Rate, Reason, Refusal, Submission, UNBOUNDED,
};

use super::{A, heavy};
use crate::{Fixture, capacity, resources};

#[test]
fn what_runs_is_counted_in_slots() {
    let pool = Fixture::new(capacity(4));
    let (worker, _) = pool.run(heavy(3, 0));
    assert_eq!(pool.gauges(), (3, 3, 0));
    let (other, _) = pool.run(heavy(1, 1));
    assert_eq!(pool.gauges(), (4, 4, 0));
    assert_eq!(pool.snapshot().available(), 0);
    pool.complete(worker);
    assert_eq!(pool.gauges(), (2, 1, 0), "one worker of the two is idle");
    assert_eq!(pool.snapshot().available(), 3);
    pool.complete(other);
    assert_eq!(pool.snapshot().counters.peak_busy, 4);
}

#[test]
fn a_task_starts_when_its_whole_weight_fits_and_lighter_ones_behind_do_not_pass() {
    let pool = Fixture::new(capacity(3));
    let (first, _) = pool.run(heavy(1, 0));
    let (second, _) = pool.run(heavy(1, 1));
    pool.wait(heavy(3, 2));
    pool.wait(heavy(1, 3));
    pool.wait(Submission::new(4));
    assert_eq!(pool.complete(first), None);
    assert_eq!(pool.started(), [], "there are two slots for a weight of three");
    let heavy = pool.complete(second).expect("now it fits");
    assert_eq!(pool.payload(heavy), Some(2));
    assert_eq!(pool.gauges(), (3, 3, 2));
    let next = pool.complete(second);
    assert_eq!(next.and_then(|next| pool.payload(next)), Some(3));
    assert_eq!(pool.started(), [4]);
}

#[test]
fn one_of_higher_priority_that_fits_passes() {
    let pool = Fixture::new(capacity(2));
    pool.run(heavy(1, 0));
    pool.wait(heavy(2, 1));
    pool.run(Submission { priority: 0, ..heavy(1, 2) });
    assert_eq!(pool.gauges(), (2, 2, 1));
}

#[test]
fn a_weight_above_the_capacity_is_the_capacity_of_the_moment_when_it_starts() {
    let pool = Fixture::new(capacity(2));
    let (worker, _) = pool.run(heavy(u32::MAX, 0));
    assert_eq!(pool.gauges(), (2, 2, 0));
    pool.tune(5);
    assert_eq!(pool.gauges(), (2, 2, 0), "what runs keeps its slots");
    pool.wait(heavy(100, 1));
    pool.complete(worker);
    assert_eq!(pool.gauges(), (5, 5, 0));
    pool.tune(1);
    assert_eq!(pool.gauges(), (5, 5, 0));
    pool.wait(heavy(9, 2));
    pool.complete(worker);
    assert_eq!(pool.gauges(), (1, 1, 0));
}

#[test]
fn idle_workers_for_which_there_is_no_room_any_more_retire() {
    let pool = Fixture::new(capacity(3));
    pool.fill_and_complete(3);
    pool.run(heavy(2, 9));
    assert_eq!(pool.gauges(), (3, 2, 0));
    assert_eq!(pool.snapshot().counters.retired, 1);
}

#[test]
fn the_end_of_a_heavy_task_starts_all_that_fit() {
    let pool = Fixture::new(capacity(3));
    let (worker, _) = pool.run(heavy(3, 0));
    for payload in 1..5 {
        pool.wait(Submission::new(payload));
    }
    let next = pool.complete(worker);
    assert_eq!(next.and_then(|next| pool.payload(next)), Some(1));
    assert_eq!(pool.started(), [2, 3]);
    assert_eq!(pool.gauges(), (3, 3, 1));
}

#[test]
fn those_behind_a_heavy_task_start_when_it_gives_up() {
    let pool = Fixture::new(capacity(2));
    pool.run(heavy(1, 0));
    let heavy_one = pool.wait(heavy(2, 1));
    pool.wait(Submission::new(2));
    assert_eq!(pool.cancel(heavy_one), Cancelled::Waiting);
    assert_eq!(pool.started(), [2]);
    pool.wait(Submission { wait_timeout: Some(5), ..heavy(2, 3) });
    pool.tune(3);
    assert_eq!(pool.started(), [], "one slot is free for a weight of two");
    pool.wait(Submission::new(4));
    pool.pass(5);
    assert_eq!(pool.started(), [4]);
}

#[test]
fn a_task_whose_weight_does_not_fit_would_wait() {
    let pool = Fixture::new(workpool_core::Options { nonblocking: true, ..capacity(2) });
    pool.run(heavy(1, 0));
    let refusal = Refusal::Overload { waiting: 0, capacity: 2 };
    assert_eq!(pool.refuse(&heavy(2, 1)), Some(refusal));
    assert_eq!(pool.refuse(&heavy(1, 1)), None);
    assert_eq!(pool.snapshot().counters.overload, 1);
    assert!(!matches!(refusal, Refusal::Barred { reason: Reason::Rate, .. }));
}

#[test]
fn a_timed_out_heavy_task_keeps_its_slots_until_its_function_has_ended() {
    let pool = Fixture::new(capacity(2));
    let (worker, id) = pool.run(Submission { timeout: 5, ..heavy(2, 0) });
    pool.begin(id);
    pool.limit(id);
    pool.pass(5);
    assert_eq!(pool.gauges(), (2, 2, 0));
    pool.collect(id);
    pool.finish(worker, End::Failed, false);
    assert_eq!(pool.gauges(), (1, 0, 0));
}

#[test]
fn a_heavy_task_of_an_older_generation_leaves_with_all_its_slots() {
    let pool = Fixture::new(capacity(3));
    let (worker, _) = pool.run(heavy(3, 0));
    pool.release(None);
    pool.reboot();
    assert_eq!(pool.gauges(), (0, 0, 0));
    pool.run(heavy(3, 1));
    pool.complete(worker);
    assert_eq!(pool.gauges(), (3, 3, 0));
}

#[test]
fn workers_that_boot_and_pools_without_limit_take_a_weight_as_it_comes() {
    let pool = Fixture::new(resources(2));
    pool.wait(heavy(2, 0));
    assert_eq!(pool.gauges(), (1, 1, 1), "only slots have a weight");
    let pool = Fixture::new(capacity(UNBOUNDED));
    pool.run(heavy(1_000_000, 0));
    assert_eq!(pool.gauges(), (1_000_000, 1_000_000, 0));
}

#[test]
fn a_heavy_task_is_one_task_for_its_key_and_for_the_rate() {
    let rate = Some(Rate { limit: 2, interval: 10 * MILLISECOND });
    let policy = Policy { per_key: 2, rate, ..Policy::NONE };
    let pool = Fixture::new(Options { policy, ..capacity(9) });
    pool.run(Submission { key: A, ..heavy(3, 0) });
    pool.run(Submission { key: A, ..heavy(3, 1) });
    assert_eq!(pool.gauges(), (6, 6, 0));
    pool.wait(Submission::new(2));
    pool.wait(Submission { key: A, ..Submission::new(3) });
    pool.pass(10);
    assert_eq!(pool.started(), [2], "two of A run");
}
