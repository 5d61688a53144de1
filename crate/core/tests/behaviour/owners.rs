//! Threads that several faces use: the end of a face with tasks in threads, and of whoever has the threads (4.6).

use workpool_core::{
    Admission, Condition, Effect, End, FaceId, MILLISECOND, Options, Refusal, Rejection, Submission, TaskId,
    WorkerId, WorkerKind,
};

use crate::{
    Fixture, capacity,
    recorder::{self, Job},
};

const OWNER: FaceId = FaceId::FIRST;
const GRACE: u64 = 100;

fn threads(size: u32, concurrency: u32) -> Options {
    Options { kind: WorkerKind::Thread { grace: GRACE * MILLISECOND }, concurrency, ..capacity(size) }
}

/// A pool of one thread, which is idle, and its second face.
fn loaded(options: Options) -> (Fixture<Job>, WorkerId, FaceId) {
    let pool = Fixture::shared(options);
    pool.pool.start();
    let boot = |effect| if let Effect::Boot(worker) = effect { Some(worker) } else { None };
    let worker = pool.effects().into_iter().find_map(boot).expect("a worker boots");
    assert_eq!(pool.booted(worker), None);
    let guest = pool.join().expect("the first one is there");
    (pool, worker, guest)
}

fn job(face: FaceId, number: u32) -> Job {
    Job { face, number }
}

fn begin(pool: &Fixture<Job>, face: FaceId, number: u32) -> TaskId {
    let Admission::Started(_, task) = pool.submit(Submission::new(job(face, number))) else {
        panic!("a thread is free")
    };
    assert_eq!(recorder::take(pool, task), Some(job(face, number)));
    task
}

#[test]
fn a_thread_ends_what_it_runs_for_a_face_that_has_gone_before_it_takes_another_task() {
    let (pool, worker, guest) = loaded(threads(1, 1));
    let running = begin(&pool, guest, 1);
    let waiting = pool.wait(Submission::new(job(guest, 2)));
    let next = pool.wait(Submission::new(job(OWNER, 3)));
    assert!(!pool.depart(guest));
    assert_eq!(
        pool.effects(),
        [Effect::Forgotten(job(guest, 2)), Effect::Abandoned(worker, running, job(guest, 1))]
    );
    assert_ne!(waiting, next);
    assert_eq!(pool.snapshot().counters.cancelled, 2);
    assert_eq!((pool.snapshot().busy, pool.snapshot().waiting), (1, 1), "the thread is busy with it");

    let finished = pool.finish_task(running, End::Completed, false);
    assert_eq!((finished.settled, finished.next), (false, Some(next)));
    pool.audit();
}

#[test]
fn a_thread_that_goes_on_for_a_face_that_has_gone_is_killed_after_the_grace() {
    let (pool, worker, guest) = loaded(threads(1, 1));
    let task = begin(&pool, guest, 1);
    pool.depart(guest);
    assert_eq!(pool.effects(), [Effect::Abandoned(worker, task, job(guest, 1))]);
    pool.pass(GRACE - 1);
    assert_eq!(pool.effects(), []);
    pool.pass(1);
    assert_eq!(pool.effects(), [Effect::Kill(worker)]);
    pool.crashed(worker);
    assert_eq!(pool.snapshot().running, 0);
    pool.audit();
}

#[test]
fn the_next_face_at_the_place_of_one_that_has_gone_is_not_charged_for_its_tasks() {
    let (pool, _, guest) = loaded(threads(1, 2));
    let task = begin(&pool, guest, 1);
    pool.depart(guest);
    let next = pool.join().expect("there is one");
    assert_eq!(next.index(), guest.index());
    let own = begin(&pool, next, 2);
    assert!(!pool.finish_task(task, End::Completed, false).settled);
    assert!(!pool.is_quiet(next));
    assert!(pool.finish_task(own, End::Completed, false).settled);
    pool.collect(own);
    assert!(pool.is_quiet(next));
    pool.audit();
}

#[test]
fn a_task_that_had_settled_before_its_face_went_still_holds_its_thread() {
    let (pool, _, guest) = loaded(threads(1, 1));
    let task = begin(&pool, guest, 1);
    pool.cancel(task);
    pool.depart(guest);
    assert_eq!(pool.effects(), []);
    assert_eq!(pool.snapshot().busy, 1);
    assert!(!pool.finish_task(task, End::Failed, false).settled);
    assert_eq!((pool.snapshot().busy, pool.snapshot().counters.cancelled), (0, 1));
    pool.audit();
}

#[test]
fn an_orphan_has_no_workers_and_rejects_what_is_unsettled() {
    let (pool, first, guest) = loaded(threads(2, 1));
    let running = begin(&pool, guest, 1);
    let boots = pool.wait(Submission::new(job(guest, 2)));
    let waiting = pool.wait(Submission::new(job(guest, 3)));
    let Some(Effect::Boot(second)) = pool.effects().into_iter().next() else { panic!("it starts another") };
    let token = 7;
    pool.watch(guest, token, Condition::Vacant, None);
    pool.orphan();
    assert_eq!(
        pool.effects(),
        [
            Effect::Forgotten(job(guest, 2)),
            Effect::Reject(boots, job(guest, 2), Rejection::Released),
            Effect::Forgotten(job(guest, 3)),
            Effect::Reject(waiting, job(guest, 3), Rejection::Released),
            Effect::Reject(running, job(guest, 1), Rejection::Destroyed),
            Effect::Kill(first),
            Effect::Kill(second),
        ]
    );
    let snapshot = pool.snapshot();
    assert_eq!((snapshot.running, snapshot.busy, snapshot.is_closed), (0, 0, true));
    assert_eq!((snapshot.counters.released, snapshot.counters.cancelled), (2, 1));
    for task in [boots, waiting, running] {
        pool.collect(task);
    }
    assert_eq!(pool.effects(), [Effect::Watched { face: guest, token, left: None }]);
    pool.audit();
}

#[test]
fn an_orphan_stays_closed_and_gets_no_more_faces() {
    let (pool, _, guest) = loaded(threads(1, 1));
    pool.orphan();
    assert!(!pool.reboot());
    assert!(pool.snapshot().is_closed);
    assert_eq!(pool.submit(Submission::new(job(guest, 1))), Admission::Refused(Refusal::Closed));
    assert_eq!(pool.join(), None);
    assert!(!pool.depart(OWNER), "the guest is still there");
    assert!(pool.depart(guest));
    pool.audit();
}

#[test]
fn a_face_that_departs_while_a_thread_dies_leaves_nothing_behind() {
    let (pool, worker, guest) = loaded(threads(1, 2));
    let begun = begin(&pool, guest, 1);
    let Admission::Started(_, unbegun) = pool.submit(Submission::new(job(guest, 2))) else {
        panic!("there is a slot")
    };
    pool.crashed(worker);
    assert_eq!(pool.effects()[0], Effect::Reject(begun, job(guest, 1), Rejection::Crashed));
    pool.depart(guest);
    assert_eq!(pool.effects(), [Effect::Forgotten(job(guest, 2))]);
    assert_eq!(pool.snapshot().waiting, 0);
    assert_ne!(begun, unbegun);
    pool.audit();
}
