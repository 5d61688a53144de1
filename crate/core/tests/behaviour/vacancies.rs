//! Those who wait until a task would not have to (`vacancy` in §3).

use workpool_core::{Admission, Effect, End, FaceId, Key, Options, Policy, Submission, UNBOUNDED, Wait};

use crate::{Fixture, boots, capacity, recorder::Job, resources};

const FACE: FaceId = FaceId::FIRST;

const fn told<T>(token: u32) -> Effect<T> {
    Effect::Vacancy { face: FACE, token, is_closed: false }
}

const fn closed<T>(token: u32) -> Effect<T> {
    Effect::Vacancy { face: FACE, token, is_closed: true }
}

#[test]
fn a_vacancy_that_is_there_is_told_at_once() {
    let pool = Fixture::new(capacity(1));
    assert!(pool.has_vacancy());
    pool.await_vacancy(FACE, 1);
    assert_eq!(pool.effects(), [told(1)]);
    assert!(!pool.has_vacancy(), "somebody is on the way to it");
}

#[test]
fn vacancies_are_told_first_come_first_served_and_one_per_free_slot() {
    let pool = Fixture::new(capacity(2));
    let workers = pool.fill(2);
    assert!(!pool.has_vacancy());
    for token in 0..4 {
        pool.await_vacancy(FACE, token);
    }
    assert_eq!(pool.effects(), []);
    pool.complete(workers[1]);
    assert_eq!(pool.effects(), [told(0)]);
    pool.complete(workers[0]);
    assert_eq!(pool.effects(), [told(1)]);
    pool.end_turns(FACE, 2);
    assert_eq!(pool.effects(), [told(2), told(3)], "neither of them has used it");
}

#[test]
fn whoever_has_been_told_of_a_vacancy_is_not_refused_for_a_task_of_its_key_that_waits_for_a_boot() {
    let policy = Policy { per_key: 1, max_waiting_per_key: 1, ..Policy::NONE };
    let pool = Fixture::new(Options { policy, ..resources(3) });
    let key = Some(Key(7));
    let task = |number| Submission { key, ..Submission::new(number) };
    assert!(matches!(pool.submit(task(0)), Admission::Waiting(_)));
    pool.effects();
    pool.await_vacancy_with(Wait { key, ..Wait::new(FACE, 1) });
    assert_eq!(pool.effects(), [told(1)]);
    assert!(matches!(pool.submit(task(1)), Admission::Waiting(_)));
}

#[test]
fn a_finish_that_takes_the_next_task_is_no_vacancy() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    pool.wait(Submission::new(1));
    pool.await_vacancy(FACE, 1);
    pool.complete(worker);
    assert_eq!(pool.effects(), []);
    pool.complete(worker);
    assert_eq!(pool.effects(), [told(1)]);
}

#[test]
fn whoever_has_been_told_counts_until_the_turn_is_over() {
    let pool = Fixture::new(capacity(2));
    let workers = pool.fill(2);
    for token in 0..3 {
        pool.await_vacancy(FACE, token);
    }
    pool.complete(workers[0]);
    assert_eq!(pool.effects(), [told(0)]);
    pool.start(7);
    pool.complete(workers[1]);
    assert_eq!(pool.effects(), [], "as long as nobody says that it was the turn");
    pool.end_turns(FACE, 1);
    assert_eq!(pool.effects(), [told(1)]);
}

#[test]
fn nothing_is_reserved_for_whoever_has_been_told() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    pool.await_vacancy(FACE, 1);
    pool.await_vacancy(FACE, 2);
    pool.complete(worker);
    assert_eq!(pool.effects(), [told(1)]);
    pool.start(1);
    pool.wait(Submission::new(2));
    pool.end_turns(FACE, 1);
    assert_eq!(pool.effects(), [], "the room is gone");
}

