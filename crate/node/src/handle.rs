//! What one isolate has of a pool.

use std::{cell::Cell, sync::Arc};

use workpool_core::{FaceId, Measures, MonotonicClock, Pool, Snapshot};

use crate::{
    calls::Call, host::Addresses, mailbox::Mailbox, native::natives::Natives, pool::Core, shared,
    threads::Threads,
};

/// What one isolate has of a pool: one handle for each `create`. When a handle is dropped, because nobody needs it any more or because the
/// isolate ends, its face departs from the core.
#[derive(Debug)]
pub(crate) struct Handle {
    core: Arc<Core>,
    /// What the core knows the handle by.
    pub(crate) face: FaceId,
    /// Whether nothing is submitted by it any more. To its own isolate the pool is closed then.
    has_left: Cell<bool>,
}

impl Handle {
    /// Whether the pool has threads, and they belong to this handle.
    pub(crate) fn is_owner(&self) -> bool {
        self.face == FaceId::FIRST && self.threads().is_some()
    }

    /// Whether the isolate of this mailbox has the pool's threads.
    pub(crate) fn is_owned_by(&self, mailbox: &Arc<Mailbox>) -> bool {
        self.pool().host().of(FaceId::FIRST).is_some_and(|address| address.is_at(mailbox))
    }

    /// The handle for a face of the pool. It is in the isolate of `mailbox`, under `number`.
    pub(crate) fn new(core: Arc<Core>, face: FaceId, mailbox: Arc<Mailbox>, number: u32) -> Self {
        core.pool.host().add(face, mailbox, number);
        Self { core, face, has_left: Cell::new(false) }
    }

    pub(crate) fn pool(&self) -> &Pool<Call, Addresses, MonotonicClock> {
        &self.core.pool
    }

    /// What a pool of threads has beyond one of closures.
    pub(crate) fn threads(&self) -> Option<&Threads> {
        self.core.threads()
    }

    /// Whether a task that a worker has been given begins only when the worker takes it.
    pub(crate) fn begins_later(&self) -> bool {
        self.threads().is_some() || self.natives().is_some()
    }

    /// What a pool of native jobs has beyond that.
    pub(crate) fn natives(&self) -> Option<&Natives> {
        self.core.natives()
    }

    pub(crate) const fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Nothing is submitted by this handle any more. If it was the last one by which something was, the pool is closed: gives the
    /// generation.
    pub(crate) fn leave(&self) -> Option<u64> {
        self.has_left.set(true);
        self.pool().leave(self.face)
    }

    /// No task starts from now on. To an isolate that submits nothing any more the pool is closed, and a closed pool does not pause.
    pub(crate) fn pause(&self) {
        if !self.has_left.get() {
            self.pool().pause(self.face);
        }
    }

    /// Whether a task could start now.
    pub(crate) fn has_room(&self) -> bool {
        !self.has_left.get() && self.pool().has_room()
    }

    /// Everything that `stats` and the getters show.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.as_seen(self.pool().snapshot())
    }

    /// The same, and the times of tasks, if the pool measures them or has.
    pub(crate) fn measured(&self) -> (Snapshot, Option<Measures>) {
        let (snapshot, measures) = self.pool().measured();
        (self.as_seen(snapshot), measures)
    }

    /// To an isolate that submits nothing any more the pool is closed.
    fn as_seen(&self, snapshot: Snapshot) -> Snapshot {
        Snapshot { is_closed: snapshot.is_closed || self.has_left.get(), ..snapshot }
    }

    /// The face departs, while the isolate is still told what it waits for. The name of the pool is free after its last face.
    pub(crate) fn resign(&self) {
        let was_last = self.pool().resign(self.face);
        self.free_name(was_last);
    }

    fn free_name(&self, was_last: bool) {
        if let (true, Some(name)) = (was_last, &self.core.name) {
            shared::forget(name, &self.core);
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // The threads have ended before, as Node ends those of an isolate first. Whoever asks for the name gets a new pool.
        if self.is_owner() {
            self.pool().orphan();
            self.free_name(true);
        }
        let was_last = self.pool().depart(self.face);
        self.free_name(was_last);
        self.pool().host().remove(self.face);
    }
}
