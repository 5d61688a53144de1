//! How fast tasks end, as far as samples tell.

use crate::clock::{MILLISECOND, Nanos};

/// Samples that lie closer together say too little.
const LEAST: Nanos = 100 * MILLISECOND;

#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Nanos,
    ended: u64,
}

/// The last samples of how many tasks have ended.
#[derive(Debug, Default)]
pub(crate) struct Throughput {
    last: Option<Sample>,
    /// The last one that is old enough to be compared with.
    base: Option<Sample>,
}

impl Throughput {
    /// Nanoseconds per end since the last sample that is old enough; `None` if there is none yet, or nothing has ended.
    pub(crate) fn sample(&mut self, now: Nanos, ended: u64) -> Option<f64> {
        let is_old = |sample: Sample| now - sample.at >= LEAST;
        if self.last.is_none_or(is_old) {
            self.base = self.last.replace(Sample { at: now, ended });
        }
        let base = self.base?;
        let ends = ended.saturating_sub(base.ended);
        (ends > 0).then(|| (now - base.at) as f64 / ends as f64)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_time_per_end_is_known_from_the_second_sample_on() {
        let mut throughput = Throughput::default();
        assert_eq!(throughput.sample(0, 0), None);
        assert_eq!(throughput.sample(99 * MILLISECOND, 50), None);
        assert_eq!(throughput.sample(100 * MILLISECOND, 50), Some(2e6));
        assert_eq!(throughput.sample(150 * MILLISECOND, 50), Some(3e6));
        assert_eq!(throughput.sample(300 * MILLISECOND, 50), None, "nothing has ended since");
    }
}
