//! A pool as all isolates see it.

use std::sync::{Arc, Weak};

use workpool_core::{MonotonicClock, Nanos, Pool, Reap, Reaper};

use crate::{
    calls::Call,
    host::Addresses,
    mailbox::SPINNERS,
    native::natives::{Natives, WorkOfPool},
    options::{CoreOptions, WorkerKind},
    threads::Threads,
    value::NoMemory,
};

/// A pool. Its handles own it; the reaper and the list of shared pools refer to it weakly.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) pool: Pool<Call, Addresses, MonotonicClock>,
    /// The name under which the pool is shared, if it is.
    pub(crate) name: Option<String>,
    /// The most tasks that one worker has at once.
    pub(crate) concurrency: u32,
}

impl Core {
    pub(crate) fn new(options: &CoreOptions, name: Option<String>) -> Result<Arc<Self>, NoMemory> {
        let core = Arc::new_cyclic(|core: &Weak<Self>| {
            let threads = options.kind.is_thread().then(Threads::default);
            let natives = match &options.kind {
                WorkerKind::Native { name, stack_size } => {
                    let work: Weak<dyn WorkOfPool> = core.clone();
                    Some(Natives::new(name.clone(), *stack_size, &SPINNERS, work))
                }
                _ => None,
            };
            // Coerced from a variable of its own, as `Weak` coerces by value only.
            let reaped = core.clone();
            let addresses = Addresses::new(reaped, threads, natives);
            let pool = Pool::new(options.into(), addresses, Reaper::global().clock());
            Self { pool, name, concurrency: options.concurrency }
        });
        if options.pre_alloc {
            core.pool.reserve(options.size).map_err(|_| NoMemory)?;
        }
        Ok(core)
    }

    /// What a pool of threads has beyond one of closures.
    pub(crate) const fn threads(&self) -> Option<&Threads> {
        self.pool.host().threads.as_ref()
    }

    /// What a pool of native jobs has beyond that.
    pub(crate) const fn natives(&self) -> Option<&Natives> {
        self.pool.host().natives.as_ref()
    }
}

impl Reap for Core {
    fn reap(&self, armed: Nanos) -> Option<Nanos> {
        self.pool.reap(armed)
    }
}
