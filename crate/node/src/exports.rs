//! The functions that a task module exports, by number.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// So many names are believed before a thread has loaded the module and says which there are. A name without a number goes along with
/// the argument, and that is what a first task would have to wait for: it takes code that no later task needs.
const EARLY: usize = 16;

/// Longer ones are not believed. Callers may name anything, and a name that has a number is kept as long as the pool.
const EARLY_BYTES: usize = 64;

/// Names and their numbers. Only what a module exports is here, and a few early names, as callers may name anything.
#[derive(Debug)]
struct Names {
    list: Vec<String>,
    numbers: HashMap<String, u32>,
    /// Whether a thread has said what the module exports.
    is_loaded: bool,
}

impl Names {
    fn add(&mut self, name: String) {
        if !self.numbers.contains_key(&name) {
            self.numbers.insert(name.clone(), self.list.len() as u32);
            self.list.push(name);
        }
    }

    /// Whether a name without a number gets one though nobody has found it in the module. A thread refuses it if it is no export.
    fn believes(&self, name: &str) -> bool {
        !self.is_loaded && self.list.len() <= EARLY && name.len() <= EARLY_BYTES
    }
}

/// The exports of a pool's module. A task carries the number of its export.
#[derive(Debug)]
pub(crate) struct Exports(Mutex<Names>);

impl Default for Exports {
    /// `default`, which is called if no export is named, has a number before a thread has loaded.
    fn default() -> Self {
        let mut names = Names { list: Vec::new(), numbers: HashMap::new(), is_loaded: false };
        names.add("default".to_owned());
        Self(Mutex::new(names))
    }
}

impl Exports {
    fn lock(&self) -> MutexGuard<'_, Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread has loaded the module, which exports these functions: they have numbers from now on, for good.
    pub(crate) fn add(&self, names: Vec<String>) {
        let mut known = self.lock();
        known.is_loaded = true;
        for name in names {
            known.add(name);
        }
    }

    /// The number of a name, if a thread has an export of it, or if it is one of the few that are believed.
    pub(crate) fn number_of(&self, name: &str) -> Option<u32> {
        let mut known = self.lock();
        if known.believes(name) {
            known.add(name.to_owned());
        }
        known.numbers.get(name).copied()
    }

    /// The name of a number.
    pub(crate) fn name_of(&self, number: u32) -> Option<String> {
        self.lock().list.get(number as usize).cloned()
    }
}
