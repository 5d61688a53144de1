//! The shared pools of the process, by name.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak},
};

use workpool_core::FaceId;

use crate::{cold::CoreOptions, face::Core};

/// A pool, and the options it was made with, to compare with those of the next one who asks for it.
struct Entry {
    core: Weak<Core>,
    options: CoreOptions,
}

type Pools = HashMap<String, Entry>;

static POOLS: LazyLock<Mutex<Pools>> = LazyLock::new(Mutex::default);

fn lock() -> MutexGuard<'static, Pools> {
    POOLS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A face of the pool of this name; if there is none, or its last face has departed, of a new one.
pub(crate) fn join(name: String, options: &CoreOptions) -> (Arc<Core>, FaceId, CoreOptions) {
    let mut pools = lock();
    if let Some(entry) = pools.get(&name)
        && let Some(core) = entry.core.upgrade()
        && let Some(face) = core.pool.join()
    {
        return (core, face, entry.options.clone());
    }
    let core = Core::new(options, Some(name.clone()));
    pools.insert(name, Entry { core: Arc::downgrade(&core), options: options.clone() });
    (core, FaceId::FIRST, options.clone())
}

/// The last face of this pool has departed.
pub(crate) fn forget(name: &str, core: &Arc<Core>) {
    let mut pools = lock();
    // Another one may have the name by now.
    if pools.get(name).is_some_and(|entry| std::ptr::eq(entry.core.as_ptr(), Arc::as_ptr(core))) {
        pools.remove(name);
    }
}
