//! The worker stack: idle workers, last in first out.

use std::{collections::TryReserveError, ops::Range};

use crate::{clock::Nanos, id::WorkerId, store::Row};

#[derive(Debug, Clone, Copy)]
struct IdleWorker {
    worker: WorkerId,
    since: Nanos,
}

/// Idle workers in the order in which they went idle. The most recent one works next, so few workers stay hot and the
/// others age at the bottom; the expired ones are always a prefix (`worker_stack.go` of ants).
#[derive(Debug, Default)]
pub(crate) struct WorkerStack {
    idle: Row<IdleWorker>,
    /// There is no purge before half an expiry has passed since this one, so that workers which expire one by one are
    /// retired a few at a time.
    last_purge: Option<Nanos>,
}

impl WorkerStack {
    pub(crate) fn reserve(&mut self, workers: usize) -> Result<(), TryReserveError> {
        self.idle.try_reserve(workers)
    }

    pub(crate) fn len(&self) -> usize {
        self.idle.len()
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn is_empty(&self) -> bool {
        self.idle.is_empty()
    }

    /// `since` must not be before that of any worker in the stack.
    pub(crate) fn push(&mut self, worker: WorkerId, since: Nanos) {
        debug_assert!(
            self.idle.last().is_none_or(|last| last.since <= since),
            "the stack is ordered by time"
        );
        self.idle.push(IdleWorker { worker, since });
    }

    /// The worker that went idle last.
    pub(crate) fn pop(&mut self) -> Option<WorkerId> {
        self.idle.pop().map(|idle| idle.worker)
    }

    /// The worker that `pop` takes out, and since when it is idle.
    pub(crate) fn last(&self) -> Option<(WorkerId, Nanos)> {
        self.idle.last().map(|idle| (idle.worker, idle.since))
    }

    /// Since when each worker is idle that stands at one of these places, if that is noted.
    pub(crate) fn times(&self, places: Range<usize>) -> impl Iterator<Item = (WorkerId, Nanos)> + '_ {
        places.map_while(|place| self.idle.get(place)).map(|idle| (idle.worker, idle.since))
    }

    /// As if all had gone idle at this moment.
    pub(crate) fn restart(&mut self, at: Nanos) {
        self.idle.iter_mut().for_each(|idle| idle.since = at);
    }

    /// Takes out the workers that are meant, those that are idle for longest first.
    pub(crate) fn take_all(&mut self, is_meant: impl Fn(WorkerId) -> bool) -> Vec<WorkerId> {
        let mut taken = Vec::new();
        self.idle.retain(|idle| {
            let is_taken = is_meant(idle.worker);
            if is_taken {
                taken.push(idle.worker);
            }
            !is_taken
        });
        taken
    }

    /// Takes out a worker that died while it was idle. Linear, as that is rare.
    pub(crate) fn remove(&mut self, worker: WorkerId) {
        self.idle.retain(|idle| idle.worker != worker);
    }

    /// When the worker that is idle for longest has been so for `expiry`, or somewhat later; `Nanos::MAX` if nobody is
    /// idle.
    pub(crate) fn purge_due(&self, expiry: Nanos) -> Nanos {
        let not_before = self.last_purge.map_or(0, |last| last + expiry / 2);
        self.idle.first().map_or(Nanos::MAX, |oldest| (oldest.since + expiry).max(not_before))
    }

    /// Some workers are purged now, and no others before half an `expiry` has passed.
    pub(crate) const fn note_purge(&mut self, now: Nanos) {
        self.last_purge = Some(now);
    }

    /// How many workers went idle at `deadline` or before it: a binary search, as the stack is ordered.
    pub(crate) fn idle_since(&self, deadline: Nanos) -> usize {
        self.idle.partition_point(|idle| idle.since <= deadline)
    }

    /// Takes out the `count` workers that are idle for longest, the longest first.
    pub(crate) fn drain_oldest(&mut self, count: usize) -> impl Iterator<Item = WorkerId> + '_ {
        (0..count).map_while(|_| self.idle.pop_front()).map(|idle| idle.worker)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn stack(times: &[Nanos]) -> WorkerStack {
        let mut stack = WorkerStack::default();
        for (index, &since) in times.iter().enumerate() {
            stack.push(WorkerId(index as u32), since);
        }
        stack
    }

    #[test]
    fn a_new_stack_is_empty() {
        let mut stack = WorkerStack::default();
        assert_eq!((stack.len(), stack.pop(), stack.purge_due(5)), (0, None, Nanos::MAX));
    }

    #[test]
    fn the_worker_that_went_idle_last_works_next() {
        let mut stack = stack(&[1, 2, 3]);
        assert_eq!(stack.pop(), Some(WorkerId(2)));
        assert_eq!(stack.pop(), Some(WorkerId(1)));
        assert_eq!(stack.purge_due(5), 6);
    }

    #[test]
    fn the_expired_prefix_is_found_by_time() {
        let times: Vec<Nanos> = (0..18).map(|n| n * 10).collect();
        let stack = stack(&times);
        assert_eq!(stack.idle_since(70), 8, "an equal time counts as expired");
        assert_eq!(stack.idle_since(69), 7);
        assert_eq!(stack.idle_since(1_000), 18);
        let young = self::stack(&[5, 6]);
        assert_eq!(young.idle_since(4), 0, "all are younger");
    }

    #[test]
    fn six_old_and_six_new_leave_six() {
        let mut stack = stack(&[0, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9]);
        let expired = stack.idle_since(1);
        let gone: Vec<WorkerId> = stack.drain_oldest(expired).collect();
        assert_eq!(gone, (0..6).map(WorkerId).collect::<Vec<_>>());
        assert_eq!(stack.len(), 6);
        assert_eq!(stack.pop(), Some(WorkerId(11)));
    }
}
