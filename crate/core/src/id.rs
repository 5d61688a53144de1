//! The names under which the host and the pool speak of a worker, a task and a face.

use std::fmt;

/// A worker, by the number under which the pool keeps its record. Numbers are dense and are used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(pub u32);

/// A task, by the number under which the pool keeps its record, and a stamp. Numbers are dense and are used again once
/// the record is gone; the stamp tells the task from all others that have the number before or after it. So whoever is
/// late with a name meets nobody.
///
/// The stamp is the task's place among all tasks of the pool, without what does not fit into it: a name would have to
/// be late by 4,294,967,296 tasks exactly to mean another one.
///
/// The name is one word, with the number in the upper half, so it is passed in a register, also within an `Option`. Two
/// separate halves would be passed in memory, where they are written as two values and read as one, for which a
/// processor waits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(u64);

impl TaskId {
    /// The task of this number and this stamp, as [`number`](Self::number) and [`stamp`](Self::stamp) have given them.
    #[must_use]
    pub const fn new(number: u32, stamp: u32) -> Self {
        Self((number as u64) << 32 | stamp as u64)
    }

    /// The number, which no other task of the pool has at the same time.
    #[must_use]
    pub const fn number(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The stamp, which tells the task from the others that have its number before and after it.
    #[must_use]
    pub const fn stamp(self) -> u32 {
        self.0 as u32
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskId").field("number", &self.number()).field("stamp", &self.stamp()).finish()
    }
}

/// A face: what an isolate holds of a pool. Its place and its stamp together are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaceId {
    pub(crate) index: u32,
    /// How many faces the pool had before this one, without what does not fit: what is late for a face that has gone
    /// must not reach the next one at its place. It would have to be late by 4,294,967,296 faces exactly.
    stamp: u32,
}

impl FaceId {
    /// The face of whoever made the pool.
    pub const FIRST: Self = Self { index: 0, stamp: 0 };

    pub(crate) const fn new(index: u32, stamp: u32) -> Self {
        Self { index, stamp }
    }

    /// A place in a list of faces; another face may take it once this one has departed.
    #[must_use]
    pub const fn index(self) -> usize {
        self.index as usize
    }

    pub(crate) const fn stamp(self) -> u32 {
        self.stamp
    }
}
