//! Workers that are threads: the parties of a task and of a thread beside one another.

use std::collections::BTreeSet;

use loom::{sync::Arc, thread};
use workpool_core::{Admission, Cancelled, Condition, Effect, MILLISECOND, Options, Submission};

use crate::{
    desk::{Desk, FIRST, Fate, GRACE, Why, threads},
    outcomes,
};

// ── two ends of a task ──────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_cancellation_beside_a_take_settles_the_task_whether_or_not_it_begins() {
    let seen = outcomes(|| {
        let (desk, _) = Desk::loaded(threads(1, 1));
        let (worker, task) = desk.give(0, false);
        desk.wait(Submission::new(1));
        let thread = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || {
                let has_begun = desk.take(worker, task);
                assert!(desk.finish(worker, task).next.is_some(), "one waits");
                has_begun
            })
        };
        let cancelled = desk.cancel(task);
        let has_begun = thread.join().unwrap();
        let fates = desk.settle(0..2);
        assert_eq!(cancelled == Cancelled::Late, fates[&0] == Fate::Ended);
        (has_begun, fates[&0])
    });
    assert_eq!(seen, [(false, Fate::Cancelled), (true, Fate::Ended), (true, Fate::Cancelled)]);
}

#[test]
fn a_cancellation_beside_an_end_settles_once_and_keeps_the_number_until_it_is_collected() {
    let seen = outcomes(|| {
        let (desk, _) = Desk::loaded(threads(1, 1));
        let (worker, task) = desk.give(0, true);
        let thread = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || desk.finish(worker, task).settled)
        };
        let cancelled = desk.cancel(task);
        let settled = thread.join().unwrap();
        assert_eq!(cancelled, if settled { Cancelled::Late } else { Cancelled::Running });
        let (_, next) = desk.give(1, true);
        assert_eq!(next.number() != task.number(), settled, "its end has not been collected");
        desk.settle(0..2)[&0]
    });
    assert_eq!(seen, [Fate::Ended, Fate::Cancelled]);
}

#[test]
fn a_timeout_beside_an_end_settles_once_and_nobody_is_killed_for_it() {
    let seen = outcomes(|| {
        let (desk, _) = Desk::loaded(threads(1, 1));
        let Admission::Started(worker, task) = desk.submit(Submission { timeout: 5, ..Submission::new(0) })
        else {
            panic!("one is free")
        };
        desk.take(worker, task);
        let reaper = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || desk.pass(5))
        };
        let settled = desk.finish(worker, task).settled;
        reaper.join().unwrap();
        desk.pass(2 * GRACE);
        let effects = desk.deliver();
        assert!(!effects.contains(&Effect::Kill(worker)), "{effects:?}");
        let fate = desk.settle([0])[&0];
        assert_eq!(settled, fate == Fate::Ended);
        fate
    });
    assert_eq!(seen, [Fate::Ended, Fate::Rejected(Why::TaskTimeout)]);
}

#[test]
fn a_timeout_beside_a_cancellation_settles_once() {
    let seen = outcomes(|| {
        let (desk, _) = Desk::loaded(threads(1, 1));
        let Admission::Started(worker, task) = desk.submit(Submission { timeout: 5, ..Submission::new(0) })
        else {
            panic!("one is free")
        };
        desk.take(worker, task);
        let reaper = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || desk.pass(5))
        };
        desk.cancel(task);
        reaper.join().unwrap();
        assert!(desk.pool.is_abandoned(task));
        desk.pass(GRACE);
        assert!(desk.deliver().contains(&Effect::Kill(worker)), "its grace is over either way");
        desk.settle([0])[&0]
    });
    assert_eq!(seen, [Fate::Cancelled, Fate::Rejected(Why::TaskTimeout)]);
}

