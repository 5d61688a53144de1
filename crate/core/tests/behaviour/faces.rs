//! Several faces of one pool: joining, leaving, departing (4.6).

use std::collections::HashSet;

use workpool_core::{
    Admission, Cancelled, Condition, Effect, End, FaceId, Finished, Options, Payload, Refusal, Rejection,
    Submission, TaskId, WorkerId,
};

use crate::{Fixture, RESOURCE, capacity, recorder::Job, resources};

const FIRST: FaceId = FaceId::FIRST;

/// A plain task of a face.
fn task(face: FaceId, number: u32) -> Submission<Job> {
    Submission::new(Job { face, number })
}

fn start(pool: &Fixture<Job>, face: FaceId) -> (WorkerId, TaskId) {
    pool.start(Job { face, number: 0 })
}

/// Starts a task that has settled, as it has run too long, when this returns; its origin has been told, but has not answered.
fn start_late(pool: &Fixture<Job>, face: FaceId) -> (WorkerId, TaskId) {
    let Admission::Started(worker, id) = pool.submit(Submission { timeout: 5, ..task(face, 0) }) else {
        panic!("there is room")
    };
    pool.begin(id);
    pool.limit(id);
    pool.pass(5);
    assert_eq!(pool.effects(), [Effect::Reject(id, Job { face, number: 0 }, Rejection::TaskTimeout(5))]);
    (worker, id)
}

/// A pool of this capacity, and its second face.
fn shared(size: u32) -> (Fixture<Job>, FaceId) {
    let pool = Fixture::shared(capacity(size));
    let second = pool.join().expect("the first one is there");
    (pool, second)
}

fn left(face: FaceId, token: u32) -> Effect<Job> {
    Effect::Watched { face, token, left: None }
}

// ── joining ─────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_number_of_a_face_is_never_used_again() {
    let (pool, second) = shared(1);
    let mut seen = HashSet::from([FIRST, second]);
    for _ in 0..10 {
        let [one, other] = [(); 2].map(|()| pool.join().expect("there are faces"));
        assert!(seen.insert(one) && seen.insert(other), "{one:?} or {other:?} was another one's");
        assert!(other.index() < 4, "its place is");
        assert!(!pool.depart(one));
        assert!(!pool.depart(other));
    }
}

#[test]
fn faces_have_one_capacity_one_queue_and_one_set_of_counters() {
    let (pool, second) = shared(1);
    let (worker, _) = start(&pool, FIRST);
    let low = pool.wait(task(FIRST, 1));
    let high = pool.wait(Submission { priority: 0, ..task(second, 2) });
    assert_eq!(pool.gauges(), (1, 1, 2));
    pool.complete(worker);
    assert_eq!(pool.effects(), [Effect::Start(worker, high, Job { face: second, number: 2 })]);
    pool.complete(worker);
    assert_eq!(pool.effects(), [Effect::Start(worker, low, Job { face: FIRST, number: 1 })]);
    let counters = pool.snapshot().counters;
    assert_eq!((counters.submitted, counters.completed, counters.started), (3, 2, 1));
}

#[test]
fn a_task_that_came_through_another_face_is_started_by_an_effect() {
    let (pool, second) = shared(1);
    let (worker, _) = start(&pool, FIRST);
    let own = pool.wait(task(FIRST, 1));
    let foreign = pool.wait(task(second, 2));
    let finished = pool.finish(worker, End::Completed, false);
    assert_eq!(finished, Finished { settled: true, next: Some(own), is_quiet: false });
    assert_eq!(pool.effects(), []);
    let finished = pool.finish(worker, End::Completed, false);
    assert_eq!(finished, Finished { settled: true, next: None, is_quiet: true }, "of its own face");
    assert_eq!(pool.effects(), [Effect::Start(worker, foreign, Job { face: second, number: 2 })]);
    assert_eq!(pool.gauges(), (1, 1, 0), "the worker is busy with it already");
}

#[test]
fn a_face_is_quiet_when_no_task_of_its_own_is_left() {
    let (pool, second) = shared(2);
    let (worker, _) = start(&pool, FIRST);
    start(&pool, second);
    assert!(!pool.is_quiet(FIRST) && !pool.is_quiet(second));
    assert!(pool.finish(worker, End::Completed, false).is_quiet);
    assert!(pool.is_quiet(FIRST) && !pool.is_quiet(second));
}

