//! What a function that looks by itself is told of its task: that it was aborted, or took too long (4.5).

use workpool_core::{
    Admission, Cancelled, End, FaceId, Interruption, MILLISECOND, Options, Submission, TaskId, WorkerKind,
};

use crate::{Fixture, capacity, recorder};

fn loaded(concurrency: u32) -> Fixture {
    let kind = WorkerKind::Thread { grace: 100 * MILLISECOND };
    let pool = Fixture::new(Options { kind, concurrency, ..capacity(1) });
    pool.pool.start();
    assert_eq!(pool.booted(workpool_core::WorkerId(0)), None);
    pool.effects();
    pool
}

fn begun(pool: &Fixture, task: Submission<u32>) -> TaskId {
    let number = task.payload;
    let Admission::Started(_, task) = pool.submit(task) else { panic!("the thread has room") };
    assert_eq!(recorder::take(pool, task), Some(number));
    assert_eq!(pool.interruption(task), None);
    task
}

#[test]
fn an_abort_is_seen_by_its_own_task_alone_until_the_function_has_ended() {
    let pool = loaded(2);
    let [aborted, other] = [0, 1].map(|number| begun(&pool, Submission::new(number)));
    assert_eq!(pool.cancel(aborted), Cancelled::Running);
    assert_eq!(pool.interruption(aborted), Some(Interruption::Aborted));
    assert_eq!(pool.interruption(other), None);
    assert!(!pool.finish_task(aborted, End::Failed, false).settled);
    assert_eq!(pool.interruption(aborted), None, "it is done with");
}

#[test]
fn a_timeout_says_how_long_the_task_might_run() {
    let pool = loaded(1);
    let task = begun(&pool, Submission { timeout: 20, ..Submission::new(0) });
    pool.pass(19);
    assert_eq!(pool.interruption(task), None);
    pool.pass(1);
    assert_eq!(pool.interruption(task), Some(Interruption::TimedOut(20)));
    pool.collect(task);
    assert_eq!(pool.interruption(task), Some(Interruption::TimedOut(20)), "its origin knows, it runs on");
}

#[test]
fn an_interrupted_task_settles_by_its_end_and_the_first_interruption_counts() {
    let pool = loaded(1);
    let task = begun(&pool, Submission { timeout: 20, ..Submission::new(0) });
    assert_eq!(pool.interrupt(task), Some(workpool_core::WorkerId(0)));
    assert_eq!(pool.interruption(task), Some(Interruption::Aborted));
    pool.pass(20);
    assert_eq!(pool.interruption(task), Some(Interruption::Aborted));
    let next = begun_after(&pool, task);
    assert_eq!(pool.interrupt(next), Some(workpool_core::WorkerId(0)));
    assert!(pool.finish_task(next, End::Completed, false).settled);
}

fn begun_after(pool: &Fixture, task: TaskId) -> TaskId {
    assert!(!pool.finish_task(task, End::Completed, false).settled, "its time was up");
    begun(pool, Submission::new(1))
}

#[test]
fn what_waits_is_not_interrupted() {
    let pool = loaded(1);
    begun(&pool, Submission::new(0));
    let waiting = pool.wait(Submission::new(1));
    assert_eq!(pool.interrupt(waiting), None);
    assert_eq!(pool.interruption(waiting), None);
}

#[test]
fn tasks_of_a_face_that_is_gone_are_interrupted() {
    let pool = loaded(1);
    let task = begun(&pool, Submission::new(0));
    pool.depart(FaceId::FIRST);
    assert_eq!(pool.interruption(task), Some(Interruption::Aborted));
}
