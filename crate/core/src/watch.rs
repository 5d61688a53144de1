//! Those who wait for the pool rather than for a task: `drain`, `close`, `releaseTimeout`.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem,
};

use crate::{
    clock::Nanos,
    face::{FaceId, Payload},
    state::{Effect, Effects, Phase, State},
};

/// Most watches that one lock hold ends.
const BATCH: usize = 1_024;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Nothing waits and nothing is busy.
    Drained,
    /// Every accepted task has settled.
    Settled,
    /// This generation, which is closed, has no worker left.
    Ended(u64),
    /// The pool is closed, no worker of any generation is left, and every rejection has been collected: until it is
    /// rebooted, no effect follows.
    Vacant,
    /// No task of the face that watches is left: none waits, runs, or has still to be collected.
    Left,
    /// A worker has booted. Up before its time if none can be, or the pool is closed.
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

/// The how-manieth watch it is.
type Order = u64;

/// Watches that wait for the same: they come true together.
type Group = BTreeSet<Order>;

/// The open watches. Whatever their number, a transition looks at a condition once, and at those of a generation or a face only if
/// it may have made them true.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    /// In the order in which they came, until they are told.
    all: BTreeMap<Order, Watch>,
    made: Order,
    drained: Group,
    settled: Group,
    vacant: Group,
    started: Group,
    /// By generation.
    ended: BTreeMap<u64, Group>,
    left: HashMap<FaceId, Group>,
    /// Of those that have a timeout.
    expiring: BTreeSet<(Nanos, Order)>,
    /// Generations and faces that this transition may have brought to their end.
    ended_generations: Vec<u64>,
    quiet_faces: Vec<FaceId>,
    /// Groups that are over and not wholly told, with what is left of what they wait for; none is empty.
    over: Vec<(Group, Option<u32>)>,
}

impl Watches {
    pub(crate) fn add(&mut self, watch: Watch) {
        let order = self.made;
        self.made += 1;
        self.all.insert(order, watch);
        if watch.expires_at < Nanos::MAX {
            self.expiring.insert((watch.expires_at, order));
        }
        self.group(&watch).insert(order);
        match watch.condition {
            Condition::Ended(generation) => self.generation_ended(generation),
            Condition::Left => self.face_is_quiet(watch.face),
            _ => {}
        }
    }

    /// Those that wait for the same as this one.
    fn group(&mut self, watch: &Watch) -> &mut Group {
        match watch.condition {
            Condition::Drained => &mut self.drained,
            Condition::Settled => &mut self.settled,
            Condition::Vacant => &mut self.vacant,
            Condition::Started => &mut self.started,
            Condition::Ended(generation) => self.ended.entry(generation).or_default(),
            Condition::Left => self.left.entry(watch.face).or_default(),
        }
    }

    /// Takes a watch out of its group; false if it is over already.
    fn leave_group(&mut self, order: Order, watch: &Watch) -> bool {
        let group = self.group(watch);
        let was_open = group.remove(&order);
        if group.is_empty() {
            match watch.condition {
                Condition::Ended(generation) => drop(self.ended.remove(&generation)),
                Condition::Left => drop(self.left.remove(&watch.face)),
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

    /// What is watched of this face may have come true.
    pub(crate) fn face_is_quiet(&mut self, face: FaceId) {
        if !self.left.is_empty() {
            self.quiet_faces.push(face);
        }
    }

    /// Drops those of a face that has gone. Looks at all, as that happens once per face.
    pub(crate) fn forget_face(&mut self, face: FaceId) {
        let gone: Vec<_> =
            self.all.iter().filter(|(_, watch)| watch.face == face).map(|(&order, _)| order).collect();
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
    }

    /// When the first one is up.
    pub(crate) fn first(&self) -> Nanos {
        self.expiring.first().map_or(Nanos::MAX, |&(at, _)| at)
    }

    /// A group is over.
    fn end(&mut self, group: Group, left: Option<u32>) {
        if !group.is_empty() {
            self.over.push((group, left));
        }
    }

    /// Tells those that are over, in the order in which they came, or some of them: whether there are more.
    fn tell<T>(&mut self, effects: &mut Effects<T>) -> bool {
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

    /// The first of those that are over, and in which group it is. These are few: no more than conditions come true at once.
    fn next_over(&self) -> Option<(usize, Order)> {
        let firsts =
            self.over.iter().enumerate().filter_map(|(index, (group, _))| Some((index, *group.first()?)));
        firsts.min_by_key(|&(_, order)| order)
    }
}

impl<T: Payload> State<T> {
    /// Workers cannot be started: whoever waits for one is told that it is in vain.
    pub(crate) fn expire_started(&mut self, effects: &mut Effects<T>) {
        let started = mem::take(&mut self.watches.started);
        self.watches.end(started, Some(0));
        self.watches.tell(effects);
    }

    /// Ends the watches that have come true, after every transition. Whether there are more than one lock hold tells.
    pub(crate) fn notify_watches(&mut self, effects: &mut Effects<T>) -> bool {
        // If origins hear late, the watches of the pool come after its tasks: every origin has collected by then.
        let is_told = !self.options.kind.reports_late() || self.tasks.is_empty();
        if self.queue.len() == 0 && self.engaged() == 0 && is_told {
            let drained = mem::take(&mut self.watches.drained);
            self.watches.end(drained, None);
        }
        if self.counters.unsettled == 0 {
            let settled = mem::take(&mut self.watches.settled);
            self.watches.end(settled, None);
        }
        let has_ended = self.has_ended(self.generation);
        if has_ended && self.older.is_empty() && self.tasks.is_empty() {
            let vacant = mem::take(&mut self.watches.vacant);
            self.watches.end(vacant, None);
        }
        let is_vain = self.phase != Phase::Open;
        if is_vain || self.has_started() {
            let started = mem::take(&mut self.watches.started);
            self.watches.end(started, is_vain.then_some(0));
        }
        if has_ended {
            self.watches.generation_ended(self.generation);
        }
        while let Some(generation) = self.watches.ended_generations.pop() {
            // After a reboot there may always be tasks.
            if self.has_ended(generation)
                && (is_told || generation != self.generation)
                && let Some(ended) = self.watches.ended.remove(&generation)
            {
                self.watches.end(ended, None);
            }
        }
        while let Some(face) = self.watches.quiet_faces.pop() {
            if self.faces.records(face) == 0
                && let Some(left) = self.watches.left.remove(&face)
            {
                self.watches.end(left, None);
            }
        }
        self.watches.tell(effects)
    }

    pub(crate) fn is_watched(&self) -> bool {
        !self.watches.all.is_empty()
    }

    /// Ends the watches whose time is up, or some of them: whether there are more. A close that has run out of time becomes a
    /// release of what it closed.
    pub(crate) fn expire_watches(&mut self, now: Nanos, effects: &mut Effects<T>) -> bool {
        let mut is_released = false;
        for _ in 0..BATCH {
            if self.watches.first() > now {
                break;
            }
            let Some((_, order)) = self.watches.expiring.pop_first() else { break };
            let Some(&watch) = self.watches.all.get(&order) else { continue };
            if !self.watches.leave_group(order, &watch) {
                continue; // it is over, and about to be told so
            }
            self.watches.all.remove(&order);
            let Watch { face, token, condition, .. } = watch;
            effects.push(Effect::Watched { face, token, left: Some(self.left(condition)) });
            is_released |= condition == Condition::Ended(self.generation);
        }
        if is_released {
            self.release(Some(self.generation), effects);
        }
        self.watches.first() <= now
    }
}
