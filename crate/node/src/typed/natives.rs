//! Pools of native jobs.

#![expect(unreachable_pub, reason = "napi-rs exports public items, whatever module they are in")]

use napi_derive::napi;

use crate::typed::access::with;

/// Why the system has given no thread for a pool of native jobs the last time.
#[napi(catch_unwind)]
pub fn why_unstarted(isolate: u32, handle: u32) -> napi::Result<Option<String>> {
    with(isolate, handle, |handle| handle.natives()?.unstarted())
}