#[test]
fn one_that_does_not_submit_does_not_keep_the_others_waiting() {
    let pool = Fixture::new(capacity(1));
    for token in 0..3 {
        pool.await_vacancy(FACE, token);
        assert_eq!(pool.effects(), if token == 0 { vec![told(0)] } else { vec![] });
    }
    for token in 1..3 {
        pool.end_turns(FACE, 1);
        assert_eq!(pool.effects(), [told(token)]);
    }
    pool.end_turns(FACE, 1);
    assert!(pool.has_vacancy());
}

#[test]
fn more_turns_than_were_told_end_nothing() {
    let pool = Fixture::new(capacity(1));
    pool.end_turns(FACE, 5);
    pool.await_vacancy(FACE, 1);
    pool.await_vacancy(FACE, 2);
    assert_eq!(pool.effects(), [told(1)]);
}

#[test]
fn all_are_told_when_the_pool_closes_and_whoever_comes_later_at_once() {
    for is_released in [false, true] {
        let pool = Fixture::new(capacity(1));
        pool.fill(1);
        pool.await_vacancy(FACE, 1);
        pool.await_vacancy(FACE, 2);
        if is_released {
            pool.release(None);
        } else {
            pool.close();
        }
        assert_eq!(pool.effects(), [closed(1), closed(2)]);
        assert!(!pool.has_vacancy());
        pool.await_vacancy(FACE, 3);
        assert_eq!(pool.effects(), [closed(3)]);
        pool.reboot();
        pool.await_vacancy(FACE, 4);
        assert_eq!(pool.effects(), [told(4)], "they have had no turn that would have to end");
    }
}

#[test]
fn one_that_is_taken_back_is_not_told() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    for token in 1..4 {
        pool.await_vacancy(FACE, token);
    }
    assert!(pool.forget_vacancy(FACE, 1));
    assert!(!pool.forget_vacancy(FACE, 1), "once");
    pool.complete(worker);
    assert_eq!(pool.effects(), [told(2)]);
    assert!(!pool.forget_vacancy(FACE, 2), "it has been answered");
    assert!(pool.forget_vacancy(FACE, 3));
    pool.end_turns(FACE, 1);
    assert_eq!(pool.effects(), []);
    assert!(pool.has_vacancy());
}

#[test]
fn room_for_a_worker_that_would_boot_is_a_vacancy() {
    let pool = Fixture::new(resources(2));
    pool.wait(Submission::new(0));
    pool.await_vacancy(FACE, 1);
    pool.await_vacancy(FACE, 2);
    assert_eq!(pool.effects()[1..], [told(1)], "behind the boot");
}

#[test]
fn a_booting_worker_that_nobody_waits_for_is_a_vacancy() {
    let pool = Fixture::new(resources(1));
    let task = pool.wait(Submission::new(0));
    let worker = boots(&pool.effects())[0];
    pool.await_vacancy(FACE, 1);
    assert_eq!(pool.effects(), [], "it is spoken for");
    pool.cancel(task);
    assert_eq!(pool.effects(), [told(1)]);
    pool.end_turns(FACE, 1);
    pool.booted(worker);
    assert!(pool.has_vacancy(), "now it is idle");
}

#[test]
fn booting_workers_that_will_retire_are_no_vacancy() {
    let pool = Fixture::new(resources(2));
    let tasks = [0, 1].map(|payload| pool.wait(Submission::new(payload)));
    pool.effects();
    pool.tune(1);
    pool.await_vacancy(FACE, 1);
    pool.cancel(tasks[0]);
    assert_eq!(pool.effects(), [], "the other one boots for the second task");
    pool.cancel(tasks[1]);
    assert_eq!(pool.effects(), [told(1)]);
}

#[test]
fn growth_tells_as_many_as_fit() {
    let pool = Fixture::new(capacity(1));
    pool.fill(1);
    pool.wait(Submission::new(1));
    for token in 0..4 {
        pool.await_vacancy(FACE, token);
    }
    pool.tune(4);
    let effects = pool.effects();
    assert!(matches!(effects[0], Effect::Start(..)), "who waits for a worker goes first: {effects:?}");
    assert_eq!(effects[1..], [told(0), told(1)]);
}

