//! The wait queue: accepted tasks that have no worker yet, by their numbers. Those who await a vacancy stand in a queue
//! of their own, by the numbers of their places.

use std::collections::BTreeMap;

use crate::store::ByNumber;

const NONE: u32 = u32::MAX;

/// So many lanes stay when they run empty, so that traffic on a handful of priorities allocates nothing.
const KEPT_LANES: usize = 8;

/// A place in the queue, kept under the number of the task that has it.
#[derive(Debug, Clone, Copy)]
struct Place {
    before: u32,
    behind: u32,
    priority: u64,
}

/// The tasks of one priority, first in first out.
#[derive(Debug)]
pub(super) struct Lane {
    head: u32,
    tail: u32,
}

impl Lane {
    const EMPTY: Self = Self { head: NONE, tail: NONE };

    fn is_empty(&self) -> bool {
        self.head == NONE
    }

    /// The task that came first.
    pub(super) fn head(&self) -> Option<u32> {
        (!self.is_empty()).then_some(self.head)
    }

    /// Whether the task is the first or the last one here.
    pub(super) const fn ends_with(&self, task: u32) -> bool {
        self.head == task || self.tail == task
    }
}

/// Waiting tasks, by their numbers, by priority (0 first) and, within one, in order of arrival.
///
/// Every lane is a doubly linked list through one table that task numbers index, so joining and leaving cost O(1)
/// wherever the task stands, and O(log lanes) to find the lane.
#[derive(Debug)]
pub(crate) struct WaitQueue {
    lanes: BTreeMap<u64, Lane>,
    places: ByNumber<Place>,
    len: u32,
    /// At least as many as wait of those that have come back.
    returned: u32,
}

impl Default for WaitQueue {
    fn default() -> Self {
        let places = ByNumber::new(Place { before: NONE, behind: NONE, priority: 0 });
        Self { lanes: BTreeMap::new(), places, len: 0, returned: 0 }
    }
}

impl WaitQueue {
    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    /// The task joins behind all others of its priority.
    pub(crate) fn push(&mut self, task: u32, priority: u64) {
        let lane = self.lanes.entry(priority).or_insert(Lane::EMPTY);
        let place = Place { before: lane.tail, behind: NONE, priority };
        match lane.tail {
            NONE => lane.head = task,
            tail => self.places.at(tail).behind = task,
        }
        lane.tail = task;
        self.put(task, place);
    }

    /// A task that has been taken out comes back, before all others of its priority.
    pub(crate) fn push_front(&mut self, task: u32, priority: u64) {
        self.returned = if self.len == 0 { 1 } else { self.returned + 1 };
        let lane = self.lanes.entry(priority).or_insert(Lane::EMPTY);
        let place = Place { before: NONE, behind: lane.head, priority };
        match lane.head {
            NONE => lane.tail = task,
            head => self.places.at(head).before = task,
        }
        lane.head = task;
        self.put(task, place);
    }

    // In place, as a copy of the parts that were just written would wait for them.
    #[inline(always)]
    fn put(&mut self, task: u32, place: Place) {
        *self.places.at(task) = place;
        self.len += 1;
    }

    /// Gives back what is kept for numbers from `end` on: none of these is used.
    pub(crate) fn truncate(&mut self, end: u32) {
        self.places.truncate(end);
    }

    /// No fewer than wait of those that have come back.
    pub(crate) const fn most_returned(&self) -> u32 {
        self.returned
    }

    /// The task that is next, and its priority.
    pub(crate) fn first(&self) -> Option<(u32, u64)> {
        if self.len == 0 {
            return None;
        }
        let (&priority, lane) = self.lanes.iter().find(|(_, lane)| !lane.is_empty())?;
        Some((lane.head, priority))
    }

    /// The first priority from this one on in which a task waits.
    pub(crate) fn priority_from(&self, priority: u64) -> Option<u64> {
        self.lanes.range(priority..).find(|(_, lane)| !lane.is_empty()).map(|(&priority, _)| priority)
    }

    /// The last priority up to this one in which a task waits.
    pub(crate) fn priority_to(&self, priority: u64) -> Option<u64> {
        self.lanes.range(..=priority).rfind(|(_, lane)| !lane.is_empty()).map(|(&priority, _)| priority)
    }

    /// The task of a priority that came first.
    pub(crate) fn oldest(&self, priority: u64) -> Option<u32> {
        self.lanes.get(&priority).map(|lane| lane.head).filter(|&task| task != NONE)
    }

