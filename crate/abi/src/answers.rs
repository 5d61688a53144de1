//! What is asked of the core per task, and what it answers.

use crate::table::{constants, enumeration};

enumeration! {
    /// Why a task is not accepted. A call that may be refused answers with a larger number otherwise.
    Refusal {
        /// The pool is closed.
        Closed = i32::MIN,
        /// The pool is full; its numbers are in `Word.waiting` and `Word.capacity`.
        Overload = i32::MIN + 1,
        /// Nothing is free, and the task may not wait.
        WaitTimeout = i32::MIN + 2,
        /// The system gives no thread that would see to the task's times.
        Untimely = i32::MIN + 3,
        /// It is not known whether the stack has room: nothing has been done or counted. See `needHeadroom`.
        Deep = i32::MIN + 4,
        /// The pool is paused; its numbers are where those of an overload are, as for the next two.
        Paused = i32::MIN + 5,
        /// As many tasks of its key run or wait as may.
        Key = i32::MIN + 6,
        /// As many tasks have started as may for now.
        Rate = i32::MIN + 7,
    }
}

enumeration! {
    /// How a task is offered to a pool.
    Offer {
        /// To this pool alone: it may wait, and a refusal is counted.
        Normal,
        /// To this pool before others: only if it can start at once, or a booting worker will take it; a refusal is not counted.
        AtOnce,
        /// To this pool among others: it may wait; that the pool is full or closed is not counted.
        Uncounted,
    }
}

enumeration! {
    /// How a closure has ended.
    How {
        /// With a result.
        Completed = 0,
        /// With an error.
        Failed = 1,
        /// With an error after which its resource must not be used again.
        FailedAndBroken = 3,
    }
}

enumeration! {
    /// What an abort has met.
    Cancelled {
        /// The task waited: it never runs.
        Waiting,
        /// The task runs: it goes on.
        Running,
        /// The task has settled before.
        Late,
    }
}

enumeration! {
    /// What a function is told that asks whether it had better end; a positive number is the `timeout` that its task has exceeded.
    Interruption {
        /// Nothing has happened to its task.
        Nothing = 0,
        /// The task was aborted.
        Aborted = -1,
    }
}

enumeration! {
    /// What an origin has found that looked for its next outcome.
    Linger {
        /// Nothing has come.
        Nothing,
        /// Something has come.
        Found,
        /// The event loop is to have its turn before the next look.
        Turn,
    }
}

constants! {
    /// Numbers that stand for something else than the call is about.
    Special {
        /// The largest number of a refusal.
        LAST_REFUSAL: i32 = Refusal::Rate as i32,
        /// No task; of `detail`, no value; of `shapeNumber`, no room for another one.
        NONE: i32 = -1,
        /// No task for this thread, but something else to do.
        OTHER: i32 = -2,
        /// As a `waitTimeout`: the task waits for as long as it takes.
        NO_LIMIT: i32 = -1,
        /// As a capacity: it has no limit.
        UNBOUNDED: i32 = workpool_core::UNBOUNDED as i32,
    }
}
