//! What TypeScript calls once in a while. The first argument is always the id that the isolate was given.

#![expect(unreachable_pub, reason = "napi-rs exports public items, whatever module they are in")]

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock, Mutex, PoisonError, Weak,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use napi_derive::napi;
use workpool_core::{Condition, FaceId, MILLISECOND, Options, Reaper, TaskId, UNBOUNDED, Wait, WorkerId};

use crate::{
    calls::NoMemory,
    face::{Core, Face, Threads},
    hot,
    isolate::Isolate,
    remote::Post,
    shared,
};

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

/// What a watch waits for.
#[napi]
#[derive(Debug)]
pub enum WatchCondition {
    /// Nothing waits and nothing is busy.
    Drained,
    /// Every accepted task has settled.
    Settled,
    /// The generation, which is closed, has no worker left.
    Ended,
    /// The pool is closed, no worker of any generation is left, and every rejection has been taken.
    Vacant,
    /// No task of this face is left, and every rejection has been taken.
    Left,
    /// A thread has started. Up before its time if none can be, or the pool is closed.
    Started,
}

/// The calling isolate. A number that is not its own is an error of ours, and no reason to end the process.
fn isolate_of(id: u32) -> napi::Result<&'static Isolate> {
    Isolate::of(id).ok_or_else(|| napi::Error::from_reason(format!("workpool: {id} is not this isolate")))
}

/// Calls `f` with a face of the calling isolate.
fn with<R>(isolate: u32, face: u32, f: impl FnOnce(&Face) -> R) -> napi::Result<R> {
    let faces = isolate_of(isolate)?.faces.borrow();
    let known = faces.get(face as usize).ok_or_else(|| napi::Error::from_reason(no_face(face)))?;
    Ok(f(known))
}

fn no_face(face: u32) -> String {
    format!("workpool: this isolate has no face {face}")
}

/// Calls `f` with what the pool of a face has as one of threads.
fn with_threads<R>(isolate: u32, face: u32, f: impl FnOnce(&Threads) -> R) -> napi::Result<R> {
    let result = with(isolate, face, |face| face.pool().host().threads.as_ref().map(f))?;
    result.ok_or_else(|| {
        napi::Error::from_reason(format!("workpool: face {face} is of a pool without threads"))
    })
}

fn capacity(size: u32) -> u32 {
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
        }
    }
}

/// The error of a call that has found no memory, which is thrown.
fn no_memory(isolate: &Isolate) -> napi::Error {
    hot::throw_no_memory(isolate.env());
    // Which is what napi-rs goes by: it throws nothing else.
    napi::Error::new(napi::Status::PendingException, "workpool: no memory".to_owned())
}

/// Gives a face of the pool a number in its isolate.
fn seat(isolate: &Isolate, core: Arc<Core>, id: FaceId) -> u32 {
    let mut faces = isolate.faces.borrow_mut();
    let entry = faces.vacant_entry();
    let number = entry.key() as u32;
    entry.insert(Face::new(core, id, isolate.mailbox.clone(), number));
    number
}

/// Nothing is left to be done for this load but what its promises may bring: once none is open it may be collected.
#[napi(catch_unwind)]
pub fn unroot(isolate: u32) -> napi::Result<()> {
    isolate_of(isolate)?.unroot();
    Ok(())
}

/// A new pool; gives the number of its face in this isolate.
#[napi(catch_unwind)]
pub fn create(isolate: u32, options: CoreOptions) -> napi::Result<u32> {
    let isolate = isolate_of(isolate)?;
    let core = Core::new(&options, None).map_err(|NoMemory| no_memory(isolate))?;
    Ok(seat(isolate, core, FaceId::FIRST))
}

/// Whether this core has a shared pool of this name. The code of another version may ask: name and arguments are to stay.
#[napi(catch_unwind)]
pub fn has_shared(name: String, is_of_threads: bool) -> bool {
    shared::has(name, is_of_threads)
}

/// A face of a shared pool.
#[napi(object)]
#[derive(Debug)]
pub struct Joined {
    /// Its number in this isolate.
    pub face: u32,
    /// The options that the pool was made with.
    pub options: CoreOptions,
    /// What else its maker has said of it.
    pub details: String,
    /// Whether the pool was made just now. If it is one of threads, they are this isolate's.
    pub is_new: bool,
}

/// A face of the shared pool of this name, which is made if there is none. `details` are options that the core does not know.
#[napi(catch_unwind)]
pub fn join(isolate: u32, name: String, options: CoreOptions, details: String) -> napi::Result<Joined> {
    let isolate = isolate_of(isolate)?;
    let joined = shared::join(name, &options, details).map_err(|NoMemory| no_memory(isolate))?;
    let shared::Joined { core, face, options, details } = joined;
    let is_new = face == FaceId::FIRST;
    Ok(Joined { face: seat(isolate, core, face), options, details, is_new })
}

