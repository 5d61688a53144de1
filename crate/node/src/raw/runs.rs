//! Calls of a thread pool: how a task for a thread is admitted.

use napi::sys;
use workpool_abi::Word;
use workpool_core::{Admission, Submission};

use crate::{
    calls::{Argument, Call},
    convert::{DEEP, group_of, refused},
    handle::Handle,
    isolate::Isolate,
    raw::{call::functions, submission::submission_of},
    value::NoMemory,
};

/// A call of a thread weighs nothing else.
const WEIGHT: f64 = 1.0;
/// Nobody asks for the times of a task that is not submitted.
const UNTIMED: f64 = 0.0;

functions! {
    // (handle, export) → task | refusal
    run: |isolate, [handle, export, ..]| {
        if !isolate.headroom.is_known() {
            return Ok(Some(DEEP));
        }
        let argument = argument(isolate, export)?;
        Ok::<_, NoMemory>(isolate.with(handle, |handle| submit(isolate, handle, argument, Submission::new)).flatten())
    };

    // (handle, export, priority, waitTimeout or NO_LIMIT, timeout or 0, timed, offer, keyed, group or 0, its limit or 0) → task | refusal
    run_with: |isolate, [handle, export, priority, wait_timeout, timeout, timed, offer, keyed, group, most]| {
        if !isolate.headroom.is_known() {
            return Ok(Some(DEEP));
        }
        let argument = argument(isolate, export)?;
        let fields = [priority, wait_timeout, timeout, timed, offer, WEIGHT, keyed];
        let group = group_of(group, most);
        let task = |call| Submission { group, ..submission_of(isolate, call, fields) };
        Ok::<_, NoMemory>(isolate.with(handle, |handle| submit(isolate, handle, argument, task)).flatten())
    };

    // (handle, priority, waitTimeout or NO_LIMIT, timeout or 0, offer, keyed, group or 0, its limit or 0) → refusal, if such a task is refused just now | 0
    refuse: |isolate, [handle, priority, wait_timeout, timeout, offer, keyed, group, most, ..]| {
        let fields = [priority, wait_timeout, timeout, UNTIMED, offer, WEIGHT, keyed];
        let group = group_of(group, most);
        let refusal = isolate.with(handle, |handle| {
            let task = submission_of(isolate, Call::of_closure(handle.face), fields);
            handle.pool().refuse(&Submission { group, ..task })
        })?;
        Some(refusal.map_or(0, |refusal| refused(&isolate.registers, refusal)))
    };

    // (handle) → refusal, if the pool is paused | 0
    refuse_if_paused: |isolate, [handle, ..]| {
        let refusal = isolate.with(handle, |handle| handle.pool().refuse_if_paused())?;
        Some(refusal.map_or(0, |refusal| refused(&isolate.registers, refusal)))
    };
}

/// The argument that TypeScript has described in the registers, for this export.
fn argument(isolate: &Isolate, export: f64) -> Result<Argument, NoMemory> {
    Ok(Argument { export: export as u32, value: isolate.value()? })
}

fn submit(
    isolate: &Isolate,
    handle: &Handle,
    argument: Argument,
    submission: impl FnOnce(Call) -> Submission<Call>,
) -> Option<i32> {
    let threads = handle.threads()?;
    let call = threads.calls.put(handle.face, argument);
    let task = match handle.pool().submit(submission(call)) {
        Admission::Started(worker, task) => {
            threads.start(worker, task);
            task
        }
        Admission::Waiting(task) => task,
        Admission::Refused(refusal) => {
            threads.calls.forget(call);
            return Some(refused(&isolate.registers, refusal));
        }
    };
    isolate.event_loop.hold();
    isolate.registers.set(Word::Stamp, task.stamp() as i32);
    Some(task.number() as i32)
}
