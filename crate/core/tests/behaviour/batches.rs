//! Batches: admitted whole or refused whole.

use std::num::NonZero;

use workpool_core::{
    Admission, Change, Condition, Effect, FaceId, Key, MILLISECOND, Offer, Options, Policy, Rate, Reason,
    Refusal, Reservation, Submission, TaskId, WorkerId,
};

use crate::{Fixture, boots, capacity, recorder::Job, rejections, resources};

const PLAIN: Submission<u32> = Submission::new(0);

fn places(count: u32) -> NonZero<u32> {
    NonZero::new(count).expect("a batch of some tasks")
}

impl Fixture {
    fn reserve(&self, count: u32, task: &Submission<u32>) -> Result<Reservation, Refusal> {
        let reserved = self.reserve_places(places(count), task, None);
        self.audit();
        reserved
    }

    /// Hands in tasks, all of which have places.
    fn hand_in(&self, reservation: Reservation, payloads: &[u32]) -> Vec<Admission> {
        let admissions = self.submit_reserved(reservation, payloads);
        assert_eq!(admissions.len(), payloads.len());
        self.audit();
        admissions
    }
}

fn started(admissions: &[Admission]) -> Vec<WorkerId> {
    let worker = |admission: &_| match *admission {
        Admission::Started(worker, _) => Some(worker),
        _ => None,
    };
    admissions.iter().filter_map(worker).collect()
}

fn waiting(admissions: &[Admission]) -> Vec<TaskId> {
    let task = |admission: &_| match *admission {
        Admission::Waiting(task) => Some(task),
        _ => None,
    };
    admissions.iter().filter_map(task).collect()
}

fn reason(refusal: Refusal) -> Option<Reason> {
    match refusal {
        Refusal::Barred { reason, .. } => Some(reason),
        _ => None,
    }
}

fn reason_of(admission: Admission) -> Option<Reason> {
    match admission {
        Admission::Refused(refusal) => reason(refusal),
        _ => None,
    }
}

#[test]
fn a_batch_takes_the_workers_that_are_free_and_the_rest_waits_in_its_order() {
    let pool = Fixture::new(capacity(2));
    let batch = pool.reserve(5, &PLAIN).expect("there is room");
    let mut admissions = pool.hand_in(batch, &[0, 1, 2]);
    admissions.extend(pool.hand_in(batch, &[3, 4]));
    let workers = started(&admissions);
    assert_eq!((workers.len(), pool.gauges()), (2, (2, 2, 3)));
    let ran: Vec<_> = std::iter::from_fn(|| pool.complete(workers[0])).collect();
    assert_eq!(ran, waiting(&admissions));
    assert!(pool.effects().is_empty(), "the caller starts what is started");
}

#[test]
fn a_batch_that_does_not_fit_the_bound_is_refused_whole() {
    let pool = Fixture::new(Options { max_waiting: 3, ..capacity(2) });
    pool.fill(1);
    let refused = Err(Refusal::Overload { waiting: 0, capacity: 2 });
    assert_eq!(pool.reserve(5, &PLAIN), refused, "one worker and three places");
    assert_eq!((pool.gauges(), pool.snapshot().counters.overload), ((1, 1, 0), 1), "one call");
    let batch = pool.reserve(4, &PLAIN).expect("it fits exactly");
    assert_eq!(started(&pool.hand_in(batch, &[1, 2, 3, 4])).len(), 1);
    assert_eq!(pool.gauges(), (2, 2, 3));
}

#[test]
fn a_batch_in_a_nonblocking_pool_needs_a_worker_for_each_task_booting_ones_included() {
    let pool = Fixture::new(Options { nonblocking: true, ..resources(3) });
    pool.start_all();
    assert_eq!(boots(&pool.effects()).len(), 3);
    assert!(pool.reserve(4, &PLAIN).is_err());
    let batch = pool.reserve(3, &PLAIN).expect("three boot");
    assert_eq!(waiting(&pool.hand_in(batch, &[1, 2, 3])).len(), 3);
    assert_eq!(boots(&pool.effects()), [], "for those");
}

#[test]
fn a_batch_that_may_not_wait_counts_each_of_its_tasks_as_too_late() {
    let pool = Fixture::new(capacity(2));
    let hasty = Submission { wait_timeout: Some(0), ..PLAIN };
    assert_eq!(pool.reserve(3, &hasty), Err(Refusal::WaitTimeout));
    let counters = pool.snapshot().counters;
    assert_eq!((counters.submitted, counters.wait_timeout), (3, 3));
    assert!(pool.reserve(2, &hasty).is_ok());
}

