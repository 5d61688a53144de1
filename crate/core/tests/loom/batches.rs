//! Batches, whose places are reserved in one hold of the lock and used in others, beside whatever comes in between.
//!
//! The models of a release and of a submit have been seen to fail with their rule broken, as the line before each says.

use std::num::NonZero;

use loom::{sync::Arc, thread};
use workpool_core::{Admission, Change, FaceId, Key, Options, Policy, Reason, Refusal, Submission};

use crate::{
    desk::{Desk, Fate, Why, capacity, job},
    outcomes,
    recorder::Job,
};

const THREE: NonZero<u32> = NonZero::new(3).unwrap();
const TWO: NonZero<u32> = NonZero::new(2).unwrap();

// Broken: `close` leaves the places of batches.
#[test]
fn a_batch_beside_a_release_is_accepted_up_to_the_release_and_nothing_of_it_is_left() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let other = Arc::clone(&desk);
        let origin = thread::spawn(move || {
            let reserved = other.pool.reserve_places(THREE, &Submission::new(0), None);
            reserved.map_or(0, |reservation| other.hand_in(reservation, &[0, 1, 2]))
        });
        desk.release();
        let taken = origin.join().unwrap();
        let fates = desk.settle(0..taken);
        assert!(fates.values().all(|fate| matches!(fate, Fate::Ended | Fate::Rejected(Why::Released))));
        taken
    });
    assert_eq!(seen, [0, 1, 2, 3]);
}

#[test]
fn a_batch_beside_a_close_is_accepted_whole_or_refused_whole_and_the_close_waits_for_it() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let other = Arc::clone(&desk);
        let origin = thread::spawn(move || {
            let reserved = other.pool.reserve_places(THREE, &Submission::new(0), None);
            reserved.map_or(0, |reservation| other.hand_in(reservation, &[0, 1, 2]))
        });
        desk.pool.close();
        let taken = origin.join().unwrap();
        let fates = desk.settle(0..taken);
        assert!(fates.values().all(|&fate| fate == Fate::Ended));
        taken
    });
    assert_eq!(seen, [0, 3]);
}

// Broken: a newcomer is not asked whether places are reserved.
#[test]
fn of_a_batch_and_a_submit_that_want_the_same_place_one_has_it() {
    let seen = outcomes(|| {
        let desk = Desk::new(Options { max_waiting: 1, ..capacity(1) });
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            let admission = other.submit(Submission::new(9));
            matches!(admission, Admission::Refused(Refusal::Overload { .. }))
        });
        let reserved = desk.pool.reserve_places(TWO, &Submission::new(0), None);
        let taken = reserved.map_or(0, |reservation| desk.hand_in(reservation, &[0, 1]));
        let is_refused = submitter.join().unwrap();
        assert_eq!(is_refused, taken == 2, "two places are for one of both");
        let snapshot = desk.pool.snapshot();
        assert!(snapshot.counters.peak_waiting <= 1, "more wait than may");
        desk.settle((0..taken).chain([9]));
        taken
    });
    assert_eq!(seen, [0, 2]);
}

#[test]
fn a_worker_that_is_kept_for_a_batch_is_not_taken_by_a_submit() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let other = Arc::clone(&desk);
        let submitter =
            thread::spawn(move || matches!(other.submit(Submission::new(9)), Admission::Started(..)));
        let hasty = Submission { wait_timeout: Some(0), ..Submission::new(0) };
        let reserved = desk.pool.reserve_places(NonZero::<u32>::MIN, &hasty, None);
        let taken = reserved.map_or(0, |reservation| {
            let admissions = desk.pool.submit_reserved(reservation, &[0]);
            assert!(matches!(admissions[..], [Admission::Started(..)]), "it is kept for it");
            desk.note_admissions(&admissions, &[0])
        });
        let has_started = submitter.join().unwrap();
        assert_eq!(has_started, taken == 0);
        desk.settle((0..taken).chain([9]));
        taken
    });
    assert_eq!(seen, [0, 1]);
}

