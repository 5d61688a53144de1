//! What is very much: a call does some of it, and the reaper goes on at once.

use workpool_core::{
    Admission, Cancelled, Condition, Effect, FaceId, MILLISECOND, Options, Payload, Rejection, Submission,
    TaskId, WorkerKind,
};

use crate::{Fixture, Job, capacity, recorder, rejections};

/// More than one call sees to.
const CROWD: u32 = 20_000;

fn crowd(options: Options) -> Fixture {
    let pool = Fixture::new(options);
    pool.start(0);
    for payload in 1..=CROWD {
        pool.wait(Submission::new(payload));
    }
    pool
}

fn payloads(effects: &[Effect<u32>], rejection: Rejection) -> Vec<u32> {
    rejections(effects)
        .into_iter()
        .map(|(payload, reason)| {
            assert_eq!(reason, rejection);
            payload
        })
        .collect()
}

/// What a call has delivered, and what the reaper has then.
fn halves(pool: &Fixture, rejection: Rejection) -> (Vec<u32>, Vec<u32>) {
    let by_the_call = payloads(&pool.effects(), rejection);
    pool.pass(0);
    (by_the_call, payloads(&pool.effects(), rejection))
}

#[test]
fn a_release_settles_all_who_wait_at_once_and_leaves_most_rejections_to_the_reaper() {
    let pool = crowd(capacity(1));
    pool.watch(FaceId::FIRST, 1, Condition::Settled, None);
    pool.release(None);
    let snapshot = pool.snapshot();
    assert_eq!((snapshot.waiting, snapshot.counters.released), (0, u64::from(CROWD)));
    let (first, rest) = halves(&pool, Rejection::Released);
    assert!(first.len() >= 1_024 && rest.len() >= 1_024, "{} and {}", first.len(), rest.len());
    assert!(first.into_iter().chain(rest).eq(1..=CROWD), "in their order");
    assert!(!pool.is_armed(), "nothing is left");
}

#[test]
fn a_host_without_a_reaper_rejects_them_all_in_the_call() {
    let pool = crowd(capacity(1));
    pool.keep_time(false);
    pool.release(None);
    assert!(payloads(&pool.effects(), Rejection::Released).into_iter().eq(1..=CROWD));
}

#[test]
fn a_pool_is_rebooted_while_the_reaper_still_rejects_the_tasks_of_before() {
    let pool = Fixture::new(capacity(1));
    let (first, _) = pool.start(0);
    let mut last = None;
    for payload in 1..=CROWD {
        let wait = Submission { wait_timeout: Some(5), ..Submission::new(payload) };
        last = Some(pool.wait(wait));
    }
    pool.close();
    assert!(pool.reboot());
    let (worker, _) = pool.start(CROWD + 1);
    let next = pool.wait(Submission::new(CROWD + 2));
    assert_eq!(pool.cancel(last.expect("a crowd")), Cancelled::Late, "it has settled");
    // The time of the old ones is up before the reaper has come. They have settled, whatever the time.
    pool.clock.advance(10 * MILLISECOND);
    let (by_the_call, rest) = halves(&pool, Rejection::Released);
    assert!(by_the_call.into_iter().chain(rest).eq(1..=CROWD));
    assert_eq!(pool.complete(worker), Some(next));
    assert_eq!(pool.complete(first), None);
    assert_eq!(pool.snapshot().counters.wait_timeout, 0);
}

#[test]
fn a_second_generation_is_released_behind_the_first_one() {
    let pool = crowd(capacity(1));
    pool.close();
    pool.reboot();
    pool.start(CROWD + 1);
    for payload in CROWD + 2..=2 * CROWD {
        pool.wait(Submission::new(payload));
    }
    pool.release(None);
    let (by_the_call, rest) = halves(&pool, Rejection::Released);
    assert!(by_the_call.into_iter().chain(rest).eq((1..=CROWD).chain(CROWD + 2..=2 * CROWD)));
}

#[test]
fn the_end_of_a_generation_is_told_after_its_last_rejection() {
    let pool = crowd(capacity(1));
    let generation = pool.close();
    pool.watch(FaceId::FIRST, 7, Condition::Ended(generation), None);
    pool.release(None);
    pool.complete(workpool_core::WorkerId(0));
    let is_end = |effect: &Effect<u32>| matches!(effect, Effect::Watched { token: 7, .. });
    assert!(!pool.effects().iter().any(is_end), "tasks are still to be rejected");
    pool.pass(0);
    let effects = pool.effects();
    assert!(is_end(effects.last().expect("rejections")));
}

#[test]
fn a_clear_settles_all_who_wait_and_no_later_ones() {
    let pool = crowd(capacity(1));
    assert_eq!(pool.clear(), u64::from(CROWD));
    let later = pool.wait(Submission::new(CROWD + 1));
    let (by_the_call, rest) = halves(&pool, Rejection::Cleared);
    assert!(by_the_call.into_iter().chain(rest).eq(1..=CROWD));
    assert_eq!(pool.complete(workpool_core::WorkerId(0)), Some(later));
}

