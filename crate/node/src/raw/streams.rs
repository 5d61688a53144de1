//! Streams: how chunks go out of a thread, and how a consumer takes them. One call takes an array, which says what has come; `StreamHead`
//! and `ArgumentRow` of the ABI say where.

use std::{collections::VecDeque, ffi::CStr, ptr::NonNull, slice};

use napi::sys;
use workpool_abi::{
    ARGUMENT, ArgumentRow, CHUNK_ARRAY, CHUNK_BYTES_AT, CHUNKS, Flow, Look, STREAM_HEAD, StreamHead,
    ValueFlag, ValueKind,
};
use workpool_core::Clock;
use workpool_mailbox::{Credit, FEW};

use crate::{
    isolate::Isolate,
    mailbox::SPINNERS,
    raw::call::{functions, with_array},
    streams::{Channel, Incoming},
    value::{NoMemory, Value},
};

/// How many bytes of chunks the array brings at once.
const ROOM: usize = CHUNK_ARRAY - CHUNK_BYTES_AT;

functions! {
    // (most chunks on their way) → number
    stream_open: |isolate, [most, ..]| {
        Some(isolate.streams.open(&isolate.event_loop.mailbox, most as u32) as i32)
    };

    // (number, consumed): credit for so many chunks
    stream_credit: |isolate, [number, consumed, ..]| {
        let is_awaited = isolate.streams.with_consumed(number as u32, |Incoming { channel, .. }| {
            channel.stream.credit(consumed as u32).then(|| channel.clone())
        })?;
        if let Some(channel) = is_awaited {
            channel.wake_producer();
        }
        Some(0)
    };

    // (number) → `Look`, after a look as long as it is worth it
    stream_look: |isolate, [number, ..]| {
        let channel = isolate.streams.with_consumed(number as u32, |Incoming { channel, .. }| channel.clone())?;
        Some(look(isolate, &channel) as i32)
    };

    // (number) → 1 if a thread produces: nobody consumes the stream any more
    stream_close: |isolate, [number, ..]| Some(i32::from(isolate.streams.close(number as u32)));

    // (number): nobody asks for what is left of it
    stream_forget: |isolate, [number, ..]| {
        isolate.streams.forget(number as u32);
        Some(0)
    };

    // In a thread: (number) → 1 if somebody consumes
    stream_attach: |isolate, [number, ..]| {
        Some(i32::from(isolate.streams.attach(number as u32, &isolate.event_loop.mailbox)))
    };

    // In a thread: (number) → `Flow`, after a look for credit as long as it is worth it
    stream_send: |isolate, [number, ..]| {
        let value = isolate.value()?;
        let channel = isolate.streams.produced(number as u32);
        Ok::<_, NoMemory>(Some(channel.map_or(Flow::Closed, |channel| send(isolate, &channel, value)) as i32))
    };

    // In a thread: (number) → `Flow`, without a look; if it is full the thread is woken later
    stream_flow: |isolate, [number, ..]| {
        let channel = isolate.streams.produced(number as u32);
        Some(channel.map_or(Flow::Closed, |channel| flow_of(channel.stream.await_credit())) as i32)
    };

    // In a thread: (number)
    stream_end: |isolate, [number, ..]| {
        isolate.streams.end(number as u32);
        Some(0)
    };
}

fn look(isolate: &Isolate, channel: &Channel) -> Look {
    let Isolate { event_loop, streams, clock, .. } = isolate;
    let mailbox = &event_loop.mailbox;
    let is_there = || channel.stream.may_have_chunk() || mailbox.may_have_some();
    // With many open promises there is other work than to look.
    if event_loop.open() <= FEW {
        streams.for_chunks.look(clock, &SPINNERS, is_there);
    }
    if !channel.stream.await_chunk() {
        return Look::Chunk;
    }
    if mailbox.may_have_some() { Look::Other } else { Look::Nothing }
}

fn send(isolate: &Isolate, channel: &Channel, value: Value) -> Flow {
    match channel.stream.send(value) {
        Ok(true) => channel.wake_consumer(),
        Ok(false) => {}
        Err(_) => return Flow::Closed,
    }
    if !channel.stream.may_have_credit() {
        let is_alone = isolate.with_worker(|worker| worker.is_alone()).unwrap_or(false);
        // Another task of the thread may need the event loop.
        if is_alone {
            let is_there = || channel.stream.may_have_credit();
            isolate.streams.for_credit.look(&isolate.clock, &SPINNERS, is_there);
        }
        let flow = flow_of(channel.stream.await_credit());
        if flow != Flow::Go {
            return flow;
        }
    }
    if isolate.thread.goes_on(isolate.clock.now()) { Flow::Turn } else { Flow::Go }
}

