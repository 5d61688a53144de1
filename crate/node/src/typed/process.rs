//! What concerns the isolate or the process, and no pool.

#![expect(unreachable_pub, reason = "napi-rs exports public items, whatever module they are in")]

use std::time::Duration;

use napi_derive::napi;
use workpool_core::Reaper;

use crate::typed::access::isolate_of;

/// Nothing is left to be done for this load of the addon. Once no promise of it is open, the load may be collected.
#[napi(catch_unwind)]
pub fn unroot(isolate: u32) -> napi::Result<()> {
    isolate_of(isolate)?.event_loop.unroot();
    Ok(())
}

/// Blocks this thread until there is a command or an outcome for it, or for `ms`.
#[napi(catch_unwind)]
pub fn wait(isolate: u32, ms: u32) -> napi::Result<()> {
    isolate_of(isolate)?.event_loop.mailbox.park(Duration::from_millis(ms.into()));
    Ok(())
}

/// Why no times can be kept now: the system gives no thread for the reaper. Nothing if the reaper runs, as it does for good then.
#[napi(catch_unwind)]
pub fn untimely() -> Option<String> {
    Reaper::global().start().err().map(|error| error.to_string())
}

/// How many threads can run at once, as the operating system and a container allow.
#[napi(catch_unwind)]
pub fn parallelism() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u32)
}
