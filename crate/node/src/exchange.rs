//! Values on their way between JavaScript and Rust. A value is a kind, a number and bytes. The bytes go through the exchange, memory that
//! both sides see. Bytes that have no room there go through typed arrays: to Rust through an array that TypeScript lends (`lend`) or
//! gives for one value (`bring`), to JavaScript through an array that Rust fills (`fill`).

use std::{
    cell::{Cell, RefCell},
    ptr::{self, NonNull},
    slice,
    sync::Arc,
};

use napi::sys;
use workpool_abi::{
    BYTES_AT, EXCHANGE, NONE, OUTGOING, OUTGOING_AT, OUTGOING_BYTES, ValueFlag, ValueKind, Word,
};

use crate::{
    blocks,
    registers::Registers,
    value::{Bytes, NoMemory, Value},
};

/// The kind of a value that is one view or buffer of many bytes. It comes to Rust by `bring` and goes to JavaScript by `fill`.
const VIEW: u32 = ValueKind::View as u32;

/// How many bytes of values the exchange brings to JavaScript at once.
pub(crate) const ROOM: usize = OUTGOING_AT - BYTES_AT;

/// Whether a value goes to JavaScript by `fill`.
pub(crate) fn is_large(value: &Value) -> bool {
    value.kind == VIEW || value.bytes.len() > ROOM
}

/// The memory that both sides see, and the values that have no room there.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    /// The memory, which is made with the isolate.
    memory: Cell<Option<&'static [Cell<u8>]>>,
    reference: Cell<Option<sys::napi_ref>>,
    /// A typed array that TypeScript has lent, for values that go to Rust. Where the bytes are is asked each time, as the buffer of the
    /// array could have been detached or resized.
    lent: Cell<Option<sys::napi_ref>>,
    /// The bytes that `bring` has copied, for the next value.
    brought: RefCell<Vec<u8>>,
    /// The bytes that `fill` is to write.
    large: RefCell<Bytes>,
}

impl Exchange {
    /// Makes the memory; gives it as JavaScript sees it.
    pub(crate) fn set_up(&self, env: sys::napi_env) -> Option<sys::napi_value> {
        let mut data = ptr::null_mut();
        let mut value = ptr::null_mut();
        let mut reference = ptr::null_mut();
        // SAFETY: `env` is the environment that is being set up, on its own thread; both out-pointers are valid.
        let created = unsafe { sys::napi_create_arraybuffer(env, EXCHANGE, &raw mut data, &raw mut value) };
        if created != sys::Status::napi_ok || data.is_null() {
            return None;
        }
        // SAFETY: as above; `value` was made by the call before.
        let kept = unsafe { sys::napi_create_reference(env, value, 1, &raw mut reference) };
        if kept != sys::Status::napi_ok {
            return None;
        }
        // SAFETY: the block has this length, is never detached, as only our own TypeScript sees it, and lives as long as the
        // reference, which goes with the isolate. Cells, as JavaScript reads there, too, but on this thread.
        let exchange = unsafe { slice::from_raw_parts(data.cast::<Cell<u8>>(), EXCHANGE) };
        self.memory.set(Some(exchange));
        self.reference.set(Some(reference));
        Some(value)
    }

    /// The references that keep memory of JavaScript alive, for whoever ends the isolate before its environment ends.
    pub(crate) fn references(&self) -> [Option<sys::napi_ref>; 2] {
        [self.reference.get(), self.lent.get()]
    }

    /// Values that go to Rust are in this typed array from now on, if they have no room in the exchange.
    pub(crate) fn lend(&self, env: sys::napi_env, array: sys::napi_value) -> Result<(), NoMemory> {
        let mut reference = ptr::null_mut();
        // SAFETY: called from JavaScript of `env`, which has given the array.
        let kept = unsafe { sys::napi_create_reference(env, array, 1, &raw mut reference) };
        if kept != sys::Status::napi_ok {
            return Err(NoMemory);
        }
        if let Some(old) = self.lent.replace(Some(reference)) {
            // SAFETY: made by an earlier call, in the same environment, and not used any more.
            unsafe { sys::napi_delete_reference(env, old) };
        }
        Ok(())
    }

    /// The next value that goes to Rust is these bytes, which are copied.
    pub(crate) fn bring(&self, array: NonNull<[u8]>) -> Result<(), NoMemory> {
        let mut bytes = blocks::take(array.len()).ok_or(NoMemory)?;
        // SAFETY: no JavaScript runs during this call, so nobody detaches or writes the array.
        bytes.extend_from_slice(unsafe { array.as_ref() });
        *self.brought.borrow_mut() = bytes;
        Ok(())
    }

    /// Writes the last value that had no room in the exchange into this array.
    pub(crate) fn fill(&self, array: NonNull<[u8]>) {
        let bytes = self.large.take();
        let (from, to) = (bytes.as_ptr(), array.cast::<u8>().as_ptr());
        // SAFETY: no JavaScript runs during this call, so nobody detaches or reads the array; both are as long as is copied.
        unsafe { ptr::copy_nonoverlapping(from, to, bytes.len().min(array.len())) };
        if let Bytes::Large(block) = bytes {
            blocks::give_back(block);
        }
    }

