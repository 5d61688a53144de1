//! Memory that an isolate and Rust share, for what a call takes and returns beside its integers.

use std::{
    cell::Cell,
    ptr::{self, NonNull},
    slice,
};

use napi::sys;
use workpool_abi::{ALERTS_AT, NUMBERS, REGISTERS, WORDS, Word};

/// A block that JavaScript sees as an `ArrayBuffer`. It belongs to one isolate. Its thread alone touches it, but for one word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Registers {
    words: &'static [Cell<i32>],
    numbers: &'static [Cell<f64>],
    /// The word that other threads write; everybody reaches it by atomic operations.
    alerts: NonNull<i32>,
    /// Keeps the block alive.
    reference: sys::napi_ref,
}

impl Registers {
    /// Makes the block; gives it as JavaScript sees it, too.
    pub(crate) fn new(env: sys::napi_env) -> Option<(Self, sys::napi_value)> {
        let mut data = ptr::null_mut();
        let mut value = ptr::null_mut();
        let mut reference = ptr::null_mut();
        // SAFETY: `env` is the environment that is being set up, on its own thread; both out-pointers are valid.
        let created = unsafe { sys::napi_create_arraybuffer(env, REGISTERS, &raw mut data, &raw mut value) };
        if created != sys::Status::napi_ok || data.is_null() {
            return None;
        }
        // SAFETY: as above; `value` was made by the call before.
        let kept = unsafe { sys::napi_create_reference(env, value, 1, &raw mut reference) };
        if kept != sys::Status::napi_ok {
            return None;
        }
        // SAFETY: the block begins with `WORDS` words, is aligned to 8 bytes or more, and is never detached, as only
        // our own TypeScript sees it. It lives as long as the reference, which ends with the isolate. Cells, as
        // JavaScript writes and reads there, too, but on this thread.
        let words = unsafe { slice::from_raw_parts(data.cast::<Cell<i32>>(), WORDS) };
        // SAFETY: in bounds: the numbers follow the words, which take a multiple of 8 bytes.
        let behind = unsafe { data.cast::<i32>().add(WORDS) };
        // SAFETY: as for the words.
        let numbers = unsafe { slice::from_raw_parts(behind.cast::<Cell<f64>>(), NUMBERS) };
        // SAFETY: in bounds: the word follows the numbers. No slice has it.
        let alerts = NonNull::new(unsafe { data.cast::<u8>().add(ALERTS_AT) }.cast())?;
        Some((Self { words, numbers, alerts, reference }, value))
    }

    /// The reference that keeps the block alive, for whoever ends the isolate before its environment ends.
    pub(crate) const fn reference(&self) -> sys::napi_ref {
        self.reference
    }

    /// The word that other threads write. It is there as long as the block.
    pub(crate) const fn alerts(&self) -> NonNull<i32> {
        self.alerts
    }

    pub(crate) fn set(&self, word: Word, value: i32) {
        self.words[word as usize].set(value);
    }

    pub(crate) fn get(&self, word: Word) -> i32 {
        self.words[word as usize].get()
    }

    pub(crate) fn number(&self, place: usize) -> f64 {
        self.numbers[place].get()
    }

    pub(crate) fn set_number(&self, place: usize, value: f64) {
        self.numbers[place].set(value);
    }

    /// Writes `values` to the numbers, from the first one on.
    pub(crate) fn set_numbers(&self, values: &[f64]) {
        for (number, &value) in self.numbers.iter().zip(values) {
            number.set(value);
        }
    }
}
