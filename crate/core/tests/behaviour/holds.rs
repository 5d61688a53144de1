//! However much is due at once, one hold of the lock does a bounded part of it: counted is what each hold has told.

use std::sync::atomic::Ordering;

use workpool_core::{
    BACKGROUND, Change, Condition, Effect, FaceId, Key, MILLISECOND, Options, Policy, Rate, Submission, Wait,
    WorkerKind,
};

use crate::{Fixture, Job, capacity, rejections, resources};

/// Several times what a hold may do.
const CROWD: u32 = 10_000;

/// What one hold may tell: a thousand of whatever is due, and what follows from that.
const MOST: usize = 2_100;

/// Does `act`, and whatever it leaves to the reaper: no hold of the lock has told more than a part. Returns what all of
/// them have told.
fn in_parts<T: workpool_core::Payload + std::fmt::Debug>(
    pool: &Fixture<T>,
    act: impl FnOnce(&Fixture<T>),
) -> Vec<Effect<T>> {
    pool.effects();
    pool.host().largest.store(0, Ordering::Relaxed);
    act(pool);
    pool.audit();
    pool.pass(0);
    let largest = pool.host().largest.load(Ordering::Relaxed);
    assert!(largest <= MOST, "{largest} in one hold of the lock");
    assert!(!pool.is_armed(), "nothing is left");
    pool.effects()
}

fn starts<T>(effects: &[Effect<T>]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Start(..))).count()
}

fn vacancies<T>(effects: &[Effect<T>]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Vacancy { .. })).count()
}

/// A pool that many wait for, behind one task that runs.
fn crowd(options: Options) -> Fixture {
    let pool = Fixture::new(options);
    pool.start(0);
    for payload in 1..=CROWD {
        pool.wait(Submission::new(payload));
    }
    pool
}

#[test]
fn the_end_of_all_that_wait() {
    in_parts(&crowd(capacity(1)), |pool| pool.release(None));
    in_parts(&crowd(capacity(1)), |pool| assert_eq!(pool.clear(), u64::from(CROWD)));
    let pool = crowd(capacity(1));
    pool.close();
    in_parts(&pool, |pool| assert!(pool.reboot()));
}

#[test]
fn another_capacity() {
    let pool = crowd(capacity(1));
    assert_eq!(starts(&in_parts(&pool, |pool| pool.tune(2 * CROWD))), CROWD as usize);
    let pool = Fixture::new(resources(CROWD));
    for _ in 0..CROWD {
        pool.submit(Submission::new(0));
    }
    let effects = in_parts(&pool, |pool| pool.tune(1));
    assert!(effects.is_empty(), "they boot");
}

#[test]
fn the_resume_of_a_pool_in_which_many_may_start() {
    for idle in [0, CROWD] {
        let pool = Fixture::new(capacity(CROWD));
        pool.fill_and_complete(idle);
        pool.pause(FaceId::FIRST);
        for payload in 0..CROWD {
            pool.wait(Submission::new(payload));
        }
        let effects = in_parts(&pool, |pool| pool.resume());
        assert_eq!(starts(&effects), CROWD as usize);
        let payloads = effects.iter().filter_map(|effect| match effect {
            Effect::Start(_, _, payload) => Some(*payload),
            _ => None,
        });
        assert!(payloads.eq(0..CROWD), "in their order");
    }
}

#[test]
fn nobody_overtakes_those_whom_a_resume_has_still_to_start() {
    let pool = Fixture::new(capacity(2 * CROWD));
    pool.pause(FaceId::FIRST);
    for payload in 0..2 * CROWD - 1 {
        pool.wait(Submission::new(payload));
    }
    pool.resume();
    assert!(pool.gauges().2 > 0, "the reaper goes on");
    let last = pool.wait(Submission::new(2 * CROWD - 1));
    pool.pass(0);
    assert_eq!(pool.gauges(), (2 * CROWD, 2 * CROWD, 0));
    assert!(matches!(pool.effects().last(), Some(&Effect::Start(_, task, _)) if task == last));
    assert!(!pool.is_paused());
}

#[test]
fn a_rate_that_allows_many_starts_at_once() {
    let rate = Some(Rate { limit: CROWD, interval: MILLISECOND });
    let options = Options { policy: Policy { rate, ..Policy::NONE }, ..capacity(2 * CROWD) };
    let pool = Fixture::new(options);
    pool.fill(CROWD);
    for payload in 0..CROWD {
        pool.wait(Submission::new(payload));
    }
    let effects = in_parts(&pool, |pool| pool.pass(1));
    assert_eq!(starts(&effects), CROWD as usize);
}

#[test]
fn a_change_of_options_by_which_many_may_start() {
    /// The audit of keys takes the square of it.
    const SOME: u32 = 3_000;
    let policy = Policy { per_key: 1, ..Policy::NONE };
    let pool = Fixture::new(Options { policy, ..capacity(2 * SOME) });
    for payload in 0..=SOME {
        pool.submit(Submission { key: Some(Key(1)), ..Submission::new(payload) });
    }
    let change = Change { per_key: Some(2 * SOME), ..Change::default() };
    assert_eq!(starts(&in_parts(&pool, |pool| pool.configure(&change))), SOME as usize);
}

