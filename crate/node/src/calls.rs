//! The arguments of tasks for threads, on their way from the origin to a thread.

use workpool_core::{FaceId, Payload, SpinLock};

use crate::value::{Bytes, NoMemory, Value};

/// What the pool's core keeps with a task: the face it came through and, for a thread pool, its argument. An argument with
/// bytes is in a slot; an argument without is in the call itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    face: FaceId,
    slot: u32,
    /// Counts the uses of the slot, modulo 2³²: whoever comes late must not take the argument of the next use. To do so it would have
    /// to be late by 4,294,967,296 uses exactly; and of all who have a call only one comes, as the core says.
    stamp: u32,
    export: u32,
    kind: u32,
    number: f64,
}

/// No slot.
const NONE: u32 = u32::MAX;

impl Call {
    /// The call of a closure, which stays in its isolate.
    pub(crate) const fn of_closure(face: FaceId) -> Self {
        Self { face, slot: NONE, stamp: 0, export: 0, kind: 0, number: 0.0 }
    }
}

impl Payload for Call {
    fn face(self) -> FaceId {
        self.face
    }
}

impl Call {
    /// The number of the export, with its flags.
    pub(crate) const fn export(self) -> u32 {
        self.export
    }
}

/// The argument of a task, and the number of the export that it is for.
#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) export: u32,
    pub(crate) value: Value,
}

#[derive(Debug)]
struct Slot {
    stamp: u32,
    bytes: Option<Bytes>,
}

#[derive(Debug, Default)]
struct Slots {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

/// The arguments of tasks that have not begun. Each argument is taken once: by the thread that begins the task, or by whoever makes sure
/// that the task never begins. Several may try, as a task can settle on its way to a thread; the first one gets the argument.
#[derive(Debug)]
pub(crate) struct Calls(SpinLock<Slots>);

impl Default for Calls {
    fn default() -> Self {
        Self(SpinLock::new(Slots::default()))
    }
}

impl Calls {
    pub(crate) fn put(&self, face: FaceId, argument: Argument) -> Call {
        let Argument { export, value: Value { kind, number, bytes } } = argument;
        let call = Call { face, slot: NONE, stamp: 0, export, kind, number };
        if bytes.is_empty() {
            return call;
        }
        let mut slots = self.0.lock();
        if let Some(slot) = slots.free.pop() {
            let place = &mut slots.slots[slot as usize];
            place.bytes = Some(bytes);
            return Call { slot, stamp: place.stamp, ..call };
        }
        let slot = slots.slots.len() as u32;
        slots.slots.push(Slot { stamp: 0, bytes: Some(bytes) });
        Call { slot, ..call }
    }

    /// The argument, for the thread that calls the export.
    pub(crate) fn take(&self, call: Call) -> Argument {
        let Call { export, kind, number, .. } = call;
        Argument { export, value: Value { kind, number, bytes: self.take_bytes(call).unwrap_or_default() } }
    }

    /// A copy of the argument, which stays. `None`: it has been forgotten.
    pub(crate) fn copy(&self, call: Call) -> Result<Option<Argument>, NoMemory> {
        let Call { export, kind, number, slot, stamp, .. } = call;
        let bytes = if slot == NONE {
            Bytes::default()
        } else {
            let slots = self.0.lock();
            let place = slots.slots.get(slot as usize).filter(|place| place.stamp == stamp);
            let Some(bytes) = place.and_then(|place| place.bytes.as_ref()) else { return Ok(None) };
            Bytes::copy(bytes)?
        };
        Ok(Some(Argument { export, value: Value { kind, number, bytes } }))
    }

    /// Nobody will need the argument.
    pub(crate) fn forget(&self, call: Call) {
        drop(self.take_bytes(call)); // without the lock
    }

    fn take_bytes(&self, call: Call) -> Option<Bytes> {
        if call.slot == NONE {
            return None;
        }
        let mut slots = self.0.lock();
        let slot = slots.slots.get_mut(call.slot as usize).filter(|slot| slot.stamp == call.stamp)?;
        slot.stamp = slot.stamp.wrapping_add(1);
        let bytes = slot.bytes.take();
        slots.free.push(call.slot);
        bytes
    }
}
