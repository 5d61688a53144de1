//! The rules of scheduling that a pool is given, and how they are changed.

use crate::clock::Nanos;

/// As a capacity, or as a number of tasks: no limit.
pub const UNBOUNDED: u32 = u32::MAX;

/// What a full queue does with one more task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Overload {
    /// It refuses the task.
    #[default]
    Reject,
    /// The task that has waited longest in the lowest priority gives way.
    DiscardOldest,
}

/// Controlled delay: what a queue that does not empty does (`CoDel`, Nichols and Jacobson 2012; with the newest task
/// first, Maurer 2015).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shed {
    /// How long a task may wait in a queue that stands.
    pub target: Nanos,
    /// A queue stands if it has had a task that could start for so long.
    pub interval: Nanos,
}

/// Most starts in any time of a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Most tasks that start in any `interval`; not 0.
    pub limit: u32,
    /// Not 0.
    pub interval: Nanos,
}

/// Who may start and who may wait, beyond capacity and priority. All of it can be changed while the pool runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// What a full queue does with one more task.
    pub overload: Overload,
    /// What becomes of a queue that stands; `None`: it stands.
    pub shed: Option<Shed>,
    /// Most starts in any interval; `None` for no limit.
    pub rate: Option<Rate>,
    /// Most tasks of one key that run at once; [`UNBOUNDED`] for no limit. Not 0.
    pub per_key: u32,
    /// Most waiting tasks of one key; 0 for no bound.
    pub max_waiting_per_key: u32,
}

impl Policy {
    /// No rule beyond capacity and priority.
    pub const NONE: Self = Self {
        overload: Overload::Reject,
        shed: None,
        rate: None,
        per_key: UNBOUNDED,
        max_waiting_per_key: 0,
    };
}

impl Default for Policy {
    fn default() -> Self {
        Self::NONE
    }
}

/// Options that change while the pool runs. `None` leaves one as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    /// [`Options::capacity`](crate::Options::capacity).
    pub capacity: Option<u32>,
    /// [`Options::expiry`](crate::Options::expiry).
    pub expiry: Option<Option<Nanos>>,
    /// [`Options::nonblocking`](crate::Options::nonblocking).
    pub nonblocking: Option<bool>,
    /// [`Options::max_waiting`](crate::Options::max_waiting).
    pub max_waiting: Option<u32>,
    /// [`Options::min_size`](crate::Options::min_size).
    pub min_size: Option<u32>,
    /// The grace of [`WorkerKind::Thread`](crate::WorkerKind::Thread).
    pub grace: Option<Nanos>,
    /// [`Options::measure`](crate::Options::measure).
    pub measure: Option<bool>,
    /// [`Policy::overload`].
    pub overload: Option<Overload>,
    /// [`Policy::shed`].
    pub shed: Option<Option<Shed>>,
    /// [`Policy::rate`].
    pub rate: Option<Option<Rate>>,
    /// [`Policy::per_key`].
    pub per_key: Option<u32>,
    /// [`Policy::max_waiting_per_key`].
    pub max_waiting_per_key: Option<u32>,
}
