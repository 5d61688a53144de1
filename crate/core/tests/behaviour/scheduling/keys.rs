//! Keys: limits and fairness for what tasks belong to.

use workpool_core::{
    Cancelled, End, FaceId, Key, Options, Policy, Reason, Refusal, Submission, WorkerId, WorkerKind,
};

use super::{A, B, of};
use crate::{Fixture, boots, capacity, resources};

fn per_key(per_key: u32, options: Options) -> Fixture {
    Fixture::new(Options { policy: Policy { per_key, ..Policy::NONE }, ..options })
}

#[test]
fn a_key_with_as_many_running_tasks_as_may_holds_nobody_up() {
    let pool = per_key(1, capacity(3));
    let (worker, _) = pool.run(of(A, 0));
    pool.wait(of(A, 1));
    pool.run(of(B, 2));
    pool.run(Submission::new(3));
    pool.wait(Submission::new(4));
    let next = pool.complete(worker);
    assert_eq!(
        next.and_then(|next| pool.payload(next)),
        Some(1),
        "its key has none that runs, the others have one"
    );
}

#[test]
fn the_key_with_the_fewest_running_tasks_goes_first_then_who_came_first() {
    let pool = Fixture::new(capacity(2));
    let (worker, _) = pool.run(of(A, 0));
    pool.run(of(A, 1));
    for (key, payload) in [(A, 2), (A, 3), (B, 4), (B, 5), (None, 6), (Some(Key(3)), 7)] {
        pool.wait(of(key, payload));
    }
    // One of A always runs. The one that ends here is of A at first, and then of whoever is next.
    assert_eq!(pool.order(worker), [4, 5, 6, 7, 2, 3]);
}

#[test]
fn tasks_without_a_key_are_one_key_of_their_own_without_limit() {
    let pool = per_key(1, capacity(3));
    let (worker, _) = pool.run(Submission::new(0));
    pool.run(Submission::new(1));
    pool.run(of(A, 2));
    pool.wait(Submission::new(3));
    pool.wait(of(B, 4));
    assert_eq!(pool.order(worker), [4, 3], "one without a key runs, none of B");
}

#[test]
fn priority_goes_before_fairness() {
    let pool = Fixture::new(capacity(2));
    let (worker, _) = pool.run(of(A, 0));
    pool.run(of(A, 1));
    pool.wait(of(B, 2));
    pool.wait(Submission { priority: 0, ..of(A, 3) });
    assert_eq!(pool.order(worker), [3, 2]);
}

#[test]
fn priorities_are_the_same_for_tasks_with_a_key_and_without() {
    let pool = Fixture::new(capacity(1));
    let (worker, _) = pool.run(Submission::new(0));
    for (key, priority, payload) in [(A, 3, 1), (None, 2, 2), (A, 1, 3), (None, 0, 4)] {
        pool.wait(Submission { priority, ..of(key, payload) });
    }
    assert_eq!(pool.order(worker), [4, 3, 2, 1]);
}

#[test]
fn a_key_that_may_not_start_holds_up_nobody_of_a_lower_priority_either() {
    let pool = per_key(1, capacity(2));
    pool.run(of(A, 0));
    let (worker, _) = pool.run(of(B, 1));
    pool.wait(Submission { priority: 0, ..of(A, 2) });
    pool.wait(Submission { priority: 5, ..of(B, 3) });
    assert_eq!(pool.order(worker), [3]);
}

#[test]
fn a_timed_out_or_aborted_task_counts_until_its_function_has_ended() {
    let pool = per_key(1, capacity(3));
    let (worker, id) = pool.run(of(A, 0));
    assert_eq!(pool.cancel(id), Cancelled::Running);
    pool.wait(of(A, 1));
    let next = pool.finish(worker, End::Failed, false).next;
    assert_eq!(next.and_then(|next| pool.payload(next)), Some(1));
    let (other, timed) = pool.run(Submission { timeout: 5, ..of(B, 2) });
    pool.begin(timed);
    pool.limit(timed);
    pool.pass(5);
    pool.wait(of(B, 3));
    pool.collect(timed);
    let next = pool.complete(other);
    assert_eq!(next.and_then(|next| pool.payload(next)), Some(3));
}

#[test]
fn most_waiting_tasks_of_a_key_are_refused_with_that_reason() {
    let policy = Policy { per_key: 1, max_waiting_per_key: 2, ..Policy::NONE };
    let pool = Fixture::new(Options { policy, ..capacity(4) });
    pool.run(of(A, 0));
    pool.wait(of(A, 1));
    pool.wait(of(A, 2));
    let refusal = Refusal::Barred { reason: Reason::Key, waiting: 2, capacity: 4 };
    assert_eq!(pool.refuse(&of(A, 3)), Some(refusal));
    assert_eq!(pool.refuse(&of(B, 3)), None);
    assert_eq!(pool.snapshot().counters.key, 1);
}

