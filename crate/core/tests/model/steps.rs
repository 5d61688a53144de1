//! What can be done to a pool, and random histories of it.

use std::num::NonZero;

use proptest::{collection::vec, option, prelude::*};
use workpool_core::{
    Care, Change, Condition, End, FaceId, GroupId, MILLISECOND, Nanos, Offer, Options, Reason, Submission,
    TaskGroup, UNBOUNDED, Wait, WorkerKind,
};

use crate::recorder::Job;

/// Something that is done to the pool. A `usize` chooses among those to whom it can be done just then; if it can be done to nobody, or to
/// no worker of the kind, nothing is.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Through one of the faces.
    Submit(usize, Submission<Job>),
    /// Places for so many tasks; or, if that is true, so many more for a batch.
    Reserve(usize, NonZero<u32>, Submission<Job>, bool),
    /// So many tasks of a batch.
    HandIn(usize, u32),
    /// Through one of the faces: timeout, timed, and by which name it is sticky.
    Broadcast(usize, u32, bool, Option<u32>),
    GiveBackPlaces(usize),
    /// A task's function is called: its origin says so, or its worker takes it.
    Begin(usize),
    Limit(usize),
    Finish(usize, End, bool),
    Cancel(usize),
    /// Of a waiting task; but now and then, of any.
    SetPriority(usize, u64),
    Interrupt(usize),
    Collect(usize),
    Booted(usize),
    /// A worker cannot be made, in the way of its kind.
    StartFailed(usize),
    /// A worker that is validated must not be used any more.
    Invalid(usize),
    /// What the host gives as a random number from now on.
    Random(u32),
    Retired(usize),
    Crashed(usize),
    /// Of the workers that have been given a task which they have not begun.
    CrashedTooSoon(usize),
    Start,
    StartAll,
    Tune(u32),
    Pass(Nanos),
    /// Of any generation, or of the one that lies so far back.
    Release(Option<u64>),
    Close,
    Destroy,
    Reboot,
    Watch(usize, Condition, Option<u32>),
    /// A watch of the present generation, as close and release make it.
    WatchEnd(usize, Option<u32>),
    Join,
    Leave(usize),
    Depart(usize),
    /// Priority and timeout.
    AwaitVacancy(usize, u64, Option<u32>),
    /// The face and the token are given to it later.
    AwaitVacancyWith(usize, Wait),
    ForgetVacancy(usize),
    EndTurns(usize, u32),
    /// Somebody is late: for a task that is done with, or a worker that is elsewhere in its life.
    Late(usize),
    /// Somebody had to arm the reaper for a moment that is so far from now, and comes only now to do it.
    ArmLate(Nanos),
    Pause(usize),
    Resume,
    Clear,
    /// Somebody has called for a clear when this waiting task was the last one, and it still goes on.
    GoOnClearing(usize),
    Configure(Change),
    RetryAfter(Option<Reason>),
}

/// A pool, and what is done to it.
pub(crate) type History = (Options, Vec<Step>);

/// Of slots or resources, in which much happens between faces.
pub(crate) fn of_closures() -> impl Strategy<Value = History> {
    (closures(), vec(step_of_closures(), 1..120))
}

/// Of threads, in which much happens to the threads: they have several tasks each, begun and not begun, die, and cannot be started.
pub(crate) fn of_threads() -> impl Strategy<Value = History> {
    (threads(), vec(step_of_threads(), 1..160))
}

pub(crate) fn closures() -> impl Strategy<Value = Options> {
    let capacity = prop_oneof![8 => 1_u32..6, 1 => Just(UNBOUNDED)];
    let kind = prop_oneof![
        1 => Just(WorkerKind::Slot),
        1 => option::of(1_u32..60)
            .prop_map(|dispose_timeout| WorkerKind::Resource(Care { dispose_timeout, ..Care::NONE })),
        2 => care().prop_map(WorkerKind::Resource),
    ];
    let min_size = prop_oneof![2 => Just(0), 1 => 1_u32..4];
    (capacity, expiry(), prop::bool::weighted(0.2), bound(), kind, min_size, any::<bool>()).prop_map(
        |(capacity, expiry, nonblocking, max_waiting, kind, min_size, measure)| Options {
            capacity,
            expiry,
            nonblocking,
            max_waiting,
            kind,
            min_size: if kind == WorkerKind::Slot { 0 } else { min_size },
            measure,
            ..Options::default()
        },
    )
}

fn care() -> impl Strategy<Value = Care> {
    let validate_after =
        option::of(prop_oneof![1 => Just(0), 2 => (1_u64..60).prop_map(|ms| ms * MILLISECOND)]);
    let max_age = option::of((1_u64..200).prop_map(|ms| ms * MILLISECOND));
    (option::of(1_u32..60), option::of(1_u32..60), validate_after, 0_u32..5, max_age).prop_map(
        |(init_timeout, dispose_timeout, validate_after, max_uses, max_age)| Care {
            init_timeout,
            dispose_timeout,
            validate_after,
            max_uses,
            max_age,
        },
    )
}

