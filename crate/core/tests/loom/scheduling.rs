//! Scheduling: what changes who may start, beside those who want to start.
//!
//! Each model has been seen to fail with its rule broken: the line before the test says how.

use loom::{sync::Arc, thread};
use workpool_core::{
    Admission, Change, FaceId, Key, MILLISECOND, Options, Policy, Rate, Refusal, Submission,
};

use crate::{
    desk::{Desk, Fate, capacity},
    outcomes,
};

/// How long the rate's interval is, in milliseconds.
const INTERVAL: u64 = 10;

/// One start in an interval.
fn one_at_a_time(workers: u32) -> Options {
    let rate = Some(Rate { limit: 1, interval: INTERVAL * MILLISECOND });
    Options { policy: Policy { rate, ..Policy::NONE }, ..capacity(workers) }
}

// Broken: `first_task` does not ask whether the pool is paused.
#[test]
fn a_finish_beside_a_pause_starts_the_next_task_before_the_pause_or_not_at_all() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, running) = desk.start(Submission::new(0));
        desk.wait(Submission::new(1));
        let other = Arc::clone(&desk);
        let pauser = thread::spawn(move || {
            assert!(other.pool.pause(FaceId::FIRST));
            other.pool.snapshot().waiting
        });
        let has_next = desk.finish(worker, running).next.is_some();
        let waiting = pauser.join().unwrap();
        let snapshot = desk.pool.snapshot();
        assert_eq!((snapshot.busy, snapshot.waiting), if has_next { (1, 0) } else { (0, 1) });
        desk.pool.audit();
        desk.pool.resume();
        let fates = desk.settle(0..2);
        assert!(fates.values().all(|&fate| fate == Fate::Ended));
        (has_next, waiting)
    });
    // The task that waits when the pool has been paused waits until the pool resumes.
    assert_eq!(seen, [(false, 1), (true, 0)]);
}

// Broken: `resume` makes the pool plain again and starts nobody.
#[test]
fn a_finish_beside_a_resume_leaves_nobody_waiting_beside_a_free_slot() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, running) = desk.start(Submission::new(0));
        desk.wait(Submission::new(1));
        desk.pool.pause(FaceId::FIRST);
        let other = Arc::clone(&desk);
        let resumer = thread::spawn(move || other.pool.resume());
        let has_next = desk.finish(worker, running).next.is_some();
        resumer.join().unwrap();
        let snapshot = desk.pool.snapshot();
        assert_eq!((snapshot.busy, snapshot.waiting), (1, 0));
        desk.settle(0..2);
        has_next
    });
    assert_eq!(seen, [false, true]);
}

// Broken: a transition of a scheduled pool ends without serving who waits.
#[test]
fn a_submit_beside_a_change_of_what_a_key_may_do_does_not_wait_although_it_may_start() {
    let seen = outcomes(|| {
        let policy = Policy { per_key: 1, ..Policy::NONE };
        let desk = Desk::new(Options { policy, ..capacity(2) });
        let of_key = |number| Submission { key: Some(Key(7)), ..Submission::new(number) };
        desk.start(of_key(0));
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || matches!(other.submit(of_key(1)), Admission::Waiting(_)));
        desk.pool.configure(&Change { per_key: Some(2), ..Change::default() });
        let waited = submitter.join().unwrap();
        assert_eq!(desk.pool.snapshot().busy, 2);
        desk.settle(0..2);
        waited
    });
    assert_eq!(seen, [false, true]);
}

// Broken: `tune`, which `configure` calls, starts nobody.
#[test]
fn a_submit_beside_a_change_of_several_options_sees_all_of_its_policy_or_none() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        desk.start(Submission::new(0));
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || match other.submit(Submission::new(1)) {
            Admission::Refused(Refusal::Overload { .. }) => None,
            Admission::Refused(refusal) => panic!("{refusal:?}"),
            admission => Some(matches!(admission, Admission::Waiting(_))),
        });
        let change = Change { nonblocking: Some(true), capacity: Some(2), ..Change::default() };
        desk.pool.configure(&change);
        let waited = submitter.join().unwrap();
        let snapshot = desk.pool.snapshot();
        assert_eq!((snapshot.busy, snapshot.waiting), (if waited.is_some() { 2 } else { 1 }, 0));
        desk.settle(0..2);
        waited
    });
    // It is refused between the hold that changes the options and the one that changes the capacity.
    assert_eq!(seen, [None, Some(false), Some(true)]);
}

// Broken: the rate notes no start after the first moment, so the reaper starts two.
#[test]
fn a_submit_beside_the_timer_of_the_rate_passes_nobody_and_the_rate_starts_one() {
    let seen = outcomes(|| {
        let desk = Desk::new(one_at_a_time(3));
        desk.start(Submission::new(0));
        desk.wait(Submission::new(1));
        let other = Arc::clone(&desk);
        let reaper = thread::spawn(move || other.pass(INTERVAL));
        desk.wait(Submission::new(2));
        let had_started = desk.pool.snapshot().busy == 2;
        reaper.join().unwrap();
        let snapshot = desk.pool.snapshot();
        assert_eq!((snapshot.busy, snapshot.waiting), (2, 1));
        desk.pass(INTERVAL);
        assert_eq!(desk.pool.snapshot().busy, 3);
        desk.settle(0..3);
        had_started
    });
    assert_eq!(seen, [false, true]);
}

// Broken: the pool makes no appointment for the moment at which the rate allows the next start.
#[test]
fn a_submit_that_waits_for_the_rate_beside_the_reaper_is_woken() {
    let seen = outcomes(|| {
        let desk = Desk::new(one_at_a_time(1));
        let (worker, running) = desk.start(Submission::new(0));
        desk.finish(worker, running);
        let other = Arc::clone(&desk);
        let reaper = thread::spawn(move || {
            other.pass(INTERVAL);
            // The lock has loom try both orders of the submit and the time.
            other.pool.audit();
        });
        let has_started = matches!(desk.submit(Submission::new(1)), Admission::Started(..));
        reaper.join().unwrap();
        desk.pass(INTERVAL);
        assert_eq!(desk.pool.snapshot().waiting, 0);
        desk.settle(0..2);
        has_started
    });
    assert_eq!(seen, [false, true]);
}