#[test]
fn a_finish_between_the_holds_of_a_batch_leaves_nobody_waiting_beside_a_free_slot() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(1));
        let (worker, running) = desk.start(Submission::new(9));
        let other = Arc::clone(&desk);
        let origin = thread::spawn(move || {
            let reserved = other.pool.reserve_places(TWO, &Submission::new(0), None);
            other.hand_in(reserved.expect("there is no bound"), &[0, 1])
        });
        let has_next = desk.finish(worker, running).next.is_some();
        origin.join().unwrap();
        desk.settle([0, 1, 9]);
        has_next
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn places_that_are_given_back_beside_a_submit_are_there_for_it() {
    loom::model(|| {
        let desk = Desk::new(capacity(1));
        let hasty = Submission { wait_timeout: Some(0), ..Submission::new(0) };
        let reservation = desk.pool.reserve_places(NonZero::<u32>::MIN, &hasty, None).expect("there is room");
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            other.submit(Submission::new(9));
        });
        desk.pool.give_back_places(reservation);
        submitter.join().unwrap();
        desk.settle([9]);
    });
}

#[test]
fn a_batch_beside_the_departure_of_its_face_leaves_no_place() {
    loom::model(|| {
        let (desk, second) = Desk::<Job>::shared(Options { max_waiting: 2, ..capacity(1) });
        let task = job(second, 0);
        let reservation = desk.pool.reserve_places(THREE, &task, None).expect("there is room");
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            other.submit(job(FaceId::FIRST, 9));
        });
        desk.depart(second);
        submitter.join().unwrap();
        assert_eq!(desk.pool.submit_reserved(reservation, &[task.payload]), []);
        assert!(desk.pool.reserve_places(TWO, &job(FaceId::FIRST, 1), None).is_ok());
        desk.pool.release(None);
        desk.settle([9]);
    });
}

// Broken: what a key may do does not count for a batch.
#[test]
fn a_batch_of_one_key_beside_a_change_of_what_the_key_may_do_is_accepted_whole_or_refused_whole() {
    let seen = outcomes(|| {
        let policy = Policy { per_key: 1, max_waiting_per_key: 1, ..Policy::NONE };
        let desk = Desk::new(Options { policy, ..capacity(3) });
        let task = Submission { key: Some(Key(7)), ..Submission::new(0) };
        let other = Arc::clone(&desk);
        let origin = thread::spawn(move || match other.pool.reserve_places(THREE, &task, None) {
            Ok(reservation) => other.hand_in(reservation, &[0, 1, 2]),
            Err(Refusal::Barred { reason: Reason::Key, .. }) => 0,
            Err(refusal) => panic!("{refusal:?}"),
        });
        desk.pool.configure(&Change { per_key: Some(2), ..Change::default() });
        let taken = origin.join().unwrap();
        let snapshot = desk.pool.snapshot();
        assert_eq!((snapshot.busy, snapshot.waiting), if taken == 3 { (2, 1) } else { (0, 0) });
        desk.settle(0..taken);
        taken
    });
    assert_eq!(seen, [0, 3]);
}

// Broken: a batch that may not wait keeps nothing in a scheduled pool.
#[test]
fn what_is_kept_for_a_heavy_batch_is_not_taken_when_the_policy_changes() {
    let seen = outcomes(|| {
        let desk = Desk::new(capacity(3));
        let hasty = Submission { wait_timeout: Some(0), weight: 3, ..Submission::new(0) };
        let reservation = desk.pool.reserve_places(NonZero::<u32>::MIN, &hasty, None).expect("there is room");
        let other = Arc::clone(&desk);
        let submitter = thread::spawn(move || {
            other.pool.configure(&Change { per_key: Some(1), ..Change::default() });
            matches!(other.submit(Submission::new(9)), Admission::Started(..))
        });
        let admissions = desk.pool.submit_reserved(reservation, &[0]);
        assert!(matches!(admissions[..], [Admission::Started(..)]), "it is kept for it");
        desk.note_admissions(&admissions, &[0]);
        assert!(!submitter.join().unwrap(), "all slots were kept or are taken");
        desk.settle([0, 9]);
    });
    assert_eq!(seen, [()]);
}
