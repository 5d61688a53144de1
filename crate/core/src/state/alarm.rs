//! The appointment with the reaper.

use crate::clock::Nanos;

/// When the reaper looks next. An appointment may be earlier than what is due, never later.
#[derive(Debug)]
pub(crate) struct Alarm {
    /// `Nanos::MAX` for no appointment.
    at: Nanos,
}

impl Alarm {
    pub(crate) const fn new() -> Self {
        Self { at: Nanos::MAX }
    }

    /// When the reaper is to look; `None` if there is no appointment.
    pub(crate) fn at(&self) -> Option<Nanos> {
        (self.at < Nanos::MAX).then_some(self.at)
    }

    /// Whether the reaper looks at `due` or before.
    pub(crate) const fn is_in_time(&self, due: Nanos) -> bool {
        self.at <= due
    }

    /// Sets the alarm for `due`, if it would come later. Returns the moment for which the reaper must be armed anew, if
    /// it must.
    pub(crate) const fn bring_forward(&mut self, due: Nanos) -> Option<Nanos> {
        if self.is_in_time(due) {
            return None;
        }
        self.at = due;
        Some(due)
    }

    /// The reaper has not been armed for `at`: the next transition tries again, unless the alarm is set for another
    /// moment by now.
    pub(crate) const fn take_back(&mut self, at: Nanos) {
        if self.at == at {
            self.clear();
        }
    }

    /// The reaper has come, and is armed for nothing more.
    pub(crate) const fn clear(&mut self) {
        self.at = Nanos::MAX;
    }
}
