//! How far a task has come, as it tells its origin: a state and not a log.

use workpool_core::SpinLock;

use crate::value::Value;

/// The newest value that a task has told and its origin has not looked at. One that nobody has looked at gives way to the next.
#[derive(Debug)]
pub(crate) struct Progress(SpinLock<Option<Value>>);

impl Default for Progress {
    fn default() -> Self {
        Self(SpinLock::new(None))
    }
}

impl Progress {
    /// Puts the next value here. True: the origin has looked at all values before, so it has to be told that there is one.
    pub(crate) fn put(&self, value: Value) -> bool {
        // The old value is dropped without the lock.
        let old = self.0.lock().replace(value);
        old.is_none()
    }

    /// The origin looks.
    pub(crate) fn take(&self) -> Option<Value> {
        self.0.lock().take()
    }
}
