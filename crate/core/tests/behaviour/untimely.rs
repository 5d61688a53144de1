//! A host that cannot keep time, as the system gives no thread for a reaper.

use workpool_core::{Admission, Condition, FaceId, MILLISECOND, Options, Refusal, Submission};

use crate::{Fixture, capacity};

#[test]
fn a_task_with_a_time_is_refused_before_it_is_counted_and_any_other_one_is_not() {
    let pool = Fixture::new(capacity(1));
    pool.keep_time(false);
    let limited = Submission { timeout: 1, ..Submission::new(0) };
    let patient = Submission { wait_timeout: Some(1), ..Submission::new(0) };
    for task in [limited, patient] {
        assert_eq!(pool.submit(task), Admission::Refused(Refusal::Untimely));
        assert_eq!(pool.refuse(&task), Some(Refusal::Untimely));
    }
    assert_eq!(pool.snapshot().counters.submitted, 0);
    let (worker, _) = pool.start(1);
    // A wait of no time at all needs nobody to end it.
    let now = Submission { wait_timeout: Some(0), ..Submission::new(2) };
    assert_eq!(pool.submit(now), Admission::Refused(Refusal::WaitTimeout));
    assert_eq!(pool.complete(worker), None);

    pool.keep_time(true);
    assert!(matches!(pool.submit(limited), Admission::Started(..)));
    assert!(matches!(pool.submit(patient), Admission::Waiting(_)));
    pool.audit();
}

#[test]
fn idle_workers_are_purged_once_time_is_kept_again_as_every_transition_asks_for_it() {
    let pool = Fixture::new(Options { expiry: Some(10 * MILLISECOND), ..capacity(2) });
    pool.keep_time(false);
    let workers = pool.fill(2);
    assert_eq!(pool.complete(workers[0]), None);
    assert_eq!(pool.host().appointment(u64::MAX), None);
    pool.keep_time(true);
    assert_eq!(pool.complete(workers[1]), None);
    pool.audit();
    pool.pass(15);
    assert_eq!(pool.snapshot().running, 0);
}

#[test]
fn a_watch_without_a_timeout_needs_nobody_to_keep_time() {
    let pool = Fixture::new(capacity(1));
    pool.keep_time(false);
    pool.watch(FaceId::FIRST, 1, Condition::Drained, None);
    assert_eq!(pool.host().effects().len(), 1);
}
