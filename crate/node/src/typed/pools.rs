//! A pool is made, joined, changed and closed.

#![expect(unreachable_pub, reason = "napi-rs exports public items, whatever module they are in")]

use std::sync::Arc;

use napi_derive::napi;
use workpool_core::FaceId;

use crate::{
    handle::Handle,
    isolate::Isolate,
    options::{CoreChange, CoreOptions, Present},
    pool::Core,
    shared,
    typed::access::{isolate_of, no_handle, no_memory, with},
    value::NoMemory,
};

/// Makes a handle for a face of the pool; gives its number in the isolate.
fn add_handle(isolate: &Isolate, core: Arc<Core>, face: FaceId) -> u32 {
    let mut handles = isolate.handles.borrow_mut();
    let entry = handles.vacant_entry();
    let number = entry.key() as u32;
    entry.insert(Handle::new(core, face, isolate.event_loop.mailbox.clone(), number));
    number
}

/// Makes a pool; gives the number of its handle in this isolate.
#[napi(catch_unwind)]
pub fn create(isolate: u32, options: CoreOptions) -> napi::Result<u32> {
    let isolate = isolate_of(isolate)?;
    let core = Core::new(&options, None).map_err(|NoMemory| no_memory(isolate))?;
    Ok(add_handle(isolate, core, FaceId::FIRST))
}

/// Whether this core has a shared pool of this name. The code of another version may ask, so name and arguments
/// are to stay.
#[napi(catch_unwind)]
pub fn has_shared(name: String, is_of_threads: bool) -> bool {
    shared::has(name, is_of_threads)
}

/// A handle of a shared pool.
#[napi(object)]
#[derive(Debug)]
pub struct Joined {
    /// Its number in this isolate.
    pub handle: u32,
    /// Tells the pool from those that had its name before.
    pub serial: u32,
    /// The options that the pool was made with.
    pub options: CoreOptions,
    /// The options that the core does not know, as the maker of the pool has given them.
    pub details: String,
    /// Whether the pool was made just now. If it is one of threads, they are this isolate's.
    pub is_new: bool,
}

/// A handle of the shared pool of this name, which is made if there is none. `details` are options that the core does not know.
#[napi(catch_unwind)]
pub fn join(isolate: u32, name: String, options: CoreOptions, details: String) -> napi::Result<Joined> {
    let isolate = isolate_of(isolate)?;
    let joined = shared::join(name, &options, details).map_err(|NoMemory| no_memory(isolate))?;
    let shared::Joined { core, face, serial, options, details } = joined;
    let is_new = face == FaceId::FIRST;
    Ok(Joined { handle: add_handle(isolate, core, face), serial, options, details, is_new })
}

/// What a change has to agree with.
#[napi(catch_unwind)]
pub fn present(isolate: u32, handle: u32) -> napi::Result<Present> {
    with(isolate, handle, |handle| handle.pool().options().into())
}

/// Changes what the change has.
#[napi(catch_unwind)]
pub fn configure(isolate: u32, handle: u32, change: CoreChange) -> napi::Result<()> {
    with(isolate, handle, |handle| handle.pool().configure(&(&change).into()))
}

/// No task starts from now on, unless the pool is closed.
#[napi(catch_unwind)]
pub fn pause(isolate: u32, handle: u32) -> napi::Result<()> {
    with(isolate, handle, Handle::pause)
}

/// Tasks start again.
#[napi(catch_unwind)]
pub fn resume(isolate: u32, handle: u32) -> napi::Result<()> {
    with(isolate, handle, |handle| handle.pool().resume())
}

/// Rejects what waits; gives how many tasks that were.
#[napi(catch_unwind)]
pub fn clear(isolate: u32, handle: u32) -> napi::Result<i64> {
    with(isolate, handle, |handle| handle.pool().clear() as i64)
}

/// Refuses new tasks; gives the generation that is closed.
#[napi(catch_unwind)]
pub fn close(isolate: u32, handle: u32) -> napi::Result<i64> {
    with(isolate, handle, |handle| handle.pool().close() as i64)
}

/// Closes now and rejects what waits. If a generation is given and it is over, nothing happens.
#[napi(catch_unwind)]
pub fn release(isolate: u32, handle: u32, generation: Option<i64>) -> napi::Result<()> {
    with(isolate, handle, |handle| handle.pool().release(generation.map(|generation| generation as u64)))
}

/// Opens a closed pool as a new generation. False: its threads belonged to an isolate that has ended.
#[napi(catch_unwind)]
pub fn reboot(isolate: u32, handle: u32) -> napi::Result<bool> {
    with(isolate, handle, |handle| handle.pool().reboot())
}

/// Closes now, cancels what runs, and has every thread ended.
#[napi(catch_unwind)]
pub fn destroy(isolate: u32, handle: u32) -> napi::Result<()> {
    with(isolate, handle, |handle| handle.pool().destroy())
}

/// Nothing is submitted by this handle any more. If it was the last handle by which something was, the pool is closed: gives the generation.
#[napi(catch_unwind)]
pub fn leave(isolate: u32, handle: u32) -> napi::Result<Option<i64>> {
    with(isolate, handle, |handle| handle.leave().map(|generation| generation as i64))
}

/// The face of this handle, which has left and has no tasks, departs from the core.
#[napi(catch_unwind)]
pub fn resign(isolate: u32, handle: u32) -> napi::Result<()> {
    with(isolate, handle, Handle::resign)
}

/// Drops a handle that is not needed any more. Its number may be used again.
#[napi(catch_unwind)]
pub fn forget(isolate: u32, handle: u32) -> napi::Result<()> {
    let forgotten = isolate_of(isolate)?.handles.borrow_mut().try_remove(handle as usize);
    // The handle is dropped when the list is not borrowed any more, as its end may have effects.
    forgotten.map(drop).ok_or_else(|| no_handle(handle))
}
