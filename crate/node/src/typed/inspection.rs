//! What a pool has: its workers with their tasks, and who waits.

#![expect(unreachable_pub, reason = "napi-rs exports public items, whatever module they are in")]

use napi::bindgen_prelude::Float64Array;
use napi_derive::napi;
use workpool_core::{BACKGROUND, FaceId, MILLISECOND, Nanos, Payload, Phase, TaskView};

use crate::{calls::Call, typed::access::with};

/// A task that waits or runs.
#[derive(Debug)]
#[napi(object)]
pub struct SeenTask {
    /// Its place among all that were submitted to its pool, from 1.
    pub id: f64,
    /// The number of its record.
    pub task: u32,
    /// Whether it came through this handle.
    pub is_own: bool,
    /// Of a thread pool: the export, with its flags.
    pub export_code: u32,
    /// `Infinity` in the background.
    pub priority: f64,
    /// For how long it has waited, until its begin or now, if that is noted.
    pub wait_ms: Option<f64>,
    /// For how long its function has been running, if that is noted.
    pub run_ms: Option<f64>,
}

/// A live worker.
#[derive(Debug)]
#[napi(object)]
pub struct SeenWorker {
    /// Its number.
    pub id: u32,
    /// `booting`, `busy`, `idle` or `stopping`.
    pub state: String,
    /// For how long it has been idle, if that is noted.
    pub idle_ms: Option<f64>,
    /// Node's number of the thread, once it has begun to load.
    pub thread_id: Option<u32>,
    /// What it has.
    pub tasks: Vec<SeenTask>,
}

/// What a pool has.
#[derive(Debug)]
#[napi(object)]
pub struct Seen {
    /// The live workers, by number.
    pub workers: Vec<SeenWorker>,
    /// The first tasks that wait, in the order in which they will start.
    pub waiting: Vec<SeenTask>,
}

fn in_ms(nanos: Nanos) -> f64 {
    nanos as f64 / MILLISECOND as f64
}

/// The time from one moment to another, if the first is noted.
fn between(from: Nanos, to: Nanos) -> Option<f64> {
    (from > 0).then(|| in_ms(to.saturating_sub(from)))
}

fn seen(view: &TaskView<Call>, face: FaceId, is_waiting: bool) -> SeenTask {
    let &TaskView { task, payload, priority, times, .. } = view;
    let wait_ms = match times.begun_at {
        0 if is_waiting => between(times.submitted_at, times.now),
        0 => None,
        begun_at => between(times.submitted_at, begun_at),
    };
    SeenTask {
        id: times.number as f64,
        task: task.number(),
        is_own: payload.face() == face,
        export_code: payload.export(),
        priority: if priority == BACKGROUND { f64::INFINITY } else { priority as f64 },
        wait_ms,
        run_ms: between(times.begun_at, times.now),
    }
}

const fn name_of(phase: Phase) -> &'static str {
    match phase {
        Phase::Booting => "booting",
        Phase::Busy => "busy",
        Phase::Idle => "idle",
        Phase::Stopping => "stopping",
    }
}

/// What a pool has, with the first `most` tasks that wait.
#[napi(catch_unwind)]
pub fn inspect(isolate: u32, handle: u32, most: u32) -> napi::Result<Seen> {
    with(isolate, handle, |handle| {
        let inspection = handle.pool().inspect(most as usize);
        let workers = inspection.workers.into_iter().map(|view| SeenWorker {
            id: view.worker.0,
            state: name_of(view.phase).to_owned(),
            idle_ms: view.idle_for.map(in_ms),
            thread_id: handle.threads().and_then(|threads| threads.thread_id(view.worker)),
            tasks: view.tasks.iter().map(|task| seen(task, handle.face, false)).collect(),
        });
        Seen {
            workers: workers.collect(),
            waiting: inspection.waiting.iter().map(|task| seen(task, handle.face, true)).collect(),
        }
    })
}

/// The tasks of this handle whose functions have been called and have not ended: of each its number, and for how many
/// milliseconds it has been running, or −1 if that is not noted.
#[napi(catch_unwind)]
pub fn running(isolate: u32, handle: u32) -> napi::Result<Float64Array> {
    with(isolate, handle, |handle| {
        let views = handle.pool().views();
        let tasks = views.iter().flat_map(|view| &view.tasks);
        let own = tasks.filter(|task| task.payload.face() == handle.face);
        let begun = own.filter(|task| task.is_begun || !handle.begins_later());
        let numbers = begun.flat_map(|task| {
            let times = task.times;
            [times.number as f64, between(times.begun_at, times.now).unwrap_or(-1.0)]
        });
        Float64Array::new(numbers.collect())
    })
}