#[test]
fn whoever_joins_a_closed_pool_has_a_face_of_the_closed_pool() {
    let (pool, _) = shared(1);
    pool.release(None);
    let third = pool.join().expect("there are faces");
    assert_eq!(pool.submit(task(third, 0)), Admission::Refused(Refusal::Closed));
    pool.reboot();
    start(&pool, third);
}

// ── leaving ─────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_face_that_has_left_submits_nothing_and_what_it_has_submitted_goes_on() {
    let (pool, second) = shared(1);
    let (worker, _) = start(&pool, FIRST);
    let waiting = pool.wait(task(FIRST, 1));
    assert_eq!(pool.leave(FIRST), None, "the second one stays");
    assert_eq!(pool.submit(task(FIRST, 2)), Admission::Refused(Refusal::Closed));
    assert_eq!(pool.snapshot().counters.closed, 1);
    pool.wait(task(second, 3));
    assert_eq!(pool.complete(worker), Some(waiting));
    assert!(!pool.snapshot().is_closed);
}

#[test]
fn the_pool_closes_when_nobody_stays() {
    let (pool, second) = shared(1);
    let (worker, _) = start(&pool, FIRST);
    let waiting = pool.wait(task(FIRST, 1));
    pool.leave(FIRST);
    assert_eq!(pool.leave(second), Some(1));
    assert!(pool.snapshot().is_closed);
    assert_eq!(pool.complete(worker), Some(waiting), "what was accepted runs");
    assert_eq!(pool.complete(worker), None);
    assert_eq!(pool.gauges(), (0, 0, 0));
}

#[test]
fn a_face_that_leaves_twice_has_left_once() {
    let (pool, second) = shared(1);
    let third = pool.join().expect("there are faces");
    for _ in 0..3 {
        assert_eq!(pool.leave(second), None);
    }
    assert_eq!(pool.leave(third), None);
    start(&pool, FIRST);
    assert_eq!(pool.leave(FIRST), Some(1));
    assert_eq!(pool.leave(second), Some(1), "it is told what has been closed");
}

#[test]
fn whoever_joins_after_all_have_left_may_reboot() {
    let (pool, second) = shared(1);
    pool.leave(FIRST);
    pool.leave(second);
    let third = pool.join().expect("none has departed");
    assert_eq!(pool.leave(second), None, "the third one stays");
    pool.reboot();
    start(&pool, third);
    assert_eq!(pool.submit(task(second, 0)), Admission::Refused(Refusal::Closed), "for ever");
    assert_eq!(pool.leave(third), Some(2));
}

#[test]
fn left_is_when_no_task_of_the_face_is_left() {
    let (pool, second) = shared(2);
    let (worker, _) = start(&pool, FIRST);
    let (other, late) = start_late(&pool, second);
    let waiting = pool.wait(task(FIRST, 1));
    pool.leave(FIRST);
    pool.leave(second);
    pool.watch(FIRST, 1, Condition::Left, None);
    pool.watch(second, 2, Condition::Left, None);
    assert_eq!(pool.complete(worker), Some(waiting));
    assert_eq!(pool.effects(), [], "one waited");
    pool.complete(worker);
    assert_eq!(pool.effects(), [left(FIRST, 1)]);
    pool.complete(other);
    assert_eq!(pool.effects(), [], "its rejection has not been collected");
    pool.collect(late);
    assert_eq!(pool.effects(), [left(second, 2)]);
}

#[test]
fn left_is_at_once_for_a_face_without_tasks() {
    let (pool, second) = shared(1);
    start(&pool, FIRST);
    pool.leave(second);
    pool.watch(second, 1, Condition::Left, Some(10));
    assert_eq!(pool.effects(), [left(second, 1)]);
    pool.watch(FIRST, 1, Condition::Left, Some(10));
    pool.pass(10);
    assert_eq!(pool.effects(), [Effect::Watched { face: FIRST, token: 1, left: Some(1) }]);
    assert!(!pool.snapshot().is_closed, "only a close becomes a release");
}

