//! The watches: who waits for the pool rather than for a task, as `drain`, `close` and `releaseTimeout` do. When a
//! condition holds is in `conditions`.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use crate::{
    clock::Nanos,
    effect::{Effect, Effects},
    group::GroupId,
    id::FaceId,
};

/// Most watches that one hold of the lock ends, or looks at.
pub(crate) const BATCH: usize = 1_024;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Nothing waits and nothing is busy.
    Drained,
    /// Every accepted task has settled.
    Settled,
    /// This generation, which is closed, has no worker left.
    Ended(u64),
    /// The pool is closed, no worker of any generation is left, and every rejection has been collected: until the pool
    /// is rebooted, no effect follows.
    Vacant,
    /// No task of the face that watches is left: none waits, runs, or has still to be collected.
    Left,
    /// No task of this group waits, and no function of one runs.
    Over(GroupId),
    /// A worker has booted. The watch ends before its time if no worker can be started, or the pool is closed.
    Started,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Watch {
    pub(crate) face: FaceId,
    pub(crate) token: u32,
    pub(crate) condition: Condition,
    /// `Nanos::MAX` for never.
    pub(crate) expires_at: Nanos,
}

/// The place of a watch in the order in which they came.
pub(crate) type Order = u64;

/// Watches that wait for the same: they come true together.
type Alike = BTreeSet<Order>;

/// The open watches. Whatever their number, a transition looks at a condition once, and at the condition of a
/// generation or a face only if the transition may have made it true.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    /// In the order in which they came, until they are told.
    all: BTreeMap<Order, Watch>,
    made: Order,
    drained: Alike,
    settled: Alike,
    vacant: Alike,
    started: Alike,
    /// By generation.
    ended: BTreeMap<u64, Alike>,
    left: BTreeMap<FaceId, Alike>,
    groups: BTreeMap<GroupId, Alike>,
    /// Of those that have a timeout.
    expiring: BTreeSet<(Nanos, Order)>,
    /// Generations that this transition may have brought to their end.
    ended_generations: Vec<u64>,
    /// Faces whose last task this transition may have ended.
    quiet_faces: Vec<FaceId>,
    /// Groups whose last task this transition may have ended.
    over_groups: Vec<GroupId>,
    /// Watches that are over and not wholly told, with what is left of what they wait for; none is empty.
    over: Vec<(Alike, Option<u32>)>,
}

impl Watches {
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether somebody waits for a worker to have started.
    pub(crate) fn await_start(&self) -> bool {
        !self.started.is_empty()
    }

    pub(crate) fn add(&mut self, watch: Watch) {
        let order = self.made;
        self.made += 1;
        self.all.insert(order, watch);
        if watch.expires_at < Nanos::MAX {
            self.expiring.insert((watch.expires_at, order));
        }
        self.group(watch.face, watch.condition).insert(order);
        match watch.condition {
            Condition::Ended(generation) => self.generation_ended(generation),
            Condition::Left => self.face_is_quiet(watch.face),
            Condition::Over(group) => self.group_is_over(group),
            _ => {}
        }
    }

    /// The watches of a condition; of a face, if the condition is one of faces.
    fn group(&mut self, face: FaceId, condition: Condition) -> &mut Alike {
        match condition {
            Condition::Drained => &mut self.drained,
            Condition::Settled => &mut self.settled,
            Condition::Vacant => &mut self.vacant,
            Condition::Started => &mut self.started,
            Condition::Ended(generation) => self.ended.entry(generation).or_default(),
            Condition::Left => self.left.entry(face).or_default(),
            Condition::Over(group) => self.groups.entry(group).or_default(),
        }
    }

    /// Takes a watch out of its group; false if the watch is over already.
    fn leave_group(&mut self, order: Order, watch: &Watch) -> bool {
        let group = self.group(watch.face, watch.condition);
        let was_open = group.remove(&order);
        if group.is_empty() {
            match watch.condition {
                Condition::Ended(generation) => drop(self.ended.remove(&generation)),
                Condition::Left => drop(self.left.remove(&watch.face)),
                Condition::Over(group) => drop(self.groups.remove(&group)),
                _ => {}
            }
        }
        was_open
    }

    /// What is watched of this generation may have come true.
    pub(crate) fn generation_ended(&mut self, generation: u64) {
        if !self.ended.is_empty() {
            self.ended_generations.push(generation);
        }
    }

    /// What is watched of any generation may have come true.
    pub(crate) fn generations_ended(&mut self) {
        self.ended_generations.extend(self.ended.keys());
    }

