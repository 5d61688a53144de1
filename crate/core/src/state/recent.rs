//! Which thread has last run a task of a key.

use std::collections::{BTreeMap, HashMap};

use crate::{id::WorkerId, key::Key};

/// Most keys whose thread is known.
const MOST: usize = 10_000;

#[derive(Debug, Clone, Copy)]
struct Last {
    worker: WorkerId,
    /// The place of the worker among all that were started: a later worker may have the same number.
    ordinal: u64,
    use_: u64,
}

/// For the keys that have been used last: the thread that was given their last task.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    by_key: HashMap<Key, Last>,
    /// By use, the longest ago first.
    uses: BTreeMap<u64, Key>,
    used: u64,
}

impl Recent {
    pub(crate) fn note(&mut self, key: Key, worker: WorkerId, ordinal: u64) {
        self.used += 1;
        let last = Last { worker, ordinal, use_: self.used };
        if let Some(before) = self.by_key.insert(key, last) {
            self.uses.remove(&before.use_);
        } else if self.by_key.len() > MOST
            && let Some((_, oldest)) = self.uses.pop_first()
        {
            self.by_key.remove(&oldest);
        }
        self.uses.insert(self.used, key);
    }

    /// The thread, and its place among all that were started.
    pub(crate) fn of(&self, key: Key) -> Option<(WorkerId, u64)> {
        self.by_key.get(&key).map(|last| (last.worker, last.ordinal))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_keys_that_were_used_longest_ago_are_forgotten() {
        let mut recent = Recent::default();
        let key = |number: usize| Key(number as u128);
        (0..MOST).for_each(|number| recent.note(key(number), WorkerId(1), 1));
        recent.note(key(0), WorkerId(2), 2);
        recent.note(key(MOST), WorkerId(3), 3);
        assert_eq!(recent.of(key(0)), Some((WorkerId(2), 2)));
        assert_eq!(recent.of(key(1)), None);
        assert_eq!((recent.by_key.len(), recent.uses.len()), (MOST, MOST));
    }
}
