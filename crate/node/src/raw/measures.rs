//! How long tasks have waited and run.

use std::{ffi::CStr, ptr::NonNull};

use napi::sys;
use workpool_abi::{BUCKETS, MEASURE, MEASURES, MeasureHead, MeasuresHead};
use workpool_core::Histogram;

use crate::{
    isolate::Isolate,
    raw::call::{functions, with_array},
};

functions! {
    // (handle) → whether the times of tasks are measured
    is_measuring: |isolate, [handle, ..]| isolate.with(handle, |handle| i32::from(handle.pool().is_measuring()));
}

/// `measured(array)`: the times of the tasks of the pool that the head names, as `crate/abi` has laid them out; of the same moment everything
/// that `stats` shows, in the numbers.
unsafe extern "C" fn measured(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    with_array(env, info, |isolate, _, bytes| {
        write_measured(isolate, bytes);
        Ok(())
    })
}

#[inline(never)]
fn write_measured(isolate: &Isolate, bytes: NonNull<[u8]>) {
    let numbers = bytes.cast::<f64>();
    if !numbers.is_aligned() || bytes.len() < MEASURES * size_of::<f64>() {
        return;
    }
    // SAFETY: the array is aligned and so long, every bit pattern is a number, and no JavaScript runs during this call, so nobody else has
    // the array or detaches it.
    let numbers = unsafe { &mut *numbers.cast::<[f64; MEASURES]>().as_ptr() };
    let handle = std::mem::take(&mut numbers[MeasuresHead::Handle as usize]);
    isolate.with(handle, |handle| {
        let (snapshot, measures) = handle.measured();
        isolate.registers.set_numbers(&snapshot.numbers());
        if let Some(measures) = measures {
            numbers[MeasuresHead::Handle as usize] = 1.0;
            let rows = numbers[MeasuresHead::COUNT..].chunks_exact_mut(MEASURE);
            rows.zip([measures.wait, measures.run]).for_each(|(row, histogram)| write(row, &histogram));
        }
    });
}

fn write(row: &mut [f64], histogram: &Histogram) {
    row[MeasureHead::Count as usize] = histogram.count() as f64;
    row[MeasureHead::Sum as usize] = histogram.sum() as f64;
    row[MeasureHead::Shortest as usize] = histogram.shortest() as f64;
    row[MeasureHead::Longest as usize] = histogram.longest() as f64;
    for (bucket, count) in row[MeasureHead::COUNT..].iter_mut().enumerate().take(BUCKETS) {
        *count = histogram.of(bucket) as f64;
    }
}

/// Those that take an array, as JavaScript sees them.
pub(crate) const OF_ARRAYS: &[(&CStr, sys::napi_callback)] = &[(c"measured", Some(measured))];