#[test]
fn what_the_tune_of_a_call_has_left_is_started_by_the_reaper() {
    let pool = crowd(capacity(1));
    pool.tune(CROWD + 1);
    assert_eq!(pool.snapshot().capacity, CROWD + 1, "what it is to become");
    let (_, busy, waiting) = pool.gauges();
    assert!(waiting >= 1_024 && busy >= 1_024);
    // Nobody overtakes.
    assert!(matches!(pool.submit(Submission::new(CROWD + 1)), Admission::Waiting(_)));
    pool.pass(0);
    assert_eq!(pool.gauges(), (CROWD + 1, CROWD + 1, 1));
    let started: Vec<u32> = pool
        .effects()
        .into_iter()
        .filter_map(|effect| if let Effect::Start(_, _, payload) = effect { Some(payload) } else { None })
        .collect();
    assert!(started.into_iter().eq(1..=CROWD));
}

#[test]
fn what_a_tune_to_one_has_left_is_retired_by_the_reaper() {
    let pool = Fixture::new(capacity(CROWD));
    pool.fill_and_complete(CROWD);
    pool.tune(1);
    assert!(pool.gauges().0 > 1);
    pool.pass(0);
    assert_eq!(pool.gauges(), (1, 0, 0));
}

#[test]
fn of_two_tunes_the_later_one_prevails_also_over_what_the_reaper_has_left_to_do() {
    let pool = crowd(capacity(1));
    pool.tune(CROWD);
    let busy = pool.gauges().1;
    pool.tune(busy + 1);
    pool.pass(0);
    assert_eq!(pool.gauges().1, busy + 1);
    assert_eq!(pool.snapshot().capacity, busy + 1);
}

#[test]
fn those_who_await_a_vacancy_are_told_in_their_order_by_the_call_and_by_the_reaper() {
    for is_release in [false, true] {
        let pool = Fixture::new(capacity(1));
        pool.start(0);
        for token in 0..CROWD {
            pool.await_vacancy(FaceId::FIRST, token);
        }
        if is_release {
            pool.release(None);
        } else {
            pool.tune(2 * CROWD);
        }
        let mut told = tokens(&pool.effects(), is_release);
        assert!(told.len() >= 1_024 && told.len() + 1_024 <= CROWD as usize);
        pool.pass(0);
        told.extend(tokens(&pool.effects(), is_release));
        assert!(told.into_iter().eq(0..CROWD));
        pool.end_turns(FaceId::FIRST, CROWD);
        pool.audit();
    }
}

fn tokens(effects: &[Effect<u32>], expected: bool) -> Vec<u32> {
    effects
        .iter()
        .filter_map(|effect| match *effect {
            Effect::Vacancy { token, is_closed, .. } => {
                assert_eq!(is_closed, expected);
                Some(token)
            }
            _ => None,
        })
        .collect()
}

#[test]
fn watches_beyond_what_a_call_tells_are_told_by_the_reaper() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.fill(1)[0];
    for token in 0..CROWD {
        pool.watch(FaceId::FIRST, token, Condition::Drained, None);
    }
    pool.complete(worker);
    let by_the_call = pool.effects();
    assert!(by_the_call.len() >= 1_024 && by_the_call.len() + 1_024 <= CROWD as usize);
    // One that comes meanwhile is told without waiting for them, or behind them; but it is told.
    pool.watch(FaceId::FIRST, CROWD, Condition::Drained, None);
    pool.pass(0);
    let rest = pool.effects();
    assert_eq!(by_the_call.len() + rest.len(), CROWD as usize + 1);
}

#[test]
fn a_face_that_departs_takes_along_what_is_still_to_be_rejected() {
    let pool = Fixture::<Job>::shared(capacity(1));
    let other = pool.join().expect("the pool is open");
    let job = |face, number| Submission::new(Job { face, number });
    pool.start(job(FaceId::FIRST, 0).payload);
    let mut tasks: Vec<TaskId> = Vec::new();
    for number in 1..=CROWD {
        let face = if number % 2 == 0 { other } else { FaceId::FIRST };
        tasks.push(pool.wait(job(face, number)));
    }
    pool.watch(FaceId::FIRST, 9, Condition::Vacant, None);
    pool.release(None);
    pool.effects();
    assert!(!pool.depart(other));
    pool.audit();
    pool.pass(0);
    let faces: Vec<FaceId> = pool
        .effects()
        .into_iter()
        .filter_map(|effect| if let Effect::Reject(_, job, _) = effect { Some(job.face()) } else { None })
        .collect();
    assert!(!faces.is_empty() && faces.iter().all(|&face| face == FaceId::FIRST));
    assert_eq!(pool.snapshot().counters.released, u64::from(CROWD));
    recorder::assert_gone(&pool, tasks[CROWD as usize - 1]);
}

#[test]
fn a_crowd_of_records_is_destroyed_in_several_holds_of_the_lock() {
    let pool = Fixture::new(Options {
        kind: WorkerKind::Thread { grace: MILLISECOND },
        concurrency: CROWD,
        ..capacity(1)
    });
    let worker = pool.start(0).0;
    for payload in 1..CROWD {
        assert!(matches!(pool.submit(Submission::new(payload)), Admission::Started(..)));
    }
    pool.destroy();
    pool.pass(0);
    let effects = pool.effects();
    assert_eq!(rejections(&effects).len(), CROWD as usize);
    assert!(effects.contains(&Effect::Kill(worker)));
}