    /// The first tasks of a priority, among which is the one that was submitted first: what has come back stands before
    /// the others, which may have been submitted earlier.
    pub(crate) fn first_of(&self, priority: u64) -> impl Iterator<Item = u32> + '_ {
        self.lane_from(self.oldest(priority)).take(self.returned as usize + 1)
    }

    /// The same of every priority.
    pub(crate) fn first_of_all(&self) -> impl Iterator<Item = u32> + '_ {
        self.lanes.values().flat_map(|lane| self.lane_from(lane.head()).take(self.returned as usize + 1))
    }

    /// This task and those of its priority that stand behind it.
    fn lane_from(&self, head: Option<u32>) -> impl Iterator<Item = u32> + '_ {
        let known = |number: u32| (number != NONE).then_some(number);
        let behind = move |&number: &u32| known(self.places.get(number).behind);
        std::iter::successors(head, behind)
    }

    /// The tasks of a priority from one of its ends on.
    pub(crate) fn of_end(&self, priority: u64, is_newest: bool) -> impl Iterator<Item = u32> + '_ {
        let end = if is_newest { self.newest(priority) } else { self.oldest(priority) };
        std::iter::successors(end, move |&task| self.beside(task, is_newest))
    }

    /// The task that stands next to this one in its priority: behind it, or before it.
    pub(crate) fn beside(&self, task: u32, is_before: bool) -> Option<u32> {
        let Place { before, behind, .. } = self.places.get(task);
        Some(if is_before { before } else { behind }).filter(|&task| task != NONE)
    }

    /// The task of a priority that came last.
    pub(crate) fn newest(&self, priority: u64) -> Option<u32> {
        self.lanes.get(&priority).map(|lane| lane.tail).filter(|&task| task != NONE)
    }

    /// All that wait, the next one first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.lanes.values().flat_map(|lane| self.lane_from(lane.head()))
    }

    /// Takes out the task that is next.
    pub(crate) fn pop(&mut self) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        // At most `KEPT_LANES` lanes in front are empty.
        let head = self.lanes.values().find(|lane| !lane.is_empty())?.head;
        self.remove(head);
        Some(head)
    }

    /// Takes out a task that waits, wherever it stands.
    pub(crate) fn remove(&mut self, task: u32) {
        let Place { before, behind, priority } = self.places.get(task);
        let lanes = self.lanes.len();
        let Some(lane) = self.lanes.get_mut(&priority) else {
            unreachable!("a waiting task has a lane");
        };
        match before {
            NONE => lane.head = behind,
            before => self.places.at(before).behind = behind,
        }
        match behind {
            NONE => lane.tail = before,
            behind => self.places.at(behind).before = before,
        }
        if lane.is_empty() && lanes > KEPT_LANES {
            self.lanes.remove(&priority);
        }
        self.len -= 1;
    }

    // ── queues that are set aside ───────────────────────────────────────────────────────────────────────────────

    /// Takes out all that wait, in one step. They keep their places in the table until they are unlinked.
    pub(super) fn take_lanes(&mut self) -> BTreeMap<u64, Lane> {
        self.len = 0;
        std::mem::take(&mut self.lanes)
    }

    /// The priority of a task that has a place.
    pub(super) fn priority_of(&self, task: u32) -> u64 {
        self.places.get(task).priority
    }

    /// Gives up the place of a task that was taken out with its lane. `lane`: that lane, if the task is at one of its
    /// ends.
    pub(super) fn unlink(&mut self, task: u32, mut lane: Option<&mut Lane>) {
        let Place { before, behind, .. } = self.places.get(task);
        match (before, &mut lane) {
            (NONE, Some(lane)) => lane.head = behind,
            (NONE, None) => {}
            (before, _) => self.places.at(before).behind = behind,
        }
        match (behind, &mut lane) {
            (NONE, Some(lane)) => lane.tail = before,
            (NONE, None) => {}
            (behind, _) => self.places.at(behind).before = before,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn drain(queue: &mut WaitQueue) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn tasks_leave_by_priority_and_in_order_within_one() {
        let mut queue = WaitQueue::default();
        for (task, priority) in [(0, 1), (1, 2), (2, 0), (3, 1), (4, 0), (5, 7)] {
            queue.push(task, priority);
        }
        assert_eq!(queue.len(), 6);
        assert_eq!(drain(&mut queue), [2, 4, 0, 3, 1, 5]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn a_task_can_leave_from_anywhere() {
        for gone in 0..4 {
            let mut queue = WaitQueue::default();
            (0..4).for_each(|task| queue.push(task, 1));
            queue.remove(gone);
            queue.push(9, 1);
            let left: Vec<u32> = (0..4).filter(|&task| task != gone).chain([9]).collect();
            assert_eq!(drain(&mut queue), left);
        }
    }

    #[test]
    fn what_has_come_back_hides_no_older_task() {
        let mut queue = WaitQueue::default();
        (0..4).for_each(|task| queue.push(task, u64::from(task % 2)));
        (4..6).for_each(|task| queue.push_front(task, 1));
        assert_eq!(queue.first_of(1).collect::<Vec<_>>(), [5, 4, 1]);
        assert_eq!(queue.first_of_all().collect::<Vec<_>>(), [0, 2, 5, 4, 1]);
        drain(&mut queue);
        queue.push_front(6, 1);
        queue.push(7, 1);
        queue.push(8, 1);
        assert_eq!(queue.first_of(1).collect::<Vec<_>>(), [6, 7], "the others are long gone");
    }

    #[test]
    fn many_priorities_leave_in_order_and_few_empty_lanes_stay() {
        let mut queue = WaitQueue::default();
        for task in 0..1_000 {
            queue.push(task, u64::from(999 - task));
        }
        assert_eq!(drain(&mut queue), (0..1_000).rev().collect::<Vec<_>>());
        assert_eq!(queue.lanes.len(), KEPT_LANES);
    }
}
