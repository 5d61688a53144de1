//! How many workers there may be, and how many there are to be.

/// Most live workers.
#[derive(Debug)]
pub(crate) struct Capacity {
    limit: u32,
    /// What the limit is to become, in steps.
    target: u32,
}

impl Capacity {
    pub(crate) const fn new(limit: u32) -> Self {
        Self { limit, target: limit }
    }

    /// Most live workers; [`UNBOUNDED`](crate::UNBOUNDED) for no limit.
    pub(crate) const fn limit(&self) -> u32 {
        self.limit
    }

    /// The same, once the last change is complete.
    pub(crate) const fn target(&self) -> u32 {
        self.target
    }

    /// A change begins; a change before it that is not complete ends.
    pub(crate) const fn begin_change(&mut self, target: u32) {
        self.target = target;
    }

    /// Whether a change is not complete.
    pub(crate) const fn is_changing(&self) -> bool {
        self.limit != self.target
    }

    pub(crate) const fn set(&mut self, limit: u32) {
        self.limit = limit;
    }
}
