//! Whether the stack of JavaScript has room for what the library does between two calls of the core.
//!
//! Only V8 knows where its stack ends. To ask V8 is to call a function with thousands of arguments, which throws if they do not fit.
//! The answer holds for the life of the isolate. So it is kept as the lowest address from which there is room, and a later call from
//! above this address costs one comparison.

use std::{cell::Cell, hint::black_box, ptr};

/// How many bytes are left below the lowest address at least. V8 compiles a function at its first call only where 40 KB are left, and
/// the library itself takes some.
const LEFT: usize = 64 * 1024;

/// How many bytes two calls from one function are apart at most.
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

    /// Whether `is_known` will hold for the next call from about here, too. It allows for functions that have more on the stack than the
    /// present one.
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
