//! The groups: how many tasks of each wait or run. The pool knows a group from its first task on until its last one has
//! ended, and no longer, so there is nothing that could be forgotten to be given back.

use std::num::NonZero;

use crate::{
    group::GroupId,
    store::{ByHash, ByNumber, Table, hash_of},
};

const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Record {
    id: GroupId,
    /// Tasks that wait, or whose function has not ended.
    open: u32,
}

/// The group of a task is kept here and not in its record: most pools have no groups, and their records stay small.
#[derive(Debug)]
pub(crate) struct Groups {
    records: Table<Record>,
    by_id: ByHash,
    /// By task number.
    of_task: ByNumber<u32>,
    made: u64,
}

impl Groups {
    pub(crate) fn new() -> Self {
        Self { records: Table::new(), by_id: ByHash::default(), of_task: ByNumber::new(NONE), made: 0 }
    }

    /// A name that no group of this pool has had.
    pub(crate) fn make(&mut self) -> GroupId {
        self.made += 1;
        GroupId(NonZero::new(self.made).unwrap_or(NonZero::<u64>::MIN))
    }

    /// Whether no task of any group waits or runs.
    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether a task of the group waits or runs.
    pub(crate) fn has(&self, id: GroupId) -> bool {
        self.find(id).is_some()
    }

    fn find(&self, id: GroupId) -> Option<u32> {
        self.by_id.find(hash_of(id.0.get()), |number| self.records[number].id == id)
    }

    /// A task of the group is accepted.
    #[cold]
    pub(crate) fn join(&mut self, task: u32, id: GroupId) {
        let number = self.find(id).unwrap_or_else(|| {
            let number = self.records.insert(Record { id, open: 0 });
            self.by_id.insert(hash_of(id.0.get()), number);
            number
        });
        self.records[number].open += 1;
        *self.of_task.at(task) = number;
    }

    /// A task neither waits nor runs any more. If it was the last one of its group, gives that.
    #[cold]
    pub(crate) fn leave(&mut self, task: u32) -> Option<GroupId> {
        let number = self.of_task.get(task);
        let record = self.records.get_mut(number)?;
        *self.of_task.at(task) = NONE;
        record.open -= 1;
        if record.open > 0 {
            return None;
        }
        let id = record.id;
        self.by_id.remove(number);
        if self.records.remove(number) {
            self.by_id.truncate(self.records.end());
        }
        Some(id)
    }

    /// Gives back what is kept for tasks from `end` on: there are none.
    pub(crate) fn truncate(&mut self, end: u32) {
        self.of_task.truncate(end);
    }

    /// How many tasks of groups wait or run.
    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn audit(&self, is_open: impl Fn(u32) -> bool) {
        assert_eq!(self.by_id.len(), self.records.len(), "groups by name");
        let tasks = || self.of_task.iter().filter(|&(_, number)| number != NONE);
        assert!(tasks().all(|(task, _)| is_open(task)), "a group has a task that is over");
        for (number, record) in self.records.iter() {
            let own = tasks().filter(|&(_, of)| of == number).count();
            assert!(own > 0 && own == record.open as usize, "tasks of a group");
        }
    }
}
