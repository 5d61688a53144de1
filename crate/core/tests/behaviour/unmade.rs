//! Resources that cannot be made, or take too long; and those that are kept.

use workpool_core::{
    Admission, Care, Change, Condition, Effect, End, FaceId, MILLISECOND, Options, Refusal, Rejection,
    Submission, WorkerId,
};

use crate::{
    boots, capacity, rejections,
    resources::{VALIDATED, boot, cared_for, validations},
    retirements,
};

fn vain(token: u32) -> Effect<u32> {
    Effect::Watched { face: FaceId::FIRST, token, left: Some(0) }
}

fn told(token: u32) -> Effect<u32> {
    Effect::Watched { face: FaceId::FIRST, token, left: None }
}

// ── init_timeout ────────────────────────────────────────────────────────────────────────────────────────────────────

const HURRIED: Care = Care { init_timeout: Some(30), ..Care::NONE };

#[test]
fn a_boot_that_takes_too_long_rejects_one_task_and_keeps_its_slot_until_it_settles() {
    let pool = cared_for(HURRIED, capacity(1));
    let (worker, first) = boot(&pool, 0);
    let second = pool.wait(Submission::new(1));
    pool.pass(29);
    assert_eq!(pool.effects(), []);
    pool.pass(1);
    let rejected = Effect::Reject(first, 0, Rejection::WaitTimeout(30));
    assert_eq!(pool.effects(), [Effect::Overdue(worker), rejected]);
    assert_eq!(pool.gauges(), (1, 1, 1));
    assert_eq!(pool.snapshot().available(), 0);
    pool.pass(10_000);
    assert_eq!(pool.effects(), [], "no room for another one");

    assert_eq!(pool.booted(worker), None, "too late");
    assert_eq!(pool.effects(), [Effect::Retire(worker)]);
    pool.retired(worker);
    let [other] = boots(&pool.effects())[..] else { panic!("another one boots") };
    assert_eq!(pool.booted(other), Some(second));
    let counters = pool.snapshot().counters;
    assert_eq!((counters.wait_timeout, counters.failed, counters.retired), (1, 0, 1));
}

#[test]
fn a_boot_that_took_too_long_and_fails_in_the_end_fails_nobody() {
    let pool = cared_for(HURRIED, capacity(1));
    let (worker, _) = boot(&pool, 0);
    let second = pool.wait(Submission::new(1));
    pool.pass(30);
    pool.effects();
    pool.pass(1_000);
    assert_eq!(pool.boot_failed(worker), None);
    let [other] = boots(&pool.effects())[..] else { panic!("another one boots") };
    assert_eq!(pool.booted(other), Some(second));
}

#[test]
fn a_boot_in_time_leaves_nothing_to_come_for() {
    let pool = cared_for(HURRIED, capacity(1));
    let (worker, task) = boot(&pool, 0);
    assert_eq!(pool.booted(worker), Some(task));
    pool.pass(1_000);
    assert_eq!(pool.effects(), []);
}

#[test]
fn a_boot_that_takes_too_long_counts_as_a_failure() {
    let pool = cared_for(HURRIED, capacity(3));
    boot(&pool, 0);
    pool.pass(30);
    pool.effects();
    pool.wait(Submission::new(1));
    assert_eq!(pool.effects(), [], "none boots in the pause");
    pool.pass(100);
    assert_eq!(boots(&pool.effects()).len(), 1);
}

// ── back-off ────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn after_a_failed_boot_one_worker_at_a_time_boots_after_pauses_that_double() {
    let pool = cared_for(Care::NONE, capacity(4));
    let (mut worker, _) = boot(&pool, 0);
    let tasks: Vec<_> = (1..12).map(|payload| pool.wait(Submission::new(payload))).collect();
    let others = boots(&pool.effects());
    assert_eq!(others.len(), 3);
    // Those that were booting already are the same failure.
    for (nth, other) in others.into_iter().enumerate() {
        assert_eq!(pool.boot_failed(other).map(|(_, payload)| payload), Some(nth as u32));
    }
    let mut payload = 3;
    for pause in [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000] {
        assert_eq!(pool.boot_failed(worker).map(|(_, payload)| payload), Some(payload));
        payload += 1;
        if payload == 4 {
            // The pause began with the first failure.
            assert_eq!(pool.snapshot().free(), 0);
        }
        pool.pass(pause - 1);
        assert_eq!(pool.effects(), [], "{pause}");
        pool.pass(1);
        let [next] = boots(&pool.effects())[..] else { panic!("one tries for all: {pause}") };
        assert_eq!(pool.snapshot().free(), 0, "and no second one");
        worker = next;
    }
    assert_eq!(pool.booted(worker), Some(tasks[10]), "the last one");
    pool.complete(worker);
    assert_eq!(pool.snapshot().free(), 3, "as ever");
}

