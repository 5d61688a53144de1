//! Those who wait for the pool: drain, close, release with a timeout.

use workpool_core::{Condition, Effect, End, FaceId, Submission};

use crate::{Fixture, capacity, resources};

const COME_TRUE: Effect<u32> = Effect::Watched { face: FaceId::FIRST, token: 1, left: None };
const EXPIRED: Effect<u32> = Effect::Watched { face: FaceId::FIRST, token: 1, left: Some(1) };

#[test]
fn drained_is_when_nothing_waits_and_nothing_is_busy() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    pool.wait(Submission::new(1));
    pool.watch(FaceId::FIRST, 1, Condition::Drained, None);
    pool.complete(worker);
    assert_eq!(pool.effects(), []);
    pool.complete(worker);
    assert_eq!(pool.effects(), [COME_TRUE]);
    assert!(!pool.snapshot().is_closed);
}

#[test]
fn a_condition_that_holds_already_is_told_at_once() {
    let pool = Fixture::new(capacity(1));
    for condition in [Condition::Drained, Condition::Settled, Condition::Ended(0)] {
        pool.watch(FaceId::FIRST, 1, condition, Some(5));
        assert_eq!(pool.effects(), [COME_TRUE]);
    }
    pool.watch(FaceId::FIRST, 1, Condition::Ended(pool.close()), None);
    assert_eq!(pool.effects(), [COME_TRUE]);
    assert!(!pool.is_armed());
}

#[test]
fn settled_does_not_wait_for_functions_that_run_on() {
    let pool = Fixture::new(capacity(1));
    let (worker, task) = pool.start(0);
    pool.watch(FaceId::FIRST, 1, Condition::Settled, None);
    pool.watch(FaceId::FIRST, 2, Condition::Drained, None);
    pool.cancel(task);
    assert_eq!(pool.effects(), [COME_TRUE]);
    pool.complete(worker);
    assert_eq!(pool.effects(), [Effect::Watched { face: FaceId::FIRST, token: 2, left: None }]);
}

#[test]
fn ended_is_when_no_worker_of_the_generation_is_left() {
    let pool = Fixture::new(resources(1));
    let worker = pool.fill(1)[0];
    pool.release(None);
    pool.watch(FaceId::FIRST, 1, Condition::Ended(1), None);
    pool.reboot();
    pool.fill(1);
    pool.finish(worker, End::Completed, false);
    assert_eq!(pool.effects(), [Effect::Retire(worker)]);
    pool.retired(worker);
    assert_eq!(pool.effects(), [COME_TRUE], "the next generation is at work");
}

#[test]
fn generations_end_one_by_one() {
    let pool = Fixture::new(capacity(1));
    let mut workers = Vec::new();
    for token in 1..4 {
        workers.extend(pool.fill(1));
        pool.release(None);
        pool.watch(FaceId::FIRST, token, Condition::Ended(token.into()), None);
        pool.reboot();
    }
    for (worker, token) in [(2, 3), (0, 1), (1, 2)] {
        pool.complete(workers[worker]);
        assert_eq!(pool.effects(), [Effect::Watched { face: FaceId::FIRST, token, left: None }]);
    }
}

#[test]
fn vacant_is_when_the_pool_is_closed_and_no_worker_of_any_generation_is_left() {
    let pool = Fixture::new(capacity(1));
    pool.watch(FaceId::FIRST, 1, Condition::Vacant, None);
    let old = pool.fill(1)[0];
    pool.release(None);
    pool.reboot();
    let young = pool.fill(1)[0];
    pool.complete(young);
    pool.release(None);
    assert_eq!(pool.effects(), [], "a worker of the first generation is left");
    pool.complete(old);
    assert_eq!(pool.effects(), [COME_TRUE]);
}

