//! The mailbox of an isolate: what other threads leave for it, how it is woken, and how long it looks before it sleeps. And
//! the crew: threads of the operating system that are the workers of a pool.
//!
//! Pure Rust: the messages, the bell and the clock are parameters. `README.md`, in the folder of the crate, has the protocol and the
//! argument why no wake-up is lost; `tests/loom` has the models that show it.

#[cfg(not(loom))]
mod crew;
mod mailbox;
mod origin;
mod parker;
mod patience;
mod spinners;
mod stint;
mod stream;
mod sync;
mod thread;

#[cfg(not(loom))]
pub use crew::{Attention, Crew, Work};
pub use mailbox::{Bell, Mailbox, Next, Sender};
pub use origin::{FEW, LONGEST_LINGER, Linger, Origin};
pub use patience::{LONGEST_SPIN, Patience};
pub use spinners::{Spinner, Spinners};
pub use stream::{Credit, Stream};
pub use thread::{Found, LONGEST_STINT, Thread};
