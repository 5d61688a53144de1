//! Whether what the library does between two calls of the core fits on the stack of JavaScript.
//!
//! Only V8 knows where its stack ends, and asking it costs a call with thousands of arguments, which throws if they do not fit.
//! What has been found holds for the life of the isolate. So each answer is kept, as the lowest address from which there is
//! room, and a call that comes from above it costs one comparison.

use std::{cell::Cell, hint::black_box, ptr};

/// What is left below the lowest address at least, in bytes: V8 compiles a function that is called for the first time only where
/// 40 KB are left, and what the library does takes some, too.
const LEFT: usize = 64 * 1024;

/// How far calls from one function are apart at most, in bytes.
const AROUND: usize = 8 * 1024;

#[derive(Debug)]
pub(crate) struct Headroom {
    /// The lowest address at which a call may be made; at first none is known.
    lowest: Cell<usize>,
}

impl Default for Headroom {
    fn default() -> Self {
        Self { lowest: Cell::new(usize::MAX) }
    }
}

impl Headroom {
    /// Whether there is known to be room below the caller.
    pub(crate) fn is_known(&self) -> bool {
        here() >= self.lowest.get()
    }

    /// Whether `is_known` will say so to the next call from about here, too: functions differ in what they have on the stack
    /// themselves.
    pub(crate) fn is_known_around(&self) -> bool {
        here() >= self.lowest.get().saturating_add(AROUND)
    }

    /// So many bytes have been found to fit below the caller.
    pub(crate) fn found(&self, bytes: usize) {
        let lowest = here().saturating_sub(bytes.saturating_sub(LEFT));
        self.lowest.set(self.lowest.get().min(lowest));
    }
}

/// An address on the stack, near the top of it. Stacks grow downwards on every platform of the addon.
fn here() -> usize {
    let local = 0_u8;
    ptr::from_ref(black_box(&local)).addr()
}
