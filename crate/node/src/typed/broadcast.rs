//! Broadcasts: a task for every live thread, and what threads do that start later.

#![expect(unreachable_pub, reason = "napi-rs exports public items, whatever module they are in")]

use napi_derive::napi;
use workpool_abi::INCOMING;
use workpool_core::{Broadcast, Broadcasted};

use crate::{
    calls::{Argument, Call},
    convert::refused,
    handle::Handle,
    isolate::Isolate,
    threads::Threads,
    typed::access::{isolate_of, no_memory, with},
    value::NoMemory,
};

/// Has every live thread call an export with the value that is described in the registers. `export_code`: the number of the export, with its flags. `sticky`:
/// the name by which threads that start later do so, too. Gives 0 and for each thread the task and its stamp, in the order of the
/// numbers of the threads; or a refusal.
#[napi(catch_unwind)]
pub fn broadcast(
    isolate: u32,
    handle: u32,
    export_code: u32,
    timeout: u32,
    timed: bool,
    sticky: Option<String>,
) -> napi::Result<Vec<i32>> {
    let of = isolate_of(isolate)?;
    let value = of.value().map_err(|NoMemory| no_memory(of))?;
    let answer = with(isolate, handle, |handle| {
        let Some(threads) = handle.threads() else { return Ok(vec![0]) };
        let sticky = sticky.map(|name| threads.sticky(name));
        hand_in(of, handle, threads, &Argument { export: export_code, value }, timeout, timed, sticky)
    })?;
    answer.map_err(|NoMemory| no_memory(of))
}

/// So many copies of an argument; none if there is no memory for all.
fn copies(
    handle: &Handle,
    threads: &Threads,
    argument: &Argument,
    count: usize,
) -> Result<Vec<Call>, NoMemory> {
    let mut calls = Vec::with_capacity(count);
    for _ in 0..count {
        match argument.value.copy() {
            Ok(value) => {
                calls.push(threads.calls.put(handle.face, Argument { export: argument.export, value }));
            }
            Err(no_memory) => {
                calls.into_iter().for_each(|call| threads.calls.forget(call));
                return Err(no_memory);
            }
        }
    }
    Ok(calls)
}

fn hand_in(
    isolate: &Isolate,
    handle: &Handle,
    threads: &Threads,
    argument: &Argument,
    timeout: u32,
    timed: bool,
    sticky: Option<u32>,
) -> Result<Vec<i32>, NoMemory> {
    let mut count = handle.pool().snapshot().running as usize;
    loop {
        // The last one is that which is sticky.
        let calls = copies(handle, threads, argument, count + usize::from(sticky.is_some()))?;
        let sticky = sticky.map(|name| (name, calls[count]));
        let payloads = &calls[..count];
        let broadcast = Broadcast { face: handle.face, payloads, timeout, timed, sticky };
        let answer = match handle.pool().broadcast(&broadcast) {
            Broadcasted::Bound(bound) => {
                payloads[bound.len()..].iter().for_each(|&call| threads.calls.forget(call));
                isolate.event_loop.hold_all(bound.len() as u32);
                let names = bound.iter().flat_map(|(_, task)| [task.number() as i32, task.stamp() as i32]);
                return Ok(std::iter::once(0).chain(names).collect());
            }
            // Threads have started meanwhile.
            Broadcasted::TooFew(needed) => {
                count = needed;
                None
            }
            Broadcasted::Refused(refusal) => Some(refused(&isolate.registers, refusal)),
        };
        calls.iter().for_each(|&call| threads.calls.forget(call));
        if let Some(refusal) = answer {
            return Ok(vec![refusal]);
        }
    }
}

/// What a thread that has loaded does before its first task.
#[derive(Debug)]
#[napi(object)]
pub struct Sticky {
    /// The name by which it is sticky.
    pub name: String,
    /// Its place among all that is sticky: what stands behind it comes next.
    pub order: f64,
    /// The export, with its flags.
    pub export_code: u32,
    /// The kind of its argument, which is in the exchange.
    pub kind: u32,
    /// How long it may take in ms; 0 for no limit.
    pub timeout: u32,
}

/// In a thread that has not told that it has started: what it does first, behind what stands at `after`, which is 0 at first.
#[napi(catch_unwind)]
pub fn sticky(isolate: u32, mut after: f64) -> napi::Result<Option<Sticky>> {
    let isolate = isolate_of(isolate)?;
    let worker = isolate.worker.borrow();
    let Some(worker) = worker.as_ref() else { return Ok(None) };
    let Some(threads) = worker.core.threads() else { return Ok(None) };
    while let Some(sticky) = worker.core.pool.sticky_after(worker.id, after as u64) {
        // If it has been replaced in this moment, the thread has what has replaced it as a task.
        if let Some(Argument { export, value }) =
            threads.calls.copy(sticky.payload).map_err(|NoMemory| no_memory(isolate))?
        {
            isolate.registers.set_number(INCOMING, value.number);
            let kind = isolate.exchange.put(&isolate.registers, value);
            let order = sticky.order as f64;
            let (name, timeout) = (threads.sticky_name(sticky.name), sticky.timeout);
            return Ok(Some(Sticky { name, order, export_code: export, kind, timeout }));
        }
        after = sticky.order as f64;
    }
    Ok(None)
}
