//! Records by number.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, TryReserveError},
    ops::{Index, IndexMut},
};

use slab::Slab;

use super::chunk::CHUNK;

/// As a `Slab`, but of chunks. A new record has a number in the first chunk that has room, so the last ones become empty
/// when a crowd has gone, and are given back.
#[derive(Debug)]
pub(crate) struct Table<T> {
    first: Slab<T>,
    /// Most records of `first`: a chunk, or more if room has been reserved.
    most: usize,
    /// The chunks behind; one without capacity has been given back. The last one has capacity.
    rest: Vec<Slab<T>>,
    /// The chunks of `rest` that have room, and some that are not there any more.
    roomy: BinaryHeap<Reverse<usize>>,
    /// Records in `rest`.
    behind: usize,
    /// A chunk that is not used, so that a table whose length goes up and down allocates nothing.
    spare: Option<Slab<T>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Table<T> {
    pub(crate) const fn new() -> Self {
        Self {
            first: Slab::new(),
            most: CHUNK,
            rest: Vec::new(),
            roomy: BinaryHeap::new(),
            behind: 0,
            spare: None,
        }
    }

    /// Room for so many records in all, which stays.
    pub(crate) fn try_reserve(&mut self, records: usize) -> Result<(), TryReserveError> {
        if self.rest.is_empty() && records > self.most {
            // A slab cannot try; what there is room for at this moment, it gets. Its entries know beside a record whether
            // it is there.
            Vec::<Option<T>>::new().try_reserve_exact(records)?;
            self.first.reserve_exact(records - self.first.len());
            self.most = records;
        }
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.first.len() + self.behind
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty() && self.behind == 0
    }

    /// No record has this number or a higher one.
    pub(crate) fn end(&self) -> u32 {
        (if self.rest.is_empty() { self.first.capacity() } else { self.most + self.rest.len() * CHUNK })
            as u32
    }

    #[inline]
    pub(crate) fn insert(&mut self, record: T) -> u32 {
        // One way to insert: for two ways the record would be made first and copied then, and the copy of parts that were
        // just written waits for them.
        let (slab, before) =
            if self.first.len() < self.most { (&mut self.first, 0) } else { self.roomy_behind() };
        (before + slab.insert(record)) as u32
    }

    /// The chunk of `rest` that gets one more record, and how many numbers are before its own ones.
    #[inline(never)]
    fn roomy_behind(&mut self) -> (&mut Slab<T>, usize) {
        let chunk = self.first_roomy();
        let slab = &mut self.rest[chunk];
        if slab.capacity() == 0 {
            *slab = self.spare.take().unwrap_or_else(|| Slab::with_capacity(CHUNK));
        }
        self.behind += 1;
        (slab, self.most + chunk * CHUNK)
    }

    /// The first chunk of `rest` that has room, a new one if there is none.
    fn first_roomy(&mut self) -> usize {
        while let Some(&Reverse(chunk)) = self.roomy.peek() {
            if self.rest.get(chunk).is_some_and(|slab| slab.len() < CHUNK) {
                return chunk;
            }
            self.roomy.pop();
        }
        self.rest.push(Slab::new());
        let chunk = self.rest.len() - 1;
        self.roomy.push(Reverse(chunk));
        chunk
    }

    /// Takes out a record that is there. Returns whether memory was given back, and so `end` may be lower than before.
    #[inline]
    pub(crate) fn remove(&mut self, number: u32) -> bool {
        if self.first.try_remove(number as usize).is_none() {
            return self.remove_behind(number);
        }
        // The next ones begin at 0 again, in order: numbers given in the order in which a crowd has left, which is not
        // that of its arrival, would cost a cache miss each. Free of cost, as there is nothing to drop.
        if self.first.is_empty() {
            self.first.clear();
        }
        false
    }

    #[inline(never)]
    fn remove_behind(&mut self, number: u32) -> bool {
        let (chunk, place) = self.behind(number);
        let slab = &mut self.rest[chunk];
        if slab.len() == CHUNK {
            self.roomy.push(Reverse(chunk));
        }
        slab.remove(place);
        self.behind -= 1;
        if !slab.is_empty() {
            return false;
        }
        let mut empty = std::mem::take(slab);
        empty.clear();
        while self.rest.last().is_some_and(|last| last.capacity() == 0) {
            self.rest.pop();
        }
        self.spare.replace(empty).is_some()
    }

    pub(crate) fn clear(&mut self) {
        self.first.clear();
        self.rest.clear();
        self.roomy.clear();
        self.behind = 0;
    }

    /// Which chunk of `rest` has a number that is not one of `first`, and at which place. No chunk has another one.
    fn behind(&self, number: u32) -> (usize, usize) {
        let index = (number as usize).wrapping_sub(self.most);
        (index / CHUNK, index % CHUNK)
    }

    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        match self.first.get(number as usize) {
            None => self.get_behind(number),
            record => record,
        }
    }

