//! What TypeScript calls per task of a thread pool. Values cross as a kind (`src/wire/values.ts`), a number and bytes; those go
//! through memory that both sides see, the exchange; outwards in a buffer that TypeScript lends, if they do not fit there.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr::{self, NonNull},
    slice,
    sync::Arc,
};

use napi::sys;
use workpool_abi::{
    BYTES_AT, COLUMNS, EXCHANGE, FIGURES, FIGURES_AT, Figure, INCOMING, NONE, OTHER, OUTCOMES, OUTGOING,
    OUTGOING_AT, OUTGOING_BYTES, ValueFlag, ValueKind, Word,
};
use workpool_core::{Admission, End, FaceId, MonotonicClock, Payload, Submission, Taken, TaskId, WorkerId};
use workpool_mailbox::{Found, Linger, Origin, Thread};

use crate::{
    blocks,
    calls::{Argument, Bytes, Call, NoMemory, Value},
    face::{Core, Face, Seat},
    hot::{self, functions, with},
    isolate::Isolate,
    mailbox::{Outcome, SPINNERS},
};

/// The kind of a value that is many bytes and nothing else. They come by `bring` and go by `fill`.
const LONE: u32 = ValueKind::Lone as u32;
const LARGE: u32 = ValueFlag::Large as u32;

/// What an isolate has as an origin of tasks for threads, and as a thread.
#[derive(Debug, Default)]
pub(crate) struct Remote {
    /// Made with the isolate: memory for what comes in.
    exchange: Cell<Option<&'static [Cell<u8>]>>,
    exchange_reference: Cell<Option<sys::napi_ref>>,
    /// Lent by TypeScript: a typed array with what goes out. Where its bytes are is asked each time: its buffer could have been
    /// detached or resized.
    lent: Cell<Option<sys::napi_ref>>,
    /// Outcomes that have been taken out of the mailbox and not been handed over.
    outcomes: RefCell<VecDeque<Outcome>>,
    /// Tasks whose outcomes were handed over last, with the numbers of their faces.
    handed: RefCell<Vec<(u32, TaskId)>>,
    /// What `bring` has copied.
    brought: RefCell<Vec<u8>>,
    /// What `fill` is to write.
    large: RefCell<Bytes>,
    /// What the last command has beside its numbers.
    pub(crate) detail: RefCell<Option<Arc<Value>>>,
    /// Set once this isolate is a thread of a pool.
    pub(crate) post: RefCell<Option<Post>>,
    /// How long it looks before it sleeps, and when its event loop has its turn: as a thread, and as an origin.
    thread: Thread,
    origin: Origin,
    clock: MonotonicClock,
}

/// An isolate's place as a thread of a pool.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) core: Arc<Core>,
    pub(crate) worker: WorkerId,
    /// Node's number of it: the worker may be another thread by the time that its owner hears of it.
    pub(crate) thread: u32,
    /// Tasks that it has begun, and the faces they came through: as many as the pool's `concurrency` at most.
    begun: Vec<(TaskId, FaceId)>,
    /// Where the last outcome went: where the next one goes, too, as a rule.
    seat: Option<(FaceId, Seat)>,
}

impl Post {
    pub(crate) const fn new(core: Arc<Core>, worker: WorkerId, thread: u32) -> Self {
        Self { core, worker, thread, begun: Vec::new(), seat: None }
    }

    pub(crate) fn has_begun(&self, task: TaskId) -> bool {
        self.begun.iter().any(|&(begun, _)| begun == task)
    }

    /// The task that it has begun under this number, of which it has no two.
    pub(crate) fn begun(&self, number: u32) -> Option<TaskId> {
        self.begun.iter().map(|&(task, _)| task).find(|task| task.number() == number)
    }
}

