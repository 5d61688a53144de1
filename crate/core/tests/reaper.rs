//! The reaper's thread, in real time. No test says how late it may be, only that it comes, and never too early.
#![cfg(not(loom))]

use std::sync::{Arc, Mutex, Weak, mpsc};

use workpool_core::{Clock, MILLISECOND, Nanos, Reap, Reaper};

/// Reports for which moment the reaper has come and when, and has it come again as often as is asked.
struct Target {
    visits: mpsc::Sender<(Nanos, Nanos)>,
    again: Mutex<Vec<Nanos>>,
}

impl Reap for Target {
    fn reap(&self, armed: Nanos) -> Option<Nanos> {
        let now = Reaper::global().clock().now();
        self.visits.send((armed, now)).expect("the test waits for it");
        self.again.lock().expect("no test panics here").pop()
    }
}

fn target(again: Vec<Nanos>) -> (Arc<dyn Reap>, mpsc::Receiver<(Nanos, Nanos)>) {
    let (visits, visited) = mpsc::channel();
    (Arc::new(Target { visits, again: Mutex::new(again) }), visited)
}

fn arm(at: Nanos, target: &Arc<dyn Reap>) {
    let target: Weak<dyn Reap> = Arc::downgrade(target);
    assert!(Reaper::global().arm(at, target), "the system gives a thread");
}

fn soon(milliseconds: u64) -> Nanos {
    Reaper::global().clock().now() + milliseconds * MILLISECOND
}

#[test]
fn it_comes_in_order_of_time_and_not_before() {
    let (visits, visited) = mpsc::channel();
    let first = soon(30);
    let targets: Vec<Arc<dyn Reap>> = [20, 0, 10]
        .map(|offset| {
            let target: Arc<dyn Reap> = Arc::new(Target { visits: visits.clone(), again: Mutex::default() });
            arm(first + offset * MILLISECOND, &target);
            target
        })
        .into();
    for offset in [0, 10, 20] {
        let (armed, now) = visited.recv().expect("it comes");
        assert_eq!(armed, first + offset * MILLISECOND);
        assert!(now >= armed);
    }
    drop(targets);
}

#[test]
fn a_target_has_one_appointment_the_earliest() {
    let (target, visited) = target(Vec::new());
    let first = soon(30);
    for offset in [20, 0, 10] {
        arm(first + offset * MILLISECOND, &target);
    }
    assert_eq!(visited.recv().expect("it comes").0, first);
    let (later, visited_later) = self::target(Vec::new());
    arm(first + 30 * MILLISECOND, &later);
    visited_later.recv().expect("it comes to the other");
    assert!(visited.try_recv().is_err(), "it has come once");
}

#[test]
fn a_host_that_panics_does_not_end_it() {
    struct Panicking;
    impl Reap for Panicking {
        fn reap(&self, _armed: Nanos) -> Option<Nanos> {
            panic!("in the host");
        }
    }
    let panicking: Arc<dyn Reap> = Arc::new(Panicking);
    arm(soon(1), &panicking);
    let (target, visited) = target(Vec::new());
    arm(soon(5), &target);
    visited.recv().expect("it comes to the other");
}

#[test]
fn it_comes_again_when_it_is_asked_to() {
    let first = soon(5);
    let (target, visited) = target(vec![first + 2 * MILLISECOND, first + MILLISECOND]);
    arm(first, &target);
    let armed: Vec<Nanos> = visited.iter().take(3).map(|(armed, _)| armed - first).collect();
    assert_eq!(armed, [0, MILLISECOND, 2 * MILLISECOND]);
}

#[test]
fn an_appointment_in_the_past_is_kept_at_once() {
    let (target, visited) = target(Vec::new());
    arm(0, &target);
    assert_eq!(visited.recv().expect("it comes").0, 0);
}

#[test]
fn it_does_not_keep_a_pool_alive() {
    let (gone, never) = target(Vec::new());
    arm(soon(5), &gone);
    drop(gone);
    let (other, visited) = target(Vec::new());
    arm(soon(10), &other);
    visited.recv().expect("it comes to the other");
    assert!(never.recv().is_err(), "nobody is left to report");
}
