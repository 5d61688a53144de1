//! Outcomes: how an origin comes by the ends of its tasks.

use napi::sys;
use workpool_abi::{BYTES_AT, COLUMNS, FIGURES, FIGURES_AT, Figure, OUTCOMES, ValueFlag, ValueKind};
use workpool_core::TaskId;
use workpool_mailbox::Linger;

use crate::{
    exchange::{ROOM, is_large, write},
    isolate::Isolate,
    mailbox::{News, Outcome, SPINNERS},
    native::desk::Ended,
    raw::call::functions,
    value::Value,
};

functions! {
    // () → how many outcomes are in the exchange; 0: no more
    drain: |isolate, _| Some(hand_over(isolate));

    // () → `Linger`, after a look as long as it is worth it
    linger: |isolate, _| {
        let Isolate { event_loop, origin, clock, .. } = isolate;
        let found = match origin.linger(&event_loop.mailbox, event_loop.open(), clock, &SPINNERS) {
            Linger::Nothing => workpool_abi::Linger::Nothing,
            Linger::Something => workpool_abi::Linger::Found,
            Linger::Turn => workpool_abi::Linger::Turn,
        };
        Some(found as i32)
    };
}

/// Hands over as many outcomes as there is room for. TypeScript calls this until there are no more. So by now it has dealt with those of
/// the last call, and only now their pools are told that the origin knows of them. Earlier the numbers of these tasks would be free while
/// TypeScript, which runs code of its users in between, still looks tasks up by number.
fn hand_over(isolate: &Isolate) -> i32 {
    let mut handed = isolate.handed_over.borrow_mut();
    acknowledge(isolate, &mut handed);
    for Ended { job, .. } in isolate.desk.clear() {
        job.dispose();
    }
    let Some(memory) = isolate.exchange.memory() else { return 0 };
    isolate.exchange.drop_large();
    let mut outcomes = isolate.outcomes.borrow_mut();
    if outcomes.is_empty() {
        isolate.event_loop.mailbox.swap_outcomes(&mut outcomes);
    }
    let mut used = 0;
    let mut count = 0;
    let mut disposals = Vec::new();
    while count < OUTCOMES
        && let Some(outcome) = outcomes.front_mut()
    {
        if let News::Disposal(_) | News::Job { .. } = outcome.news {
            let Some(outcome) = outcomes.pop_front() else { break };
            match outcome.news {
                News::Disposal(job) => disposals.push(job),
                news => outcomes.push_front(Outcome { news: put_on_desk(isolate, news), ..outcome }),
            }
            continue;
        }
        let value = look_at(outcome);
        let length = value.bytes.len();
        let is_large = is_large(value);
        if (is_large && count > 0) || (!is_large && used + length > ROOM) {
            break;
        }
        let Some(Outcome { handle, task, news }) = outcomes.pop_front() else { break };
        let (failed, printed, is_progress, value) = match news {
            News::End { failed, printed, value } => (failed, printed, false, value),
            News::Looked(value) => (None, false, true, value),
            News::Progress(_) | News::Job { .. } | News::Disposal(_) => unreachable!("somebody has looked"),
        };
        if !is_progress {
            handed.push((handle, task));
        }
        let kind = value.kind | flag(is_large, ValueFlag::Large);
        // In the places that `Column` names.
        let row: [u32; COLUMNS] = [
            handle,
            task.number(),
            kind | flag(failed.is_some(), ValueFlag::Failed)
                | flag(printed, ValueFlag::Printed)
                | flag(is_progress, ValueFlag::Progress),
            used as u32,
            length as u32,
        ];
        for (column, word) in row.into_iter().enumerate() {
            write(memory, (count * COLUMNS + column) * size_of_val(&word), &word.to_ne_bytes());
        }
        let write_figure = |figure: usize, number: f64| {
            let at = FIGURES_AT + (count * FIGURES + figure) * size_of_val(&number);
            write(memory, at, &number.to_ne_bytes());
        };
        write_figure(Figure::Value as usize, value.number);
        for (time, number) in failed.into_iter().flatten().enumerate() {
            write_figure(Figure::Id as usize + time, number);
        }
        if is_progress {
            write_figure(Figure::Id as usize, f64::from(task.stamp()));
        }
        count += 1;
        if is_large {
            isolate.exchange.keep_large(value.bytes);
            break;
        }
        write(memory, BYTES_AT + used, &value.bytes);
        // Values begin at multiples of 8, as decoders may want numbers aligned.
        used += length.next_multiple_of(8);
    }
    drop(outcomes);
    drop(handed);
    for job in disposals {
        job.dispose();
    }
    count as i32
}

/// The value of an outcome. What a task tells of its progress from now on is another one.
fn look_at(outcome: &mut Outcome) -> &Value {
    if let News::Progress(progress) = &outcome.news {
        // Nobody else takes what is there, and the news came after it was put there.
        outcome.news = News::Looked(progress.take().unwrap_or_default());
    }
    match &outcome.news {
        News::End { value, .. } | News::Looked(value) => value,
        News::Progress(_) | News::Job { .. } | News::Disposal(_) => unreachable!("somebody has looked"),
    }
}

/// A native job that has ended waits on the desk until TypeScript asks for its result, by the number that is told.
#[cold]
fn put_on_desk(isolate: &Isolate, news: News) -> News {
    let News::Job { job, failure } = news else { return news };
    let (failure, failed) = failure.unzip();
    let place = isolate.desk.put(Ended { job, failure });
    let value = Value { kind: ValueKind::Job as u32, number: place as f64, ..Value::default() };
    News::End { failed, printed: false, value }
}

/// The origin of these tasks knows how they have ended.
fn acknowledge(isolate: &Isolate, tasks: &mut Vec<(u32, TaskId)>) {
    for run in tasks.chunk_by(|(one, _), (other, _)| one == other) {
        // A pool whose handle is gone has no tasks of this isolate.
        isolate.with(f64::from(run[0].0), |handle| {
            handle.pool().collect_all(run.iter().map(|&(_, task)| task));
        });
    }
    if !tasks.is_empty() {
        isolate.event_loop.let_go_of(tasks.len() as u32);
        tasks.clear();
    }
}

const fn flag(is_set: bool, flag: ValueFlag) -> u32 {
    if is_set { flag as u32 } else { 0 }
}
