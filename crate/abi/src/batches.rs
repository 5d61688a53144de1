//! The array by which a batch is handed in: a head, a row for each task, and the bytes of arguments.

use crate::table::{constants, enumeration};

enumeration! {
    /// Words of the head.
    BatchHead {
        /// The pool.
        Handle,
        /// The number of the reservation.
        Reservation,
        /// Its stamp.
        Stamp,
        /// How many tasks are handed in; then, how many have been taken in. Fewer if the places are gone.
        Count,
        /// Of calls: the number of the export, with its flags.
        Export,
    }
}

enumeration! {
    /// Words of an answer. The answers are where the rows were.
    BatchRow {
        /// The worker that has the task; `NONE` if the task waits.
        Worker,
        /// The number of the task.
        Task,
        /// Its stamp.
        Stamp,
    }
}

enumeration! {
    /// Words of the row of an argument.
    ArgumentRow {
        /// Of the value: half of its number.
        NumberLow,
        /// The other half.
        NumberHigh,
        /// The `ValueKind` of the value.
        Kind,
        /// Where its bytes begin in the array.
        Offset,
        /// How many there are.
        Length,
    }
}

constants! {
    /// How the array is laid out.
    Batching {
    /// Words of the head; the rows begin at a multiple of 16 bytes.
    BATCH_HEAD: usize = BatchHead::COUNT.next_multiple_of(4),
    /// Words of an answer.
    ANSWER: usize = BatchRow::COUNT,
    /// Words of the row of an argument; the next one begins at a multiple of 8 bytes.
    ARGUMENT: usize = ArgumentRow::COUNT.next_multiple_of(2),
    /// Most tasks that are handed in by one call: as many as the core takes in at a time.
    HELD_AT_ONCE: usize = 1_024,
    }
}
