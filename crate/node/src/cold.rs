//! What TypeScript calls once in a while. The first argument is always the id that the isolate was given.

#![expect(unreachable_pub, reason = "napi-rs exports public items, whatever module they are in")]

use napi_derive::napi;
use workpool_core::{Condition, MILLISECOND, Options, UNBOUNDED};

use crate::{face::Face, hot, isolate::Isolate};

/// How a pool is to behave, checked by TypeScript before.
#[napi(object)]
#[derive(Debug)]
pub struct CoreOptions {
    /// Most live workers; 0 for no limit.
    pub size: u32,
    /// Milliseconds an idle worker lives; 0 for ever.
    pub expiry: f64,
    /// Whether memory for `size` workers is reserved.
    pub pre_alloc: bool,
    /// Whether what would have to wait is refused.
    pub nonblocking: bool,
    /// Most waiting tasks; 0 for no bound.
    pub max_blocking_tasks: u32,
    /// Whether new workers are initialised by TypeScript.
    pub boots: bool,
    /// Whether retired workers are disposed of by TypeScript.
    pub disposes: bool,
}

/// What a watch waits for.
#[napi]
#[derive(Debug)]
pub enum WatchCondition {
    /// Nothing waits and nothing is busy.
    Drained,
    /// Every accepted task has settled.
    Settled,
    /// The generation, which is closed, has no worker left.
    Ended,
    /// The pool is closed, no worker of any generation is left, and every rejection has been taken.
    Vacant,
}

fn with<R>(isolate: u32, face: u32, f: impl FnOnce(&Face) -> R) -> R {
    f(&Isolate::of(isolate).faces.borrow()[face as usize])
}

fn capacity(size: u32) -> u32 {
    if size == 0 { UNBOUNDED } else { size }
}

/// A new pool; gives its number in this isolate.
#[napi]
pub fn create(isolate: u32, options: CoreOptions) -> u32 {
    let isolate = Isolate::of(isolate);
    let core = Options {
        capacity: capacity(options.size),
        // A fraction of a nanosecond is of no consequence.
        expiry: (options.expiry > 0.0).then_some((options.expiry * MILLISECOND as f64) as u64),
        nonblocking: options.nonblocking,
        max_waiting: options.max_blocking_tasks,
        boots: options.boots,
        disposes: options.disposes,
    };
    let mut faces = isolate.faces.borrow_mut();
    let entry = faces.vacant_entry();
    let number = entry.key() as u32;
    let face = Face::new(core, isolate.outbox.clone(), number);
    if options.pre_alloc {
        face.0.reserve(options.size);
    }
    entry.insert(face);
    number
}

/// Drops a pool that is closed and vacant; its number may be used again.
#[napi]
pub fn forget(isolate: u32, face: u32) {
    Isolate::of(isolate).faces.borrow_mut().remove(face as usize);
}

/// Changes the capacity; 0 for no limit.
#[napi]
pub fn tune(isolate: u32, face: u32, size: u32) {
    with(isolate, face, |face| face.0.tune(capacity(size)));
}

/// Refuses new tasks; gives the generation that is closed.
#[napi]
pub fn close(isolate: u32, face: u32) -> u32 {
    with(isolate, face, |face| face.0.close())
}

/// Closes now and rejects what waits; of the given generation only, if one is given.
#[napi]
pub fn release(isolate: u32, face: u32, generation: Option<u32>) {
    with(isolate, face, |face| face.0.release(generation));
}

/// Opens a closed pool as a new generation.
#[napi]
pub fn reboot(isolate: u32, face: u32) {
    with(isolate, face, |face| face.0.reboot());
}

/// Announces a command `Watched` for when the condition holds, or `timeout` milliseconds have passed. An odd token
/// keeps the process alive until then.
#[napi]
pub fn watch(
    isolate: u32,
    face: u32,
    token: u32,
    condition: WatchCondition,
    generation: u32,
    timeout: Option<u32>,
) {
    if hot::holds(token) {
        Isolate::of(isolate).hold();
    }
    let condition = match condition {
        WatchCondition::Drained => Condition::Drained,
        WatchCondition::Settled => Condition::Settled,
        WatchCondition::Ended => Condition::Ended(generation),
        WatchCondition::Vacant => Condition::Vacant,
    };
    with(isolate, face, |face| face.0.watch(token, condition, timeout));
}