#[test]
fn the_end_of_a_grace_beside_an_end_kills_the_thread_or_leaves_it() {
    let seen = outcomes(|| {
        let (desk, _) = Desk::loaded(threads(1, 1));
        let (worker, task) = desk.give(0, true);
        desk.wait(Submission::new(1));
        desk.cancel(task);
        let reaper = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || desk.pass(GRACE))
        };
        let next = desk.finish(worker, task).next;
        reaper.join().unwrap();
        let effects = desk.deliver();
        let is_killed = effects.contains(&Effect::Kill(worker));
        assert_eq!(next.is_none(), is_killed, "a thread that is to die takes no more");
        assert_eq!(effects.contains(&Effect::Retire(worker)), is_killed);
        assert_eq!(desk.settle(0..2)[&1], Fate::Ended);
        is_killed
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn the_end_of_a_grace_beside_the_end_of_another_task_spares_that_one() {
    let seen = outcomes(|| {
        let (desk, _) = Desk::loaded(threads(1, 2));
        let (worker, spinning) = desk.give(0, true);
        let (_, other) = desk.give(1, true);
        desk.cancel(spinning);
        let reaper = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || desk.pass(GRACE))
        };
        assert!(desk.finish(worker, other).settled);
        reaper.join().unwrap();
        desk.submit(Submission::new(2));
        let was_killed = desk.deliver().contains(&Effect::Kill(worker));
        desk.pass(GRACE);
        let is_killed = was_killed || desk.deliver().contains(&Effect::Kill(worker));
        assert!(is_killed, "it has not heeded in twice its time");
        let fates = desk.settle(0..3);
        assert_eq!((fates[&0], fates[&1]), (Fate::Cancelled, Fate::Ended));
        was_killed
    });
    assert_eq!(seen, [false, true]);
}

// ── deaths ──────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_death_beside_a_cancellation_settles_once() {
    for is_begun in [false, true] {
        let seen = outcomes(move || {
            let (desk, _) = Desk::loaded(threads(1, 1));
            let (worker, task) = desk.give(0, is_begun);
            let owner = {
                let desk = Arc::clone(&desk);
                thread::spawn(move || desk.crash(worker))
            };
            let cancelled = desk.cancel(task);
            owner.join().unwrap();
            (cancelled == Cancelled::Waiting, desk.settle([0])[&0])
        });
        if is_begun {
            assert_eq!(seen, [(false, Fate::Cancelled), (false, Fate::Rejected(Why::Crashed))]);
        } else {
            assert_eq!(
                seen,
                [(false, Fate::Cancelled), (true, Fate::Cancelled)],
                "before or after it waits again"
            );
        }
    }
}

#[test]
fn a_death_beside_a_submit_leaves_nobody_without_a_thread_and_the_order_as_it_was() {
    for is_begun in [false, true] {
        let seen = outcomes(move || {
            let (desk, _) = Desk::loaded(threads(1, 1));
            let (worker, _) = desk.give(0, is_begun);
            let owner = {
                let desk = Arc::clone(&desk);
                thread::spawn(move || desk.crash(worker))
            };
            desk.wait(Submission::new(1));
            owner.join().unwrap();
            let boots = desk.deliver().iter().filter(|effect| matches!(effect, Effect::Boot(_))).count();
            assert_eq!(boots, 1);
            let fates = desk.settle(0..2);
            assert_eq!(desk.notes().begun, [0, 1], "what was not begun goes first");
            fates[&0]
        });
        assert_eq!(seen, [if is_begun { Fate::Rejected(Why::Crashed) } else { Fate::Ended }]);
    }
}

