//! How a pool behaves.

use crate::{
    clock::Nanos,
    kind::WorkerKind,
    policy::{Policy, UNBOUNDED},
};

/// How a pool behaves. What a [`Change`](crate::Change) has can be changed while the pool runs.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Most live workers at first; [`UNBOUNDED`] for no limit.
    pub capacity: u32,
    /// How long an idle worker lives; `None` for ever.
    pub expiry: Option<Nanos>,
    /// Whether a task that would have to wait is refused.
    pub nonblocking: bool,
    /// Most waiting tasks; 0 for no bound.
    pub max_waiting: u32,
    /// What the workers are.
    pub kind: WorkerKind,
    /// Most tasks that one worker has at once.
    pub concurrency: u32,
    /// So many workers are not purged, and are replaced when they die.
    pub min_size: u32,
    /// Who may start and who may wait, beyond that.
    pub policy: Policy,
    /// After so long a waiting task counts as one priority higher; `None`: priorities are strict.
    pub ageing: Option<Nanos>,
    /// Whether the times of tasks are [measured](crate::Pool::measured).
    pub measure: bool,
}

impl Default for Options {
    /// An unbounded pool of slots, which stay when they are idle.
    fn default() -> Self {
        Self {
            capacity: UNBOUNDED,
            expiry: None,
            nonblocking: false,
            max_waiting: 0,
            kind: WorkerKind::Slot,
            concurrency: 1,
            min_size: 0,
            policy: Policy::NONE,
            ageing: None,
            measure: false,
        }
    }
}
