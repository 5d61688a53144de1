//! How many isolates look at the same time instead of sleeping.

use crate::sync::{AtomicUsize, Ordering};

/// The places for those who look; one set for the process.
#[derive(Debug)]
pub struct Spinners {
    looking: AtomicUsize,
    most: usize,
}

/// The place of one who looks, given back when it is dropped.
#[derive(Debug)]
pub struct Spinner<'a>(&'a Spinners);

impl Spinners {
    /// Leaves one processor to those who work. Of two, one spinner saves the system calls of a wake-up on both sides; a second one
    /// costs more than it saves.
    #[must_use]
    pub fn for_processors(processors: usize) -> Self {
        Self { looking: AtomicUsize::new(0), most: processors.saturating_sub(1).max(1) }
    }

    /// A place, if one is free.
    ///
    /// Whoever has a place read a number below `most` as it added itself, and the number is never lower than the number of places
    /// taken: so there are at most `most`. Relaxed, as the order of changes of one number is enough for that, and nothing is
    /// published with it.
    #[inline]
    pub fn enter(&self) -> Option<Spinner<'_>> {
        let place = Spinner(self);
        (self.looking.fetch_add(1, Ordering::Relaxed) < self.most).then_some(place)
    }
}

impl Drop for Spinner<'_> {
    fn drop(&mut self) {
        self.0.looking.fetch_sub(1, Ordering::Relaxed);
    }
}