#[test]
fn a_death_beside_the_end_of_a_task_on_another_thread_gives_that_one_what_comes_back() {
    let seen = outcomes(|| {
        let (desk, _) = Desk::loaded(threads(2, 1));
        let (first, _) = desk.give(0, false);
        let (second, task) = desk.give(1, true);
        let owner = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || desk.crash(first))
        };
        let has_next = desk.finish(second, task).next.is_some();
        owner.join().unwrap();
        let effects = desk.deliver();
        let is_sent =
            effects.iter().any(|effect| matches!(effect, Effect::Start(worker, ..) if *worker == second));
        assert!(has_next || is_sent, "the idle one gets it, whatever boots");
        let fates = desk.settle(0..2);
        assert_eq!(fates[&0], Fate::Ended);
        has_next
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_death_with_several_tasks_beside_the_start_of_another_thread_loses_none_and_doubles_none() {
    let seen = outcomes(|| {
        let (desk, _) = Desk::loaded(threads(1, 3));
        let (worker, _) = desk.give(0, true);
        desk.give(1, false);
        desk.give(2, false);
        desk.pool.tune(2);
        desk.pool.start_all();
        desk.deliver();
        let second = desk.notes().booting[0];
        let owner = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || desk.crash(worker))
        };
        desk.booted(second);
        let is_idle = desk.notes().given.is_empty();
        owner.join().unwrap();
        assert_eq!(desk.settle(0..3)[&0], Fate::Rejected(Why::Crashed));
        assert_eq!(desk.notes().begun, [0, 1, 2]);
        is_idle
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_death_beside_the_purge_of_the_same_thread_is_counted_once_and_made_good_once() {
    let seen = outcomes(|| {
        let options = Options { min_size: 1, expiry: Some(10 * MILLISECOND), ..threads(2, 1) };
        let (desk, workers) = Desk::loaded(options);
        let reaper = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || desk.pass(10))
        };
        desk.crash(workers[0]);
        reaper.join().unwrap();
        let effects = desk.deliver();
        let is_retired = effects.contains(&Effect::Retire(workers[0]));
        assert!(!effects.contains(&Effect::Retire(workers[1])), "one is to stay");
        desk.pool.audit();
        let snapshot = desk.pool.snapshot();
        assert_eq!((snapshot.running, snapshot.counters.crashed), (1, 1));
        is_retired
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn an_order_to_take_a_thread_down_that_dies_never_reaches_the_next_one_of_its_number() {
    let seen = outcomes(|| {
        let (desk, workers) = Desk::loaded(Options { expiry: Some(10 * MILLISECOND), ..threads(1, 1) });
        let reaper = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || desk.pass(10))
        };
        desk.crash(workers[0]);
        desk.wait(Submission::new(0));
        reaper.join().unwrap();
        let effects = desk.pool.host().effects();
        let at = |wanted: Effect<u32>| effects.iter().position(|&effect| effect == wanted);
        let (retire, boot) = (at(Effect::Retire(workers[0])), at(Effect::Boot(workers[0])));
        assert!(boot.is_none() || retire < boot, "{effects:?}");
        (retire.is_some(), boot.is_some())
    });
    assert_eq!(seen, [(false, true), (true, false), (true, true)]);
}

// ── who is next ─────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn an_end_beside_a_submit_gives_the_thread_the_task_or_the_task_the_thread() {
    let seen = outcomes(|| {
        let (desk, _) = Desk::loaded(threads(1, 1));
        let (worker, task) = desk.give(0, true);
        let origin = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || matches!(desk.submit(Submission::new(1)), Admission::Waiting(_)))
        };
        let has_next = desk.finish(worker, task).next.is_some();
        let waited = origin.join().unwrap();
        assert_eq!(has_next, waited);
        assert_eq!(desk.pool.snapshot().busy, 1);
        desk.settle(0..2);
        waited
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn two_ends_on_two_threads_beside_each_other_take_two_tasks_in_their_order() {
    let seen = outcomes(|| {
        let (desk, _) = Desk::loaded(threads(2, 2));
        let tasks = [0, 1, 2, 3].map(|number| desk.give(number, true));
        let [first, second] = [4, 5].map(|number| desk.wait(Submission::new(number)));
        let other = {
            let desk = Arc::clone(&desk);
            let (worker, task) = tasks[1];
            thread::spawn(move || desk.finish(worker, task).next)
        };
        let (worker, task) = tasks[0];
        assert_ne!(worker, tasks[1].0);
        let next = desk.finish(worker, task).next;
        let next_of_other = other.join().unwrap();
        assert_eq!(
            [next, next_of_other].into_iter().flatten().collect::<BTreeSet<_>>(),
            [first, second].into()
        );
        desk.settle(0..6);
        next == Some(first)
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn two_ends_beside_two_submits_leave_nobody_waiting_beside_a_slot() {
    let seen = outcomes(|| {
        let (desk, _) = Desk::loaded(threads(1, 2));
        let tasks = [0, 1].map(|number| desk.give(number, true));
        let origin = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || {
                [2, 3].map(|number| matches!(desk.submit(Submission::new(number)), Admission::Waiting(_)))
            })
        };
        for (worker, task) in tasks {
            desk.finish(worker, task);
        }
        let waited = origin.join().unwrap();
        assert_eq!(desk.notes().given.len(), 2, "both are on their way to the thread");
        desk.settle(0..4);
        waited
    });
    assert_eq!(seen, [[false, false], [false, true], [true, false], [true, true]]);
}

#[test]
fn an_end_above_the_capacity_beside_a_submit_leaves_the_slots_to_the_others() {
    let seen = outcomes(|| {
        let (desk, _) = Desk::loaded(threads(2, 2));
        let (worker, task) = desk.give(0, true);
        desk.give(1, true);
        desk.pool.tune(1);
        let origin = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || matches!(desk.submit(Submission::new(2)), Admission::Waiting(_)))
        };
        desk.finish(worker, task);
        let waited = origin.join().unwrap();
        assert_eq!(desk.pool.snapshot().waiting, 0, "the other thread has a slot");
        desk.settle(0..3);
        waited
    });
    assert_eq!(seen, [false, true]);
}

