//! What the threads of a pool do.

#![expect(unreachable_pub, reason = "napi-rs exports public items, whatever module they are in")]

use napi_derive::napi;
use workpool_core::MILLISECOND;

use crate::typed::access::with;

/// A task that a thread has begun.
#[derive(Debug)]
#[napi(object)]
pub struct BegunTask {
    /// Its place among all that were submitted to its pool, from 1.
    pub id: f64,
    /// The number of its record.
    pub task: u32,
    /// The export, with its flags.
    pub export_code: u32,
    /// For how long its function has been running.
    pub run_ms: f64,
}

/// A thread that has begun to load.
#[derive(Debug)]
#[napi(object)]
pub struct ThreadOccupation {
    /// Node's number of the thread.
    pub thread_id: u32,
    /// Whether the thread has nothing to do.
    pub is_idle: bool,
    /// What it has begun.
    pub tasks: Vec<BegunTask>,
}

/// What the live threads of a pool do, in the order of their numbers as workers.
#[napi(catch_unwind)]
pub fn occupations(isolate: u32, handle: u32) -> napi::Result<Vec<ThreadOccupation>> {
    with(isolate, handle, |handle| {
        let Some(threads) = handle.threads() else { return Vec::new() };
        let occupations = handle.pool().occupations().into_iter();
        occupations
            .filter_map(|occupation| {
                let thread_id = threads.thread_id(occupation.worker)?;
                let tasks = occupation.tasks.into_iter().map(|(task, call, times)| BegunTask {
                    id: times.number as f64,
                    task: task.number(),
                    export_code: call.export(),
                    run_ms: times.now.saturating_sub(times.begun_at) as f64 / MILLISECOND as f64,
                });
                Some(ThreadOccupation { thread_id, is_idle: occupation.is_idle, tasks: tasks.collect() })
            })
            .collect()
    })
}

/// The name of the export that the pool knows under this number.
#[napi(catch_unwind)]
pub fn name_of_export(isolate: u32, handle: u32, number: u32) -> napi::Result<Option<String>> {
    with(isolate, handle, |handle| handle.threads().and_then(|threads| threads.exports.name_of(number)))
}
