//! Workers that cannot be started: the pause that follows, and what is owed after it.

use crate::{
    clock::{MILLISECOND, Nanos},
    effect::Rejection,
};

/// After a worker could not be started, none is started for the first pause; each time in a row the pause is twice as
/// long, up to the last. A module that is replaced while a program is deployed is there again within the first pause.
/// If a module stays broken, a thread that tries to load it costs some ten milliseconds of a core, which every five
/// seconds is next to nothing.
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
    /// Booting workers of this generation that have been ready before and are validated: they try for nobody.
    validating: u32,
    /// Why everything that waits is rejected, in a pool that closes while more waits than one hold of the lock rejects.
    vain: Option<Rejection>,
}

impl Starts {
    pub(crate) const fn new() -> Self {
        Self {
            have_failed: false,
            paused_until: Nanos::MAX,
            pause: 0,
            owed: 0,
            are_in_vain: false,
            validating: 0,
            vain: None,
        }
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) const fn have_failed(&self) -> bool {
        self.have_failed
    }

    pub(crate) const fn are_paused(&self) -> bool {
        self.paused_until != Nanos::MAX
    }

    /// Whether a worker could not be started since one has been, and a pause followed, which may be over.
    pub(crate) const fn are_failing(&self) -> bool {
        self.pause > 0
    }

    /// Whether workers are started as ever.
    pub(crate) const fn are_calm(&self) -> bool {
        !self.are_paused() && !self.are_failing()
    }

    pub(crate) const fn validating(&self) -> u32 {
        self.validating
    }

    /// A worker of this generation is to be validated.
    pub(crate) const fn begin_validation(&mut self) {
        self.validating += 1;
    }

    /// The validation of a worker of this generation is over.
    pub(crate) const fn end_validation(&mut self) {
        self.validating -= 1;
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

    /// From now on no worker is started, for longer than the last time. `share`: for how much of that, `u32::MAX` for
    /// all.
    pub(crate) fn pause(&mut self, now: Nanos, share: u32) {
        self.pause = (2 * self.pause).clamp(FIRST_PAUSE, LAST_PAUSE);
        let part = u128::from(self.pause) * (u128::from(share) + 1);
        self.paused_until = now + (part >> u32::BITS) as Nanos;
    }

    /// Everything that waits is to be rejected for this.
    pub(crate) const fn give_up(&mut self, rejection: Rejection) {
        self.vain = Some(rejection);
    }

    pub(crate) const fn vain(&self) -> Option<Rejection> {
        self.vain
    }

    /// Nothing is left that is to be rejected.
    pub(crate) const fn have_given_up(&mut self) {
        self.vain = None;
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
        let have_failed = self.have_failed;
        *self = Self { have_failed, ..Self::new() };
    }
}
