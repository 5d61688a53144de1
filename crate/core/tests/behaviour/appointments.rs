//! The reaper's appointment with a pool: there is one, the earliest that it was armed for.

use workpool_core::{Effect, Host, MILLISECOND, Rejection, Submission};

use crate::{Fixture, capacity};

/// A task that waits so many milliseconds at most, and has their number.
const fn patient(wait: u32) -> Submission<u32> {
    Submission { wait_timeout: Some(wait), ..Submission::new(wait) }
}

#[test]
fn whoever_is_late_to_arm_the_reaper_takes_nobody_s_deadline_away() {
    let pool = Fixture::new(capacity(1));
    pool.start(0);
    let cancelled = pool.wait(patient(10));
    let [five, twenty] = [5, 20].map(|wait| pool.wait(patient(wait)));
    pool.cancel(cancelled);
    pool.pass(5);
    assert_eq!(pool.effects(), [Effect::Reject(five, 5, Rejection::WaitTimeout(5))]);
    // The appointment is for 20 now. Whoever has submitted the task that is cancelled comes only now to arm the reaper for 10, instead.
    assert!(pool.host().arm(10 * MILLISECOND));
    pool.pass(15);
    assert_eq!(pool.effects(), [Effect::Reject(twenty, 20, Rejection::WaitTimeout(20))]);
    assert!(!pool.is_armed(), "nothing is left");
}

#[test]
fn whoever_is_late_to_arm_the_reaper_for_a_sooner_moment_finds_it_kept() {
    let pool = Fixture::new(capacity(1));
    pool.start(0);
    let [ten, five] = [10, 5].map(|wait| pool.wait(patient(wait)));
    // The reaper comes for the later one, as if it had not been armed for the other one yet: it is to come again at once.
    assert_eq!(pool.host().appointment(u64::MAX), Some(5 * MILLISECOND));
    pool.clock.advance(10 * MILLISECOND);
    assert_eq!(pool.reap(10 * MILLISECOND), Some(5 * MILLISECOND));
    assert_eq!(pool.reap(5 * MILLISECOND), None);
    let rejected =
        [(five, 5), (ten, 10)].map(|(task, wait)| Effect::Reject(task, wait, Rejection::WaitTimeout(wait)));
    assert_eq!(pool.effects(), rejected);
}

#[test]
fn an_appointment_that_nobody_waits_for_is_the_last() {
    let pool = Fixture::new(capacity(1));
    assert_eq!(pool.reap(10 * MILLISECOND), None);
    pool.start(0);
    pool.wait(Submission::new(1));
    assert_eq!(pool.reap(10 * MILLISECOND), None);
}