#[test]
fn what_is_kept_for_many_turns_that_nobody_will_use() {
    for closes in [false, true] {
        let pool = Fixture::<Job>::shared(capacity(1));
        let other = pool.join().expect("the pool is open");
        let job = |number| Submission::new(Job { face: other, number });
        pool.start(Job { face: FaceId::FIRST, number: 0 });
        (0..CROWD).for_each(|token| pool.await_vacancy(FaceId::FIRST, token));
        // Behind those who await a vacancy; so are all that come after it.
        pool.wait(job(0));
        assert_eq!(vacancies(&in_parts(&pool, |pool| pool.tune(CROWD + 1))), CROWD as usize);
        for number in 1..CROWD {
            pool.wait(job(number));
        }
        let effects = in_parts(&pool, |pool| {
            if closes {
                pool.close();
                assert!(pool.gauges().2 > 0, "the reaper goes on, and not whoever closes the pool");
            } else {
                assert_eq!(pool.leave(FaceId::FIRST), None);
            }
        });
        assert_eq!(starts(&effects), CROWD as usize);
        assert_eq!(pool.gauges(), (CROWD + 1, CROWD + 1, 0));
        pool.end_turns(FaceId::FIRST, CROWD);
        pool.audit();
    }
}

#[test]
fn the_end_of_a_face_through_which_many_wait_for_a_vacancy() {
    for departs in [false, true] {
        let pool = Fixture::<Job>::shared(capacity(1));
        let other = pool.join().expect("the pool is open");
        pool.start(Job { face: FaceId::FIRST, number: 0 });
        for token in 0..CROWD {
            pool.await_vacancy(other, token);
            pool.await_vacancy(FaceId::FIRST, token);
        }
        let effects = in_parts(&pool, |pool| {
            if departs {
                assert!(!pool.depart(other));
            } else {
                assert_eq!(pool.leave(other), None);
            }
        });
        let told = effects.iter().filter(|effect| match **effect {
            Effect::Vacancy { face, is_closed, .. } => face == other && is_closed,
            _ => panic!("{effect:?}"),
        });
        assert_eq!(told.count(), if departs { 0 } else { CROWD as usize });
        assert_eq!(vacancies(&in_parts(&pool, |pool| pool.release(None))), CROWD as usize);
    }
}

#[test]
fn waits_that_are_over_at_once() {
    let pool = Fixture::new(capacity(1));
    pool.start(0);
    for payload in 0..CROWD {
        pool.wait(Submission { wait_timeout: Some(1), ..Submission::new(payload) });
        pool.await_vacancy_with(Wait { timeout: Some(1), ..Wait::new(FaceId::FIRST, payload) });
    }
    // A thousand of each may be due.
    assert_eq!(in_parts(&pool, |pool| pool.pass(1)).len(), 2 * CROWD as usize);
}

#[test]
fn the_end_of_many_threads() {
    for is_orphan in [false, true] {
        let kind = WorkerKind::Thread { grace: MILLISECOND };
        let pool = Fixture::new(Options { kind, ..capacity(CROWD) });
        let threads = pool.fill(CROWD);
        let effects = in_parts(&pool, |pool| if is_orphan { pool.orphan() } else { pool.destroy() });
        let kill =
            |effect: &Effect<u32>| if let Effect::Kill(worker) = *effect { Some(worker) } else { None };
        assert_eq!(effects.iter().filter_map(kill).collect::<Vec<_>>(), threads);
        assert_eq!(rejections(&effects).len(), CROWD as usize);
        assert_eq!(pool.gauges().0, if is_orphan { 0 } else { CROWD });
    }
}

#[test]
fn what_fits_into_one_hold_is_killed_before_anybody_hears_that_all_has_settled() {
    let pool = Fixture::new(Options { kind: WorkerKind::Thread { grace: MILLISECOND }, ..capacity(500) });
    let threads = pool.fill(500);
    pool.watch(FaceId::FIRST, 7, Condition::Settled, None);
    let effects = in_parts(&pool, |pool| pool.destroy());
    let last = Effect::Watched { face: FaceId::FIRST, token: 7, left: None };
    assert_eq!(effects[effects.len() - 2..], [Effect::Kill(threads[499]), last]);
}

#[test]
fn many_who_watch_for_the_same() {
    let pool = Fixture::new(capacity(1));
    let (worker, _) = pool.start(0);
    for token in 0..CROWD {
        pool.watch(FaceId::FIRST, token, Condition::Drained, None);
    }
    assert_eq!(in_parts(&pool, |pool| assert_eq!(pool.complete(worker), None)).len(), CROWD as usize);
    let pool = Fixture::new(capacity(1));
    pool.start(0);
    for token in 0..CROWD {
        pool.watch(FaceId::FIRST, token, Condition::Drained, Some(1));
    }
    assert_eq!(in_parts(&pool, |pool| pool.pass(1)).len(), CROWD as usize);
}

#[test]
fn many_who_may_only_wait_in_the_background() {
    let pool = Fixture::new(capacity(2 * CROWD));
    pool.pause(FaceId::FIRST);
    for payload in 0..CROWD {
        pool.wait(Submission { priority: BACKGROUND, ..Submission::new(payload) });
    }
    assert_eq!(starts(&in_parts(&pool, |pool| pool.resume())), CROWD as usize);
}
