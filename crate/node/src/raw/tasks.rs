//! Tasks, as the thread sees it that runs them.

use napi::sys;
use workpool_abi::{INCOMING, NONE, OTHER, Word};
use workpool_core::{Clock, End, Interruption, Nanos, Payload, Taken, TaskId};
use workpool_mailbox::Found;

use crate::{
    calls::{Argument, Call},
    isolate::Isolate,
    mailbox::SPINNERS,
    raw::call::functions,
    times::{Times, times_of},
    value::{NoMemory, Value},
    worker::Worker,
};

functions! {
    // () → kind of the next task's argument | NONE | OTHER
    next: |isolate, _| isolate.with_worker(|worker| next_task(isolate, worker, true, None));

    // (task, failed, printed, broken) → as next
    done: |isolate, [task, failed, printed, broken, ..]| {
        let value = isolate.value()?;
        Ok::<_, NoMemory>(isolate.with_worker(|worker| {
            end_task(isolate, worker, task as u32, failed != 0.0, printed != 0.0, value, broken != 0.0)
        }))
    };

    // () → as next: the thread has loaded its module
    started: |isolate, _| isolate.with_worker(|worker| {
        let first = worker.core.pool.booted(worker.id);
        let now = isolate.clock.now();
        match first.and_then(|task| begin(isolate, worker, task, now)) {
            Some(kind) => kind as i32,
            None => next_task(isolate, worker, false, Some(now)),
        }
    });

    // (task): how far it has come is described in the registers
    progress: |isolate, [task, ..]| {
        let value = isolate.value()?;
        Ok::<_, NoMemory>(isolate.with_worker(|worker| {
            worker.tell_progress(task as u32, value);
            0
        }))
    };

    // (task) → `Interruption`, or the `timeout` that it has exceeded
    interruption: |isolate, [task, ..]| isolate.with_worker(|worker| {
        let task = worker.begun(task as u32);
        match task.and_then(|(task, _)| worker.core.pool.interruption(task)) {
            None => workpool_abi::Interruption::Nothing as i32,
            Some(Interruption::Aborted) => workpool_abi::Interruption::Aborted as i32,
            Some(Interruption::TimedOut(limit)) => limit as i32,
        }
    });

    // (task): its argument is to come by the message port
    fetch: |isolate, [task, ..]| isolate.with_worker(|worker| {
        if let Some((task, face)) = worker.begun(task as u32) {
            worker.core.pool.host().request_argument(face, worker.id, task);
        }
        0
    });
}

/// Begins a task that this thread has been given, and puts the argument into the exchange; gives the kind of the argument. `None`: the task
/// has settled on the way here. `now`: the time a moment ago.
fn begin(isolate: &Isolate, worker: &mut Worker, task: TaskId, now: Nanos) -> Option<u32> {
    match worker.core.pool.take(worker.id, task, now) {
        Taken::Begun(call) => call_export(isolate, worker, task, call),
        Taken::Settled => {
            // The task is over for its origin. If its end makes room for another task, that comes by the mailbox or is next.
            let finished = worker.core.pool.finish_task(task, End::Completed, false);
            finished.next.and_then(|next| begin_first(isolate, worker, next, now))
        }
        Taken::Foreign => None,
    }
}

/// Puts the argument of a task that has begun into the exchange; gives the kind of the argument.
fn call_export(isolate: &Isolate, worker: &mut Worker, task: TaskId, call: Call) -> Option<u32> {
    let threads = worker.core.threads()?;
    let Argument { export, value } = threads.calls.take(call);
    worker.begin(task, call.face());
    isolate.registers.set(Word::Task, task.number() as i32);
    isolate.registers.set(Word::First, export as i32);
    isolate.registers.set_number(INCOMING, value.number);
    Some(isolate.exchange.put(&isolate.registers, value))
}

/// Begins `task`, or a task that was given to this thread before it and has not begun.
fn begin_first(isolate: &Isolate, worker: &mut Worker, task: TaskId, now: Nanos) -> Option<u32> {
    begin(isolate, worker, isolate.event_loop.mailbox.first_of(task), now)
}

/// The thread has ended a task that it had begun; gives the next one.
fn end_task(
    isolate: &Isolate,
    worker: &mut Worker,
    number: u32,
    failed: bool,
    printed: bool,
    value: Value,
    broken: bool,
) -> i32 {
    isolate.registers.set(Word::Settled, 0);
    let Some((task, face)) = worker.end(number) else { return NONE };
    let end = if failed { End::Failed } else { End::Completed };
    // `panicHandler` may want to know the times of a task that failed.
    let times = if failed { times_of(&worker.core.pool, task) } else { Times::default() };
    // If a thread may have several tasks at once, it may have been given others before the next one.
    let is_only = worker.core.concurrency == 1;
    // The next task begins when this one has ended.
    let now = isolate.clock.now();
    let (finished, begun) = if is_only {
        worker.core.pool.finish_and_take(task, end, broken, now)
    } else {
        (worker.core.pool.finish_task(task, end, broken), None)
    };
    // If the task had settled before, nobody is told of the value. Then TypeScript takes back a value that it has sent by a port.
    isolate.registers.set(Word::Settled, i32::from(finished.settled));
    if finished.settled {
        worker.tell_outcome(face, task, failed.then_some(times), printed, value);
    }
    let next = match (finished.next, begun) {
        (Some(next), Some(call)) => call_export(isolate, worker, next, call),
        (Some(next), None) => begin_first(isolate, worker, next, now),
        (None, _) => None,
    };
    match next {
        Some(kind) => {
            take_turns(isolate, now);
            kind as i32
        }
        None => next_task(isolate, worker, true, Some(now)),
    }
}

/// There is another task at once. Says in the registers whether the event loop is to have its turn before.
fn take_turns(isolate: &Isolate, now: Nanos) {
    let is_due = isolate.thread.goes_on(now);
    isolate.registers.set(Word::Turn, i32::from(is_due));
}

/// The next task that this thread has been given, after a look as long as it is worth it. `may_look`: it may look for one.
/// `known`: the time a moment ago, if the caller knows it.
fn next_task(isolate: &Isolate, worker: &mut Worker, may_look: bool, mut known: Option<Nanos>) -> i32 {
    let Isolate { event_loop, thread, clock, .. } = isolate;
    let answer = loop {
        match thread.next(&event_loop.mailbox, may_look && !worker.is_running(), known, clock, &SPINNERS) {
            Found::Task(task, now) => {
                if let Some(kind) = begin(isolate, worker, task, now) {
                    return kind as i32;
                }
                known = Some(now);
            }
            Found::Other => break OTHER,
            Found::Nothing => break NONE,
        }
    };
    // The event loop has its turn anyway.
    isolate.registers.set(Word::Turn, 0);
    answer
}
