//! What the addon keeps for an isolate.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    sync::Arc,
};

use slab::Slab;
use workpool_core::{Key, MonotonicClock, Reaper, TaskId};
use workpool_mailbox::{Origin, Thread};

use crate::{
    event_loop::{self, EventLoop},
    exchange::Exchange,
    handle::Handle,
    headroom::Headroom,
    mailbox::Outcome,
    native::desk::Desk,
    registers::Registers,
    streams::Streams,
    value::{NoMemory, Value},
    worker::Worker,
};

/// One load of the addon into an isolate: its pools, its memory for calls, and its place as a thread. Nothing here keeps the TypeScript
/// of a load alive but what it has promised, or has to do.
#[derive(Debug)]
pub(crate) struct Isolate {
    pub(crate) event_loop: EventLoop,
    pub(crate) registers: Registers,
    pub(crate) exchange: Exchange,
    pub(crate) headroom: Headroom,
    /// Its pools, by number.
    pub(crate) handles: RefCell<Slab<Handle>>,
    /// Set once it is a thread of a pool.
    pub(crate) worker: RefCell<Option<Worker>>,
    /// Outcomes that have been taken out of the mailbox and not been handed over.
    pub(crate) outcomes: RefCell<VecDeque<Outcome>>,
    /// Tasks whose outcomes were handed over last, with the numbers of their pools.
    pub(crate) handed_over: RefCell<Vec<(u32, TaskId)>>,
    /// What the last command has beside its numbers.
    pub(crate) detail: RefCell<Option<Arc<Value>>>,
    /// That of the next task, or wait for a vacancy, that has one.
    pub(crate) key: Cell<Option<Key>>,
    pub(crate) streams: Streams,
    /// Native jobs that are being handed in, or have ended.
    pub(crate) desk: Desk,
    /// How long it looks before it sleeps, and when its event loop has its turn: as a thread, and as an origin.
    pub(crate) thread: Thread,
    pub(crate) origin: Origin,
    /// That of all pools.
    pub(crate) clock: MonotonicClock,
}

impl Isolate {
    pub(crate) fn new(event_loop: EventLoop, registers: Registers) -> Self {
        Self {
            event_loop,
            registers,
            exchange: Exchange::default(),
            headroom: Headroom::default(),
            handles: RefCell::default(),
            worker: RefCell::default(),
            outcomes: RefCell::default(),
            handed_over: RefCell::default(),
            detail: RefCell::default(),
            key: Cell::default(),
            streams: Streams::default(),
            desk: Desk::default(),
            thread: Thread::default(),
            origin: Origin::default(),
            clock: Reaper::global().clock(),
        }
    }

    /// That of the calling thread with this id.
    pub(crate) fn of(id: u32) -> Option<&'static Self> {
        event_loop::of(id)?.owner()?.downcast_ref()
    }

    /// Runs `f` on a pool, if there is one of this number.
    pub(crate) fn with<R>(&self, handle: f64, f: impl FnOnce(&Handle) -> R) -> Option<R> {
        self.handles.borrow().get(handle as usize).map(f)
    }

    /// Runs `f` on the worker that this isolate is. `None` if it is no thread of a pool.
    pub(crate) fn with_worker<R>(&self, f: impl FnOnce(&mut Worker) -> R) -> Option<R> {
        self.worker.borrow_mut().as_mut().map(f)
    }

    /// The key of a task; `is_keyed` says whether it has one.
    pub(crate) fn key(&self, is_keyed: bool) -> Option<Key> {
        self.key.get().filter(|_| is_keyed)
    }

    /// The value that TypeScript has described in the registers. Only within a call from its JavaScript.
    pub(crate) fn value(&self) -> Result<Value, NoMemory> {
        self.exchange.take(self.event_loop.env(), &self.registers)
    }
}
