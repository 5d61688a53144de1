//! Workers that are threads: several tasks each, begun and not begun, deaths, failed starts (4.1, 4.2, 4.5).

use workpool_core::{
    Admission, Cancelled, Condition, Effect, End, FaceId, Key, MILLISECOND, Offer, Options, Policy, Refusal,
    Rejection, Submission, Taken, TaskId, WorkerId, WorkerKind,
};

use crate::{Fixture, capacity, recorder};

const GRACE: u64 = 100;

fn threads(size: u32, concurrency: u32) -> Options {
    Options { kind: WorkerKind::Thread { grace: GRACE * MILLISECOND }, concurrency, ..capacity(size) }
}

/// Workers that are to boot, by the effects so far.
fn boots(pool: &Fixture) -> Vec<WorkerId> {
    let boot = |effect| if let Effect::Boot(worker) = effect { Some(worker) } else { None };
    pool.effects().into_iter().filter_map(boot).collect()
}

/// A pool of one thread that has loaded, and is idle.
fn loaded(options: Options) -> (Fixture, WorkerId) {
    let pool = Fixture::new(options);
    pool.pool().start();
    let worker = boots(&pool)[0];
    assert_eq!(pool.booted(worker), None);
    (pool, worker)
}

trait Threads {
    fn pool(&self) -> &crate::recorder::RecordedPool;
    /// Submits a task that a thread has at once, and begins it.
    fn begin_now(&self, number: u32) -> TaskId;
    fn end(&self, task: TaskId) -> Option<TaskId>;
}

impl Threads for Fixture {
    fn pool(&self) -> &crate::recorder::RecordedPool {
        self
    }

    fn begin_now(&self, number: u32) -> TaskId {
        let Admission::Started(_, task) = self.submit(Submission::new(number)) else {
            panic!("a thread is free")
        };
        assert_eq!(recorder::take(self, task), Some(number));
        task
    }

    fn end(&self, task: TaskId) -> Option<TaskId> {
        let finished = self.finish_task(task, End::Completed, false);
        assert!(finished.settled);
        self.collect(task);
        finished.next
    }
}

#[test]
fn every_task_has_the_time_at_which_its_thread_took_it_and_none_begins_before_its_submission() {
    let (pool, worker) = loaded(threads(1, 2));
    pool.pass(5);
    let begun_at = |timed, now| {
        let Admission::Started(_, task) = pool.submit(Submission { timed, ..Submission::new(0) }) else {
            panic!("the thread has a slot")
        };
        assert_eq!(pool.take(worker, task, now), Taken::Begun(0));
        pool.times(task).expect("it runs").begun_at
    };
    assert_eq!(begun_at(false, 5 * MILLISECOND), 5 * MILLISECOND);
    assert_eq!(begun_at(true, 5 * MILLISECOND - 1), 5 * MILLISECOND, "the thread had read the clock before");
}

#[test]
fn as_many_threads_boot_for_a_key_as_its_limit_lets_run_and_no_more() {
    for (per_key, expected) in [(1, 1), (2, 2), (u32::MAX, 3)] {
        let policy = Policy { per_key, ..Policy::NONE };
        let pool = Fixture::new(Options { policy, ..threads(4, 1) });
        for number in 0..3 {
            let task = Submission { key: Some(Key(7)), ..Submission::new(number) };
            assert!(matches!(pool.submit(task), Admission::Waiting(_)));
        }
        assert_eq!(boots(&pool).len(), expected, "{per_key} of a key may run");
    }
}

#[test]
fn the_record_of_an_ended_task_stays_until_its_origin_knows() {
    let (pool, _) = loaded(threads(1, 1));
    let task = pool.begin_now(1);
    assert!(pool.finish_task(task, End::Completed, false).settled);
    assert_eq!(pool.cancel(task), Cancelled::Late);
    let Admission::Started(_, next) = pool.submit(Submission::new(2)) else { panic!("the thread is free") };
    assert_ne!(next, task, "its number is still taken");
    pool.collect(task);
    pool.audit();
}

