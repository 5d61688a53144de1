//! The keys: how many tasks of each run, and which of its tasks is next.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::BuildHasherDefault,
};

use slab::Slab;

use crate::{
    key::{Key, Part},
    policy::UNBOUNDED,
    state::queue::WaitQueue,
    submission::BACKGROUND,
};

const NONE: u32 = u32::MAX;

/// A place in the list of a key, kept under the number of the task that has it.
#[derive(Debug, Clone, Copy)]
struct Place {
    before: u32,
    behind: u32,
    /// The place of the task in the order of submission.
    number: u64,
}

const NO_PLACE: Place = Place { before: NONE, behind: NONE, number: 0 };

/// The tasks of one key in one priority, in order of arrival.
#[derive(Debug, Clone, Copy)]
struct List {
    priority: u64,
    head: u32,
    tail: u32,
}

#[derive(Debug)]
struct Record {
    key: Key,
    /// Tasks that a worker has, settled or not.
    running: u32,
    waiting: u32,
    /// By priority, none of them empty. As a rule a key waits in one priority.
    lists: Vec<List>,
}

/// The waiting keys of one priority, in the order in which they are served: those with the fewest running tasks first.
/// Whether a key may start at all depends on that number, too; so if the first may not, none may. In the background all
/// keys are equal, and those that may not start are passed over; they are no more than tasks run.
#[derive(Debug, Default)]
struct Lane {
    /// Among equals the key whose first task came first.
    oldest: BTreeSet<Oldest>,
    /// Among equals the key whose last task came last.
    newest: BTreeSet<Newest>,
}

/// How many tasks of a key run, the number of its first task, the key.
type Oldest = (u32, u64, u32);

/// How many tasks of a key run, the number of its last task, the key.
type Newest = (u32, Reverse<u64>, u32);

/// The task of a key that is next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) task: u32,
    /// Its place in the order of submission.
    pub(crate) number: u64,
    /// How many tasks of its key run.
    pub(crate) running: u32,
}

/// Tasks that have a key. A key is known by a number of its own while one of its tasks waits or runs, and no longer.
#[derive(Debug)]
pub(crate) struct Keys {
    records: Slab<Record>,
    by_key: HashMap<Key, u32, BuildHasherDefault<Part>>,
    places: Vec<Place>,
    lanes: BTreeMap<u64, Lane>,
    /// All waiting tasks that have a key, by priority and in order of arrival.
    arrivals: WaitQueue,
    background: u32,
    /// Whether somebody asks for the newest.
    has_newest: bool,
}

impl Keys {
    pub(crate) fn new(has_newest: bool) -> Self {
        Self {
            records: Slab::new(),
            by_key: HashMap::default(),
            places: Vec::new(),
            lanes: BTreeMap::new(),
            arrivals: WaitQueue::default(),
            background: 0,
            has_newest,
        }
    }

    /// From now on somebody asks for the newest, or nobody does.
    pub(crate) fn order_newest(&mut self, has_newest: bool) {
        if self.has_newest == has_newest {
            return;
        }
        let ids: Vec<u32> = self.records.iter().map(|(id, _)| id as u32).collect();
        for id in ids {
            for at in 0..self.records[id as usize].lists.len() {
                self.hide(id, at);
                self.has_newest = has_newest;
                self.show(id, at);
                self.has_newest = !has_newest;
            }
        }
        self.has_newest = has_newest;
    }

    /// The number of a key of which a task is about to run or to wait.
    pub(crate) fn enter(&mut self, key: Key) -> u32 {
        *self.by_key.entry(key).or_insert_with(|| {
            self.records.insert(Record { key, running: 0, waiting: 0, lists: Vec::new() }) as u32
        })
    }

    /// How many tasks of a key run, and how many wait.
    pub(crate) fn counts(&self, key: Key) -> (u32, u32) {
        let record = self.by_key.get(&key).map(|&id| &self.records[id as usize]);
        record.map_or((0, 0), |record| (record.running, record.waiting))
    }

    pub(crate) fn running(&self, id: u32) -> u32 {
        self.records[id as usize].running
    }

    /// Waiting tasks of the background that have a key.
    pub(crate) const fn background(&self) -> u32 {
        self.background
    }

    pub(crate) fn key(&self, id: u32) -> Key {
        self.records[id as usize].key
    }

    /// Waiting tasks that have a key.
    pub(crate) fn waiting(&self) -> u32 {
        self.arrivals.len()
    }

    /// All of them, by priority and in order of arrival.
    pub(crate) const fn arrivals(&self) -> &WaitQueue {
        &self.arrivals
    }

    /// A worker has a task of the key from now on.
    pub(crate) fn start(&mut self, id: u32) {
        self.reindex(id, |record| record.running += 1);
    }