const fn flow_of(credit: Credit) -> Flow {
    match credit {
        Credit::There => Flow::Go,
        Credit::Awaited => Flow::Full,
        Credit::Closed => Flow::Closed,
    }
}

/// `stream_take(array)`: gives credit back and takes chunks, as many as the array has room for.
unsafe extern "C" fn stream_take(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    with_array(env, info, |isolate, _, bytes| {
        take(isolate, bytes);
        Ok(())
    })
}

#[inline(never)]
fn take(isolate: &Isolate, bytes: NonNull<[u8]>) {
    let words = bytes.cast::<i32>();
    if !words.is_aligned() || bytes.len() < CHUNK_ARRAY {
        return;
    }
    // SAFETY: the array is aligned and so long, and no JavaScript runs during this call, so nobody else has it or detaches it.
    let words = unsafe { slice::from_raw_parts_mut(words.as_ptr(), CHUNK_ARRAY / size_of::<i32>()) };
    let number = words[StreamHead::Number as usize] as u32;
    let consumed = words[StreamHead::Consumed as usize] as u32;
    if words[StreamHead::Turn as usize] != 0 {
        isolate.origin.rests();
    }
    words[StreamHead::Count as usize] = 0;
    words[StreamHead::Turn as usize] = 0;
    let awaited = isolate.streams.with_consumed(number, |Incoming { channel, taken }| {
        let is_awaited = if taken.is_empty() {
            channel.stream.take(consumed, taken)
        } else {
            channel.stream.credit(consumed)
        };
        words[StreamHead::Count as usize] = hand_over(isolate, words, taken) as i32;
        is_awaited.then(|| channel.clone())
    });
    if words[StreamHead::Count as usize] > 0 {
        words[StreamHead::Turn as usize] = i32::from(isolate.origin.goes_on(&isolate.clock));
    }
    if let Some(channel) = awaited.flatten() {
        channel.wake_producer();
    }
}

/// Writes as many chunks as there is room for; gives how many. One that has no room at all comes alone, by `fill`.
fn hand_over(isolate: &Isolate, words: &mut [i32], chunks: &mut VecDeque<Value>) -> usize {
    let mut used = 0;
    let mut count = 0;
    while count < CHUNKS
        && let Some(chunk) = chunks.front()
    {
        let length = chunk.bytes.len();
        let is_large = chunk.kind == ValueKind::View as u32 || length > ROOM;
        if (is_large && count > 0) || (!is_large && used + length > ROOM) {
            break;
        }
        let Some(Value { kind, number, bytes }) = chunks.pop_front() else { break };
        let row = &mut words[STREAM_HEAD + count * ARGUMENT..][..ARGUMENT];
        let bits = number.to_bits();
        row[ArgumentRow::NumberLow as usize] = bits as i32;
        row[ArgumentRow::NumberHigh as usize] = (bits >> 32) as i32;
        row[ArgumentRow::Kind as usize] = (kind | if is_large { ValueFlag::Large as u32 } else { 0 }) as i32;
        row[ArgumentRow::Offset as usize] = (CHUNK_BYTES_AT + used) as i32;
        row[ArgumentRow::Length as usize] = length as i32;
        count += 1;
        if is_large {
            isolate.exchange.keep_large(bytes);
            break;
        }
        if length > 0 {
            // SAFETY: the same memory, of which every bit pattern is a byte; the room behind `CHUNK_BYTES_AT` is part of it.
            let all = unsafe { slice::from_raw_parts_mut(words.as_mut_ptr().cast::<u8>(), CHUNK_ARRAY) };
            all[CHUNK_BYTES_AT + used..][..length].copy_from_slice(&bytes);
            // Chunks begin at multiples of 8, as decoders may want numbers aligned.
            used += length.next_multiple_of(8);
        }
    }
    count
}

/// The one that takes an array, as JavaScript sees it.
pub(crate) const OF_ARRAYS: &[(&CStr, sys::napi_callback)] = &[(c"stream_take", Some(stream_take))];