#[test]
fn beside_places_others_are_refused_as_if_their_tasks_waited() {
    let pool = Fixture::new(Options { max_waiting: 2, ..capacity(2) });
    let batch = pool.reserve(3, &PLAIN).expect("two workers and a place");
    assert_eq!(pool.snapshot().waiting, 3, "that is shown");
    assert!(!pool.has_room() && !pool.has_vacancy());
    let hasty = Submission { wait_timeout: Some(0), ..PLAIN };
    assert_eq!(pool.submit(hasty), Admission::Refused(Refusal::WaitTimeout));
    let at_once = Submission { offer: Offer::AtOnce, ..PLAIN };
    assert!(matches!(pool.submit(at_once), Admission::Refused(Refusal::Overload { .. })));
    // The bound has one more place, and with it the newcomer may as well start.
    pool.start(9);
    assert!(matches!(pool.submit(PLAIN), Admission::Refused(Refusal::Overload { waiting: 3, .. })));
    assert!(pool.refuse(&PLAIN).is_some() && pool.reserve(1, &PLAIN).is_err());
    assert_eq!(waiting(&pool.hand_in(batch, &[1, 2, 3])).len(), 2);
    assert_eq!(pool.gauges(), (2, 2, 2));
}

#[test]
fn a_worker_is_kept_for_each_task_that_may_not_wait() {
    let pool = Fixture::new(capacity(3));
    let hasty = Submission { wait_timeout: Some(0), ..PLAIN };
    let batch = pool.reserve(2, &hasty).expect("there is room");
    let worker = pool.start(8).0;
    let behind = pool.wait(Submission::new(9));
    assert_eq!(pool.gauges(), (1, 1, 3), "and two to come");
    assert_eq!(pool.complete(worker), Some(behind), "who waits takes what others have");
    assert_eq!(started(&pool.hand_in(batch, &[1, 2])).len(), 2);
}

#[test]
fn places_that_are_given_back_are_there_for_others_at_once() {
    let pool = Fixture::new(Options { max_waiting: 2, ..capacity(1) });
    let batch = pool.reserve(1, &Submission { wait_timeout: Some(0), ..PLAIN }).expect("there is room");
    let kept = pool.wait(PLAIN);
    pool.give_back_places(batch);
    assert!(matches!(pool.effects()[..], [Effect::Start(_, task, 0)] if task == kept));
    let batch = pool.reserve(2, &PLAIN).expect("the queue is empty");
    pool.await_vacancy(FaceId::FIRST, 7);
    pool.give_back_places(batch);
    pool.give_back_places(batch);
    assert_eq!(pool.submit_reserved(batch, &[1]), [], "they are gone");
    assert_eq!(pool.snapshot().counters.submitted, 1);
    assert!(pool.reserve(2, &PLAIN).is_ok());
}

#[test]
fn a_release_between_two_holds_leaves_no_place() {
    let pool = Fixture::new(capacity(1));
    let batch = pool.reserve(4, &PLAIN).expect("there is room");
    let worker = started(&pool.hand_in(batch, &[1, 2]))[0];
    pool.release(None);
    assert_eq!(rejections(&pool.effects()).len(), 1);
    assert_eq!(pool.submit_reserved(batch, &[3, 4]), []);
    assert!(pool.reboot());
    assert_eq!(pool.submit_reserved(batch, &[3, 4]), [], "nor in the next generation");
    assert_eq!(pool.complete(worker), None);
    assert_eq!(pool.snapshot().waiting, 0);
}

#[test]
fn a_close_waits_for_the_tasks_that_are_still_to_come() {
    let pool = Fixture::new(capacity(2));
    let batch = pool.reserve(2, &PLAIN).expect("there is room");
    let generation = pool.close();
    pool.watch(FaceId::FIRST, 1, Condition::Ended(generation), None);
    pool.watch(FaceId::FIRST, 2, Condition::Drained, None);
    pool.watch(FaceId::FIRST, 3, Condition::Settled, None);
    assert_eq!(pool.effects(), []);
    assert_eq!(pool.reserve(1, &PLAIN), Err(Refusal::Closed));
    assert_eq!(pool.reserve_places(places(1), &PLAIN, Some(batch)), Err(Refusal::Closed));
    let workers = started(&pool.hand_in(batch, &[1, 2]));
    for worker in workers {
        assert_eq!(pool.complete(worker), None);
    }
    assert_eq!(pool.effects().len(), 3, "all watches");
}

#[test]
fn the_places_of_a_face_go_with_it() {
    let pool = Fixture::<Job>::shared(Options { max_waiting: 1, ..capacity(1) });
    let second = pool.join().expect("the first one is there");
    let task = |face| Submission::new(Job { face, number: 0 });
    let batch = pool.reserve_places(places(2), &task(second), None).expect("there is room");
    let own = pool.reserve_places(places(1), &task(FaceId::FIRST), None);
    assert!(own.is_err(), "one pool");
    pool.depart(second);
    assert_eq!(pool.submit_reserved(batch, &[Job { face: second, number: 1 }]), []);
    assert!(pool.reserve_places(places(2), &task(FaceId::FIRST), None).is_ok());
    pool.audit();
}

