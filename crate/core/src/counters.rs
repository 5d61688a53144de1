//! What the pool counts, and the snapshot of it that it hands out.

/// Everything that only ever grows, and the two peaks.
///
/// At any moment `submitted = unsettled + completed + failed + timed_out + cancelled + wait_timeout + released`;
/// `overload` and `closed` count calls that were refused and hence never submitted.
///
/// What every task changes comes first, and in memory, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Counters {
    /// Accepted tasks.
    pub submitted: u64,
    /// Accepted and not settled, of any generation.
    pub unsettled: u64,
    /// Settled with a result.
    pub completed: u64,
    /// Most busy workers at once in this generation.
    pub peak_busy: u32,
    /// Most waiting tasks at once in this generation.
    pub peak_waiting: u32,
    /// Settled with an error of their own, of their worker or of its start.
    pub failed: u64,
    /// Settled because they ran longer than their `timeout`.
    pub timed_out: u64,
    /// Settled because they were aborted.
    pub cancelled: u64,
    /// Calls refused because the pool was full.
    pub overload: u64,
    /// Calls refused because the pool was closed.
    pub closed: u64,
    /// Settled because no worker was free within their `wait_timeout`.
    pub wait_timeout: u64,
    /// Settled because they waited when the pool was released.
    pub released: u64,
    /// Workers started, with a new record or a reused one.
    pub started: u64,
    /// Workers started with a record from the worker cache.
    pub reused: u64,
    /// Workers that retired.
    pub retired: u64,
    /// Workers that died.
    pub crashed: u64,
}

/// One consistent view of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// Most live workers; [`UNBOUNDED`](crate::UNBOUNDED) for no limit.
    pub capacity: u32,
    /// Whether none is started for now, as one could not be, while another one serves.
    pub is_pausing: bool,
    /// Live workers of this generation, busy and idle.
    pub running: u32,
    /// Workers with a task, booting ones, and those that are being taken down.
    pub busy: u32,
    /// Accepted tasks without a worker.
    pub waiting: u32,
    /// Whether new tasks are refused.
    pub is_closed: bool,
    /// The lifetime the pool is in, from 1.
    pub generation: u64,
    /// Everything that is counted.
    pub counters: Counters,
}

impl Snapshot {
    /// Live workers without a task.
    #[must_use]
    pub const fn idle(&self) -> u32 {
        self.running - self.busy
    }

    /// How many workers could take a task now; [`UNBOUNDED`](crate::UNBOUNDED) for no limit.
    #[must_use]
    pub const fn available(&self) -> u32 {
        match self.capacity {
            _ if self.is_pausing => {
                let below_capacity = self.capacity.saturating_sub(self.busy);
                if self.idle() < below_capacity { self.idle() } else { below_capacity }
            }
            crate::UNBOUNDED => crate::UNBOUNDED,
            capacity => capacity.saturating_sub(self.busy),
        }
    }

    /// How many workers could be started; [`UNBOUNDED`](crate::UNBOUNDED) for no limit.
    #[must_use]
    pub const fn free(&self) -> u32 {
        match self.capacity {
            _ if self.is_pausing => 0,
            crate::UNBOUNDED => crate::UNBOUNDED,
            capacity => capacity.saturating_sub(self.running),
        }
    }
}
