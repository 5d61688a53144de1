//! Whether the pool is open, and whether it can be opened again.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// Refuses new tasks, runs the accepted ones.
    Closing,
    /// Refuses new tasks; none waits, and no idle worker stays.
    Closed,
}

/// Where the pool is between its making and its end.
#[derive(Debug)]
pub(crate) struct Lifetime {
    phase: Phase,
    is_orphan: bool,
}

impl Lifetime {
    pub(crate) const fn new() -> Self {
        Self { phase: Phase::Open, is_orphan: false }
    }

    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Whether the pool refuses new tasks and runs the accepted ones.
    #[cfg(any(test, feature = "audit"))]
    pub(crate) const fn is_closing(&self) -> bool {
        matches!(self.phase, Phase::Closing)
    }

    /// Whether the pool has been released: what waited is rejected.
    pub(crate) const fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// New tasks are refused from now on.
    pub(crate) const fn close(&mut self) {
        self.phase = Phase::Closing;
    }

    /// Waiting tasks are rejected from now on, too.
    pub(crate) const fn release(&mut self) {
        self.phase = Phase::Closed;
    }

    pub(crate) const fn reopen(&mut self) {
        self.phase = Phase::Open;
    }

    /// The isolate that has the workers is gone, and the workers with it: the pool is never opened again.
    pub(crate) const fn orphan(&mut self) {
        self.is_orphan = true;
    }

    pub(crate) const fn is_orphan(&self) -> bool {
        self.is_orphan
    }
}