#[test]
fn a_success_ends_the_back_off_and_brings_as_many_as_tasks_wait() {
    let pool = cared_for(Care::NONE, capacity(3));
    let (first, _) = boot(&pool, 0);
    pool.boot_failed(first);
    let tasks = [1, 2, 3].map(|payload| pool.wait(Submission::new(payload)));
    pool.pass(100);
    let [one] = boots(&pool.effects())[..] else { panic!("one tries") };
    assert_eq!(pool.booted(one), Some(tasks[0]));
    assert_eq!(boots(&pool.effects()).len(), 2);
    pool.complete(one);
    pool.finish(one, End::Failed, true);
    pool.effects();
    pool.reboot();
}

#[test]
fn a_pause_is_as_long_as_chance_has_it() {
    for (random, pause) in [(u32::MAX, 100), (u32::MAX / 2, 50), (u32::MAX / 4, 25)] {
        let pool = cared_for(Care::NONE, capacity(1));
        pool.host().random.store(random, std::sync::atomic::Ordering::Relaxed);
        let (worker, _) = boot(&pool, 0);
        pool.boot_failed(worker);
        pool.wait(Submission::new(1));
        pool.pass(pause - 1);
        assert_eq!(pool.effects(), []);
        pool.pass(1);
        assert_eq!(boots(&pool.effects()).len(), 1, "{pause}");
    }
}

#[test]
fn in_a_pause_tasks_wait_as_for_any_worker() {
    let pool = cared_for(Care::NONE, Options { nonblocking: true, ..capacity(2) });
    let (worker, _) = boot(&pool, 0);
    pool.boot_failed(worker);
    assert_eq!((pool.snapshot().available(), pool.snapshot().free()), (0, 0));
    let overload = Admission::Refused(Refusal::Overload { waiting: 0, capacity: 2 });
    assert_eq!(pool.submit(Submission::new(1)), overload);
    pool.pass(100);
    assert_eq!((pool.snapshot().available(), pool.snapshot().free()), (1, 1));
    boot(&pool, 2);
    assert_eq!(
        pool.submit(Submission::new(3)),
        Admission::Refused(Refusal::Overload { waiting: 1, capacity: 2 })
    );
}

#[test]
fn workers_that_are_there_go_on_while_others_cannot_be_made() {
    let pool = cared_for(VALIDATED, capacity(2));
    let (worker, _) = pool.start(0);
    let (other, _) = boot(&pool, 1);
    pool.boot_failed(other);
    let next = pool.wait(Submission::new(2));
    assert_eq!(pool.complete(worker), Some(next));
    pool.complete(worker);
    pool.wait(Submission::new(3));
    assert_eq!(pool.effects(), [Effect::Validate(worker)], "an idle one is validated in the pause, too");
}

#[test]
fn while_closing_a_failed_boot_rejects_all_that_wait() {
    let pool = cared_for(Care::NONE, capacity(1));
    let (worker, first) = boot(&pool, 0);
    for payload in 1..3_000 {
        pool.wait(Submission::new(payload));
    }
    pool.watch(FaceId::FIRST, 7, Condition::Ended(pool.close()), None);
    assert_eq!(pool.boot_failed(worker), Some((first, 0)));
    let effects = pool.effects();
    let rejected: Vec<_> = (1..3_000).map(|payload| (payload, Rejection::StartFailed)).collect();
    assert_eq!(rejections(&effects), rejected);
    assert!(effects.contains(&told(7)));
    assert_eq!(pool.gauges(), (0, 0, 0));
}

#[test]
fn while_closing_a_boot_that_takes_too_long_rejects_all_that_wait() {
    let pool = cared_for(HURRIED, capacity(1));
    boot(&pool, 0);
    for payload in 1..3_000 {
        pool.wait(Submission::new(payload));
    }
    pool.close();
    pool.pass(30);
    assert_eq!(rejections(&pool.effects()).len(), 3_000);
    assert_eq!(pool.gauges(), (1, 1, 0));
}

#[test]
fn the_failures_of_a_generation_are_nothing_to_the_next() {
    let pool = cared_for(Care::NONE, capacity(2));
    let (worker, _) = boot(&pool, 0);
    let (late, _) = boot(&pool, 1);
    pool.boot_failed(worker);
    pool.release(None);
    pool.reboot();
    pool.effects();
    boot(&pool, 2);
    pool.boot_failed(late);
    boot(&pool, 3);
}

// ── min_size ────────────────────────────────────────────────────────────────────────────────────────────────────────

fn kept(min_size: u32, options: Options) -> Options {
    Options { min_size, ..options }
}

#[test]
fn the_start_of_a_pool_boots_as_many_as_are_kept_and_all_of_them_are_waited_for() {
    let pool = cared_for(Care::NONE, kept(3, capacity(5)));
    assert_eq!(pool.effects(), [], "none before");
    pool.pool.start();
    pool.watch(FaceId::FIRST, 1, Condition::Started, None);
    let workers = boots(&pool.effects());
    assert_eq!(workers.len(), 3);
    pool.booted(workers[0]);
    pool.booted(workers[1]);
    assert_eq!(pool.effects(), []);
    pool.booted(workers[2]);
    assert_eq!(pool.effects(), [told(1)]);
    pool.pool.start();
    assert_eq!(pool.effects(), [], "nobody is missing");
}

