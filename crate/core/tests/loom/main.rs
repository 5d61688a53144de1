//! Every interleaving, within the bound of `LOOM_MAX_PREEMPTIONS`, of two threads at one pool. Run by
//! `node scripts/loom.mjs`. Not of three: loom's scheduler would let two that spin yield to one another for ever and
//! never come back to the one that holds the lock. More than two calls are two threads that make several.
//!
//! A transition is one hold of the lock, so what loom permutes is the order of transitions, the lock's own accesses
//! and where one call takes the lock more than once. Each test ends with everything finished and each task
//! accounted for: refused, rejected, cancelled or started, and started only once.
#![cfg(loom)]

mod batches;
mod crowds;
mod desk;
mod faces;
#[path = "../recorder/mod.rs"]
mod recorder;
mod resources;
mod scheduling;
mod slots;
mod threads;
mod vacancies;

use std::{collections::BTreeSet, sync::Mutex};

use loom::{sync::Arc, thread};
use workpool_core::SpinLock;

/// Runs the model; gives what came out of its interleavings, so that a test can tell that it has seen all it meant to.
pub(crate) fn outcomes<T: Ord + Send + 'static>(model: impl Fn() -> T + Send + Sync + 'static) -> Vec<T> {
    let seen = std::sync::Arc::new(Mutex::new(BTreeSet::new()));
    let noted = std::sync::Arc::clone(&seen);
    loom::model(move || {
        let outcome = model();
        noted.lock().unwrap().insert(outcome);
    });
    std::mem::take(&mut *seen.lock().unwrap()).into_iter().collect()
}

#[test]
fn the_lock_admits_one_and_shows_it_what_the_last_one_wrote() {
    fn change(lock: &SpinLock<(u32, u32)>) {
        for _ in 0..2 {
            let mut pair = lock.lock();
            assert_eq!(pair.0, pair.1, "nobody sees half of a change");
            pair.0 += 1;
            pair.1 += 1;
        }
    }
    loom::model(|| {
        let lock = Arc::new(SpinLock::new((0_u32, 0_u32)));
        let other = Arc::clone(&lock);
        let thread = thread::spawn(move || change(&other));
        change(&lock);
        thread.join().unwrap();
        assert_eq!(*lock.lock(), (4, 4));
    });
}
