//! What is kept beside records, by their numbers.

use super::chunk::CHUNK;

/// An entry for each number. Only chunks of numbers that have been set are there; all other entries are as one is from the
/// start.
#[derive(Debug)]
pub(crate) struct ByNumber<T> {
    unset: T,
    first: Vec<T>,
    /// The chunks behind; an empty one for numbers of which none has been set.
    rest: Vec<Vec<T>>,
}

impl<T: Copy> ByNumber<T> {
    /// `unset`: what every entry is until it is set.
    pub(crate) const fn new(unset: T) -> Self {
        Self { unset, first: Vec::new(), rest: Vec::new() }
    }

    /// The entry of a number.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> T {
        let index = number as usize;
        match self.first.get(index) {
            Some(&entry) => entry,
            None if self.rest.is_empty() => self.unset,
            None => self.get_behind(index),
        }
    }

    // Out of line, as all the rest behind the first chunk: most pools never come here, and what is in line is small.
    #[inline(never)]
    fn get_behind(&self, index: usize) -> T {
        let chunk = (index / CHUNK).checked_sub(1).and_then(|chunk| self.rest.get(chunk));
        chunk.and_then(|chunk| chunk.get(index % CHUNK)).copied().unwrap_or(self.unset)
    }

    /// The entry of a number, to be set.
    // In place, as a copy of the parts that were just written would wait for them.
    #[inline(always)]
    pub(crate) fn at(&mut self, number: u32) -> &mut T {
        let index = number as usize;
        if index < self.first.len() { &mut self.first[index] } else { self.make(index) }
    }

    #[inline(never)]
    fn make(&mut self, index: usize) -> &mut T {
        let unset = self.unset;
        if index < CHUNK {
            self.first.resize((index + 1).next_power_of_two(), unset);
            return &mut self.first[index];
        }
        let chunk = index / CHUNK - 1;
        if chunk >= self.rest.len() {
            self.rest.resize_with(chunk + 1, Vec::new);
        }
        let chunk = &mut self.rest[chunk];
        if chunk.is_empty() {
            *chunk = vec![unset; CHUNK];
        }
        &mut chunk[index % CHUNK]
    }

    /// Gives back what is kept for numbers from `end` on, or for most of them: none of these is used.
    pub(crate) fn truncate(&mut self, end: u32) {
        self.rest.truncate((end as usize).div_ceil(CHUNK).saturating_sub(1));
    }

    /// The numbers that may have been set, with their entries.
    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, T)> + '_ {
        let behind = self.rest.iter().enumerate().flat_map(|(chunk, entries)| {
            entries.iter().enumerate().map(move |(index, &entry)| ((chunk + 1) * CHUNK + index, entry))
        });
        let first = self.first.iter().copied().enumerate();
        first.chain(behind).map(|(number, entry)| (number as u32, entry))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_an_entry_and_only_those_that_were_set_take_memory() {
        let mut entries = ByNumber::new(7);
        let last = 1_000_000;
        for number in [3, CHUNK as u32 - 1, CHUNK as u32, last] {
            assert_eq!(entries.get(number), 7);
            *entries.at(number) = number;
            assert_eq!(entries.get(number), number);
        }
        assert_eq!(entries.rest.iter().filter(|chunk| !chunk.is_empty()).count(), 2);
        let set: Vec<_> = entries.iter().filter(|&(_, entry)| entry != 7).collect();
        assert_eq!(set, [3, CHUNK as u32 - 1, CHUNK as u32, last].map(|number| (number, number)));
        entries.truncate(last);
        assert_eq!(
            (entries.get(CHUNK as u32), entries.get(last)),
            (CHUNK as u32, last),
            "its chunk has others"
        );
        entries.truncate(CHUNK as u32 + 1);
        assert_eq!((entries.get(CHUNK as u32), entries.get(last)), (CHUNK as u32, 7));
        entries.truncate(0);
        assert_eq!((entries.get(3), entries.get(CHUNK as u32)), (3, 7));
    }
}
