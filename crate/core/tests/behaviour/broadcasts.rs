//! A task for every live thread, which each takes before any that waits; and what threads do that start later.

use workpool_core::{
    Admission, Broadcast, Broadcasted, Cancelled, Condition, Effect, End, FaceId, MILLISECOND, Options,
    Policy, Rate, Refusal, Rejection, Submission, TaskId, WorkerId, WorkerKind,
};

use crate::{Fixture, boots, capacity, recorder, rejections};

const GRACE: u64 = 100;

fn threads(size: u32, concurrency: u32) -> Options {
    Options { kind: WorkerKind::Thread { grace: GRACE * MILLISECOND }, concurrency, ..capacity(size) }
}

/// A pool of so many threads that have loaded and are idle.
fn loaded(options: Options) -> (Fixture, Vec<WorkerId>) {
    let pool = Fixture::new(options);
    pool.start_all();
    let workers = boots(&pool.effects());
    for &worker in &workers {
        assert_eq!(pool.booted(worker), None);
    }
    (pool, workers)
}

const PAYLOADS: &[u32] = &[100, 101, 102, 103];

fn plain() -> Broadcast<'static, u32> {
    Broadcast { face: FaceId::FIRST, payloads: PAYLOADS, timeout: 0, timed: false, sticky: None }
}

fn broadcast(pool: &Fixture, broadcast: &Broadcast<'_, u32>) -> Vec<(WorkerId, TaskId)> {
    match pool.broadcast(broadcast) {
        Broadcasted::Bound(bound) => bound,
        other => panic!("it is accepted: {other:?}"),
    }
}

/// Ends a task that a thread has; the next one there.
fn end(pool: &Fixture, task: TaskId) -> Option<TaskId> {
    recorder::take(pool, task);
    let finished = pool.finish_task(task, End::Completed, false);
    pool.collect(task);
    finished.next
}

fn start(pool: &Fixture, number: u32) -> TaskId {
    let Admission::Started(_, task) = pool.submit(Submission::new(number)) else {
        panic!("a thread is free")
    };
    assert_eq!(recorder::take(pool, task), Some(number));
    task
}

fn of(bound: &[(WorkerId, TaskId)], worker: WorkerId) -> TaskId {
    bound.iter().find(|&&(of, _)| of == worker).expect("each live thread has one").1
}

#[test]
fn an_idle_thread_begins_at_once_and_a_busy_one_after_its_task_and_before_what_waits() {
    let (pool, workers) = loaded(threads(2, 1));
    let first = start(&pool, 1);
    let busy = pool.worker_of(first).expect("it runs");
    let bound = broadcast(&pool, &plain());
    assert_eq!(bound.iter().map(|&(worker, _)| worker).collect::<Vec<_>>(), workers, "by their numbers");
    let idle = *workers.iter().find(|&&worker| worker != busy).expect("there are two");
    let payload = PAYLOADS[workers.iter().position(|&worker| worker == idle).expect("one of them")];
    assert_eq!(pool.effects(), [Effect::Start(idle, of(&bound, idle), payload)]);
    let waiting = pool.wait(Submission { priority: 0, ..Submission::new(2) });
    assert_eq!(end(&pool, first), Some(of(&bound, busy)), "before what waits, however important that is");
    assert_eq!(end(&pool, of(&bound, busy)), Some(waiting));
    assert_eq!(end(&pool, of(&bound, idle)), None);
    assert_eq!(pool.gauges(), (2, 1, 0));
}

#[test]
fn a_booting_thread_begins_once_it_has_loaded() {
    let pool = Fixture::new(threads(1, 1));
    let waiting = pool.wait(Submission::new(1));
    let worker = pool.take_boot().expect("it boots");
    let bound = broadcast(&pool, &plain());
    assert_eq!(bound.len(), 1);
    assert_eq!(pool.booted(worker), Some(bound[0].1));
    assert_eq!(end(&pool, bound[0].1), Some(waiting));
}

