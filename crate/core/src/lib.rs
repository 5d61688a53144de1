//! The pool of workpool: who runs, who waits, who is refused, who retires.
//!
//! Pure Rust: it knows neither Node-API nor JavaScript, and the clock is a parameter. `README.md`, beside this file,
//! has the states, the transitions and the argument why nothing is lost.

#[cfg(any(test, feature = "audit"))]
mod audit;
mod clock;
mod counters;
mod deadlines;
mod depart;
mod exit;
mod face;
mod kind;
mod lock;
mod pool;
mod queue;
mod reap;
mod reaper;
mod stack;
mod state;
mod sync;
mod task;
mod vacancy;
mod watch;
mod worker;

pub use clock::{Clock, MILLISECOND, ManualClock, MonotonicClock, Nanos};
pub use counters::{Column, Counters, Group, Snapshot};
pub use face::{FaceId, Payload};
pub use kind::WorkerKind;
pub use lock::{SpinGuard, SpinLock};
pub use pool::{Host, Pool};
pub use reaper::{Reap, Reaper};
pub use state::{Admission, Cancelled, Effect, End, Finished, Options, Refusal, Rejection, Taken, UNBOUNDED};
pub use task::{Offer, Submission, TaskId, TaskTimes};
pub use vacancy::Wait;
pub use watch::Condition;
pub use worker::WorkerId;
