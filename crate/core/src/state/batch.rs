//! The batches that are being handed in: each has places in the pool for tasks that have no record yet.

use crate::{
    id::FaceId,
    store::Table,
    submission::{Offer, Payload, Submission},
};

/// The places that a pool has reserved for a batch. Their number is used again; the stamp tells two uses apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    number: u32,
    stamp: u32,
}

impl Reservation {
    /// The reservation of this number and this stamp, as [`number`](Self::number) and [`stamp`](Self::stamp) have given
    /// them.
    #[must_use]
    pub const fn new(number: u32, stamp: u32) -> Self {
        Self { number, stamp }
    }

    /// The number, which no other reservation of the pool has at the same time.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.number
    }

    /// The stamp, which tells the reservation from those that have its number before and after it.
    #[must_use]
    pub const fn stamp(self) -> u32 {
        self.stamp
    }
}

#[derive(Debug)]
struct Batch<T> {
    stamp: u32,
    face: FaceId,
    /// What its tasks are, but for their payload.
    task: Submission<T>,
    /// Places that no task has yet.
    left: u32,
    /// Slots that each task takes.
    weight: u32,
    /// Its tasks may not wait: the slots that they need are kept for them.
    is_kept: bool,
}

/// The batches that are being handed in, and the places that they have all together.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Batches<T> {
    reserved: u32,
    kept: u32,
    /// What the tasks for all places take.
    slots: u64,
    made: u32,
    open: Table<Batch<T>>,
}

impl<T: Copy> Batches<T> {
    pub(crate) const fn new() -> Self {
        Self { reserved: 0, kept: 0, slots: 0, made: 0, open: Table::new() }
    }

    /// Places that no task has yet.
    pub(crate) const fn reserved(&self) -> u32 {
        self.reserved
    }

    /// Slots for those of them whose tasks may not wait.
    pub(crate) const fn kept(&self) -> u32 {
        self.kept
    }

    /// Slots for all of them.
    pub(crate) fn slots(&self) -> u32 {
        u32::try_from(self.slots).unwrap_or(u32::MAX)
    }

    /// What the tasks of each batch are, and how many places are left for them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Submission<T>, u32)> {
        self.open.iter().map(|(_, batch)| (&batch.task, batch.left))
    }

    /// Whether only a schedule knows what some of them are.
    pub(crate) fn have_special(&self) -> bool
    where
        T: Payload,
    {
        self.open.iter().any(|(_, batch)| batch.task.is_special())
    }

    /// A batch of tasks like `task`, which take so many slots, has `count` places.
    pub(crate) fn add(
        &mut self,
        face: FaceId,
        task: Submission<T>,
        weight: u32,
        count: u32,
        is_kept: bool,
    ) -> Reservation {
        let stamp = self.made;
        self.made = self.made.wrapping_add(1);
        let number = self.open.insert(Batch { stamp, face, task, left: 0, weight, is_kept });
        let reservation = Reservation { number, stamp };
        self.extend(reservation, count);
        reservation
    }

    /// Whether the batch still has places.
    pub(crate) fn is_open(&self, reservation: Reservation) -> bool {
        self.open.get(reservation.number).is_some_and(|batch| batch.stamp == reservation.stamp)
    }

    /// The batch, which is open, has `count` more places.
    pub(crate) fn extend(&mut self, reservation: Reservation, count: u32) {
        let batch = &mut self.open[reservation.number];
        batch.left += count;
        self.reserved += count;
        self.slots += u64::from(batch.weight) * u64::from(count);
        // There are as many as are kept.
        self.kept += if batch.is_kept { batch.weight * count } else { 0 };
    }

    /// A task of the batch takes one of its places: what the task is. `None` if the batch has no place any more.
    pub(crate) fn take(&mut self, reservation: Reservation, payload: T) -> Option<Submission<T>> {
        let number = reservation.number;
        let batch = self.open.get_mut(number).filter(|batch| batch.stamp == reservation.stamp)?;
        batch.left -= 1;
        self.reserved -= 1;
        self.slots -= u64::from(batch.weight);
        self.kept -= if batch.is_kept { batch.weight } else { 0 };
        let offer = Offer::Reserved { may_wait: !batch.is_kept };
        let task = Submission { payload, offer, ..batch.task };
        if batch.left == 0 {
            self.open.remove(number);
        }
        Some(task)
    }

    /// The batch has no place any more. Returns whether it had some.
    pub(crate) fn remove(&mut self, reservation: Reservation) -> bool {
        let is_open = self.is_open(reservation);
        if is_open {
            let Batch { left, weight, is_kept, .. } = self.open[reservation.number];
            self.open.remove(reservation.number);
            self.reserved -= left;
            self.slots -= u64::from(weight) * u64::from(left);
            self.kept -= if is_kept { weight * left } else { 0 };
        }
        is_open
    }

    /// The batches of a face have no place any more. Returns whether they had some.
    pub(crate) fn remove_of(&mut self, face: FaceId) -> bool {
        let of_face = |(number, batch): (u32, &Batch<T>)| {
            (batch.face == face).then(|| Reservation::new(number, batch.stamp))
        };
        let reservations: Vec<_> = self.open.iter().filter_map(of_face).collect();
        for &reservation in &reservations {
            self.remove(reservation);
        }
        !reservations.is_empty()
    }

    /// No batch has a place any more.
    pub(crate) fn clear(&mut self) {
        self.open.clear();
        (self.reserved, self.kept, self.slots) = (0, 0, 0);
    }

    /// Every gauge is what counting gives. Of faces `is_known` says whether they are there.
    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn audit(&self, is_known: impl Fn(FaceId) -> bool) {
        let (mut reserved, mut kept, mut slots) = (0, 0, 0);
        for (_, batch) in self.open.iter() {
            assert!(is_known(batch.face), "a batch of a face that is gone");
            assert!(batch.left > 0, "a batch without places");
            let all = u64::from(batch.weight) * u64::from(batch.left);
            reserved += batch.left;
            slots += all;
            kept += if batch.is_kept { all } else { 0 };
        }
        assert_eq!((self.reserved, u64::from(self.kept), self.slots), (reserved, kept, slots), "places");
    }
}
