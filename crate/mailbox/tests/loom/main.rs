//! Every interleaving, within the bound of `LOOM_MAX_PREEMPTIONS`, of an isolate and another thread at one mailbox. Run by
//! `npm run test:loom`. Each model is two threads, as loom's scheduler would let two that spin yield to one another for ever and
//! never come back to the one that holds the lock; several senders are one thread that sends several messages.
//!
//! A lost wake-up is a deadlock here, which loom reports: the isolate sleeps until it is woken, however long, and loom's condition
//! variables know no timeout.
#![cfg(loom)]

mod isolate;
mod streams;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use isolate::{Dropped, Isolate, Message, TestMailbox, Ticking};
use loom::{sync::Arc, thread};
use workpool_mailbox::{Found, Linger, Next, Origin, Sender, Spinners, Thread};

/// Plays an isolate and a sender to one another; gives what the isolate has taken.
fn meet(send: fn(&TestMailbox), receive: impl Fn(&Isolate)) -> (Vec<u32>, usize) {
    let isolate = Isolate::new();
    let mailbox = isolate.mailbox.clone();
    let sender = thread::spawn(move || send(&mailbox));
    receive(&isolate);
    sender.join().unwrap();
    let rings = isolate.event_loop.rings.load(Ordering::Relaxed);
    (isolate.taken.take(), rings)
}

fn command(mailbox: &TestMailbox, number: u32) {
    assert!(mailbox.push(Message::new(number), Sender::Other));
}

fn task(mailbox: &TestMailbox, number: u32) {
    assert!(mailbox.push_task(Message::new(number)));
}

fn outcome(mailbox: &TestMailbox, number: u32) {
    assert!(mailbox.push_outcome(Message::new(number)));
}

#[test]
fn an_event_loop_that_sleeps_is_woken_for_each_command_and_takes_all_in_order() {
    loom::model(|| {
        let send = |mailbox: &TestMailbox| (1..=3).for_each(|number| command(mailbox, number));
        let (taken, rings) = meet(send, |isolate| isolate.serve(3));
        assert_eq!(taken, [1, 2, 3]);
        assert!((1..=3).contains(&rings));
    });
}

#[test]
fn several_commands_at_once_ring_once() {
    loom::model(|| {
        let send = |mailbox: &TestMailbox| {
            assert!(mailbox.push_all(vec![Message::new(1), Message::new(2)], Sender::Other));
        };
        let (taken, rings) = meet(send, |isolate| isolate.serve(2));
        assert_eq!((taken.as_slice(), rings), ([1, 2].as_slice(), 1));
    });
}

#[test]
fn an_origin_that_lingers_or_sleeps_is_woken_for_each_outcome() {
    loom::model(|| {
        let send = |mailbox: &TestMailbox| (1..=2).for_each(|number| outcome(mailbox, number));
        let (taken, _) = meet(send, |isolate| {
            while !isolate.has(2) {
                // As TypeScript does: it looks by itself after outcomes, and only then lets the bell wake it.
                isolate.origin.linger(&isolate.mailbox, 1, &isolate.clock, &isolate.spinners);
                isolate.look();
                if !isolate.has(2) {
                    isolate.event_loop.sleep();
                    isolate.look();
                }
            }
        });
        assert_eq!(taken, [1, 2]);
    });
}

#[test]
fn a_thread_that_looks_or_sleeps_is_woken_for_each_task() {
    loom::model(|| {
        let send = |mailbox: &TestMailbox| (1..=2).for_each(|number| task(mailbox, number));
        let (taken, rings) = meet(send, |isolate| {
            isolate.run_tasks();
            isolate.serve(2);
        });
        assert_eq!(taken, [1, 2]);
        assert!(rings <= 2);
    });
}

#[test]
fn a_thread_without_patience_is_woken_for_a_task_and_the_command_that_follows_it() {
    loom::model(|| {
        let send = |mailbox: &TestMailbox| {
            task(mailbox, 1);
            command(mailbox, 2);
        };
        let (mut taken, _) = meet(send, |isolate| {
            // One that has begun a task does not look: it asks, and goes back to its event loop.
            match isolate.thread.next(&isolate.mailbox, false, None, &isolate.clock, &isolate.spinners) {
                Found::Task(task, _) => isolate.take(task),
                Found::Other => isolate.look(),
                Found::Nothing => {}
            }
            isolate.run_tasks();
            isolate.serve(2);
        });
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
    });
}

#[test]
fn an_isolate_that_is_parked_is_woken_for_each_message() {
    loom::model(|| {
        let send = |mailbox: &TestMailbox| {
            command(mailbox, 1);
            outcome(mailbox, 2);
        };
        let (taken, _) = meet(send, |isolate| {
            loop {
                isolate.look();
                if isolate.has(2) {
                    return;
                }
                isolate.mailbox.park(Duration::from_millis(5));
            }
        });
        assert_eq!(taken, [1, 2]);
    });
}