functions! {
    // (face, function) → task | refusal
    run: |isolate, [face, function, ..]| {
        if !isolate.headroom.is_known() {
            return Ok(Some(hot::DEEP));
        }
        let argument = argument(isolate, function)?;
        Ok::<_, NoMemory>(with(isolate, face, |face| submit(isolate, face, argument, Submission::new)).flatten())
    };

    // (face, function, priority, waitTimeout or NO_LIMIT, timeout or 0, timed, offer) → task | refusal
    run_with: |isolate, [face, function, priority, wait_timeout, timeout, timed, offer, ..]| {
        if !isolate.headroom.is_known() {
            return Ok(Some(hot::DEEP));
        }
        let argument = argument(isolate, function)?;
        Ok::<_, NoMemory>(with(isolate, face, |face| submit(isolate, face, argument, |call| Submission {
            payload: call,
            priority: priority as u64,
            wait_timeout: hot::limit_of(wait_timeout),
            timeout: timeout as u32,
            timed: timed != 0.0,
            offer: hot::offer_of(offer),
        }))
        .flatten())
    };

    // (face, waitTimeout or NO_LIMIT, timeout or 0, offer) → refusal, if a task of this kind is refused just now | 0
    refuse: |isolate, [face, wait_timeout, timeout, offer, ..]| {
        let refusal = with(isolate, face, |face| {
            face.pool().refuse(face.id, hot::offer_of(offer), hot::limit_of(wait_timeout), timeout as u32)
        })?;
        Some(refusal.map_or(0, |refusal| hot::refused(isolate, refusal)))
    };

    // () → how many outcomes are in the exchange; 0: no more
    drain: |isolate, _| Some(hand_over(isolate));

    // () → `Linger`, after a look as long as it is worth it
    linger: |isolate, _| {
        let Remote { origin, clock, .. } = &isolate.remote;
        let found = match origin.linger(&isolate.mailbox, isolate.open(), clock, &SPINNERS) {
            Linger::Nothing => workpool_abi::Linger::Nothing,
            Linger::Something => workpool_abi::Linger::Found,
            Linger::Turn => workpool_abi::Linger::Turn,
        };
        Some(found as i32)
    };

    // () → kind of the next task's argument | NONE | OTHER
    next: |isolate, _| with_post(isolate, |post| next_task(isolate, post, true));

    // (task, failed, printed, broken) → as next
    done: |isolate, [task, failed, printed, broken, ..]| {
        let value = value(isolate)?;
        Ok::<_, NoMemory>(with_post(isolate, |post| {
            end_task(isolate, post, task as u32, failed != 0.0, printed != 0.0, value, broken != 0.0)
        }))
    };

    // () → as next: the thread has loaded its module
    started: |isolate, _| with_post(isolate, |post| {
        let first = post.core.pool.booted(post.worker);
        match first.and_then(|task| begin(isolate, post, task)) {
            Some(kind) => kind as i32,
            None => next_task(isolate, post, false),
        }
    });

    // () → kind of what the last command has beside its numbers, which is in the exchange then | NONE
    detail: |isolate, _| Some(load_reason(isolate, isolate.remote.detail.take()));

    // (face) → as detail: why a thread could not start
    start_failure: |isolate, [face, ..]| {
        let reason = with(isolate, face, |face| face.threads().map(|threads| threads.start_failure.get()))??;
        Some(load_reason(isolate, reason))
    };

    // (face, worker): a thread has died, for this reason
    crashed: |isolate, [face, worker, ..]| {
        let reason = value(isolate).ok();
        with(isolate, face, |face| {
            face.threads()?.crash.set(reason);
            face.pool().crashed(WorkerId(worker as u32));
            Some(0)
        })?
    };

    // (face, worker): a thread could not be started for this reason, and will not be
    start_failed: |isolate, [face, worker, ..]| {
        let reason = value(isolate).ok();
        with(isolate, face, |face| {
            face.threads()?.start_failure.set(reason);
            face.pool().start_failed(WorkerId(worker as u32));
            Some(0)
        })?
    };

    // (face, task, stamp, if settled): the signal of the task is to abort for this reason, if a thread has it
    abort: |isolate, [face, task, stamp, if_settled, ..]| {
        // Without memory for the reason it aborts all the same.
        let reason = value(isolate).ok().map(Arc::new);
        let task = hot::named(task, stamp);
        with(isolate, face, |face| {
            if let Some(worker) = face.pool().worker_of(task) {
                face.threads()?.abort(worker, task, if_settled != 0.0, reason);
            }
            Some(0)
        })?
    };

    // (task): its argument is to come by the message port
    fetch: |isolate, [task, ..]| with_post(isolate, |post| {
        if let Some(&(task, face)) = post.begun.iter().find(|(begun, _)| begun.number() == task as u32) {
            post.core.pool.host().tell_to_post(face, post.worker, task);
        }
        0
    });
}

