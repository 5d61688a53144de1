//! The keys: how many tasks of each run, and which of its tasks is next. A group with a limit has a key of its own, which
//! nobody else can name: that key keeps to the limit, and has no part in the order between keys.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use crate::{
    group::{Name, TaskGroup},
    key::Key,
    policy::UNBOUNDED,
    state::{moved::Arrival, queue::WaitQueue},
    store::{ByHash, ByNumber, Table, hash_of},
    submission::BACKGROUND,
};

#[cfg(any(test, feature = "audit"))]
mod audit;
mod order;

const NONE: u32 = u32::MAX;

/// A place in the list of a key, kept under the number of the task that has it.
#[derive(Debug, Clone, Copy)]
struct Place {
    before: u32,
    behind: u32,
    /// When the task came to this place.
    arrival: Arrival,
}

const NO_PLACE: Place = Place { before: NONE, behind: NONE, arrival: (0, 0) };

/// The tasks of one key in one priority, in order of arrival.
#[derive(Debug, Clone, Copy)]
struct List {
    priority: u64,
    head: u32,
    tail: u32,
}

#[derive(Debug)]
struct Record {
    name: Name,
    /// Of a group: most of its tasks that run at once.
    limit: Option<u32>,
    /// Tasks that a worker has, settled or not.
    running: u32,
    waiting: u32,
    /// By priority, none of them empty. As a rule a key waits in one priority.
    lists: Vec<List>,
}

fn hash(name: Name) -> u32 {
    match name {
        Name::Key(key) => key.part(),
        Name::Group(group) => hash_of(group.0.get()),
    }
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

/// How many tasks of a key run, the arrival of its first task, the key.
type Oldest = (u32, Arrival, u32);

/// How many tasks of a key run, the arrival of its last task, the key.
type Newest = (u32, Reverse<Arrival>, u32);

/// The task of a key that is next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) task: u32,
    pub(crate) arrival: Arrival,
    /// How many tasks of its key run.
    pub(crate) running: u32,
}

/// Tasks that have a key. A key is known by a number of its own while one of its tasks waits or runs, and no longer.
#[derive(Debug)]
pub(crate) struct Keys {
    records: Table<Record>,
    by_name: ByHash,
    places: ByNumber<Place>,
    lanes: BTreeMap<u64, Lane>,
    /// The groups that may start a task, in the order of their arrival: how many of a group run does not count.
    of_groups: BTreeMap<u64, Lane>,
    /// All waiting tasks that have a key, by priority and in order of arrival.
    arrivals: WaitQueue,
    background: u32,
    /// Whether somebody asks for the newest.
    has_newest: bool,
}

