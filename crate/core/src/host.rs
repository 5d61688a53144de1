//! The world around a pool.

use crate::{clock::Nanos, effect::Effect};

/// The world around a pool: where workers and tasks really are.
///
/// Both methods are called by whichever thread made them necessary, without the pool's lock, so they may call the
/// pool again. Two threads may deliver at the same time; effects of one call come in order.
pub trait Host<T> {
    /// Carries out what somebody else than the caller of the pool has to do.
    fn deliver(&self, effect: Effect<T>);

    /// Carries out all that one hold of the lock has caused, in this order. For hosts that do many things at once for less.
    fn deliver_all(&self, effects: Vec<Effect<T>>) {
        effects.into_iter().for_each(|effect| self.deliver(effect));
    }

    /// Sees to it that [`Pool::reap`](crate::Pool::reap) is called at `at` (of the pool's clock) or soon after. False if it cannot:
    /// then the pool asks again at its next transition. Not if [`keeps_time`](Self::keeps_time) has said so once.
    fn arm(&self, at: Nanos) -> bool;

    /// Whether [`arm`](Self::arm) is heeded from now on. The pool asks before it accepts what time may have to end.
    fn keeps_time(&self) -> bool {
        true
    }
}
