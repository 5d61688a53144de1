//! What TypeScript says in the words of the core, and the other way round.

use std::num::NonZero;

use workpool_abi::{NO_LIMIT, NONE, Word};
use workpool_core::{
    BACKGROUND, GroupId, MILLISECOND, Nanos, Offer, Reason, Refusal, TaskGroup, TaskId, UNBOUNDED,
};

use crate::registers::Registers;

/// The answer if it is not known whether the stack has room: a refusal.
pub(crate) const DEEP: i32 = workpool_abi::Refusal::Deep as i32;

/// Whether a watch with this token stands for a promise that keeps the process alive.
pub(crate) fn holds(token: u32) -> bool {
    token & workpool_abi::HELD != 0
}

/// How a task is offered.
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

/// A priority: a safe integer, as TypeScript has checked, or infinite for one in the background.
pub(crate) fn priority_of(priority: f64) -> u64 {
    if priority.is_infinite() { BACKGROUND } else { priority as u64 }
}

/// A weight. One that is left out is 1.
pub(crate) fn weight_of(weight: f64) -> u32 {
    (weight as u32).max(1)
}

/// The group of a task: one with the limit 0 has none, and without a number there is no group.
pub(crate) fn group_of(number: f64, limit: f64) -> Option<TaskGroup> {
    let id = GroupId(NonZero::new(number as u64)?);
    Some(TaskGroup { id, limit: NonZero::new(limit as u32).map_or(UNBOUNDED, NonZero::get) })
}

/// The task that TypeScript means. A stamp is a 32-bit word with a sign there, so it may be negative.
pub(crate) fn named(task: f64, stamp: f64) -> TaskId {
    TaskId::new(task as u32, stamp as i32 as u32)
}

/// A refusal, as TypeScript numbers it. The numbers of an overload go to the words, where they cost nothing unless they are read.
pub(crate) fn refused(registers: &Registers, refusal: Refusal) -> i32 {
    let answer = match refusal {
        Refusal::Closed => workpool_abi::Refusal::Closed,
        Refusal::Overload { waiting, capacity } => {
            registers.set(Word::Waiting, waiting as i32);
            registers.set(Word::Capacity, capacity as i32);
            workpool_abi::Refusal::Overload
        }
        Refusal::Barred { reason, waiting, capacity } => {
            registers.set(Word::Waiting, waiting as i32);
            registers.set(Word::Capacity, capacity as i32);
            match reason {
                Reason::Paused => workpool_abi::Refusal::Paused,
                Reason::Key => workpool_abi::Refusal::Key,
                Reason::Rate => workpool_abi::Refusal::Rate,
            }
        }
        Refusal::WaitTimeout => workpool_abi::Refusal::WaitTimeout,
        Refusal::Untimely => workpool_abi::Refusal::Untimely,
    };
    answer as i32
}

/// What forbids the start of a task that this refusal has met; `None`: there was no room.
pub(crate) fn reason_of(refusal: f64) -> Option<Reason> {
    match workpool_abi::Refusal::of(refusal as i32) {
        Some(workpool_abi::Refusal::Paused) => Some(Reason::Paused),
        Some(workpool_abi::Refusal::Key) => Some(Reason::Key),
        Some(workpool_abi::Refusal::Rate) => Some(Reason::Rate),
        _ => None,
    }
}

/// A time in whole milliseconds, so that nobody comes too early.
pub(crate) fn milliseconds(time: Nanos) -> i32 {
    i32::try_from(time.div_ceil(MILLISECOND)).unwrap_or(i32::MAX)
}

/// The number of a task, or `NONE`.
pub(crate) fn number(task: Option<TaskId>) -> i32 {
    task.map_or(NONE, |task| task.number() as i32)
}
