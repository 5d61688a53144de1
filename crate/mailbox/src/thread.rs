//! An isolate as a thread of a pool: how it comes by its next task.

use workpool_core::{Clock, MILLISECOND, Nanos};

use crate::{
    mailbox::{Bell, Mailbox},
    patience::Patience,
    spinners::Spinners,
    stint::Stint,
};

/// Tasks follow one another without a turn of the event loop for this long at most.
pub const LONGEST_STINT: Nanos = 8 * MILLISECOND;

/// What a thread finds that asks for a task.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<T> {
    /// A task it has been given, and the time a moment ago.
    Task(T, Nanos),
    /// Another message, or a task that came too late to be found: the isolate has to look into its mailbox.
    Other,
    /// Nothing: the thread goes back to its event loop, and the bell rings for the next message.
    Nothing,
}

/// The patience of a thread, and the fairness to its event loop.
#[derive(Debug)]
pub struct Thread {
    patience: Patience,
    stint: Stint,
}

impl Default for Thread {
    fn default() -> Self {
        Self { patience: Patience::default(), stint: Stint::new(LONGEST_STINT) }
    }
}

impl Thread {
    /// A task follows another one at once, at `now`, by a clock that is the same each time; whether the event loop is to
    /// have its turn before.
    pub fn goes_on(&self, now: Nanos) -> bool {
        self.stint.is_over(now)
    }

    /// The next task, after a look as long as it is worth it. `may_look`: only a thread without a task looks. One that has begun a
    /// task may need its event loop for that, and so goes back to it at once. `known`: the time a moment ago, if the caller
    /// knows it. The clock is read for a task only if neither the caller nor a look has read it.
    pub fn next<C, T, O, B: Bell>(
        &self,
        mailbox: &Mailbox<C, T, O, B>,
        may_look: bool,
        mut known: Option<Nanos>,
        clock: &impl Clock,
        spinners: &Spinners,
    ) -> Found<T> {
        loop {
            if let Some(task) = mailbox.pop_task() {
                return Found::Task(task, known.unwrap_or_else(|| clock.now()));
            }
            // A message of another kind ends the look before it begins: it is not for this loop.
            if may_look
                && !mailbox.may_have_some()
                && let Some(now) = self.patience.look(clock, spinners, || mailbox.may_have_some())
            {
                known = Some(now);
                continue;
            }
            self.stint.end();
            return if mailbox.sleep() { Found::Nothing } else { Found::Other };
        }
    }
}
