//! How long tasks have waited and run, if the pool measures that.

use crate::{clock::Nanos, histogram::Histogram};

/// The times of tasks whose functions have ended.
#[derive(Debug, Clone, Default)]
pub struct Measures {
    /// From the acceptance of a task to its begin.
    pub wait: Histogram,
    /// From the begin of a task to the end of its function.
    pub run: Histogram,
    /// Whether more are added.
    pub(crate) is_on: bool,
}

impl Measures {
    /// Nothing yet, and more is added.
    pub(crate) fn begun() -> Self {
        Self { is_on: true, ..Self::default() }
    }

    /// Takes over what `other` has.
    pub(crate) fn copy(&mut self, other: &Self) {
        self.wait.copy(&other.wait);
        self.run.copy(&other.run);
        self.is_on = other.is_on;
    }

    /// The function of a task has ended, or its worker has died under it.
    #[inline(never)]
    pub(crate) fn record(&mut self, submitted_at: Nanos, begun_at: Nanos, now: Nanos) {
        // A begin is told by the clock of another thread's processor.
        self.wait.record(begun_at.saturating_sub(submitted_at));
        self.run.record(now.saturating_sub(begun_at));
    }
}