/// `lend(array)`: what goes out is in this typed array from now on.
pub(crate) unsafe extern "C" fn lend(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    with_array(env, info, |isolate, array, _| isolate.remote.lend(env, array).ok_or(NoMemory))
}

/// `bring(array)`: the next value to go out is the bytes of this typed array, which are copied.
pub(crate) unsafe extern "C" fn bring(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    with_array(env, info, |isolate, _, array| {
        let mut bytes = blocks::take(array.len()).ok_or(NoMemory)?;
        // SAFETY: no JavaScript runs during this call, so nobody detaches or writes the array.
        bytes.extend_from_slice(unsafe { array.as_ref() });
        *isolate.remote.brought.borrow_mut() = bytes;
        Ok(())
    })
}

/// `fill(array)`: writes the last value that did not go by the exchange into this typed array.
pub(crate) unsafe extern "C" fn fill(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    with_array(env, info, |isolate, _, array| {
        let bytes = isolate.remote.large.take();
        let (from, to) = (bytes.as_ptr(), array.cast::<u8>().as_ptr());
        // SAFETY: no JavaScript runs during this call, so nobody detaches or reads the array; both are as long as is copied.
        unsafe { ptr::copy_nonoverlapping(from, to, bytes.len().min(array.len())) };
        if let Bytes::Large(block) = bytes {
            blocks::give_back(block);
        }
        Ok(())
    })
}

/// Calls `f` with the typed array that is the only argument of this call, and its bytes; without memory for it throws. Only for
/// functions of `hot::export`, with what Node has called them with.
fn with_array(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    f: impl FnOnce(&Isolate, sys::napi_value, NonNull<[u8]>) -> Result<(), NoMemory>,
) -> sys::napi_value {
    let mut argc = 1;
    let mut array = ptr::null_mut();
    let mut isolate = ptr::null_mut();
    // SAFETY: all pointers are valid; there is room for one argument.
    unsafe {
        sys::napi_get_cb_info(env, info, &raw mut argc, &raw mut array, ptr::null_mut(), &raw mut isolate)
    };
    // SAFETY: `hot::export` gives the isolate of this environment to every function, and it outlives all JavaScript.
    let isolate = unsafe { &*isolate.cast::<Isolate>() };
    match catch_unwind(AssertUnwindSafe(|| bytes_of(env, array).map(|bytes| f(isolate, array, bytes)))) {
        Ok(Some(Ok(()))) => {}
        Ok(Some(Err(NoMemory))) => hot::throw_no_memory(env),
        Ok(None) => hot::throw_internal(env, c"workpool: not a typed array"),
        Err(_) => hot::throw_internal(env, c"workpool: internal error"),
    }
    ptr::null_mut()
}

