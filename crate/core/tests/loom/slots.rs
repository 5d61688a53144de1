//! Slots and resources: a submit, an end, a deadline, a cancellation, a release beside one another.

use loom::{sync::Arc, thread};
use workpool_core::{
    Admission, Cancelled, Care, Condition, Effect, MILLISECOND, Options, Rejection, Submission, WorkerKind,
};

use crate::{
    desk::{Desk, FIRST, Fate, Why, capacity, resources},
    outcomes,
};

#[test]
fn a_submit_beside_a_finish_neither_waits_for_nobody_nor_starts_twice() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, running) = desk.start(Submission::new(0));
        let other = Arc::clone(&desk);
        let submitter =
            thread::spawn(move || matches!(other.submit(Submission::new(1)), Admission::Waiting(_)));
        desk.finish(worker, running);
        let waited = submitter.join().unwrap();
        assert_eq!(desk.pool.snapshot().running, 1);
        desk.settle(0..2);
        waited
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn two_submits_beside_two_finishes_find_a_worker_each() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(2));
        let tasks = [0, 1].map(|payload| desk.start(Submission::new(payload)));
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            [2, 3].map(|payload| matches!(other.submit(Submission::new(payload)), Admission::Waiting(_)))
        });
        for (worker, task) in tasks {
            desk.finish(worker, task);
        }
        let waited = submitter.join().unwrap();
        assert_eq!(desk.pool.snapshot().busy, 2);
        desk.settle(0..4);
        waited
    });
    assert_eq!(seen, [[false, false], [false, true], [true, false], [true, true]]);
}

#[test]
fn a_submit_beside_growth_does_not_wait_beside_a_free_slot() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        desk.start(Submission::new(0));
        let other = Arc::clone(&desk);
        let submitter =
            thread::spawn(move || matches!(other.submit(Submission::new(1)), Admission::Waiting(_)));
        desk.pool.tune(2);
        let waited = submitter.join().unwrap();
        desk.pool.audit();
        assert_eq!(desk.pool.snapshot().busy, 2);
        desk.settle(0..2);
        waited
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_submit_and_a_finish_beside_shrinking_end_within_the_capacity() {
    for submits_first in [false, true] {
        loom::model(move || {
            let desk = Desk::new(capacity(2));
            let (worker, running) = desk.start(Submission::new(0));
            desk.start(Submission::new(1));
            let other = Arc::clone(&desk);
            let thread = thread::spawn(move || {
                if submits_first {
                    other.submit(Submission::new(2));
                }
                other.pool.tune(1);
            });
            desk.finish(worker, running);
            if !submits_first {
                desk.submit(Submission::new(2));
            }
            thread.join().unwrap();
            desk.settle(0..3);
            assert_eq!(desk.pool.snapshot().running, 1);
        });
    }
}

#[test]
fn a_purge_beside_a_submit_retires_the_worker_or_leaves_it_the_task() {
    let seen = outcomes(|| {
        let desk = Desk::new(Options { expiry: Some(10 * MILLISECOND), ..capacity(1) });
        let (worker, running) = desk.start(Submission::new(0));
        desk.finish(worker, running);
        let other = Arc::clone(&desk);
        let reaper = thread::spawn(move || other.pass(10));
        let admission = desk.submit(Submission::new(1));
        assert!(matches!(admission, Admission::Started(..)), "{admission:?}");
        reaper.join().unwrap();
        let retired = desk.pool.snapshot().counters.retired;
        desk.settle(0..2);
        desk.pass(20);
        assert_eq!(desk.pool.snapshot().running, 0, "the reaper is still armed for the last one");
        retired
    });
    assert_eq!(seen, [0, 1]);
}

#[test]
fn a_deadline_set_beside_the_reaper_is_met() {
    loom::model(|| {
        let desk = Desk::new(capacity(1));
        desk.start(Submission::new(0));
        desk.wait(Submission { wait_timeout: Some(10), ..Submission::new(1) });
        let other = Arc::clone(&desk);
        let reaper = thread::spawn(move || other.pass(10));
        desk.submit(Submission { wait_timeout: Some(5), ..Submission::new(2) });
        reaper.join().unwrap();
        desk.pass(20);
        desk.deliver();
        assert_eq!(desk.pool.snapshot().waiting, 0, "the reaper came for both");
        let fates = desk.settle(0..3);
        for (payload, limit) in [(1, 10), (2, 5)] {
            assert_eq!(fates[&payload], Fate::Rejected(Why::WaitTimeout(limit)));
        }
    });
}

