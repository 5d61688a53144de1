//! The shared pools of the process, by name.

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use workpool_core::FaceId;

use crate::{options::CoreOptions, pool::Core, value::NoMemory};

/// A pool and the options that it was made with. Whoever asks for the pool next compares his own with them.
struct Entry {
    core: Weak<Core>,
    serial: u32,
    options: CoreOptions,
    details: String,
}

/// Pools of different kinds may have the same name.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    name: String,
    is_of_threads: bool,
    is_native: bool,
}

type Pools = HashMap<Key, Entry>;

static POOLS: LazyLock<Mutex<Pools>> = LazyLock::new(Mutex::default);

/// How many shared pools have been made.
static MADE: AtomicU32 = AtomicU32::new(0);

fn lock() -> MutexGuard<'static, Pools> {
    POOLS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A face of a shared pool, and the options that the pool was made with.
pub(crate) struct Joined {
    pub(crate) core: Arc<Core>,
    pub(crate) face: FaceId,
    /// Tells the pool from those that had its name before.
    pub(crate) serial: u32,
    pub(crate) options: CoreOptions,
    pub(crate) details: String,
}

/// A face of the pool of this name. The pool is made if there is none, or if its last face has departed.
pub(crate) fn join(name: String, options: &CoreOptions, details: String) -> Result<Joined, NoMemory> {
    let mut pools = lock();
    let key = Key { name, is_of_threads: options.kind.is_thread(), is_native: options.kind.is_native() };
    if let Some(entry) = pools.get(&key)
        && let Some(core) = entry.core.upgrade()
        && let Some(face) = core.pool.join()
    {
        let Entry { serial, options, details, .. } = entry;
        return Ok(Joined {
            core,
            face,
            serial: *serial,
            options: options.clone(),
            details: details.clone(),
        });
    }
    let core = Core::new(options, Some(key.name.clone()))?;
    // Relaxed: only that no two are equal matters.
    let serial = MADE.fetch_add(1, Relaxed);
    let options = options.clone();
    let entry =
        Entry { core: Arc::downgrade(&core), serial, options: options.clone(), details: details.clone() };
    pools.insert(key, entry);
    Ok(Joined { core, face: FaceId::FIRST, serial, options, details })
}

/// Whether there is a pool of closures, or of threads, of this name.
pub(crate) fn has(name: String, is_of_threads: bool) -> bool {
    lock()
        .get(&Key { name, is_of_threads, is_native: false })
        .is_some_and(|entry| entry.core.strong_count() > 0)
}

/// The last face of this pool has departed, or the owner of its threads.
pub(crate) fn forget(name: &str, core: &Arc<Core>) {
    let mut pools = lock();
    let (is_of_threads, is_native) = (core.threads().is_some(), core.natives().is_some());
    let key = Key { name: name.to_owned(), is_of_threads, is_native };
    // Another pool may have the name by now.
    if pools.get(&key).is_some_and(|entry| std::ptr::eq(entry.core.as_ptr(), Arc::as_ptr(core))) {
        pools.remove(&key);
    }
}
