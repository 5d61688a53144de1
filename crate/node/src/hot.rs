//! What TypeScript calls per task: integers in, one integer out, the rest in the registers.

use std::{
    ffi::{CStr, c_void},
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
};

use napi::{JsValue, bindgen_prelude::Object, sys};
use workpool_abi::{CommandKind, How, NO_LIMIT, NONE, Time, Word};
use workpool_core::{
    Admission, Cancelled, End, FaceId, MILLISECOND, MonotonicClock, Offer, Pool, Refusal, Submission, TaskId,
    WorkerId,
};
use workpool_mailbox::Next;

use crate::{
    calls::{Call, NoMemory},
    face::{Face, Seats},
    isolate::{Isolate, attach},
    remote,
};

/// Most arguments of a function here.
pub(crate) const ARGUMENTS: usize = 10;

/// Integers, as doubles: a priority may be any safe one.
pub(crate) type Arguments = [f64; ARGUMENTS];

/// As a refusal: it is not known whether the stack has room.
pub(crate) const DEEP: i32 = workpool_abi::Refusal::Deep as i32;

/// What the body of a raw function comes to: an integer; `None` if it has no such pool, or is no thread, as only a caller that is
/// not our TypeScript, or a bug of it, can bring about; or there is no memory. JavaScript gets the latter two thrown.
pub(crate) trait Answer {
    fn answer(self) -> Result<Option<i32>, NoMemory>;
}

impl Answer for Option<i32> {
    fn answer(self) -> Result<Self, NoMemory> {
        Ok(self)
    }
}

impl Answer for Result<Option<i32>, NoMemory> {
    fn answer(self) -> Self {
        self
    }
}

/// Defines raw functions from bodies of the form `|isolate, [argument, …]| -> impl Answer`.
macro_rules! functions {
    ($($name:ident: $body:expr;)*) => {
        $(
            unsafe extern "C" fn $name(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
                // SAFETY: Node calls this with its environment and call.
                unsafe { $crate::hot::call(env, info, $body) }
            }
        )*
        /// Names as JavaScript sees them.
        pub(crate) const FUNCTIONS: &[(&::std::ffi::CStr, sys::napi_callback)] = &[
            $((
                match ::std::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                    Ok(name) => name,
                    Err(_) => panic!("a name without a zero"),
                },
                Some($name),
            ),)*
        ];
    };
}

pub(crate) use functions;