/// The pools of threads by number, so that their threads find them. Numbers are never used again: a thread may be late.
static POOLS: LazyLock<Mutex<HashMap<i64, Weak<Core>>>> = LazyLock::new(Mutex::default);
static ANNOUNCED: AtomicI64 = AtomicI64::new(0);

/// A number by which the threads of this pool find it.
#[napi(catch_unwind)]
pub fn announce(isolate: u32, face: u32) -> napi::Result<i64> {
    let core = with(isolate, face, |face| Arc::downgrade(face.core()))?;
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    pools.retain(|_, pool| pool.strong_count() > 0);
    // Relaxed: only that no two are equal matters.
    let number = ANNOUNCED.fetch_add(1, Ordering::Relaxed);
    pools.insert(number, core);
    Ok(number)
}

/// This isolate becomes a worker of the pool of this number; false if there is no such pool any more. `thread` tells it from others
/// that are this worker before and after it.
#[napi(catch_unwind)]
pub fn enter(isolate: u32, pool: i64, worker: u32, thread: u32) -> napi::Result<bool> {
    let isolate = isolate_of(isolate)?;
    let pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(core) = pools.get(&pool).and_then(Weak::upgrade) else { return Ok(false) };
    let worker = WorkerId(worker);
    if let Some(threads) = &core.pool.host().threads {
        threads.enter(worker, isolate.mailbox.clone());
    }
    *isolate.remote.post.borrow_mut() = Some(Post::new(core, worker, thread));
    Ok(true)
}

/// In a thread: the functions that its module exports.
#[napi(catch_unwind)]
pub fn export_names(isolate: u32, names: Vec<String>) -> napi::Result<()> {
    let post = isolate_of(isolate)?.remote.post.borrow();
    if let Some(threads) = post.as_ref().and_then(|post| post.core.pool.host().threads.as_ref()) {
        threads.export(names);
    }
    Ok(())
}

/// The number under which tasks of a pool of threads name this export, if a thread has found it in the module.
#[napi(catch_unwind)]
pub fn place_of(isolate: u32, face: u32, name: String) -> napi::Result<Option<u32>> {
    with_threads(isolate, face, |threads| threads.place_of(&name))
}

/// In a thread: the export that its pool knows under this number.
#[napi(catch_unwind)]
pub fn name_at(isolate: u32, place: u32) -> napi::Result<Option<String>> {
    let post = isolate_of(isolate)?.remote.post.borrow();
    let threads = post.as_ref().and_then(|post| post.core.pool.host().threads.as_ref());
    Ok(threads.and_then(|threads| threads.name_at(place)))
}

/// In a thread: whether this task, which it has begun, has settled in another way.
#[napi(catch_unwind)]
pub fn is_abandoned(isolate: u32, task: u32) -> napi::Result<bool> {
    let post = isolate_of(isolate)?.remote.post.borrow();
    let is_abandoned = |post: &Post| Some(post.core.pool.is_abandoned(post.begun(task)?));
    Ok(post.as_ref().and_then(is_abandoned).unwrap_or(false))
}

/// In a thread: whether it has begun the task of this name, and not ended it. Its number may be another task's by now.
#[napi(catch_unwind)]
pub fn has_begun(isolate: u32, task: u32, stamp: i32) -> napi::Result<bool> {
    let post = isolate_of(isolate)?.remote.post.borrow();
    Ok(post.as_ref().is_some_and(|post| post.has_begun(TaskId::new(task, stamp as u32))))
}

/// Blocks this thread until there is a command or an outcome for it, or for `ms`.
#[napi(catch_unwind)]
pub fn wait(isolate: u32, ms: u32) -> napi::Result<()> {
    isolate_of(isolate)?.mailbox.park(Duration::from_millis(ms.into()));
    Ok(())
}

/// Why nobody can see to times now, as the system gives no thread for it; nothing if somebody does, for good.
#[napi(catch_unwind)]
pub fn untimely() -> Option<String> {
    Reaper::global().start().err().map(|error| error.to_string())
}

/// How many threads can run at once, as the operating system and a container allow.
#[napi(catch_unwind)]
pub fn parallelism() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u32)
}

/// Starts a worker of a pool of threads, unless it has one; or as many as it may have.
#[napi(catch_unwind)]
pub fn start(isolate: u32, face: u32, all: bool) -> napi::Result<()> {
    with(isolate, face, |face| if all { face.pool().start_all() } else { face.pool().start() })
}

/// Whether this isolate may be blocked until a task of the pool has ended: not if the task needs a thread that only another
/// isolate, or this one itself, could give it.
#[napi(catch_unwind)]
pub fn may_block(isolate: u32, face: u32) -> napi::Result<bool> {
    let Isolate { remote, mailbox, .. } = isolate_of(isolate)?;
    with(isolate, face, |face| {
        let is_thread =
            remote.post.borrow().as_ref().is_some_and(|post| Arc::ptr_eq(&post.core, face.core()));
        !is_thread && (face.is_owned_by(mailbox) || face.pool().has_started())
    })
}