// ── departing ───────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_waiting_tasks_of_a_face_that_departs_never_start() {
    let (pool, second) = shared(1);
    let (worker, _) = start(&pool, FIRST);
    let first = pool.wait(task(FIRST, 1));
    pool.wait(Submission { priority: 0, wait_timeout: Some(5), ..task(second, 2) });
    pool.wait(Submission { priority: 7, ..task(second, 3) });
    let last = pool.wait(task(FIRST, 4));
    assert!(!pool.depart(second));
    assert_eq!(pool.gauges(), (1, 1, 2));
    let counters = pool.snapshot().counters;
    assert_eq!((counters.cancelled, counters.unsettled), (2, 3));
    pool.pass(10);
    assert_eq!(pool.effects(), [], "its deadline went with it");
    assert_eq!(pool.complete(worker), Some(first));
    assert_eq!(pool.complete(worker), Some(last));
    assert_eq!(pool.complete(worker), None);
}

#[test]
fn the_running_tasks_of_a_face_that_departs_are_cancelled_and_their_workers_take_others() {
    let (pool, second) = shared(3);
    let workers = [0; 3].map(|_| start(&pool, second).0);
    let waiting = pool.wait(task(FIRST, 7));
    assert!(!pool.depart(second));
    assert_eq!(pool.effects(), [Effect::Start(workers[0], waiting, Job { face: FIRST, number: 7 })]);
    assert_eq!(pool.gauges(), (3, 1, 0), "those that nobody needs are idle");
    let counters = pool.snapshot().counters;
    assert_eq!((counters.cancelled, counters.completed, counters.unsettled), (3, 0, 1));
    assert_eq!(start(&pool, FIRST).0, workers[2]);
}

#[test]
fn no_worker_of_a_face_that_departs_takes_its_own_waiting_tasks() {
    let (pool, second) = shared(1);
    let (worker, _) = start(&pool, second);
    for number in 1..4 {
        pool.wait(Submission { priority: 0, ..task(second, number) });
    }
    let other = pool.wait(task(FIRST, 4));
    pool.depart(second);
    assert_eq!(pool.effects(), [Effect::Start(worker, other, Job { face: FIRST, number: 4 })]);
    assert_eq!(pool.snapshot().counters.cancelled, 4);
}

#[test]
fn a_function_that_outlived_its_task_gives_its_worker_back_when_its_face_departs() {
    // Whether its origin has been told or not, the function is gone with its isolate.
    for is_told in [false, true] {
        let (pool, second) = shared(1);
        let (worker, task_id) = start_late(&pool, second);
        if is_told {
            pool.collect(task_id);
        }
        let waiting = pool.wait(task(FIRST, 1));
        pool.depart(second);
        assert_eq!(pool.effects(), [Effect::Start(worker, waiting, Job { face: FIRST, number: 1 })]);
        let counters = pool.snapshot().counters;
        assert_eq!((counters.timed_out, counters.cancelled), (1, 0), "it had settled before");
    }
}

#[test]
fn a_cancelled_function_gives_its_worker_back_when_its_face_departs() {
    let (pool, second) = shared(1);
    let (worker, id) = start(&pool, second);
    assert_eq!(pool.cancel(id), Cancelled::Running);
    pool.depart(second);
    assert_eq!(pool.gauges(), (1, 0, 0));
    assert_eq!(pool.snapshot().counters.cancelled, 1, "counted once");
    assert_eq!(start(&pool, FIRST).0, worker);
}

#[test]
fn rejections_that_a_departed_face_has_not_collected_are_dropped() {
    let (pool, second) = shared(1);
    let (worker, _) = start(&pool, FIRST);
    pool.wait(task(second, 1));
    pool.release(None);
    pool.watch(FIRST, 9, Condition::Vacant, None);
    pool.complete(worker);
    assert_eq!(pool.effects().len(), 1, "the rejection; it has not been collected");
    pool.depart(second);
    assert_eq!(pool.effects(), [Effect::Watched { face: FIRST, token: 9, left: None }]);
    let counters = pool.snapshot().counters;
    assert_eq!((counters.released, counters.cancelled), (1, 0));
}

