//! Tasks that waited until all that waited were rejected at once, and whose origins have still to be told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    effect::Rejection,
    state::queue::{Lane, WaitQueue},
};

/// What one queue held when it was set aside.
#[derive(Debug)]
struct Group {
    lanes: BTreeMap<u64, Lane>,
    rejection: Rejection,
}

/// Whole queues, set aside in one step however long they are. Their tasks have settled and are counted so. They keep
/// the state and the places in the queue's table that they had, until each has been rejected.
#[derive(Debug, Default)]
pub(crate) struct Aside {
    groups: VecDeque<Group>,
    len: u32,
    /// The last task that had been accepted when a queue was last set aside: a task with a higher number waits.
    last: u64,
    /// Numbers of tasks that have come back from a worker since, and so wait whatever their number among the accepted
    /// ones is.
    returned: BTreeSet<u32>,
}

impl Aside {
    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    /// Sets all aside that wait in `queue`. `last`: how many tasks have been accepted. Returns how many tasks these are.
    pub(crate) fn add(&mut self, queue: &mut WaitQueue, rejection: Rejection, last: u64) -> u32 {
        let count = queue.len();
        if count > 0 {
            self.groups.push_back(Group { lanes: queue.take_lanes(), rejection });
            self.len += count;
            self.last = last;
            self.returned.clear();
        }
        count
    }

    /// Whether a task that seems to wait is one of these. `number`: its number among the accepted ones.
    pub(crate) fn has(&self, task: u32, number: u64) -> bool {
        !self.is_empty() && number <= self.last && !self.returned.contains(&task)
    }

    /// A task waits again that had a worker.
    pub(crate) fn note_return(&mut self, task: u32) {
        if !self.is_empty() {
            self.returned.insert(task);
        }
    }

    /// Takes out the first task, with the reason for which it is rejected.
    pub(crate) fn pop(&mut self, queue: &mut WaitQueue) -> Option<(u32, Rejection)> {
        loop {
            let Group { lanes, rejection } = self.groups.front_mut()?;
            let Some(mut lane) = lanes.first_entry() else {
                self.groups.pop_front();
                continue;
            };
            let Some(task) = lane.get().head() else {
                lane.remove();
                continue;
            };
            queue.unlink(task, Some(lane.get_mut()));
            self.len -= 1;
            return Some((task, *rejection));
        }
    }

    /// Takes out a task, wherever it stands.
    pub(crate) fn remove(&mut self, queue: &mut WaitQueue, task: u32) {
        let priority = queue.priority_of(task);
        let lanes = self.groups.iter_mut().filter_map(|group| group.lanes.get_mut(&priority));
        queue.unlink(task, lanes.into_iter().find(|lane| lane.ends_with(task)));
        self.len -= 1;
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn drain(aside: &mut Aside, queue: &mut WaitQueue) -> Vec<u32> {
        std::iter::from_fn(|| aside.pop(queue).map(|(task, _)| task)).collect()
    }

    #[test]
    fn queues_that_are_set_aside_keep_their_order_beside_the_next_one() {
        let (mut queue, mut aside) = (WaitQueue::default(), Aside::default());
        for task in 0..4 {
            queue.push(task, u64::from(task % 2));
        }
        assert_eq!(aside.add(&mut queue, Rejection::Released, 4), 4);
        assert_eq!(queue.len(), 0);
        for task in 4..8 {
            queue.push(task, 1);
        }
        assert_eq!(aside.add(&mut queue, Rejection::Cleared, 8), 4);
        queue.push(8, 1);
        assert!(aside.has(7, 8) && !aside.has(8, 9));
        for task in [2, 5] {
            aside.remove(&mut queue, task);
        }
        assert_eq!(aside.len(), 6);
        assert_eq!(drain(&mut aside, &mut queue), [0, 1, 3, 4, 6, 7]);
        assert!(aside.is_empty() && !aside.has(7, 8));
        assert_eq!(queue.pop(), Some(8));
    }

    #[test]
    fn a_task_that_comes_back_waits() {
        let (mut queue, mut aside) = (WaitQueue::default(), Aside::default());
        queue.push(1, 1);
        aside.add(&mut queue, Rejection::Released, 2);
        aside.note_return(0);
        queue.push_front(0, 1);
        assert!(aside.has(1, 2) && !aside.has(0, 1));
        assert_eq!(drain(&mut aside, &mut queue), [1]);
        assert_eq!(queue.pop(), Some(0));
    }
}
