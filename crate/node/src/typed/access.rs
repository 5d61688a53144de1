//! How a typed function finds the calling isolate and its pools.

use crate::{errors, handle::Handle, isolate::Isolate, threads::Threads};

/// The calling isolate. A number that is not its own is an error of ours, and no reason to end the process.
pub(crate) fn isolate_of(id: u32) -> napi::Result<&'static Isolate> {
    Isolate::of(id).ok_or_else(|| napi::Error::from_reason(format!("workpool: {id} is not this isolate")))
}

/// Calls `f` with a pool of the calling isolate.
pub(crate) fn with<R>(isolate: u32, handle: u32, f: impl FnOnce(&Handle) -> R) -> napi::Result<R> {
    let handles = isolate_of(isolate)?.handles.borrow();
    let known = handles.get(handle as usize).ok_or_else(|| no_handle(handle))?;
    Ok(f(known))
}

pub(crate) fn no_handle(handle: u32) -> napi::Error {
    napi::Error::from_reason(format!("workpool: this isolate has no handle {handle}"))
}

/// Calls `f` with what a pool has as one of threads.
pub(crate) fn with_threads<R>(isolate: u32, handle: u32, f: impl FnOnce(&Threads) -> R) -> napi::Result<R> {
    let result = with(isolate, handle, |handle| handle.threads().map(f))?;
    result.ok_or_else(|| {
        napi::Error::from_reason(format!("workpool: handle {handle} is of a pool without threads"))
    })
}

/// The error of a call that has found no memory, which is thrown.
pub(crate) fn no_memory(isolate: &Isolate) -> napi::Error {
    errors::throw_no_memory(isolate.event_loop.env());
    // By this status napi-rs knows that an error has been thrown, and throws no other one.
    napi::Error::new(napi::Status::PendingException, "workpool: no memory".to_owned())
}
