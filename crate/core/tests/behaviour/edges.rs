//! Numbers that count for ever, where they do not fit any more.

use workpool_core::{Cancelled, Condition, Effect, End, FaceId, Options, Submission, WorkerKind};

use crate::{Fixture, boots, capacity, recorder};

#[test]
fn names_tell_tasks_apart_also_when_their_stamps_run_over() {
    let pool = Fixture::new(capacity(1));
    pool.age(u64::from(u32::MAX) - 3, 0);
    let mut gone = Vec::new();
    for payload in 0..8 {
        let (worker, task) = pool.start(payload);
        gone.iter().for_each(|&other| {
            assert_ne!(task, other);
            recorder::assert_gone(&pool, other);
        });
        assert_eq!(pool.times(task).expect("it runs").number, u64::from(u32::MAX) - 2 + u64::from(payload));
        assert!(pool.finish(worker, End::Completed, false).settled);
        gone.push(task);
    }
    assert_eq!(pool.snapshot().counters.completed, u64::from(u32::MAX) + 5);
    pool.audit();
}

#[test]
fn a_task_that_waits_or_runs_beyond_that_is_cancelled_and_collected_by_its_name() {
    let pool = Fixture::new(capacity(1));
    pool.age(u64::from(u32::MAX) - 1, 0);
    let (worker, running) = pool.start(0);
    let waiting = pool.wait(Submission { wait_timeout: Some(5), ..Submission::new(1) });
    let other = pool.wait(Submission::new(2));
    assert_eq!(pool.cancel(other), Cancelled::Waiting);
    pool.pass(5);
    pool.collect(waiting);
    recorder::assert_gone(&pool, waiting);
    assert_eq!(pool.cancel(running), Cancelled::Running);
    pool.complete(worker);
    assert!(pool.is_quiet(FaceId::FIRST));
}

#[test]
fn a_generation_is_none_that_lies_far_back() {
    let pool = Fixture::new(capacity(2));
    let (old, _) = pool.start(0);
    let generation = pool.close();
    pool.watch(FaceId::FIRST, 1, Condition::Ended(generation), None);
    pool.reboot();
    // As many lifetimes as fit into 32 bits: the generation would have its number again.
    pool.age(0, (1 << 32) - 1);
    assert_eq!(pool.snapshot().generation, generation + (1 << 32));
    pool.release(Some(generation));
    assert!(!pool.snapshot().is_closed, "another one is meant");
    assert_eq!(pool.gauges(), (0, 0, 0));
    pool.start(1);
    assert_eq!(pool.complete(old), None);
    assert_eq!(pool.gauges(), (1, 1, 0), "it retires with its generation");
    assert_eq!(pool.effects(), [Effect::Watched { face: FaceId::FIRST, token: 1, left: None }]);
}

#[test]
fn room_is_counted_where_many_workers_may_have_very_many_tasks_each() {
    for concurrency in [u32::MAX, i32::MAX as u32] {
        let options =
            Options { capacity: 3, kind: WorkerKind::Thread { grace: 1 }, concurrency, ..Options::default() };
        let pool = Fixture::new(options);
        pool.start_all();
        for worker in boots(&pool.effects()) {
            pool.booted(worker);
        }
        for payload in 0..6 {
            pool.start(payload);
            pool.audit();
            assert!(pool.has_vacancy());
        }
    }
}
