//! The groups: how many tasks of each wait or run. The pool knows a group from its first task on until its last one has
//! ended, and no longer, so there is nothing that could be forgotten to be given back.

use std::{collections::HashMap, num::NonZero};

use slab::Slab;

use crate::group::GroupId;

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
    records: Slab<Record>,
    by_id: HashMap<GroupId, u32>,
    /// By task number.
    of_task: Vec<u32>,
    made: u64,
}

impl Groups {
    pub(crate) fn new() -> Self {
        Self { records: Slab::new(), by_id: HashMap::new(), of_task: Vec::new(), made: 0 }
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
        self.by_id.contains_key(&id)
    }

    /// A task of the group is accepted.
    #[cold]
    pub(crate) fn join(&mut self, task: u32, id: GroupId) {
        let number =
            *self.by_id.entry(id).or_insert_with(|| self.records.insert(Record { id, open: 0 }) as u32);
        self.records[number as usize].open += 1;
        let index = task as usize;
        if index >= self.of_task.len() {
            self.of_task.resize(index + 1, NONE);
        }
        self.of_task[index] = number;
    }

    /// A task neither waits nor runs any more. If it was the last one of its group, gives that.
    #[cold]
    pub(crate) fn leave(&mut self, task: u32) -> Option<GroupId> {
        let number = std::mem::replace(self.of_task.get_mut(task as usize)?, NONE);
        let record = self.records.get_mut(number as usize)?;
        record.open -= 1;
        if record.open > 0 {
            return None;
        }
        let id = record.id;
        self.records.remove(number as usize);
        self.by_id.remove(&id);
        Some(id)
    }

    /// How many tasks of groups wait or run.
    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn audit(&self, is_open: impl Fn(u32) -> bool) {
        assert_eq!(self.by_id.len(), self.records.len(), "groups by name");
        let tasks = || self.of_task.iter().enumerate().filter(|&(_, &number)| number != NONE);
        assert!(tasks().all(|(task, _)| is_open(task as u32)), "a group has a task that is over");
        for (number, record) in &self.records {
            let own = tasks().filter(|&(_, &of)| of as usize == number).count();
            assert!(own > 0 && own == record.open as usize, "tasks of a group");
        }
    }
}
