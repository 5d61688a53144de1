//! A scope of tasks.

use std::num::NonZero;

use crate::{key::Key, policy::UNBOUNDED};

/// Names a group of a pool. A pool gives a name once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub NonZero<u64>);

/// The group that a task belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskGroup {
    /// Which group.
    pub id: GroupId,
    /// Most tasks of the group that run at once; [`UNBOUNDED`] for no limit. The same for all its tasks, and not 0.
    pub limit: u32,
}

impl TaskGroup {
    /// Whether only a pool with a schedule can deal with its tasks.
    pub(crate) const fn is_limited(self) -> bool {
        self.limit < UNBOUNDED
    }
}

/// What says how many of some tasks run at once: their key, or their group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    Key(Key),
    Group(GroupId),
}