#[test]
fn broadcasts_come_in_their_order_and_take_free_slots() {
    let (pool, workers) = loaded(threads(1, 2));
    let bound: Vec<TaskId> = (0..3).map(|_| broadcast(&pool, &plain())[0].1).collect();
    let starts: Vec<_> = bound[..2].iter().map(|&task| Effect::Start(workers[0], task, 100)).collect();
    assert_eq!(pool.effects(), starts);
    assert_eq!(end(&pool, bound[1]), Some(bound[2]));
}

#[test]
fn they_are_counted_and_wait_nowhere() {
    let (pool, _) = loaded(Options { nonblocking: true, ..threads(1, 1) });
    let first = start(&pool, 1);
    let bound = broadcast(&pool, &plain());
    assert_eq!(pool.gauges(), (1, 1, 0), "nothing waits");
    let counters = pool.snapshot().counters;
    assert_eq!((counters.submitted, counters.unsettled, counters.waited), (2, 2, 0));
    end(&pool, first);
    end(&pool, bound[0].1);
    let counters = pool.snapshot().counters;
    assert_eq!((counters.completed, counters.unsettled, counters.peak_waiting), (2, 0, 0));
}

#[test]
fn a_rate_does_not_count_them() {
    let rate = Some(Rate { limit: 1, interval: 1_000 * MILLISECOND });
    let (pool, _) = loaded(Options { policy: Policy { rate, ..Policy::NONE }, ..threads(1, 1) });
    for _ in 0..3 {
        let bound = broadcast(&pool, &plain());
        assert_eq!(end(&pool, bound[0].1), None);
    }
    let task = start(&pool, 1);
    let bound = broadcast(&pool, &plain());
    assert_eq!(end(&pool, task), Some(bound[0].1), "although no more tasks may start");
}

#[test]
fn a_pause_holds_them_until_it_is_over() {
    let (pool, workers) = loaded(threads(2, 1));
    let running = start(&pool, 1);
    pool.pause(FaceId::FIRST);
    let bound = broadcast(&pool, &plain());
    assert_eq!(end(&pool, running), None);
    assert_eq!(pool.effects(), [], "nothing starts in a pause");
    assert_eq!(pool.gauges(), (2, 0, 0));
    pool.watch(FaceId::FIRST, 1, Condition::Drained, None);
    pool.resume();
    let starts: Vec<_> = bound
        .iter()
        .zip(PAYLOADS)
        .map(|(&(worker, task), &payload)| Effect::Start(worker, task, payload))
        .collect();
    assert_eq!(pool.effects(), starts, "and nobody was told that the pool is drained");
    assert_eq!(bound.iter().map(|&(worker, _)| worker).collect::<Vec<_>>(), workers);
}

#[test]
fn a_close_in_a_pause_starts_them_before_idle_threads_retire() {
    let (pool, workers) = loaded(threads(1, 1));
    pool.pause(FaceId::FIRST);
    let bound = broadcast(&pool, &plain());
    pool.close();
    assert_eq!(pool.effects(), [Effect::Start(workers[0], bound[0].1, 100)]);
    assert_eq!(end(&pool, bound[0].1), None);
    assert_eq!(pool.effects(), [Effect::Retire(workers[0])]);
}