/// The bytes of a typed array as they are now: none, if its buffer has been detached or has shrunk below it. Of one with larger
/// elements fewer than it has. Nothing holds them: they are to be used before any JavaScript runs.
fn bytes_of(env: sys::napi_env, array: sys::napi_value) -> Option<NonNull<[u8]>> {
    let mut length = 0;
    let mut data = ptr::null_mut();
    // SAFETY: called from JavaScript of `env`; what is not wanted is null.
    let found = unsafe {
        sys::napi_get_typedarray_info(
            env,
            array,
            ptr::null_mut(),
            &raw mut length,
            &raw mut data,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    if found != sys::Status::napi_ok {
        return None;
    }
    // Of a detached one, or one without elements, the address may be null.
    let (start, length) = NonNull::new(data.cast()).map_or((NonNull::dangling(), 0), |start| (start, length));
    Some(NonNull::slice_from_raw_parts(start, length))
}

/// `None` if this isolate is no thread of a pool.
fn with_post(isolate: &Isolate, f: impl FnOnce(&mut Post) -> i32) -> Option<i32> {
    isolate.remote.post.borrow_mut().as_mut().map(f)
}

/// The value that TypeScript has described in the registers, with the first bytes of what it has lent.
fn value(isolate: &Isolate) -> Result<Value, NoMemory> {
    let kind = isolate.registers.get(Word::Kind) as u32;
    let number = isolate.registers.number(OUTGOING);
    if kind == LONE {
        return Ok(Value { kind, number, bytes: Bytes::Large(isolate.remote.brought.take()) });
    }
    let length = isolate.registers.get(Word::Length) as usize;
    if length == 0 {
        return Ok(Value { kind, number, bytes: Bytes::default() });
    }
    let there = if isolate.registers.get(Word::Lent) == 0 {
        isolate.remote.outgoing()
    } else {
        isolate.remote.lent_bytes(isolate.env())
    };
    // SAFETY: they are of this very moment, and no JavaScript runs before they have been copied.
    let there = there.map_or(&[][..], |there| unsafe { there.as_ref() });
    Ok(Value { kind, number, bytes: Bytes::copy(&there[..length.min(there.len())])? })
}

fn argument(isolate: &Isolate, function: f64) -> Result<Argument, NoMemory> {
    Ok(Argument { function: function as u32, value: value(isolate)? })
}

fn submit(
    isolate: &Isolate,
    face: &Face,
    argument: Argument,
    submission: impl FnOnce(Call) -> Submission<Call>,
) -> Option<i32> {
    let threads = face.threads()?;
    let call = threads.calls.put(face.id, argument);
    let task = match face.pool().submit(submission(call)) {
        Admission::Started(worker, task) => {
            threads.start(worker, task);
            task
        }
        Admission::Waiting(task) => task,
        Admission::Refused(refusal) => {
            threads.calls.forget(call);
            return Some(hot::refused(isolate, refusal));
        }
    };
    isolate.hold();
    isolate.registers.set(Word::Stamp, task.stamp() as i32);
    Some(task.number() as i32)
}

/// Hands over as many outcomes as there is room for. TypeScript calls until there are no more: so it has dealt with those before,
/// and only now their pools hear that their origin knows of them. Earlier their numbers would be free while TypeScript, which runs
/// code of its users in between, still has to look tasks up by them.
fn hand_over(isolate: &Isolate) -> i32 {
    let mut handed = isolate.remote.handed.borrow_mut();
    acknowledge(isolate, &mut handed);
    let Some(exchange) = isolate.remote.exchange.get() else { return 0 };
    // What is there nobody has asked for.
    drop(isolate.remote.large.take());
    let mut outcomes = isolate.remote.outcomes.borrow_mut();
    if outcomes.is_empty() {
        isolate.mailbox.swap_outcomes(&mut outcomes);
    }
    let mut used = 0;
    let mut count = 0;
    while count < OUTCOMES
        && let Some(outcome) = outcomes.front()
    {
        let length = outcome.value.bytes.len();
        let is_large = is_large(&outcome.value);
        if (is_large && count > 0) || (!is_large && used + length > ROOM) {
            break;
        }
        let Some(Outcome { face, task, failed, printed, value }) = outcomes.pop_front() else { break };
        handed.push((face, task));
        let kind = value.kind | flag(is_large, ValueFlag::Large);
        // As `Column` names their places.
        let row: [u32; COLUMNS] = [
            face,
            task.number(),
            kind | flag(failed.is_some(), ValueFlag::Failed) | flag(printed, ValueFlag::Printed),
            used as u32,
            length as u32,
        ];
        for (column, word) in row.into_iter().enumerate() {
            write(exchange, (count * COLUMNS + column) * size_of_val(&word), &word.to_ne_bytes());
        }
        let write_figure = |figure: usize, number: f64| {
            let at = FIGURES_AT + (count * FIGURES + figure) * size_of_val(&number);
            write(exchange, at, &number.to_ne_bytes());
        };
        write_figure(Figure::Value as usize, value.number);
        for (time, number) in failed.into_iter().flatten().enumerate() {
            write_figure(Figure::Id as usize + time, number);
        }
        count += 1;
        if is_large {
            *isolate.remote.large.borrow_mut() = value.bytes;
            break;
        }
        write(exchange, BYTES_AT + used, &value.bytes);
        // Values begin at multiples of 8, as decoders may want numbers aligned.
        used += length.next_multiple_of(8);
    }
    count as i32
}

/// The origin of these tasks knows how they have ended.
fn acknowledge(isolate: &Isolate, tasks: &mut Vec<(u32, TaskId)>) {
    for run in tasks.chunk_by(|(one, _), (other, _)| one == other) {
        // A face that is gone has no tasks.
        with(isolate, f64::from(run[0].0), |face| {
            face.pool().collect_all(run.iter().map(|&(_, task)| task));
        });
    }
    if !tasks.is_empty() {
        isolate.let_go_of(tasks.len() as u32);
        tasks.clear();
    }
}

/// Bytes of values that come in by the exchange at once.
const ROOM: usize = OUTGOING_AT - BYTES_AT;

const fn flag(is_set: bool, flag: ValueFlag) -> u32 {
    if is_set { flag as u32 } else { 0 }
}

fn is_large(value: &Value) -> bool {
    value.kind == LONE || value.bytes.len() > ROOM
}

fn write(exchange: &[Cell<u8>], at: usize, bytes: &[u8]) {
    for (cell, &byte) in exchange[at..at + bytes.len()].iter().zip(bytes) {
        cell.set(byte);
    }
}

/// Begins a task that this thread has been given: its argument is in the exchange. `None`: it has settled on the way here.
fn begin(isolate: &Isolate, post: &mut Post, task: TaskId) -> Option<u32> {
    match post.core.pool.take(post.worker, task) {
        Taken::Begun(call) => call_function(isolate, post, task, call),
        Taken::Settled => {
            // It is over for its origin; what its end makes room for, if anything, comes by the mailbox or is next.
            let finished = post.core.pool.finish_task(task, End::Completed, false);
            finished.next.and_then(|next| begin_first(isolate, post, next))
        }
        Taken::Foreign => None,
    }
}

/// The argument of a task that has begun is in the exchange.
fn call_function(isolate: &Isolate, post: &mut Post, task: TaskId, call: Call) -> Option<u32> {
    let threads = post.core.pool.host().threads.as_ref()?;
    let Argument { function, value } = threads.calls.take(call);
    post.begun.push((task, call.face()));
    isolate.registers.set(Word::Task, task.number() as i32);
    isolate.registers.set(Word::First, function as i32);
    isolate.registers.set_number(INCOMING, value.number);
    Some(load(isolate, value))
}

/// Puts the bytes of a value into the exchange, and their length beside; gives its kind.
fn load(isolate: &Isolate, value: Value) -> u32 {
    if is_large(&value) {
        isolate.registers.set(Word::Second, value.bytes.len() as i32);
        *isolate.remote.large.borrow_mut() = value.bytes;
        return value.kind | LARGE;
    }
    load_small(isolate, &value)
}

/// As `load`, of a value that the exchange has room for.
fn load_small(isolate: &Isolate, value: &Value) -> u32 {
    isolate.registers.set(Word::Second, value.bytes.len() as i32);
    if let Some(exchange) = isolate.remote.exchange.get() {
        write(exchange, BYTES_AT, &value.bytes);
    }
    value.kind
}

/// A reason, which others may ask for as well. Without memory for a copy there is none.
fn load_reason(isolate: &Isolate, reason: Option<Arc<Value>>) -> i32 {
    let Some(reason) = reason else { return NONE };
    if !is_large(&reason) {
        return load_small(isolate, &reason) as i32;
    }
    let copy = Bytes::copy(&reason.bytes);
    copy.map_or(NONE, |bytes| load(isolate, Value { bytes, ..*reason }) as i32)
}

/// Begins `task`, or one that was given to this thread before it and has not begun: the next of several at once.
fn begin_first(isolate: &Isolate, post: &mut Post, task: TaskId) -> Option<u32> {
    begin(isolate, post, isolate.mailbox.first_of(task))
}

fn end_task(
    isolate: &Isolate,
    post: &mut Post,
    number: u32,
    failed: bool,
    printed: bool,
    value: Value,
    broken: bool,
) -> i32 {
    isolate.registers.set(Word::Settled, 0);
    let Some(index) = post.begun.iter().position(|(begun, _)| begun.number() == number) else { return NONE };
    let (task, face) = post.begun.swap_remove(index);
    let end = if failed { End::Failed } else { End::Completed };
    // Of a failure `panicHandler` may want to know.
    let times = if failed { hot::times_of(&post.core.pool, task) } else { hot::Times::default() };
    // With several tasks at once, others may have been given before the next one.
    let is_only = post.core.concurrency == 1;
    let (finished, begun) = if is_only {
        post.core.pool.finish_and_take(task, end, broken)
    } else {
        (post.core.pool.finish_task(task, end, broken), None)
    };
    // Whoever has sent the value by another way takes it back if nobody is told of it.
    isolate.registers.set(Word::Settled, i32::from(finished.settled));
    if finished.settled {
        if post.seat.as_ref().is_none_or(|&(of, _)| of != face) {
            post.seat = post.core.pool.host().seat(face).map(|seat| (face, seat));
        }
        if let Some((_, seat)) = &post.seat {
            seat.tell_outcome(task, failed.then_some(times), printed, value);
        }
    }
    let next = match (finished.next, begun) {
        (Some(next), Some(call)) => call_function(isolate, post, next, call),
        (Some(next), None) => begin_first(isolate, post, next),
        (None, _) => None,
    };
    match next {
        Some(kind) => {
            take_turns(isolate);
            kind as i32
        }
        None => next_task(isolate, post, true),
    }
}

/// There is another task at once. Says whether the event loop is to have its turn before.
fn take_turns(isolate: &Isolate) {
    let is_due = isolate.remote.thread.goes_on(&isolate.remote.clock);
    isolate.registers.set(Word::Turn, i32::from(is_due));
}

fn next_task(isolate: &Isolate, post: &mut Post, may_look: bool) -> i32 {
    let Remote { thread, clock, .. } = &isolate.remote;
    let answer = loop {
        match thread.next(&isolate.mailbox, may_look && post.begun.is_empty(), clock, &SPINNERS) {
            Found::Task(task) => {
                if let Some(kind) = begin(isolate, post, task) {
                    return kind as i32;
                }
            }
            Found::Other => break OTHER,
            Found::Nothing => break NONE,
        }
    };
    // The event loop has its turn anyway.
    isolate.registers.set(Word::Turn, 0);
    answer
}

impl Remote {
    /// Makes the exchange; gives it as JavaScript sees it.
    pub(crate) fn set_up(&self, env: sys::napi_env) -> Option<sys::napi_value> {
        let mut data = ptr::null_mut();
        let mut value = ptr::null_mut();
        let mut reference = ptr::null_mut();
        // SAFETY: `env` is the environment that is being set up, on its own thread; both out-pointers are valid.
        let created = unsafe { sys::napi_create_arraybuffer(env, EXCHANGE, &raw mut data, &raw mut value) };
        if created != sys::Status::napi_ok || data.is_null() {
            return None;
        }
        // SAFETY: as above; `value` was made by the call before.
        let kept = unsafe { sys::napi_create_reference(env, value, 1, &raw mut reference) };
        if kept != sys::Status::napi_ok {
            return None;
        }
        // SAFETY: the block has this length, is never detached, as only our own TypeScript sees it, and lives as long as the
        // reference, which goes with the isolate. Cells, as JavaScript reads there, too, but on this thread.
        let exchange = unsafe { slice::from_raw_parts(data.cast::<Cell<u8>>(), EXCHANGE) };
        self.exchange.set(Some(exchange));
        self.exchange_reference.set(Some(reference));
        Some(value)
    }

    /// What keeps values in memory that TypeScript has: for whoever ends the isolate before its environment does.
    pub(crate) fn references(&self) -> [Option<sys::napi_ref>; 2] {
        [self.exchange_reference.get(), self.lent.get()]
    }

    /// From now on what goes out is in this typed array.
    fn lend(&self, env: sys::napi_env, array: sys::napi_value) -> Option<()> {
        let mut reference = ptr::null_mut();
        // SAFETY: called from JavaScript of `env`, which has given the array.
        let kept = unsafe { sys::napi_create_reference(env, array, 1, &raw mut reference) };
        if kept != sys::Status::napi_ok {
            return None;
        }
        if let Some(old) = self.lent.replace(Some(reference)) {
            // SAFETY: made by an earlier call, in the same environment, and not used any more.
            unsafe { sys::napi_delete_reference(env, old) };
        }
        Some(())
    }

    /// The part of the exchange in which TypeScript has written what goes out.
    fn outgoing(&self) -> Option<NonNull<[u8]>> {
        let cells = &self.exchange.get()?[OUTGOING_AT..];
        Some(NonNull::slice_from_raw_parts(NonNull::from(cells).cast(), OUTGOING_BYTES))
    }

    /// What has been lent, as it is now. Only within a call from JavaScript of `env`.
    fn lent_bytes(&self, env: sys::napi_env) -> Option<NonNull<[u8]>> {
        let reference = self.lent.get()?;
        let mut array = ptr::null_mut();
        // SAFETY: made by `lend` in this environment, and deleted only when it is replaced.
        let found = unsafe { sys::napi_get_reference_value(env, reference, &raw mut array) };
        (found == sys::Status::napi_ok).then(|| bytes_of(env, array)).flatten()
    }
}
