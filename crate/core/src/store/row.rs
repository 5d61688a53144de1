//! A row of entries that grows and shrinks at both ends.

use std::{
    collections::{TryReserveError, VecDeque},
    ops::{Index, IndexMut},
};

use super::chunk::CHUNK;

/// As a `VecDeque`, but with more than a chunk of entries it copies nothing when it grows.
#[derive(Debug)]
pub(crate) struct Row<T> {
    /// The first entries, behind those that have left in front. Full when there are others behind.
    first: Vec<T>,
    /// How many have left in front.
    gone: usize,
    /// Most entries of `first`: a chunk, or more if room has been reserved.
    most: usize,
    /// The chunks behind: all full but the last one, and none empty.
    rest: VecDeque<Vec<T>>,
    /// A chunk that is not used, so that a row whose length goes up and down allocates nothing.
    spare: Vec<T>,
}

impl<T> Default for Row<T> {
    fn default() -> Self {
        Self { first: Vec::new(), gone: 0, most: CHUNK, rest: VecDeque::new(), spare: Vec::new() }
    }
}

impl<T: Copy> Row<T> {
    /// Room for so many entries in all, which stays.
    pub(crate) fn try_reserve(&mut self, entries: usize) -> Result<(), TryReserveError> {
        if self.rest.is_empty() && entries > self.most {
            self.first.try_reserve_exact(entries - self.first.len())?;
            self.most = entries;
        }
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        let first = self.first.len() - self.gone;
        if self.rest.is_empty() { first } else { first + self.len_behind() }
    }

    #[inline(never)]
    fn len_behind(&self) -> usize {
        self.rest.back().map_or(0, |last| (self.rest.len() - 1) * CHUNK + last.len())
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    #[inline]
    pub(crate) fn push(&mut self, entry: T) {
        if self.rest.is_empty() && self.first.len() < self.most {
            self.first.push(entry);
        } else {
            self.push_behind(entry);
        }
    }

    #[inline(never)]
    fn push_behind(&mut self, entry: T) {
        if let Some(last) = self.rest.back_mut()
            && last.len() < CHUNK
        {
            last.push(entry);
            return;
        }
        let mut chunk = std::mem::take(&mut self.spare);
        chunk.reserve_exact(CHUNK);
        chunk.push(entry);
        self.rest.push_back(chunk);
    }

    /// Takes out the last entry.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<T> {
        if self.rest.is_empty() && self.gone == 0 { self.first.pop() } else { self.pop_behind() }
    }

    #[inline(never)]
    fn pop_behind(&mut self) -> Option<T> {
        let Some(last) = self.rest.back_mut() else {
            let entry = self.first.pop();
            self.forget_gone();
            return entry;
        };
        let entry = last.pop();
        if last.is_empty()
            && let Some(chunk) = self.rest.pop_back()
        {
            self.spare = chunk;
        }
        entry
    }

    /// Takes out the first entry.
    #[inline]
    pub(crate) fn pop_front(&mut self) -> Option<T> {
        let entry = *self.first.get(self.gone)?;
        self.gone += 1;
        self.forget_gone();
        Some(entry)
    }

    /// If all of `first` have left, the next chunk takes their place.
    fn forget_gone(&mut self) {
        if self.gone < self.first.len() {
            return;
        }
        self.first.clear();
        self.gone = 0;
        if let Some(mut chunk) = self.rest.pop_front() {
            // There is room for it, as `first` was full.
            self.first.append(&mut chunk);
            self.spare = chunk;
        }
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        match self.first.get(index + self.gone) {
            None => self.get_behind(index + self.gone - self.first.len()),
            entry => entry,
        }
    }

    // Out of line, as all the rest behind the first chunk: most pools never come here, and what is in line is small.
    #[inline(never)]
    fn get_behind(&self, index: usize) -> Option<&T> {
        self.rest.get(index / CHUNK)?.get(index % CHUNK)
    }

    #[inline(never)]
    fn get_behind_mut(&mut self, index: usize) -> Option<&mut T> {
        self.rest.get_mut(index / CHUNK)?.get_mut(index % CHUNK)
    }

    pub(crate) fn first(&self) -> Option<&T> {
        self.first.get(self.gone)
    }

    pub(crate) fn last(&self) -> Option<&T> {
        match self.rest.back() {
            None => self.first.last(),
            Some(chunk) => chunk.last(),
        }
    }

