//! A task as it is handed in.

use crate::{
    group::{Name, TaskGroup},
    id::FaceId,
    key::Key,
};

/// The priority of a task that starts only when no other one could, and while less than half of the pool is busy.
pub const BACKGROUND: u64 = u64::MAX;

/// What a host keeps with a task to find it again.
pub trait Payload: Copy {
    /// The face that the task came through.
    fn face(self) -> FaceId {
        FaceId::FIRST
    }
}

impl Payload for FaceId {
    fn face(self) -> FaceId {
        self
    }
}

/// A number of the host's own, in a pool with one face.
impl Payload for u32 {}

/// A name of the host's own, in a pool with one face.
impl Payload for &'static str {}

/// A task as it is handed in.
#[derive(Debug, Clone, Copy)]
pub struct Submission<T> {
    /// What the host needs to find the task again.
    pub payload: T,
    /// 0 goes first; [`BACKGROUND`] goes last, and not always.
    pub priority: u64,
    /// Most milliseconds without a worker, from now; 0 refuses rather than waits.
    pub wait_timeout: Option<u32>,
    /// Most milliseconds of running, from [`begin`](crate::Pool::begin), once the task is
    /// [limited](crate::Pool::limit); 0 for no limit.
    pub timeout: u32,
    /// Whether to note when the task is submitted and begun, for [`TaskTimes`](crate::TaskTimes).
    pub timed: bool,
    /// How the task is offered.
    pub offer: Offer,
    /// Slots of capacity that the task takes, at least 1. Only workers that are [slots](crate::WorkerKind::Slot) heed
    /// it.
    pub weight: u32,
    /// What the task belongs to.
    pub key: Option<Key>,
    /// The group that the task belongs to. One with a limit stands for the key.
    pub group: Option<TaskGroup>,
}

impl<T> Submission<T> {
    /// A task of priority 1 and weight 1, without deadlines and without a key.
    pub const fn new(payload: T) -> Self {
        Self {
            payload,
            priority: 1,
            wait_timeout: None,
            timeout: 0,
            timed: false,
            offer: Offer::Normal,
            weight: 1,
            key: None,
            group: None,
        }
    }
}

impl<T> Submission<T> {
    /// Whether only a pool with a schedule can deal with the task.
    pub(crate) const fn is_special(&self) -> bool {
        self.key.is_some() || self.weight > 1 || self.priority == BACKGROUND || self.has_limited_group()
    }

    const fn has_limited_group(&self) -> bool {
        matches!(self.group, Some(group) if group.is_limited())
    }

    /// What says how many tasks like this one run at once.
    pub(crate) const fn name(&self) -> Option<Name> {
        match (self.group, self.key) {
            (Some(group), _) if group.is_limited() => Some(Name::Group(group.id)),
            (_, Some(key)) => Some(Name::Key(key)),
            (_, None) => None,
        }
    }

    /// Its key, by which tasks with one are treated alike.
    pub(crate) const fn fair_key(&self) -> Option<Key> {
        if self.has_limited_group() { None } else { self.key }
    }
}

/// A task for every live worker, which each takes before any task that waits. Such tasks are not waiting ones: no bound
/// and no rate holds for them, but a pause does.
#[derive(Debug, Clone, Copy)]
pub struct Broadcast<'a, T> {
    /// The face that it comes through.
    pub face: FaceId,
    /// One for each worker, in the order of their numbers. Those that are left over are not used.
    pub payloads: &'a [T],
    /// Most milliseconds from now until a task of it has ended; 0 for no limit.
    pub timeout: u32,
    /// Whether to note when the tasks begin.
    pub timed: bool,
    /// What workers do that start later, [before](crate::Pool::sticky_after) their first task; it replaces what they did
    /// under this name. Only the host ever takes it.
    pub sticky: Option<(u32, T)>,
}

/// How a task is offered to a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// To this pool alone. A refusal is counted.
    Normal,
    /// To this pool before others: the task is refused rather than waits, unless a booting worker will take it. A
    /// refusal is not counted.
    AtOnce,
    /// To this pool among others: the task may wait. A refusal because the pool is full or closed is not counted.
    Uncounted,
    /// To this pool, which has a place for it: only a pool that has been released refuses it. So a [batch] hands in its
    /// tasks, and nobody else.
    ///
    /// [batch]: crate::Pool::submit_reserved
    Reserved {
        /// Whether the task may wait; if not, a worker is kept for it.
        may_wait: bool,
    },
}