#[test]
fn whoever_arms_the_reaper_too_late_does_not_take_its_next_appointment_away() {
    loom::model(|| {
        let desk = Desk::new(capacity(1));
        let (worker, running) = desk.start(Submission::new(0));
        for payload in [1, 2] {
            desk.wait(Submission { wait_timeout: Some(20), ..Submission::new(payload) });
        }
        let other = Arc::clone(&desk);
        // It starts before the others that wait, and with it goes its deadline. Its thread may not have armed the reaper for that yet.
        let first = Submission { wait_timeout: Some(10), priority: 0, ..Submission::new(3) };
        let late = thread::spawn(move || other.submit(first));
        desk.submit(Submission { wait_timeout: Some(5), ..Submission::new(4) });
        desk.finish(worker, running);
        desk.pass(5);
        late.join().unwrap();
        desk.pass(20);
        desk.deliver();
        assert_eq!(desk.pool.snapshot().waiting, 0, "the reaper came for all");
        let fates = desk.settle(0..5);
        assert_eq!(fates[&2], Fate::Rejected(Why::WaitTimeout(20)));
    });
}

#[test]
fn a_wait_deadline_beside_a_finish_rejects_or_starts() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, running) = desk.start(Submission::new(0));
        desk.wait(Submission { wait_timeout: Some(10), ..Submission::new(1) });
        let other = Arc::clone(&desk);
        let reaper = thread::spawn(move || other.pass(10));
        desk.finish(worker, running);
        reaper.join().unwrap();
        desk.settle(0..2)[&1] == Fate::Ended
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_timeout_beside_a_finish_settles_once() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, task) = desk.start(Submission { timeout: 10, ..Submission::new(0) });
        desk.pool.begin(task);
        desk.pool.limit(task);
        let other = Arc::clone(&desk);
        let reaper = thread::spawn(move || other.pass(10));
        let settled = desk.finish(worker, task).settled;
        reaper.join().unwrap();
        let effects = desk.deliver();
        let rejection = Effect::Reject(task, 0, Rejection::TaskTimeout(10));
        assert_eq!(effects.contains(&rejection), !settled, "by its end or by its deadline");
        desk.settle([0]);
        settled
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_rejection_collected_beside_a_finish_frees_the_record_once() {
    loom::model(|| {
        let desk = Desk::new(capacity(2));
        let (worker, task) = desk.start(Submission { timeout: 10, ..Submission::new(0) });
        desk.pool.begin(task);
        desk.pool.limit(task);
        desk.pass(10);
        desk.deliver();
        let other = Arc::clone(&desk);
        let origin = thread::spawn(move || other.collect());
        assert!(!desk.finish(worker, task).settled);
        origin.join().unwrap();
        desk.pool.audit();
        assert_eq!(desk.start(Submission::new(1)).1.number(), task.number(), "the number is free");
        desk.settle(0..2);
    });
}