functions! {
    // (face) → worker | ~task | refusal
    submit: |isolate, [face, ..]| admit(isolate, face, |face| Submission::new(Call::of_closure(face)));

    // (face, offer) → as submit
    offer: |isolate, [face, offer, ..]| {
        admit(isolate, face, |face| Submission { offer: offer_of(offer), ..Submission::new(Call::of_closure(face)) })
    };

    // (face, priority, waitTimeout or NO_LIMIT, timeout or 0, timed, offer) → as submit
    submit_with: |isolate, [face, priority, wait_timeout, timeout, timed, offer, ..]| {
        admit(isolate, face, |face| Submission {
            payload: Call::of_closure(face),
            priority: priority as u64,
            wait_timeout: limit_of(wait_timeout),
            timeout: timeout as u32,
            timed: timed != 0.0,
            offer: offer_of(offer),
        })
    };

    // (face, task, stamp)
    begin: |isolate, [face, task, stamp, ..]| {
        with(isolate, face, |face| face.pool().begin(named(task, stamp)))?;
        Some(0)
    };

    // (face, task, stamp)
    limit: |isolate, [face, task, stamp, ..]| {
        with(isolate, face, |face| face.pool().limit(named(task, stamp)))?;
        Some(0)
    };

    // (face, worker, `How`) → next task of this worker | NONE
    finish: |isolate, [face, worker, how, ..]| {
        let how = How::of(how as i32);
        let end = if how == Some(How::Completed) { End::Completed } else { End::Failed };
        let is_broken = how == Some(How::FailedAndBroken);
        let finished = with(isolate, face, |face| face.pool().finish(WorkerId(worker as u32), end, is_broken))?;
        if finished.settled {
            isolate.let_go();
        }
        isolate.registers.set(Word::Settled, i32::from(finished.settled));
        isolate.registers.set(Word::Quiet, i32::from(finished.is_quiet));
        Some(number(finished.next))
    };

    // (face, task, stamp) → `Cancelled`
    cancel: |isolate, [face, task, stamp, ..]| {
        let cancelled = with(isolate, face, |face| {
            let cancelled = face.pool().cancel(named(task, stamp));
            isolate.registers.set(Word::Quiet, i32::from(face.pool().is_quiet(face.id)));
            cancelled
        })?;
        if cancelled != Cancelled::Late {
            isolate.let_go();
        }
        let met = match cancelled {
            Cancelled::Waiting => workpool_abi::Cancelled::Waiting,
            Cancelled::Running => workpool_abi::Cancelled::Running,
            Cancelled::Late => workpool_abi::Cancelled::Late,
        };
        Some(met as i32)
    };

    // (face, task) → the stamp of the task that has this number
    stamp: |isolate, [face, task, ..]| {
        let task = with(isolate, face, |face| face.pool().task_at(task as u32))?;
        Some(task.map_or(0, |task| task.stamp() as i32))
    };

    // (face, worker) → next task of this worker | NONE
    booted: |isolate, [face, worker, ..]| {
        with(isolate, face, |face| number(face.pool().booted(WorkerId(worker as u32))))
    };

    // (face, worker) → the task that fails for it | NONE; its times are in the numbers
    boot_failed: |isolate, [face, worker, ..]| {
        let failed = with(isolate, face, |face| {
            let (task, _) = face.pool().boot_failed(WorkerId(worker as u32))?;
            write_times(isolate, face, task);
            face.pool().collect(task);
            Some(task)
        })?;
        if failed.is_some() {
            isolate.let_go();
        }
        Some(number(failed))
    };

    // (face, worker)
    retired: |isolate, [face, worker, ..]| {
        with(isolate, face, |face| face.pool().retired(WorkerId(worker as u32)))?;
        Some(0)
    };

    // (face, task, stamp): number, waitMs, runMs in the numbers
    times: |isolate, [face, task, stamp, ..]| {
        with(isolate, face, |face| write_times(isolate, face, named(task, stamp)))?;
        Some(0)
    };

    // () → `CommandKind`; what it is about in the words, a rejected task's times in the numbers
    poll: |isolate, _| {
        let command = match isolate.mailbox.pop() {
            Next::Command(command) => command,
            Next::Outcomes => return Some(CommandKind::Outcomes as i32),
            Next::Tasks => return Some(CommandKind::Tasks as i32),
            Next::Nothing => {
                isolate.registers.set(Word::Pending, 0);
                return Some(CommandKind::Nothing as i32);
            }
        };
        match command.kind {
            CommandKind::Reject => {
                // If the face is gone, so is the task.
                with(isolate, f64::from(command.face), |face| {
                    let task = TaskId::new(command.first, command.stamp);
                    write_times(isolate, face, task);
                    face.pool().collect(task);
                    isolate.registers.set(Word::Quiet, i32::from(face.pool().is_quiet(face.id)));
                });
                isolate.let_go();
            }
            CommandKind::Watched if holds(command.first) => isolate.let_go(),
            _ => {}
        }
        isolate.registers.set(Word::Face, command.face as i32);
        isolate.registers.set(Word::First, command.first as i32);
        isolate.registers.set(Word::Second, command.second as i32);
        isolate.registers.set(Word::Third, command.third as i32);
        isolate.registers.set(Word::Stamp, command.stamp as i32);
        *isolate.remote.detail.borrow_mut() = command.detail;
        Some(command.kind as i32)
    };

    // (face) → whether a task could start now, or a booting worker would take it
    has_room: |isolate, [face, ..]| with(isolate, face, |face| i32::from(face.has_room()));

    // (face) → whether a submit would not have to wait
    has_vacancy: |isolate, [face, ..]| {
        if !isolate.headroom.is_known() {
            return Some(DEEP);
        }
        with(isolate, face, |face| i32::from(face.pool().has_vacancy()))
    };

    // () → whether there is known to be room on the stack
    headroom: |isolate, _| Some(i32::from(isolate.headroom.is_known_around()));

    // (bytes): so many fit on the stack
    found_headroom: |isolate, [bytes, ..]| {
        isolate.headroom.found(bytes as usize);
        Some(0)
    };

    // (face): everything `stats` and the getters show, in the numbers
    snapshot: |isolate, [face, ..]| {
        isolate.registers.set_numbers(&with(isolate, face, |face| face.snapshot())?.numbers());
        Some(0)
    };
}

/// Whether a watch with this token stands for a promise that keeps the process alive.
pub(crate) fn holds(token: u32) -> bool {
    token & workpool_abi::HELD != 0
}

