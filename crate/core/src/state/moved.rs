//! The waiting tasks that were given another priority: each stands behind all that wait there, as if it came now.

use std::collections::BTreeMap;

use crate::clock::Nanos;

/// When a task, or a wait for a vacancy, came to where it stands: the number of the last task that had been accepted by
/// then, and how many tasks had been given another priority. A task that has never been given one came with its number.
pub(crate) type Arrival = (u64, u64);

/// By the numbers of their records. Hardly ever is there one.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    places: BTreeMap<u32, (Arrival, Nanos)>,
    /// How many there have been.
    moves: u64,
}

impl Moved {
    /// Behind whom somebody stands who comes after so many accepted tasks.
    pub(crate) const fn after(&self, accepted: u64) -> Arrival {
        (accepted, self.moves)
    }

    /// A waiting task comes to where it stands now, after so many accepted tasks.
    pub(crate) fn note(&mut self, task: u32, accepted: u64, now: Nanos) {
        self.moves += 1;
        self.places.insert(task, ((accepted, self.moves), now));
    }

    /// A task stands where another one does, elsewhere.
    pub(crate) fn stand_in(&mut self, task: u32, arrival: Arrival, since: Nanos) {
        self.places.insert(task, (arrival, since));
    }

    /// The task waits no more.
    #[inline]
    pub(crate) fn forget(&mut self, task: u32) {
        if !self.places.is_empty() {
            self.places.remove(&task);
        }
    }

    /// No task waits any more.
    pub(crate) fn forget_all(&mut self) {
        self.places.clear();
    }

    /// When a waiting task came that has this number among the accepted ones.
    #[inline]
    pub(crate) fn arrival_of(&self, task: u32, number: u64) -> Arrival {
        if self.places.is_empty() {
            return (number, 0);
        }
        self.places.get(&task).map_or((number, 0), |&(arrival, _)| arrival)
    }

    /// Since when a waiting task stands where it does, which was submitted `at`.
    pub(crate) fn since(&self, task: u32, at: Nanos) -> Nanos {
        self.places.get(&task).map_or(at, |&(_, since)| since)
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn tasks(&self) -> impl Iterator<Item = u32> + '_ {
        self.places.keys().copied()
    }
}