#[test]
fn a_thread_that_retires_or_dies_before_it_has_begun_leaves_it_out() {
    let (pool, workers) = loaded(threads(3, 1));
    let tasks: Vec<TaskId> = (1..4).map(|number| start(&pool, number)).collect();
    let bound = broadcast(&pool, &plain());
    pool.tune(2);
    let first = pool.worker_of(tasks[0]).expect("it runs");
    assert_eq!(end(&pool, tasks[0]), None, "the first to end is the one above the capacity");
    let left_out = |worker: WorkerId| {
        let index = workers.iter().position(|&other| other == worker).expect("one of them");
        (PAYLOADS[index], Rejection::LeftOut)
    };
    let effects = pool.effects();
    assert_eq!(rejections(&effects), [left_out(first)]);
    assert!(effects.contains(&Effect::Retire(first)));

    let second = pool.worker_of(tasks[1]).expect("it runs");
    pool.crashed(second);
    assert_eq!(rejections(&pool.effects()), [(2, Rejection::Crashed), left_out(second)]);

    let third = pool.worker_of(tasks[2]).expect("it runs");
    assert_eq!(end(&pool, tasks[2]), Some(of(&bound, third)));
    pool.crashed(third);
    let effects = pool.effects();
    assert_eq!(rejections(&effects), [left_out(third)], "it was handed over, and not begun");
    assert_eq!(pool.gauges().2, 0, "and does not wait for another thread");
    for &(_, task) in &bound {
        pool.collect(task);
    }
    let counters = pool.snapshot().counters;
    assert_eq!((counters.cancelled, counters.failed), (3, 1));
}

#[test]
fn a_task_that_a_dying_thread_had_begun_fails() {
    let (pool, workers) = loaded(threads(1, 1));
    let bound = broadcast(&pool, &plain());
    assert_eq!(recorder::take(&pool, bound[0].1), Some(100));
    pool.crashed(workers[0]);
    assert_eq!(rejections(&pool.effects()), [(100, Rejection::Crashed)]);
}

#[test]
fn a_boot_that_fails_leaves_it_out() {
    let pool = Fixture::new(threads(1, 1));
    pool.pool.start();
    let worker = pool.take_boot().expect("it boots");
    broadcast(&pool, &plain());
    pool.start_failed(worker);
    assert_eq!(rejections(&pool.effects()), [(100, Rejection::LeftOut)]);
}

#[test]
fn threads_on_their_way_out_are_not_meant() {
    let (pool, workers) = loaded(threads(2, 1));
    pool.tune(1);
    let bound = broadcast(&pool, &plain());
    assert_eq!(bound.len(), 1, "the other one is being taken down");
    assert!(workers.contains(&bound[0].0));
    pool.release(None);
    assert_eq!(pool.broadcast(&plain()), Broadcasted::Refused(Refusal::Closed));
    assert_eq!(pool.snapshot().counters.closed, 1);
}

#[test]
fn a_thread_that_retires_once_it_has_ended_its_tasks_is_not_meant() {
    let (pool, _) = loaded(threads(1, 2));
    let [first, second] = [1, 2].map(|number| start(&pool, number));
    pool.finish_task(first, End::Completed, true);
    pool.collect(first);
    assert_eq!(broadcast(&pool, &plain()), []);
    assert_eq!(end(&pool, second), None);
    assert_eq!(rejections(&pool.effects()), []);
}

#[test]
fn its_time_counts_from_the_call_so_that_a_busy_thread_does_not_hold_it() {
    let (pool, workers) = loaded(threads(1, 1));
    let running = start(&pool, 1);
    let bound = broadcast(&pool, &Broadcast { timeout: 50, ..plain() });
    pool.effects();
    pool.pass(49);
    assert_eq!(pool.effects(), []);
    pool.pass(1);
    assert_eq!(rejections(&pool.effects()), [(100, Rejection::TaskTimeout(50))]);
    pool.collect(bound[0].1);
    pool.pass(GRACE * 2);
    assert_eq!(pool.effects(), [], "the task that runs has its own time");
    assert_eq!(end(&pool, running), None);
    assert_eq!(pool.gauges(), (1, 0, 0));
    assert_eq!(pool.worker_of(bound[0].1), None);
    assert_eq!(pool.snapshot().counters.timed_out, 1);
    let _ = workers;
}