    /// Whether watches have come true and have not been told.
    pub(crate) const fn has_over(&self) -> bool {
        !self.over.is_empty()
    }

    /// What is watched of this face may have come true.
    pub(crate) fn face_is_quiet(&mut self, face: FaceId) {
        if !self.left.is_empty() {
            self.quiet_faces.push(face);
        }
    }

    /// What is watched of this group may have come true.
    pub(crate) fn group_is_over(&mut self, group: GroupId) {
        if !self.groups.is_empty() {
            self.over_groups.push(group);
        }
    }

    /// A group that may be over and has not been looked at.
    pub(crate) fn next_over_group(&mut self) -> Option<GroupId> {
        self.over_groups.pop()
    }

    /// A generation that may have come to its end and has not been looked at.
    pub(crate) fn next_ended_generation(&mut self) -> Option<u64> {
        self.ended_generations.pop()
    }

    /// A face that may be quiet and has not been looked at.
    pub(crate) fn next_quiet_face(&mut self) -> Option<FaceId> {
        self.quiet_faces.pop()
    }

    /// Drops those watches of a face that has gone which stand in the next places from `next` on. Returns whether there are
    /// more places to look at. That happens once per face, and the face adds no watch any more.
    pub(crate) fn forget_face(&mut self, face: FaceId, next: &mut Order) -> bool {
        let mut looks = 0;
        let from = *next;
        let mut gone = Vec::new();
        for (&order, watch) in self.all.range(from..).take(BATCH) {
            looks += 1;
            *next = order + 1;
            if watch.face == face {
                gone.push(order);
            }
        }
        for order in gone {
            let Some(watch) = self.all.remove(&order) else { continue };
            self.expiring.remove(&(watch.expires_at, order));
            if !self.leave_group(order, &watch) {
                self.over.retain_mut(|(group, _)| {
                    group.remove(&order);
                    !group.is_empty()
                });
            }
        }
        looks == BATCH
    }

    /// When the time of the first watch is up; `Nanos::MAX` for never.
    pub(crate) fn due(&self) -> Nanos {
        self.expiring.first().map_or(Nanos::MAX, |&(at, _)| at)
    }

    /// This condition, which is not that of a face, has come true. With `left` it will never come true.
    pub(crate) fn end(&mut self, condition: Condition, left: Option<u32>) {
        let group = match condition {
            Condition::Ended(generation) => self.ended.remove(&generation).unwrap_or_default(),
            Condition::Over(group) => self.groups.remove(&group).unwrap_or_default(),
            _ => mem::take(self.group(FaceId::FIRST, condition)),
        };
        self.end_group(group, left);
    }

    /// No task of this face is left.
    pub(crate) fn end_left(&mut self, face: FaceId) {
        let group = self.left.remove(&face).unwrap_or_default();
        self.end_group(group, None);
    }

    fn end_group(&mut self, group: Alike, left: Option<u32>) {
        if !group.is_empty() {
            self.over.push((group, left));
        }
    }

    /// Takes out a watch whose time is up, unless it is over and about to be told so.
    pub(crate) fn take_late(&mut self, now: Nanos) -> Option<Watch> {
        while self.due() <= now {
            let (_, order) = self.expiring.pop_first()?;
            let Some(&watch) = self.all.get(&order) else { continue };
            if self.leave_group(order, &watch) {
                self.all.remove(&order);
                return Some(watch);
            }
        }
        None
    }

    /// Tells the watches that are over, in the order in which they came, or some of them. Returns whether there are
    /// more.
    pub(crate) fn tell<T>(&mut self, effects: &mut Effects<T>) -> bool {
        for _ in 0..BATCH {
            let Some((index, order)) = self.next_over() else { return false };
            let (group, left) = &mut self.over[index];
            let left = *left;
            group.remove(&order);
            if group.is_empty() {
                self.over.swap_remove(index);
            }
            if let Some(Watch { face, token, expires_at, .. }) = self.all.remove(&order) {
                self.expiring.remove(&(expires_at, order));
                effects.push(Effect::Watched { face, token, left });
            }
        }
        !self.over.is_empty()
    }

    /// The first of the watches that are over, and in which group it is. The groups are few: no more than conditions
    /// come true at once.
    fn next_over(&self) -> Option<(usize, Order)> {
        let firsts =
            self.over.iter().enumerate().filter_map(|(index, (group, _))| Some((index, *group.first()?)));
        firsts.min_by_key(|&(_, order)| order)
    }
}
