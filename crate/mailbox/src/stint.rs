//! How long an isolate goes on before its event loop has its turn.

use std::cell::Cell;

use workpool_core::Nanos;

/// Work without a turn of the event loop. The owner says when the loop has had one.
#[derive(Debug)]
pub(crate) struct Stint {
    longest: Nanos,
    began_at: Cell<Option<Nanos>>,
}

impl Stint {
    pub(crate) const fn new(longest: Nanos) -> Self {
        Self { longest, began_at: Cell::new(None) }
    }

    /// There is more work, at `now`; whether the stint is over. If it is, the next one begins at `now`.
    pub(crate) fn is_over(&self, now: Nanos) -> bool {
        let began_at = self.began_at.get().unwrap_or(now);
        let is_over = now - began_at >= self.longest;
        self.began_at.set(Some(if is_over { now } else { began_at }));
        is_over
    }

    /// There is no more work: the next stint begins with the next work.
    pub(crate) fn end(&self) {
        self.began_at.set(None);
    }
}
