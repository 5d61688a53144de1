//! Finds the number of a record by a hash of what it is about.

use super::{by_number::ByNumber, row::Row};

const NONE: u32 = u32::MAX;

/// A number in the list of its bucket.
#[derive(Debug, Clone, Copy)]
struct Node {
    hash: u32,
    next: u32,
}

/// The numbers of records by hash: linear hashing (W. Litwin, 1980). There are about as many buckets as numbers. When
/// there are more numbers, one bucket is added, and takes its part of one other; when there are fewer, it goes back into
/// that. So no step moves more than a bucket, which is a number or two.
#[derive(Debug)]
pub(crate) struct ByHash {
    /// The first number of each bucket.
    buckets: Row<u32>,
    nodes: ByNumber<Node>,
    len: usize,
}

impl Default for ByHash {
    fn default() -> Self {
        Self { buckets: Row::default(), nodes: ByNumber::new(Node { hash: 0, next: NONE }), len: 0 }
    }
}

/// A hash of a number that is not random.
pub(crate) const fn hash_of(number: u64) -> u32 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let product = number.wrapping_mul(FACTOR);
    ((product ^ product >> 32).wrapping_mul(FACTOR) >> 32) as u32
}

/// From which bucket the numbers come of the bucket that is added at this place.
const fn origin_of(bucket: usize) -> usize {
    bucket - (1 << bucket.ilog2())
}

impl ByHash {
    #[cfg(any(test, feature = "audit"))]
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The bucket of a hash, if there is any bucket.
    fn bucket_of(&self, hash: u32) -> usize {
        let all = self.buckets.len().next_power_of_two();
        let bucket = hash as usize & (all - 1);
        // That bucket has not been added yet.
        if bucket >= self.buckets.len() { bucket & (all / 2 - 1) } else { bucket }
    }

    /// The number with this hash for which `is_meant` holds.
    pub(crate) fn find(&self, hash: u32, is_meant: impl Fn(u32) -> bool) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        let mut number = self.buckets[self.bucket_of(hash)];
        while number != NONE {
            let node = self.nodes.get(number);
            if node.hash == hash && is_meant(number) {
                return Some(number);
            }
            number = node.next;
        }
        None
    }

    /// Adds a number that is not here.
    pub(crate) fn insert(&mut self, hash: u32, number: u32) {
        self.len += 1;
        if self.buckets.len() < self.len {
            self.add_bucket();
        }
        self.nodes.at(number).hash = hash;
        let bucket = self.bucket_of(hash);
        self.put(bucket, number);
    }

    fn put(&mut self, bucket: usize, number: u32) {
        self.nodes.at(number).next = std::mem::replace(&mut self.buckets[bucket], number);
    }

    fn add_bucket(&mut self) {
        let added = self.buckets.len();
        self.buckets.push(NONE);
        if added > 0 {
            self.deal(origin_of(added));
        }
    }

    /// Puts each number of a bucket where it belongs now.
    fn deal(&mut self, bucket: usize) {
        let mut number = std::mem::replace(&mut self.buckets[bucket], NONE);
        while number != NONE {
            let Node { hash, next } = self.nodes.get(number);
            let bucket = self.bucket_of(hash);
            self.put(bucket, number);
            number = next;
        }
    }

    /// Takes out a number, which is here.
    pub(crate) fn remove(&mut self, number: u32) {
        let Node { hash, next } = self.nodes.get(number);
        let bucket = self.bucket_of(hash);
        let mut before = NONE;
        let mut other = self.buckets[bucket];
        while other != number && other != NONE {
            before = other;
            other = self.nodes.get(other).next;
        }
        debug_assert_eq!(other, number, "it is not here");
        match before {
            NONE => self.buckets[bucket] = next,
            before => self.nodes.at(before).next = next,
        }
        self.len -= 1;
        // Two, or there would be no fewer than half of them in the end.
        for _ in 0..2 {
            if self.len < self.buckets.len() / 2 {
                self.drop_bucket();
            }
        }
    }

    fn drop_bucket(&mut self) {
        let last = self.buckets.len() - 1;
        let Some(mut number) = self.buckets.pop() else { return };
        while number != NONE {
            let next = self.nodes.get(number).next;
            self.put(origin_of(last), number);
            number = next;
        }
    }

    /// Gives back what is kept for numbers from `end` on: none of these is here.
    pub(crate) fn truncate(&mut self, end: u32) {
        self.nodes.truncate(end);
    }

    #[cfg(test)]
    fn longest_bucket(&self) -> usize {
        let next = |&number: &u32| Some(self.nodes.get(number).next).filter(|&next| next != NONE);
        let first = |&head: &u32| Some(head).filter(|&head| head != NONE);
        self.buckets.iter().map(|head| std::iter::successors(first(head), next).count()).max().unwrap_or(0)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    proptest::proptest! {
        #[test]
        fn what_was_added_is_found_until_it_is_removed(
            steps in proptest::collection::vec((0_u32..200, proptest::bool::ANY), 1..600),
            coarseness in 1_u32..50,
        ) {
            let (mut index, mut model) = (ByHash::default(), BTreeSet::new());
            // Some numbers have one hash.
            let hash = |number: u32| hash_of(u64::from(number / coarseness));
            for (number, is_added) in steps {
                if is_added && model.insert(number) {
                    index.insert(hash(number), number);
                } else if !is_added && model.remove(&number) {
                    index.remove(number);
                }
                assert_eq!(index.len(), model.len());
                for number in 0..200 {
                    let found = index.find(hash(number), |other| other == number);
                    assert_eq!(found, model.contains(&number).then_some(number));
                }
            }
        }
    }

    #[test]
    fn buckets_stay_short_and_are_given_back() {
        let mut index = ByHash::default();
        for number in 0..100_000 {
            // As sequences of odd tokens are.
            index.insert(hash_of(2 * u64::from(number) + 1), number);
        }
        assert!(index.longest_bucket() <= 12, "{}", index.longest_bucket());
        (0..100_000).for_each(|number| index.remove(number));
        assert!(index.buckets.len() <= 1);
        index.truncate(0);
        assert_eq!(index.nodes.iter().count(), 1_024);
    }
}
