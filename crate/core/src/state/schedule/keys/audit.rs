//! The invariants of the keys, for tests.

use super::Keys;

impl Keys {
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    pub(crate) fn audit(&self) {
        assert_eq!(self.by_name.len(), self.records.len(), "keys by name");
        let (mut waiting, mut shown) = (0, 0);
        for (id, record) in self.records.iter() {
            assert!(record.running > 0 || record.waiting > 0, "a key without a task");
            waiting += record.waiting;
            for at in 0..record.lists.len() {
                let (priority, oldest, newest) = self.standing(id, at);
                let lanes = if record.limit.is_some() { &self.of_groups } else { &self.lanes };
                let lane = lanes.get(&priority);
                let is_shown = record.limit.is_none_or(|limit| record.running < limit);
                let has_oldest = lane.is_some_and(|lane| lane.oldest.contains(&oldest));
                let has_newest = lane.is_some_and(|lane| lane.newest.contains(&newest));
                assert_eq!(has_oldest, is_shown, "a key out of order");
                assert_eq!(has_newest, is_shown && self.has_newest, "a key out of order");
                shown += usize::from(is_shown);
            }
        }
        assert_eq!(waiting, self.arrivals.len(), "waiting tasks with a key");
        let lanes = || self.lanes.values().chain(self.of_groups.values());
        assert_eq!(shown, lanes().map(|lane| lane.oldest.len()).sum::<usize>(), "lists in lanes");
        let newest = if self.has_newest { shown } else { 0 };
        assert_eq!(newest, lanes().map(|lane| lane.newest.len()).sum::<usize>(), "lists in lanes");
    }
}
