//! The live workers, counted by what they do.

use std::collections::BTreeMap;

/// How many workers are live: those of this generation by what they do, those of older generations together.
///
/// A method about a worker takes the generation in which the worker started, and counts only if that is the present
/// one. A method that takes none is about a worker of the present generation.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Census {
    /// All workers of this generation: `busy` and `stopping` ones, and the idle ones.
    running: u32,
    /// With a task, or booting.
    busy: u32,
    booting: u32,
    /// Being taken down by the host, or about to be: still booting, and too late.
    stopping: u32,
    generation: u64,
    /// Live workers by generation that is over. No count is 0.
    older: BTreeMap<u64, u32>,
}

impl Census {
    pub(crate) const fn new() -> Self {
        Self { running: 0, busy: 0, booting: 0, stopping: 0, generation: 1, older: BTreeMap::new() }
    }

    pub(crate) const fn running(&self) -> u32 {
        self.running
    }

    /// Workers with a task, or booting.
    #[cfg(any(test, feature = "audit"))]
    pub(crate) const fn busy(&self) -> u32 {
        self.busy
    }

    pub(crate) const fn booting(&self) -> u32 {
        self.booting
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) const fn stopping(&self) -> u32 {
        self.stopping
    }

    /// Workers that are not idle: with a task, booting, or being taken down.
    pub(crate) const fn engaged(&self) -> u32 {
        self.busy + self.stopping
    }

    /// Workers that are not being taken down.
    pub(crate) const fn staying(&self) -> u32 {
        self.running - self.stopping
    }

    pub(crate) const fn with_task(&self) -> u32 {
        self.busy - self.booting
    }

    /// Workers that have booted and are not on their way out.
    pub(crate) const fn ready(&self) -> u32 {
        self.running - self.booting - self.stopping
    }

    /// Whether there is a worker that has booted and is not on its way out.
    pub(crate) const fn has_started(&self) -> bool {
        self.ready() > 0
    }

    /// The lifetime that the pool is in, from 1.
    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) const fn is_current(&self, generation: u64) -> bool {
        generation == self.generation
    }

    /// A new worker starts, which is busy at once: with a task, or booting.
    pub(crate) const fn start(&mut self, boots: bool) {
        self.running += 1;
        self.busy += 1;
        self.booting += boots as u32;
    }

    /// A busy worker counts as so many more slots.
    pub(crate) const fn widen(&mut self, by: u32) {
        self.running += by;
        self.busy += by;
    }

    /// A busy worker counts as so many slots less.
    pub(crate) fn narrow(&mut self, generation: u64, by: u32) {
        if self.is_current(generation) {
            self.running -= by;
            self.busy -= by;
        } else if let Some(live) = self.older.get_mut(&generation) {
            *live -= by;
        }
    }

    /// An idle worker gets a task.
    pub(crate) const fn resume(&mut self) {
        self.busy += 1;
    }

    /// A busy worker goes idle.
    pub(crate) const fn rest(&mut self) {
        self.busy -= 1;
    }

    /// An idle worker is to be made ready anew.
    pub(crate) const fn boot_again(&mut self) {
        self.busy += 1;
        self.booting += 1;
    }

    /// A worker does not boot any more; it is still busy.
    pub(crate) const fn end_boot(&mut self, generation: u64) {
        self.booting -= self.is_current(generation) as u32;
    }

    /// A busy worker has no task any more, and will have none.
    pub(crate) const fn end_work(&mut self, generation: u64) {
        self.busy -= self.is_current(generation) as u32;
    }

    /// The host begins to take a worker down, which is neither busy nor idle.
    pub(crate) const fn begin_stop(&mut self, generation: u64) {
        self.stopping += self.is_current(generation) as u32;
    }

    /// The host has taken a worker down, or takes too long.
    pub(crate) const fn end_stop(&mut self, generation: u64) {
        self.stopping -= self.is_current(generation) as u32;
    }

    /// A worker that is neither busy, idle nor stopping runs no more. Returns whether it was the last one of an older
    /// generation.
    pub(crate) fn leave(&mut self, generation: u64) -> bool {
        if self.is_current(generation) {
            self.running -= 1;
            return false;
        }
        let Some(live) = self.older.get_mut(&generation) else { return false };
        *live -= 1;
        let was_last = *live == 0;
        if was_last {
            self.older.remove(&generation);
        }
        was_last
    }

    /// The next generation begins, without a worker.
    pub(crate) fn renew(&mut self) {
        if self.running > 0 {
            self.older.insert(self.generation, self.running);
        }
        (self.running, self.busy, self.booting, self.stopping) = (0, 0, 0, 0);
        self.generation += 1;
    }

    /// Live workers of a generation.
    pub(crate) fn left(&self, generation: u64) -> u32 {
        if self.is_current(generation) {
            self.running
        } else {
            self.older.get(&generation).copied().unwrap_or(0)
        }
    }

    /// Whether workers of older generations are left.
    pub(crate) fn has_older(&self) -> bool {
        !self.older.is_empty()
    }

    /// As if so many more generations had been.
    #[cfg(any(test, feature = "audit"))]
    pub(crate) const fn age(&mut self, generations: u64) {
        self.generation += generations;
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn all_older(&self) -> u32 {
        self.older.values().sum()
    }
}
