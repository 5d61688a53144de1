//! The functions that a task module exports, by number.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Names and their numbers. Only what a module exports is here, as callers may name anything.
#[derive(Debug)]
struct Names {
    list: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Names {
    fn add(&mut self, name: String) {
        if !self.numbers.contains_key(&name) {
            self.numbers.insert(name.clone(), self.list.len() as u32);
            self.list.push(name);
        }
    }
}

/// The exports of a pool's module. A task carries the number of its export.
#[derive(Debug)]
pub(crate) struct Exports(Mutex<Names>);

impl Default for Exports {
    /// `default`, which is called if no export is named, has a number before a thread has loaded.
    fn default() -> Self {
        let mut names = Names { list: Vec::new(), numbers: HashMap::new() };
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
        for name in names {
            known.add(name);
        }
    }

    /// The number of a name, if a thread has an export of it.
    pub(crate) fn number_of(&self, name: &str) -> Option<u32> {
        self.lock().numbers.get(name).copied()
    }

    /// The name of a number.
    pub(crate) fn name_of(&self, number: u32) -> Option<String> {
        self.lock().list.get(number as usize).cloned()
    }
}