// ── starts that fail, and the end of everything ─────────────────────────────────────────────────────────────────

#[test]
fn a_failed_start_beside_a_submit_rejects_both_or_starts_another_thread() {
    let seen = outcomes(|| {
        let desk = Desk::new(threads(1, 1));
        desk.wait(Submission::new(0));
        desk.deliver();
        let worker = desk.notes().booting[0];
        let owner = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || desk.start_failed(worker))
        };
        desk.wait(Submission::new(1));
        owner.join().unwrap();
        let fates = desk.settle(0..2);
        (fates[&0], fates[&1])
    });
    let failed = Fate::Rejected(Why::StartFailed);
    // The submit before both lock holds or between them; after them.
    assert_eq!(seen, [(failed, Fate::Ended), (failed, failed)]);
}

#[test]
fn a_failed_start_beside_one_that_succeeds_rejects_or_serves_what_waits() {
    let seen = outcomes(|| {
        let desk = Desk::new(threads(2, 1));
        desk.pool.watch(FIRST, 1, Condition::Started, None);
        for number in 0..3 {
            desk.wait(Submission::new(number));
        }
        desk.deliver();
        let workers = desk.notes().booting.clone();
        let owner = {
            let desk = Arc::clone(&desk);
            let worker = workers[0];
            thread::spawn(move || desk.start_failed(worker))
        };
        desk.booted(workers[1]);
        owner.join().unwrap();
        let watched = |effect: &&Effect<u32>| matches!(effect, Effect::Watched { token: 1, .. });
        assert_eq!(desk.deliver().iter().filter(watched).count(), 1, "told once, of the one or the other");
        let fates = desk.settle(0..3);
        fates.into_values().collect::<Vec<_>>()
    });
    let failed = Fate::Rejected(Why::StartFailed);
    assert_eq!(seen, [[Fate::Ended; 3], [failed; 3]]);
}

#[test]
fn a_destruction_beside_a_take_and_an_end_settles_everything_once() {
    let seen = outcomes(|| {
        let (desk, _) = Desk::loaded(threads(1, 1));
        let (worker, task) = desk.give(0, false);
        desk.wait(Submission::new(1));
        let thread = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || {
                let has_begun = desk.take(worker, task);
                desk.finish(worker, task);
                has_begun
            })
        };
        desk.pool.destroy();
        let has_begun = thread.join().unwrap();
        let fates = desk.settle(0..2);
        assert_eq!(desk.pool.snapshot().running, 0);
        assert_eq!(desk.submit(Submission::new(2)), Admission::Refused(workpool_core::Refusal::Closed));
        (has_begun, fates[&0], fates[&1])
    });
    let [released, destroyed] = [Why::Released, Why::Destroyed].map(Fate::Rejected);
    assert_eq!(
        seen,
        [
            (false, destroyed, released),
            (true, Fate::Ended, released),
            (true, Fate::Ended, destroyed),
            (true, destroyed, released),
        ]
    );
}

#[test]
fn a_destruction_beside_a_start_takes_the_thread_down() {
    let seen = outcomes(|| {
        let desk = Desk::new(threads(1, 1));
        desk.wait(Submission::new(0));
        desk.pool.watch(FIRST, 1, Condition::Ended(1), None);
        desk.deliver();
        let worker = desk.notes().booting[0];
        let thread = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || desk.booted(worker))
        };
        desk.pool.destroy();
        thread.join().unwrap();
        let fate = desk.settle([0])[&0];
        assert_eq!(desk.pool.snapshot().running, 0);
        assert!(
            desk.deliver().contains(&Effect::Watched { face: FIRST, token: 1, left: None }),
            "told when the thread is gone and the rejection collected"
        );
        fate
    });
    assert_eq!(seen, [Fate::Rejected(Why::Released), Fate::Rejected(Why::Destroyed)]);
}
