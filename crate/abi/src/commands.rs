//! What the core leaves for an isolate to do.

use crate::table::{constants, enumeration};

enumeration! {
    /// What an isolate is to do. What it is about stands in `Word.first`, `second` and `third`, in this order.
    CommandKind {
        /// Nothing is left to do.
        Nothing,
        /// Start a task: worker, task.
        Start,
        /// Make a worker, or its resource: worker.
        Boot,
        /// Take a worker down: worker.
        Retire,
        /// Reject a task: task, `Rejection`, the limit that it exceeded in ms.
        Reject,
        /// Settle a watch: token; 0 if its condition holds, else 1 + how many workers were left; of a vacancy a `Vacancy`.
        Watched,
        /// End a thread, whatever it does: worker.
        Kill,
        /// Send the argument of a task to its thread by a message port: worker, task.
        SendArgument,
        /// Tasks have ended: drain the outcomes.
        Outcomes,
        /// This isolate, a thread of a pool, has been given tasks.
        Tasks,
        /// A thread is dead; Node says so to its owner, too, unless that is blocked: worker, number of the thread.
        Died,
        /// In a thread, abort the signal of a task: task, 1 if only a task that has settled is meant.
        Abort,
        /// A worker that is being taken down counts no more, or one that is being made is too late: worker.
        Overdue,
        /// Ask whether the resource of an idle worker can still be used: worker.
        Validate,
        /// A stream that this isolate consumes has chunks: its number.
        Chunks,
        /// A stream that this isolate, a thread, produces has credit again, or nobody consumes it any more: its number.
        Credits,
    }
}

enumeration! {
    /// Why a task settles without its function.
    Rejection {
        /// It waited when the pool was released.
        Released,
        /// It had no worker within its `waitTimeout`.
        WaitTimeout,
        /// It ran longer than its `timeout`.
        TaskTimeout,
        /// Its thread has died under it.
        Crashed,
        /// No thread could be started for it.
        StartFailed,
        /// The pool was destroyed.
        Destroyed,
        /// It gave way to another task, as the queue was full.
        Displaced,
        /// It waited for too long in a queue that did not empty.
        Shed,
        /// It waited when the queue was cleared.
        Cleared,
        /// It was bound to a thread that took no more tasks before it had begun this one.
        LeftOut,
    }
}

enumeration! {
    /// How a wait for a vacancy has ended.
    Vacancy {
        /// A submit would not have to wait.
        Told,
        /// The pool is closed.
        Closed,
        /// Its time is over.
        Late,
    }
}

constants! {
    /// What the token of a watch says.
    Token {
        /// Its promise keeps the process alive.
        HELD: u32 = 1,
    }
}

/// How many workers were `left` when the time of a watch was up, as `CommandKind::Watched` says it.
#[must_use]
pub const fn watched(left: Option<u32>) -> u32 {
    match left {
        None => 0,
        Some(left) => left.saturating_add(1),
    }
}
