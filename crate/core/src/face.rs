//! Those through whom tasks come: a pool that is shared has a face in every isolate that asked for it, any other one has one.

use slab::Slab;

/// A face, by a number that is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FaceId {
    index: u32,
    /// The how-manieth face of its pool it is, from 0, without what does not fit: what is late for one that has gone must not reach
    /// the next. It would have to be late by 4,294,967,296 faces exactly.
    stamp: u32,
}

impl FaceId {
    /// The face of whoever made the pool.
    pub const FIRST: Self = Self { index: 0, stamp: 0 };

    /// A place in a list of faces; another face may take it once this one has departed.
    #[must_use]
    pub const fn index(self) -> usize {
        self.index as usize
    }
}

/// What a host keeps with a task to find it again.
pub trait Payload: Copy {
    /// The face that the task came through.
    fn face(self) -> FaceId {
        FaceId::FIRST
    }
}

impl Payload for FaceId {
    fn face(self) -> FaceId {
        self
    }
}

/// A number of the host's own, in a pool with one face.
impl Payload for u32 {}

/// A name of the host's own, in a pool with one face.
impl Payload for &'static str {}

#[derive(Debug)]
struct Face {
    stamp: u32,
    /// Records of tasks that came through it.
    records: u32,
    /// How often it has been told of a vacancy in turns that are not over, and how many of these it has not used.
    turns: u32,
    unused: u32,
    /// It submits nothing any more.
    is_leaving: bool,
}

/// The faces of one pool.
#[derive(Debug)]
pub(crate) struct Faces {
    slots: Slab<Face>,
    joined: u32,
    staying: u32,
}

impl Faces {
    /// With the first one.
    pub(crate) fn new() -> Self {
        let mut faces = Self { slots: Slab::new(), joined: 0, staying: 0 };
        faces.join();
        faces
    }

    pub(crate) fn join(&mut self) -> FaceId {
        let stamp = self.joined;
        self.joined = self.joined.wrapping_add(1);
        self.staying += 1;
        let index =
            self.slots.insert(Face { stamp, records: 0, turns: 0, unused: 0, is_leaving: false }) as u32;
        FaceId { index, stamp }
    }

    /// It submits nothing any more; whether it is still known.
    pub(crate) fn leave(&mut self, id: FaceId) -> bool {
        let Some(face) = self.get_mut(id) else { return false };
        let is_first_time = !std::mem::replace(&mut face.is_leaving, true);
        self.staying -= u32::from(is_first_time);
        true
    }

    /// Forgets one that has left and has no records.
    pub(crate) fn remove(&mut self, id: FaceId) {
        if self.get_mut(id).is_some() {
            self.slots.remove(id.index());
        }
    }

    pub(crate) fn is_staying(&self, id: FaceId) -> bool {
        self.get(id).is_some_and(|face| !face.is_leaving)
    }

    /// How many may submit.
    pub(crate) const fn staying(&self) -> u32 {
        self.staying
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(crate) fn records(&self, id: FaceId) -> u32 {
        self.get(id).map_or(0, |face| face.records)
    }

    /// A record of a task of this face, which is known as long as it has records, has been made.
    pub(crate) fn add_record(&mut self, id: FaceId) {
        self.slots[id.index()].records += 1;
    }

    /// A record is gone; whether it was the last one of its face. That of a task which a thread ends after its face has departed is
    /// nobody's.
    pub(crate) fn drop_record(&mut self, id: FaceId) -> bool {
        self.get_mut(id).is_some_and(|face| {
            face.records -= 1;
            face.records == 0
        })
    }

    /// It is told of a vacancy; whether it is still known.
    pub(crate) fn add_turn(&mut self, id: FaceId) -> bool {
        let Some(face) = self.get_mut(id) else { return false };
        face.turns += 1;
        face.unused += 1;
        true
    }

    /// Whether it has been told of a vacancy and has not used it yet.
    pub(crate) fn has_turn(&self, id: FaceId) -> bool {
        self.get(id).is_some_and(|face| face.unused > 0)
    }

    /// Whether it had a turn to use.
    pub(crate) fn use_turn(&mut self, id: FaceId) -> bool {
        let Some(face) = self.get_mut(id).filter(|face| face.unused > 0) else { return false };
        face.unused -= 1;
        true
    }

    /// So many of its turns are over, if there are as many. Gives how many, and of these those that were not used.
    pub(crate) fn end_turns(&mut self, id: FaceId, count: u32) -> (u32, u32) {
        let Some(face) = self.get_mut(id) else { return (0, 0) };
        let ended = face.turns.min(count);
        face.turns -= ended;
        // The used ones end first: what is kept for a turn is kept as long as it may be one that is not over.
        let unused = face.unused.saturating_sub(face.turns);
        face.unused -= unused;
        (ended, unused)
    }

    /// It uses no turn any more; gives how many it might have used.
    pub(crate) fn give_back(&mut self, id: FaceId) -> u32 {
        self.get_mut(id).map_or(0, |face| std::mem::take(&mut face.unused))
    }

    /// Nobody uses a turn any more.
    pub(crate) fn forget_unused(&mut self) {
        for (_, face) in &mut self.slots {
            face.unused = 0;
        }
    }

    /// Turns that are not over, and those that are not used.
    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn all_turns(&self) -> (u32, u32) {
        let sum = |of: fn(&Face) -> u32| self.slots.iter().map(|(_, face)| of(face)).sum();
        (sum(|face| face.turns), sum(|face| face.unused))
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn is_known(&self, id: FaceId) -> bool {
        self.get(id).is_some()
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn all_records(&self) -> u32 {
        self.slots.iter().map(|(_, face)| face.records).sum()
    }

    fn get(&self, id: FaceId) -> Option<&Face> {
        self.slots.get(id.index()).filter(|face| face.stamp == id.stamp)
    }

    fn get_mut(&mut self, id: FaceId) -> Option<&mut Face> {
        self.slots.get_mut(id.index()).filter(|face| face.stamp == id.stamp)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn faces_that_join_and_go_are_told_apart_also_when_their_stamps_run_over() {
        let mut faces = Faces::new();
        faces.joined = u32::MAX - 1;
        let mut gone = Vec::new();
        for _ in 0..4 {
            let face = faces.join();
            assert!(gone.iter().all(|&other| other != face && !faces.is_staying(other)));
            faces.leave(face);
            faces.remove(face);
            gone.push(face);
        }
        assert!(faces.is_staying(FaceId::FIRST));
    }
}
