//! Groups: what is counted of them, how they are watched, and their limit.

use std::num::NonZero;

use workpool_core::{
    Admission, BACKGROUND, Cancelled, Condition, Effect, End, FaceId, GroupId, Options, Policy, Reason,
    Refusal, Submission, TaskGroup, UNBOUNDED, WorkerId, WorkerKind,
};

use crate::{Fixture, boots, capacity, resources};

fn group(id: u64, limit: u32) -> Option<TaskGroup> {
    Some(TaskGroup { id: GroupId(NonZero::new(id).expect("above 0")), limit })
}

/// A task of group 1.
fn of(payload: u32, limit: u32) -> Submission<u32> {
    Submission { group: group(1, limit), ..Submission::new(payload) }
}

const FIRST: GroupId = GroupId(NonZero::<u64>::MIN);

impl Fixture {
    fn watches_group(&self) -> bool {
        self.watch(FaceId::FIRST, 7, Condition::Over(FIRST), None);
        !self.has_told()
    }

    fn has_told(&self) -> bool {
        self.effects().iter().any(|effect| matches!(effect, Effect::Watched { token: 7, left: None, .. }))
    }

    fn start_of(&self, task: Submission<u32>) -> WorkerId {
        match self.submit(task) {
            Admission::Started(worker, _) => worker,
            other => panic!("there is room: {other:?}"),
        }
    }
}

#[test]
fn each_group_has_a_name_of_its_own() {
    let pool = Fixture::new(capacity(1));
    let names = [pool.new_group(), pool.new_group(), pool.new_group()];
    assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2]);
    assert!(names.iter().all(|&name| !pool.is_group_open(name)));
}

#[test]
fn a_group_is_over_when_no_task_of_it_waits_and_no_function_runs() {
    let pool = Fixture::new(capacity(1));
    let worker = pool.start_of(of(0, UNBOUNDED));
    pool.wait(of(1, UNBOUNDED));
    pool.wait(Submission::new(2));
    assert!(pool.watches_group());
    assert!(pool.complete(worker).is_some() && !pool.has_told());
    assert!(pool.is_group_open(FIRST));
    assert!(pool.complete(worker).is_some() && pool.has_told(), "what is not of the group does not matter");
    assert!(!pool.is_group_open(FIRST));
    assert!(!pool.watches_group(), "a group without tasks is over at once");
}

#[test]
fn a_task_counts_until_its_function_has_ended_although_it_has_settled() {
    let pool = Fixture::new(capacity(2));
    let Admission::Started(worker, task) = pool.submit(of(0, UNBOUNDED)) else { panic!("there is room") };
    assert!(pool.watches_group());
    assert_eq!(pool.cancel(task), Cancelled::Running);
    assert!(pool.is_group_open(FIRST) && !pool.has_told());
    pool.finish(worker, End::Completed, false);
    assert!(pool.has_told() && !pool.is_group_open(FIRST));
}

#[test]
fn a_task_that_waits_and_settles_is_out_of_its_group() {
    let pool = Fixture::new(capacity(1));
    pool.start_of(Submission::new(0));
    let cancelled = pool.wait(of(1, UNBOUNDED));
    assert!(pool.watches_group());
    pool.cancel(cancelled);
    assert!(pool.has_told());
    pool.wait(of(2, UNBOUNDED));
    pool.wait(of(3, UNBOUNDED));
    assert!(pool.watches_group());
    pool.clear();
    assert!(pool.has_told());
}

#[test]
fn a_task_whose_thread_dies_is_out_of_its_group_unless_it_had_not_begun() {
    let pool = Fixture::new(Options { kind: WorkerKind::Thread { grace: 0 }, ..capacity(1) });
    pool.wait(of(0, UNBOUNDED));
    pool.booted(WorkerId(0));
    assert!(pool.watches_group());
    pool.crashed(WorkerId(0));
    assert!(pool.is_group_open(FIRST), "it waits again");
    let task = pool.booted(WorkerId(0)).expect("it has come back");
    pool.take(WorkerId(0), task, 0);
    assert!(!pool.has_told());
    pool.crashed(WorkerId(0));
    assert!(pool.has_told());
}

