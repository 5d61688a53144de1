//! How resources are looked after: validated, and worn out.

use workpool_core::{
    Admission, Care, Effect, End, FaceId, Key, MILLISECOND, Options, Policy, Rate, Refusal, Rejection,
    Submission, TaskId, Wait, WorkerId, WorkerKind,
};

use crate::{Fixture, boots, capacity, retirements};

pub(crate) fn cared_for(care: Care, options: Options) -> Fixture {
    Fixture::new(Options { kind: WorkerKind::Resource(care), ..options })
}

pub(crate) fn validations(effects: &[Effect<u32>]) -> Vec<WorkerId> {
    let validated = |effect: &Effect<u32>| match *effect {
        Effect::Validate(worker) => Some(worker),
        _ => None,
    };
    effects.iter().filter_map(validated).collect()
}

/// Has a worker boot for a task that waits.
pub(crate) fn boot(pool: &Fixture, payload: u32) -> (WorkerId, TaskId) {
    let task = pool.wait(Submission::new(payload));
    let [worker] = boots(&pool.effects())[..] else { panic!("one boots") };
    (worker, task)
}

// ── validate ────────────────────────────────────────────────────────────────────────────────────────────────────────

pub(crate) const VALIDATED: Care = Care { validate_after: Some(0), ..Care::NONE };

#[test]
fn an_idle_worker_is_validated_before_it_takes_a_task_and_counts_as_booting_meanwhile() {
    let pool = cared_for(VALIDATED, Options { nonblocking: true, ..capacity(1) });
    let worker = pool.fill_and_complete(1)[0];
    let task = pool.wait(Submission { wait_timeout: Some(0), ..Submission::new(1) });
    assert_eq!(pool.effects(), [Effect::Validate(worker)]);
    assert_eq!(pool.gauges(), (1, 1, 1));
    assert_eq!(
        pool.submit(Submission::new(2)),
        Admission::Refused(Refusal::Overload { waiting: 1, capacity: 1 })
    );
    assert_eq!(pool.booted(worker), Some(task));
    assert_eq!(pool.snapshot().counters.started, 1, "that is no start");
}

#[test]
fn a_worker_that_goes_from_task_to_task_is_not_validated() {
    let pool = cared_for(VALIDATED, capacity(1));
    let (worker, _) = pool.start(0);
    let next = pool.wait(Submission::new(1));
    assert_eq!(pool.complete(worker), Some(next));
    assert_eq!(pool.effects(), []);
}

#[test]
fn a_worker_that_goes_from_task_to_task_is_not_validated_although_somebody_is_told_of_a_vacancy() {
    let policy = Policy { per_key: 1, ..Policy::NONE };
    let pool = cared_for(VALIDATED, Options { policy, ..capacity(2) });
    let key = Some(Key(1));
    pool.wait(Submission { key, ..Submission::new(0) });
    let [worker] = boots(&pool.effects())[..] else { panic!("one boots") };
    pool.booted(worker);
    pool.await_vacancy_with(Wait { key, ..Wait::new(FaceId::FIRST, 1) });
    let next = pool.wait(Submission { key, ..Submission::new(1) });
    assert_eq!(pool.complete(worker), Some(next));
    assert_eq!(validations(&pool.effects()), []);
}

#[test]
fn which_task_a_validated_worker_gets_is_decided_when_it_is_valid() {
    let pool = cared_for(VALIDATED, capacity(1));
    let worker = pool.fill_and_complete(1)[0];
    pool.wait(Submission::new(1));
    let urgent = pool.wait(Submission { priority: 0, ..Submission::new(2) });
    assert_eq!(validations(&pool.effects()), [worker], "once");
    assert_eq!(pool.booted(worker), Some(urgent));
}

#[test]
fn an_invalid_worker_retires_and_the_task_gets_another_one() {
    let pool = cared_for(VALIDATED, capacity(2));
    let workers = pool.fill_and_complete(2);
    let task = pool.wait(Submission::new(2));
    assert_eq!(pool.effects(), [Effect::Validate(workers[1])], "the last that went idle");
    pool.invalid(workers[1]);
    assert_eq!(pool.effects(), [Effect::Retire(workers[1]), Effect::Validate(workers[0])]);
    pool.invalid(workers[0]);
    assert_eq!(pool.effects(), [Effect::Retire(workers[0])]);
    pool.retired(workers[1]);
    let [new] = boots(&pool.effects())[..] else { panic!("a new one boots") };
    assert_eq!(pool.booted(new), Some(task));
    pool.retired(workers[0]);
    let counters = pool.snapshot().counters;
    assert_eq!((counters.failed, counters.retired, counters.started), (0, 2, 3));
}

#[test]
fn a_worker_is_validated_only_if_it_was_idle_for_so_long() {
    let pool = cared_for(Care { validate_after: Some(10 * MILLISECOND), ..Care::NONE }, capacity(1));
    let worker = pool.fill_and_complete(1)[0];
    pool.pass(9);
    assert_eq!(pool.start(1).0, worker);
    pool.complete(worker);
    pool.pass(10);
    pool.wait(Submission::new(2));
    assert_eq!(pool.effects(), [Effect::Validate(worker)]);
}

