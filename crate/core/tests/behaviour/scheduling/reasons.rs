//! The reason that a refusal tells: the first rule that forbids the start.

use workpool_core::{
    Admission, Change, FaceId, MILLISECOND, Options, Policy, Rate, Reason, Refusal, Submission,
};

use super::{A, B, of};
use crate::{Fixture, capacity};

fn barred(reason: Reason) -> Admission {
    Admission::Refused(Refusal::Barred { reason, waiting: 0, capacity: 3 })
}

#[test]
fn it_is_the_first_of_closed_paused_key_rate_and_overload() {
    let rate = Some(Rate { limit: 2, interval: 10 * MILLISECOND });
    let policy = Policy { per_key: 1, rate, ..Policy::NONE };
    let pool = Fixture::new(Options { nonblocking: true, policy, ..capacity(3) });
    pool.run(of(A, 0));
    pool.run(of(B, 1));
    assert_eq!(pool.submit(of(A, 2)), barred(Reason::Key), "the rate is spent, too");
    assert_eq!(pool.submit(Submission::new(3)), barred(Reason::Rate));
    pool.pause(FaceId::FIRST);
    assert_eq!(pool.submit(of(A, 4)), barred(Reason::Paused));
    pool.resume();
    pool.pass(10);
    pool.run(Submission::new(5));
    let full = Admission::Refused(Refusal::Overload { waiting: 0, capacity: 3 });
    assert_eq!(pool.submit(Submission::new(6)), full, "the rate would allow another one");
    pool.configure(&Change { per_key: Some(2), ..Change::default() });
    assert_eq!(pool.submit(of(A, 7)), full);
    pool.pause(FaceId::FIRST);
    pool.close();
    assert_eq!(pool.submit(of(A, 8)), Admission::Refused(Refusal::Closed));
    let counters = pool.snapshot().counters;
    let counted = (counters.key, counters.rate, counters.paused, counters.overload, counters.closed);
    assert_eq!(counted, (1, 1, 1, 2, 1), "each call under one reason");
}

#[test]
fn a_key_of_which_as_many_wait_as_may_is_told_before_a_spent_rate_and_after_a_pause() {
    let rate = Some(Rate { limit: 1, interval: 10 * MILLISECOND });
    let policy = Policy { rate, max_waiting_per_key: 1, ..Policy::NONE };
    let pool = Fixture::new(Options { policy, ..capacity(3) });
    pool.run(of(A, 0));
    pool.wait(of(A, 1));
    let reason = |pool: &Fixture| match pool.submit(of(A, 2)) {
        Admission::Refused(Refusal::Barred { reason, waiting: 1, .. }) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(&pool), Reason::Key);
    pool.pause(FaceId::FIRST);
    assert_eq!(reason(&pool), Reason::Paused);
}
