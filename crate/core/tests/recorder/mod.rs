//! A host that notes what it is told, and keeps the appointment that the reaper would keep.

#[cfg(not(loom))]
use std::sync::Mutex;
use std::{
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
};

// Under loom others may do something before an effect is delivered.
#[cfg(loom)]
use loom::sync::Mutex;

#[cfg(not(loom))]
use workpool_core::TaskId;
use workpool_core::{Clock, Effect, FaceId, Host, ManualClock, Nanos, Options, Payload, Pool};

/// Tasks are known by a number of the test's own.
pub(crate) type RecordedPool<T = u32> = Pool<T, Recorder<T>, Arc<ManualClock>>;

/// What tasks are known by in a pool with several faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) face: FaceId,
    pub(crate) number: u32,
}

impl Payload for Job {
    fn face(self) -> FaceId {
        self.face
    }
}

/// Notes effects in the order in which they come, and like the reaper one appointment, the earliest.
#[derive(Debug)]
pub(crate) struct Recorder<T> {
    pub(crate) effects: Mutex<Vec<Effect<T>>>,
    appointment: Mutex<Option<Nanos>>,
    /// Most effects that one hold of the lock has had.
    pub(crate) largest: AtomicUsize,
    /// As if the system gave no thread for a reaper.
    pub(crate) is_untimely: AtomicBool,
    /// What [`Host::random`] gives: at first, that everything waits for its longest time.
    pub(crate) random: AtomicU32,
}

impl<T> Host<T> for Recorder<T> {
    fn deliver(&self, effect: Effect<T>) {
        self.effects.lock().expect("no test panics here").push(effect);
    }

    fn deliver_all(&self, effects: Vec<Effect<T>>) {
        self.largest.fetch_max(effects.len(), Ordering::Relaxed);
        effects.into_iter().for_each(|effect| self.deliver(effect));
    }

    fn arm(&self, at: Nanos) -> bool {
        let keeps_time = self.keeps_time();
        if keeps_time {
            let mut appointment = self.appointment.lock().expect("no test panics here");
            *appointment = Some(appointment.map_or(at, |other| other.min(at)));
        }
        keeps_time
    }

    fn random(&self) -> u32 {
        self.random.load(Ordering::Relaxed)
    }

    fn keeps_time(&self) -> bool {
        !self.is_untimely.load(Ordering::Relaxed)
    }
}

impl<T> Recorder<T> {
    /// What has been delivered since the last call.
    pub(crate) fn effects(&self) -> Vec<Effect<T>> {
        std::mem::take(&mut self.effects.lock().expect("no test panics here"))
    }

    /// Takes out the appointment, if it is due until `target`.
    pub(crate) fn appointment(&self, target: Nanos) -> Option<Nanos> {
        self.appointment.lock().expect("no test panics here").take_if(|at| *at <= target)
    }
}

/// Has whatever worker has a task take it: the payload, if it begins.
#[cfg(not(loom))]
pub(crate) fn take<T: Payload>(pool: &RecordedPool<T>, task: TaskId) -> Option<T> {
    match pool.take(pool.worker_of(task)?, task, pool.times(task)?.now) {
        workpool_core::Taken::Begun(payload) => Some(payload),
        workpool_core::Taken::Settled | workpool_core::Taken::Foreign => None,
    }
}

/// A task is done with: whatever is said of it under its name is late.
#[cfg(not(loom))]
pub(crate) fn assert_gone<T: Payload + PartialEq + Debug>(pool: &RecordedPool<T>, task: TaskId) {
    use workpool_core::{Cancelled, End, Taken, WorkerId};
    assert_eq!(pool.cancel(task), Cancelled::Late);
    assert_eq!(pool.payload(task), None);
    assert_eq!(pool.times(task), None);
    assert_eq!(pool.worker_of(task), None);
    assert!(!pool.is_abandoned(task));
    assert_eq!(pool.interruption(task), None);
    assert_eq!(pool.interrupt(task), None);
    assert_eq!(pool.take(WorkerId(0), task, 0), Taken::Foreign);
    pool.begin(task);
    pool.limit(task);
    pool.collect_all([task]);
    let (finished, begun) = pool.finish_and_take(task, End::Failed, true, 0);
    assert_eq!((finished.settled, finished.next, begun), (false, None, None));
}

/// Says of a worker what cannot be so.
#[cfg(not(loom))]
pub(crate) fn be_late_for<T: Payload + PartialEq + Debug>(
    pool: &RecordedPool<T>,
    worker: workpool_core::WorkerId,
    is_booting: bool,
    is_stopping: bool,
    is_live: bool,
) {
    if !is_booting {
        assert_eq!(pool.booted(worker), None);
        assert_eq!(pool.boot_failed(worker), None);
        pool.start_failed(worker);
        pool.invalid(worker);
    }
    if !is_stopping {
        pool.retired(worker);
    }
    if !is_live {
        pool.crashed(worker);
        let finished = pool.finish(worker, workpool_core::End::Completed, true);
        assert_eq!((finished.settled, finished.next), (false, None));
    }
}

/// Keeps the pool's appointment at its very moment, if there is one until `target`; whether there was.
/// What [`Reaper`](workpool_core::Reaper) does, without a thread.
pub(crate) fn keep_appointment<T: Payload>(
    pool: &RecordedPool<T>,
    clock: &ManualClock,
    target: Nanos,
) -> bool {
    let Some(at) = pool.host().appointment(target) else { return false };
    clock.advance(at.saturating_sub(clock.now()));
    if let Some(next) = pool.reap(at) {
        pool.host().arm(next);
    }
    true
}

/// A pool on a clock that stands at 0.
pub(crate) fn pool<T: Payload>(options: Options) -> (Arc<RecordedPool<T>>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let recorder = Recorder {
        effects: Mutex::new(Vec::new()),
        appointment: Mutex::new(None),
        largest: AtomicUsize::new(0),
        is_untimely: AtomicBool::new(false),
        random: AtomicU32::new(u32::MAX),
    };
    (Arc::new(Pool::new(options, recorder, Arc::clone(&clock))), clock)
}
