//! Faces that leave or depart beside others that go on.

use loom::{sync::Arc, thread};
use workpool_core::{Admission, Condition, Effect};

use crate::{
    desk::{Desk, FIRST, Fate, capacity, job},
    outcomes,
};

#[test]
fn a_departure_beside_a_finish_hands_on_a_worker_that_has_taken_what_departs() {
    let seen = outcomes(|| {
        let (desk, second) = Desk::shared(capacity(1));
        let (worker, running) = desk.start(job(second, 0));
        desk.wait(job(FIRST, 1));
        desk.wait(job(second, 2));
        desk.wait(job(FIRST, 3));
        let other = Arc::clone(&desk);
        let finisher = thread::spawn(move || {
            other.finish(worker, running);
        });
        assert!(!desk.depart(FIRST));
        finisher.join().unwrap();
        assert_eq!(desk.pool.snapshot().busy, 1, "with the only task that is left");
        let started_elsewhere =
            desk.deliver().into_iter().filter(|effect| matches!(effect, Effect::Start(..))).count();
        desk.settle([0, 2]);
        assert_eq!(desk.pool.snapshot().counters.cancelled, 2);
        started_elsewhere
    });
    assert_eq!(seen, [0, 2], "the worker's own next, or by way of a task that departs");
}

#[test]
fn a_worker_of_a_face_that_departs_is_finished_beside_it_by_whoever_has_it_next() {
    let seen = outcomes(|| {
        let (desk, second) = Desk::shared(capacity(2));
        desk.start(job(FIRST, 0));
        desk.start(job(FIRST, 1));
        desk.wait(job(second, 2));
        desk.wait(job(FIRST, 3));
        desk.wait(job(second, 4));
        let other = Arc::clone(&desk);
        let finisher = thread::spawn(move || {
            other.finish_all(second);
            other.pool.snapshot().counters.completed
        });
        desk.depart(FIRST);
        let completed = finisher.join().unwrap();
        desk.settle([2, 4]);
        assert_eq!(desk.pool.snapshot().counters.cancelled, 3);
        completed
    });
    assert_eq!(seen, [0, 1, 2], "between two lock holds, too");
}

#[test]
fn a_face_that_finishes_before_it_departs_beside_another_one_that_submits_leaves_nothing() {
    let seen = outcomes(|| {
        let (desk, second) = Desk::shared(capacity(1));
        let (worker, running) = desk.start(job(FIRST, 0));
        desk.wait(job(FIRST, 1));
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || matches!(other.submit(job(second, 2)), Admission::Waiting(_)));
        desk.finish(worker, running);
        desk.depart(FIRST);
        let waited = submitter.join().unwrap();
        assert_eq!(desk.pool.snapshot().busy, 1);
        desk.settle([2]);
        waited
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_departure_beside_a_submit_of_another_face_neither_loses_nor_doubles_its_task() {
    let seen = outcomes(|| {
        let (desk, second) = Desk::shared(capacity(1));
        desk.start(job(FIRST, 0));
        desk.wait(job(FIRST, 1));
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            [2, 3].map(|number| matches!(other.submit(job(second, number)), Admission::Waiting(_)))
        });
        desk.depart(FIRST);
        let waited = submitter.join().unwrap();
        assert_eq!(desk.pool.snapshot().busy, 1);
        desk.settle([2, 3]);
        waited
    });
    assert_eq!(seen, [[false, true], [true, true]]);
}

#[test]
fn of_two_faces_that_depart_at_once_one_is_the_last() {
    let seen = outcomes(|| {
        let (desk, second) = Desk::shared(capacity(1));
        desk.start(job(FIRST, 0));
        desk.wait(job(second, 1));
        let other = Arc::clone(&desk);
        let thread = thread::spawn(move || other.depart(second));
        let is_last = desk.depart(FIRST);
        assert_ne!(thread.join().unwrap(), is_last);
        desk.settle([]);
        let snapshot = desk.pool.snapshot();
        assert_eq!((snapshot.is_closed, snapshot.running, snapshot.counters.cancelled), (true, 0, 2));
        assert_eq!(desk.pool.join(), None);
        is_last
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn of_two_faces_that_leave_at_once_the_last_one_closes_the_pool() {
    let seen = outcomes(|| {
        let (desk, second) = Desk::shared(capacity(1));
        desk.start(job(FIRST, 0));
        let other = Arc::clone(&desk);
        let thread = thread::spawn(move || other.pool.leave(second));
        let closed = [desk.pool.leave(FIRST), thread.join().unwrap()];
        assert_eq!(closed.iter().flatten().count(), 1, "{closed:?}");
        desk.settle([0]);
        assert_eq!(desk.pool.snapshot().running, 0);
        closed[0].is_some()
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_face_that_leaves_beside_its_submit_refuses_the_task_or_runs_it() {
    for others_stay in [false, true] {
        let seen = outcomes(move || {
            let (desk, second) = Desk::shared(capacity(1));
            desk.start(job(second, 0));
            if !others_stay {
                desk.pool.leave(second);
            }
            let other = Arc::clone(&desk);
            let submitter = thread::spawn(move || {
                other.submit(job(FIRST, 1));
            });
            assert_eq!(desk.pool.leave(FIRST).is_none(), others_stay);
            desk.pool.watch(FIRST, 1, Condition::Left, None);
            submitter.join().unwrap();
            let fate = desk.settle(0..2)[&1];
            assert!(desk.pool.is_quiet(FIRST));
            assert_eq!(desk.pool.snapshot().is_closed, !others_stay);
            fate == Fate::Refused
        });
        assert_eq!(seen, [false, true]);
    }
}
