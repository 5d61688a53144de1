//! How long an isolate looks for what comes next instead of going to sleep.

use std::cell::Cell;

use workpool_core::{Clock, Nanos};

use crate::{spinners::Spinners, sync::pause};

const MICROSECOND: Nanos = 1_000;

/// Longest look: about what going to sleep and being woken cost.
pub const LONGEST_SPIN: Nanos = 50 * MICROSECOND;

/// Shortest look. Who never looked would never learn that it is worth it again.
const SHORTEST_SPIN: Nanos = MICROSECOND;

/// How long it may take one spinner to notice that it has been served, and to give its place up.
const HANDOVER: Nanos = MICROSECOND;

/// How long it has been worth it lately to look for what comes next.
#[derive(Debug)]
pub struct Patience(Cell<Nanos>);

impl Default for Patience {
    fn default() -> Self {
        Self(Cell::new(LONGEST_SPIN))
    }
}

impl Patience {
    /// Looks until there is something, patience is lost, or no place among the spinners comes free; when there was something, if
    /// there was.
    pub fn look(
        &self,
        clock: &impl Clock,
        spinners: &Spinners,
        is_there: impl Fn() -> bool,
    ) -> Option<Nanos> {
        let budget = self.0.get();
        let start = clock.now();
        let mut now = start;
        let mut place = None;
        let found = loop {
            if is_there() {
                break Some(now);
            }
            now = clock.now();
            let elapsed = now - start;
            place = place.or_else(|| spinners.enter());
            // Whoever has just been answered is about to give its place up.
            if elapsed >= budget || (place.is_none() && elapsed >= HANDOVER) {
                break None;
            }
            pause();
        };
        // Worth it: the next look may be as long as any. Not worth it: the next one is half as long.
        self.0.set(if found.is_some() { LONGEST_SPIN } else { (budget / 2).max(SHORTEST_SPIN) });
        found
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A clock that passes by itself: each look at it costs half a microsecond.
    #[derive(Default)]
    struct Ticking(Cell<Nanos>);

    impl Clock for Ticking {
        fn now(&self) -> Nanos {
            self.0.replace(self.0.get() + MICROSECOND / 2)
        }
    }

    /// How long a look in vain takes.
    fn in_vain(patience: &Patience, clock: &Ticking, spinners: &Spinners) -> Nanos {
        let start = clock.0.get();
        assert_eq!(patience.look(clock, spinners, || false), None);
        clock.0.get() - start
    }

    #[test]
    fn a_look_in_vain_makes_the_next_one_half_as_long_and_a_success_restores_it() {
        let (patience, clock, spinners) =
            (Patience::default(), Ticking::default(), Spinners::for_processors(2));
        for halvings in 0..8 {
            let budget = (LONGEST_SPIN >> halvings).max(SHORTEST_SPIN);
            let length = in_vain(&patience, &clock, &spinners);
            assert!((budget..budget + 2 * MICROSECOND).contains(&length), "{length} instead of {budget}");
        }
        let now = clock.0.get();
        assert_eq!(patience.look(&clock, &spinners, || true), Some(now));
        assert!(in_vain(&patience, &clock, &spinners) >= LONGEST_SPIN);
    }

    #[test]
    fn who_finds_no_place_among_the_spinners_goes_on_after_the_handover() {
        let (patience, clock, spinners) =
            (Patience::default(), Ticking::default(), Spinners::for_processors(2));
        let place = spinners.enter();
        assert!(place.is_some());
        assert!(in_vain(&patience, &clock, &spinners) <= 2 * HANDOVER);
        drop(place);
        assert!(in_vain(&patience, &clock, &spinners) > 2 * HANDOVER);
    }
}
