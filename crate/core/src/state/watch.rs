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
    store::Table,
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

const NONE: u32 = u32::MAX;

/// The place of a watch in the order in which they came.
type Order = u64;

#[derive(Debug)]
struct Record {
    watch: Watch,
    order: Order,
    /// Its neighbours among those that wait for the same.
    before: u32,
    behind: u32,
    /// Names the list of these.
    list: Order,
}

/// Watches that wait for the same, and come true together: a list through the records, in the order in which they came.
#[derive(Debug, Clone, Copy)]
struct Alike {
    /// Those that wait for the same later, when these have come true, are another list.
    name: Order,
    head: u32,
    tail: u32,
}

impl Default for Alike {
    fn default() -> Self {
        Self { name: 0, head: NONE, tail: NONE }
    }
}

impl Alike {
    const fn is_empty(self) -> bool {
        self.head == NONE
    }

    /// Without the watch of this number, which stands between these two.
    const fn without(self, number: u32, before: u32, behind: u32) -> Self {
        Self {
            head: if self.head == number { behind } else { self.head },
            tail: if self.tail == number { before } else { self.tail },
            ..self
        }
    }
}

/// The open watches. Whatever their number, a transition looks at a condition once, and at the condition of a
/// generation or a face only if the transition may have made it true.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    /// By number, until they are told.
    all: Table<Record>,
    made: Order,
    drained: Alike,
    settled: Alike,
    vacant: Alike,
    started: Alike,
    /// By generation.
    ended: BTreeMap<u64, Alike>,
    left: BTreeMap<FaceId, Alike>,
    groups: BTreeMap<GroupId, Alike>,
    /// Of those that have a timeout, with their numbers.
    expiring: BTreeSet<(Nanos, Order, u32)>,
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
        let number = self.all.insert(Record { watch, order, before: NONE, behind: NONE, list: order });
        if watch.expires_at < Nanos::MAX {
            self.expiring.insert((watch.expires_at, order, number));
        }
        let alike = self.alike(watch.face, watch.condition);
        let Alike { name, tail, .. } = *alike;
        if tail == NONE {
            *alike = Alike { name: order, head: number, tail: number };
        } else {
            alike.tail = number;
            self.all[tail].behind = number;
            (self.all[number].before, self.all[number].list) = (tail, name);
        }
        match watch.condition {
            Condition::Ended(generation) => self.generation_ended(generation),
            Condition::Left => self.face_is_quiet(watch.face),
            Condition::Over(group) => self.group_is_over(group),
            _ => {}
        }
    }

    /// The watches of a condition; of a face, if the condition is one of faces.
    fn alike(&mut self, face: FaceId, condition: Condition) -> &mut Alike {
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

    /// Which of the lists that are over a watch is in, if it is over.
    fn over_list(&self, number: u32) -> Option<usize> {
        self.over.iter().position(|(alike, _)| alike.name == self.all[number].list)
    }

    /// The end of a watch, told or not.
    fn remove(&mut self, number: u32) -> Watch {
        let Record { watch, order, before, behind, .. } = self.all[number];
        if before != NONE {
            self.all[before].behind = behind;
        }
        if behind != NONE {
            self.all[behind].before = before;
        }
        if let Some(at) = self.over_list(number) {
            let alike = &mut self.over[at].0;
            *alike = alike.without(number, before, behind);
            if alike.is_empty() {
                self.over.swap_remove(at);
            }
        } else {
            let alike = self.alike(watch.face, watch.condition);
            *alike = alike.without(number, before, behind);
            if alike.is_empty() {
                self.forget_alike(&watch);
            }
        }
        self.expiring.remove(&(watch.expires_at, order, number));
        self.all.remove(number);
        watch
    }

    /// Nothing waits any more for what this watch has waited for.
    fn forget_alike(&mut self, watch: &Watch) {
        match watch.condition {
            Condition::Ended(generation) => drop(self.ended.remove(&generation)),
            Condition::Left => drop(self.left.remove(&watch.face)),
            Condition::Over(group) => drop(self.groups.remove(&group)),
            Condition::Drained | Condition::Settled | Condition::Vacant | Condition::Started => {}
        }
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

    /// Drops those watches of a face that has gone which have the next numbers from `next` on. Returns whether there are more
    /// numbers to look at. That happens once per face, and the face adds no watch any more.
    pub(crate) fn forget_face(&mut self, face: FaceId, next: &mut u32) -> bool {
        let end = self.all.end();
        let from = *next;
        *next = end.min(from.saturating_add(BATCH as u32));
        for number in from..*next {
            if self.all.get(number).is_some_and(|record| record.watch.face == face) {
                self.remove(number);
            }
        }
        *next < end
    }

    /// When the time of the first watch is up; `Nanos::MAX` for never.
    pub(crate) fn due(&self) -> Nanos {
        self.expiring.first().map_or(Nanos::MAX, |&(at, ..)| at)
    }

    /// This condition, which is not that of a face, has come true. With `left` it will never come true.
    pub(crate) fn end(&mut self, condition: Condition, left: Option<u32>) {
        let alike = match condition {
            Condition::Ended(generation) => self.ended.remove(&generation).unwrap_or_default(),
            Condition::Over(group) => self.groups.remove(&group).unwrap_or_default(),
            _ => mem::take(self.alike(FaceId::FIRST, condition)),
        };
        self.end_all(alike, left);
    }

    /// No task of this face is left.
    pub(crate) fn end_left(&mut self, face: FaceId) {
        let alike = self.left.remove(&face).unwrap_or_default();
        self.end_all(alike, None);
    }

    fn end_all(&mut self, alike: Alike, left: Option<u32>) {
        if !alike.is_empty() {
            self.over.push((alike, left));
        }
    }

    /// Takes out a watch whose time is up, unless it is over and about to be told so.
    pub(crate) fn take_late(&mut self, now: Nanos) -> Option<Watch> {
        while self.due() <= now {
            let (.., number) = self.expiring.pop_first()?;
            if self.over_list(number).is_none() {
                return Some(self.remove(number));
            }
        }
        None
    }

    /// Tells the watches that are over, in the order in which they came, or some of them. Returns whether there are
    /// more.
    pub(crate) fn tell<T>(&mut self, effects: &mut Effects<T>) -> bool {
        for _ in 0..BATCH {
            let Some((number, left)) = self.next_over() else { return false };
            let Watch { face, token, .. } = self.remove(number);
            effects.push(Effect::Watched { face, token, left });
        }
        !self.over.is_empty()
    }

    /// The first of the watches that are over, and what is left of what it waits for. The groups are few: no more than
    /// conditions come true at once.
    fn next_over(&self) -> Option<(u32, Option<u32>)> {
        let firsts = self.over.iter().map(|&(alike, left)| (alike.head, left));
        firsts.min_by_key(|&(number, _)| self.all[number].order)
    }
}