    /// The function of a task of the key has ended.
    pub(crate) fn end(&mut self, id: u32) {
        self.reindex(id, |record| record.running -= 1);
        self.forget(id);
    }

    /// A task of the key is over: forgets the key if that was its last one.
    pub(crate) fn forget(&mut self, id: u32) {
        let record = &self.records[id as usize];
        if record.running == 0 && record.waiting == 0 {
            self.by_key.remove(&record.key);
            self.records.remove(id as usize);
        }
    }

    /// A task of the key waits, behind the others of its key and priority; `is_back`: before them, as it has come back.
    pub(crate) fn push(&mut self, id: u32, task: u32, number: u64, priority: u64, is_back: bool) {
        if is_back {
            self.arrivals.push_front(task, priority);
        } else {
            self.arrivals.push(task, priority);
        }
        let index = task as usize;
        if index >= self.places.len() {
            self.places.resize(index + 1, NO_PLACE);
        }
        self.background += u32::from(priority == BACKGROUND);
        let record = &mut self.records[id as usize];
        record.waiting += 1;
        let Some(at) = record.lists.iter().position(|list| list.priority == priority) else {
            self.places[index] = Place { number, ..NO_PLACE };
            let behind = record.lists.partition_point(|list| list.priority < priority);
            record.lists.insert(behind, List { priority, head: task, tail: task });
            self.show(id, behind);
            return;
        };
        if is_back || self.has_newest {
            self.hide(id, at);
        }
        let list = &mut self.records[id as usize].lists[at];
        if is_back {
            self.places[index] = Place { before: NONE, behind: list.head, number };
            self.places[list.head as usize].before = task;
            list.head = task;
        } else {
            self.places[index] = Place { before: list.tail, behind: NONE, number };
            self.places[list.tail as usize].behind = task;
            list.tail = task;
        }
        if is_back || self.has_newest {
            self.show(id, at);
        }
    }

    /// A task of the key does not wait any more. The key stays known, as the task may be about to run: whoever ends the
    /// task says so by `forget`.
    pub(crate) fn remove(&mut self, id: u32, task: u32, priority: u64) {
        self.arrivals.remove(task);
        self.background -= u32::from(priority == BACKGROUND);
        let record = &mut self.records[id as usize];
        record.waiting -= 1;
        let Some(at) = record.lists.iter().position(|list| list.priority == priority) else {
            unreachable!("a waiting task is in a list of its key");
        };
        self.hide(id, at);
        let Place { before, behind, .. } = self.places[task as usize];
        let list = &mut self.records[id as usize].lists[at];
        match before {
            NONE => list.head = behind,
            before => self.places[before as usize].behind = behind,
        }
        match behind {
            NONE => list.tail = before,
            behind => self.places[behind as usize].before = before,
        }
        if list.head == NONE {
            self.records[id as usize].lists.remove(at);
        } else {
            self.show(id, at);
        }
    }

    fn reindex(&mut self, id: u32, change: impl FnOnce(&mut Record)) {
        let lists = self.records[id as usize].lists.len();
        (0..lists).for_each(|at| self.hide(id, at));
        change(&mut self.records[id as usize]);
        (0..lists).for_each(|at| self.show(id, at));
    }

    /// How a list of the key stands in its lane.
    fn standing(&self, id: u32, at: usize) -> (u64, Oldest, Newest) {
        let record = &self.records[id as usize];
        let List { priority, head, tail } = record.lists[at];
        let number = |task: u32| self.places[task as usize].number;
        let running = if priority == BACKGROUND { 0 } else { record.running };
        (priority, (running, number(head), id), (running, Reverse(number(tail)), id))
    }

    fn show(&mut self, id: u32, at: usize) {
        let (priority, oldest, newest) = self.standing(id, at);
        let lane = self.lanes.entry(priority).or_default();
        lane.oldest.insert(oldest);
        if self.has_newest {
            lane.newest.insert(newest);
        }
    }

    fn hide(&mut self, id: u32, at: usize) {
        let (priority, oldest, newest) = self.standing(id, at);
        let Some(lane) = self.lanes.get_mut(&priority) else { return };
        lane.oldest.remove(&oldest);
        if self.has_newest {
            lane.newest.remove(&newest);
        }
        if lane.oldest.is_empty() {
            self.lanes.remove(&priority);
        }
    }

    /// The first priority from this one on in which a task with a key waits.
    pub(crate) fn priority_from(&self, priority: u64) -> Option<u64> {
        self.lanes.range(priority..).next().map(|(&priority, _)| priority)
    }