pub(crate) fn threads() -> impl Strategy<Value = Options> {
    let grace = prop_oneof![6 => (1_u64..30).prop_map(|ms| ms * MILLISECOND), 1 => Just(1_000), 1 => Just(0)];
    let concurrency = prop_oneof![2 => Just(1), 3 => 2_u32..4];
    (1_u32..5, expiry(), prop::bool::weighted(0.1), bound(), concurrency, 0_u32..3, grace, any::<bool>())
        .prop_map(|(capacity, expiry, nonblocking, max_waiting, concurrency, min_size, grace, measure)| {
            Options {
                capacity,
                expiry,
                nonblocking,
                max_waiting,
                concurrency,
                min_size: min_size.min(capacity),
                kind: WorkerKind::Thread { grace },
                measure,
                ..Options::default()
            }
        })
}

fn expiry() -> impl Strategy<Value = Option<Nanos>> {
    option::of((1_u64..60).prop_map(|ms| ms * MILLISECOND))
}

fn bound() -> impl Strategy<Value = u32> {
    prop_oneof![2 => Just(0), 1 => 1_u32..5]
}

/// A submission with one of so many priorities; its number is given to it later.
fn submission(priorities: u64) -> impl Strategy<Value = Step> {
    task(priorities).prop_map(|(which, task)| Step::Submit(which, task))
}

/// Places for tasks like that.
fn reservation(priorities: u64) -> impl Strategy<Value = Step> {
    reservation_of(task(priorities))
}

pub(crate) fn reservation_of(
    task: impl Strategy<Value = (usize, Submission<Job>)>,
) -> impl Strategy<Value = Step> {
    let count = prop_oneof![8 => 1_u32..7, 1 => 7_u32..20, 1 => Just(1_000)];
    (task, count, prop::bool::weighted(0.2))
        .prop_filter_map("0 is no number of places", |((which, task), count, adds)| {
            Some(Step::Reserve(which, NonZero::new(count)?, task, adds))
        })
}

fn task(priorities: u64) -> impl Strategy<Value = (usize, Submission<Job>)> {
    let wait_timeout = prop_oneof![3 => Just(None), 1 => Just(Some(0)), 3 => (1_u32..60).prop_map(Some)];
    let timeout = prop_oneof![1 => Just(0), 1 => 1_u32..60];
    let offer = prop_oneof![6 => Just(Offer::Normal), 1 => Just(Offer::AtOnce), 1 => Just(Offer::Uncounted)];
    let group = group(Just(UNBOUNDED));
    (0..priorities, wait_timeout, timeout, any::<bool>(), offer, group, any::<usize>()).prop_map(
        |(priority, wait_timeout, timeout, timed, offer, group, which)| {
            let plain = Submission::new(Job { face: FaceId::FIRST, number: 0 });
            (which, Submission { priority, wait_timeout, timeout, timed, offer, group, ..plain })
        },
    )
}

/// One of a few groups, each of which has one limit.
pub(crate) fn group(limit: impl Strategy<Value = u32>) -> impl Strategy<Value = Option<TaskGroup>> {
    let group = (1_u64..4, limit).prop_filter_map("0 is no number of a group", |(id, limit)| {
        // Another limit is another group.
        let id = GroupId(NonZero::new(id + 3 * u64::from(limit != UNBOUNDED) * u64::from(limit))?);
        Some(TaskGroup { id, limit })
    });
    prop_oneof![3 => Just(None), 1 => group.prop_map(Some)]
}

/// `started`: how often somebody waits for that.
fn condition(started: u32) -> impl Strategy<Value = Condition> {
    prop_oneof![
        1 => Just(Condition::Drained),
        1 => Just(Condition::Settled),
        1 => Just(Condition::Vacant),
        1 => Just(Condition::Left),
        1 => (1_u64..13).prop_map(|id| Condition::Over(GroupId(NonZero::new(id).unwrap_or(NonZero::<u64>::MIN)))),
        started => Just(Condition::Started),
        1 => (0_u64..3).prop_map(Condition::Ended)
    ]
}

fn time() -> impl Strategy<Value = Option<u32>> {
    option::of(0_u32..80)
}

fn finish(completed: u32) -> impl Strategy<Value = Step> {
    let end = prop_oneof![completed => Just(End::Completed), 1 => Just(End::Failed)];
    (any::<usize>(), end, prop::bool::weighted(0.1))
        .prop_map(|(which, end, broken)| Step::Finish(which, end, broken))
}

fn watch(started: u32) -> impl Strategy<Value = Step> {
    (any::<usize>(), condition(started), time())
        .prop_map(|(which, condition, time)| Step::Watch(which, condition, time))
}

