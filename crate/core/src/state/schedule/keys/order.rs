//! Which task with a key is next, and how many may start.

use super::{Head, Keys, List, NONE, Oldest, Place};
use crate::{group::Name, key::Key, policy::UNBOUNDED, submission::BACKGROUND};

impl Keys {
    /// The first priority from this one on in which a task with a key waits.
    pub(crate) fn priority_from(&self, priority: u64) -> Option<u64> {
        self.arrivals.priority_from(priority)
    }

    /// The first priority from this one on in which a group may start a task.
    pub(crate) fn group_priority_from(&self, priority: u64) -> Option<u64> {
        self.of_groups.range(priority..).next().map(|(&priority, _)| priority)
    }

    /// The task of groups that is next in this priority, if one may start. It counts as one without a key.
    pub(crate) fn first_of_groups(&self, priority: u64, running: u32, is_newest: bool) -> Option<Head> {
        let lane = self.of_groups.get(&priority)?;
        let id = if is_newest { lane.newest.first()?.2 } else { lane.oldest.first()?.2 };
        let list = self.records[id].lists.iter().find(|list| list.priority == priority)?;
        let task = if is_newest { list.tail } else { list.head };
        Some(Head { task, arrival: self.places.get(task).arrival, running })
    }

    /// The task that is next in this priority, if one may start. `is_newest`: the newest goes first.
    pub(crate) fn first(&self, priority: u64, per_key: u32, is_newest: bool) -> Option<Head> {
        let lane = self.lanes.get(&priority)?;
        let (running, id) = if is_newest {
            lane.newest.first().map(|&(running, _, id)| (running, id))?
        } else if priority == BACKGROUND {
            let may_start = |&&(_, _, id): &&Oldest| self.records[id].running < per_key;
            lane.oldest.iter().find(may_start).map(|&(running, _, id)| (running, id))?
        } else {
            lane.oldest.first().map(|&(running, _, id)| (running, id))?
        };
        if running >= per_key {
            return None;
        }
        let record = &self.records[id];
        let list = record.lists.iter().find(|list| list.priority == priority)?;
        let task = if is_newest { list.tail } else { list.head };
        Some(Head { task, arrival: self.places.get(task).arrival, running })
    }

    /// The task of the key that came first in the lowest priority in which the key waits, and that priority. Of the
    /// background, or of the rest.
    pub(crate) fn oldest_of(&self, key: Key, is_background: bool) -> Option<(u32, u64)> {
        let record = &self.records[self.find(Name::Key(key))?];
        let is_meant = |list: &&List| (list.priority == BACKGROUND) == is_background;
        let list = record.lists.iter().rfind(is_meant)?;
        // What has come back stands before the others.
        let first = self.tasks_from(list.head).take(self.arrivals.most_returned() as usize + 1);
        let oldest = first.min_by_key(|&task| self.places.get(task).arrival)?;
        Some((oldest, list.priority))
    }

    /// This task and those of its key and its priority that stand behind it.
    fn tasks_from(&self, head: u32) -> impl Iterator<Item = u32> + '_ {
        // Who is last has nobody behind it.
        let next = |&task: &u32| Some(self.places.get(task).behind).filter(|&behind| behind != NONE);
        std::iter::successors(Some(head), next)
    }

    /// How many tasks of this priority could start as far as their keys are concerned; no more than `most` are counted.
    /// `seen`: keys that have been counted in other priorities, with how many of theirs.
    pub(crate) fn demand(&self, priority: u64, per_key: u32, most: u32, seen: &mut Vec<(u32, u32)>) -> u32 {
        let of_keys = self.lanes.get(&priority).into_iter().flat_map(|lane| &lane.oldest);
        let is_startable = |&&(running, _, _): &&Oldest| running < per_key || priority == BACKGROUND;
        let of_groups = self.of_groups.get(&priority).into_iter().flat_map(|lane| &lane.oldest);
        let mut count = 0;
        for &(_, _, id) in of_keys.take_while(is_startable).chain(of_groups) {
            if count >= most {
                break;
            }
            let running = self.records[id].running;
            let limit = self.records[id].limit.unwrap_or(per_key);
            let list = self.records[id].lists.iter().find(|list| list.priority == priority);
            let waiting = list.into_iter().flat_map(|list| self.tasks_from(list.head));
            let before = seen.iter().position(|&(other, _)| other == id);
            let taken = before.map_or(0, |at| seen[at].1);
            let room = limit.saturating_sub(running).saturating_sub(taken).min(most - count);
            let own = waiting.take(room as usize).count() as u32;
            count += own;
            match before {
                Some(at) => seen[at].1 += own,
                None => seen.push((id, own)),
            }
        }
        count
    }

    /// The keys and the groups that wait in this priority and may start a task, in the order in which they are served; so
    /// many of each.
    pub(crate) fn served(&self, priority: u64, per_key: u32, is_newest: bool, most: usize) -> Vec<u32> {
        let lanes = [self.lanes.get(&priority), self.of_groups.get(&priority)];
        let mut served = Vec::new();
        for lane in lanes.into_iter().flatten() {
            let ids: &mut dyn Iterator<Item = u32> = if is_newest {
                &mut lane.newest.iter().map(|&(_, _, id)| id)
            } else {
                &mut lane.oldest.iter().map(|&(_, _, id)| id)
            };
            let may_start = |&id: &u32| {
                let record = &self.records[id];
                record.running < record.limit.unwrap_or(per_key)
            };
            // In the background those that may not start are passed over; elsewhere they stand behind the others.
            let looks = if priority == BACKGROUND { usize::MAX } else { most };
            served.extend(ids.take(looks).filter(may_start).take(most));
        }
        served
    }

    /// The priorities in which the key waits.
    pub(crate) fn priorities_of(&self, id: u32) -> impl Iterator<Item = u64> + '_ {
        self.records[id].lists.iter().map(|list| list.priority)
    }

    /// The first task of the key in this priority, from one end of its list.
    pub(crate) fn end_of(&self, id: u32, priority: u64, is_newest: bool) -> Option<u32> {
        let list = self.records[id].lists.iter().find(|list| list.priority == priority)?;
        Some(if is_newest { list.tail } else { list.head })
    }

    /// The task of the same key and priority that stands next to this one: behind it, or before it.
    pub(crate) fn beside(&self, task: u32, is_before: bool) -> Option<u32> {
        let Place { before, behind, .. } = self.places.get(task);
        Some(if is_before { before } else { behind }).filter(|&task| task != NONE)
    }

    /// Whether one more task of the key could start beside those that wait; those of the background, or the others.
    pub(crate) fn has_spare(&self, name: Name, per_key: u32, is_background: bool) -> bool {
        let Some(id) = self.find(name) else { return true };
        let record = &self.records[id];
        let most = record.limit.unwrap_or(per_key);
        if most == UNBOUNDED {
            return true;
        }
        let own = record.lists.iter().filter(|list| (list.priority == BACKGROUND) == is_background);
        let waiting = own.flat_map(|list| self.tasks_from(list.head));
        let free = most.saturating_sub(record.running) as usize;
        waiting.take(free).count() < free
    }
}
