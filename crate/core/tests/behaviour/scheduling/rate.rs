//! A rate: most starts in any interval.

use workpool_core::{Change, Effect, MILLISECOND, Options, Policy, Rate, Reason, Refusal, Submission};

use crate::{Fixture, capacity};

fn rate(limit: u32, milliseconds: u64) -> Option<Rate> {
    Some(Rate { limit, interval: milliseconds * MILLISECOND })
}

fn limited(limit: u32, milliseconds: u64, options: Options) -> Fixture {
    Fixture::new(Options { policy: Policy { rate: rate(limit, milliseconds), ..Policy::NONE }, ..options })
}

#[test]
fn tasks_wait_for_it_as_for_a_worker_and_the_reaper_wakes_them() {
    let pool = limited(1, 100, capacity(8));
    pool.run(Submission::new(0));
    pool.wait(Submission::new(1));
    pool.wait(Submission { priority: 0, ..Submission::new(2) });
    pool.wait(Submission { wait_timeout: Some(50), ..Submission::new(3) });
    pool.pass(99);
    assert_eq!(pool.started(), []);
    assert_eq!(pool.snapshot().counters.wait_timeout, 1);
    pool.pass(1);
    assert_eq!(pool.started(), [2]);
    pool.pass(100);
    assert_eq!(pool.started(), [1]);
}

#[test]
fn whoever_would_have_to_wait_for_it_is_refused_with_that_reason() {
    let pool = limited(2, 100, Options { nonblocking: true, ..capacity(8) });
    pool.run(Submission::new(0));
    pool.run(Submission::new(1));
    let refusal = Refusal::Barred { reason: Reason::Rate, waiting: 0, capacity: 8 };
    assert_eq!(pool.refuse(&Submission::new(2)), Some(refusal));
    pool.pass(40);
    assert_eq!(pool.retry_after(Some(Reason::Rate)), Some(60 * MILLISECOND));
    assert_eq!(pool.snapshot().counters.rate, 1);
    pool.pass(60);
    pool.run(Submission::new(3));
}

#[test]
fn tasks_that_wait_for_it_are_bounded_as_all_that_wait() {
    let pool = limited(1, 100, Options { max_waiting: 1, ..capacity(8) });
    pool.run(Submission::new(0));
    let hasty = Submission { wait_timeout: Some(0), ..Submission::new(1) };
    assert_eq!(pool.refuse(&hasty), Some(Refusal::WaitTimeout));
    pool.wait(Submission::new(1));
    let refusal = Refusal::Barred { reason: Reason::Rate, waiting: 1, capacity: 8 };
    assert_eq!(pool.refuse(&Submission::new(2)), Some(refusal));
    assert!(!pool.has_vacancy());
}

#[test]
fn it_says_when_a_task_behind_all_that_wait_would_start() {
    let pool = limited(2, 100, capacity(8));
    for payload in 0..2 {
        pool.run(Submission::new(payload));
    }
    for payload in 2..7 {
        pool.wait(Submission::new(payload));
    }
    assert_eq!(pool.retry_after(Some(Reason::Rate)), Some(300 * MILLISECOND));
}

#[test]
fn starts_are_kept_across_a_reboot_and_a_change_of_the_rate() {
    let pool = limited(2, 100, capacity(8));
    let workers = [0, 1].map(|payload| pool.run(Submission::new(payload)).0);
    for worker in workers {
        pool.complete(worker);
    }
    pool.release(None);
    pool.reboot();
    pool.wait(Submission::new(2));
    pool.configure(&Change { rate: Some(rate(3, 100)), ..Change::default() });
    assert_eq!(pool.started(), [], "what is not known is taken to have been as late as the oldest that is");
    pool.pass(100);
    assert_eq!(pool.started(), [2]);
    pool.configure(&Change { rate: Some(rate(1, 100)), ..Change::default() });
    pool.wait(Submission::new(3));
    pool.configure(&Change { rate: Some(None), ..Change::default() });
    assert_eq!(pool.started(), [3]);
    assert!(!pool.is_armed() || pool.snapshot().waiting == 0);
}

#[test]
fn a_start_counts_also_if_it_comes_to_nothing() {
    let pool = limited(1, 100, capacity(8));
    let (worker, id) = pool.run(Submission::new(0));
    pool.cancel(id);
    pool.complete(worker);
    pool.wait(Submission::new(1));
    pool.pass(100);
    assert_eq!(pool.started(), [1]);
}

#[test]
fn a_pool_that_closes_runs_what_waits_for_the_rate_and_ends_after_it() {
    let pool = limited(1, 100, capacity(8));
    let (worker, _) = pool.run(Submission::new(0));
    pool.wait(Submission::new(1));
    let generation = pool.close();
    pool.watch(workpool_core::FaceId::FIRST, 1, workpool_core::Condition::Ended(generation), None);
    pool.complete(worker);
    assert_eq!(pool.effects(), [], "no worker is left, but a task waits");
    pool.pass(100);
    let [(worker, 1)] = pool.starts()[..] else { panic!("it starts while the pool closes") };
    pool.complete(worker);
    assert!(matches!(pool.effects()[..], [Effect::Watched { token: 1, left: None, .. }]));
}
