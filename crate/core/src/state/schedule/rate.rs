//! The last starts, by which it is exact that in every interval no more than so many tasks start.

use crate::{clock::Nanos, policy::Rate, store::Row};

/// The times of the last `limit` starts, oldest first. A start is allowed if the one `limit` starts before it lies at
/// least an `interval` back; a bucket of tokens would let twice as many start around the moment at which it is full.
#[derive(Debug)]
pub(crate) struct Starts {
    rate: Rate,
    times: Row<Nanos>,
}

impl Starts {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, times: Row::default() }
    }

    /// Another rate holds from now on, for the starts that have been, too. Of starts that are not known any more it is
    /// taken that they were as late as the oldest that is.
    pub(crate) fn change(&mut self, rate: Rate) {
        let (old, new) = (self.rate.limit as usize, rate.limit as usize);
        self.rate = rate;
        while self.times.len() > new {
            self.times.pop_front();
        }
        if self.times.len() == old
            && new > old
            && let Some(&oldest) = self.times.first()
        {
            let unknown = std::iter::repeat_n(oldest, new - old);
            self.times = unknown.chain(self.times.iter().copied()).collect();
        }
    }

    /// How many tasks may start now.
    pub(crate) fn allowed(&self, now: Nanos) -> u32 {
        self.rate.limit - (self.times.len() - self.over(now)) as u32
    }

    /// How many of the known starts lie an interval back.
    fn over(&self, now: Nanos) -> usize {
        let interval = self.rate.interval;
        // As a rule a start is asked for when none or all of them do.
        match self.times.first() {
            Some(&oldest) if oldest + interval <= now => {
                self.times.partition_point(|&time| time + interval <= now)
            }
            _ => 0,
        }
    }

    pub(crate) fn note(&mut self, now: Nanos) {
        if self.times.len() == self.rate.limit as usize {
            self.times.pop_front();
        }
        self.times.push(now);
    }

    /// When one more may start than now; `Nanos::MAX` if as many may as ever.
    pub(crate) fn next_increase(&self, now: Nanos) -> Nanos {
        self.times.get(self.over(now)).map_or(Nanos::MAX, |&time| time + self.rate.interval)
    }

    /// When a task may start before which so many others do.
    pub(crate) fn start_behind(&self, others: u32, now: Nanos) -> Nanos {
        let Rate { limit, interval } = self.rate;
        let (rounds, others) = (others / limit, (others % limit) as usize);
        let before = (self.times.len() + others).checked_sub(limit as usize);
        let first = match before {
            Some(index) if index < self.times.len() => (self.times[index] + interval).max(now),
            _ => now,
        };
        first + u64::from(rounds) * interval
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn audit(&self, now: Nanos) {
        assert!(self.times.len() <= self.rate.limit as usize, "more starts are known than asked for");
        assert!(self.times.iter().is_sorted(), "starts in order");
        assert!(self.times.last().is_none_or(|&last| last <= now), "a start that is to come");
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn starts(limit: u32, interval: Nanos, times: &[Nanos]) -> Starts {
        let mut starts = Starts::new(Rate { limit, interval });
        times.iter().for_each(|&time| starts.note(time));
        starts
    }

    #[test]
    fn a_start_counts_until_the_interval_has_passed() {
        let starts = starts(2, 10, &[0, 4]);
        assert_eq!([4, 9, 10, 13, 14].map(|now| starts.allowed(now)), [0, 0, 1, 1, 2]);
        assert_eq!([4, 10, 14].map(|now| starts.next_increase(now)), [10, 14, Nanos::MAX]);
    }

    #[test]
    fn whoever_waits_behind_others_is_told_the_round_in_which_it_starts() {
        let starts = starts(2, 10, &[0, 4]);
        assert_eq!([0, 1, 2, 3, 4].map(|others| starts.start_behind(others, 5)), [10, 14, 20, 24, 30]);
        assert_eq!(starts.start_behind(0, 12), 12);
    }

    #[test]
    fn a_larger_limit_takes_unknown_starts_to_be_as_late_as_the_oldest_known_one() {
        let mut starts = starts(2, 10, &[1, 2, 3]);
        starts.change(Rate { limit: 4, interval: 10 });
        assert_eq!(starts.allowed(3), 0);
        assert_eq!(starts.allowed(12), 3);
        starts.change(Rate { limit: 1, interval: 10 });
        assert_eq!([12, 13].map(|now| starts.allowed(now)), [0, 1]);
    }
}