    /// The task that is next in this priority, if one may start. `is_newest`: the newest goes first.
    pub(crate) fn first(&self, priority: u64, per_key: u32, is_newest: bool) -> Option<Head> {
        let lane = self.lanes.get(&priority)?;
        let (running, id) = if is_newest {
            lane.newest.first().map(|&(running, _, id)| (running, id))?
        } else if priority == BACKGROUND {
            let may_start = |&&(_, _, id): &&Oldest| self.records[id as usize].running < per_key;
            lane.oldest.iter().find(may_start).map(|&(running, _, id)| (running, id))?
        } else {
            lane.oldest.first().map(|&(running, _, id)| (running, id))?
        };
        if running >= per_key {
            return None;
        }
        let record = &self.records[id as usize];
        let list = record.lists.iter().find(|list| list.priority == priority)?;
        let task = if is_newest { list.tail } else { list.head };
        Some(Head { task, number: self.places[task as usize].number, running })
    }

    /// The task of the key that came first in the lowest priority in which the key waits, and that priority. Of the
    /// background, or of the rest.
    pub(crate) fn oldest_of(&self, key: Key, is_background: bool) -> Option<(u32, u64)> {
        let record = &self.records[*self.by_key.get(&key)? as usize];
        let is_meant = |list: &&List| (list.priority == BACKGROUND) == is_background;
        let list = record.lists.iter().rfind(is_meant)?;
        // What has come back stands before the others.
        let first = self.tasks_from(list.head).take(self.arrivals.most_returned() as usize + 1);
        let oldest = first.min_by_key(|&task| self.places[task as usize].number)?;
        Some((oldest, list.priority))
    }

    /// This task and those of its key and its priority that stand behind it.
    fn tasks_from(&self, head: u32) -> impl Iterator<Item = u32> + '_ {
        // Who is last has nobody behind it.
        let next = |&task: &u32| Some(self.places[task as usize].behind).filter(|&behind| behind != NONE);
        std::iter::successors(Some(head), next)
    }

    /// How many tasks of this priority could start as far as their keys are concerned; no more than `most` are counted.
    /// `seen`: keys that have been counted in other priorities, with how many of theirs.
    pub(crate) fn demand(&self, priority: u64, per_key: u32, most: u32, seen: &mut Vec<(u32, u32)>) -> u32 {
        let Some(lane) = self.lanes.get(&priority) else { return 0 };
        let mut count = 0;
        for &(_, _, id) in &lane.oldest {
            let running = self.records[id as usize].running;
            if count >= most || (running >= per_key && priority != BACKGROUND) {
                break;
            }
            let list = self.records[id as usize].lists.iter().find(|list| list.priority == priority);
            let waiting = list.into_iter().flat_map(|list| self.tasks_from(list.head));
            let before = seen.iter().position(|&(other, _)| other == id);
            let taken = before.map_or(0, |at| seen[at].1);
            let room = per_key.saturating_sub(running).saturating_sub(taken).min(most - count);
            let own = waiting.take(room as usize).count() as u32;
            count += own;
            match before {
                Some(at) => seen[at].1 += own,
                None => seen.push((id, own)),
            }
        }
        count
    }

    /// Whether one more task of the key could start beside those that wait; those of the background, or the others.
    pub(crate) fn has_spare(&self, key: Key, per_key: u32, is_background: bool) -> bool {
        let Some(&id) = self.by_key.get(&key).filter(|_| per_key != UNBOUNDED) else { return true };
        let record = &self.records[id as usize];
        let own = record.lists.iter().filter(|list| (list.priority == BACKGROUND) == is_background);
        let waiting = own.flat_map(|list| self.tasks_from(list.head));
        let free = per_key.saturating_sub(record.running) as usize;
        waiting.take(free).count() < free
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn audit(&self) {
        assert_eq!(self.by_key.len(), self.records.len(), "keys by name");
        let mut waiting = 0;
        for (id, record) in &self.records {
            assert!(record.running > 0 || record.waiting > 0, "a key without a task");
            waiting += record.waiting;
            for at in 0..record.lists.len() {
                let (priority, oldest, newest) = self.standing(id as u32, at);
                let lane = &self.lanes[&priority];
                assert!(lane.oldest.contains(&oldest), "a key out of order");
                assert_eq!(lane.newest.contains(&newest), self.has_newest, "a key out of order");
            }
        }
        assert_eq!(waiting, self.arrivals.len(), "waiting tasks with a key");
        let lists: usize = self.records.iter().map(|(_, record)| record.lists.len()).sum();
        assert_eq!(lists, self.lanes.values().map(|lane| lane.oldest.len()).sum::<usize>(), "lists in lanes");
        let newest = if self.has_newest { lists } else { 0 };
        assert_eq!(
            newest,
            self.lanes.values().map(|lane| lane.newest.len()).sum::<usize>(),
            "lists in lanes"
        );
    }
}
