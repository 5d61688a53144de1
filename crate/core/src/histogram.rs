//! Times, counted by how long they are.

use crate::clock::Nanos;

/// Buckets of one octave. A bucket is at most 1/64 of its times wide, so its middle is at most 1/128 away from each.
const STEPS_LOG: u32 = 6;
const STEPS: usize = 1 << STEPS_LOG;
/// Times are told apart from so many nanoseconds on, as a power of two.
const UNIT_LOG: u32 = 4;
/// The first time that is too long is 2³⁸ units: 73 minutes.
const OCTAVES: usize = 38 - STEPS_LOG as usize;
/// The first octave of buckets holds what is shorter than 64 units.
const BUCKETS: usize = (OCTAVES + 1) * STEPS;

/// Most times that a bucket counts by itself. A million tasks a second fill one in 72 minutes, so it runs over.
const FULL: u32 = u32::MAX;

/// How many times there were of each length, in buckets that are the wider the longer their times are. From 1 µs to an hour
/// no time is more than 1 % away from the middle of its bucket. What is longer than 73 minutes is in the last one.
///
/// ```
/// use workpool_core::{Histogram, MILLISECOND};
///
/// let mut histogram = Histogram::default();
/// for ms in 1..=100 {
///     histogram.record(ms * MILLISECOND);
/// }
/// assert_eq!((histogram.count(), histogram.longest()), (100, 100 * MILLISECOND));
/// let up_to_50 = (0..Histogram::BUCKETS).filter(|&bucket| Histogram::floor(bucket) <= 50 * MILLISECOND);
/// assert_eq!(up_to_50.map(|bucket| histogram.of(bucket)).sum::<u64>(), 50);
/// ```
#[derive(Debug, Clone)]
pub struct Histogram {
    count: u64,
    /// Of all times, in nanoseconds. A thousand workers that are always busy fill 64 bits in seven months.
    sum: u128,
    shortest: Nanos,
    longest: Nanos,
    /// By bucket, what is left of its count beside `carried`: half the memory that whole counts would take.
    counts: Box<[u32; BUCKETS]>,
    /// Buckets that have run over, once for each time.
    carried: Vec<u16>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            count: 0,
            sum: 0,
            shortest: Nanos::MAX,
            longest: 0,
            counts: Box::new([0; BUCKETS]),
            carried: Vec::new(),
        }
    }
}

impl Histogram {
    /// How many buckets there are.
    pub const BUCKETS: usize = BUCKETS;
    /// How many buckets of one width follow one another; of the narrowest ones twice as many.
    pub const STEPS: usize = STEPS;
    /// The width of the narrowest ones, in nanoseconds.
    pub const UNIT: Nanos = 1 << UNIT_LOG;

    /// One more time.
    #[inline]
    pub fn record(&mut self, time: Nanos) {
        self.count += 1;
        self.sum += u128::from(time);
        self.shortest = self.shortest.min(time);
        self.longest = self.longest.max(time);
        let bucket = bucket_of(time);
        let count = &mut self.counts[bucket];
        if *count == FULL {
            self.carried.push(bucket as u16);
        }
        *count = count.wrapping_add(1);
    }

    /// How many times there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// All of them together, in nanoseconds.
    #[must_use]
    pub const fn sum(&self) -> u128 {
        self.sum
    }

    /// The shortest one; 0 if there is none.
    #[must_use]
    pub const fn shortest(&self) -> Nanos {
        if self.count == 0 { 0 } else { self.shortest }
    }

    /// The longest one; 0 if there is none.
    #[must_use]
    pub const fn longest(&self) -> Nanos {
        self.longest
    }

    /// How many are in this bucket.
    #[must_use]
    pub fn of(&self, bucket: usize) -> u64 {
        let carried = self.carried.iter().filter(|&&carried| usize::from(carried) == bucket).count() as u64;
        u64::from(self.counts[bucket]) + (carried << u32::BITS)
    }

    /// The shortest time that belongs to this bucket. It ends where the next one begins.
    #[must_use]
    pub const fn floor(bucket: usize) -> Nanos {
        let octave = (bucket / STEPS).saturating_sub(1);
        // In the first octave the step is the bucket itself.
        let step = bucket - octave * STEPS;
        (step as Nanos) << octave << UNIT_LOG
    }

    /// Takes over what `other` has, without new memory as a rule.
    pub(crate) fn copy(&mut self, other: &Self) {
        let Self { count, sum, shortest, longest, counts, carried } = self;
        (*count, *sum, *shortest, *longest) = (other.count, other.sum, other.shortest, other.longest);
        counts.copy_from_slice(&*other.counts);
        carried.clone_from(&other.carried);
    }

    /// As if so many more times had been in the bucket of this one.
    #[cfg(any(test, feature = "audit"))]
    pub fn age(&mut self, time: Nanos, count: u32) {
        self.counts[bucket_of(time)] += count;
        self.count += u64::from(count);
    }
}

