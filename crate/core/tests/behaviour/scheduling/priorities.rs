//! A waiting task gets another priority.

use workpool_core::{BACKGROUND, Cancelled, FaceId, Options, Rejection, Submission};

use super::{A, of};
use crate::{Fixture, capacity, rejections};

fn low(payload: u32) -> Submission<u32> {
    Submission { priority: 2, ..Submission::new(payload) }
}

#[test]
fn it_stands_behind_all_others_of_that_priority() {
    let pool = Fixture::new(capacity(1));
    let (worker, running) = pool.run(Submission::new(0));
    let tasks: Vec<_> = (1..4).map(|payload| pool.wait(low(payload))).collect();
    pool.wait(Submission::new(4));
    assert!(pool.set_priority(tasks[2], 1));
    assert!(pool.set_priority(tasks[0], 2), "also if it is its own");
    assert!(!pool.set_priority(running, 0), "it does not wait");
    pool.wait(Submission::new(5));
    assert_eq!(pool.order(worker), [4, 3, 5, 2, 1]);
    assert!(!pool.set_priority(tasks[1], 0), "it is done with");
}

#[test]
fn a_pool_with_a_schedule_keeps_that_order_with_keys_and_with_tasks_that_age() {
    let pool = Fixture::new(capacity(1));
    let (worker, _) = pool.run(of(A, 0));
    let first = pool.wait(of(A, 1));
    pool.wait(of(A, 2));
    pool.wait(Submission::new(3));
    let other = pool.wait(low(4));
    pool.set_priority(other, 1);
    pool.set_priority(first, 1);
    assert_eq!(pool.order(worker), [2, 3, 4, 1]);

    let pool = Fixture::new(Options { ageing: Some(10), ..capacity(1) });
    let (worker, _) = pool.run(Submission::new(0));
    let moved = pool.wait(low(1));
    pool.clock.advance(100);
    pool.wait(Submission::new(2));
    pool.set_priority(moved, 1);
    pool.clock.advance(1);
    pool.wait(Submission::new(3));
    assert_eq!(pool.order(worker), [2, 1, 3]);
}

#[test]
fn it_stands_behind_whoever_awaited_a_vacancy_there_before() {
    let pool = Fixture::new(capacity(1));
    let (worker, _) = pool.run(Submission::new(0));
    let task = pool.wait(Submission::new(1));
    pool.await_vacancy(FaceId::FIRST, 1);
    pool.set_priority(task, 1);
    pool.await_vacancy(FaceId::FIRST, 2);
    assert_eq!(pool.complete(worker), None, "the first wait is told");
    pool.end_turns(FaceId::FIRST, 1);
    assert_eq!(pool.started(), [1]);
}

#[test]
fn the_background_has_a_bound_of_its_own() {
    let pool = Fixture::new(Options { max_waiting: 1, ..capacity(1) });
    let (worker, _) = pool.run(Submission::new(0));
    let background = pool.wait(Submission { priority: BACKGROUND, ..Submission::new(1) });
    let normal = pool.wait(Submission::new(2));
    assert!(!pool.set_priority(background, 1) && !pool.set_priority(normal, BACKGROUND));
    assert!(pool.set_priority(normal, 5), "that adds nobody");
    assert_eq!(pool.cancel(normal), Cancelled::Waiting);
    assert!(pool.set_priority(background, 1));
    assert_eq!(pool.order(worker), [1]);
}

#[test]
fn a_task_that_may_start_in_its_new_priority_does() {
    let pool = Fixture::new(capacity(4));
    let busy = [pool.run(Submission::new(0)), pool.run(Submission::new(1))];
    let task = pool.wait(Submission { priority: BACKGROUND, ..Submission::new(2) });
    assert!(pool.set_priority(task, 2));
    assert_eq!(pool.started(), [2]);
    assert!(busy.iter().all(|&(worker, _)| pool.complete(worker).is_none()));
}

#[test]
fn its_wait_timeout_runs_on_and_a_cleared_one_has_left() {
    let pool = Fixture::new(capacity(1));
    pool.run(Submission::new(0));
    let task = pool.wait(Submission { wait_timeout: Some(5), ..Submission::new(1) });
    let other = pool.wait(low(2));
    pool.set_priority(task, 3);
    pool.set_priority(other, 3);
    pool.pass(5);
    assert!(rejections(&pool.effects()).contains(&(1, Rejection::WaitTimeout(5))));
    pool.clear();
    assert!(!pool.set_priority(other, 0));
}

#[test]
fn a_task_that_is_cleared_and_has_still_to_be_told_keeps_its_priority() {
    const CROWD: u32 = 20_000;
    let pool = Fixture::new(capacity(1));
    pool.run(Submission::new(0));
    let tasks: Vec<_> = (1..=CROWD).map(|payload| pool.wait(Submission::new(payload))).collect();
    assert_eq!(pool.clear(), u64::from(CROWD));
    let told = rejections(&pool.effects()).len();
    assert!(told < tasks.len(), "the reaper tells the rest");
    assert!(!pool.set_priority(tasks[tasks.len() - 1], 0));
    pool.pass(0);
    let cleared = rejections(&pool.effects());
    assert_eq!(told + cleared.len(), tasks.len());
    assert!(cleared.iter().all(|&(_, rejection)| rejection == Rejection::Cleared));
}
