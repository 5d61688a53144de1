//! A pool gets threads: they find it, enter it and name their exports.

#![expect(unreachable_pub, reason = "napi-rs exports public items, whatever module they are in")]

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock, Mutex, PoisonError, Weak,
        atomic::{AtomicI64, Ordering},
    },
};

use napi_derive::napi;
use workpool_core::{TaskId, WorkerId};

use crate::{
    alert::Alert,
    isolate::Isolate,
    pool::Core,
    typed::access::{isolate_of, with, with_threads},
    worker::Worker,
};

/// The pools of threads by number, so that their threads find them. Numbers are never used again: a thread may be late.
static POOLS: LazyLock<Mutex<HashMap<i64, Weak<Core>>>> = LazyLock::new(Mutex::default);
static ANNOUNCED: AtomicI64 = AtomicI64::new(0);

/// A number by which the threads of this pool find it.
#[napi(catch_unwind)]
pub fn announce(isolate: u32, handle: u32) -> napi::Result<i64> {
    let core = with(isolate, handle, |handle| Arc::downgrade(handle.core()))?;
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    pools.retain(|_, pool| pool.strong_count() > 0);
    // Relaxed: only that no two are equal matters.
    let number = ANNOUNCED.fetch_add(1, Ordering::Relaxed);
    pools.insert(number, core);
    Ok(number)
}

/// This isolate becomes a worker of the pool of this number. False: there is no such pool any more. `thread` tells this thread from those
/// that are the same worker before and after it; `thread_id` is Node's number of it.
#[napi(catch_unwind)]
pub fn enter(isolate: u32, pool: i64, worker: u32, thread: u32, thread_id: u32) -> napi::Result<bool> {
    let isolate = isolate_of(isolate)?;
    let pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(core) = pools.get(&pool).and_then(Weak::upgrade) else { return Ok(false) };
    let worker = WorkerId(worker);
    // SAFETY: the word is there as long as the registers, which `tear_down` outlives; and that closes the alert of the worker, which is set
    // below. No slice has the word, and TypeScript reads it by `Atomics`.
    let alert = Arc::new(unsafe { Alert::new(isolate.registers.alerts()) });
    if let Some(threads) = core.threads() {
        threads.enter(worker, isolate.event_loop.mailbox.clone(), alert.clone(), thread_id);
    }
    *isolate.worker.borrow_mut() = Some(Worker::new(core, worker, thread, alert));
    Ok(true)
}

/// In a thread: the functions that its module exports.
#[napi(catch_unwind)]
pub fn export_names(isolate: u32, names: Vec<String>) -> napi::Result<()> {
    let worker = isolate_of(isolate)?.worker.borrow();
    if let Some(threads) = worker.as_ref().and_then(|worker| worker.core.threads()) {
        threads.exports.add(names);
    }
    Ok(())
}

/// The number under which tasks of a pool of threads name this export, if a thread has found it in the module or may still do so.
#[napi(catch_unwind)]
pub fn export_number(isolate: u32, handle: u32, name: String) -> napi::Result<Option<u32>> {
    with_threads(isolate, handle, |threads| threads.exports.number_of(&name))
}

/// In a thread: the export that its pool knows under this number.
#[napi(catch_unwind)]
pub fn export_name(isolate: u32, number: u32) -> napi::Result<Option<String>> {
    let worker = isolate_of(isolate)?.worker.borrow();
    let threads = worker.as_ref().and_then(|worker| worker.core.threads());
    Ok(threads.and_then(|threads| threads.exports.name_of(number)))
}

/// In a thread: whether a task that the thread has begun has settled in another way.
#[napi(catch_unwind)]
pub fn is_abandoned(isolate: u32, task: u32) -> napi::Result<bool> {
    let worker = isolate_of(isolate)?.worker.borrow();
    let is_abandoned = |worker: &Worker| Some(worker.core.pool.is_abandoned(worker.begun(task)?.0));
    Ok(worker.as_ref().and_then(is_abandoned).unwrap_or(false))
}

/// In a thread: whether the thread has begun this task and not ended it. Another task may have the number by now, but not the stamp.
#[napi(catch_unwind)]
pub fn has_begun(isolate: u32, task: u32, stamp: i32) -> napi::Result<bool> {
    let worker = isolate_of(isolate)?.worker.borrow();
    Ok(worker.as_ref().is_some_and(|worker| worker.has_begun(TaskId::new(task, stamp as u32))))
}

/// Starts a thread, unless the pool has one. `all`: as many threads as the pool may have.
#[napi(catch_unwind)]
pub fn start(isolate: u32, handle: u32, all: bool) -> napi::Result<()> {
    with(isolate, handle, |handle| if all { handle.pool().start_all() } else { handle.pool().start() })
}

/// Whether this isolate may be blocked until a task of the pool has ended. It may not if it is a thread of the pool itself, or if only
/// another isolate could start the thread that the task needs.
#[napi(catch_unwind)]
pub fn may_block(isolate: u32, handle: u32) -> napi::Result<bool> {
    let Isolate { worker, event_loop, .. } = isolate_of(isolate)?;
    with(isolate, handle, |handle| {
        let is_worker =
            worker.borrow().as_ref().is_some_and(|worker| Arc::ptr_eq(&worker.core, handle.core()));
        !is_worker && (handle.is_owned_by(&event_loop.mailbox) || handle.pool().has_started())
    })
}