impl Keys {
    pub(crate) fn new(has_newest: bool) -> Self {
        Self {
            records: Table::new(),
            by_name: ByHash::default(),
            places: ByNumber::new(NO_PLACE),
            lanes: BTreeMap::new(),
            of_groups: BTreeMap::new(),
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
        let ids: Vec<u32> = self.records.iter().map(|(id, _)| id).collect();
        for id in ids {
            for at in 0..self.records[id].lists.len() {
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
        self.enter_as(Name::Key(key), None)
    }

    /// The same for a group with a limit.
    pub(crate) fn enter_group(&mut self, group: TaskGroup) -> u32 {
        self.enter_as(Name::Group(group.id), Some(group.limit))
    }

    fn enter_as(&mut self, name: Name, limit: Option<u32>) -> u32 {
        self.find(name).unwrap_or_else(|| {
            let record = Record { name, limit, running: 0, waiting: 0, lists: Vec::new() };
            let id = self.records.insert(record);
            self.by_name.insert(hash(name), id);
            id
        })
    }

    /// The same for a key, or a group, that may have been forgotten meanwhile.
    pub(crate) fn enter_again(&mut self, name: Name, limit: Option<u32>) -> u32 {
        match (name, limit) {
            (Name::Key(key), _) => self.enter(key),
            (Name::Group(id), limit) => self.enter_group(TaskGroup { id, limit: limit.unwrap_or(UNBOUNDED) }),
        }
    }

    fn find(&self, name: Name) -> Option<u32> {
        self.by_name.find(hash(name), |id| self.records[id].name == name)
    }

    /// How many tasks of a key run, and how many wait.
    pub(crate) fn counts(&self, name: Name) -> (u32, u32) {
        let record = self.find(name).map(|id| &self.records[id]);
        record.map_or((0, 0), |record| (record.running, record.waiting))
    }

    /// Whether one more task of a key may start, which is not a group.
    pub(crate) fn may_start(&self, id: u32, per_key: u32) -> bool {
        self.records[id].running < per_key
    }

    /// Of a group: its limit.
    pub(crate) fn limit(&self, id: u32) -> Option<u32> {
        self.records[id].limit
    }

    pub(crate) fn is_group(&self, id: u32) -> bool {
        self.limit(id).is_some()
    }

    /// Waiting tasks of the background that have a key.
    pub(crate) const fn background(&self) -> u32 {
        self.background
    }

    pub(crate) fn name(&self, id: u32) -> Name {
        self.records[id].name
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
        self.reindex(id, |running| *running += 1);
    }

    /// The function of a task of the key has ended.
    pub(crate) fn end(&mut self, id: u32) {
        self.reindex(id, |running| *running -= 1);
        self.forget(id);
    }

    /// A task of the key is over: forgets the key if that was its last one.
    pub(crate) fn forget(&mut self, id: u32) {
        let record = &self.records[id];
        if record.running == 0 && record.waiting == 0 {
            self.by_name.remove(id);
            if self.records.remove(id) {
                self.by_name.truncate(self.records.end());
            }
        }
    }

    /// Gives back what is kept for tasks from `end` on: there are none.
    pub(crate) fn truncate(&mut self, end: u32) {
        self.places.truncate(end);
        self.arrivals.truncate(end);
    }

    /// A task of the key waits, behind the others of its key and priority; `is_back`: before them, as it has come back.
    pub(crate) fn push(&mut self, id: u32, task: u32, arrival: Arrival, priority: u64, is_back: bool) {
        if is_back {
            self.arrivals.push_front(task, priority);
        } else {
            self.arrivals.push(task, priority);
        }
        self.background += u32::from(priority == BACKGROUND);
        let record = &mut self.records[id];
        record.waiting += 1;
        let Some(at) = record.lists.iter().position(|list| list.priority == priority) else {
            *self.places.at(task) = Place { arrival, ..NO_PLACE };
            let behind = record.lists.partition_point(|list| list.priority < priority);
            record.lists.insert(behind, List { priority, head: task, tail: task });
            self.show(id, behind);
            return;
        };
        if is_back || self.has_newest {
            self.hide(id, at);
        }
        let list = &mut self.records[id].lists[at];
        if is_back {
            *self.places.at(task) = Place { before: NONE, behind: list.head, arrival };
            self.places.at(list.head).before = task;
            list.head = task;
        } else {
            *self.places.at(task) = Place { before: list.tail, behind: NONE, arrival };
            self.places.at(list.tail).behind = task;
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
        let record = &mut self.records[id];
        record.waiting -= 1;
        let Some(at) = record.lists.iter().position(|list| list.priority == priority) else {
            unreachable!("a waiting task is in a list of its key");
        };
        self.hide(id, at);
        let Place { before, behind, .. } = self.places.get(task);
        let list = &mut self.records[id].lists[at];
        match before {
            NONE => list.head = behind,
            before => self.places.at(before).behind = behind,
        }
        match behind {
            NONE => list.tail = before,
            behind => self.places.at(behind).before = before,
        }
        if list.head == NONE {
            self.records[id].lists.remove(at);
        } else {
            self.show(id, at);
        }
    }

    /// Changes how many tasks of the key run, and with that where its lists stand.
    fn reindex(&mut self, id: u32, change: impl FnOnce(&mut u32)) {
        let record = &mut self.records[id];
        let before = record.running;
        change(&mut record.running);
        let (after, lists) = (record.running, record.lists.len());
        match record.limit {
            None => (0..lists).for_each(|at| self.move_in_lane(id, at, before)),
            // All groups are equal, as long as they may start a task.
            Some(limit) if before < limit && after >= limit => {
                self.records[id].running = before;
                (0..lists).for_each(|at| self.hide(id, at));
                self.records[id].running = after;
            }
            Some(limit) if before >= limit && after < limit => (0..lists).for_each(|at| self.show(id, at)),
            Some(_) => {}
        }
    }

    /// A list of the key stands in its lane as if so many tasks of the key ran as did before. A key may have very many
    /// lists, each alone in its lane: so the new entry comes before the old one goes, and no lane becomes empty.
    fn move_in_lane(&mut self, id: u32, at: usize, before: u32) {
        let (priority, oldest, newest) = self.standing(id, at);
        if priority == BACKGROUND {
            return;
        }
        let Some(lane) = self.lanes.get_mut(&priority) else { unreachable!("a list has a lane") };
        lane.oldest.insert(oldest);
        lane.oldest.remove(&(before, oldest.1, id));
        if self.has_newest {
            lane.newest.insert(newest);
            lane.newest.remove(&(before, newest.1, id));
        }
    }

    /// How a list of the key stands in its lane.
    fn standing(&self, id: u32, at: usize) -> (u64, Oldest, Newest) {
        let record = &self.records[id];
        let List { priority, head, tail } = record.lists[at];
        let arrival = |task: u32| self.places.get(task).arrival;
        let is_equal = priority == BACKGROUND || record.limit.is_some();
        let running = if is_equal { 0 } else { record.running };
        (priority, (running, arrival(head), id), (running, Reverse(arrival(tail)), id))
    }

    /// Where the lists of a key stand; `None` for those of a group that may not start a task.
    fn lanes_of(&mut self, id: u32) -> Option<&mut BTreeMap<u64, Lane>> {
        let record = &self.records[id];
        match record.limit {
            None => Some(&mut self.lanes),
            Some(limit) if record.running < limit => Some(&mut self.of_groups),
            Some(_) => None,
        }
    }

    fn show(&mut self, id: u32, at: usize) {
        let (priority, oldest, newest) = self.standing(id, at);
        let has_newest = self.has_newest;
        let Some(lanes) = self.lanes_of(id) else { return };
        let lane = lanes.entry(priority).or_default();
        lane.oldest.insert(oldest);
        if has_newest {
            lane.newest.insert(newest);
        }
    }

    fn hide(&mut self, id: u32, at: usize) {
        let (priority, oldest, newest) = self.standing(id, at);
        let has_newest = self.has_newest;
        let Some(lanes) = self.lanes_of(id) else { return };
        let Some(lane) = lanes.get_mut(&priority) else { return };
        lane.oldest.remove(&oldest);
        if has_newest {
            lane.newest.remove(&newest);
        }
        if lane.oldest.is_empty() {
            lanes.remove(&priority);
        }
    }
}
