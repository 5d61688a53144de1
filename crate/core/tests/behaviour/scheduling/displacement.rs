//! A full queue that discards its oldest task.

use workpool_core::{
    Admission, BACKGROUND, FaceId, Offer, Options, Overload, Policy, Refusal, Rejection, Submission,
    WorkerKind,
};

use super::{A, B, of};
use crate::{Fixture, boots, capacity, rejections};

fn discarding(max_waiting: u32) -> Fixture {
    let policy = Policy { overload: Overload::DiscardOldest, ..Policy::NONE };
    let pool = Fixture::new(Options { max_waiting, policy, ..capacity(1) });
    pool.run(Submission::new(0));
    pool
}

fn displaced(pool: &Fixture) -> Vec<u32> {
    let rejected = rejections(&pool.effects());
    assert!(rejected.iter().all(|&(_, why)| why == Rejection::Displaced));
    rejected.into_iter().map(|(payload, _)| payload).collect()
}

#[test]
fn the_task_that_has_waited_longest_in_the_lowest_priority_gives_way() {
    let pool = discarding(3);
    for (payload, priority) in [(1, 1), (2, 2), (3, 2)] {
        pool.wait(Submission { priority, ..Submission::new(payload) });
    }
    pool.wait(Submission { priority: 2, ..Submission::new(4) });
    assert_eq!(displaced(&pool), [2]);
    pool.wait(Submission { priority: 0, ..Submission::new(5) });
    assert_eq!(displaced(&pool), [3]);
    assert_eq!(pool.snapshot().counters.displaced, 2);
}

#[test]
fn a_newcomer_is_refused_if_the_task_that_would_give_way_is_more_important() {
    let pool = discarding(1);
    pool.wait(Submission { priority: 0, ..Submission::new(1) });
    let refusal = Refusal::Overload { waiting: 1, capacity: 1 };
    assert_eq!(pool.submit(Submission::new(2)), Admission::Refused(refusal));
    assert_eq!(displaced(&pool), []);
}

#[test]
fn a_newcomer_with_a_key_displaces_the_oldest_of_its_own_key() {
    let pool = discarding(3);
    pool.wait(of(B, 1));
    pool.wait(of(A, 2));
    pool.wait(of(A, 3));
    pool.wait(of(A, 4));
    assert_eq!(displaced(&pool), [2]);
    pool.wait(of(None, 5));
    assert_eq!(displaced(&pool), [1], "without a key, the oldest of the pool");
    pool.wait(of(B, 6));
    assert_eq!(displaced(&pool), [3], "its key does not wait");
}

#[test]
fn priorities_are_the_same_for_tasks_with_a_key_and_without() {
    for (less, more) in [(A, None), (None, A)] {
        let pool = discarding(2);
        pool.wait(Submission { priority: 3, ..of(less, 1) });
        pool.wait(Submission { priority: 2, ..of(more, 2) });
        pool.wait(of(B, 3));
        assert_eq!(displaced(&pool), [1]);
    }
}

#[test]
fn only_the_lowest_priority_in_which_its_key_waits_is_looked_at() {
    let pool = discarding(2);
    pool.wait(Submission { priority: 0, ..of(A, 1) });
    pool.wait(Submission { priority: 5, ..of(B, 2) });
    let refusal = Refusal::Overload { waiting: 2, capacity: 1 };
    assert_eq!(pool.submit(Submission { priority: 3, ..of(A, 3) }), Admission::Refused(refusal));

    let other = discarding(2);
    other.wait(Submission { priority: 0, ..of(A, 1) });
    other.wait(Submission { priority: 5, ..of(A, 2) });
    other.wait(Submission { priority: 3, ..of(A, 3) });
    assert_eq!(displaced(&other), [2]);
}

#[test]
fn the_background_displaces_the_background() {
    let pool = discarding(1);
    let background = |payload| Submission { priority: BACKGROUND, ..Submission::new(payload) };
    pool.wait(background(1));
    pool.wait(Submission::new(2));
    pool.wait(background(3));
    assert_eq!(displaced(&pool), [1]);
    pool.wait(Submission::new(4));
    assert_eq!(displaced(&pool), [2]);
}

#[test]
fn whoever_may_not_wait_displaces_nobody() {
    let pool = discarding(1);
    pool.wait(Submission::new(1));
    let impatient = Submission { wait_timeout: Some(0), ..Submission::new(2) };
    assert_eq!(pool.submit(impatient), Admission::Refused(Refusal::WaitTimeout));
    let at_once = Submission { offer: Offer::AtOnce, ..Submission::new(3) };
    assert!(matches!(pool.submit(at_once), Admission::Refused(Refusal::Overload { .. })));
    assert_eq!(displaced(&pool), []);
}

#[test]
fn what_dead_threads_give_back_hides_no_older_task() {
    for key in [A, None] {
        let policy = Policy { overload: Overload::DiscardOldest, ..Policy::NONE };
        let kind = WorkerKind::Thread { grace: 1_000 };
        let pool = Fixture::new(Options { max_waiting: 2, policy, kind, ..capacity(2) });
        pool.wait(of(key, 0));
        pool.wait(of(key, 1));
        let threads = boots(&pool.effects());
        threads.iter().for_each(|&thread| assert!(pool.booted(thread).is_some()));
        pool.pause(FaceId::FIRST);
        threads.into_iter().for_each(|thread| pool.crashed(thread));
        pool.effects();
        pool.wait(of(key, 2));
        assert_eq!(displaced(&pool), [0], "the other one came back later, and stands before it");
    }
}
