//! In which order the tasks that wait will start.

use std::{collections::VecDeque, num::NonZero};

use proptest::{collection::vec, option, prelude::*, test_runner::Config};
use workpool_core::{
    Admission, BACKGROUND, GroupId, Key, MILLISECOND, Options, Policy, Shed, Submission, TaskGroup,
    UNBOUNDED, WorkerId,
};

use super::{A, B, of};
use crate::{Fixture, capacity};

const MOST: usize = 100;

impl Fixture {
    fn preview(&self, most: usize) -> Vec<u32> {
        self.audit();
        let preview = self.inspect(most).waiting.into_iter().map(|view| view.payload).collect();
        self.audit();
        preview
    }

    /// Ends tasks in the order in which they have started, until none is left. Gives the order in which the others have.
    fn play(&self, mut running: VecDeque<WorkerId>) -> Vec<u32> {
        let mut order = Vec::new();
        while let Some(worker) = running.pop_front() {
            if let Some(next) = self.complete(worker) {
                order.push(self.payload(next).expect("it runs"));
                running.push_back(worker);
            }
            for (worker, payload) in self.starts() {
                order.push(payload);
                running.push_back(worker);
            }
        }
        order
    }
}

#[test]
fn without_a_schedule_it_is_the_order_of_the_queue() {
    let pool = Fixture::new(capacity(1));
    pool.start(0);
    for (priority, payload) in [(1, 1), (0, 2), (7, 3), (1, 4)] {
        pool.wait(Submission { priority, ..Submission::new(payload) });
    }
    assert_eq!(pool.preview(MOST), [2, 1, 4, 3]);
    assert_eq!(pool.preview(2), [2, 1]);
}

#[test]
fn a_key_that_may_not_start_stands_behind_until_one_of_its_tasks_ends() {
    let policy = Policy { per_key: 1, ..Policy::NONE };
    let pool = Fixture::new(Options { policy, ..capacity(2) });
    let running = VecDeque::from([pool.run(of(A, 0)).0, pool.run(of(B, 1)).0]);
    for (key, payload) in [(B, 2), (B, 3), (A, 4), (A, 5), (None, 6)] {
        pool.wait(of(key, payload));
    }
    let expected = [4, 2, 5, 3, 6];
    assert_eq!(pool.preview(MOST), expected);
    assert_eq!(pool.play(running), expected);
}

#[test]
fn a_pause_and_a_rate_do_not_hide_who_is_next() {
    let rate = Some(workpool_core::Rate { limit: 1, interval: MILLISECOND });
    let pool = Fixture::new(Options { policy: Policy { rate, ..Policy::NONE }, ..capacity(8) });
    pool.pause(workpool_core::FaceId::FIRST);
    for payload in 0..3 {
        pool.wait(Submission::new(payload));
    }
    assert_eq!(pool.preview(MOST), [0, 1, 2]);
}

#[test]
fn in_a_queue_that_stands_the_newest_is_next() {
    let shed = Some(Shed { target: 1_000 * MILLISECOND, interval: MILLISECOND });
    let pool = Fixture::new(Options { policy: Policy { shed, ..Policy::NONE }, ..capacity(1) });
    let (worker, _) = pool.run(Submission::new(0));
    for (key, payload) in [(None, 1), (A, 2), (A, 3), (None, 4)] {
        pool.wait(of(key, payload));
    }
    pool.pass(2);
    let expected = [4, 3, 2, 1];
    assert_eq!(pool.preview(MOST), expected);
    assert_eq!(pool.play(VecDeque::from([worker])), expected);
}

#[test]
fn a_task_that_was_moved_stands_where_it_is_now() {
    let pool = Fixture::new(capacity(1));
    let (worker, _) = pool.run(of(A, 0));
    let moved = pool.wait(of(B, 1));
    pool.wait(of(A, 2));
    pool.set_priority(moved, 2);
    pool.wait(Submission { priority: 2, ..of(A, 3) });
    assert_eq!(pool.preview(MOST), [2, 1, 3]);
    assert_eq!(pool.play(VecDeque::from([worker])), [2, 1, 3]);
}

#[test]
fn of_very_many_keys_it_is_told_as_of_few() {
    let pool = Fixture::new(capacity(2));
    let running = VecDeque::from([pool.run(of(A, 0)).0, pool.run(of(B, 1)).0]);
    for payload in 2..300 {
        pool.wait(of(Some(Key(u128::from(payload % 140))), payload));
    }
    let preview = pool.preview(MOST);
    assert_eq!(preview.len(), MOST);
    assert_eq!(preview, pool.play(running)[..MOST]);
}

fn tasks(has_keys: bool) -> impl Strategy<Value = Vec<(Submission<u32>, u64)>> {
    let group = |(id, limit): (u64, u32)| TaskGroup { id: GroupId(NonZero::new(id).expect("not 0")), limit };
    let priority = prop_oneof![6 => 0..3_u64, 1 => Just(BACKGROUND)];
    let key = option::of(1..5_u128).prop_map(move |key| key.filter(|_| has_keys).map(Key));
    // The limit of a group is the same for all its tasks.
    let group = option::weighted(0.2, (1..3_u64).prop_map(move |id| group((id, id as u32))));
    let task = (priority, key, 1..4_u32, group, 0..3_u64);
    vec(task, 1..40).prop_map(|tasks| {
        let numbered = tasks.into_iter().zip(0..);
        let submission = |((priority, key, weight, group, pause), payload)| {
            (Submission { priority, key, weight, group, ..Submission::new(payload) }, pause)
        };
        numbered.map(submission).collect()
    })
}

fn settings() -> impl Strategy<Value = (Options, Vec<(Submission<u32>, u64)>)> {
    let per_key = prop_oneof![1..3_u32, Just(UNBOUNDED)];
    (1..5_u32, per_key, option::of(1..4_u64)).prop_flat_map(|(size, per_key, ageing)| {
        let policy = Policy { per_key, ..Policy::NONE };
        let ageing = ageing.map(|ageing| ageing * MILLISECOND);
        (Just(Options { policy, ageing, ..capacity(size) }), tasks(ageing.is_none()))
    })
}

proptest! {
    #![proptest_config(Config { cases: 1_000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn the_tasks_start_in_the_order_that_was_told((options, tasks) in settings(), most in 1..50_usize) {
        let pool = Fixture::new(options);
        let mut running = VecDeque::new();
        for (task, pause) in tasks {
            pool.clock.advance(pause * MILLISECOND / 2);
            if let Admission::Started(worker, _) = pool.submit(task) {
                running.push_back(worker);
            }
            // It may have let another one start.
            running.extend(pool.starts().into_iter().map(|(worker, _)| worker));
        }
        let preview = pool.preview(most);
        let order = pool.play(running);
        prop_assert_eq!(&preview[..], &order[..most.min(order.len())]);
    }
}
