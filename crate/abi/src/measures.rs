//! The array in which the measured times of tasks are read: 64-bit numbers, first what `MeasuresHead` names, then of the
//! time of waiting and of that of running what `MeasureHead` names, and the counts of the buckets.

use workpool_core::Histogram;

use crate::table::{constants, enumeration};

enumeration! {
    /// Numbers at the beginning of the array.
    MeasuresHead {
        /// The pool. Then, whether it measures or has measured: 1 or 0.
        Handle,
    }
}

enumeration! {
    /// Numbers before the counts.
    MeasureHead {
        /// How many times there are.
        Count,
        /// All of them together, in nanoseconds.
        Sum,
        /// The shortest one, in nanoseconds.
        Shortest,
        /// The longest one, in nanoseconds.
        Longest,
    }
}

constants! {
    /// How the array is laid out, and which times are in a bucket: the first 2 × `STEPS` buckets are `UNIT` wide, the next
    /// `STEPS` twice as wide, and so on.
    Measuring {
    /// Buckets of a histogram.
    BUCKETS: usize = Histogram::BUCKETS,
    /// Buckets of one width.
    STEPS: usize = Histogram::STEPS,
    /// Nanoseconds in the narrowest ones.
    UNIT: u64 = Histogram::UNIT,
    /// Numbers of one histogram.
    MEASURE: usize = MeasureHead::COUNT + BUCKETS,
    /// Numbers in the array.
    MEASURES: usize = MeasuresHead::COUNT + 2 * MEASURE,
    }
}
