//! What the pool counts, and the snapshot of it that it hands out.

use crate::policy::UNBOUNDED;

/// A number of a pool that is shown, by `stats()` and whatever else shows pools.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name in Rust.
    pub name: &'static str,
    /// The lines of its documentation.
    pub doc: &'static [&'static str],
    /// Whether it is a truth value: 1 or 0.
    pub is_flag: bool,
}

/// Columns that belong together.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Its name in Rust.
    pub name: &'static str,
    /// The lines of its documentation. Without any the columns stand for themselves.
    pub doc: &'static [&'static str],
    /// In the order in which their numbers are given.
    pub columns: &'static [Column],
}

/// What a column is made of.
trait Figure {
    const IS_FLAG: bool = false;
    fn figure(self) -> f64;
}

impl Figure for u64 {
    fn figure(self) -> f64 {
        self as f64
    }
}

impl Figure for u32 {
    fn figure(self) -> f64 {
        if self == UNBOUNDED { f64::INFINITY } else { f64::from(self) }
    }
}

impl Figure for bool {
    const IS_FLAG: bool = true;
    fn figure(self) -> f64 {
        f64::from(u8::from(self))
    }
}

macro_rules! count {
    ($($name:ident)*) => { <[&str]>::len(&[$(stringify!($name)),*]) };
}

