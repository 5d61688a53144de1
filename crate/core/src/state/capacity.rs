//! How many workers there may be, and which of several changes of the capacity prevails.

/// Most live workers.
#[derive(Debug)]
pub(crate) struct Capacity {
    limit: u32,
    /// How many changes have begun, modulo 2³².
    changes: u32,
}

impl Capacity {
    pub(crate) const fn new(limit: u32) -> Self {
        Self { limit, changes: 0 }
    }

    /// Most live workers; [`UNBOUNDED`](crate::UNBOUNDED) for no limit.
    pub(crate) const fn limit(&self) -> u32 {
        self.limit
    }

    /// A change begins. Returns its number.
    pub(crate) const fn begin_change(&mut self) -> u32 {
        self.changes = self.changes.wrapping_add(1);
        self.changes
    }

    /// Whether no other change has begun since this one.
    pub(crate) const fn is_latest(&self, change: u32) -> bool {
        change == self.changes
    }

    pub(crate) const fn set(&mut self, limit: u32) {
        self.limit = limit;
    }
}