/// The bucket of a time. The bits before the last `STEPS_LOG` + 1 significant ones name the octave, the others the step.
const fn bucket_of(time: Nanos) -> usize {
    let units = time >> UNIT_LOG;
    let octave = (u64::BITS - units.leading_zeros()).saturating_sub(STEPS_LOG + 1);
    let bucket = octave as usize * STEPS + (units >> octave) as usize;
    if bucket < BUCKETS { bucket } else { BUCKETS - 1 }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::MILLISECOND;

    const MICROSECOND: Nanos = 1_000;
    const HOUR: Nanos = 3_600_000 * MILLISECOND;

    fn middle(bucket: usize) -> f64 {
        (Histogram::floor(bucket) as f64 + Histogram::floor(bucket + 1) as f64) / 2.0
    }

    /// The middle of the bucket of the time that so great a part of all times does not exceed.
    fn percentile(histogram: &Histogram, part: f64) -> f64 {
        let rank = ((part * histogram.count() as f64).ceil() as u64).max(1);
        let mut below = 0;
        let bucket = (0..BUCKETS).find(|&bucket| {
            below += histogram.of(bucket);
            below >= rank
        });
        middle(bucket.expect("the rank is that of a time"))
    }

    /// Numbers between 0 and 1, the same in each run (xorshift64*).
    fn uniform(mut seed: u64) -> impl FnMut() -> f64 {
        move || {
            seed ^= seed >> 12;
            seed ^= seed << 25;
            seed ^= seed >> 27;
            (seed.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    #[test]
    fn percentiles_are_within_1_percent_of_the_exact_ones() {
        let mut random = uniform(0x9E37_79B9_7F4A_7C15);
        let count = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
        let mut normal = uniform(42);
        let mut gauss =
            move || (-2.0 * (1.0 - normal()).ln()).sqrt() * (std::f64::consts::TAU * normal()).cos();
        type Draw<'a> = Box<dyn FnMut() -> f64 + 'a>;
        // All from 1 µs to 1 h.
        let distributions: [(&str, Draw<'_>); 4] = [
            ("uniform", Box::new(|| 1e3 + random() * 1e9)),
            ("lognormal", Box::new(move || (1e6 * (2.0 * gauss()).exp()).clamp(1e3, HOUR as f64))),
            ("Pareto", {
                let mut random = uniform(7);
                Box::new(move || (1e4 * (1.0 - random()).powf(-1.0 / 0.7)).min(HOUR as f64))
            }),
            ("two peaks", {
                let mut random = uniform(11);
                Box::new(move || if random() < 0.95 { 2e3 + random() * 1e3 } else { 2e9 + random() * 3e12 })
            }),
        ];
        for (name, mut draw) in distributions {
            let mut histogram = Histogram::default();
            let mut exact: Vec<Nanos> = (0..count).map(|_| draw() as Nanos).collect();
            exact.iter().for_each(|&time| histogram.record(time));
            exact.sort_unstable();
            for part in [0.0, 0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0] {
                let rank = ((part * f64::from(count)).ceil() as usize).max(1);
                let (expected, found) = (exact[rank - 1] as f64, percentile(&histogram, part));
                let error = (found - expected).abs() / expected;
                assert!(error <= 0.01, "{name}, {part}: {found} instead of {expected}");
            }
        }
    }

    #[test]
    fn a_pool_keeps_its_two_in_20_kb() {
        let one = size_of::<Histogram>() + size_of::<[u32; BUCKETS]>();
        assert!(2 * one <= 20_000, "{one} bytes each");
    }

    #[test]
    fn a_count_goes_on_beyond_32_bits() {
        let mut histogram = Histogram::default();
        histogram.record(MILLISECOND);
        histogram.age(MILLISECOND, FULL - 1);
        for more in 0..3 {
            assert_eq!(histogram.of(bucket_of(MILLISECOND)), u64::from(FULL) + more);
            histogram.record(MILLISECOND);
        }
        assert_eq!(histogram.count(), u64::from(FULL) + 3);
        let all = (0..BUCKETS).map(|bucket| histogram.of(bucket)).sum::<u64>();
        assert_eq!(all, histogram.count(), "no other bucket has run over");
    }

    #[test]
    fn an_empty_one_has_nothing() {
        let empty = Histogram::default();
        assert_eq!((empty.count(), empty.sum(), empty.shortest(), empty.longest()), (0, 0, 0, 0));
    }

    #[test]
    fn what_is_too_long_is_in_the_last_bucket() {
        let mut histogram = Histogram::default();
        histogram.record(Nanos::MAX);
        histogram.record(2 * HOUR);
        assert_eq!(histogram.of(BUCKETS - 1), 2);
        assert_eq!((histogram.shortest(), histogram.longest()), (2 * HOUR, Nanos::MAX));
        assert!(Histogram::floor(BUCKETS - 1) > HOUR, "an hour is not too long");
    }

    #[test]
    fn buckets_lie_side_by_side() {
        for bucket in 0..BUCKETS - 1 {
            let (floor, next) = (Histogram::floor(bucket), Histogram::floor(bucket + 1));
            assert_eq!(
                (bucket_of(floor), bucket_of(next - 1), bucket_of(next)),
                (bucket, bucket, bucket + 1)
            );
            let width = next - floor;
            assert!(floor < MICROSECOND || width * 50 <= floor, "{width} ns at {floor} ns");
        }
    }

    proptest! {
        #[test]
        fn it_counts_as_a_list_does(times in prop::collection::vec(0_u64..1 << 43, 0..200)) {
            let mut histogram = Histogram::default();
            times.iter().for_each(|&time| histogram.record(time));
            let naive = |bucket| times.iter().filter(move |&&time| {
                let is_last = bucket == BUCKETS - 1;
                time >= Histogram::floor(bucket) && (is_last || time < Histogram::floor(bucket + 1))
            });
            for bucket in 0..BUCKETS {
                prop_assert_eq!(histogram.of(bucket), naive(bucket).count() as u64);
            }
            prop_assert_eq!(histogram.count(), times.len() as u64);
            prop_assert_eq!(histogram.sum(), times.iter().map(|&time| u128::from(time)).sum::<u128>());
            prop_assert_eq!(histogram.shortest(), times.iter().min().copied().unwrap_or(0));
            prop_assert_eq!(histogram.longest(), times.iter().max().copied().unwrap_or(0));
        }
    }
}
