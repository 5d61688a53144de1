//! Those who wait for a vacancy, beside whatever makes one.

use loom::{sync::Arc, thread};
use workpool_core::Submission;

use crate::{
    desk::{Desk, FIRST, capacity, job},
    outcomes,
};

#[test]
fn a_vacancy_awaited_beside_a_finish_is_told_once() {
    loom::model(|| {
        let desk = Desk::new(capacity(1));
        let (worker, running) = desk.start(Submission::new(0));
        let other = Arc::clone(&desk);
        let producer = thread::spawn(move || {
            other.pool.await_vacancy(FIRST, 1);
            other.pool.await_vacancy(FIRST, 2);
        });
        desk.finish(worker, running);
        // Whoever has been told so far has had the turn.
        desk.deliver();
        let told = desk.notes().answers.len() as u32;
        desk.pool.end_turns(FIRST, told);
        producer.join().unwrap();
        desk.settle([0]);
        assert!(!desk.pool.has_vacancy(), "one is on the way to it");
        desk.pool.end_turns(FIRST, 1);
        desk.settle([0]);
        assert_eq!(desk.notes().answers, [(1, false), (2, false)]);
    });
}

#[test]
fn a_submit_beside_a_finish_is_no_reason_not_to_tell_whoever_awaited_a_vacancy_before() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, running) = desk.start(Submission::new(0));
        desk.pool.await_vacancy(FIRST, 1);
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            other.submit(Submission::new(1));
        });
        desk.finish(worker, running);
        submitter.join().unwrap();
        desk.deliver();
        let told = desk.notes().answers.len();
        desk.pool.end_turns(FIRST, 1);
        desk.settle(0..2);
        assert_eq!(desk.notes().answers, [(1, false)]);
        told
    });
    assert_eq!(seen, [1]);
}

#[test]
fn a_slot_that_is_kept_for_a_turn_is_used_or_given_on() {
    loom::model(|| {
        let desk = Desk::new(capacity(1));
        let (worker, running) = desk.start(Submission::new(0));
        desk.pool.await_vacancy(FIRST, 1);
        desk.submit(Submission::new(1));
        desk.finish(worker, running);
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            other.submit(Submission::new(2));
        });
        desk.deliver();
        desk.pool.end_turns(FIRST, 1);
        submitter.join().unwrap();
        desk.settle(0..3);
        assert_eq!(desk.notes().answers, [(1, false)]);
    });
}

#[test]
fn a_vacancy_awaited_beside_a_release_is_told_once() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let other = Arc::clone(&desk);
        let producer = thread::spawn(move || other.pool.await_vacancy(FIRST, 1));
        desk.release();
        producer.join().unwrap();
        desk.settle([]);
        let answers = desk.notes().answers.clone();
        assert!(matches!(answers[..], [(1, _)]), "{answers:?}");
        answers[0].1
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_vacancy_awaited_beside_the_departure_of_whoever_was_told_is_told_once() {
    loom::model(|| {
        let (desk, second) = Desk::shared(capacity(1));
        desk.pool.await_vacancy(second, 1);
        desk.start(job(second, 0));
        let other = Arc::clone(&desk);
        let producer = thread::spawn(move || other.pool.await_vacancy(FIRST, 2));
        desk.depart(second);
        producer.join().unwrap();
        desk.settle([]);
        assert_eq!(desk.notes().answers, [(1, false), (2, false)]);
    });
}

#[test]
fn a_vacancy_taken_back_beside_a_finish_is_told_or_gone() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, running) = desk.start(Submission::new(0));
        desk.pool.await_vacancy(FIRST, 1);
        let other = Arc::clone(&desk);
        let producer = thread::spawn(move || other.pool.forget_vacancy(FIRST, 1));
        desk.finish(worker, running);
        let is_gone = producer.join().unwrap();
        desk.settle([0]);
        assert_eq!(desk.notes().answers.is_empty(), is_gone);
        assert_eq!(desk.pool.has_vacancy(), is_gone);
        is_gone
    });
    assert_eq!(seen, [false, true]);
}