#[test]
fn one_that_is_too_slow_gets_grace_and_then_its_thread_ends() {
    let (pool, workers) = loaded(threads(1, 1));
    let bound = broadcast(&pool, &Broadcast { timeout: 50, ..plain() });
    pool.pass(20);
    assert_eq!(recorder::take(&pool, bound[0].1), Some(100));
    pool.pass(30);
    assert_eq!(rejections(&pool.effects()), [(100, Rejection::TaskTimeout(50))], "not from its begin");
    pool.pass(GRACE);
    assert_eq!(pool.effects(), [Effect::Kill(workers[0])]);
}

#[test]
fn a_release_rejects_what_has_not_started_and_destroy_what_has() {
    let (pool, _) = loaded(threads(2, 1));
    start(&pool, 1);
    let bound = broadcast(&pool, &plain());
    pool.effects();
    pool.release(None);
    let released = rejections(&pool.effects());
    assert_eq!(released.len(), 1);
    assert_eq!(released[0].1, Rejection::Released);
    pool.destroy();
    let destroyed: Vec<_> = rejections(&pool.effects()).into_iter().map(|(_, rejection)| rejection).collect();
    assert_eq!(
        destroyed,
        [Rejection::Destroyed, Rejection::Destroyed],
        "the task and the broadcast that started"
    );
    let _ = bound;
}

#[test]
fn more_than_one_hold_of_the_lock_rejects_is_rejected_all_the_same() {
    let (pool, _) = loaded(threads(1, 1));
    start(&pool, 1);
    for _ in 0..2_500 {
        broadcast(&pool, &plain());
    }
    pool.release(None);
    let released = rejections(&pool.effects());
    assert_eq!(released.len(), 2_500);
    assert!(released.iter().all(|&(_, rejection)| rejection == Rejection::Released));
}

#[test]
fn one_can_be_cancelled_while_its_thread_is_busy() {
    let (pool, _) = loaded(threads(1, 1));
    let running = start(&pool, 1);
    let bound = broadcast(&pool, &plain());
    assert_eq!(pool.cancel(bound[0].1), Cancelled::Waiting);
    recorder::assert_gone(&pool, bound[0].1);
    assert_eq!(end(&pool, running), None);
}

#[test]
fn a_reboot_keeps_none_for_the_threads_before() {
    let (pool, _) = loaded(threads(1, 1));
    let running = start(&pool, 1);
    broadcast(&pool, &plain());
    pool.release(None);
    pool.effects();
    assert!(pool.reboot());
    assert_eq!(broadcast(&pool, &plain()), [], "no thread of this generation is there");
    assert_eq!(end(&pool, running), None);
}

#[test]
fn a_sticky_one_is_for_threads_that_start_later_and_the_later_of_a_name_replaces_the_earlier() {
    let (pool, workers) = loaded(threads(3, 1));
    pool.tune(2);
    let gone = pool.effects();
    let sticky = |name, payload| Broadcast { sticky: Some((name, payload)), ..plain() };
    broadcast(&pool, &sticky(1, 1));
    broadcast(&pool, &Broadcast { timeout: 7, ..sticky(2, 2) });
    assert_eq!(pool.sticky_after(workers[2], 0), None, "they were there before");
    for effect in gone {
        if let Effect::Retire(worker) = effect {
            pool.retired(worker);
        }
    }
    pool.tune(3);
    pool.effects();
    pool.start_all();
    let later = boots(&pool.effects())[0];
    let all = || {
        let first = pool.sticky_after(later, 0);
        std::iter::successors(first, |last| pool.sticky_after(later, last.order))
            .map(|sticky| (sticky.payload, sticky.timeout))
            .collect::<Vec<_>>()
    };
    assert_eq!(all(), [(1, 0), (2, 7)]);
    let bound = broadcast(&pool, &sticky(1, 3));
    assert!(pool.effects().contains(&Effect::Forgotten(1)), "nobody needs the earlier one");
    assert_eq!(all(), [(2, 7)], "it boots, and has the later one as a task");
    assert_eq!(pool.booted(later), Some(of(&bound, later)));
}
