//! Whoever awaits a vacancy stands in the queue as a task does, whatever rules hold.

use workpool_core::{
    BACKGROUND, Effect, FaceId, MILLISECOND, Options, Policy, Rate, Submission, Wait, WorkerId,
};

use super::{A, B, heavy, of};
use crate::{Fixture, boots, capacity, recorder::Job, resources};

const FACE: FaceId = FaceId::FIRST;

fn told(pool: &Fixture) -> Vec<u32> {
    let vacancy = |effect| match effect {
        Effect::Vacancy { token, is_closed: false, .. } => Some(token),
        _ => None,
    };
    pool.effects().into_iter().filter_map(vacancy).collect()
}

/// A pool whose only slot is taken, with a policy.
fn full(policy: Policy) -> (Fixture, WorkerId) {
    let pool = Fixture::new(Options { policy, ..capacity(1) });
    let (worker, _) = pool.run(Submission::new(0));
    (pool, worker)
}

#[test]
fn a_wait_has_its_turn_before_tasks_that_came_later() {
    let (pool, worker) = full(Policy { per_key: 9, ..Policy::NONE });
    pool.wait(Submission::new(1));
    pool.await_vacancy(FACE, 7);
    pool.wait(Submission::new(2));
    let next = pool.complete(worker);
    assert_eq!(next.and_then(|next| pool.payload(next)), Some(1));
    assert_eq!(pool.complete(worker), None, "the slot is kept");
    assert_eq!(told(&pool), [7]);
    let (worker, _) = pool.run(Submission::new(3));
    pool.end_turns(FACE, 1);
    assert_eq!(pool.order(worker), [2]);
}

#[test]
fn a_wait_with_a_key_is_told_only_if_its_key_may_start() {
    let policy = Policy { per_key: 1, ..Policy::NONE };
    let pool = Fixture::new(Options { policy, ..capacity(3) });
    let (worker, _) = pool.run(of(A, 0));
    pool.await_vacancy_with(Wait { key: A, ..Wait::new(FACE, 1) });
    pool.await_vacancy_with(Wait { key: B, ..Wait::new(FACE, 2) });
    assert_eq!(told(&pool), [2], "nobody is held up by a key");
    pool.end_turns(FACE, 1);
    pool.complete(worker);
    assert_eq!(told(&pool), [1]);
}

#[test]
fn a_wait_is_told_only_if_its_weight_fits() {
    let pool = Fixture::new(capacity(3));
    let (worker, _) = pool.run(heavy(2, 0));
    pool.await_vacancy_with(Wait { weight: 2, ..Wait::new(FACE, 1) });
    assert_eq!(told(&pool), []);
    pool.complete(worker);
    assert_eq!(told(&pool), [1]);
}

#[test]
fn no_more_are_told_than_may_start() {
    let rate = Some(Rate { limit: 1, interval: 100 * MILLISECOND });
    let pool = Fixture::new(Options { policy: Policy { rate, ..Policy::NONE }, ..capacity(4) });
    pool.await_vacancy(FACE, 1);
    pool.await_vacancy(FACE, 2);
    assert_eq!(told(&pool), [1]);
    pool.run(Submission::new(0));
    pool.end_turns(FACE, 1);
    assert_eq!(told(&pool), []);
    pool.pass(100);
    assert_eq!(told(&pool), [2], "the reaper wakes it");
}

#[test]
fn a_wait_in_the_background_is_told_when_a_task_there_could_start() {
    let pool = Fixture::new(capacity(2));
    let (worker, _) = pool.run(Submission::new(0));
    pool.await_vacancy_with(Wait { priority: BACKGROUND, ..Wait::new(FACE, 1) });
    assert_eq!(told(&pool), []);
    pool.complete(worker);
    assert_eq!(told(&pool), [1]);
}

#[test]
fn three_that_submit_again_and_again_do_not_starve_a_wait() {
    let policy = Policy { per_key: 2, ..Policy::NONE };
    let pool = Fixture::new(Options { policy, ..capacity(2) });
    let workers = [0, 1].map(|payload| pool.run(of(A, payload)).0);
    for payload in 2..5 {
        pool.wait(of(if payload % 2 == 0 { A } else { B }, payload));
    }
    pool.await_vacancy_with(Wait { key: B, ..Wait::new(FACE, 1) });
    let mut ends = 0;
    while told(&pool).is_empty() {
        ends += 1;
        assert!(ends < 5, "it has had no turn");
        pool.complete(workers[0]);
        pool.submit(of(A, 100 + ends));
    }
}

