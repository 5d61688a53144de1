//! Deadlines of tasks, of workers or of waits, by number: an indexed binary heap, so that what ends in time leaves
//! nothing behind.

use crate::{
    clock::Nanos,
    store::{ByNumber, Row},
};

const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Deadline {
    at: Nanos,
    /// The number of the task, which has its deadline no longer than its record.
    task: u32,
    /// The limit that ends then, in milliseconds. It fits beside the number, into what would be padding.
    limit: u32,
}

/// At most one deadline per number: of a task it is that of its wait, its run, or its grace.
///
/// A heap with lazy deletion would keep a finished task's deadline until its time has come: a million entries for a
/// timeout of 30 s at 33,000 tasks a second. Here `positions` knows where each deadline stands, so removal is O(log n),
/// and O(1) for deadlines that arrive in order of time and leave before it.
#[derive(Debug)]
pub(crate) struct Deadlines {
    heap: Row<Deadline>,
    /// By task number; empty until the first deadline is set.
    positions: ByNumber<u32>,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { heap: Row::default(), positions: ByNumber::new(NONE) }
    }
}

impl Deadlines {
    /// When the first deadline is due; `Nanos::MAX` if there is none.
    pub(crate) fn due(&self) -> Nanos {
        self.heap.first().map_or(Nanos::MAX, |deadline| deadline.at)
    }

    /// The task must have no deadline yet. `limit`: the time that the task had, in milliseconds.
    pub(crate) fn insert(&mut self, task: u32, at: Nanos, limit: u32) {
        debug_assert_eq!(self.positions.get(task), NONE, "one deadline per task");
        self.heap.push(Deadline { at, task, limit });
        self.rise(self.heap.len() - 1);
    }

    /// Whether the task has a deadline.
    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn has(&self, task: u32) -> bool {
        self.positions.get(task) != NONE
    }

    /// Forgets the deadline of the task, if there is one.
    pub(crate) fn remove(&mut self, task: u32) {
        let position = self.positions.get(task);
        if position == NONE {
            return;
        }
        let position = position as usize;
        *self.positions.at(task) = NONE;
        self.heap.swap_remove(position);
        if position < self.heap.len() {
            self.sink(position);
            self.rise(position);
        }
    }

    /// Gives back what is kept for numbers from `end` on: none of these has a deadline.
    pub(crate) fn truncate(&mut self, end: u32) {
        self.positions.truncate(end);
    }

    /// Takes out the first task whose deadline is `now` or before, and the limit that was given with the deadline.
    pub(crate) fn pop_due(&mut self, now: Nanos) -> Option<(u32, u32)> {
        let first = *self.heap.first()?;
        if first.at > now {
            return None;
        }
        self.remove(first.task);
        Some((first.task, first.limit))
    }

    fn rise(&mut self, mut position: usize) {
        let moving = self.heap[position];
        while position > 0 {
            let parent = (position - 1) / 2;
            if self.heap[parent].at <= moving.at {
                break;
            }
            self.put(position, self.heap[parent]);
            position = parent;
        }
        self.put(position, moving);
    }

    fn sink(&mut self, mut position: usize) {
        let moving = self.heap[position];
        loop {
            let left = 2 * position + 1;
            let Some(mut child) = self.heap.get(left).map(|_| left) else { break };
            if self.heap.get(left + 1).is_some_and(|right| right.at < self.heap[left].at) {
                child = left + 1;
            }
            if moving.at <= self.heap[child].at {
                break;
            }
            self.put(position, self.heap[child]);
            position = child;
        }
        self.put(position, moving);
    }

    fn put(&mut self, position: usize, deadline: Deadline) {
        self.heap[position] = deadline;
        *self.positions.at(deadline.task) = position as u32;
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_due_comes_out_earliest_first() {
        let mut deadlines = Deadlines::default();
        for (task, at) in [(0, 30), (1, 10), (2, 20), (3, 40)] {
            deadlines.insert(task, at, task + 100);
        }
        assert_eq!(deadlines.due(), 10);
        assert_eq!(deadlines.pop_due(9), None);
        let due: Vec<(u32, u32)> = std::iter::from_fn(|| deadlines.pop_due(30)).collect();
        assert_eq!(due, [(1, 101), (2, 102), (0, 100)]);
        assert_eq!(deadlines.due(), 40);
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_a_sorted_list(steps in proptest::collection::vec((0_u32..40, 0_u64..100, 0_u8..4), 1..400)) {
            let mut deadlines = Deadlines::default();
            let mut model: Vec<(Nanos, u32)> = Vec::new();
            for (task, at, step) in steps {
                let known = model.iter().position(|&(_, other)| other == task);
                match (step, known) {
                    (0 | 1, None) => {
                        deadlines.insert(task, at, task + 100);
                        model.push((at, task));
                    }
                    (2, _) => {
                        deadlines.remove(task);
                        model.retain(|&(_, other)| other != task);
                    }
                    (3, _) => {
                        let due = deadlines.pop_due(at);
                        let first = model.iter().map(|&(at, _)| at).min();
                        match due {
                            Some((due, limit)) => {
                                assert_eq!(limit, due + 100);
                                let index = model.iter().position(|&(_, task)| task == due).expect("known");
                                assert_eq!(Some(model.remove(index).0), first);
                            }
                            None => assert!(first.is_none_or(|first| first > at)),
                        }
                    }
                    _ => {}
                }
                assert_eq!(deadlines.due(), model.iter().map(|&(at, _)| at).min().unwrap_or(Nanos::MAX));
            }
        }
    }
}
