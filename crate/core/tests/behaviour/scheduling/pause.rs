//! Pause and clear.

use workpool_core::{
    Condition, Effect, FaceId, Options, Overload, Policy, Reason, Refusal, Rejection, Submission, Taken,
    WorkerKind,
};

use super::{A, B, of};
use crate::{Fixture, boots, capacity, recorder::Job, rejections, resources};

const FACE: FaceId = FaceId::FIRST;

#[test]
fn nothing_starts_until_the_pool_resumes() {
    let pool = Fixture::new(capacity(2));
    let (worker, _) = pool.run(Submission::new(0));
    assert!(pool.pause(FACE));
    assert!(pool.is_paused() && pool.snapshot().is_paused);
    pool.wait(Submission::new(1));
    pool.wait(Submission { wait_timeout: Some(5), ..Submission::new(2) });
    assert_eq!(pool.complete(worker), None);
    assert_eq!(pool.snapshot().available(), 0);
    assert!(!pool.has_vacancy());
    pool.pass(5);
    assert_eq!(pool.snapshot().counters.wait_timeout, 1, "waits go on");
    pool.effects();
    pool.resume();
    assert_eq!(pool.started(), [1]);
    assert!(!pool.is_paused());
}

#[test]
fn whoever_may_not_wait_is_refused_with_that_reason() {
    let pool = Fixture::new(Options { nonblocking: true, ..capacity(2) });
    pool.pause(FACE);
    let refusal = Refusal::Barred { reason: Reason::Paused, waiting: 0, capacity: 2 };
    assert_eq!(pool.refuse(&Submission::new(0)), Some(refusal));
    assert_eq!(pool.snapshot().counters.paused, 1);
}

#[test]
fn boots_finish_and_their_workers_go_idle() {
    let pool = Fixture::new(resources(1));
    pool.wait(Submission::new(0));
    let worker = boots(&pool.effects())[0];
    pool.pause(FACE);
    assert_eq!(pool.booted(worker), None);
    assert_eq!(pool.gauges(), (1, 0, 1));
    pool.resume();
    assert_eq!(pool.starts(), [(worker, 0)]);
}

#[test]
fn what_a_thread_has_been_given_begins_all_the_same() {
    let kind = WorkerKind::Thread { grace: 1_000 };
    let pool = Fixture::new(Options { kind, ..capacity(1) });
    let task = pool.wait(Submission::new(0));
    let thread = boots(&pool.effects())[0];
    assert_eq!(pool.booted(thread), Some(task));
    pool.pause(FACE);
    assert_eq!(pool.take(thread, task, 0), Taken::Begun(0));
}

#[test]
fn a_vacancy_comes_with_the_end_of_the_pause() {
    let pool = Fixture::new(capacity(1));
    pool.pause(FACE);
    pool.await_vacancy(FACE, 1);
    assert_eq!(pool.effects(), []);
    pool.resume();
    assert_eq!(pool.effects(), [Effect::Vacancy { face: FACE, token: 1, is_closed: false }]);
}

#[test]
fn drained_waits_for_the_end_of_the_pause() {
    let pool = Fixture::new(capacity(1));
    pool.pause(FACE);
    pool.wait(Submission::new(0));
    pool.watch(FACE, 1, Condition::Drained, None);
    assert_eq!(pool.effects(), []);
    pool.resume();
    let [(worker, 0)] = pool.starts()[..] else { panic!("it starts") };
    pool.complete(worker);
    assert_eq!(pool.effects(), [Effect::Watched { face: FACE, token: 1, left: None }]);
}

#[test]
fn close_and_release_end_it_and_a_closed_pool_cannot_be_paused() {
    let pool = Fixture::new(capacity(1));
    pool.pause(FACE);
    pool.wait(Submission::new(0));
    pool.close();
    let [(worker, 0)] = pool.starts()[..] else { panic!("it starts") };
    assert!(!pool.pause(FACE) && !pool.is_paused());
    pool.complete(worker);
    pool.reboot();
    pool.pause(FACE);
    pool.wait(Submission::new(1));
    pool.release(None);
    assert_eq!(rejections(&pool.effects()), [(1, Rejection::Released)]);
    pool.reboot();
    assert!(!pool.is_paused());
}

