//! Threads, as their owner reports them, and tasks that are to abort in one.

use std::sync::Arc;

use napi::sys;
use workpool_core::WorkerId;

use crate::{convert::named, raw::call::functions};

functions! {
    // (handle) → as detail: why a thread could not start
    start_failure: |isolate, [handle, ..]| {
        let reason = isolate.with(handle, |handle| handle.threads().map(|threads| threads.start_failure.get()))??;
        Some(isolate.exchange.put_reason(&isolate.registers, reason))
    };

    // (handle, worker): a thread has died, for this reason
    crashed: |isolate, [handle, worker, ..]| {
        let reason = isolate.value().ok();
        isolate.with(handle, |handle| {
            handle.threads()?.crash.set(reason);
            handle.pool().crashed(WorkerId(worker as u32));
            Some(0)
        })?
    };

    // (handle, worker): a thread could not be started for this reason, and will not be
    start_failed: |isolate, [handle, worker, ..]| {
        let reason = isolate.value().ok();
        isolate.with(handle, |handle| {
            handle.threads()?.start_failure.set(reason);
            handle.pool().start_failed(WorkerId(worker as u32));
            Some(0)
        })?
    };

    // (handle, task, stamp, if settled): the signal of the task is to abort for this reason, if a thread has it
    abort: |isolate, [handle, task, stamp, if_settled, ..]| {
        // If there is no memory for the reason, the signal aborts without one.
        let reason = isolate.value().ok().map(Arc::new);
        let task = named(task, stamp);
        isolate.with(handle, |handle| {
            // One that has settled has been interrupted before.
            if let Some(worker) = handle.pool().interrupt(task) {
                handle.threads()?.abort(worker, task, if_settled != 0.0, reason);
            }
            Some(0)
        })?
    };
}