pub(crate) fn offer_of(number: f64) -> Offer {
    match workpool_abi::Offer::of(number as i32) {
        Some(workpool_abi::Offer::Normal) => Offer::Normal,
        Some(workpool_abi::Offer::AtOnce) => Offer::AtOnce,
        Some(workpool_abi::Offer::Uncounted) | None => Offer::Uncounted,
    }
}

/// A `waitTimeout`, if there is one.
pub(crate) fn limit_of(wait_timeout: f64) -> Option<u32> {
    (wait_timeout > f64::from(NO_LIMIT)).then_some(wait_timeout as u32)
}

fn admit(isolate: &Isolate, face: f64, task: impl FnOnce(FaceId) -> Submission<Call>) -> Option<i32> {
    if !isolate.headroom.is_known() {
        return Some(DEEP);
    }
    let admission = with(isolate, face, |face| face.pool().submit(task(face.id)))?;
    let (result, task) = match admission {
        Admission::Started(worker, task) => (worker.0 as i32, task),
        Admission::Waiting(task) => (!(task.number() as i32), task),
        Admission::Refused(refusal) => return Some(refused(isolate, refusal)),
    };
    isolate.hold();
    isolate.registers.set(Word::Task, task.number() as i32);
    isolate.registers.set(Word::Stamp, task.stamp() as i32);
    Some(result)
}

/// A task as TypeScript names it. A stamp is a word, and hence may be negative there.
pub(crate) fn named(task: f64, stamp: f64) -> TaskId {
    TaskId::new(task as u32, stamp as i32 as u32)
}

/// An overload's numbers are in the words, where they cost nothing to who does not ask.
pub(crate) fn refused(isolate: &Isolate, refusal: Refusal) -> i32 {
    let answer = match refusal {
        Refusal::Closed => workpool_abi::Refusal::Closed,
        Refusal::Overload { waiting, capacity } => {
            isolate.registers.set(Word::Waiting, waiting as i32);
            isolate.registers.set(Word::Capacity, capacity as i32);
            workpool_abi::Refusal::Overload
        }
        Refusal::WaitTimeout => workpool_abi::Refusal::WaitTimeout,
        Refusal::Untimely => workpool_abi::Refusal::Untimely,
    };
    answer as i32
}

fn number(task: Option<TaskId>) -> i32 {
    task.map_or(NONE, |task| task.number() as i32)
}

/// Runs `f` on a pool of the isolate, if there is one of this number.
pub(crate) fn with<R>(isolate: &Isolate, face: f64, f: impl FnOnce(&Face) -> R) -> Option<R> {
    isolate.faces.borrow().get(face as usize).map(f)
}

fn write_times(isolate: &Isolate, face: &Face, task: TaskId) {
    isolate.registers.set_numbers(&times_of(face.pool(), task));
}

/// The times of a task, as `Time` names their places; zeros of one that is done with.
pub(crate) type Times = [f64; Time::COUNT];

pub(crate) fn times_of(pool: &Pool<Call, Seats, MonotonicClock>, task: TaskId) -> Times {
    let Some(times) = pool.times(task) else { return Times::default() };
    let ms = |from: u64, to: u64| to.saturating_sub(from) as f64 / MILLISECOND as f64;
    let (wait, run) = match times.begun_at {
        _ if times.submitted_at == 0 => (0.0, 0.0), // not timed
        0 => (ms(times.submitted_at, times.now), 0.0),
        begun => (ms(times.submitted_at, begun), ms(begun, times.now)),
    };
    [times.number as f64, wait, run]
}

/// Takes a call apart, runs `body` and hands its integer back. A panic ends here, as a JavaScript error.
///
/// # Safety
/// `env` and `info` are those of a call by Node, to a function that `export` made.
pub(crate) unsafe fn call<A: Answer>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    body: impl FnOnce(&Isolate, Arguments) -> A,
) -> sys::napi_value {
    let mut argc = ARGUMENTS;
    let mut argv = [ptr::null_mut(); ARGUMENTS];
    let mut data = ptr::null_mut();
    // SAFETY: all pointers are valid, and `argc` says how much room `argv` has.
    unsafe {
        sys::napi_get_cb_info(env, info, &raw mut argc, argv.as_mut_ptr(), ptr::null_mut(), &raw mut data)
    };
    let mut arguments = [0.0; ARGUMENTS];
    for (argument, &value) in arguments.iter_mut().zip(&argv[..argc.min(ARGUMENTS)]) {
        // SAFETY: Node gave `value`; what is not a number leaves the argument 0.
        unsafe { sys::napi_get_value_double(env, value, argument) };
    }
    // SAFETY: `export` gives the isolate of this load to every function, and it ends after all JavaScript, or after the exports
    // of the load have been collected, which every function holds.
    let isolate = unsafe { &*data.cast::<Isolate>() };
    let mut result = ptr::null_mut();
    match catch_unwind(AssertUnwindSafe(|| body(isolate, arguments).answer())) {
        Ok(Ok(Some(number))) => {
            // SAFETY: `env` is live and `result` valid.
            unsafe { sys::napi_create_int32(env, number, &raw mut result) };
        }
        Ok(Ok(None)) => throw_internal(env, c"workpool: this isolate has no such pool"),
        Ok(Err(NoMemory)) => throw_no_memory(env),
        Err(_) => throw_internal(env, c"workpool: internal error"),
    }
    result
}

