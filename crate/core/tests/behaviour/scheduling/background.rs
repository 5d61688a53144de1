//! The background: what can wait for everybody else. And tasks that age.

use workpool_core::{BACKGROUND, MILLISECOND, Options, Policy, Refusal, Submission};

use super::{A, B, heavy, of};
use crate::{Fixture, boots, capacity, resources};

fn background(payload: u32) -> Submission<u32> {
    Submission { priority: BACKGROUND, ..Submission::new(payload) }
}

#[test]
fn it_starts_if_less_than_half_of_the_pool_is_busy() {
    let pool = Fixture::new(capacity(4));
    pool.run(background(0));
    pool.run(background(1));
    pool.wait(background(2));
    let (worker, _) = pool.run(Submission::new(3));
    assert_eq!(pool.complete(worker), None, "two are busy beside it");
    let pool = Fixture::new(capacity(1));
    let (worker, _) = pool.run(background(0));
    pool.wait(background(1));
    assert_eq!(pool.order(worker), [1], "at least one may run");
}

#[test]
fn it_waits_for_every_other_task_that_may_start_and_is_first_in_first_out() {
    let pool = Fixture::new(capacity(1));
    let (worker, _) = pool.run(Submission::new(0));
    for payload in [1, 2] {
        pool.wait(background(payload));
    }
    pool.wait(Submission { priority: 1_000_000, ..Submission::new(3) });
    assert_eq!(pool.order(worker), [3, 1, 2]);
}

#[test]
fn it_is_bounded_by_its_own_count_and_never_fills_the_queue_for_others() {
    let pool = Fixture::new(Options { max_waiting: 1, ..capacity(1) });
    pool.run(Submission::new(0));
    pool.wait(background(1));
    assert_eq!(pool.refuse(&background(2)), Some(Refusal::Overload { waiting: 1, capacity: 1 }));
    pool.wait(Submission::new(3));
    assert_eq!(pool.refuse(&Submission::new(4)), Some(Refusal::Overload { waiting: 2, capacity: 1 }));
}

#[test]
fn a_close_starts_at_once_what_fits_and_then_it_runs_like_any_other() {
    let pool = Fixture::new(capacity(4));
    let workers = [0, 1].map(|payload| pool.run(background(payload)).0);
    for payload in 2..6 {
        pool.wait(background(payload));
    }
    pool.close();
    assert_eq!(pool.started(), [2, 3]);
    let next = pool.complete(workers[0]);
    assert_eq!(next.and_then(|next| pool.payload(next)), Some(4));
}

#[test]
fn a_waiting_task_counts_as_one_priority_higher_after_each_time_of_ageing() {
    let pool = Fixture::new(Options { ageing: Some(10 * MILLISECOND), ..capacity(1) });
    let (worker, _) = pool.run(Submission::new(0));
    pool.wait(Submission { priority: 3, ..Submission::new(1) });
    pool.pass(19);
    pool.wait(Submission { priority: 1, ..Submission::new(2) });
    pool.pass(2);
    pool.wait(Submission { priority: 1, ..Submission::new(3) });
    pool.wait(background(4));
    pool.pass(1_000);
    pool.wait(Submission { priority: 0, ..Submission::new(5) });
    assert_eq!(pool.order(worker), [2, 1, 3, 5, 4], "the background does not age");
}

#[test]
fn it_never_ages() {
    let pool = Fixture::new(Options { ageing: Some(MILLISECOND), ..capacity(1) });
    let (worker, _) = pool.run(Submission::new(0));
    pool.wait(Submission { priority: BACKGROUND, ..Submission::new(1) });
    pool.pass(1_000_000);
    pool.wait(Submission { priority: 1_000, ..Submission::new(2) });
    assert_eq!(pool.order(worker), [2, 1]);
}

#[test]
fn of_tasks_that_age_one_whose_key_may_not_start_holds_nobody_up() {
    let policy = Policy { per_key: 1, ..Policy::NONE };
    let pool = Fixture::new(Options { ageing: Some(10 * MILLISECOND), policy, ..capacity(2) });
    pool.run(of(A, 0));
    let (worker, _) = pool.run(Submission::new(1));
    pool.wait(of(A, 2));
    pool.pass(50);
    pool.wait(Submission::new(3));
    assert_eq!(pool.order(worker), [3]);
}

#[test]
fn a_newcomer_in_the_background_does_not_pass_a_heavy_task() {
    let pool = Fixture::new(capacity(9));
    let (worker, _) = pool.run(heavy(3, 0));
    pool.wait(heavy(7, 1));
    pool.wait(background(2));
    assert_eq!(pool.order(worker), [1, 2]);
}

#[test]
fn it_would_wait_while_another_task_waits_for_a_worker_that_boots() {
    let pool = Fixture::new(Options { nonblocking: true, ..resources(4) });
    pool.wait(Submission::new(0));
    let refusal = Refusal::Overload { waiting: 1, capacity: 4 };
    assert_eq!(pool.refuse(&background(1)), Some(refusal));
    let worker = boots(&pool.effects())[0];
    assert!(pool.booted(worker).is_some());
    pool.wait(background(1));
    assert_eq!(boots(&pool.effects()).len(), 1);
}

#[test]
fn workers_boot_for_it_up_to_half_of_the_pool() {
    let pool = Fixture::new(resources(4));
    for payload in 0..4 {
        pool.wait(background(payload));
    }
    assert_eq!(boots(&pool.effects()).len(), 2);
}

#[test]
fn keys_are_equal_there_and_one_that_may_not_start_is_passed_over() {
    let background = |key, payload| Submission { priority: BACKGROUND, ..of(key, payload) };
    let pool = Fixture::new(capacity(4));
    pool.run(of(A, 0));
    let (worker, _) = pool.run(Submission::new(1));
    pool.wait(background(A, 2));
    pool.wait(background(B, 3));
    assert_eq!(pool.order(worker), [2, 3], "first in first out, although one of A runs");

    let policy = Policy { per_key: 1, ..Policy::NONE };
    let limited = Fixture::new(Options { policy, ..capacity(4) });
    limited.run(of(A, 0));
    limited.wait(background(A, 1));
    limited.run(background(B, 2));
    limited.wait(background(A, 3));
}
