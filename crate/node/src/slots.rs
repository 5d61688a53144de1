//! What is kept for tasks that have not begun, and is taken once.

use workpool_core::SpinLock;

/// No slot.
pub(crate) const NONE: u32 = u32::MAX;

/// Where something is kept. The stamp counts the uses of the slot, modulo 2³²: whoever comes late must not take what the next use has.
/// To do so it would have to be late by 4,294,967,296 uses exactly; and of all who have a ticket only one comes, as the core says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket {
    pub(crate) slot: u32,
    pub(crate) stamp: u32,
}

impl Ticket {
    /// Nothing is kept.
    pub(crate) const NONE: Self = Self { slot: NONE, stamp: 0 };
}

#[derive(Debug)]
struct Slot<V> {
    stamp: u32,
    value: Option<V>,
}

#[derive(Debug)]
struct Table<V> {
    slots: Vec<Slot<V>>,
    free: Vec<u32>,
}

/// Each value is taken once: by the thread that begins the task, or by whoever makes sure that the task never begins. Several may try, as
/// a task can settle on its way to a thread; the first one gets the value.
#[derive(Debug)]
pub(crate) struct Slots<V>(SpinLock<Table<V>>);

impl<V> Default for Slots<V> {
    fn default() -> Self {
        Self(SpinLock::new(Table { slots: Vec::new(), free: Vec::new() }))
    }
}

impl<V> Slots<V> {
    pub(crate) fn put(&self, value: V) -> Ticket {
        let mut table = self.0.lock();
        if let Some(slot) = table.free.pop() {
            let place = &mut table.slots[slot as usize];
            place.value = Some(value);
            return Ticket { slot, stamp: place.stamp };
        }
        let slot = table.slots.len() as u32;
        table.slots.push(Slot { stamp: 0, value: Some(value) });
        Ticket { slot, stamp: 0 }
    }

    pub(crate) fn take(&self, Ticket { slot, stamp }: Ticket) -> Option<V> {
        if slot == NONE {
            return None;
        }
        let mut table = self.0.lock();
        let place = table.slots.get_mut(slot as usize).filter(|place| place.stamp == stamp)?;
        place.stamp = place.stamp.wrapping_add(1);
        let value = place.value.take();
        table.free.push(slot);
        value
    }

    /// Looks at a value, which stays. `None`: it has been taken.
    pub(crate) fn look<R>(&self, Ticket { slot, stamp }: Ticket, look: impl FnOnce(&V) -> R) -> Option<R> {
        let table = self.0.lock();
        let place = table.slots.get(slot as usize).filter(|place| place.stamp == stamp)?;
        place.value.as_ref().map(look)
    }
}
