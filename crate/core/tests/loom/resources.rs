//! Workers that are looked after: validated before they are used again, and given up if they boot for too long, beside
//! those who want to use them.
//!
//! Each model has been seen to fail with its rule broken: the line before the test says how.

use loom::{sync::Arc, thread};
use workpool_core::{Admission, Cancelled, Care, Options, Submission, WorkerId, WorkerKind};

use crate::{
    desk::{Desk, Fate, Why, resources},
    outcomes,
};

/// After so many milliseconds nobody waits for a boot any more.
const LIMIT: u32 = 10;

fn cared_for(care: Care) -> Options {
    Options { kind: WorkerKind::Resource(care), ..resources(1) }
}

/// A worker that is validated for task 1, which waits. Task 0 has ended.
fn validating() -> (Arc<Desk>, WorkerId) {
    let desk = Desk::new(cared_for(Care { validate_after: Some(0), ..Care::NONE }));
    let (worker, first) = desk.start(Submission::new(0));
    desk.finish(worker, first);
    desk.wait(Submission::new(1));
    desk.deliver();
    assert_eq!(desk.notes().booting, [worker]);
    (desk, worker)
}

/// A worker that boots for task 0.
fn booting() -> (Arc<Desk>, WorkerId) {
    let desk = Desk::new(cared_for(Care { init_timeout: Some(LIMIT), ..Care::NONE }));
    desk.wait(Submission::new(0));
    desk.deliver();
    let worker = desk.notes().booting[0];
    (desk, worker)
}

// Broken: an invalid worker is not taken down.
#[test]
fn a_validation_that_fails_beside_a_submit_leaves_nobody_waiting() {
    let seen = outcomes(|| {
        let (desk, worker) = validating();
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            let was_there = other.pool.snapshot().counters.retired == 0;
            other.submit(Submission::new(2));
            was_there
        });
        desk.invalid(worker);
        desk.deliver();
        desk.retired(worker);
        let was_there = submitter.join().unwrap();
        let fates = desk.settle(0..3);
        assert!(fates.values().all(|&fate| fate == Fate::Ended));
        was_there
    });
    assert_eq!(seen, [false, true]);
}

// Broken: a worker that is valid takes no task.
#[test]
fn a_valid_worker_beside_a_cancellation_and_a_submit_takes_whoever_is_left() {
    let seen = outcomes(|| {
        let (desk, worker) = validating();
        let other = Arc::clone(&desk);
        let origin = thread::spawn(move || {
            let admission = other.submit(Submission { priority: 0, ..Submission::new(2) });
            let Admission::Waiting(task) = admission else { panic!("a worker is validated, or has task 1") };
            other.cancel(task) == Cancelled::Waiting
        });
        let taken = desk.booted(worker);
        let was_waiting = origin.join().unwrap();
        assert_eq!(desk.pool.snapshot().busy, 1);
        let fates = desk.settle(0..3);
        assert_eq!(fates[&2] == Fate::Cancelled, true);
        (taken.is_some(), was_waiting)
    });
    assert_eq!(seen, [(true, false), (true, true)]);
}

// Broken: a worker that is valid takes no task.
#[test]
fn a_valid_worker_beside_a_close_runs_what_waits_and_retires() {
    let seen = outcomes(|| {
        let (desk, worker) = validating();
        let other = Arc::clone(&desk);
        let closer = thread::spawn(move || {
            other.pool.close();
            other.pool.snapshot().waiting
        });
        assert!(desk.booted(worker).is_some());
        let waiting = closer.join().unwrap();
        let fates = desk.settle(0..2);
        assert!(fates.values().all(|&fate| fate == Fate::Ended));
        assert_eq!(desk.pool.snapshot().running, 0);
        waiting
    });
    assert_eq!(seen, [0, 1]);
}

// Broken: an invalid worker is not taken down.
#[test]
fn an_invalid_worker_beside_a_close_is_replaced_for_what_waits() {
    let seen = outcomes(|| {
        let (desk, worker) = validating();
        let other = Arc::clone(&desk);
        let closer = thread::spawn(move || {
            other.pool.close();
            other.pool.snapshot().counters.retired
        });
        desk.invalid(worker);
        desk.deliver();
        desk.retired(worker);
        let retired = closer.join().unwrap();
        let fates = desk.settle(0..2);
        assert!(fates.values().all(|&fate| fate == Fate::Ended));
        assert_eq!(desk.pool.snapshot().running, 0);
        retired
    });
    assert_eq!(seen, [0, 1]);
}

// Broken: a resource that is ready too late is not taken down.
#[test]
fn a_boot_beside_the_end_of_its_time_starts_the_task_or_is_taken_down() {
    let seen = outcomes(|| {
        let (desk, worker) = booting();
        let other = Arc::clone(&desk);
        let reaper = thread::spawn(move || other.pass(u64::from(LIMIT)));
        let has_task = desk.booted(worker).is_some();
        reaper.join().unwrap();
        let fates = desk.settle([0]);
        let is_late = Fate::Rejected(Why::WaitTimeout(LIMIT));
        assert_eq!(fates[&0], if has_task { Fate::Ended } else { is_late });
        has_task
    });
    assert_eq!(seen, [false, true]);
}

// Broken: a resource that is ready too late is not taken down.
#[test]
fn a_late_boot_beside_a_submit_gives_its_slot_back() {
    let seen = outcomes(|| {
        let (desk, worker) = booting();
        desk.pass(u64::from(LIMIT));
        desk.deliver();
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            let was_there = other.pool.snapshot().running == 1;
            other.wait(Submission::new(1));
            was_there
        });
        assert_eq!(desk.booted(worker), None);
        desk.deliver();
        desk.retired(worker);
        let was_there = submitter.join().unwrap();
        // The back-off, after which a worker boots.
        desk.pass(100);
        let fates = desk.settle(0..2);
        assert_eq!(fates[&1], Fate::Ended);
        was_there
    });
    assert_eq!(seen, [false, true]);
}

// Broken: a closing pool tries again after a boot that was late.
#[test]
fn a_late_boot_beside_a_close_rejects_all_that_wait_or_leaves_them_to_the_next_attempt() {
    let seen = outcomes(|| {
        let (desk, worker) = booting();
        desk.wait(Submission::new(1));
        let other = Arc::clone(&desk);
        let closer = thread::spawn(move || other.pool.close());
        desk.pass(u64::from(LIMIT));
        let is_rejected = desk.pool.snapshot().waiting == 0;
        closer.join().unwrap();
        assert_eq!(desk.booted(worker), None);
        desk.deliver();
        desk.retired(worker);
        // The back-off, after which a worker boots.
        desk.pass(100);
        let fates = desk.settle(0..2);
        let is_late = Fate::Rejected(Why::WaitTimeout(LIMIT));
        assert_eq!(fates[&0], is_late);
        assert_eq!(fates[&1], if is_rejected { is_late } else { Fate::Ended });
        is_rejected
    });
    assert_eq!(seen, [false, true]);
}