#[test]
fn a_wait_that_was_told_takes_the_slots_of_its_weight_until_its_turn_is_over() {
    let pool = Fixture::new(capacity(3));
    pool.await_vacancy_with(Wait { weight: 3, ..Wait::new(FACE, 1) });
    assert_eq!(told(&pool), [1]);
    pool.await_vacancy(FACE, 2);
    assert_eq!(told(&pool), [], "the first one needs all three");
    pool.end_turns(FACE, 1);
    assert_eq!(told(&pool), [2]);
}

#[test]
fn the_slots_of_a_heavy_turn_are_kept_from_whoever_waits() {
    let pool = Fixture::new(capacity(3));
    let (worker, _) = pool.run(heavy(3, 0));
    pool.await_vacancy_with(Wait { weight: 3, ..Wait::new(FACE, 1) });
    pool.wait(Submission::new(1));
    assert_eq!(pool.complete(worker), None);
    assert_eq!(told(&pool), [1]);
    assert_eq!(pool.gauges().2, 1, "two more slots are free, and they are kept");
    pool.run(heavy(3, 2));
    pool.end_turns(FACE, 1);
    assert_eq!(pool.started(), []);
}

#[test]
fn lighter_tasks_and_newcomers_do_not_pass_a_heavy_wait() {
    let pool = Fixture::new(capacity(2));
    let [first, second] = [0, 1].map(|payload| pool.run(Submission::new(payload)).0);
    let before = pool.wait(Submission::new(2));
    pool.await_vacancy_with(Wait { weight: 2, ..Wait::new(FACE, 1) });
    let behind = pool.wait(Submission::new(3));
    assert_eq!(pool.complete(first), Some(before));
    assert_eq!(pool.complete(first), None, "the slot is not for those behind");
    assert_eq!(told(&pool), []);
    pool.wait(Submission::new(4));
    let (worker, _) = pool.run(Submission { priority: 0, ..Submission::new(5) });
    assert_eq!(worker, first, "what is more important passes, as it would pass a heavy task");
    pool.complete(first);
    assert_eq!(pool.complete(second), None);
    assert_eq!(told(&pool), [1]);
    let (worker, _) = pool.run(heavy(2, 6));
    pool.end_turns(FACE, 1);
    assert_eq!(pool.complete(worker), Some(behind));
    assert_eq!(pool.started(), [4]);
}

#[test]
fn a_heavy_wait_that_is_taken_back_lets_those_behind_start() {
    let pool = Fixture::new(capacity(2));
    let (worker, _) = pool.run(Submission::new(0));
    pool.await_vacancy_with(Wait { weight: 2, ..Wait::new(FACE, 1) });
    pool.wait(Submission::new(1));
    assert!(pool.forget_vacancy(FACE, 1));
    assert_eq!(pool.started(), [1]);
    pool.await_vacancy_with(Wait { weight: 2, timeout: Some(5), ..Wait::new(FACE, 2) });
    pool.complete(worker);
    pool.wait(Submission::new(2));
    pool.pass(5);
    assert_eq!(pool.started(), [2]);
}

#[test]
fn a_heavy_wait_whose_key_or_rate_forbids_it_holds_nobody_up() {
    let policy = Policy { per_key: 1, ..Policy::NONE };
    let pool = Fixture::new(Options { policy, ..capacity(3) });
    pool.run(of(A, 0));
    pool.await_vacancy_with(Wait { key: A, weight: 3, ..Wait::new(FACE, 1) });
    pool.run(Submission::new(1));

    let rate = Some(Rate { limit: 2, interval: 100 * MILLISECOND });
    let pool = Fixture::shared(Options { policy: Policy { rate, ..Policy::NONE }, ..capacity(3) });
    let other = pool.join().expect("the first one is there");
    pool.start(Job { face: FACE, number: 0 });
    pool.await_vacancy(FACE, 1);
    pool.await_vacancy_with(Wait { weight: 3, ..Wait::new(FACE, 2) });
    let first = Effect::Vacancy { face: FACE, token: 1, is_closed: false };
    assert_eq!(pool.effects(), [first], "whose start is the last one that the rate allows");
    pool.start(Job { face: other, number: 1 });
}

