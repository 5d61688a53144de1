//! What a call leaves to the reaper, beside others. Here one hold of the lock sees to one task, and a call has one hold.

use loom::{sync::Arc, thread};
use workpool_core::{Admission, Submission};

use crate::{
    desk::{Desk, Fate, Why, capacity},
    outcomes,
};

const RELEASED: Fate = Fate::Rejected(Why::Released);

/// A pool of one with a task that runs and others that wait, up to `last`.
fn crowd(last: u32) -> Arc<Desk> {
    let desk = Desk::new(capacity(1));
    desk.start(Submission::new(0));
    for number in 1..=last {
        desk.wait(Submission::new(number));
    }
    desk
}

#[test]
fn a_reboot_beside_the_reaper_that_still_rejects_loses_nobody() {
    let seen = outcomes(|| {
        let desk = crowd(3);
        desk.release();
        let other = Arc::clone(&desk);
        let reaper = thread::spawn(move || other.pass(0));
        desk.pool.reboot();
        desk.start(Submission::new(4));
        let were_left = desk.deliver().len() < 3;
        reaper.join().unwrap();
        desk.pass(0);
        let fates = desk.settle(0..5);
        assert!((1..=3).all(|number| fates[&number] == RELEASED));
        assert_eq!(fates[&4], Fate::Ended);
        were_left
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_release_of_several_beside_a_submit_refuses_or_rejects() {
    let seen = outcomes(|| {
        let desk = crowd(2);
        let other = Arc::clone(&desk);
        let submitter =
            thread::spawn(move || matches!(other.submit(Submission::new(3)), Admission::Waiting(_)));
        desk.release();
        let waited = submitter.join().unwrap();
        desk.pass(0);
        let fates = desk.settle(0..4);
        assert!((1..=2).all(|number| fates[&number] == RELEASED));
        assert_eq!(fates[&3], if waited { RELEASED } else { Fate::Refused });
        waited
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn growth_in_steps_beside_a_finish_and_the_reaper_starts_all() {
    loom::model(|| {
        let desk = Desk::new(capacity(1));
        let (worker, running) = desk.start(Submission::new(0));
        for number in 1..=3 {
            desk.wait(Submission::new(number));
        }
        let other = Arc::clone(&desk);
        let thread = thread::spawn(move || {
            other.finish(worker, running);
            other.pass(0);
        });
        desk.pool.tune(4);
        thread.join().unwrap();
        desk.pass(0);
        desk.pool.audit();
        assert_eq!((desk.pool.snapshot().waiting, desk.pool.snapshot().capacity), (0, 4));
        desk.settle(0..4);
    });
}

#[test]
fn what_is_left_while_the_reaper_comes_to_its_end_is_not_forgotten() {
    loom::model(|| {
        let desk = crowd(4);
        desk.pool.tune(2);
        let other = Arc::clone(&desk);
        let reaper = thread::spawn(move || other.pass(0));
        desk.pool.tune(5);
        reaper.join().unwrap();
        desk.pass(0);
        assert_eq!(desk.pool.snapshot().busy, 5);
        desk.settle(0..5);
    });
}
