//! Memory through which values go: a table of outcomes, their figures, the bytes of values that come in, and of one that goes out.

use crate::table::{constants, enumeration};

enumeration! {
    /// Columns of an outcome, 32 bits each.
    Column {
        /// Its pool.
        Handle,
        /// Its task.
        Task,
        /// The `ValueKind` of its value, with `ValueFlag`s.
        Kind,
        /// Where the bytes of its value begin.
        Offset,
        /// How many there are.
        Length,
    }
}

enumeration! {
    /// Figures of an outcome, 64 bits each.
    Figure {
        /// The number of its value.
        Value,
        /// Of a failed task: its number in its pool.
        Id,
        /// Of a failed task: how long it has waited.
        WaitMs,
        /// Of a failed task: how long it has run.
        RunMs,
    }
}

constants! {
    /// How the exchange is laid out, in bytes.
    Exchange {
    /// Most outcomes that are handed over at a time.
    OUTCOMES: usize = 256,
    /// How many columns an outcome has.
    COLUMNS: usize = Column::COUNT,
    /// How many figures an outcome has.
    FIGURES: usize = Figure::COUNT,
    /// Where the figures begin.
    FIGURES_AT: usize = OUTCOMES * COLUMNS * size_of::<i32>(),
    /// Where the bytes of values that come in begin.
    BYTES_AT: usize = FIGURES_AT + OUTCOMES * FIGURES * size_of::<f64>(),
    /// Where the bytes of a value that goes out begin.
    OUTGOING_AT: usize = BYTES_AT + 64 * 1_024,
    /// Most bytes of a value that goes out by the exchange.
    OUTGOING_BYTES: usize = 16 * 1_024,
    }
}

/// How many bytes the exchange has.
pub const EXCHANGE: usize = OUTGOING_AT + OUTGOING_BYTES;