fn broadcast() -> impl Strategy<Value = Step> {
    let timeout = prop_oneof![1 => Just(0), 1 => 1_u32..60];
    (any::<usize>(), timeout, any::<bool>(), option::of(0_u32..3))
        .prop_map(|(which, timeout, timed, sticky)| Step::Broadcast(which, timeout, timed, sticky))
}

fn vacancy() -> impl Strategy<Value = Step> {
    (any::<usize>(), 0_u64..4, option::of(0_u32..60))
        .prop_map(|(which, priority, timeout)| Step::AwaitVacancy(which, priority, timeout))
}

/// Whether tasks are measured changes.
fn measure() -> impl Strategy<Value = Step> {
    any::<bool>().prop_map(|measure| Step::Configure(Change { measure: Some(measure), ..Change::default() }))
}

pub(crate) fn step_of_closures() -> impl Strategy<Value = Step> {
    let any = any::<usize>;
    prop_oneof![
        24 => submission(12),
        4 => reservation(12),
        8 => (any(), 1_u32..5).prop_map(|(which, count)| Step::HandIn(which, count)),
        1 => any().prop_map(Step::GiveBackPlaces),
        8 => any().prop_map(Step::Begin),
        8 => any().prop_map(Step::Limit),
        16 => finish(1),
        4 => any().prop_map(Step::Cancel),
        4 => (any(), 0_u64..4).prop_map(|(which, priority)| Step::SetPriority(which, priority)),
        5 => any().prop_map(Step::Collect),
        10 => any().prop_map(Step::Booted),
        4 => any().prop_map(Step::StartFailed),
        3 => any().prop_map(Step::Invalid),
        1 => proptest::num::u32::ANY.prop_map(Step::Random),
        8 => any().prop_map(Step::Retired),
        2 => any().prop_map(Step::Crashed),
        1 => Just(Step::Start),
        5 => prop_oneof![6 => 1_u32..8, 1 => Just(UNBOUNDED)].prop_map(Step::Tune),
        10 => (0_u64..70 * MILLISECOND).prop_map(Step::Pass),
        1 => option::of(0_u64..2).prop_map(Step::Release),
        1 => Just(Step::Close),
        3 => Just(Step::Reboot),
        2 => watch(2),
        1 => (any(), time()).prop_map(|(which, time)| Step::WatchEnd(which, time)),
        4 => Just(Step::Join),
        1 => any().prop_map(Step::Leave),
        2 => any().prop_map(Step::Depart),
        6 => vacancy(),
        1 => any().prop_map(Step::ForgetVacancy),
        3 => (any(), 0_u32..3).prop_map(|(which, count)| Step::EndTurns(which, count)),
        4 => any().prop_map(Step::Late),
        3 => (0_u64..60 * MILLISECOND).prop_map(Step::ArmLate),
        1 => measure(),
    ]
}

pub(crate) fn step_of_threads() -> impl Strategy<Value = Step> {
    let any = any::<usize>;
    prop_oneof![
        32 => submission(3),
        4 => reservation(3),
        8 => (any(), 1_u32..5).prop_map(|(which, count)| Step::HandIn(which, count)),
        1 => any().prop_map(Step::GiveBackPlaces),
        24 => any().prop_map(Step::Begin),
        4 => broadcast(),
        14 => finish(3),
        6 => any().prop_map(Step::Cancel),
        4 => (any(), 0_u64..4).prop_map(|(which, priority)| Step::SetPriority(which, priority)),
        3 => any().prop_map(Step::Interrupt),
        8 => any().prop_map(Step::Collect),
        14 => any().prop_map(Step::Booted),
        2 => any().prop_map(Step::StartFailed),
        8 => any().prop_map(Step::Retired),
        4 => any().prop_map(Step::Crashed),
        1 => Just(Step::Start),
        1 => Just(Step::StartAll),
        4 => (1_u32..6).prop_map(Step::Tune),
        8 => (0_u64..50 * MILLISECOND).prop_map(Step::Pass),
        1 => option::of(0_u64..2).prop_map(Step::Release),
        1 => Just(Step::Close),
        1 => Just(Step::Destroy),
        4 => Just(Step::Reboot),
        1 => watch(3),
        1 => (any(), time()).prop_map(|(which, time)| Step::WatchEnd(which, time)),
        2 => Just(Step::Join),
        1 => any().prop_map(Step::Leave),
        1 => any().prop_map(Step::Depart),
        4 => vacancy(),
        1 => any().prop_map(Step::ForgetVacancy),
        2 => (any(), 0_u32..3).prop_map(|(which, count)| Step::EndTurns(which, count)),
        4 => any().prop_map(Step::Late),
        3 => (0_u64..60 * MILLISECOND).prop_map(Step::ArmLate),
        1 => measure(),
    ]
}