#[test]
fn the_deadline_of_a_running_task_goes_with_its_face() {
    let (pool, second) = shared(1);
    let Admission::Started(_, id) = pool.submit(Submission { timeout: 5, ..task(second, 0) }) else {
        panic!("there is room")
    };
    pool.begin(id);
    pool.limit(id);
    pool.depart(second);
    assert_eq!(start(&pool, FIRST).1.number(), id.number(), "the number is another's");
    pool.pass(10);
    assert_eq!(pool.effects(), []);
}

#[test]
fn nobody_hears_of_what_a_departed_face_has_waited_for() {
    let (pool, second) = shared(1);
    let (worker, _) = start(&pool, FIRST);
    for (token, condition) in
        [Condition::Drained, Condition::Settled, Condition::Ended(1)].into_iter().enumerate()
    {
        pool.watch(second, token as u32, condition, Some(20));
    }
    pool.await_vacancy(second, 1);
    pool.watch(FIRST, 1, Condition::Drained, Some(20));
    pool.depart(second);
    pool.complete(worker);
    assert_eq!(pool.effects(), [left(FIRST, 1)], "the first one does");
    pool.pass(20);
    pool.release(None);
    assert_eq!(pool.effects(), []);
}

#[test]
fn whoever_waits_for_the_pool_hears_of_a_departure_that_settles_it() {
    let (pool, second) = shared(1);
    start(&pool, second);
    pool.watch(FIRST, 1, Condition::Drained, None);
    pool.watch(FIRST, 2, Condition::Settled, None);
    pool.depart(second);
    assert_eq!(pool.effects(), [left(FIRST, 1), left(FIRST, 2)]);
}

#[test]
fn a_departure_leaves_nothing_of_more_tasks_than_one_lock_hold_looks_at() {
    const CROWD: u32 = 15_000;
    let (pool, second) = shared(2);
    let mine = [FIRST, second].map(|face| start(&pool, face).0);
    let mut kept = Vec::new();
    for number in 0..CROWD {
        // The others stand in between, and some of them far from their like.
        let face = if number % 3 == 0 || number > CROWD - 10 { FIRST } else { second };
        let id = pool.wait(Submission { wait_timeout: Some(50), ..task(face, number) });
        if face == FIRST {
            kept.push(id);
        }
    }
    assert!(!pool.depart(second));
    let started = [Effect::Start(mine[1], kept[0], Job { face: FIRST, number: 0 })];
    assert_eq!(pool.effects(), started);
    let counters = pool.snapshot().counters;
    assert_eq!(counters.cancelled, 1 + u64::from(CROWD) - kept.len() as u64);
    let ran: Vec<_> = std::iter::from_fn(|| pool.complete(mine[0])).collect();
    assert_eq!(ran, kept[1..], "in their order");
}

#[test]
fn a_departure_reaches_a_few_records_behind_a_crowd_that_has_gone() {
    let (pool, second) = shared(1);
    let (worker, _) = start(&pool, FIRST);
    let crowd: Vec<_> = (0..10_000).map(|number| pool.wait(task(FIRST, number))).collect();
    let last = pool.wait(task(second, 0));
    assert_eq!(last.number(), 10_001);
    for id in crowd {
        pool.cancel(id);
    }
    pool.depart(second);
    assert_eq!(pool.gauges(), (1, 1, 0));
    assert_eq!(pool.complete(worker), None);
}

#[test]
fn the_departure_of_the_last_face_that_stays_closes_the_pool() {
    let (pool, second) = shared(2);
    let (worker, _) = start(&pool, FIRST);
    start(&pool, second);
    pool.leave(FIRST);
    assert!(!pool.depart(second), "the first one has left, but not departed");
    assert!(pool.snapshot().is_closed);
    assert_eq!(pool.gauges(), (1, 1, 0));
    pool.complete(worker);
    assert_eq!(pool.gauges(), (0, 0, 0));
}

#[test]
fn the_departure_of_the_last_face_is_the_end_of_the_pool() {
    let (pool, second) = shared(2);
    let idle = start(&pool, FIRST).0;
    start(&pool, second);
    pool.complete(idle);
    assert!(!pool.depart(FIRST));
    assert!(pool.depart(second), "it was the last one");
    assert_eq!(pool.gauges(), (0, 0, 0));
    let snapshot = pool.snapshot();
    assert!(snapshot.is_closed);
    assert_eq!(snapshot.counters.unsettled, 0);
    assert_eq!(pool.join(), None, "whoever asks for the name makes a new pool");
    assert!(!pool.depart(second), "it has not been the last one twice");
}