#[test]
fn a_key_that_is_busy_is_told_in_a_pool_that_lets_nobody_wait() {
    let pool = per_key(1, Options { nonblocking: true, ..capacity(4) });
    pool.run(of(A, 0));
    let refusal = Refusal::Barred { reason: Reason::Key, waiting: 0, capacity: 4 };
    assert_eq!(pool.refuse(&of(A, 1)), Some(refusal));
    assert_eq!(pool.refuse(&of(B, 1)), None);
}

#[test]
fn a_task_that_a_dead_thread_gives_back_goes_to_the_head_of_its_key() {
    let kind = WorkerKind::Thread { grace: 1_000 };
    let pool = per_key(1, Options { kind, ..capacity(2) });
    pool.wait(of(A, 0));
    pool.wait(of(A, 1));
    pool.wait(of(B, 2));
    let [first, second] = boots(&pool.effects())[..] else { panic!("one for A, one for B") };
    pool.booted(first);
    pool.booted(second);
    assert_eq!(pool.gauges(), (2, 2, 1));
    pool.crashed(first);
    let [third] = boots(&pool.effects())[..] else { panic!("a thread for what came back") };
    let given = pool.booted(third);
    assert_eq!(given.and_then(|task| pool.payload(task)), Some(0));
}

#[test]
fn a_booting_thread_is_not_started_for_a_task_whose_key_may_not_start() {
    let kind = WorkerKind::Thread { grace: 1_000 };
    let pool = per_key(1, Options { kind, ..capacity(4) });
    for payload in 0..4 {
        pool.wait(of(A, payload));
    }
    assert_eq!(boots(&pool.effects()).len(), 1);
    pool.wait(of(B, 4));
    assert_eq!(boots(&pool.effects()).len(), 1);
}

#[test]
fn tasks_of_a_key_that_booting_workers_will_take_do_not_count_against_the_bound() {
    let pool = Fixture::new(Options { max_waiting: 1, ..resources(2) });
    for payload in 0..3 {
        pool.wait(of(A, payload));
    }
    assert_eq!(boots(&pool.effects()).len(), 2);
    assert_eq!(pool.refuse(&of(A, 3)), Some(Refusal::Overload { waiting: 3, capacity: 2 }));
}

/// Two threads, of which the first has run a task of A and the second one of B.
fn two_that_have_run_a_key() -> (Fixture, [WorkerId; 2]) {
    let kind = WorkerKind::Thread { grace: 1_000 };
    let pool = Fixture::new(Options { kind, ..capacity(2) });
    let ends = [(A, 0), (B, 1)].map(|(key, payload)| {
        pool.wait(of(key, payload));
        let worker = boots(&pool.effects())[0];
        (worker, pool.booted(worker).expect("it waits"))
    });
    for (_, task) in ends {
        pool.finish_task(task, End::Completed, false);
        pool.collect(task);
    }
    (pool, ends.map(|(worker, _)| worker))
}

#[test]
fn a_thread_that_has_run_a_key_is_preferred_if_it_can_start_the_task_at_once() {
    let (pool, threads) = two_that_have_run_a_key();
    assert_eq!(pool.run(of(A, 2)).0, threads[0], "the last to go idle would have been the other");
    assert_eq!(pool.run(of(A, 3)).0, threads[1], "its thread is busy");
    assert_eq!(pool.audit(), ());
}

#[test]
fn the_thread_of_a_key_is_remembered_while_no_rule_of_scheduling_is_used() {
    let (pool, threads) = two_that_have_run_a_key();
    pool.pause(FaceId::FIRST);
    // No key is left, so the pool is a plain one from here on.
    pool.resume();
    assert_eq!(pool.run(of(A, 2)).0, threads[0]);
}

#[test]
fn of_100_000_keys_nothing_is_left_after_their_last_task() {
    let pool = Fixture::new(capacity(1));
    let (worker, _) = pool.run(Submission::new(0));
    for number in 0..100_000 {
        pool.wait(of(Some(Key(number)), number as u32));
    }
    assert_eq!(pool.order(worker), (0..100_000).collect::<Vec<_>>());
    assert_eq!(pool.keys(), 0);
    assert_eq!(pool.gauges(), (1, 0, 0));
}

#[test]
fn of_a_key_that_waits_in_several_priorities_no_more_are_expected_to_start_than_may() {
    let pool = per_key(1, resources(4));
    for priority in 0..3 {
        pool.wait(Submission { priority, ..of(A, 0) });
    }
    assert_eq!(boots(&pool.effects()).len(), 1);
}