#[test]
fn whoever_was_told_before_passes_a_heavy_wait() {
    let pool = Fixture::new(capacity(3));
    let (worker, _) = pool.run(Submission::new(0));
    pool.await_vacancy(FACE, 1);
    pool.await_vacancy_with(Wait { weight: 3, ..Wait::new(FACE, 2) });
    assert_eq!(told(&pool), [1]);
    let (second, _) = pool.run(Submission::new(1));
    pool.wait(Submission::new(2));
    pool.end_turns(FACE, 1);
    pool.complete(worker);
    pool.complete(second);
    assert_eq!(told(&pool), [2]);
}

#[test]
fn the_slot_of_a_turn_is_not_for_a_more_important_newcomer_of_another_face() {
    let policy = Policy { per_key: 9, ..Policy::NONE };
    let pool = Fixture::shared(Options { policy, ..capacity(1) });
    let other = pool.join().expect("the first one is there");
    let job = |face, number| Submission::new(Job { face, number });
    let (worker, _) = pool.start(Job { face: FACE, number: 0 });
    pool.await_vacancy(FACE, 1);
    pool.wait(job(other, 1));
    assert_eq!(pool.complete(worker), None);
    assert_eq!(pool.effects(), [Effect::Vacancy { face: FACE, token: 1, is_closed: false }]);
    let newcomer = pool.wait(Submission { priority: 0, ..job(other, 2) });
    assert_eq!(pool.start(Job { face: FACE, number: 3 }).0, worker, "whose turn it is finds the slot");
    pool.end_turns(FACE, 1);
    pool.complete(worker);
    assert_eq!(pool.effects(), [Effect::Start(worker, newcomer, Job { face: other, number: 2 })]);
}

#[test]
fn a_wait_for_no_time_is_told_at_once_that_its_key_may_not_start() {
    let policy = Policy { per_key: 1, ..Policy::NONE };
    let pool = Fixture::new(Options { policy, ..capacity(3) });
    pool.run(of(A, 0));
    pool.await_vacancy_with(Wait { key: A, timeout: Some(0), ..Wait::new(FACE, 1) });
    pool.await_vacancy_with(Wait { key: B, timeout: Some(0), ..Wait::new(FACE, 2) });
    let there = Effect::Vacancy { face: FACE, token: 2, is_closed: false };
    assert_eq!(pool.effects(), [Effect::NoVacancy { face: FACE, token: 1 }, there]);
}

#[test]
fn a_heavy_wait_stays_one_when_no_other_rule_is_used_any_more() {
    let pool = Fixture::new(capacity(3));
    let (worker, _) = pool.run(Submission::new(0));
    pool.run(Submission::new(1));
    pool.await_vacancy_with(Wait { weight: 2, ..Wait::new(FACE, 1) });
    pool.pause(FACE);
    pool.resume();
    assert_eq!(told(&pool), [], "one slot is free");
    pool.complete(worker);
    assert_eq!(told(&pool), [1]);
}

#[test]
fn in_the_background_nobody_is_told_of_the_place_of_a_worker_that_is_kept_and_boots_now() {
    let pool = Fixture::new(Options { min_size: 3, ..resources(1) });
    pool.wait(Submission { priority: BACKGROUND, ..Submission::new(0) });
    pool.await_vacancy_with(Wait { priority: BACKGROUND, ..Wait::new(FACE, 7) });
    let mut booting = boots(&pool.effects());
    pool.tune(4);
    let effects = pool.effects();
    booting.extend(boots(&effects));
    assert_eq!(booting.len(), 3, "{effects:?}");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Vacancy { .. })), "half of the pool boots");
    assert_eq!(pool.booted(booting[0]), None);
    assert!(pool.booted(booting[1]).is_some(), "the task comes first");
    assert_eq!(told(&pool), []);
    pool.booted(booting[2]);
    assert_eq!(told(&pool), [7]);
}