#[test]
fn the_workers_of_an_older_generation_retire_when_their_face_departs() {
    let pool = Fixture::shared(resources(1));
    let second = pool.join().expect("there are faces");
    let (old, _) = start(&pool, second);
    pool.release(None);
    pool.reboot();
    let (young, _) = start(&pool, second);
    let waiting = pool.wait(task(FIRST, 1));
    pool.watch(FIRST, 1, Condition::Ended(1), None);
    pool.depart(second);
    let start = Effect::Start(young, waiting, Job { face: FIRST, number: 1 });
    assert_eq!(pool.effects(), [Effect::Retire(old), start]);
    pool.retired(old);
    assert_eq!(pool.effects(), [left(FIRST, 1)]);
}

#[test]
fn a_departure_from_a_closing_pool_lets_its_workers_run_what_others_have_submitted() {
    let (pool, second) = shared(1);
    let (worker, _) = start(&pool, second);
    let waiting = pool.wait(task(FIRST, 1));
    pool.watch(FIRST, 1, Condition::Ended(pool.close()), None);
    pool.depart(second);
    assert_eq!(pool.effects(), [Effect::Start(worker, waiting, Job { face: FIRST, number: 1 })]);
    pool.complete(worker);
    assert_eq!(pool.effects(), [left(FIRST, 1)]);
}

#[test]
fn a_worker_that_boots_for_a_departed_face_is_room_for_others() {
    let pool = Fixture::shared(Options { kind: RESOURCE, nonblocking: true, ..capacity(1) });
    let second = pool.join().expect("there are faces");
    pool.wait(task(second, 0));
    let [Effect::Boot(worker)] = pool.effects()[..] else { panic!("it boots") };
    pool.depart(second);
    let next = pool.wait(task(FIRST, 1));
    assert_eq!(pool.booted(worker), Some(next));
}

#[test]
fn a_departed_face_is_unknown_to_whoever_has_its_place() {
    let (pool, second) = shared(1);
    assert!(!pool.depart(second));
    let third = pool.join().expect("there are faces");
    assert_eq!(third.index(), second.index());
    start(&pool, third);
    assert_eq!(pool.submit(task(second, 0)), Admission::Refused(Refusal::Closed));
    assert!(!pool.depart(second));
    assert!(pool.is_quiet(second) && !pool.is_quiet(third));
    pool.leave(FIRST);
    assert_eq!(pool.leave(second), None);
    assert!(!pool.snapshot().is_closed, "the third one stays");
}

#[test]
fn a_pool_of_plain_numbers_has_one_face() {
    assert_eq!((7_u32.face(), "seven".face(), FIRST.face()), (FIRST, FIRST, FIRST));
    let pool = Fixture::new(capacity(1));
    pool.start(0);
    assert_eq!(pool.leave(FIRST), Some(1));
    assert!(pool.depart(FIRST));
    assert_eq!(pool.gauges(), (0, 0, 0));
}

// ── resigning ───────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_face_that_resigns_still_learns_what_it_watches_until_it_departs() {
    let (pool, second) = shared(1);
    let (worker, _) = start(&pool, FIRST);
    pool.leave(second);
    pool.watch(second, 1, Condition::Drained, None);
    assert!(!pool.resign(second), "the first one stays");
    pool.complete(worker);
    assert_eq!(pool.effects(), [left(second, 1)]);

    let (worker, _) = start(&pool, FIRST);
    pool.watch(second, 2, Condition::Drained, None);
    assert!(!pool.depart(second));
    pool.complete(worker);
    assert_eq!(pool.effects(), [], "its isolate is gone");
}

#[test]
fn a_face_with_tasks_cannot_resign_and_the_last_one_to_do_so_ends_the_pool() {
    let (pool, second) = shared(1);
    let (worker, _) = start(&pool, second);
    assert!(!pool.resign(second), "it has a task");
    assert!(!pool.resign(FIRST), "the second one is still there");
    pool.complete(worker);
    assert!(pool.resign(second));
    assert_eq!(pool.join(), None);
}
