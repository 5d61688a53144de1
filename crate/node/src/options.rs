//! The options of a pool, as TypeScript gives them.

use napi_derive::napi;
use workpool_core::{MILLISECOND, Options, UNBOUNDED};

/// What the workers of a pool are.
#[napi(discriminant = "type")]
#[derive(Debug, Clone)]
pub enum WorkerKind {
    /// Room for a closure.
    Slot,
    /// What TypeScript makes by `init` and takes down by `dispose`.
    Resource {
        /// Milliseconds that TypeScript may take to dispose of one; 0 for any time.
        dispose_timeout: u32,
    },
    /// A thread of its own.
    Thread {
        /// Milliseconds that a task may take to heed its signal.
        grace: f64,
    },
}

impl WorkerKind {
    pub(crate) const fn is_thread(&self) -> bool {
        matches!(self, Self::Thread { .. })
    }
}

impl From<&WorkerKind> for workpool_core::WorkerKind {
    fn from(kind: &WorkerKind) -> Self {
        match *kind {
            WorkerKind::Slot => Self::Slot,
            WorkerKind::Resource { dispose_timeout } => {
                Self::Resource { dispose_timeout: (dispose_timeout > 0).then_some(dispose_timeout) }
            }
            WorkerKind::Thread { grace } => Self::Thread { grace: nanos(grace) },
        }
    }
}

/// A fraction of a nanosecond is of no consequence.
fn nanos(milliseconds: f64) -> u64 {
    (milliseconds * MILLISECOND as f64) as u64
}

/// How a pool is to behave, checked by TypeScript before.
#[napi(object)]
#[derive(Debug, Clone)]
pub struct CoreOptions {
    /// Most live workers; 0 for no limit.
    pub size: u32,
    /// Milliseconds an idle worker lives; 0 for ever.
    pub expiry: f64,
    /// Whether memory for `size` workers is reserved.
    pub pre_alloc: bool,
    /// Whether what would have to wait is refused.
    pub nonblocking: bool,
    /// Most waiting tasks; 0 for no bound.
    pub max_blocking_tasks: u32,
    /// What the workers are.
    pub kind: WorkerKind,
    /// Most tasks that one worker has at once.
    pub concurrency: u32,
    /// So many workers are not purged, and replaced when they die.
    pub min_size: u32,
}

/// A capacity; 0 stands for no limit.
pub(crate) fn capacity(size: u32) -> u32 {
    if size == 0 { UNBOUNDED } else { size }
}

impl From<&CoreOptions> for Options {
    fn from(options: &CoreOptions) -> Self {
        Self {
            capacity: capacity(options.size),
            expiry: (options.expiry > 0.0).then(|| nanos(options.expiry)),
            nonblocking: options.nonblocking,
            max_waiting: options.max_blocking_tasks,
            kind: (&options.kind).into(),
            concurrency: options.concurrency,
            min_size: options.min_size,
            ..Self::default()
        }
    }
}
