//! The shapes of plain objects that cross between isolates. A shape is a list of keys and has a number, so an object brings a number and
//! not its keys.

#![expect(unreachable_pub, reason = "napi-rs exports public items, whatever module they are in")]

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use napi_derive::napi;
use workpool_abi::NONE;

/// How many shapes there are at most. None is forgotten, as any isolate may know its number. An object of a later shape brings its keys
/// each time.
const MOST: usize = 4_096;

#[derive(Default)]
struct Shapes {
    keys: Vec<String>,
    numbers: HashMap<String, i32>,
}

static SHAPES: LazyLock<Mutex<Shapes>> = LazyLock::new(Mutex::default);

fn lock() -> MutexGuard<'static, Shapes> {
    SHAPES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of a list of keys; `NONE` if there are too many.
#[napi(catch_unwind)]
pub fn shape_number(keys: String) -> i32 {
    let mut shapes = lock();
    if let Some(&number) = shapes.numbers.get(&keys) {
        return number;
    }
    if shapes.keys.len() == MOST {
        return NONE;
    }
    let number = shapes.keys.len() as i32;
    shapes.keys.push(keys.clone());
    shapes.numbers.insert(keys, number);
    number
}

/// The keys behind a number that `shapeNumber` has given.
#[napi(catch_unwind)]
pub fn shape_keys(number: u32) -> String {
    lock().keys.get(number as usize).cloned().unwrap_or_default()
}
