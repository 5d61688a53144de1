//! The waits for a vacancy. By such a wait a producer submits no faster than the pool takes tasks.
//!
//! Waits stand in the queue as tasks do: by priority, first come, first served. The wait that comes to the head when a
//! worker is free is told so, and has a *turn*: its face is expected to submit soon, or not at all. Until the face says
//! that the turn is over, the turn counts against the room, so that a slot calls one wait and not all; and until
//! somebody submits through that face, tasks that wait leave the slot alone. What a turn means for the others is in
//! `turns`.

use crate::{
    clock::Nanos,
    id::FaceId,
    key::Key,
    state::{deadlines::Deadlines, moved::Arrival, queue::WaitQueue},
    store::{ByHash, Table, hash_of},
    submission::BACKGROUND,
};

/// Most waits that one hold of the lock looks at, to find those of a face.
const LOOKS: u32 = 1_024;

/// A wait for a vacancy.
#[derive(Debug, Clone, Copy)]
pub struct Wait {
    /// Whose wait it is.
    pub face: FaceId,
    /// Names the wait among those of its face.
    pub token: u32,
    /// 0 goes first.
    pub priority: u64,
    /// Most milliseconds that the wait may last, from now; with 0 it is answered at once.
    pub timeout: Option<u32>,
    /// What the task that is to be submitted belongs to.
    pub key: Option<Key>,
    /// Its weight.
    pub weight: u32,
}

impl Wait {
    /// A wait of priority 1 and weight 1 without a key, for as long as it takes.
    #[must_use]
    pub const fn new(face: FaceId, token: u32) -> Self {
        Self { face, token, priority: 1, timeout: None, key: None, weight: 1 }
    }
}

impl Wait {
    /// Whether only a schedule knows what the wait is for.
    pub(crate) const fn is_special(&self) -> bool {
        self.key.is_some() || self.weight > 1 || self.priority == BACKGROUND
    }
}

/// Who waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiting {
    pub(crate) wait: Wait,
    /// When the wait came: behind the task that was accepted last before.
    pub(crate) after: Arrival,
    /// When the wait began, in a pool with a schedule.
    pub(crate) at: Nanos,
}

/// Who waits for a vacancy, and the turns of those who have been told of one.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Vacancies {
    /// Slots that are kept for turns which have not been used.
    held: u32,
    /// Turns that are not over, used or not.
    told: u32,
    /// The slots that these may take.
    told_slots: u32,
    waiting: Table<Waiting>,
    /// By place in `waiting`.
    queue: WaitQueue,
    places: ByHash,
    deadlines: Deadlines,
}

/// A hash of what names a wait.
const fn hash(face: FaceId, token: u32) -> u32 {
    hash_of((face.index() as u64) << 32 | token as u64)
}

impl Vacancies {
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn len(&self) -> u32 {
        self.waiting.len() as u32
    }

    /// When the time of the first wait is over.
    pub(crate) fn due(&self) -> Nanos {
        self.deadlines.due()
    }

    /// Adds a wait behind the tasks that have been accepted so far, as `after` says. `until`: when its time is over,
    /// and that time in milliseconds. `at`: now, in a pool with a schedule.
    pub(crate) fn add(&mut self, wait: Wait, after: Arrival, at: Nanos, until: Option<(Nanos, u32)>) {
        let Wait { face, token, priority, .. } = wait;
        let place = self.waiting.insert(Waiting { wait, after, at });
        self.queue.push(place, priority);
        self.places.insert(hash(face, token), place);
        if let Some((at, limit)) = until {
            self.deadlines.insert(place, at, limit);
        }
    }

    /// Takes back a wait. Returns whether there still was one.
    pub(crate) fn remove(&mut self, face: FaceId, token: u32) -> bool {
        let is_meant = |place| {
            let Wait { face: of, token: own, .. } = self.wait(place);
            (of, own) == (face, token)
        };
        let place = self.places.find(hash(face, token), is_meant);
        place.is_some_and(|place| {
            self.take(place);
            true
        })
    }

    /// The waits with their places, in the order of priority and then of arrival.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (u32, &Waiting)> {
        self.queue.iter().map(|place| (place, &self.waiting[place]))
    }

    /// Whether somebody waits for what only a schedule knows of.
    pub(crate) fn have_special(&self) -> bool {
        self.waiting.iter().any(|(_, waiting)| waiting.wait.is_special())
    }

    /// The wait at a place.
    pub(crate) fn wait(&self, place: u32) -> Wait {
        self.waiting[place].wait
    }

    /// Ends the wait at a place.
    pub(crate) fn take(&mut self, place: u32) -> Waiting {
        let waiting = self.waiting[place];
        self.queue.remove(place);
        self.places.remove(place);
        self.deadlines.remove(place);
        if self.waiting.remove(place) {
            let end = self.waiting.end();
            self.queue.truncate(end);
            self.places.truncate(end);
            self.deadlines.truncate(end);
        }
        waiting
    }

    /// Whether the first wait comes before a task of this priority that came so.
    pub(crate) fn is_before(&self, arrival: Arrival, priority: u64) -> bool {
        let Some((place, own)) = self.queue.first() else { return false };
        own < priority || (own == priority && self.waiting[place].after < arrival)
    }

    /// The place of the first wait.
    pub(crate) fn first(&self) -> Option<u32> {
        self.queue.first().map(|(place, _)| place)
    }

    pub(crate) fn take_first(&mut self) -> Option<Waiting> {
        self.first().map(|place| self.take(place))
    }

    /// Takes the waits of a face, in the order of their queue; or of very many those that stand in the next places from
    /// `next` on. Returns them, and whether there are more places to look at. A wait keeps its place, and a face that has
    /// gone adds none, so the last call has met all of them.
    pub(crate) fn take_of(&mut self, face: FaceId, next: &mut u32) -> (Vec<Waiting>, bool) {
        let is_meant = |place: u32| self.waiting.get(place).is_some_and(|own| own.wait.face == face);
        let end = self.waiting.end();
        let places: Vec<u32> = if self.len() <= LOOKS {
            *next = end;
            self.queue.iter().filter(|&place| is_meant(place)).collect()
        } else {
            let from = *next;
            *next = end.min(from + LOOKS);
            (from..*next).filter(|&place| is_meant(place)).collect()
        };
        (places.into_iter().map(|place| self.take(place)).collect(), *next < end)
    }

    /// Takes a wait whose time is over.
    pub(crate) fn take_late(&mut self, now: Nanos) -> Option<Waiting> {
        let (place, _) = self.deadlines.pop_due(now)?;
        Some(self.take(place))
    }

    /// Slots that are kept for turns.
    pub(crate) const fn held(&self) -> u32 {
        self.held
    }

    /// Turns that are not over.
    pub(crate) const fn told(&self) -> u32 {
        self.told
    }

    /// The slots that they may take.
    pub(crate) const fn told_slots(&self) -> u32 {
        self.told_slots
    }

    /// A turn begins for a task that takes so many slots.
    pub(crate) const fn begin_turn(&mut self, slots: u32) {
        self.told += 1;
        self.told_slots += slots;
        self.held += slots;
    }

    /// So many turns are over, which might take so many slots.
    pub(crate) const fn end_turns(&mut self, count: u32, slots: u32) {
        self.told -= count;
        self.told_slots -= slots;
    }

    /// Turns have been used, or will not be: their slots are not kept any more.
    pub(crate) const fn let_go(&mut self, slots: u32) {
        self.held -= slots;
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn faces(&self) -> impl Iterator<Item = FaceId> {
        self.waiting.iter().map(|(_, waiting)| waiting.wait.face)
    }
}