#[test]
fn what_waits_when_the_pool_closes_has_the_workers_that_are_idle() {
    let pool = Fixture::new(resources(2));
    let [worker] = pool.fill_and_complete(1)[..] else { panic!("one") };
    pool.pause(FACE);
    pool.wait(Submission::new(1));
    pool.effects();
    pool.close();
    assert_eq!(pool.starts(), [(worker, 1)], "and none is made anew");
    assert_eq!(pool.gauges(), (1, 1, 0));
}

#[test]
fn the_pool_resumes_when_the_last_face_that_paused_it_has_gone() {
    let pool = Fixture::shared(capacity(1));
    let other = pool.join().expect("the first one is there");
    let third = pool.join().expect("the first one is there");
    pool.pause(other);
    pool.pause(third);
    pool.wait(Submission::new(Job { face: FACE, number: 0 }));
    let bystander = pool.join().expect("the first one is there");
    pool.leave(bystander);
    assert!(pool.is_paused(), "it has not paused the pool");
    pool.depart(other);
    assert!(pool.is_paused());
    pool.leave(third);
    assert!(!pool.is_paused());
    assert!(matches!(pool.effects()[..], [Effect::Start(..)]));
}

#[test]
fn what_waits_at_the_call_is_cleared_and_the_pool_stays_open() {
    let pool = Fixture::new(capacity(1));
    let (worker, _) = pool.run(Submission::new(0));
    pool.wait(Submission { priority: 0, ..Submission::new(1) });
    pool.wait(of(A, 2));
    pool.wait(Submission { wait_timeout: Some(5), ..Submission::new(3) });
    assert_eq!(pool.clear(), 3);
    let mut cleared = rejections(&pool.effects());
    cleared.sort_by_key(|&(payload, _)| payload);
    assert_eq!(cleared, [1, 2, 3].map(|payload| (payload, Rejection::Cleared)));
    assert_eq!(pool.snapshot().counters.cleared, 3);
    assert_eq!(pool.clear(), 0);
    pool.wait(Submission::new(4));
    assert_eq!(pool.order(worker), [4]);
}

#[test]
fn very_many_are_cleared_in_several_holds_of_the_lock() {
    for policy in [Policy::NONE, Policy { per_key: 9, ..Policy::NONE }] {
        let pool = Fixture::new(Options { policy, ..capacity(1) });
        pool.run(Submission::new(0));
        for payload in 1..5_001 {
            pool.wait(Submission::new(payload));
        }
        pool.await_vacancy(FACE, 1);
        assert_eq!(pool.clear(), 5_000);
        assert_eq!(pool.gauges(), (1, 1, 0));
        assert!(pool.forget_vacancy(FACE, 1), "who awaits a vacancy is no task");
    }
}

/// Three tasks of threads: one of A runs, the second of A waits, and the thread of one of B dies before it has begun it.
fn with_one_that_has_come_back() -> Fixture {
    let kind = WorkerKind::Thread { grace: 1_000 };
    let policy = Policy { per_key: 1, overload: Overload::DiscardOldest, ..Policy::NONE };
    let pool = Fixture::new(Options { kind, policy, max_waiting: 2, ..capacity(2) });
    pool.wait(of(A, 0));
    let first = boots(&pool.effects())[0];
    pool.booted(first);
    pool.wait(of(A, 1));
    pool.wait(of(B, 2));
    let second = boots(&pool.effects())[0];
    pool.booted(second);
    pool.crashed(second);
    assert_eq!(pool.gauges().2, 2);
    pool.effects();
    pool
}

#[test]
fn what_a_dead_thread_gives_back_while_much_is_cleared_hides_no_older_task() {
    let pool = with_one_that_has_come_back();
    assert_eq!(pool.go_on_clearing(2), 1, "the one that waited at the call");
    assert_eq!(rejections(&pool.effects()), [(1, Rejection::Cleared)]);
    assert_eq!(pool.clear(), 1);
    assert_eq!(rejections(&pool.effects()), [(2, Rejection::Cleared)]);
}

#[test]
fn what_came_after_the_call_is_not_cleared() {
    let pool = Fixture::new(capacity(1));
    pool.run(Submission::new(0));
    pool.wait(of(A, 1));
    pool.wait(of(A, 2));
    assert_eq!(pool.go_on_clearing(2), 1);
    assert_eq!(rejections(&pool.effects()), [(1, Rejection::Cleared)]);
}
