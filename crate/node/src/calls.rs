//! What a thread pool keeps for its tasks: the arguments on their way from the origin to a thread.

use workpool_core::{FaceId, Payload, SpinLock};

/// What the pool's core keeps with a task: the face it came through and, for a thread pool, where its argument is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    face: FaceId,
    slot: u32,
    /// The how-manieth use of the slot it is: whoever comes late must not take the argument of the next one.
    stamp: u32,
}

impl Call {
    /// A closure stays where it is.
    pub(crate) const fn of_closure(face: FaceId) -> Self {
        Self { face, slot: u32::MAX, stamp: 0 }
    }
}

impl Payload for Call {
    fn face(self) -> FaceId {
        self.face
    }
}

/// A value on its way to another thread. `src/threads/wire.ts` numbers the kinds.
#[derive(Debug, Default, Clone)]
pub(crate) struct Value {
    pub(crate) kind: u32,
    pub(crate) number: f64,
    pub(crate) bytes: Vec<u8>,
}

/// The argument of a task, and the function that it is for.
#[derive(Debug, Default)]
pub(crate) struct Argument {
    pub(crate) function: u32,
    pub(crate) value: Value,
}

#[derive(Debug)]
struct Slot {
    stamp: u32,
    argument: Option<Argument>,
}

#[derive(Debug, Default)]
struct Slots {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

/// The arguments of tasks that have not begun. Each is taken once: by the thread that begins the task, or by whoever makes
/// sure that it never begins. That may be several, as a task can settle on its way to a thread; the first one gets it.
#[derive(Debug)]
pub(crate) struct Calls(SpinLock<Slots>);

impl Default for Calls {
    fn default() -> Self {
        Self(SpinLock::new(Slots::default()))
    }
}

impl Calls {
    pub(crate) fn put(&self, face: FaceId, argument: Argument) -> Call {
        let mut slots = self.0.lock();
        if let Some(slot) = slots.free.pop() {
            let place = &mut slots.slots[slot as usize];
            place.argument = Some(argument);
            return Call { face, slot, stamp: place.stamp };
        }
        let slot = slots.slots.len() as u32;
        slots.slots.push(Slot { stamp: 0, argument: Some(argument) });
        Call { face, slot, stamp: 0 }
    }

    /// The argument, unless it has been taken. Dropped, if at all, without the lock.
    pub(crate) fn take(&self, call: Call) -> Option<Argument> {
        let mut slots = self.0.lock();
        let slot = slots.slots.get_mut(call.slot as usize).filter(|slot| slot.stamp == call.stamp)?;
        slot.stamp = slot.stamp.wrapping_add(1);
        let argument = slot.argument.take();
        slots.free.push(call.slot);
        argument
    }
}
