//! What a pool and a stack have room for, and what `stats` shows.

use napi::sys;

use workpool_abi::NONE;

use crate::{
    convert::{DEEP, milliseconds, reason_of},
    raw::call::functions,
};

functions! {
    // (handle) → whether a task could start now, or a booting worker would take it
    has_room: |isolate, [handle, ..]| isolate.with(handle, |handle| i32::from(handle.has_room()));

    // (handle) → whether a submit would not have to wait
    has_vacancy: |isolate, [handle, ..]| {
        if !isolate.headroom.is_known() {
            return Some(DEEP);
        }
        isolate.with(handle, |handle| i32::from(handle.pool().has_vacancy()))
    };

    // (handle, the `Refusal` of a task) → milliseconds after which to submit it again | NONE: not known
    retry_after: |isolate, [handle, refusal, ..]| {
        isolate.with(handle, |handle| handle.pool().retry_after(reason_of(refusal)).map_or(NONE, milliseconds))
    };

    // () → whether there is known to be room on the stack
    headroom: |isolate, _| Some(i32::from(isolate.headroom.is_known_around()));

    // (bytes): so many fit on the stack
    found_headroom: |isolate, [bytes, ..]| {
        isolate.headroom.found(bytes as usize);
        Some(0)
    };

    // (handle) → whether there are times of tasks, too; everything else that `stats` and the getters show, in the numbers
    snapshot: |isolate, [handle, ..]| {
        let snapshot = isolate.with(handle, |handle| handle.snapshot())?;
        isolate.registers.set_numbers(&snapshot.numbers());
        Some(i32::from(snapshot.has_measures))
    };
}