/// Defines what of a snapshot is shown beside its counters.
macro_rules! gauges {
    (|$snapshot:ident| $($(#[doc = $doc:literal])* $name:ident: $type:ty = $value:expr;)*) => {
        const GAUGES: usize = count!($($name)*);

        const GAUGE_COLUMNS: &[Column] = &[
            $(Column { name: stringify!($name), doc: &[$($doc),*], is_flag: <$type as Figure>::IS_FLAG }),*
        ];

        const fn gauges($snapshot: &Snapshot) -> ($($type,)*) {
            ($($value,)*)
        }

        fn write_gauges(snapshot: &Snapshot, to: &mut [f64]) {
            let ($($name,)*) = gauges(snapshot);
            for (to, number) in to.iter_mut().zip([$(Figure::figure($name)),*]) {
                *to = number;
            }
        }
    };
}

/// Defines the counters: each line is a field, a column of what is shown, and its documentation everywhere.
macro_rules! counters {
    ($(#[$attribute:meta])* $counters:ident {
        $($(#[doc = $group_doc:literal])* $group:ident {
            $($(#[doc = $doc:literal])* $name:ident: $type:ty,)*
        })*
    }) => {
        $(#[$attribute])*
        pub struct $counters {
            $($($(#[doc = $doc])* pub $name: $type,)*)*
        }

        const COUNTERS: usize = count!($($($name)*)*);

        const COUNTER_GROUPS: &[Group] = &[
            $(Group {
                name: stringify!($group),
                doc: &[$($group_doc),*],
                columns: &[$(Column {
                    name: stringify!($name),
                    doc: &[$($doc),*],
                    is_flag: <$type as Figure>::IS_FLAG,
                }),*],
            }),*
        ];

        fn write_counters(counters: &$counters, to: &mut [f64]) {
            for (to, number) in to.iter_mut().zip([$($(Figure::figure(counters.$name)),*),*]) {
                *to = number;
            }
        }
    };
}

counters! {
    /// Everything that only ever grows, and the two peaks.
    ///
    /// At any moment `submitted = unsettled + completed + failed + timed_out + cancelled + wait_timeout + released +
    /// displaced + shed + cleared`; `overload`, `rate`, `key`, `paused` and `closed` count calls that were refused and
    /// hence never submitted.
    ///
    /// The order is that of `stats()` and of memory: what every task changes is in the first cache line.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    #[repr(C, align(64))]
    Counters {
        tasks {
            /// Accepted tasks since the pool was created. It is always the sum of unsettled, completed, failed, timedOut, cancelled,
            /// and of rejected.waitTimeout, released, displaced, shed and cleared.
            submitted: u64,
            /// Accepted tasks that had to wait for a worker, as none was free, or one had to start first: its thread, or its
            /// resource.
            waited: u64,
            /// Accepted tasks that have not settled, of any generation.
            unsettled: u64,
            /// Tasks whose function gave a result.
            completed: u64,
            /// Tasks whose function threw or rejected, whose `init` failed, or whose thread died or could not start.
            failed: u64,
            /// Tasks that ran longer than their `timeout`.
            timed_out: u64,
            /// Tasks whose `signal` aborted, that ran at `destroy`, or whose isolate ended.
            cancelled: u64,
        }
        peaks {
            /// The largest number of busy workers in this generation.
            peak_busy: u32,
            /// The largest number of waiting tasks in this generation.
            peak_waiting: u32,
        }
        /// Calls that were refused, and accepted tasks that got no worker.
        rejected {
            /// Calls that were refused because the pool was full.
            overload: u64,
            /// Calls that were refused because as many tasks had started as `rate` allows.
            rate: u64,
            /// Calls that were refused because as many tasks of their key ran or waited as may.
            key: u64,
            /// Calls that were refused because the pool was paused.
            paused: u64,
            /// Calls that were refused because the pool was closed.
            closed: u64,
            /// Accepted tasks that got no worker within their `waitTimeout`.
            wait_timeout: u64,
            /// Accepted tasks that were waiting when the pool was released.
            released: u64,
            /// Accepted tasks that gave way to others, as the queue was full.
            displaced: u64,
            /// Accepted tasks that had waited for too long in a queue that did not empty.
            shed: u64,
            /// Accepted tasks that were waiting when the queue was cleared.
            cleared: u64,
        }
        /// What has become of workers.
        workers {
            /// Workers that were started, including the `reused` ones.
            started: u64,
            /// Workers that were started in the record of a retired one.
            reused: u64,
            /// Workers that retired.
            retired: u64,
            /// Threads that died or were ended.
            crashed: u64,
        }
    }
}

/// One consistent view of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// Most live workers; [`UNBOUNDED`] for no limit.
    pub capacity: u32,
    /// Most workers that may be started for now, as one could not be; `None` for no such limit.
    pub start_limit: Option<u32>,
    /// Live workers of this generation, busy and idle.
    pub running: u32,
    /// Workers with a task, booting ones, and those that are being taken down.
    pub busy: u32,
    /// Accepted tasks without a worker.
    pub waiting: u32,
    /// Whether new tasks are refused.
    pub is_closed: bool,
    /// Whether no task starts for now.
    pub is_paused: bool,
    /// Whether the times of tasks are [measured](crate::Pool::measured), or have been.
    pub has_measures: bool,
    /// The lifetime the pool is in, from 1.
    pub generation: u64,
    /// Everything that is counted.
    pub counters: Counters,
}

gauges! { |snapshot|
    /// The largest number of live workers.
    capacity: u32 = snapshot.capacity;
    /// Live workers, busy and idle.
    running: u32 = snapshot.running;
    /// Workers that have a task, settled or not, that start, or that end: their resource is being disposed of, or their
    /// thread is being ended.
    busy: u32 = snapshot.busy;
    /// running − busy.
    idle: u32 = snapshot.idle();
    /// How many workers could take a task now, unless the pool is closed: capacity − busy, not below 0; 0 while the pool is
    /// paused. When a thread could not be started although others work, or an `init` has failed, no worker is started for
    /// a while; then it is no more than idle.
    available: u32 = snapshot.available();
    /// How many workers could be started: capacity − running, not below 0; during such a pause 0, and after an `init` that
    /// failed 1 until another one succeeds.
    free: u32 = snapshot.free();
    /// Accepted tasks that have no worker yet.
    waiting: u32 = snapshot.waiting;
    /// Whether new tasks are refused.
    is_closed: bool = snapshot.is_closed;
    /// Whether no task starts before `resume`.
    is_paused: bool = snapshot.is_paused;
    /// How often the pool has been opened, from 1.
    generation: u64 = snapshot.generation;
}

impl Snapshot {
    /// How many numbers are shown of a pool.
    pub const COLUMNS: usize = GAUGES + COUNTERS;

    /// What these numbers are, in this order.
    pub fn groups() -> impl Iterator<Item = Group> {
        let gauges = Group { name: "gauges", doc: &[], columns: GAUGE_COLUMNS };
        std::iter::once(gauges).chain(COUNTER_GROUPS.iter().copied())
    }

    /// The numbers themselves; what has no limit is infinite.
    #[must_use]
    pub fn numbers(&self) -> [f64; Self::COLUMNS] {
        let mut numbers = [0.0; Self::COLUMNS];
        let (gauges, counters) = numbers.split_at_mut(GAUGES);
        write_gauges(self, gauges);
        write_counters(&self.counters, counters);
        numbers
    }

    /// Live workers without a task.
    #[must_use]
    pub const fn idle(&self) -> u32 {
        self.running - self.busy
    }

    /// How many workers could take a task now; [`UNBOUNDED`] for no limit.
    #[must_use]
    pub const fn available(&self) -> u32 {
        match (self.capacity, self.start_limit) {
            _ if self.is_paused => 0,
            (UNBOUNDED, None) => UNBOUNDED,
            (capacity, None) => capacity.saturating_sub(self.busy),
            (capacity, Some(_)) => {
                let (found, below_capacity) = (self.idle() + self.free(), capacity.saturating_sub(self.busy));
                if found < below_capacity { found } else { below_capacity }
            }
        }
    }

    /// How many workers could be started; [`UNBOUNDED`] for no limit.
    #[must_use]
    pub const fn free(&self) -> u32 {
        match (self.capacity, self.start_limit) {
            (UNBOUNDED, None) => UNBOUNDED,
            (capacity, None) => capacity.saturating_sub(self.running),
            (capacity, Some(limit)) => {
                let free = capacity.saturating_sub(self.running);
                if limit < free { limit } else { free }
            }
        }
    }
}
