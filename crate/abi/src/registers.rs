//! Memory that an isolate and the core share: what a call takes and returns beside its integers.

use workpool_core::Snapshot;

use crate::table::{constants, enumeration};

enumeration! {
    /// Places of the 32-bit words, which come first.
    Word {
        /// 1 while commands may be there for the isolate.
        Pending,
        /// The task of the last `submit`, if it was accepted; in a thread, the one that is to begin.
        Task,
        /// Whether the last `finish` or `done` has settled its task.
        Settled,
        /// The pool of the last command: the number of its handle.
        Handle,
        /// What the last command is about; in a thread, the function of the task that is to begin.
        First,
        /// More about the command; of a value that comes in, the length of its bytes.
        Second,
        /// Whether no task of the pool is left after the last `finish`, `cancel` or rejection.
        Quiet,
        /// In a thread: whether its event loop has not had its turn for long.
        Turn,
        /// Of the value that goes out with a call: its `ValueKind`.
        Kind,
        /// Of the value that goes out with a call: how many bytes it has.
        Length,
        /// Still more about the last command.
        Third,
        /// Of the pool that has refused a task as it is full: what waits. Read at once.
        Waiting,
        /// Of that pool: its capacity, or `UNBOUNDED`.
        Capacity,
        /// Of the task of the last `submit` or `run`, or of the last command. A number is used again; with its stamp it names one task.
        Stamp,
        /// Whether the bytes of the value that goes out are in what has been lent, and not at the end of the exchange.
        Lent,
    }
}

enumeration! {
    /// Places of a task's times among the numbers.
    Time {
        /// The task's number in its pool, from 1.
        Id,
        /// How long it has waited.
        WaitMs,
        /// How long it has run.
        RunMs,
    }
}

constants! {
    /// How the registers are laid out.
    Registers {
    /// How many words there are; the 64-bit numbers, which follow, begin at a multiple of 8 bytes.
    WORDS: usize = Word::COUNT.next_multiple_of(2),
    /// Among the numbers: that of the value that comes in.
    INCOMING: usize = 0,
    /// Among the numbers: that of the value that goes out with a call, behind all that are ever answered.
    OUTGOING: usize = Snapshot::COLUMNS,
    /// How many numbers there are.
    NUMBERS: usize = OUTGOING + 1,
    /// Where the word is that counts how often something may have happened to a task of this thread, in bytes. Other threads write it.
    ALERTS_AT: usize = WORDS * size_of::<i32>() + NUMBERS * size_of::<f64>(),
    }
}

/// How many bytes the registers have.
pub const REGISTERS: usize = ALERTS_AT + size_of::<i32>();
