//! Random histories of pools that are scheduled, from the start or at times.

use proptest::{collection::vec, option, prelude::*};
use workpool_core::{
    BACKGROUND, Change, FaceId, Key, MILLISECOND, Nanos, Offer, Options, Overload, Policy, Rate, Reason,
    Shed, Submission, UNBOUNDED, Wait,
};

use crate::{
    recorder::Job,
    steps::{History, Step, closures, group, reservation_of, step_of_closures, step_of_threads, threads},
};

/// Of slots or resources.
pub(crate) fn of_scheduled_closures() -> impl Strategy<Value = History> {
    (scheduled(closures()), vec(step(step_of_closures(), 5).boxed(), 1..120))
}

/// Of threads.
pub(crate) fn of_scheduled_threads() -> impl Strategy<Value = History> {
    let crash = any::<usize>().prop_map(Step::CrashedTooSoon);
    let steps = prop_oneof![40 => step(step_of_threads(), 3), 1 => crash];
    (scheduled(threads()), vec(steps.boxed(), 1..140))
}

/// Some begin as plain pools.
fn scheduled(options: impl Strategy<Value = Options>) -> impl Strategy<Value = Options> {
    let ageing = prop_oneof![3 => Just(None), 1 => (0_u64..40).prop_map(|ms| Some(ms * MILLISECOND))];
    let policy = prop_oneof![1 => Just(Policy::NONE), 3 => policy()];
    (options, policy, ageing).prop_map(|(options, policy, ageing)| Options { policy, ageing, ..options })
}

fn policy() -> impl Strategy<Value = Policy> {
    let rate = prop_oneof![1 => Just(None), 1 => rate().prop_map(Some)];
    let shed = prop_oneof![1 => Just(None), 1 => shed().prop_map(Some)];
    (overload(), shed, rate, per_key(), bound_per_key()).prop_map(
        |(overload, shed, rate, per_key, max_waiting_per_key)| Policy {
            overload,
            shed,
            rate,
            per_key,
            max_waiting_per_key,
        },
    )
}

fn overload() -> impl Strategy<Value = Overload> {
    prop_oneof![Just(Overload::Reject), Just(Overload::DiscardOldest)]
}

fn per_key() -> impl Strategy<Value = u32> {
    prop_oneof![1 => Just(UNBOUNDED), 1 => 1_u32..4]
}

fn bound_per_key() -> impl Strategy<Value = u32> {
    prop_oneof![2 => Just(0), 1 => 1_u32..4]
}

fn rate() -> impl Strategy<Value = Rate> {
    (1_u32..5, time(1..60)).prop_map(|(limit, interval)| Rate { limit, interval })
}

fn shed() -> impl Strategy<Value = Shed> {
    (time(0..30), time(1..60)).prop_map(|(target, interval)| Shed { target, interval })
}

fn time(ms: std::ops::Range<u64>) -> impl Strategy<Value = Nanos> {
    ms.prop_map(|ms| ms * MILLISECOND)
}

fn key() -> impl Strategy<Value = Option<Key>> {
    prop_oneof![1 => Just(None), 2 => (0_u128..3).prop_map(|key| Some(Key(key)))]
}

fn weight() -> impl Strategy<Value = u32> {
    prop_oneof![3 => Just(1), 2 => 2_u32..5]
}

fn priority() -> impl Strategy<Value = u64> {
    prop_oneof![5 => 0_u64..4, 1 => Just(BACKGROUND)]
}

fn submission() -> impl Strategy<Value = Step> {
    task().prop_map(|(which, task)| Step::Submit(which, task))
}