#[test]
fn a_task_takes_a_free_slot_of_the_least_loaded_thread_only_when_no_thread_can_be_started() {
    let pool = Fixture::new(threads(2, 3));
    let [first, second] = [pool.wait(Submission::new(0)), pool.wait(Submission::new(1))];
    let workers = boots(&pool);
    assert_eq!(workers.len(), 2, "a thread each, as long as there is room");
    assert_eq!(pool.booted(workers[0]), Some(first));
    assert_eq!(pool.booted(workers[1]), Some(second));
    let taken: Vec<_> = (2..6)
        .map(|number| match pool.submit(Submission::new(number)) {
            Admission::Started(worker, _) => worker,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(taken, [workers[0], workers[1], workers[0], workers[1]]);
    assert!(!pool.has_vacancy());
    assert!(matches!(pool.submit(Submission::new(6)), Admission::Waiting(_)));
    assert_eq!(pool.gauges(), (2, 2, 1));
    pool.audit();
}

#[test]
fn the_slots_of_booting_threads_are_room() {
    let pool = Fixture::new(Options { nonblocking: true, ..threads(1, 2) });
    let [first, second] = [pool.wait(Submission::new(0)), pool.wait(Submission::new(1))];
    assert_eq!(
        pool.submit(Submission::new(2)),
        Admission::Refused(Refusal::Overload { waiting: 2, capacity: 1 })
    );
    let worker = boots(&pool)[0];
    assert_eq!(pool.booted(worker), Some(first));
    assert_eq!(pool.effects(), [Effect::Start(worker, second, 1)]);
    pool.audit();
}

#[test]
fn a_death_rejects_what_had_begun_and_puts_the_rest_at_the_head_of_the_queue() {
    let (pool, worker) = loaded(threads(1, 3));
    let begun = pool.begin_now(0);
    let [one, other] = [1, 2].map(|number| match pool.submit(Submission::new(number)) {
        Admission::Started(_, task) => task,
        other => panic!("{other:?}"),
    });
    let waiting = pool.wait(Submission::new(3));
    pool.crashed(worker);
    let effects = pool.effects();
    assert_eq!(effects[0], Effect::Reject(begun, 0, Rejection::Crashed));
    let Effect::Boot(next) = effects[1] else { panic!("{effects:?}") };
    assert_eq!(effects.len(), 2);
    assert_eq!(pool.booted(next), Some(one));
    let started = [Effect::Start(next, other, 2), Effect::Start(next, waiting, 3)];
    assert_eq!(pool.effects(), started, "in their order, before whoever waited");
    pool.collect(begun);
    let counters = pool.snapshot().counters;
    assert_eq!((counters.failed, counters.crashed, counters.unsettled), (1, 1, 3));
    pool.audit();
}

#[test]
fn a_death_finds_the_task_that_was_given_first_when_a_later_one_is_over() {
    let (pool, worker) = loaded(threads(1, 2));
    let [first, second] = [pool.begin_now(0), pool.begin_now(1)];
    pool.end(second);
    pool.crashed(worker);
    assert_eq!(pool.effects(), [Effect::Reject(first, 0, Rejection::Crashed)]);
    pool.collect(first);
    pool.audit();
}

#[test]
fn a_task_that_settles_on_its_way_is_not_begun() {
    let (pool, _) = loaded(threads(1, 1));
    let Admission::Started(_, task) = pool.submit(Submission::new(1)) else { panic!("a thread is free") };
    let next = pool.wait(Submission::new(2));
    assert_eq!(pool.cancel(task), Cancelled::Running);
    assert_eq!(recorder::take(&pool, task), None);
    let finished = pool.finish_task(task, End::Completed, false);
    assert_eq!((finished.settled, finished.next), (false, Some(next)));
    pool.audit();
}

#[test]
fn the_argument_of_a_task_that_settles_goes_to_the_thread_that_has_begun_it_or_away() {
    type End = (&'static str, fn(&Fixture, workpool_core::TaskId, workpool_core::WorkerId));
    let ends: [End; 4] = [
        ("cancelled", |pool, task, _| assert_eq!(pool.cancel(task), Cancelled::Running)),
        ("destroyed", |pool, _, _| pool.destroy()),
        ("departed", |pool, _, _| assert!(pool.depart(FaceId::FIRST))),
        ("crashed when closed", |pool, _, worker| {
            pool.release(None);
            pool.crashed(worker);
        }),
    ];
    for (what, end) in ends {
        for is_begun in [false, true] {
            let (pool, worker) = loaded(threads(1, 1));
            let Admission::Started(_, task) = pool.submit(Submission::new(1)) else {
                panic!("a thread is free")
            };
            if is_begun {
                assert_eq!(recorder::take(&pool, task), Some(1));
            }
            end(&pool, task, worker);
            let forgotten: Vec<_> =
                pool.effects().into_iter().filter(|effect| *effect == Effect::Forgotten(1)).collect();
            assert_eq!(forgotten.len(), usize::from(!is_begun), "{what}, begun: {is_begun}");
        }
    }
}

#[test]
fn the_argument_of_a_task_that_comes_back_from_a_dead_thread_stays() {
    let (pool, worker) = loaded(threads(1, 1));
    let Admission::Started(_, task) = pool.submit(Submission::new(1)) else { panic!("a thread is free") };
    pool.crashed(worker);
    let next = boots(&pool)[0];
    assert_eq!(pool.booted(next), Some(task));
    assert_eq!(recorder::take(&pool, task), Some(1));
    assert_eq!(pool.effects(), []);
}

#[test]
fn a_thread_that_does_not_heed_in_time_is_killed_and_replaced_if_a_task_waits() {
    let (pool, worker) = loaded(threads(1, 1));
    let task = pool.begin_now(1);
    pool.wait(Submission::new(2));
    assert_eq!(pool.cancel(task), Cancelled::Running);
    pool.pass(GRACE - 1);
    assert_eq!(pool.effects(), []);
    pool.pass(1);
    assert_eq!(pool.effects(), [Effect::Kill(worker)]);
    pool.crashed(worker);
    assert_eq!(boots(&pool).len(), 1);
    pool.audit();
}

#[test]
fn a_thread_that_heeds_in_time_lives_on() {
    let (pool, worker) = loaded(threads(1, 1));
    let task = pool.begin_now(1);
    pool.cancel(task);
    assert!(pool.is_abandoned(task));
    pool.pass(GRACE - 1);
    pool.finish_task(task, End::Failed, false);
    pool.pass(10 * GRACE);
    assert_eq!(pool.effects(), []);
    let Admission::Started(again, next) = pool.submit(Submission::new(2)) else { panic!("it is idle") };
    assert_eq!((again, next.number()), (worker, task.number()), "and its number is free");
}

#[test]
fn others_on_a_thread_that_is_to_be_killed_get_the_same_time_and_no_company() {
    let (pool, worker) = loaded(threads(1, 2));
    let [spinning, other] = [pool.begin_now(0), pool.begin_now(1)];
    pool.cancel(spinning);
    pool.pass(GRACE);
    assert_eq!(pool.effects(), []);
    let waiting = pool.wait(Submission::new(2));
    assert_eq!(pool.end(other), None, "it takes no more");
    pool.pass(GRACE);
    assert_eq!(pool.effects(), [Effect::Kill(worker)]);
    pool.crashed(worker);
    let next = boots(&pool)[0];
    assert_eq!(pool.booted(next), Some(waiting));
    pool.audit();
}

#[test]
fn threads_that_cannot_start_fail_what_waits_if_none_has_started() {
    let pool = Fixture::new(threads(2, 1));
    let tasks = [0, 1].map(|number| pool.wait(Submission::new(number)));
    pool.watch(FaceId::FIRST, 1, Condition::Started, None);
    let workers = boots(&pool);
    pool.start_failed(workers[0]);
    let vain = Effect::Watched { face: FaceId::FIRST, token: 1, left: Some(0) };
    let [one, other] = [0, 1].map(|n| Effect::Reject(tasks[n], n as u32, Rejection::StartFailed));
    assert_eq!(pool.effects(), [vain, Effect::Forgotten(0), one, Effect::Forgotten(1), other]);
    tasks.iter().for_each(|&task| pool.collect(task));
    assert_eq!(pool.booted(workers[1]), None, "the other one was only slow");
    pool.audit();
    let task = pool.begin_now(2);
    pool.wait(Submission::new(3));
    let third = boots(&pool)[0];
    pool.start_failed(third);
    assert_eq!(pool.effects(), [], "there is a thread that will serve the queue");
    assert!(pool.end(task).is_some());
    pool.audit();
}

#[test]
fn a_watch_for_a_start_comes_true_when_a_thread_has_loaded_and_is_vain_on_a_closed_pool() {
    let pool = Fixture::new(threads(1, 1));
    pool.pool().start();
    pool.pool().start();
    let worker = boots(&pool);
    assert_eq!(worker.len(), 1, "one is enough");
    pool.watch(FaceId::FIRST, 1, Condition::Started, None);
    assert_eq!(pool.effects(), []);
    pool.booted(worker[0]);
    assert_eq!(pool.effects(), [Effect::Watched { face: FaceId::FIRST, token: 1, left: None }]);
    pool.release(None);
    pool.effects();
    pool.watch(FaceId::FIRST, 2, Condition::Started, None);
    assert_eq!(pool.effects(), [Effect::Watched { face: FaceId::FIRST, token: 2, left: Some(0) }]);
}

#[test]
fn so_many_threads_as_are_to_stay_are_not_purged_and_replaced_when_they_die() {
    let pool = Fixture::new(Options { min_size: 2, expiry: Some(10 * MILLISECOND), ..threads(3, 1) });
    pool.start_all();
    let workers = boots(&pool);
    for &worker in &workers {
        pool.booted(worker);
    }
    pool.pass(1_000);
    assert_eq!(pool.effects(), [Effect::Retire(workers[0])]);
    pool.retired(workers[0]);
    pool.crashed(workers[1]);
    assert_eq!(boots(&pool).len(), 1, "nobody waits, but one is missing");
    pool.tune(1);
    assert_eq!(pool.effects(), [Effect::Retire(workers[2])], "tune below it wins");
    pool.audit();
}

#[test]
fn a_destroyed_pool_rejects_everything_and_has_its_threads_killed() {
    let (pool, worker) = loaded(threads(1, 1));
    let running = pool.begin_now(0);
    let waiting = pool.wait(Submission::new(1));
    pool.destroy();
    let released = Effect::Reject(waiting, 1, Rejection::Released);
    let cancelled = Effect::Reject(running, 0, Rejection::Destroyed);
    assert_eq!(pool.effects(), [Effect::Forgotten(1), released, cancelled, Effect::Kill(worker)]);
    pool.collect(waiting);
    pool.collect(running);
    pool.crashed(worker);
    let counters = pool.snapshot().counters;
    assert_eq!((counters.released, counters.cancelled, counters.unsettled), (1, 1, 0));
    assert_eq!(pool.gauges(), (0, 0, 0));
    pool.audit();
}

#[test]
fn a_worn_out_thread_retires_when_it_has_no_task_left() {
    let (pool, worker) = loaded(threads(1, 2));
    let [one, other] = [pool.begin_now(0), pool.begin_now(1)];
    let waiting = pool.wait(Submission::new(2));
    assert_eq!(pool.finish_task(one, End::Completed, true).next, None);
    pool.collect(one);
    assert_eq!(pool.effects(), []);
    assert_eq!(pool.end(other), None);
    assert_eq!(pool.effects(), [Effect::Retire(worker)]);
    pool.retired(worker);
    let next = boots(&pool)[0];
    assert_eq!(pool.booted(next), Some(waiting));
    pool.audit();
}

#[test]
fn a_task_can_be_refused_before_it_is_prepared_and_that_counts() {
    let (pool, _) = loaded(Options { max_waiting: 1, ..threads(1, 1) });
    let refuse = |wait_timeout| pool.refuse(&Submission { wait_timeout, ..Submission::new(9) });
    assert_eq!(refuse(Some(0)), None);
    pool.begin_now(0);
    assert_eq!((refuse(None), refuse(Some(0))), (None, Some(Refusal::WaitTimeout)));
    assert_eq!(
        pool.refuse(&Submission { offer: Offer::AtOnce, ..Submission::new(9) }),
        Some(Refusal::Overload { waiting: 0, capacity: 1 })
    );
    pool.wait(Submission::new(1));
    assert_eq!(refuse(None), Some(Refusal::Overload { waiting: 1, capacity: 1 }));
    assert_eq!(
        pool.refuse(&Submission { offer: Offer::Uncounted, ..Submission::new(9) }),
        Some(Refusal::Overload { waiting: 1, capacity: 1 })
    );
    pool.release(None);
    assert_eq!(refuse(None), Some(Refusal::Closed));
    let counters = pool.snapshot().counters;
    assert_eq!((counters.overload, counters.closed, counters.wait_timeout), (1, 1, 1));
    assert_eq!(counters.submitted, 3, "a time that was up at once was waited");
    pool.audit();
}

#[test]
fn a_pool_is_drained_once_the_origins_know_of_the_ends() {
    let (pool, _) = loaded(threads(1, 1));
    let task = pool.begin_now(0);
    pool.watch(FaceId::FIRST, 1, Condition::Drained, None);
    pool.finish_task(task, End::Completed, false);
    assert_eq!(pool.effects(), []);
    pool.collect(task);
    assert_eq!(pool.effects(), [Effect::Watched { face: FaceId::FIRST, token: 1, left: None }]);
}

#[test]
fn others_on_a_thread_are_spared_as_long_whoever_else_does_not_heed() {
    let (pool, worker) = loaded(threads(1, 3));
    let [first, second, other] = [pool.begin_now(0), pool.begin_now(1), pool.begin_now(2)];
    pool.cancel(first);
    pool.pass(1);
    pool.cancel(second);
    pool.pass(GRACE + 1);
    assert_eq!(pool.effects(), [], "the grace of the second one is over, too");
    pool.end(other);
    pool.pass(GRACE - 3);
    assert_eq!(pool.effects(), []);
    pool.pass(1);
    let kills = pool.effects();
    assert!(!kills.is_empty() && kills.iter().all(|&kill| kill == Effect::Kill(worker)), "{kills:?}");
    pool.crashed(worker);
    pool.audit();
}

#[test]
fn others_on_a_worn_out_thread_are_spared_as_well() {
    let (pool, worker) = loaded(threads(1, 3));
    let [last, spinning, _other] = [pool.begin_now(0), pool.begin_now(1), pool.begin_now(2)];
    pool.finish_task(last, End::Completed, true);
    pool.collect(last);
    pool.cancel(spinning);
    pool.pass(2 * GRACE - 1);
    assert_eq!(pool.effects(), []);
    pool.pass(1);
    assert_eq!(pool.effects(), [Effect::Kill(worker)]);
}

#[test]
fn a_worker_above_the_capacity_that_retires_frees_the_slots_of_the_others() {
    let (pool, first) = loaded(threads(2, 2));
    let task = pool.begin_now(0);
    pool.start_all();
    let second = boots(&pool)[0];
    assert_eq!(pool.booted(second), None);
    let other = pool.begin_now(1);
    pool.tune(1);
    let waiting = pool.wait(Submission::new(2));
    assert_eq!(pool.end(task), None);
    assert_eq!(pool.effects(), [Effect::Retire(first), Effect::Start(second, waiting, 2)]);
    assert_eq!(pool.end(other), None, "it has another one");
}

#[test]
fn a_thread_that_starts_after_one_could_not_is_followed_by_as_many_as_tasks_wait() {
    let pool = Fixture::new(threads(3, 1));
    let tasks: Vec<_> = (0..4).map(|number| pool.wait(Submission::new(number))).collect();
    let workers = boots(&pool);
    assert_eq!(pool.booted(workers[0]), Some(tasks[0]));
    pool.start_failed(workers[1]);
    assert_eq!(pool.effects(), [], "one is there");
    assert_eq!(pool.booted(workers[2]), Some(tasks[1]));
    assert_eq!(boots(&pool).len(), 1, "it can be done, so there is room for the third");
    assert_eq!(pool.gauges(), (3, 3, 2));
}

#[test]
fn a_thread_of_an_older_generation_that_does_not_start_fails_nobody() {
    let pool = Fixture::new(threads(1, 1));
    pool.wait(Submission::new(0));
    let older = boots(&pool)[0];
    pool.destroy();
    pool.reboot();
    let task = pool.wait(Submission::new(1));
    pool.watch(FaceId::FIRST, 1, Condition::Started, None);
    let worker = boots(&pool)[0];
    pool.start_failed(older);
    assert_eq!(pool.effects(), [], "it was killed while it booted");
    assert_eq!(pool.booted(worker), Some(task));
    assert_eq!(pool.effects(), [Effect::Watched { face: FaceId::FIRST, token: 1, left: None }]);
}

/// One thread that is busy, and room for others, which cannot be started: one has just failed, for the task that waits.
fn failing(options: Options) -> (Fixture, TaskId, TaskId) {
    let (pool, _) = loaded(options);
    let busy = pool.begin_now(0);
    let waiting = pool.wait(Submission::new(1));
    let worker = boots(&pool)[0];
    pool.start_failed(worker);
    assert_eq!(pool.effects(), [], "no other one is started for it");
    (pool, busy, waiting)
}

#[test]
fn after_a_start_that_failed_beside_a_thread_the_next_ones_come_after_pauses_that_double() {
    let (pool, _, _) = failing(threads(3, 1));
    for pause in [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000] {
        pool.wait(Submission::new(2));
        pool.pass(pause - 1);
        assert_eq!(pool.effects(), [], "{pause}");
        pool.pass(1);
        let workers = boots(&pool);
        assert_eq!(workers.len(), 2, "all that there is room for: {pause}");
        workers.iter().for_each(|&worker| pool.start_failed(worker));
        assert_eq!(pool.effects(), [], "{pause}");
    }
}

#[test]
fn in_a_pause_there_is_no_room_but_on_threads_that_serve() {
    let (pool, busy, waiting) = failing(Options { nonblocking: true, ..threads(3, 1) });
    let figures = || {
        let snapshot = pool.snapshot();
        (snapshot.idle(), snapshot.available(), snapshot.free(), pool.has_room())
    };
    assert_eq!(figures(), (0, 0, 0, false));
    let overload = Admission::Refused(Refusal::Overload { waiting: 1, capacity: 3 });
    assert_eq!(pool.submit(Submission::new(2)), overload);
    assert_eq!(pool.end(busy), Some(waiting));
    assert_eq!(pool.end(waiting), None);
    assert_eq!(figures(), (1, 1, 0, true));
    pool.await_vacancy(FaceId::FIRST, 1);
    assert_eq!(pool.effects(), [Effect::Vacancy { face: FaceId::FIRST, token: 1, is_closed: false }]);
    pool.await_vacancy(FaceId::FIRST, 2);
    assert_eq!(pool.effects(), []);
    pool.pass(100);
    assert_eq!(figures(), (1, 3, 2, true));
    let vacant = Effect::Vacancy { face: FaceId::FIRST, token: 2, is_closed: false };
    assert_eq!(pool.effects(), [vacant], "room is back with the end of the pause");
}

#[test]
fn a_thread_that_loads_ends_the_pause_and_the_next_one_is_as_short_as_the_first() {
    let (pool, _, _) = failing(threads(4, 1));
    pool.pass(100);
    let worker = boots(&pool)[0];
    for task in [2, 3] {
        pool.wait(Submission::new(task));
    }
    let others = boots(&pool);
    pool.start_failed(others[0]);
    assert_eq!(pool.effects(), []);
    assert!(pool.booted(worker).is_some());
    let again = boots(&pool);
    assert_eq!(again.len(), 1, "it can be done");
    pool.start_failed(again[0]);
    pool.pass(99);
    assert_eq!(pool.effects(), []);
    pool.pass(1);
    assert_eq!(boots(&pool).len(), 1);
}

#[test]
fn a_pause_is_over_when_no_thread_is_left_that_serves_or_the_pool_is_rebooted() {
    let (pool, busy, _) = failing(threads(2, 1));
    let worker = pool.worker_of(busy).expect("it runs");
    pool.crashed(worker);
    assert_eq!(boots(&pool).len(), 1, "somebody has to serve");

    let (pool, _, _) = failing(threads(2, 1));
    pool.release(None);
    pool.reboot();
    pool.effects();
    pool.start_all();
    assert_eq!(boots(&pool).len(), 2);
}

#[test]
fn a_thread_of_the_least_number_that_dies_in_a_pause_is_replaced_after_it() {
    let (pool, busy, waiting) = failing(Options { min_size: 2, ..threads(3, 1) });
    pool.pass(100);
    let second = boots(&pool)[0];
    assert_eq!(pool.booted(second), Some(waiting));
    pool.wait(Submission::new(2));
    pool.start_failed(boots(&pool)[0]);
    assert!(pool.end(busy).is_some());
    pool.crashed(second);
    pool.effects();
    pool.start_all();
    assert_eq!(pool.effects(), [], "no start in the pause");
    pool.pass(100);
    assert_eq!(boots(&pool).len(), 1);
}