    // Out of line, as all the rest behind the first chunk: most pools never come here, and what is in line is small.
    #[inline(never)]
    fn get_behind(&self, number: u32) -> Option<&T> {
        let (chunk, place) = self.behind(number);
        self.rest.get(chunk)?.get(place)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        if self.first.contains(number as usize) {
            return self.first.get_mut(number as usize);
        }
        self.get_behind_mut(number)
    }

    #[inline(never)]
    fn get_behind_mut(&mut self, number: u32) -> Option<&mut T> {
        let (chunk, place) = self.behind(number);
        self.rest.get_mut(chunk)?.get_mut(place)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let behind = self.rest.iter().enumerate().flat_map(move |(chunk, slab)| {
            slab.iter().map(move |(place, record)| (self.most + chunk * CHUNK + place, record))
        });
        self.first.iter().chain(behind).map(|(number, record)| (number as u32, record))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.first.iter_mut().chain(self.rest.iter_mut().flatten()).map(|(_, record)| record)
    }
}

impl<T> Index<u32> for Table<T> {
    type Output = T;

    #[inline]
    fn index(&self, number: u32) -> &T {
        match self.get(number) {
            Some(record) => record,
            None => unreachable!("there is no such record"),
        }
    }
}

impl<T> IndexMut<u32> for Table<T> {
    #[inline]
    fn index_mut(&mut self, number: u32) -> &mut T {
        match self.get_mut(number) {
            Some(record) => record,
            None => unreachable!("there is no such record"),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    proptest::proptest! {
        #[test]
        fn a_table_is_as_a_map_and_its_numbers_are_no_higher_than_they_have_to_be(
            steps in proptest::collection::vec((0_u8..5, 1..3 * CHUNK), 1..30),
            reserved in 0..3 * CHUNK,
        ) {
            let (mut table, mut model, mut peak) = (Table::new(), BTreeMap::new(), 0);
            table.try_reserve(reserved).expect("that is little");
            for (step, count) in steps {
                for record in 0..count {
                    let gone = match step {
                        0..2 => {
                            let number = table.insert(record);
                            assert!(model.insert(number, record).is_none());
                            peak = model.len().max(peak);
                            assert!((number as usize) < peak.next_multiple_of(CHUNK).max(reserved + CHUNK));
                            continue;
                        }
                        2 => model.pop_first(),
                        3 => model.pop_last(),
                        _ => {
                            let chosen = (record * 7_919 % (table.end() as usize + 1)) as u32;
                            let number = model.range(chosen..).next().map(|(&number, _)| number);
                            number.and_then(|number| model.remove_entry(&number))
                        }
                    };
                    if let Some((number, record)) = gone {
                        assert_eq!(table.get(number), Some(&record));
                        table.remove(number);
                        assert_eq!(table.get(number), None);
                        assert_eq!(table.get_mut(number), None);
                    }
                }
                assert_eq!((table.len(), table.is_empty()), (model.len(), model.is_empty()));
                assert!(table.iter().eq(model.iter().map(|(&number, record)| (number, record))));
                assert!(model.last_key_value().is_none_or(|(&last, _)| last < table.end()));
                assert_eq!(table.get(table.end()), None);
                for (&number, record) in &mut model {
                    *record += 1;
                    table[number] += 1;
                    assert_eq!(table[number], *record);
                }
                table.iter_mut().for_each(|record| *record += 1);
                model.values_mut().for_each(|record| *record += 1);
            }
            table.clear();
            assert!(table.is_empty() && table.iter().next().is_none());
            assert_eq!(table.insert(0), 0);
        }
    }

    #[test]
    fn a_crowd_that_has_gone_leaves_a_chunk_or_two_whoever_stays() {
        for stays in [None, Some(0), Some(5 * CHUNK as u32), Some(9 * CHUNK as u32 - 1)] {
            let mut table = Table::new();
            (0..9 * CHUNK).for_each(|record| assert_eq!(table.insert(record) as usize, record));
            let has_given_back =
                (0..9 * CHUNK as u32).filter(|&number| Some(number) != stays && table.remove(number));
            assert!(has_given_back.count() >= 6);
            let kept = table.rest.iter().chain(&table.spare).filter(|slab| slab.capacity() > 0);
            assert!(kept.count() <= 2);
            assert_eq!(table.len(), usize::from(stays.is_some()));
            assert!((table.insert(1) as usize) < CHUNK, "low numbers come first");
        }
    }

    #[test]
    fn numbers_of_a_crowd_that_has_left_in_disorder_are_given_in_order_again() {
        let mut table = Table::new();
        for _ in 0..2 {
            (0..3 * CHUNK).for_each(|record| assert_eq!(table.insert(record) as usize, record));
            for step in 0..3 * CHUNK {
                table.remove((step * 7_919 % (3 * CHUNK)) as u32);
            }
            assert!(table.is_empty());
        }
    }
}
