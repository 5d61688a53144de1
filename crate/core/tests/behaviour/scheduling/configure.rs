//! Options that change while the pool runs, and the hint when to try again.

use workpool_core::{
    Change, FaceId, MILLISECOND, Options, Overload, Policy, Reason, Refusal, Rejection, Shed, Submission,
    WorkerKind,
};

use super::{A, of};
use crate::{Fixture, boots, capacity, rejections, retirements};

#[test]
fn a_change_holds_at_once_for_who_waits() {
    let pool = Fixture::new(Options { policy: Policy { per_key: 1, ..Policy::NONE }, ..capacity(4) });
    pool.run(of(A, 0));
    for payload in 1..4 {
        pool.wait(of(A, payload));
    }
    pool.configure(&Change { per_key: Some(3), ..Change::default() });
    assert_eq!(pool.started(), [1, 2]);
    pool.configure(&Change { per_key: Some(1), capacity: Some(8), ..Change::default() });
    assert_eq!(pool.started(), []);
    assert_eq!(pool.snapshot().capacity, 8);
}

#[test]
fn bounds_change_for_newcomers() {
    let pool = Fixture::new(capacity(1));
    pool.run(Submission::new(0));
    pool.configure(&Change { max_waiting: Some(1), ..Change::default() });
    pool.wait(Submission::new(1));
    let refusal = Some(Refusal::Overload { waiting: 1, capacity: 1 });
    assert_eq!(pool.refuse(&Submission::new(2)), refusal);
    pool.configure(&Change { max_waiting: Some(0), ..Change::default() });
    assert_eq!(pool.refuse(&Submission::new(2)), None);
    pool.configure(&Change { nonblocking: Some(true), ..Change::default() });
    assert_eq!(pool.refuse(&Submission::new(2)), refusal);
}

#[test]
fn an_expiry_counts_from_the_change_for_who_is_idle_already() {
    let pool = Fixture::new(capacity(2));
    pool.fill_and_complete(2);
    pool.pass(1_000);
    pool.configure(&Change { expiry: Some(Some(10 * MILLISECOND)), ..Change::default() });
    pool.pass(9);
    assert_eq!(pool.gauges(), (2, 0, 0));
    pool.pass(1);
    assert_eq!(pool.gauges(), (0, 0, 0));
    pool.fill_and_complete(1);
    pool.configure(&Change { expiry: Some(None), ..Change::default() });
    pool.pass(1_000);
    assert_eq!(pool.gauges(), (1, 0, 0));
}

#[test]
fn another_grace_holds_for_aborts_from_then_on() {
    let kind = WorkerKind::Thread { grace: 1_000 * MILLISECOND };
    let pool = Fixture::new(Options { kind, ..capacity(1) });
    let task = pool.wait(Submission::new(0));
    let worker = boots(&pool.effects())[0];
    pool.booted(worker);
    pool.take(worker, task, 0);
    pool.configure(&Change { grace: Some(5 * MILLISECOND), ..Change::default() });
    pool.cancel(task);
    pool.pass(5);
    assert_eq!(pool.effects(), [workpool_core::Effect::Kill(worker)]);
    assert_eq!(retirements(&pool.effects()), []);
}

#[test]
fn what_a_pool_does_without_rules_again_it_does_as_ever() {
    let pool = Fixture::new(capacity(2));
    let (worker, _) = pool.run(Submission::new(0));
    pool.configure(&Change { per_key: Some(1), ..Change::default() });
    pool.pause(FaceId::FIRST);
    pool.wait(Submission::new(1));
    pool.wait(Submission::new(2));
    pool.configure(&Change { per_key: Some(workpool_core::UNBOUNDED), ..Change::default() });
    pool.resume();
    assert_eq!(pool.started(), [1]);
    assert_eq!(pool.order(worker), [2]);
}

#[test]
fn who_is_refused_is_told_how_long_the_queue_takes_at_the_rate_of_ends() {
    let pool = Fixture::new(Options { max_waiting: 4, ..capacity(1) });
    let (worker, _) = pool.run(Submission::new(0));
    for payload in 1..5 {
        pool.wait(Submission::new(payload));
    }
    assert_eq!(pool.retry_after(None), None, "the first sample");
    for payload in 5..9 {
        pool.pass(50);
        pool.complete(worker);
        pool.wait(Submission::new(payload));
    }
    assert_eq!(pool.retry_after(None), Some(200 * MILLISECOND), "four wait, and one ends in 50 ms");
    pool.pass(100);
    assert_eq!(pool.retry_after(None), None, "nothing has ended since");
}

#[test]
fn tasks_that_came_before_have_waited_from_the_moment_at_which_shedding_begins() {
    let pool = Fixture::new(capacity(1));
    let (worker, _) = pool.run(Submission::new(0));
    pool.wait(Submission::new(1));
    pool.pass(1_000);
    let shed = Some(Shed { target: 20 * MILLISECOND, interval: 10 * MILLISECOND });
    pool.configure(&Change { shed: Some(shed), ..Change::default() });
    pool.pass(20);
    let last = pool.wait(Submission::new(2));
    assert_eq!(pool.complete(worker), Some(last), "the queue stands");
    assert_eq!(rejections(&pool.effects()), [], "exactly the target is not too long");
}

#[test]
fn another_target_leaves_the_clock_of_a_queue_alone() {
    let shed = |target| Some(Shed { target: target * MILLISECOND, interval: 10 * MILLISECOND });
    let pool = Fixture::new(Options { policy: Policy { shed: shed(9), ..Policy::NONE }, ..capacity(1) });
    let (worker, _) = pool.run(Submission::new(0));
    pool.wait(Submission::new(1));
    pool.pass(8);
    pool.configure(&Change { shed: Some(shed(5)), ..Change::default() });
    pool.pass(2);
    let last = pool.wait(Submission::new(2));
    assert_eq!(pool.complete(worker), Some(last));
    assert_eq!(rejections(&pool.effects()), [(1, Rejection::Shed)]);
}

#[test]
fn what_a_full_queue_does_and_how_many_of_a_key_may_wait_change_for_newcomers() {
    let pool = Fixture::new(Options { max_waiting: 1, ..capacity(1) });
    pool.run(Submission::new(0));
    pool.wait(of(A, 1));
    pool.configure(&Change { overload: Some(Overload::DiscardOldest), ..Change::default() });
    pool.wait(of(A, 2));
    assert_eq!(rejections(&pool.effects()), [(1, Rejection::Displaced)]);
    pool.configure(&Change { max_waiting_per_key: Some(1), ..Change::default() });
    let refusal = Refusal::Barred { reason: Reason::Key, waiting: 1, capacity: 1 };
    assert_eq!(pool.refuse(&of(A, 3)), Some(refusal));
}

#[test]
fn who_is_refused_beside_an_empty_queue_would_be_the_next() {
    let pool = Fixture::new(Options { nonblocking: true, ..capacity(1) });
    let (worker, _) = pool.run(Submission::new(0));
    assert_eq!(pool.retry_after(None), None);
    pool.pass(100);
    pool.complete(worker);
    pool.run(Submission::new(1));
    assert_eq!(pool.retry_after(None), Some(100 * MILLISECOND));
}
