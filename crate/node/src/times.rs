//! The times of a task, as they are shown.

use workpool_abi::Time;
use workpool_core::{Host, MILLISECOND, MonotonicClock, Pool, TaskId};

use crate::calls::Call;

/// The times of a task, in the places that `Time` names; zeros if the task is done with.
pub(crate) type Times = [f64; Time::COUNT];

/// The times of a task of this pool.
pub(crate) fn times_of<H: Host<Call>>(pool: &Pool<Call, H, MonotonicClock>, task: TaskId) -> Times {
    let Some(times) = pool.times(task) else { return Times::default() };
    let ms = |from: u64, to: u64| to.saturating_sub(from) as f64 / MILLISECOND as f64;
    let (wait, run) = match times.begun_at {
        _ if times.submitted_at == 0 => (0.0, 0.0), // not timed
        0 => (ms(times.submitted_at, times.now), 0.0),
        begun => (ms(times.submitted_at, begun), ms(begun, times.now)),
    };
    [times.number as f64, wait, run]
}
