//! Pause, clear, configure.

use crate::{
    answer::Reason,
    clock::{Clock, Nanos},
    effect::Effects,
    id::FaceId,
    policy::Change,
    state::State,
    submission::Payload,
};

impl<T: Payload> State<T> {
    pub(crate) fn is_paused(&self) -> bool {
        false
    }

    pub(crate) fn pause(&mut self, _clock: &impl Clock, _face: FaceId) -> bool {
        false
    }

    pub(crate) fn resume(&mut self, _effects: &mut Effects<T>) {}

    pub(crate) fn clear(&mut self, _last: u64, _effects: &mut Effects<T>) -> bool {
        false
    }

    pub(crate) fn configure(&mut self, _clock: &impl Clock, _change: &Change, _effects: &mut Effects<T>) {}

    pub(crate) fn retry_after(&mut self, _clock: &impl Clock, _reason: Option<Reason>) -> Option<Nanos> {
        None
    }
}
