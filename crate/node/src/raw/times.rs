//! The times of a task, in the registers.

use workpool_core::TaskId;

use crate::{handle::Handle, isolate::Isolate, times::times_of};

/// Number, waitMs and runMs of a task are in the numbers.
pub(crate) fn write_times(isolate: &Isolate, handle: &Handle, task: TaskId) {
    isolate.registers.set_numbers(&times_of(handle.pool(), task));
}
