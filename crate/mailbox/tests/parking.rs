//! An isolate that is blocked in native code, on real threads.
#![cfg(not(loom))]

mod silent;

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use workpool_mailbox::{Next, Sender};

use silent::open;

/// Longer than any test may hang.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn who_parks_in_vain_is_back_after_the_limit() {
    let mailbox = open();
    let start = Instant::now();
    // The sleep may end sooner, as with every condition variable, but not each time.
    while start.elapsed() < Duration::from_millis(5) {
        mailbox.park(Duration::from_millis(5));
    }
    assert_eq!(mailbox.pop(), Next::Nothing);
}

#[test]
fn a_message_ends_the_parking() {
    let mailbox = &open();
    thread::scope(|scope| {
        let (has_begun, begun) = mpsc::channel();
        let isolate = scope.spawn(move || {
            has_begun.send(()).unwrap();
            loop {
                if let Next::Command(command) = mailbox.pop() {
                    return command;
                }
                mailbox.park(LONG);
            }
        });
        begun.recv().unwrap();
        assert!(mailbox.push(7, Sender::Other));
        assert_eq!(isolate.join().unwrap(), 7);
    });
}

#[test]
fn who_has_been_told_of_a_task_and_cannot_run_it_parks_all_the_same() {
    let mailbox = open();
    assert!(mailbox.push_task(1));
    assert_eq!(mailbox.pop(), Next::Tasks);
    let start = Instant::now();
    let mut parked = 0;
    while start.elapsed() < Duration::from_millis(20) {
        mailbox.park(Duration::from_millis(20));
        parked += 1;
    }
    assert!(parked < 1_000, "{parked} times in 20 ms is no sleep");
}
