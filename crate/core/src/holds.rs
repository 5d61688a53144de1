//! How long holds of the lock take, for a benchmark. Nothing of this is in a build without the feature `holds`.
//!
//! Counted is the time for which the thread has had a processor: others that use the machine may interrupt a hold for
//! longer than any hold takes.

use std::sync::atomic::{AtomicU64, Ordering};

static LONGEST: AtomicU64 = AtomicU64::new(0);

/// The longest hold of any lock since the last call, in nanoseconds.
pub fn longest_hold() -> u64 {
    LONGEST.swap(0, Ordering::Relaxed)
}

/// A hold of a lock, from when this is made until it is dropped.
pub(crate) struct Hold(u64);

impl Hold {
    pub(crate) fn begin() -> Self {
        Self(processor_nanos())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        LONGEST.fetch_max(processor_nanos() - self.0, Ordering::Relaxed);
    }
}

#[cfg(unix)]
fn processor_nanos() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes into `time`, which is alive and of the type that it asks for. It fails only for clocks that
    // do not exist, and then writes nothing.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Elsewhere the time that has passed.
#[cfg(not(unix))]
fn processor_nanos() -> u64 {
    use std::{sync::OnceLock, time::Instant};
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    BEGIN.get_or_init(Instant::now).elapsed().as_nanos() as u64
}
