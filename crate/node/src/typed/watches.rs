//! What is waited for: a state of a pool, or a vacancy.

#![expect(unreachable_pub, reason = "napi-rs exports public items, whatever module they are in")]

use napi_derive::napi;
use workpool_core::{Condition, Wait};

use crate::{
    convert::{group_of, holds, priority_of},
    typed::access::{isolate_of, with},
};

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
    /// No task of this handle is left, and every rejection has been taken.
    Left,
    /// No task of the group waits, and no function of one runs.
    Over,
    /// A thread has started. The watch is over before its time if none can start, or if the pool is closed.
    Started,
}

/// Announces a command `Watched` for when the condition holds, or `timeout` milliseconds have passed. A token with `HELD`
/// keeps the process alive until then. `of`: the generation or the group, if the condition is one of such.
#[napi(catch_unwind)]
pub fn watch(
    isolate: u32,
    handle: u32,
    token: u32,
    condition: WatchCondition,
    of: i64,
    timeout: Option<u32>,
) -> napi::Result<()> {
    with(isolate, handle, |_| ())?;
    if holds(token) {
        isolate_of(isolate)?.event_loop.hold();
    }
    let condition = match condition {
        WatchCondition::Drained => Condition::Drained,
        WatchCondition::Settled => Condition::Settled,
        WatchCondition::Ended => Condition::Ended(of as u64),
        WatchCondition::Vacant => Condition::Vacant,
        WatchCondition::Left => Condition::Left,
        WatchCondition::Started => Condition::Started,
        WatchCondition::Over => match group_of(of as f64, 0.0) {
            Some(group) => Condition::Over(group.id),
            None => return Err(napi::Error::from_reason("workpool: a group has a number")),
        },
    };
    with(isolate, handle, |handle| handle.pool().watch(handle.face, token, condition, timeout))
}

/// Announces a command `Watched` for when a submit would not have to wait, the pool is closed, or `timeout` milliseconds have
/// passed: a `Vacancy` says which. Priority, weight and key (the one that was named last) are those of the task that is to be submitted. A token with `HELD` keeps the process alive until then.
#[napi(catch_unwind)]
pub fn await_vacancy(
    isolate: u32,
    handle: u32,
    token: u32,
    priority: f64,
    timeout: Option<u32>,
    weight: Option<u32>,
    is_keyed: Option<bool>,
) -> napi::Result<()> {
    with(isolate, handle, |_| ())?;
    let key = isolate_of(isolate)?.key(is_keyed == Some(true));
    if holds(token) {
        isolate_of(isolate)?.event_loop.hold();
    }
    let (priority, weight) = (priority_of(priority), weight.unwrap_or(1));
    with(isolate, handle, |handle| {
        handle.pool().await_vacancy_with(Wait { face: handle.face, token, priority, timeout, key, weight });
    })
}

/// A number for a group of tasks of the pool, above 0.
#[napi(catch_unwind)]
pub fn new_group(isolate: u32, handle: u32) -> napi::Result<i64> {
    with(isolate, handle, |handle| handle.pool().new_group().0.get() as i64)
}

/// Takes an `awaitVacancy` back. False: its command is on the way.
#[napi(catch_unwind)]
pub fn forget_vacancy(isolate: u32, handle: u32, token: u32) -> napi::Result<bool> {
    let forgotten = with(isolate, handle, |handle| handle.pool().forget_vacancy(handle.face, token))?;
    if forgotten && holds(token) {
        isolate_of(isolate)?.event_loop.let_go();
    }
    Ok(forgotten)
}

/// So many of those who have been told of a vacancy have had their turn.
#[napi(catch_unwind)]
pub fn end_turns(isolate: u32, handle: u32, count: u32) -> napi::Result<()> {
    with(isolate, handle, |handle| handle.pool().end_turns(handle.face, count))
}