    /// The value that TypeScript has described in the registers. Only within a call from JavaScript of `env`.
    pub(crate) fn take(&self, env: sys::napi_env, registers: &Registers) -> Result<Value, NoMemory> {
        let kind = registers.get(Word::Kind) as u32;
        let number = registers.number(OUTGOING);
        if kind == VIEW {
            return Ok(Value { kind, number, bytes: Bytes::Large(self.brought.take()) });
        }
        let length = registers.get(Word::Length) as usize;
        if length == 0 {
            return Ok(Value { kind, number, bytes: Bytes::default() });
        }
        let there = if registers.get(Word::Lent) == 0 { self.outgoing() } else { self.lent_bytes(env) };
        // SAFETY: they are of this very moment, and no JavaScript runs before they have been copied.
        let there = there.map_or(&[][..], |there| unsafe { there.as_ref() });
        Ok(Value { kind, number, bytes: Bytes::copy(&there[..length.min(there.len())])? })
    }

    /// Puts the bytes of a value where TypeScript finds them, and their length beside; gives its kind.
    pub(crate) fn put(&self, registers: &Registers, value: Value) -> u32 {
        if is_large(&value) {
            registers.set(Word::Second, value.bytes.len() as i32);
            self.keep_large(value.bytes);
            return value.kind | ValueFlag::Large as u32;
        }
        self.put_small(registers, &value)
    }

    /// As `put`, of a value that the exchange has room for.
    fn put_small(&self, registers: &Registers, value: &Value) -> u32 {
        registers.set(Word::Second, value.bytes.len() as i32);
        if let Some(memory) = self.memory.get() {
            write(memory, BYTES_AT, &value.bytes);
        }
        value.kind
    }

    /// As `put`, of a reason that others may ask for as well. If there is no memory for a copy there is no reason.
    pub(crate) fn put_reason(&self, registers: &Registers, reason: Option<Arc<Value>>) -> i32 {
        let Some(reason) = reason else { return NONE };
        if !is_large(&reason) {
            return self.put_small(registers, &reason) as i32;
        }
        let copy = Bytes::copy(&reason.bytes);
        copy.map_or(NONE, |bytes| self.put(registers, Value { bytes, ..*reason }) as i32)
    }

    /// The memory that both sides see.
    pub(crate) fn memory(&self) -> Option<&'static [Cell<u8>]> {
        self.memory.get()
    }

    /// `fill` is to write these bytes next.
    pub(crate) fn keep_large(&self, bytes: Bytes) {
        *self.large.borrow_mut() = bytes;
    }

    /// Nobody asks any more for what `fill` was to write.
    pub(crate) fn drop_large(&self) {
        drop(self.large.take());
    }

    /// The part of the exchange in which TypeScript writes values that go to Rust.
    fn outgoing(&self) -> Option<NonNull<[u8]>> {
        let cells = &self.memory.get()?[OUTGOING_AT..];
        Some(NonNull::slice_from_raw_parts(NonNull::from(cells).cast(), OUTGOING_BYTES))
    }

    /// The bytes of the array that has been lent, where they are now. Only within a call from JavaScript of `env`.
    fn lent_bytes(&self, env: sys::napi_env) -> Option<NonNull<[u8]>> {
        let reference = self.lent.get()?;
        let mut array = ptr::null_mut();
        // SAFETY: made by `lend` in this environment, and deleted only when it is replaced.
        let found = unsafe { sys::napi_get_reference_value(env, reference, &raw mut array) };
        (found == sys::Status::napi_ok).then(|| bytes_of(env, array)).flatten()
    }
}

/// Writes to the memory that both sides see.
pub(crate) fn write(memory: &[Cell<u8>], at: usize, bytes: &[u8]) {
    for (cell, &byte) in memory[at..at + bytes.len()].iter().zip(bytes) {
        cell.set(byte);
    }
}

/// The bytes of a typed array where they are now. There are none if the buffer has been detached or has shrunk below the array, and too
/// few if the elements have more than one byte. Nothing holds the bytes, so they are to be used before any JavaScript runs.
pub(crate) fn bytes_of(env: sys::napi_env, array: sys::napi_value) -> Option<NonNull<[u8]>> {
    let mut length = 0;
    let mut data = ptr::null_mut();
    // SAFETY: called from JavaScript of `env`; what is not wanted is null.
    let found = unsafe {
        sys::napi_get_typedarray_info(
            env,
            array,
            ptr::null_mut(),
            &raw mut length,
            &raw mut data,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    if found != sys::Status::napi_ok {
        return None;
    }
    // The address may be null if the buffer is detached or the array has no elements.
    let (start, length) = NonNull::new(data.cast()).map_or((NonNull::dangling(), 0), |start| (start, length));
    Some(NonNull::slice_from_raw_parts(start, length))
}