/// Closes now, cancels what runs, and has every thread ended.
#[napi(catch_unwind)]
pub fn destroy(isolate: u32, face: u32) -> napi::Result<()> {
    with(isolate, face, |face| face.pool().destroy())
}

/// The face submits nothing any more. If it was the last one of its pool that did, the pool is closed: gives the generation.
#[napi(catch_unwind)]
pub fn leave(isolate: u32, face: u32) -> napi::Result<Option<i64>> {
    with(isolate, face, |face| face.leave().map(|generation| generation as i64))
}

/// The face, which has left and has no tasks, gives up its place in the pool.
#[napi(catch_unwind)]
pub fn resign(isolate: u32, face: u32) -> napi::Result<()> {
    with(isolate, face, Face::resign)
}

/// Drops a face that is not needed any more; its number may be used again.
#[napi(catch_unwind)]
pub fn forget(isolate: u32, face: u32) -> napi::Result<()> {
    let forgotten = isolate_of(isolate)?.faces.borrow_mut().try_remove(face as usize);
    // Dropped when the list is not borrowed any more.
    forgotten.map(drop).ok_or_else(|| napi::Error::from_reason(no_face(face)))
}

/// Announces a command `Watched` for when a submit would not have to wait, the pool is closed, or `timeout` milliseconds have
/// passed: a `Vacancy` says which. A token with `HELD` keeps the process alive until then.
#[napi(catch_unwind)]
pub fn await_vacancy(
    isolate: u32,
    face: u32,
    token: u32,
    priority: f64,
    timeout: Option<u32>,
) -> napi::Result<()> {
    with(isolate, face, |_| ())?;
    if hot::holds(token) {
        isolate_of(isolate)?.hold();
    }
    with(isolate, face, |face| {
        // A safe integer, as TypeScript has checked.
        let wait = Wait { face: face.id, token, priority: priority as u64, timeout };
        face.pool().await_vacancy_with(wait);
    })
}

/// Takes an `awaitVacancy` back, unless its command is on the way.
#[napi(catch_unwind)]
pub fn forget_vacancy(isolate: u32, face: u32, token: u32) -> napi::Result<bool> {
    let forgotten = with(isolate, face, |face| face.pool().forget_vacancy(face.id, token))?;
    if forgotten && hot::holds(token) {
        isolate_of(isolate)?.let_go();
    }
    Ok(forgotten)
}

/// So many who have been told of a vacancy have had their turn.
#[napi(catch_unwind)]
pub fn end_turns(isolate: u32, face: u32, count: u32) -> napi::Result<()> {
    with(isolate, face, |face| face.pool().end_turns(face.id, count))
}

/// Changes the capacity; 0 for no limit.
#[napi(catch_unwind)]
pub fn tune(isolate: u32, face: u32, size: u32) -> napi::Result<()> {
    with(isolate, face, |face| face.pool().tune(capacity(size)))
}

/// Refuses new tasks; gives the generation that is closed.
#[napi(catch_unwind)]
pub fn close(isolate: u32, face: u32) -> napi::Result<i64> {
    with(isolate, face, |face| face.pool().close() as i64)
}

/// Closes now and rejects what waits; of the given generation only, if one is given.
#[napi(catch_unwind)]
pub fn release(isolate: u32, face: u32, generation: Option<i64>) -> napi::Result<()> {
    with(isolate, face, |face| face.pool().release(generation.map(|generation| generation as u64)))
}

/// Opens a closed pool as a new generation; false if its threads were those of an isolate that has ended.
#[napi(catch_unwind)]
pub fn reboot(isolate: u32, face: u32) -> napi::Result<bool> {
    with(isolate, face, |face| face.pool().reboot())
}

/// Announces a command `Watched` for when the condition holds, or `timeout` milliseconds have passed. A token with `HELD`
/// keeps the process alive until then.
#[napi(catch_unwind)]
pub fn watch(
    isolate: u32,
    face: u32,
    token: u32,
    condition: WatchCondition,
    generation: i64,
    timeout: Option<u32>,
) -> napi::Result<()> {
    with(isolate, face, |_| ())?;
    if hot::holds(token) {
        isolate_of(isolate)?.hold();
    }
    let condition = match condition {
        WatchCondition::Drained => Condition::Drained,
        WatchCondition::Settled => Condition::Settled,
        WatchCondition::Ended => Condition::Ended(generation as u64),
        WatchCondition::Vacant => Condition::Vacant,
        WatchCondition::Left => Condition::Left,
        WatchCondition::Started => Condition::Started,
    };
    with(isolate, face, |face| face.pool().watch(face.id, token, condition, timeout))
}