#[test]
fn the_first_worker_brings_those_that_are_kept_with_it() {
    let pool = cared_for(Care::NONE, kept(3, capacity(5)));
    let (worker, task) = boot(&pool, 0);
    assert_eq!(pool.booted(worker), Some(task));
    assert_eq!(boots(&pool.effects()).len(), 2);
}

#[test]
fn workers_that_are_kept_are_not_purged_and_are_replaced_whatever_ends_them() {
    let care = Care { max_age: Some(500 * MILLISECOND), max_uses: 3, ..VALIDATED };
    let expiry = Some(10 * MILLISECOND);
    let pool = cared_for(care, kept(2, Options { expiry, ..capacity(4) }));
    pool.pool.start();
    let workers = boots(&pool.effects());
    workers.iter().for_each(|&worker| assert_eq!(pool.booted(worker), None));
    pool.pass(400);
    assert_eq!(pool.gauges(), (2, 0, 0), "not purged");

    pool.wait(Submission::new(0));
    assert_eq!(validations(&pool.effects()), [workers[1]]);
    pool.invalid(workers[1]);
    let effects = pool.effects();
    assert_eq!((retirements(&effects), validations(&effects)), (vec![workers[1]], vec![workers[0]]));
    let [third] = boots(&effects)[..] else { panic!("an invalid one is replaced: {effects:?}") };
    pool.booted(workers[0]);
    assert_eq!(pool.booted(third), None);
    pool.finish(workers[0], End::Failed, true);
    let effects = pool.effects();
    assert_eq!(retirements(&effects), [workers[0]]);
    let [fourth] = boots(&effects)[..] else { panic!("a broken one is replaced: {effects:?}") };
    pool.booted(fourth);
    pool.retired(workers[0]);
    pool.retired(workers[1]);
    pool.effects();

    pool.pass(500);
    let effects = pool.effects();
    assert_eq!((retirements(&effects).len(), boots(&effects).len()), (2, 2), "old ones are replaced");
}

#[test]
fn a_worker_that_is_kept_is_made_again_after_a_failure_for_as_long_as_it_takes() {
    let pool = cared_for(Care::NONE, kept(2, capacity(2)));
    pool.pool.start();
    let workers = boots(&pool.effects());
    workers.iter().for_each(|&worker| assert_eq!(pool.boot_failed(worker), None));
    for pause in [100, 200, 400] {
        pool.pass(pause);
        let [worker] = boots(&pool.effects())[..] else { panic!("one at a time") };
        pool.boot_failed(worker);
    }
    pool.pass(800);
    let [worker] = boots(&pool.effects())[..] else { panic!("one at a time") };
    pool.booted(worker);
    assert_eq!(boots(&pool.effects()).len(), 1, "and now the other one");
    pool.close();
    pool.boot_failed(WorkerId(1));
    pool.effects();
    pool.pass(60_000);
    assert_eq!(pool.effects(), [], "closing ends it");
}

#[test]
fn who_waits_for_the_start_hears_of_a_failure() {
    let pool = cared_for(HURRIED, capacity(2));
    pool.watch(FaceId::FIRST, 1, Condition::Started, None);
    let [worker] = boots(&pool.effects())[..] else { panic!("one boots for the watch") };
    pool.boot_failed(worker);
    assert_eq!(pool.effects(), [vain(1)]);
    pool.pass(1_000);
    assert_eq!(pool.effects(), [], "nobody waits for one any more");
    pool.watch(FaceId::FIRST, 2, Condition::Started, None);
    let [worker] = boots(&pool.effects())[..] else { panic!("one boots for the watch") };
    pool.pass(30);
    assert_eq!(pool.effects(), [Effect::Overdue(worker), vain(2)]);
    pool.watch(FaceId::FIRST, 3, Condition::Started, None);
    assert_eq!(pool.effects(), [], "in the pause none boots");
    pool.pass(200);
    let [worker] = boots(&pool.effects())[..] else { panic!("one boots after the pause") };
    pool.booted(worker);
    assert_eq!(pool.effects(), [told(3)]);
}

#[test]
fn raising_what_is_kept_boots_what_is_missing() {
    let pool = cared_for(Care::NONE, kept(1, capacity(4)));
    let workers = pool.fill_and_complete(1);
    pool.configure(&Change { min_size: Some(3), ..Change::default() });
    assert_eq!(boots(&pool.effects()).len(), 2);
    pool.configure(&Change { min_size: Some(0), ..Change::default() });
    assert_eq!(pool.effects(), []);
    assert_eq!(pool.gauges().0, 3);
    drop(workers);
}