#[test]
fn as_many_workers_are_validated_as_tasks_wait() {
    let pool = cared_for(VALIDATED, capacity(3));
    let workers = pool.fill_and_complete(3);
    let tasks = [0, 1].map(|payload| pool.wait(Submission::new(payload)));
    assert_eq!(validations(&pool.effects()), [workers[2], workers[1]]);
    pool.cancel(tasks[0]);
    pool.wait(Submission::new(3));
    assert_eq!(pool.effects(), [], "one validates for nobody");
    assert_eq!(pool.gauges(), (3, 2, 2));
}

#[test]
fn a_worker_that_is_validated_while_the_pool_is_released_retires_when_it_is_valid() {
    let pool = cared_for(VALIDATED, capacity(1));
    let worker = pool.fill_and_complete(1)[0];
    let task = pool.wait(Submission::new(1));
    pool.effects();
    pool.release(None);
    assert_eq!(pool.effects(), [Effect::Reject(task, 1, Rejection::Released)]);
    assert_eq!(pool.booted(worker), None);
    assert_eq!(pool.effects(), [Effect::Retire(worker)]);
}

#[test]
fn a_pool_with_keys_and_a_rate_validates_as_any() {
    let rate = Some(Rate { limit: 2, interval: 100 * MILLISECOND });
    let policy = Policy { rate, per_key: 1, ..Policy::NONE };
    let pool = cared_for(VALIDATED, Options { policy, ..capacity(2) });
    let of = |key, payload| Submission { key: Some(Key(key)), ..Submission::new(payload) };
    let Admission::Waiting(first) = pool.submit(of(1, 0)) else { panic!("a worker boots") };
    let [worker] = boots(&pool.effects())[..] else { panic!("one boots") };
    assert_eq!(pool.booted(worker), Some(first));
    let next = pool.wait(of(1, 1));
    assert_eq!(pool.effects(), [], "its key is busy");
    assert_eq!(pool.complete(worker), Some(next), "from task to task nobody is asked");
    pool.complete(worker);
    let third = pool.wait(of(1, 2));
    assert_eq!(pool.effects(), [], "the rate allows no more");
    pool.pass(100);
    assert_eq!(pool.effects(), [Effect::Validate(worker)]);
    pool.invalid(worker);
    let [other] = boots(&pool.effects())[..] else { panic!("another one boots") };
    assert_eq!(pool.booted(other), Some(third));
}

// ── wear ────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_worker_retires_at_the_end_of_its_last_use() {
    let pool = cared_for(Care { max_uses: 2, ..Care::NONE }, capacity(1));
    let worker = pool.fill_and_complete(1)[0];
    let (again, _) = pool.start(1);
    assert_eq!(again, worker);
    let next = pool.wait(Submission::new(2));
    assert_eq!(pool.complete(worker), None, "no third one");
    assert_eq!(pool.effects(), [Effect::Retire(worker)]);
    pool.retired(worker);
    let [other] = boots(&pool.effects())[..] else { panic!("a new one boots") };
    assert_eq!(pool.booted(other), Some(next));
}

#[test]
fn an_idle_worker_retires_when_it_is_too_old_however_shortly_it_was_idle() {
    let pool = cared_for(Care { max_age: Some(50 * MILLISECOND), ..Care::NONE }, capacity(2));
    let workers = pool.fill_and_complete(2);
    pool.pass(49);
    assert_eq!(pool.effects(), []);
    pool.pass(1);
    assert_eq!(retirements(&pool.effects()), workers);
}

#[test]
fn a_busy_worker_that_is_too_old_retires_at_the_end_of_its_task() {
    let pool = cared_for(Care { max_age: Some(50 * MILLISECOND), ..Care::NONE }, capacity(1));
    let (worker, _) = pool.start(0);
    let next = pool.wait(Submission::new(1));
    pool.pass(500);
    assert_eq!(pool.effects(), [], "not in the middle of it");
    assert_eq!(pool.complete(worker), None);
    assert_eq!(pool.effects(), [Effect::Retire(worker)]);
    pool.retired(worker);
    let [other] = boots(&pool.effects())[..] else { panic!("a new one boots") };
    pool.pass(500);
    assert_eq!(pool.booted(other), Some(next), "its age counts from when it is ready");
}

#[test]
fn the_age_of_a_worker_is_forgotten_with_it() {
    let pool = cared_for(Care { max_age: Some(50 * MILLISECOND), ..Care::NONE }, capacity(1));
    let (worker, _) = pool.start(0);
    pool.finish(worker, End::Failed, true);
    pool.retired(worker);
    pool.pass(40);
    let (again, _) = pool.start(1);
    assert_eq!(again, worker, "in the same record");
    pool.complete(again);
    pool.effects();
    pool.pass(20);
    assert_eq!(pool.effects(), []);
}