#[test]
fn a_batch_may_get_more_places_but_not_once_it_has_none() {
    let pool = Fixture::new(Options { max_waiting: 1, ..capacity(1) });
    let batch = pool.reserve(1, &PLAIN).expect("there is room");
    assert_eq!(pool.reserve_places(places(1), &PLAIN, Some(batch)), Ok(batch));
    assert!(pool.reserve_places(places(1), &PLAIN, Some(batch)).is_err());
    pool.hand_in(batch, &[1, 2]);
    let worker = WorkerId(0);
    pool.complete(worker);
    pool.complete(worker);
    assert_eq!(pool.reserve_places(places(1), &PLAIN, Some(batch)), Err(Refusal::Closed), "it has had them");
    assert_eq!(pool.gauges(), (1, 0, 0));
}

#[test]
fn more_places_than_can_be_counted_are_refused() {
    let pool = Fixture::new(capacity(1));
    pool.reserve(u32::MAX, &PLAIN).expect("there is no bound");
    assert!(pool.reserve(1, &PLAIN).is_err());
    pool.fill(1);
    pool.wait(PLAIN);
    assert_eq!(pool.snapshot().waiting, u32::MAX);
}

#[test]
fn places_of_a_key_or_of_a_rate_count_against_it_as_if_their_tasks_had_started() {
    let policy = Policy { per_key: 2, ..Policy::NONE };
    let pool = Fixture::new(Options { policy, nonblocking: true, ..capacity(8) });
    let of_key = |key| Submission { key: Some(Key(key)), ..PLAIN };
    let batch = pool.reserve(1, &of_key(1)).expect("two may run");
    assert_eq!(pool.reserve(2, &of_key(1)).map_err(reason), Err(Some(Reason::Key)));
    assert!(pool.reserve_places(places(1), &of_key(1), Some(batch)).is_ok());
    let further = pool.reserve_places(places(1), &of_key(1), Some(batch));
    assert_eq!(further.map_err(reason), Err(Some(Reason::Key)));
    assert_eq!(reason_of(pool.submit(of_key(1))), Some(Reason::Key));
    assert!(matches!(pool.submit(of_key(2)), Admission::Started(..)));
    assert_eq!(started(&pool.hand_in(batch, &[0, 1])).len(), 2);

    let rate = Some(Rate { limit: 2, interval: MILLISECOND });
    let rated =
        Fixture::new(Options { policy: Policy { rate, ..Policy::NONE }, nonblocking: true, ..capacity(8) });
    let batch = rated.reserve(2, &PLAIN).expect("two may start");
    assert_eq!(reason_of(rated.submit(PLAIN)), Some(Reason::Rate));
    assert_eq!(started(&rated.hand_in(batch, &[0, 1])).len(), 2);
}

#[test]
fn the_slots_of_a_heavy_batch_that_may_not_wait_are_kept() {
    let pool = Fixture::new(capacity(4));
    let task = Submission { wait_timeout: Some(0), weight: 3, ..Submission::new(0) };
    let batch = pool.reserve_places(places(1), &task, None).expect("there is room");
    pool.start(1);
    pool.wait(Submission::new(2));
    // Somebody who waits does not get them, whatever changes.
    pool.configure(&Change { per_key: Some(1), ..Change::default() });
    assert_eq!(pool.gauges(), (1, 1, 2), "one has a place");
    assert!(matches!(pool.submit_reserved(batch, &[0])[..], [Admission::Started(..)]));
    assert_eq!(pool.gauges(), (4, 4, 1));
}

#[test]
fn a_heavy_batch_stays_one_when_no_other_rule_is_used_any_more() {
    let pool = Fixture::new(capacity(4));
    let task = Submission { wait_timeout: Some(0), weight: 3, ..Submission::new(0) };
    pool.reserve_places(places(1), &task, None).expect("there is room");
    pool.pause(FaceId::FIRST);
    pool.resume();
    pool.start(1);
    let hasty = Submission { wait_timeout: Some(0), ..Submission::new(2) };
    assert_eq!(pool.refuse(&hasty), Some(Refusal::WaitTimeout), "all slots are taken or kept");
}

#[test]
fn a_batch_of_a_key_of_which_too_many_would_wait_is_refused_whole() {
    let policy = Policy { per_key: 1, max_waiting_per_key: 1, ..Policy::NONE };
    let pool = Fixture::new(Options { policy, ..capacity(8) });
    let task = Submission { key: Some(Key(1)), ..PLAIN };
    assert_eq!(pool.reserve(3, &task).map_err(reason), Err(Some(Reason::Key)));
    let batch = pool.reserve(2, &task).expect("one runs and one waits");
    assert_eq!(reason_of(pool.submit(task)), Some(Reason::Key), "as if they waited");
    assert_eq!(started(&pool.hand_in(batch, &[0, 1])).len(), 1);
}
