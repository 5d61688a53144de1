//! The options of a pool, as TypeScript gives them.

#![expect(unreachable_pub, reason = "napi-rs exports public items, whatever module they are in")]

use napi_derive::napi;
use workpool_core::{Care, Change, MILLISECOND, Options, Overload, Policy, Rate, Shed, UNBOUNDED};

/// What the workers of a pool are.
#[napi(discriminant = "type")]
#[derive(Debug, Clone)]
pub enum WorkerKind {
    /// Room for a closure.
    Slot,
    /// What TypeScript makes by `init` and takes down by `dispose`.
    Resource {
        /// Milliseconds that TypeScript may take to make one; 0 for any time.
        init_timeout: u32,
        /// Milliseconds that TypeScript may take to dispose of one; 0 for any time.
        dispose_timeout: u32,
        /// Milliseconds after which TypeScript validates an idle one before it is used; nothing for never.
        validate_after: Option<f64>,
        /// Most tasks that use one; 0 for no limit.
        max_uses: u32,
        /// Milliseconds that one is used; 0 for ever.
        max_age: f64,
    },
    /// A thread of its own.
    Thread {
        /// Milliseconds that a task may take to heed its signal.
        grace: f64,
    },
    /// A thread of the operating system, for native jobs.
    Native {
        /// That of the pool, for the names of the threads.
        name: String,
        /// In bytes; 0 for what the system gives.
        stack_size: u32,
    },
}

impl WorkerKind {
    pub(crate) const fn is_thread(&self) -> bool {
        matches!(self, Self::Thread { .. })
    }

    pub(crate) const fn is_native(&self) -> bool {
        matches!(self, Self::Native { .. })
    }
}

impl From<&WorkerKind> for workpool_core::WorkerKind {
    fn from(kind: &WorkerKind) -> Self {
        match *kind {
            WorkerKind::Slot => Self::Slot,
            WorkerKind::Native { .. } => Self::Native,
            WorkerKind::Resource { init_timeout, dispose_timeout, validate_after, max_uses, max_age } => {
                Self::Resource(Care {
                    init_timeout: (init_timeout > 0).then_some(init_timeout),
                    dispose_timeout: (dispose_timeout > 0).then_some(dispose_timeout),
                    validate_after: validate_after.map(nanos),
                    max_uses,
                    max_age: (max_age > 0.0).then(|| nanos(max_age)),
                })
            }
            WorkerKind::Thread { grace } => Self::Thread { grace: nanos(grace) },
        }
    }
}

/// A fraction of a nanosecond is of no consequence.
fn nanos(milliseconds: f64) -> u64 {
    (milliseconds * MILLISECOND as f64) as u64
}

/// Most starts in any interval.
#[napi(object)]
#[derive(Debug, Clone, Copy)]
pub struct CoreRate {
    /// 0: there is no limit.
    pub limit: u32,
    /// Milliseconds.
    pub interval: f64,
}

/// What becomes of a queue that stands.
#[napi(object)]
#[derive(Debug, Clone, Copy)]
pub struct CoreShed {
    /// Milliseconds that a task may wait in such a queue.
    pub target: f64,
    /// Milliseconds after which a queue stands; 0: no task is rejected.
    pub interval: f64,
}

/// What can be changed while a pool runs. What is left out stays as it is; at creation it is off.
#[napi(object)]
#[derive(Debug, Clone, Default)]
pub struct CoreChange {
    /// As in `CoreOptions`, and so are the next five.
    pub size: Option<u32>,
    pub expiry: Option<f64>,
    pub nonblocking: Option<bool>,
    pub max_blocking_tasks: Option<u32>,
    pub min_size: Option<u32>,
    pub grace: Option<f64>,
    /// Whether the times of tasks are measured.
    pub measure: Option<bool>,
    /// Whether the oldest task gives way if the queue is full.
    pub discard_oldest: Option<bool>,
    pub shed: Option<CoreShed>,
    pub rate: Option<CoreRate>,
    /// Most tasks of a key that run at once; 0 for no limit.
    pub per_key: Option<u32>,
    /// Most waiting tasks of a key; 0 for no bound.
    pub max_blocking_per_key: Option<u32>,
}

impl From<&CoreChange> for Change {
    fn from(change: &CoreChange) -> Self {
        Self {
            capacity: change.size.map(capacity),
            expiry: change.expiry.map(lasting),
            nonblocking: change.nonblocking,
            max_waiting: change.max_blocking_tasks,
            min_size: change.min_size,
            grace: change.grace.map(nanos),
            measure: change.measure,
            overload: change.discard_oldest.map(|discards| match discards {
                true => Overload::DiscardOldest,
                false => Overload::Reject,
            }),
            shed: change.shed.map(|CoreShed { target, interval }| {
                (interval > 0.0).then(|| Shed { target: nanos(target), interval: nanos(interval) })
            }),
            rate: change.rate.map(|CoreRate { limit, interval }| {
                (limit > 0).then(|| Rate { limit, interval: nanos(interval) })
            }),
            per_key: change.per_key.map(capacity),
            max_waiting_per_key: change.max_blocking_per_key,
        }
    }
}

impl From<&CoreChange> for Policy {
    fn from(policy: &CoreChange) -> Self {
        let change = Change::from(policy);
        Self {
            overload: change.overload.unwrap_or(Self::NONE.overload),
            shed: change.shed.flatten(),
            rate: change.rate.flatten(),
            per_key: change.per_key.unwrap_or(Self::NONE.per_key),
            max_waiting_per_key: change.max_waiting_per_key.unwrap_or(Self::NONE.max_waiting_per_key),
        }
    }
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
    /// Who may start and who may wait, beyond that; none of what is said above.
    pub policy: Option<CoreChange>,
    /// Milliseconds after which a waiting task counts as one priority higher.
    pub ageing: Option<f64>,
    /// Whether the times of tasks are measured; nothing for not.
    pub measure: Option<bool>,
}

/// How long an idle worker lives; 0 stands for ever.
fn lasting(expiry: f64) -> Option<u64> {
    (expiry > 0.0).then(|| nanos(expiry))
}

/// What a change has to agree with, as it is now.
#[napi(object)]
#[derive(Debug)]
pub struct Present {
    /// Most live workers; 0 for no limit.
    pub size: u32,
    /// Most waiting tasks; 0 for no bound.
    pub max_blocking_tasks: u32,
    /// Whether the oldest task gives way if the queue is full.
    pub discard_oldest: bool,
}

impl From<Options> for Present {
    fn from(options: Options) -> Self {
        Self {
            size: if options.capacity == UNBOUNDED { 0 } else { options.capacity },
            max_blocking_tasks: options.max_waiting,
            discard_oldest: options.policy.overload == Overload::DiscardOldest,
        }
    }
}

/// A capacity; 0 stands for no limit.
fn capacity(size: u32) -> u32 {
    if size == 0 { UNBOUNDED } else { size }
}

impl From<&CoreOptions> for Options {
    fn from(options: &CoreOptions) -> Self {
        Self {
            capacity: capacity(options.size),
            expiry: lasting(options.expiry),
            nonblocking: options.nonblocking,
            max_waiting: options.max_blocking_tasks,
            kind: (&options.kind).into(),
            concurrency: options.concurrency,
            min_size: options.min_size,
            policy: options.policy.as_ref().map_or(Policy::NONE, Policy::from),
            ageing: options.ageing.map(nanos),
            measure: options.measure.unwrap_or(false),
        }
    }
}