#[test]
fn an_unbounded_pool_always_has_a_vacancy() {
    let pool = Fixture::new(Options::default());
    pool.fill(3);
    for token in 0..100 {
        pool.await_vacancy(FACE, token);
        assert_eq!(pool.effects(), [told(token)]);
    }
    let pool = Fixture::new(capacity(1));
    pool.fill(1);
    (0..100).for_each(|token| pool.await_vacancy(FACE, token));
    pool.tune(UNBOUNDED);
    assert_eq!(pool.effects(), (0..100).map(told).collect::<Vec<_>>());
}

#[test]
fn a_worker_still_being_taken_down_leaves_no_vacancy() {
    let pool = Fixture::new(resources(1));
    let worker = pool.fill(1)[0];
    pool.await_vacancy(FACE, 1);
    pool.finish(worker, End::Failed, true);
    assert_eq!(pool.effects(), [Effect::Retire(worker)]);
    pool.retired(worker);
    assert_eq!(pool.effects(), [told(1)]);
}

#[test]
fn to_a_face_that_has_left_the_pool_is_closed() {
    let pool = Fixture::shared(capacity(1));
    let second = pool.join().expect("the first one is there");
    let (worker, _) = pool.start(Job { face: FACE, number: 0 });
    pool.await_vacancy(FACE, 1);
    pool.await_vacancy(second, 2);
    pool.await_vacancy(FACE, 3);
    pool.leave(FACE);
    assert_eq!(pool.effects(), [closed(1), closed(3)]);
    pool.await_vacancy(FACE, 4);
    assert_eq!(pool.effects(), [closed(4)]);
    pool.complete(worker);
    assert_eq!(pool.effects(), [Effect::Vacancy { face: second, token: 2, is_closed: false }]);
}

#[test]
fn a_departed_face_gives_its_turns_back() {
    let pool = Fixture::shared(capacity(2));
    let second = pool.join().expect("the first one is there");
    pool.await_vacancy(second, 1);
    pool.await_vacancy(second, 2);
    pool.await_vacancy(second, 3);
    pool.await_vacancy(FACE, 1);
    pool.await_vacancy(FACE, 2);
    assert_eq!(pool.effects().len(), 2);
    pool.depart(second);
    assert_eq!(pool.effects(), [told(1), told(2)], "its third wait is gone, too");
}

#[test]
fn a_turn_that_a_departed_face_ends_late_is_nobody_elses() {
    let pool = Fixture::shared(capacity(1));
    let second = pool.join().expect("the first one is there");
    pool.await_vacancy(second, 1);
    pool.depart(second);
    let third = pool.join().expect("the first one is there");
    assert_eq!(third.index(), second.index(), "it has the place, not the number");
    pool.effects();
    pool.await_vacancy(third, 1);
    pool.await_vacancy(FACE, 2);
    pool.end_turns(second, 1);
    assert_eq!(pool.effects(), [Effect::Vacancy { face: third, token: 1, is_closed: false }]);
    pool.end_turns(third, 1);
    assert_eq!(pool.effects(), [told(2)]);
}

#[test]
fn the_turns_of_one_face_are_not_ended_by_another() {
    let pool = Fixture::shared(capacity(1));
    let second = pool.join().expect("the first one is there");
    pool.await_vacancy(FACE, 1);
    pool.await_vacancy(second, 1);
    pool.end_turns(second, 1);
    assert_eq!(pool.effects(), [told(1)]);
    assert!(!pool.forget_vacancy(FACE, 1), "nor do they share tokens");
    assert!(pool.forget_vacancy(second, 1));
}

// ── in line with tasks ──────────────────────────────────────────────────────────────────────────────────────────────

/// A full pool of one worker.
fn full() -> (Fixture, workpool_core::WorkerId) {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    (pool, worker)
}

