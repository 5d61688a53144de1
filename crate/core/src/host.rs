//! The world around a pool.

use crate::{clock::Nanos, effect::Effect};

/// The world around a pool: where workers and tasks really are.
///
/// Every method is called by whichever thread made the call necessary, without the pool's lock, so it may call the pool
/// again. Two threads may deliver at the same time; the effects of one call come in order.
pub trait Host<T> {
    /// Carries out what somebody else than the caller of the pool has to do.
    fn deliver(&self, effect: Effect<T>);

    /// Carries out all that one hold of the lock has caused, in this order. A host for which many effects at once cost
    /// less defines this.
    fn deliver_all(&self, effects: Vec<Effect<T>>) {
        effects.into_iter().for_each(|effect| self.deliver(effect));
    }

    /// Sees to it that [`Pool::reap`](crate::Pool::reap) is called at `at` (of the pool's clock) or soon after. Returns
    /// false if the host cannot do that: then the pool asks again at its next transition. A host that has once said
    /// that it [keeps time](Self::keeps_time) always can.
    fn arm(&self, at: Nanos) -> bool;

    /// Any number, as likely as every other one: what waits for a random time waits for that share of the longest one.
    /// The default waits for the longest time always.
    fn random(&self) -> u32 {
        u32::MAX
    }

    /// Whether [`arm`](Self::arm) is heeded from now on. The pool asks before it accepts a task or a watch that time
    /// may have to end.
    fn keeps_time(&self) -> bool {
        true
    }
}