fn task() -> impl Strategy<Value = (usize, Submission<Job>)> {
    let wait_timeout = prop_oneof![4 => Just(None), 1 => Just(Some(0)), 2 => (1_u32..60).prop_map(Some)];
    let timeout = prop_oneof![2 => Just(0), 1 => 1_u32..60];
    let offer = prop_oneof![6 => Just(Offer::Normal), 1 => Just(Offer::AtOnce), 1 => Just(Offer::Uncounted)];
    let group = group(prop_oneof![1 => Just(UNBOUNDED), 2 => 1_u32..4]);
    (priority(), wait_timeout, timeout, any::<bool>(), offer, (key(), group), weight(), any::<usize>())
        .prop_map(|(priority, wait_timeout, timeout, timed, offer, (key, group), weight, which)| {
            let payload = Job { face: FaceId::FIRST, number: 0 };
            let plain = Submission::new(payload);
            (which, Submission { priority, wait_timeout, timeout, timed, offer, key, group, weight, ..plain })
        })
}

fn vacancy() -> impl Strategy<Value = Step> {
    (any::<usize>(), priority(), option::of(0_u32..60), key(), weight()).prop_map(
        |(which, priority, timeout, key, weight)| {
            let wait = Wait { priority, timeout, key, weight, ..Wait::new(FaceId::FIRST, 0) };
            Step::AwaitVacancyWith(which, wait)
        },
    )
}

/// One or two options at a time.
fn change() -> impl Strategy<Value = Step> {
    let one = || {
        let none = Change::default();
        prop_oneof![
            (1_u32..8).prop_map(move |capacity| Change { capacity: Some(capacity), ..none }),
            option::of(time(1..60)).prop_map(move |expiry| Change { expiry: Some(expiry), ..none }),
            any::<bool>().prop_map(move |nonblocking| Change { nonblocking: Some(nonblocking), ..none }),
            (0_u32..5).prop_map(move |max_waiting| Change { max_waiting: Some(max_waiting), ..none }),
            (0_u32..4).prop_map(move |min_size| Change { min_size: Some(min_size), ..none }),
            overload().prop_map(move |overload| Change { overload: Some(overload), ..none }),
            option::weighted(0.7, shed()).prop_map(move |shed| Change { shed: Some(shed), ..none }),
            option::weighted(0.7, rate()).prop_map(move |rate| Change { rate: Some(rate), ..none }),
            per_key().prop_map(move |per_key| Change { per_key: Some(per_key), ..none }),
            bound_per_key().prop_map(move |bound| Change { max_waiting_per_key: Some(bound), ..none }),
        ]
    };
    (one(), one()).prop_map(|(one, other)| {
        Step::Configure(Change {
            capacity: one.capacity.or(other.capacity),
            expiry: one.expiry.or(other.expiry),
            nonblocking: one.nonblocking.or(other.nonblocking),
            max_waiting: one.max_waiting.or(other.max_waiting),
            min_size: one.min_size.or(other.min_size),
            overload: one.overload.or(other.overload),
            shed: one.shed.or(other.shed),
            rate: one.rate.or(other.rate),
            per_key: one.per_key.or(other.per_key),
            ..other
        })
    })
}

fn move_to() -> impl Strategy<Value = Step> {
    (any::<usize>(), priority()).prop_map(|(which, priority)| Step::SetPriority(which, priority))
}

fn reason() -> impl Strategy<Value = Option<Reason>> {
    prop_oneof![Just(None), Just(Some(Reason::Rate)), Just(Some(Reason::Key)), Just(Some(Reason::Paused))]
}

fn step(others: impl Strategy<Value = Step>, vacancies: u32) -> impl Strategy<Value = Step> {
    prop_oneof![
        90 => others,
        28 => submission(),
        4 => reservation_of(task()),
        vacancies => vacancy(),
        3 => any::<usize>().prop_map(Step::Pause),
        4 => Just(Step::Resume),
        1 => Just(Step::Clear),
        2 => any::<usize>().prop_map(Step::GoOnClearing),
        7 => prop_oneof![3 => change(), 4 => move_to()],
        2 => reason().prop_map(Step::RetryAfter),
    ]
}
