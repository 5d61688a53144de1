//! The faces, through which tasks come. A face is what an isolate holds of a pool (users know it as a handle): a shared
//! pool has one in every isolate that asked for the pool, any other pool has one in all.

use crate::{
    id::FaceId,
    store::{Row, Table},
};

#[derive(Debug)]
struct Face {
    stamp: u32,
    /// Records of tasks that came through the face.
    records: u32,
    /// The turns of the face that are not over, by the slots that each may take.
    turns: Row<u32>,
    /// So many of them, the first ones, have been used.
    used: usize,
    /// The face submits nothing any more.
    is_leaving: bool,
}

impl Face {
    /// The next turn is used, if there is one: the slots of that.
    fn use_turn(&mut self) -> Option<u32> {
        let slots = *self.turns.get(self.used)?;
        self.used += 1;
        Some(slots)
    }
}

/// Turns that are over: how many, the slots that all of them might take, and those that the unused ones might.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    pub(crate) turns: u32,
    pub(crate) slots: u32,
    pub(crate) unused: u32,
}

/// The faces of one pool.
#[derive(Debug)]
pub(crate) struct Faces {
    slots: Table<Face>,
    joined: u32,
    staying: u32,
}

impl Faces {
    /// The faces of a new pool: that of the isolate which made it.
    pub(crate) fn new() -> Self {
        let mut faces = Self { slots: Table::new(), joined: 0, staying: 0 };
        faces.join();
        faces
    }

    pub(crate) fn join(&mut self) -> FaceId {
        let stamp = self.joined;
        self.joined = self.joined.wrapping_add(1);
        self.staying += 1;
        let face = Face { stamp, records: 0, turns: Row::default(), used: 0, is_leaving: false };
        let index = self.slots.insert(face);
        FaceId::new(index, stamp)
    }

    /// The face submits nothing any more. Returns whether it is still known.
    pub(crate) fn leave(&mut self, id: FaceId) -> bool {
        let Some(face) = self.get_mut(id) else { return false };
        let is_first_time = !std::mem::replace(&mut face.is_leaving, true);
        self.staying -= u32::from(is_first_time);
        true
    }

    /// Forgets a face that has left and has no records.
    pub(crate) fn remove(&mut self, id: FaceId) {
        if self.get_mut(id).is_some() {
            self.slots.remove(id.index);
        }
    }

    pub(crate) fn is_staying(&self, id: FaceId) -> bool {
        self.get(id).is_some_and(|face| !face.is_leaving)
    }

    /// How many faces may submit.
    pub(crate) const fn staying(&self) -> u32 {
        self.staying
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(crate) fn records(&self, id: FaceId) -> u32 {
        self.get(id).map_or(0, |face| face.records)
    }

    /// A task of this face has a record from now on. The face, which stays, is known.
    pub(crate) fn add_record(&mut self, id: FaceId) {
        self.slots[id.index].records += 1;
    }

    /// The record of a task is gone. Returns whether it was the last one of its face. A task that ends after its face
    /// has departed belongs to no face any more.
    pub(crate) fn drop_record(&mut self, id: FaceId) -> bool {
        self.get_mut(id).is_some_and(|face| {
            face.records -= 1;
            face.records == 0
        })
    }

    /// The face is told of a vacancy for a task that takes so many slots. Returns whether it is still known.
    pub(crate) fn add_turn(&mut self, id: FaceId, slots: u32) -> bool {
        let Some(face) = self.get_mut(id) else { return false };
        face.turns.push(slots);
        true
    }

    /// Whether the face has a turn that it has not used yet.
    pub(crate) fn has_turn(&self, id: FaceId) -> bool {
        self.get(id).is_some_and(|face| face.used < face.turns.len())
    }

    /// The face uses a turn, if it has one: the slots of that.
    pub(crate) fn use_turn(&mut self, id: FaceId) -> Option<u32> {
        self.get_mut(id)?.use_turn()
    }

    /// So many turns of the face are over, or as many as there are.
    pub(crate) fn end_turns(&mut self, id: FaceId, count: u32) -> Ended {
        let mut ended = Ended::default();
        let Some(face) = self.get_mut(id) else { return ended };
        while ended.turns < count {
            // Used turns end first: what is kept for a turn stays kept while that turn may be one of those that are not
            // over.
            let Some(slots) = face.turns.pop_front() else { break };
            ended.turns += 1;
            ended.slots += slots;
            match face.used.checked_sub(1) {
                Some(used) => face.used = used,
                None => ended.unused += slots,
            }
        }
        ended
    }

    /// The face uses no turn any more: gives back some of those that it might have used, which might have taken `most`
    /// slots or a few more. Returns the slots that these might have taken.
    pub(crate) fn give_back(&mut self, id: FaceId, most: u32) -> u32 {
        let Some(face) = self.get_mut(id) else { return 0 };
        let mut given = 0;
        while given < most
            && let Some(slots) = face.use_turn()
        {
            given += slots;
        }
        given
    }

    /// Nobody uses a turn any more.
    pub(crate) fn forget_unused(&mut self) {
        self.slots.iter_mut().for_each(|face| face.used = face.turns.len());
    }

    /// Turns that are not over, the slots of them, and the slots of those that are not used.
    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn all_turns(&self) -> (u32, u32, u32) {
        let sum = |of: fn(&Face) -> u32| self.slots.iter().map(|(_, face)| of(face)).sum::<u32>();
        (
            sum(|face| face.turns.len() as u32),
            sum(|face| face.turns.iter().sum()),
            sum(|face| face.turns.iter().skip(face.used).sum()),
        )
    }

    pub(crate) fn is_known(&self, id: FaceId) -> bool {
        self.get(id).is_some()
    }

    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn all_records(&self) -> u32 {
        self.slots.iter().map(|(_, face)| face.records).sum()
    }

    fn get(&self, id: FaceId) -> Option<&Face> {
        self.slots.get(id.index).filter(|face| face.stamp == id.stamp())
    }

    fn get_mut(&mut self, id: FaceId) -> Option<&mut Face> {
        self.slots.get_mut(id.index).filter(|face| face.stamp == id.stamp())
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
