//! The arguments of tasks for threads, on their way from the origin to a thread.

use workpool_core::{FaceId, Payload};

use crate::{
    slots::{NONE, Slots, Ticket},
    value::{Bytes, NoMemory, Value},
};

/// What the pool's core keeps with a task: the face it came through and, for a thread pool, its argument. An argument with
/// bytes is in a slot; an argument without is in the call itself. The job of a native pool is in a slot, too.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    face: FaceId,
    slot: u32,
    stamp: u32,
    export: u32,
    kind: u32,
    number: f64,
}

impl Call {
    /// The call of a closure, which stays in its isolate.
    pub(crate) const fn of_closure(face: FaceId) -> Self {
        Self { face, slot: NONE, stamp: 0, export: 0, kind: 0, number: 0.0 }
    }

    /// A job of a native pool. `is_listened`: its caller wants to know how far it has come.
    pub(crate) fn of_job(face: FaceId, Ticket { slot, stamp }: Ticket, is_listened: bool) -> Self {
        Self { slot, stamp, export: u32::from(is_listened), ..Self::of_closure(face) }
    }

    /// Where what it has beside its numbers is kept.
    pub(crate) const fn ticket(self) -> Ticket {
        Ticket { slot: self.slot, stamp: self.stamp }
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

/// The arguments of tasks that have not begun.
#[derive(Debug, Default)]
pub(crate) struct Calls(Slots<Bytes>);

impl Calls {
    pub(crate) fn put(&self, face: FaceId, argument: Argument) -> Call {
        let Argument { export, value: Value { kind, number, bytes } } = argument;
        let Ticket { slot, stamp } = if bytes.is_empty() { Ticket::NONE } else { self.0.put(bytes) };
        Call { face, slot, stamp, export, kind, number }
    }

    /// The argument, for the thread that calls the export.
    pub(crate) fn take(&self, call: Call) -> Argument {
        let Call { export, kind, number, .. } = call;
        Argument {
            export,
            value: Value { kind, number, bytes: self.0.take(call.ticket()).unwrap_or_default() },
        }
    }

    /// A copy of the argument, which stays. `None`: it has been forgotten.
    pub(crate) fn copy(&self, call: Call) -> Result<Option<Argument>, NoMemory> {
        let Call { export, kind, number, slot, .. } = call;
        let bytes = if slot == NONE {
            Bytes::default()
        } else {
            match self.0.look(call.ticket(), |bytes| Bytes::copy(bytes)) {
                Some(copy) => copy?,
                None => return Ok(None),
            }
        };
        Ok(Some(Argument { export, value: Value { kind, number, bytes } }))
    }

    /// Nobody will need the argument.
    pub(crate) fn forget(&self, call: Call) {
        drop(self.0.take(call.ticket())); // without the lock
    }
}