#[test]
fn an_isolate_that_was_parked_is_woken_by_its_bell_again() {
    loom::model(|| {
        let send = |mailbox: &TestMailbox| (1..=2).for_each(|number| command(mailbox, number));
        let (taken, _) = meet(send, |isolate| {
            isolate.look();
            if !isolate.has(2) {
                isolate.mailbox.park(Duration::from_millis(5));
            }
            isolate.look();
            isolate.serve(2);
        });
        assert_eq!(taken, [1, 2]);
    });
}

/// An isolate takes what it finds and ends, while another thread sends: each message is taken, dropped by the end, or refused.
fn end_beside(send: fn(&TestMailbox, u32, Arc<Dropped>) -> bool, take: fn(&Isolate)) {
    loom::model(move || {
        let isolate = Isolate::new();
        let dropped = Arc::<Dropped>::default();
        let sender = {
            let (mailbox, dropped) = (isolate.mailbox.clone(), dropped.clone());
            thread::spawn(move || [1, 2].map(|number| send(&mailbox, number, dropped.clone())))
        };
        take(&isolate);
        let bell = isolate.mailbox.close();
        isolate.event_loop.end();
        assert!(bell.is_some());
        let accepted = sender.join().unwrap();
        let mut fates = isolate.taken.take();
        fates.append(&mut dropped.lock().unwrap());
        fates.sort_unstable();
        assert_eq!(fates, [1, 2], "each has one fate");
        let is_refused = |index: usize| !accepted[index];
        // One that is refused comes after the end, and so does whatever follows it.
        assert!(!is_refused(0) || is_refused(1));
        assert!(matches!(isolate.mailbox.pop(), Next::Nothing));
        assert!(isolate.mailbox.close().is_none());
    });
}

#[test]
fn a_command_beside_the_end_of_its_isolate_is_taken_or_dropped_once_and_rings_no_bell_after_it() {
    let send = |mailbox: &TestMailbox, number, dropped| {
        mailbox.push(Message { number, dropped: Some(dropped) }, Sender::Other)
    };
    end_beside(send, |isolate| {
        if let Next::Command(command) = isolate.mailbox.pop() {
            isolate.take(command);
        }
    });
}

#[test]
fn a_task_beside_the_end_of_its_thread_is_taken_or_dropped_once_and_rings_no_bell_after_it() {
    let send = |mailbox: &TestMailbox, number, dropped| {
        mailbox.push_task(Message { number, dropped: Some(dropped) })
    };
    end_beside(send, |isolate| {
        if let Some(task) = isolate.mailbox.pop_task() {
            isolate.take(task);
        }
    });
}

#[test]
fn an_outcome_beside_the_end_of_its_origin_is_taken_or_dropped_once_and_rings_no_bell_after_it() {
    let send = |mailbox: &TestMailbox, number, dropped| {
        mailbox.push_outcome(Message { number, dropped: Some(dropped) })
    };
    end_beside(send, Isolate::drain);
}

#[test]
fn no_more_look_at_the_same_time_than_there_are_places() {
    loom::model(|| {
        let spinners = Arc::new(Spinners::for_processors(2));
        let looking = Arc::new(AtomicUsize::new(0));
        let look = |spinners: Arc<Spinners>, looking: Arc<AtomicUsize>| {
            for _ in 0..2 {
                let Some(_place) = spinners.enter() else { continue };
                assert_eq!(looking.fetch_add(1, Ordering::Relaxed), 0, "there is one place");
                thread::yield_now();
                looking.fetch_sub(1, Ordering::Relaxed);
            }
        };
        let other = {
            let (spinners, looking) = (spinners.clone(), looking.clone());
            thread::spawn(move || look(spinners, looking))
        };
        look(spinners.clone(), looking);
        other.join().unwrap();
        assert!(spinners.enter().is_some(), "all places have been given back");
    });
}

#[test]
fn two_who_look_at_the_same_time_both_come_to_an_end() {
    loom::model(|| {
        let spinners = Arc::new(Spinners::for_processors(2));
        let look = |spinners: &Spinners| {
            let mailbox = TestMailbox::default();
            let found = Thread::default().next(&mailbox, true, None, &Ticking::default(), spinners);
            assert!(matches!(found, Found::Nothing));
            let linger = Origin::default().linger(&mailbox, 1, &Ticking::default(), spinners);
            assert_eq!(linger, Linger::Nothing);
        };
        let other = {
            let spinners = spinners.clone();
            thread::spawn(move || look(&spinners))
        };
        look(&spinners);
        other.join().unwrap();
        assert!(spinners.enter().is_some(), "all places have been given back");
    });
}
