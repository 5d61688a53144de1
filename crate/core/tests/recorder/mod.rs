//! A host that notes what it is told, and keeps the appointments that the reaper would keep.

use std::sync::{Arc, Mutex};

use workpool_core::{Clock, Effect, Host, ManualClock, Nanos, Options, Pool};

/// Tasks are known by a number of the test's own.
pub(crate) type RecordedPool = Pool<u32, Recorder, Arc<ManualClock>>;

/// Notes effects and appointments in the order in which they come.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    effects: Mutex<Vec<Effect<u32>>>,
    appointments: Mutex<Vec<Nanos>>,
}

impl Host<u32> for Recorder {
    fn deliver(&self, effect: Effect<u32>) {
        self.effects.lock().expect("no test panics here").push(effect);
    }

    fn arm(&self, at: Nanos) {
        self.appointments.lock().expect("no test panics here").push(at);
    }
}

impl Recorder {
    /// What has been delivered since the last call.
    pub(crate) fn effects(&self) -> Vec<Effect<u32>> {
        std::mem::take(&mut self.effects.lock().expect("no test panics here"))
    }

    /// Takes out the first appointment that is due until `target`.
    pub(crate) fn appointment(&self, target: Nanos) -> Option<Nanos> {
        let mut appointments = self.appointments.lock().expect("no test panics here");
        let first = (0..appointments.len()).min_by_key(|&index| appointments[index])?;
        (appointments[first] <= target).then(|| appointments.swap_remove(first))
    }
}

/// Keeps the pool's first appointment until `target`, if there is one, at its very moment; whether there was one.
/// What [`Reaper`](workpool_core::Reaper) does, without a thread.
pub(crate) fn keep_appointment(pool: &RecordedPool, clock: &ManualClock, target: Nanos) -> bool {
    let Some(at) = pool.host().appointment(target) else { return false };
    clock.advance(at.saturating_sub(clock.now()));
    if let Some(next) = pool.reap(at) {
        pool.host().arm(next);
    }
    true
}

/// A pool on a clock that stands at 0.
pub(crate) fn pool(options: Options) -> (Arc<RecordedPool>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    (Arc::new(Pool::new(options, Recorder::default(), Arc::clone(&clock))), clock)
}