/// Something is wrong with this library itself. Only within a call from JavaScript of `env`.
pub(crate) fn throw_internal(env: sys::napi_env, message: &CStr) {
    // SAFETY: `env` is live; both strings end in zero.
    unsafe { sys::napi_throw_error(env, c"ERR_POOL_INTERNAL".as_ptr(), message.as_ptr()) };
}

/// As the platform does if it cannot make a buffer. Only within a call from JavaScript of `env`.
pub(crate) fn throw_no_memory(env: sys::napi_env) {
    let message = c"workpool: the system gives no memory for that";
    // SAFETY: `env` is live; both strings end in zero.
    unsafe { sys::napi_throw_range_error(env, c"ERR_POOL_MEMORY".as_ptr(), message.as_ptr()) };
}

/// `attach(wake)`: TypeScript is ready to be woken. Called once per isolate.
unsafe extern "C" fn attach_wake(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut argc = 1;
    let mut wake = ptr::null_mut();
    let mut data = ptr::null_mut();
    // SAFETY: all pointers are valid; there is room for one argument.
    unsafe { sys::napi_get_cb_info(env, info, &raw mut argc, &raw mut wake, ptr::null_mut(), &raw mut data) };
    if attach(data.cast::<Isolate>(), env, wake).is_none() {
        throw_internal(env, c"workpool: cannot attach");
    }
    ptr::null_mut()
}

/// Puts the functions and the registers on the addon's exports.
pub(crate) fn export(
    exports: &Object<'_>,
    env: sys::napi_env,
    isolate: *const Isolate,
    registers: sys::napi_value,
) -> Option<()> {
    let set = |name: &CStr, value: sys::napi_value| {
        // SAFETY: called while the environment is set up, on its thread, with values made there.
        let set = unsafe { sys::napi_set_named_property(env, exports.raw(), name.as_ptr(), value) };
        (set == sys::Status::napi_ok).then_some(())
    };
    set(c"registers", registers)?;
    let mut id = ptr::null_mut();
    // SAFETY: as above, and `isolate` was made just now.
    let number = unsafe { &*isolate }.id;
    // SAFETY: as above.
    let made = unsafe { sys::napi_create_uint32(env, number, &raw mut id) };
    if made != sys::Status::napi_ok {
        return None;
    }
    set(c"isolate", id)?;
    // SAFETY: as above.
    set(c"exchange", unsafe { &*isolate }.remote.set_up(env)?)?;
    let raw: [(&CStr, sys::napi_callback); 4] = [
        (c"attach", Some(attach_wake)),
        (c"lend", Some(remote::lend)),
        (c"bring", Some(remote::bring)),
        (c"fill", Some(remote::fill)),
    ];
    let all = FUNCTIONS.iter().chain(remote::FUNCTIONS).chain(&raw);
    for &(name, function) in all {
        let mut value = ptr::null_mut();
        let data: *mut c_void = isolate.cast_mut().cast();
        // SAFETY: as above; the name ends in zero, hence -1 for its length; `data` outlives the function.
        let created =
            unsafe { sys::napi_create_function(env, name.as_ptr(), -1, function, data, &raw mut value) };
        if created != sys::Status::napi_ok {
            return None;
        }
        set(name, value)?;
        // Whoever has one function has the exports: these are gone only when none can be called any more, see `collected`.
        // SAFETY: as above.
        let held = unsafe { sys::napi_set_named_property(env, value, c"exports".as_ptr(), exports.raw()) };
        if held != sys::Status::napi_ok {
            return None;
        }
    }
    Some(())
}