    /// Takes out an entry, which is there; the last one takes its place.
    pub(crate) fn swap_remove(&mut self, index: usize) {
        if let Some(last) = self.pop()
            && index < self.len()
        {
            self[index] = last;
        }
    }

    /// Takes out the entries for which `is_kept` does not hold. Looks at all.
    pub(crate) fn retain(&mut self, mut is_kept: impl FnMut(&T) -> bool) {
        for _ in 0..self.len() {
            if let Some(entry) = self.pop_front()
                && is_kept(&entry)
            {
                self.push(entry);
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.first[self.gone..].iter().chain(self.rest.iter().flatten())
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.first[self.gone..].iter_mut().chain(self.rest.iter_mut().flatten())
    }

    /// How many entries stand in front for which `is_before` holds. It holds for none behind one for which it does not.
    pub(crate) fn partition_point(&self, is_before: impl Fn(&T) -> bool) -> usize {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from.midpoint(to);
            if is_before(&self[middle]) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        from
    }
}

impl<T: Copy> Index<usize> for Row<T> {
    type Output = T;

    #[inline]
    fn index(&self, index: usize) -> &T {
        match self.get(index) {
            Some(entry) => entry,
            None => unreachable!("there is no such entry"),
        }
    }
}

impl<T: Copy> IndexMut<usize> for Row<T> {
    #[inline]
    fn index_mut(&mut self, index: usize) -> &mut T {
        let place = index + self.gone;
        let entry = if place < self.first.len() {
            self.first.get_mut(place)
        } else {
            self.get_behind_mut(place - self.first.len())
        };
        match entry {
            Some(entry) => entry,
            None => unreachable!("there is no such entry"),
        }
    }
}

impl<T: Copy> Extend<T> for Row<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, entries: I) {
        entries.into_iter().for_each(|entry| self.push(entry));
    }
}

impl<T: Copy> FromIterator<T> for Row<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        let mut row = Self::default();
        row.extend(entries);
        row
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_row_is_as_a_deque(
            steps in proptest::collection::vec((0_u8..6, 1..3 * CHUNK), 1..40),
            reserved in 0..3 * CHUNK,
        ) {
            let (mut row, mut model) = (Row::default(), VecDeque::new());
            row.try_reserve(reserved).expect("that is little");
            for (step, count) in steps {
                for number in 0..count {
                    match step {
                        0..3 => {
                            row.push(number);
                            model.push_back(number);
                        }
                        3 => assert_eq!(row.pop(), model.pop_back()),
                        4 => assert_eq!(row.pop_front(), model.pop_front()),
                        _ if number < model.len() => {
                            row.swap_remove(number);
                            model.swap_remove_back(number);
                        }
                        _ => {}
                    }
                }
                assert_eq!((row.len(), row.is_empty()), (model.len(), model.is_empty()));
                assert_eq!((row.first(), row.last()), (model.front(), model.back()));
                assert!(row.iter().eq(model.iter()));
                let chosen = count % (model.len() + 1);
                assert_eq!(row.get(chosen), model.get(chosen));
                if let Some(entry) = model.get_mut(chosen) {
                    *entry = CHUNK;
                    row[chosen] = CHUNK;
                    assert_eq!(row[chosen], CHUNK);
                }
                row.retain(|entry| entry % 5 > 0);
                model.retain(|entry| entry % 5 > 0);
                assert!(row.iter().eq(model.iter()));
                row.iter_mut().for_each(|entry| *entry += 1);
                model.iter_mut().for_each(|entry| *entry += 1);
            }
        }
    }

    #[test]
    fn the_place_of_an_order_is_found_across_chunks() {
        let mut row: Row<usize> = (0..3 * CHUNK).collect();
        row.pop_front();
        for place in [0, 1, CHUNK - 1, CHUNK, 2 * CHUNK, 3 * CHUNK - 1] {
            assert_eq!(row.partition_point(|&entry| entry < place + 1), place);
        }
    }

    #[test]
    fn chunks_are_given_back_but_for_one() {
        let mut row: Row<usize> = (0..9 * CHUNK).collect();
        while row.len() > CHUNK {
            row.pop();
        }
        assert!(row.rest.is_empty());
        assert_eq!((row.first.capacity(), row.spare.capacity()), (CHUNK, CHUNK));
    }
}
