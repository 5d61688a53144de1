//! The pool of workpool: who runs, who waits, who is refused, who retires.
//!
//! Pure Rust: it knows neither Node-API nor JavaScript, and the clock is a parameter. `README.md`, beside this file,
//! has the states, the transitions and the argument why nothing is lost.

mod answer;
mod clock;
mod counters;
mod effect;
mod group;
mod histogram;
#[cfg(feature = "holds")]
mod holds;
mod host;
mod id;
mod key;
mod kind;
mod lock;
mod options;
mod policy;
mod pool;
mod reaper;
mod rules;
mod state;
mod store;
mod submission;
mod sync;

pub use answer::{
    Admission, Broadcasted, Cancelled, End, Finished, Inspection, Interruption, Occupation, Phase, Reason,
    Refusal, Sticky, Taken, TaskTimes, TaskView, WorkerView,
};
pub use clock::{Clock, MILLISECOND, ManualClock, MonotonicClock, Nanos};
pub use counters::{Column, Counters, Group, Snapshot};
pub use effect::{Effect, Rejection};
pub use group::{GroupId, TaskGroup};
pub use histogram::Histogram;
#[cfg(feature = "holds")]
pub use holds::longest_hold;
pub use host::Host;
pub use id::{FaceId, TaskId, WorkerId};
pub use key::Key;
pub use kind::{Care, WorkerKind};
pub use lock::{SpinGuard, SpinLock};
pub use options::Options;
pub use policy::{Change, Overload, Policy, Rate, Shed, UNBOUNDED};
pub use pool::Pool;
pub use reaper::{Reap, Reaper};
pub use state::{batch::Reservation, measures::Measures, vacancy::Wait, watch::Condition};
pub use submission::{BACKGROUND, Broadcast, Offer, Payload, Submission};
