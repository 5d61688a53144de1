//! Batches: how tasks are handed in together. One call reserves the places; each of the others takes an array, which
//! says what is handed in and gets the answers. `BatchRow` and `ArgumentRow` of the ABI say where.

use std::{ffi::CStr, num::NonZero, ptr::NonNull, slice};

use napi::sys;
use workpool_abi::{ANSWER, ARGUMENT, ArgumentRow, BATCH_HEAD, BatchHead, BatchRow, Word};
use workpool_core::{Admission, Reservation};

use crate::{
    calls::{Argument, Call},
    convert::{DEEP, refused},
    handle::Handle,
    isolate::Isolate,
    raw::{
        call::{Arguments, functions, with_array},
        submission::submission_of,
    },
    value::{Bytes, NoMemory, Value},
};

functions! {
    // (handle, count, priority, waitTimeout or NO_LIMIT, timeout or 0, timed, offer, weight, keyed) → refusal | 0; the reservation is in
    // the words Task and Stamp
    reserve_places: |isolate, arguments| reserve(isolate, arguments, None);

    // The same, into the reservation that is in these words
    reserve_more: |isolate, arguments| {
        let (number, stamp) = (isolate.registers.get(Word::Task), isolate.registers.get(Word::Stamp));
        reserve(isolate, arguments, Some(Reservation::new(number as u32, stamp as u32)))
    };

    // (handle, number, stamp)
    give_back_places: |isolate, [handle, number, stamp, ..]| {
        let reservation = Reservation::new(number as u32, stamp as i32 as u32);
        isolate.with(handle, |handle| handle.pool().give_back_places(reservation))?;
        Some(0)
    };
}

#[inline(never)]
fn reserve(isolate: &Isolate, arguments: Arguments, into: Option<Reservation>) -> Option<i32> {
    let [handle, count, fields @ .., _] = arguments;
    if !isolate.headroom.is_known() {
        return Some(DEEP);
    }
    let reserved = isolate.with(handle, |handle| {
        let task = submission_of(isolate, Call::of_closure(handle.face), fields);
        NonZero::new(count as u32).map(|count| handle.pool().reserve_places(count, &task, into))
    })??;
    Some(match reserved {
        Ok(reservation) => {
            isolate.registers.set(Word::Task, reservation.number() as i32);
            isolate.registers.set(Word::Stamp, reservation.stamp() as i32);
            0
        }
        Err(refusal) => refused(&isolate.registers, refusal),
    })
}

/// Reads so many calls from an array.
type ReadCalls = fn(&Handle, &[i32], usize) -> Result<Vec<Call>, NoMemory>;

/// `submit_batch(array)`: hands in as many closures as the head says.
unsafe extern "C" fn submit_batch(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    with_array(env, info, |isolate, _, bytes| {
        hand_in(isolate, bytes, |handle, _, count| Ok(vec![Call::of_closure(handle.face); count]))
    })
}

/// `run_batch(array)`: hands in calls, whose arguments are in the array.
unsafe extern "C" fn run_batch(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    with_array(env, info, |isolate, _, bytes| hand_in(isolate, bytes, calls_in))
}

/// Has the pool take in the calls that `calls` makes, and writes what has become of each.
#[inline(never)]
fn hand_in(isolate: &Isolate, bytes: NonNull<[u8]>, calls: ReadCalls) -> Result<(), NoMemory> {
    let words = bytes.cast::<i32>();
    if !words.is_aligned() || bytes.len() < BATCH_HEAD * size_of::<i32>() {
        return Ok(());
    }
    // SAFETY: the array is aligned and so long, and no JavaScript runs during this call, so nobody else has it or detaches it.
    let words = unsafe { slice::from_raw_parts_mut(words.as_ptr(), bytes.len() / size_of::<i32>()) };
    let handle = words[BatchHead::Handle as usize];
    let count = words[BatchHead::Count as usize] as usize;
    words[BatchHead::Count as usize] = 0;
    if count > (words.len() - BATCH_HEAD) / ANSWER {
        return Ok(());
    }
    let reservation = Reservation::new(
        words[BatchHead::Reservation as usize] as u32,
        words[BatchHead::Stamp as usize] as u32,
    );
    isolate
        .with(f64::from(handle), |handle| {
            let calls = calls(handle, words, count)?;
            let admissions = handle.pool().submit_reserved(reservation, &calls);
            words[BatchHead::Count as usize] = admissions.len() as i32;
            isolate.event_loop.hold_all(admissions.len() as u32);
            for (admission, answer) in admissions.iter().zip(words[BATCH_HEAD..].chunks_exact_mut(ANSWER)) {
                let (worker, task) = match *admission {
                    Admission::Started(worker, task) => {
                        if let Some(threads) = handle.threads() {
                            threads.start(worker, task);
                        }
                        (worker.0 as i32, task)
                    }
                    Admission::Waiting(task) => (workpool_abi::NONE, task),
                    Admission::Refused(_) => unreachable!("what has a place is not refused"),
                };
                answer[BatchRow::Worker as usize] = worker;
                answer[BatchRow::Task as usize] = task.number() as i32;
                answer[BatchRow::Stamp as usize] = task.stamp() as i32;
            }
            if let Some(threads) = handle.threads() {
                calls[admissions.len()..].iter().for_each(|&call| threads.calls.forget(call));
            }
            Ok(())
        })
        .unwrap_or(Ok(()))
}

/// The calls whose arguments are in an array: first a row for each, then their bytes.
fn calls_in(handle: &Handle, words: &[i32], count: usize) -> Result<Vec<Call>, NoMemory> {
    let Some(threads) = handle.threads() else { return Ok(Vec::new()) };
    let export = words[BatchHead::Export as usize] as u32;
    let mut calls = Vec::with_capacity(count);
    for row in words[BATCH_HEAD..].chunks_exact(ARGUMENT).take(count) {
        match value_in(words, row) {
            Ok(value) => calls.push(threads.calls.put(handle.face, Argument { export, value })),
            Err(no_memory) => {
                calls.into_iter().for_each(|call| threads.calls.forget(call));
                return Err(no_memory);
            }
        }
    }
    Ok(calls)
}

fn value_in(words: &[i32], row: &[i32]) -> Result<Value, NoMemory> {
    let word = |place: ArgumentRow| row[place as usize] as u32;
    let number = u64::from(word(ArgumentRow::NumberLow)) | u64::from(word(ArgumentRow::NumberHigh)) << 32;
    let (offset, length) = (word(ArgumentRow::Offset) as usize, word(ArgumentRow::Length) as usize);
    // SAFETY: the same memory, of which every bit pattern is a byte.
    let bytes = unsafe { slice::from_raw_parts(words.as_ptr().cast::<u8>(), size_of_val(words)) };
    let bytes = bytes.get(offset..offset.saturating_add(length)).unwrap_or_default();
    Ok(Value { kind: word(ArgumentRow::Kind), number: f64::from_bits(number), bytes: Bytes::copy(bytes)? })
}

/// Those that take an array, as JavaScript sees them.
pub(crate) const OF_ARRAYS: &[(&CStr, sys::napi_callback)] =
    &[(c"submit_batch", Some(submit_batch)), (c"run_batch", Some(run_batch))];
