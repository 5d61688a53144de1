//! How the counters change: what belongs together is counted together.

use crate::counters::Counters;

/// How a task has settled.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome {
    Completed,
    Failed,
    TimedOut,
    Cancelled,
    WaitTimeout,
    Released,
    Displaced,
    Shed,
    Cleared,
}

impl Counters {
    /// A task is accepted. Returns its number.
    pub(crate) const fn accept(&mut self) -> u64 {
        self.submitted += 1;
        self.unsettled += 1;
        self.submitted
    }

    /// An accepted task settles. Inlined, so that the outcome, which every caller knows, costs nothing.
    #[inline]
    pub(crate) const fn settle(&mut self, outcome: Outcome) {
        self.settle_all(outcome, 1);
    }

    /// So many accepted tasks settle.
    #[inline]
    pub(crate) const fn settle_all(&mut self, outcome: Outcome, count: u64) {
        self.unsettled -= count;
        match outcome {
            Outcome::Completed => self.completed += count,
            Outcome::Failed => self.failed += count,
            Outcome::TimedOut => self.timed_out += count,
            Outcome::Cancelled => self.cancelled += count,
            Outcome::WaitTimeout => self.wait_timeout += count,
            Outcome::Released => self.released += count,
            Outcome::Displaced => self.displaced += count,
            Outcome::Shed => self.shed += count,
            Outcome::Cleared => self.cleared += count,
        }
    }

    /// So many tasks that may wait for no time at all are submitted, and rejected for that.
    pub(crate) const fn expire_at_once(&mut self, count: u64) {
        self.submitted += count;
        self.wait_timeout += count;
    }

    /// A worker starts.
    pub(crate) const fn start(&mut self, is_reused: bool) {
        self.started += 1;
        self.reused += is_reused as u64;
    }

    /// More workers may be busy than ever before in this generation.
    pub(crate) fn note_busy(&mut self, busy: u32) {
        self.peak_busy = self.peak_busy.max(busy);
    }

    /// A task that has been accepted has to wait, as one of so many.
    pub(crate) fn wait(&mut self, waiting: u32) {
        self.waited += 1;
        self.note_waiting(waiting);
    }

    /// More tasks may wait than ever before in this generation.
    pub(crate) fn note_waiting(&mut self, waiting: u32) {
        self.peak_waiting = self.peak_waiting.max(waiting);
    }

    /// The peaks are those of one generation.
    pub(crate) const fn renew(&mut self) {
        (self.peak_busy, self.peak_waiting) = (0, 0);
    }

    /// As if so many more tasks had completed.
    #[cfg(any(test, feature = "audit"))]
    pub(crate) const fn age(&mut self, tasks: u64) {
        self.submitted += tasks;
        self.completed += tasks;
    }
}
