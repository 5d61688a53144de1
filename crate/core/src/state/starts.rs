//! Workers that cannot be started: the pause that follows, and what is owed after it.

use crate::clock::{MILLISECOND, Nanos};

/// After a worker could not be started beside one that serves, none is started for the first pause; each time in a row
/// the pause is twice as long, up to the last. A module that is replaced while a program is deployed is there again
/// within the first pause. If a module stays broken, a thread that tries to load it costs some ten milliseconds of a
/// core, which every five seconds is next to nothing.
const FIRST_PAUSE: Nanos = 100 * MILLISECOND;
const LAST_PAUSE: Nanos = 5_000 * MILLISECOND;

/// Whether workers can be started, as far as the pool has learned. The reaper ends a pause, so no call asks for the
/// time.
#[derive(Debug)]
pub(crate) struct Starts {
    /// A worker could not be started since one has been: there may be room that waiting tasks do not get.
    have_failed: bool,
    /// No worker is started before this moment; `Nanos::MAX` for no pause.
    paused_until: Nanos,
    /// How long the last pause was, if no worker has been started since.
    pause: Nanos,
    /// Workers below `min_size` that have died in the pause and are replaced after it.
    owed: u32,
    /// No worker can be started, and what waits for one is being rejected.
    are_in_vain: bool,
}

impl Starts {
    pub(crate) const fn new() -> Self {
        Self { have_failed: false, paused_until: Nanos::MAX, pause: 0, owed: 0, are_in_vain: false }
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) const fn have_failed(&self) -> bool {
        self.have_failed
    }

    pub(crate) const fn are_paused(&self) -> bool {
        self.paused_until != Nanos::MAX
    }

    /// When the pause is over; `Nanos::MAX` if there is none.
    pub(crate) const fn due(&self) -> Nanos {
        self.paused_until
    }

    /// A worker has started.
    pub(crate) const fn succeed(&mut self) {
        self.have_failed = false;
        self.pause = 0;
    }

    /// Whether what waits for a worker is being rejected.
    pub(crate) const fn are_in_vain(&self) -> bool {
        self.are_in_vain
    }

    /// What waits for a worker is rejected from now on, or has been.
    pub(crate) const fn set_in_vain(&mut self, are_in_vain: bool) {
        self.are_in_vain = are_in_vain;
    }

    /// A worker could not be started.
    pub(crate) const fn fail(&mut self) {
        self.have_failed = true;
    }

    /// From now on no worker is started, for longer than the last time.
    pub(crate) fn pause(&mut self, now: Nanos) {
        self.pause = (2 * self.pause).clamp(FIRST_PAUSE, LAST_PAUSE);
        self.paused_until = now + self.pause;
    }

    /// A worker that has died in the pause is to be replaced after it.
    pub(crate) const fn owe(&mut self) {
        self.owed += 1;
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) const fn owed(&self) -> u32 {
        self.owed
    }

    /// Workers are started again. Returns how many are owed.
    pub(crate) const fn resume(&mut self) -> u32 {
        self.paused_until = Nanos::MAX;
        std::mem::replace(&mut self.owed, 0)
    }

    /// Pauses are those of one generation.
    pub(crate) const fn renew(&mut self) {
        (self.paused_until, self.pause, self.owed) = (Nanos::MAX, 0, 0);
    }
}