#[test]
fn a_watch_whose_time_is_up_is_told_once() {
    for condition in [Condition::Drained, Condition::Settled] {
        let pool = Fixture::new(capacity(1));
        let worker = pool.fill(1)[0];
        pool.watch(FaceId::FIRST, 1, condition, Some(30));
        pool.pass(29);
        assert_eq!(pool.effects(), []);
        pool.pass(1);
        assert_eq!(pool.effects(), [EXPIRED]);
        pool.complete(worker);
        assert_eq!(pool.effects(), []);
        assert!(!pool.snapshot().is_closed, "only a close becomes a release");
    }
}

#[test]
fn a_watch_that_comes_true_in_time_does_not_expire() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    pool.watch(FaceId::FIRST, 1, Condition::Drained, Some(30));
    pool.complete(worker);
    assert_eq!(pool.effects(), [COME_TRUE]);
    pool.pass(100);
    assert_eq!(pool.effects(), []);
}

#[test]
fn a_watch_without_time_expires_at_once() {
    let pool = Fixture::new(capacity(1));
    pool.fill(1);
    pool.watch(FaceId::FIRST, 1, Condition::Ended(pool.close()), Some(0));
    pool.pass(0);
    assert_eq!(pool.effects(), [EXPIRED]);
}

#[test]
fn several_watches_are_told_in_order() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    for token in 0..5 {
        pool.watch(FaceId::FIRST, token, Condition::Drained, None);
    }
    pool.complete(worker);
    let expected: Vec<_> =
        (0..5).map(|token| Effect::Watched { face: FaceId::FIRST, token, left: None }).collect();
    assert_eq!(pool.effects(), expected);
}

/// The tokens of the watches that these effects end, and whether their time was up.
fn tokens(effects: &[Effect<u32>]) -> Vec<(u32, bool)> {
    let token = |effect: &Effect<u32>| match *effect {
        Effect::Watched { token, left, .. } => Some((token, left.is_some())),
        _ => None,
    };
    effects.iter().filter_map(token).collect()
}

#[test]
fn very_many_watches_that_come_true_at_once_are_told_in_the_order_in_which_they_came() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    for token in 0..5_000 {
        let condition = if token % 3 == 0 { Condition::Settled } else { Condition::Drained };
        pool.watch(FaceId::FIRST, token, condition, (token % 2 == 0).then_some(5));
    }
    pool.complete(worker);
    assert_eq!(tokens(&pool.effects()), (0..5_000).map(|token| (token, false)).collect::<Vec<_>>());
    pool.pass(10);
    assert_eq!(pool.effects(), []);
}

#[test]
fn very_many_watches_whose_time_is_up_are_told_in_the_order_of_their_times() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    pool.wait(Submission::new(1));
    let generation = pool.close();
    for token in 0..5_000 {
        pool.watch(FaceId::FIRST, token, Condition::Ended(generation), Some(5 + token % 2));
    }
    pool.pass(5);
    let effects = pool.effects();
    let even: Vec<_> = (0..5_000).step_by(2).map(|token| (token, true)).collect();
    assert_eq!(tokens(&effects), even);
    assert_eq!(crate::rejections(&effects).len(), 1, "a close that has run out of time is a release");
    pool.complete(worker);
    let odd: Vec<_> = (1..5_000).step_by(2).map(|token| (token, false)).collect();
    assert_eq!(tokens(&pool.effects()), odd);
}

#[test]
fn each_generation_is_watched_on_its_own() {
    let pool = Fixture::new(capacity(1));
    let mut workers = Vec::new();
    for generation in 1..=3 {
        workers.push(pool.fill(1)[0]);
        assert_eq!(pool.close(), u64::from(generation));
        pool.watch(FaceId::FIRST, generation, Condition::Ended(generation.into()), None);
        pool.reboot();
    }
    for (generation, worker) in [(2, workers[1]), (1, workers[0]), (3, workers[2])] {
        pool.complete(worker);
        assert_eq!(tokens(&pool.effects()), [(generation, false)]);
    }
    // One that has ended unwatched is known to have.
    pool.watch(FaceId::FIRST, 4, Condition::Ended(2), None);
    assert_eq!(tokens(&pool.effects()), [(4, false)]);
}
