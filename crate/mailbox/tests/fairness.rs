//! When an event loop gets its turn, and when an isolate does not look at all. The clock passes by hand.
#![cfg(not(loom))]

mod silent;

use std::cell::Cell;

use workpool_core::{Clock, ManualClock, Nanos};
use workpool_mailbox::{
    FEW, Found, LONGEST_LINGER, LONGEST_SPIN, LONGEST_STINT, Linger, Origin, Sender, Spinners, Thread,
};

use silent::open;

/// A clock that counts how often it is asked, and lets a look end at once.
#[derive(Default)]
struct Hasty(Cell<u32>);

impl Clock for Hasty {
    fn now(&self) -> Nanos {
        self.0.set(self.0.get() + 1);
        Nanos::from(self.0.get()) * LONGEST_SPIN
    }
}

#[test]
fn tasks_that_follow_one_another_let_the_event_loop_have_its_turn_after_the_longest_stint() {
    let (thread, clock) = (Thread::default(), ManualClock::default());
    for _ in 0..3 {
        assert!(!thread.goes_on(clock.now()));
        clock.advance(LONGEST_STINT - 1);
        assert!(!thread.goes_on(clock.now()));
        clock.advance(1);
        // The turn is the beginning of the next stint.
        assert!(thread.goes_on(clock.now()));
    }
}

#[test]
fn a_thread_that_finds_nothing_has_given_its_event_loop_a_turn() {
    let (thread, clock, spinners) = (Thread::default(), ManualClock::default(), Spinners::for_processors(2));
    let mailbox = open();
    assert!(!thread.goes_on(clock.now()));
    clock.advance(LONGEST_STINT);
    assert_eq!(thread.next(&mailbox, false, None, &clock, &spinners), Found::Nothing);
    assert!(!thread.goes_on(clock.now()));
}

#[test]
fn a_thread_that_must_not_look_takes_what_is_there_and_looks_no_longer() {
    let (thread, clock, spinners) = (Thread::default(), Hasty::default(), Spinners::for_processors(2));
    let mailbox = open();
    assert!(mailbox.push_task(1));
    assert_eq!(thread.next(&mailbox, false, Some(7), &clock, &spinners), Found::Task(1, 7));
    assert_eq!(thread.next(&mailbox, false, None, &clock, &spinners), Found::Nothing);
    assert!(mailbox.push(2, Sender::Other));
    assert_eq!(thread.next(&mailbox, false, None, &clock, &spinners), Found::Other);
    assert_eq!(clock.0.get(), 0, "a look reads the clock");
}

#[test]
fn the_clock_is_read_for_a_task_only_if_nobody_knows_the_time() {
    let (thread, clock, spinners) = (Thread::default(), Hasty::default(), Spinners::for_processors(2));
    let mailbox = open();
    assert!(mailbox.push_task(1));
    assert_eq!(thread.next(&mailbox, true, None, &clock, &spinners), Found::Task(1, LONGEST_SPIN));
    assert_eq!(clock.0.get(), 1);
}

#[test]
fn a_task_for_which_a_thread_has_looked_comes_with_the_time_of_the_look() {
    /// At the second look at this clock a task comes.
    struct Bringing<'a>(&'a silent::TestMailbox, Cell<u32>);
    impl Clock for Bringing<'_> {
        fn now(&self) -> Nanos {
            self.1.set(self.1.get() + 1);
            if self.1.get() == 2 {
                assert!(self.0.push_task(1));
            }
            Nanos::from(self.1.get())
        }
    }
    let (thread, mailbox, spinners) = (Thread::default(), open(), Spinners::for_processors(2));
    let clock = Bringing(&mailbox, Cell::new(0));
    assert_eq!(thread.next(&mailbox, true, Some(0), &clock, &spinners), Found::Task(1, 2));
    assert_eq!(clock.1.get(), 2);
}

#[test]
fn an_origin_with_many_open_promises_does_not_look() {
    let (origin, clock, spinners) = (Origin::default(), Hasty::default(), Spinners::for_processors(2));
    let mailbox = open();
    assert_eq!(origin.linger(&mailbox, FEW + 1, &clock, &spinners), Linger::Nothing);
    assert_eq!(clock.0.get(), 0, "a look reads the clock");
    assert_eq!(origin.linger(&mailbox, FEW, &clock, &spinners), Linger::Nothing);
    assert!(clock.0.get() > 0);
}

#[test]
fn an_origin_that_finds_outcomes_again_and_again_lets_its_event_loop_have_its_turn() {
    let (origin, clock, spinners) = (Origin::default(), ManualClock::default(), Spinners::for_processors(2));
    let mailbox = open();
    assert!(mailbox.push_outcome(1));
    for _ in 0..3 {
        assert_eq!(origin.linger(&mailbox, 1, &clock, &spinners), Linger::Something);
        clock.advance(LONGEST_LINGER);
        assert_eq!(origin.linger(&mailbox, 1, &clock, &spinners), Linger::Turn);
        // However long the turn takes, it is not held against the next look.
        clock.advance(LONGEST_LINGER);
    }
}