#[test]
fn a_wait_stands_in_the_queue_as_a_task_of_its_priority_does() {
    let (pool, worker) = full();
    let first = pool.wait(Submission::new(1));
    pool.await_vacancy(FACE, 1);
    let second = pool.wait(Submission::new(2));
    pool.await_vacancy_with(Wait { priority: 0, ..Wait::new(FACE, 2) });
    pool.await_vacancy_with(Wait { priority: 2, ..Wait::new(FACE, 3) });

    assert_eq!(pool.complete(worker), None);
    assert_eq!(pool.effects(), [told(2)]);
    pool.end_turns(FACE, 1);
    assert_eq!(pool.effects(), [Effect::Start(worker, first, 1)]);
    assert_eq!(pool.complete(worker), None);
    assert_eq!(pool.effects(), [told(1)]);
    pool.end_turns(FACE, 1);
    assert_eq!(pool.effects(), [Effect::Start(worker, second, 2)]);
    pool.complete(worker);
    assert_eq!(pool.effects(), [told(3)]);
}

#[test]
fn whoever_has_been_told_finds_the_slot_although_tasks_wait() {
    let (pool, worker) = full();
    pool.await_vacancy(FACE, 1);
    let behind = pool.wait(Submission::new(1));
    pool.complete(worker);
    assert_eq!(pool.effects(), [told(1)]);
    assert_eq!(pool.gauges(), (1, 0, 1));
    assert_eq!(pool.start(2).0, worker);
    pool.end_turns(FACE, 1);
    assert_eq!(pool.effects(), [], "the turn was used");
    assert_eq!(pool.complete(worker), Some(behind));
}

#[test]
fn a_newcomer_stands_behind_those_who_leave_a_slot_alone() {
    let pool = Fixture::shared(capacity(1));
    let other = pool.join().expect("the first one is there");
    let job = |face, number| Job { face, number };
    let (worker, _) = pool.start(job(FACE, 0));
    pool.await_vacancy(FACE, 1);
    let first = pool.wait(Submission::new(job(other, 1)));
    pool.complete(worker);
    let second = pool.wait(Submission::new(job(other, 2)));
    let refused =
        pool.refuse(&Submission { offer: workpool_core::Offer::AtOnce, ..Submission::new(job(other, 3)) });
    assert!(refused.is_some(), "the slot is kept");
    assert_eq!(pool.effects(), [Effect::Vacancy { face: FACE, token: 1, is_closed: false }]);
    pool.depart(FACE);
    assert_eq!(pool.effects(), [Effect::Start(worker, first, job(other, 1))], "no slot is lost with a face");
    assert_eq!(pool.complete(worker), Some(second));
}

#[test]
fn a_close_gives_what_is_kept_to_those_who_wait() {
    let (pool, worker) = full();
    pool.await_vacancy(FACE, 1);
    let behind = pool.wait(Submission::new(1));
    pool.complete(worker);
    pool.effects();
    pool.close();
    assert_eq!(pool.effects(), [Effect::Start(worker, behind, 1)]);
    pool.end_turns(FACE, 1);
    pool.complete(worker);
    assert_eq!(pool.gauges(), (0, 0, 0));
}

#[test]
fn a_wait_has_its_time() {
    let (pool, worker) = full();
    pool.await_vacancy_with(Wait { timeout: Some(10), ..Wait::new(FACE, 1) });
    pool.await_vacancy_with(Wait { timeout: Some(20), ..Wait::new(FACE, 2) });
    pool.await_vacancy_with(Wait { timeout: Some(0), ..Wait::new(FACE, 3) });
    let late = |token| Effect::NoVacancy { face: FACE, token };
    assert_eq!(pool.effects(), [late(3)]);
    pool.pass(10);
    assert_eq!(pool.effects(), [late(1)]);
    pool.complete(worker);
    assert_eq!(pool.effects(), [told(2)]);
    pool.end_turns(FACE, 1);
    pool.pass(100);
    pool.await_vacancy_with(Wait { timeout: Some(0), ..Wait::new(FACE, 4) });
    assert_eq!(pool.effects(), [told(4)]);
    assert_eq!(pool.snapshot().counters.wait_timeout, 0, "it is no task");
}
