//! An isolate as an origin: how long it looks for the end of a task before it goes back to its event loop.

use workpool_core::{Clock, MILLISECOND, Nanos};

use crate::{
    mailbox::{Bell, Mailbox},
    patience::Patience,
    spinners::Spinners,
    stint::Stint,
};

/// With so many open promises an origin looks for the next outcome itself. With more of them outcomes had better gather: every look
/// costs the threads that report them some cache misses.
pub const FEW: u32 = 8;

/// An origin looks again and again without a turn of its event loop for this long at most.
pub const LONGEST_LINGER: Nanos = MILLISECOND;

/// What a look of an origin has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linger {
    /// The look was in vain, or not worth it.
    Nothing,
    /// There may be a message.
    Something,
    /// The event loop is to have its turn first.
    Turn,
}

/// The patience of an origin, and the fairness to its event loop.
#[derive(Debug)]
pub struct Origin {
    patience: Patience,
    stint: Stint,
}

impl Default for Origin {
    fn default() -> Self {
        Self { patience: Patience::default(), stint: Stint::new(LONGEST_LINGER) }
    }
}

impl Origin {
    /// The event loop has had its turn.
    pub fn rests(&self) {
        self.stint.end();
    }

    /// The isolate goes on without a turn of its event loop; whether the event loop is to have its turn before.
    pub fn goes_on(&self, clock: &impl Clock) -> bool {
        self.stint.is_over(clock.now())
    }

    /// Looks for the next message as long as it is worth it. `open`: how many promises the isolate has handed out that have not settled.
    pub fn linger<C, T, O, B: Bell>(
        &self,
        mailbox: &Mailbox<C, T, O, B>,
        open: u32,
        clock: &impl Clock,
        spinners: &Spinners,
    ) -> Linger {
        if open > FEW {
            self.stint.end();
            return Linger::Nothing;
        }
        if self.stint.is_over(clock.now()) {
            // The next one begins after the turn.
            self.stint.end();
            return Linger::Turn;
        }
        if self.patience.look(clock, spinners, || mailbox.may_have_some()).is_some() {
            return Linger::Something;
        }
        self.stint.end();
        Linger::Nothing
    }
}