#[test]
fn a_release_beside_a_submit_refuses_or_rejects_or_lets_it_run() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        desk.start(Submission::new(0));
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            other.submit(Submission::new(1));
        });
        desk.release();
        submitter.join().unwrap();
        let fates = desk.settle(0..2);
        let fate = fates[&1];
        assert!(matches!(fate, Fate::Refused | Fate::Rejected(Why::Released)), "{fate:?}");
        assert_eq!(desk.pool.snapshot().running, 0);
        fate == Fate::Refused
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_release_beside_a_finish_rejects_or_starts_what_waits() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, running) = desk.start(Submission::new(0));
        desk.wait(Submission::new(1));
        desk.pool.watch(FIRST, 7, Condition::Ended(1), None);
        let other = Arc::clone(&desk);
        let finisher = thread::spawn(move || {
            other.finish(worker, running);
        });
        desk.release();
        finisher.join().unwrap();
        let effects = desk.deliver();
        let told = effects.contains(&Effect::Watched { face: FIRST, token: 7, left: None });
        assert_eq!(
            told,
            desk.pool.snapshot().running == 0,
            "told when the last worker is gone, and not before"
        );
        let fates = desk.settle(0..2);
        assert_eq!(desk.pool.snapshot().running, 0);
        fates[&1] == Fate::Ended
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_cancellation_beside_a_finish_settles_once() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, task) = desk.start(Submission::new(0));
        let other = Arc::clone(&desk);
        let origin = thread::spawn(move || other.cancel(task));
        let settled = desk.finish(worker, task).settled;
        let cancelled = origin.join().unwrap();
        assert_eq!(cancelled, if settled { Cancelled::Late } else { Cancelled::Running });
        desk.settle([0]);
        settled
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_waiting_task_cancelled_beside_a_finish_starts_or_never_runs() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, running) = desk.start(Submission::new(0));
        let task = desk.wait(Submission::new(1));
        let other = Arc::clone(&desk);
        let origin = thread::spawn(move || other.cancel(task));
        let started = desk.finish(worker, running).next.is_some();
        let cancelled = origin.join().unwrap();
        assert_eq!(cancelled, if started { Cancelled::Running } else { Cancelled::Waiting });
        desk.settle(0..2);
        started
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_reboot_beside_a_finish_never_counts_the_older_worker() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, running) = desk.start(Submission::new(0));
        desk.wait(Submission::new(1));
        desk.release();
        let other = Arc::clone(&desk);
        let finisher = thread::spawn(move || {
            other.finish(worker, running);
        });
        desk.pool.reboot();
        let was_there = desk.pool.snapshot().counters.retired == 0;
        desk.start(Submission::new(2));
        assert_eq!(desk.pool.snapshot().running, 1);
        finisher.join().unwrap();
        assert_eq!(desk.pool.snapshot().running, 1);
        let fates = desk.settle(0..3);
        assert_eq!(fates[&1], Fate::Rejected(Why::Released));
        assert_eq!(desk.pool.snapshot().running, 1);
        was_there
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_disposal_that_settles_beside_a_submit_leaves_nobody_waiting_beside_a_free_slot() {
    let seen = outcomes(|| {
        let desk = Desk::new(resources(1));
        let (worker, running) = desk.start(Submission::new(0));
        desk.finish_as(worker, running, true);
        desk.deliver();
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            let had_room = other.pool.has_room();
            other.submit(Submission::new(1));
            had_room
        });
        desk.retired(worker);
        let had_room = submitter.join().unwrap();
        desk.settle(0..2);
        had_room
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_watch_added_beside_a_disposal_that_takes_too_long_is_told_after_that() {
    let seen = outcomes(|| {
        let kind = WorkerKind::Resource(Care { dispose_timeout: Some(10), ..Care::NONE });
        let desk = Desk::new(Options { kind, ..resources(1) });
        let (worker, running) = desk.start(Submission::new(0));
        desk.finish(worker, running);
        desk.release();
        desk.deliver();
        let other = Arc::clone(&desk);
        let reaper = thread::spawn(move || other.pass(10));
        desk.pool.watch(FIRST, 7, Condition::Vacant, None);
        let was_there = desk.pool.snapshot().running == 1;
        reaper.join().unwrap();
        let effects = desk.deliver();
        let told = Effect::Watched { face: FIRST, token: 7, left: None };
        assert_eq!(effects, [Effect::Overdue(worker), told]);
        desk.settle([0]);
        was_there
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_crash_beside_a_submit_leaves_nobody_waiting_beside_a_free_slot() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, _) = desk.start(Submission::new(0));
        let other = Arc::clone(&desk);
        let submitter =
            thread::spawn(move || matches!(other.submit(Submission::new(1)), Admission::Waiting(_)));
        desk.crash(worker);
        let waited = submitter.join().unwrap();
        desk.settle(0..2);
        waited
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_boot_beside_a_submit_and_a_cancellation_takes_whoever_is_left() {
    let seen = outcomes(|| {
        let desk = Desk::new(resources(1));
        let first = desk.wait(Submission::new(0));
        desk.deliver();
        let worker = desk.notes().booting[0];
        let other = Arc::clone(&desk);
        let origin = thread::spawn(move || {
            other.submit(Submission::new(1));
            other.cancel(first) == Cancelled::Waiting
        });
        let taken = desk.booted(worker);
        let was_waiting = origin.join().unwrap();
        assert_eq!(desk.pool.snapshot().busy, 1);
        desk.settle(0..2);
        assert_eq!(was_waiting, taken != Some(first));
        was_waiting
    });
    assert_eq!(seen, [false, true]);
}
