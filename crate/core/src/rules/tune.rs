//! Changes of the capacity.

use crate::{
    effect::Effects,
    state::{BATCH, State},
    submission::Payload,
};

/// By so many workers one hold of the lock changes the capacity, as far as there is something to do for them. For loom,
/// which permutes what happens between two holds, it is one.
const STEP: u32 = if cfg!(loom) { 1 } else { BATCH as u32 };

impl<T: Payload> State<T> {
    /// Changes the capacity to its target, or towards it, by as many workers as one hold of the lock starts or retires:
    /// so nobody waits beside a free slot, nor is idle above the capacity, between two holds. Returns whether `tune`
    /// must be called again.
    pub(crate) fn tune(&mut self, effects: &mut Effects<T>) -> bool {
        let limit = self.step_towards(self.capacity.target());
        self.capacity.set(limit);
        self.workers.bound_cache(limit);
        let excess = self.census.staying().saturating_sub(limit) as usize;
        self.retire_oldest(excess.min(self.idle.len()), effects);
        self.fill(effects);
        self.capacity.is_changing()
    }

    /// The capacity after one hold of the lock.
    fn step_towards(&self, target: u32) -> u32 {
        let (limit, staying) = (self.capacity.limit(), self.census.staying());
        if target > limit {
            // What waits is started, and who awaits a vacancy is told.
            if self.waiting().saturating_add(self.vacancies.len()) <= STEP {
                return target;
            }
            return target.min(limit.max(staying).saturating_add(STEP));
        }
        // What is idle is retired, and records that are kept are dropped.
        let kept = staying.max(self.workers.cached());
        if kept <= STEP { target } else { target.max(limit.min(kept).saturating_sub(STEP)) }
    }
}
