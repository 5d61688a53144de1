//! Workers that are being taken down: what is shown of them, and how long they may take (`disposeTimeout`).

use workpool_core::{
    Admission, Care, Condition, Effect, End, FaceId, Options, Submission, UNBOUNDED, WorkerKind,
};

use crate::{Fixture, RESOURCE, capacity, resources, retirements};

const LIMIT: u32 = 30;

fn limited(options: Options) -> Fixture {
    Fixture::new(Options {
        kind: WorkerKind::Resource(Care { dispose_timeout: Some(LIMIT), ..Care::NONE }),
        ..options
    })
}

#[test]
fn a_worker_that_is_being_taken_down_is_neither_idle_nor_available() {
    let pool = Fixture::new(resources(2));
    let workers = pool.fill_and_complete(2);
    assert_eq!(shown_by(&pool), (2, 0, 2, 2, 0));
    pool.tune(1);
    assert_eq!(shown_by(&pool), (2, 1, 1, 0, 0));
    pool.retired(workers[0]);
    assert_eq!(shown_by(&pool), (1, 0, 1, 1, 0));
    pool.release(None);
    assert_eq!(shown_by(&pool), (1, 1, 0, 0, 0));
    pool.reboot();
    assert_eq!(shown_by(&pool), (0, 0, 0, 1, 1), "it is none of the new generation");

    let pool = Fixture::new(Options { kind: RESOURCE, ..Options::default() });
    pool.fill_and_complete(1);
    pool.release(None);
    assert_eq!(shown_by(&pool), (1, 1, 0, UNBOUNDED, UNBOUNDED));
}

#[test]
fn what_is_available_is_what_starts() {
    for broken in 0..=3 {
        let pool = Fixture::new(resources(3));
        let workers = pool.fill(3);
        workers[..broken].iter().for_each(|&worker| {
            pool.finish(worker, End::Failed, true);
        });
        workers[broken..].iter().for_each(|&worker| {
            pool.complete(worker);
        });
        assert_eq!(pool.snapshot().available() as usize, 3 - broken);
        for payload in 0..3 {
            let is_available = pool.has_room();
            assert_eq!(is_available, pool.snapshot().available() > 0);
            let admission = pool.submit(Submission::new(payload));
            assert_eq!(matches!(admission, Admission::Started(..)), is_available);
        }
    }
}

/// `(running, busy, idle, available, free)`
fn shown_by(pool: &Fixture) -> (u32, u32, u32, u32, u32) {
    pool.audit();
    let snapshot = pool.snapshot();
    (snapshot.running, snapshot.busy, snapshot.idle(), snapshot.available(), snapshot.free())
}

#[test]
fn a_pool_is_not_drained_while_a_worker_is_being_taken_down() {
    let pool = Fixture::new(resources(1));
    let worker = pool.fill(1)[0];
    pool.watch(FaceId::FIRST, 1, Condition::Drained, None);
    pool.finish(worker, End::Failed, true);
    assert_eq!(pool.effects(), [Effect::Retire(worker)]);
    pool.retired(worker);
    assert_eq!(pool.effects(), [Effect::Watched { face: FaceId::FIRST, token: 1, left: None }]);
}

#[test]
fn the_slot_of_a_disposal_that_takes_too_long_is_free() {
    let pool = limited(capacity(1));
    let worker = pool.fill(1)[0];
    let task = pool.wait(Submission::new(1));
    pool.pass(10);
    pool.finish(worker, End::Failed, true);
    assert_eq!(pool.effects(), [Effect::Retire(worker)]);
    pool.pass(29);
    assert_eq!(pool.effects(), [], "in time");
    pool.pass(1);
    let effects = pool.effects();
    assert_eq!(effects[0], Effect::Overdue(worker));
    let Effect::Boot(other) = effects[1] else { panic!("{effects:?}") };
    assert_eq!(pool.booted(other), Some(task));
    assert_ne!(other, worker, "the number is still the old one's");
    assert_eq!(pool.gauges(), (1, 1, 0));
    assert_eq!(pool.snapshot().counters.retired, 1);
    pool.complete(other);
    pool.effects();

    pool.retired(worker);
    assert_eq!(pool.effects(), [], "the late answer changes nothing");
    assert_eq!(pool.gauges(), (1, 0, 0));
    assert_eq!(pool.snapshot().counters.retired, 1);
    pool.retired(worker);
    pool.pass(1_000);
    assert_eq!(pool.effects(), [], "nor does a second one");
}

#[test]
fn a_disposal_in_time_leaves_nothing_to_come_for() {
    let pool = limited(capacity(2));
    let workers = pool.fill_and_complete(2);
    pool.release(None);
    assert_eq!(retirements(&pool.effects()), workers);
    for worker in workers {
        pool.retired(worker);
    }
    pool.pass(1_000);
    assert_eq!(pool.effects(), []);
}

#[test]
fn what_waits_for_the_end_of_the_pool_waits_no_longer_than_the_disposals_may_take() {
    let pool = limited(capacity(2));
    let workers = pool.fill_and_complete(2);
    let generation = pool.close();
    pool.effects();
    for (token, condition) in
        [(1, Condition::Ended(generation)), (2, Condition::Drained), (3, Condition::Vacant)]
    {
        pool.watch(FaceId::FIRST, token, condition, None);
    }
    pool.pass(10);
    pool.retired(workers[0]);
    assert_eq!(pool.effects(), []);
    pool.pass(20);
    let watched = |token| Effect::Watched { face: FaceId::FIRST, token, left: None };
    assert_eq!(pool.effects(), [Effect::Overdue(workers[1]), watched(1), watched(2), watched(3)]);
}

#[test]
fn a_disposal_of_an_older_generation_has_its_time_too() {
    let pool = limited(capacity(1));
    let worker = pool.fill_and_complete(1)[0];
    let generation = pool.close();
    pool.watch(FaceId::FIRST, 1, Condition::Ended(generation), None);
    pool.reboot();
    pool.start(1);
    pool.effects();
    pool.pass(u64::from(LIMIT));
    let ended = Effect::Watched { face: FaceId::FIRST, token: 1, left: None };
    assert_eq!(pool.effects(), [Effect::Overdue(worker), ended]);
    assert_eq!(pool.gauges(), (1, 1, 0));
}

#[test]
fn disposals_that_never_end_keep_no_more_than_their_numbers() {
    let pool = limited(capacity(1));
    for _ in 0..100 {
        let worker = pool.fill(1)[0];
        pool.finish(worker, End::Failed, true);
        pool.pass(u64::from(LIMIT));
        assert_eq!(pool.effects(), [Effect::Retire(worker), Effect::Overdue(worker)]);
        pool.retired(worker);
    }
    assert_eq!(pool.snapshot().counters.reused, 99, "one record for all");
}