#[test]
fn no_more_tasks_of_a_group_run_than_its_limit_and_it_holds_nobody_up() {
    let pool = Fixture::new(capacity(4));
    let worker = pool.start_of(of(0, 2));
    pool.start_of(of(1, 2));
    let waiting = pool.wait(of(2, 2));
    pool.start_of(Submission { group: group(2, 1), ..Submission::new(3) });
    pool.start_of(Submission::new(4));
    assert_eq!(pool.complete(worker), Some(waiting));
}

#[test]
fn a_limited_group_has_no_part_in_the_order_between_keys() {
    let pool = Fixture::new(Options { policy: Policy { per_key: 9, ..Policy::NONE }, ..capacity(2) });
    let worker = pool.start_of(of(0, 2));
    pool.start_of(of(1, 9));
    for task in [of(2, 2), Submission::new(3), of(4, 2), Submission::new(5)] {
        pool.wait(task);
    }
    let mut order = Vec::new();
    while let Some(next) = pool.complete(worker) {
        order.extend(pool.payload(next));
    }
    assert_eq!(order, [2, 3, 4, 5], "its tasks are among those without a key, who came first goes first");
}

#[test]
fn the_limit_of_a_group_refuses_as_that_of_a_key_does() {
    let pool = Fixture::new(Options { nonblocking: true, ..capacity(4) });
    pool.start_of(of(0, 1));
    let refusal = Refusal::Barred { reason: Reason::Key, waiting: 0, capacity: 4 };
    assert_eq!(pool.refuse(&of(1, 1)), Some(refusal));
    assert_eq!(pool.submit(of(1, 1)), Admission::Refused(refusal));
}

#[test]
fn a_limited_group_in_the_background_and_among_tasks_that_age_keeps_its_limit() {
    let background = |payload| Submission { priority: BACKGROUND, ..of(payload, 1) };
    let pool = Fixture::new(capacity(8));
    let worker = pool.start_of(background(0));
    let next = pool.wait(background(1));
    assert_eq!(pool.complete(worker), Some(next));

    let pool = Fixture::new(Options { ageing: Some(1_000), ..capacity(2) });
    let worker = pool.start_of(of(0, 1));
    let (low, high) = (pool.wait(Submission { priority: 3, ..of(1, 1) }), pool.wait(of(2, 1)));
    pool.start_of(Submission::new(3));
    assert_eq!(pool.complete(worker), Some(high));
    assert_eq!(pool.complete(worker), Some(low));
}

#[test]
fn among_groups_the_task_goes_first_that_came_first_however_many_of_its_group_run() {
    let other = |payload| Submission { group: group(2, 3), ..Submission::new(payload) };
    let pool = Fixture::new(capacity(3));
    pool.start_of(of(0, 3));
    pool.start_of(of(1, 3));
    let worker = pool.start_of(Submission::new(2));
    for task in [of(3, 3), other(4), of(5, 3), other(6)] {
        pool.wait(task);
    }
    let mut order = Vec::new();
    while let Some(next) = pool.complete(worker) {
        order.extend(pool.payload(next));
    }
    assert_eq!(order, [3, 4, 5, 6]);
}

#[test]
fn as_many_workers_boot_for_a_group_as_its_limit_allows() {
    let pool = Fixture::new(resources(4));
    let [first, second] = [0, 1].map(|payload| pool.wait(of(payload, 2)));
    let third = pool.wait(of(2, 2));
    let workers = boots(&pool.effects());
    assert_eq!(workers.len(), 2);
    assert_eq!(pool.booted(workers[0]), Some(first));
    assert_eq!(pool.booted(workers[1]), Some(second));
    assert_eq!(boots(&pool.effects()), []);
    assert_eq!(pool.complete(workers[0]), Some(third));
}

#[test]
fn a_task_beyond_the_limit_of_its_group_is_refused_although_a_worker_could_boot() {
    let pool = Fixture::new(Options { nonblocking: true, ..resources(4) });
    pool.wait(of(0, 1));
    assert!(matches!(pool.submit(of(1, 1)), Admission::Refused(_)));
    pool.wait(Submission::new(2));
}
