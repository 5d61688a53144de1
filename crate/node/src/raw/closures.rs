//! Closures: how they are admitted, begin and end.

use napi::sys;
use workpool_abi::{How, Word};
use workpool_core::{Admission, Cancelled, End, FaceId, Submission, WorkerId};

use crate::{
    calls::Call,
    convert::{DEEP, group_of, named, number, offer_of, priority_of, refused},
    isolate::Isolate,
    raw::{call::functions, submission::submission_of, times::write_times},
};

functions! {
    // (handle) → worker | ~task | refusal
    submit: |isolate, [handle, ..]| admit(isolate, handle, |face| Submission::new(Call::of_closure(face)));

    // (handle, offer) → as submit
    offer: |isolate, [handle, offer, ..]| {
        admit(isolate, handle, |face| Submission { offer: offer_of(offer), ..Submission::new(Call::of_closure(face)) })
    };

    // (handle, priority, waitTimeout or NO_LIMIT, timeout or 0, timed, offer, weight, keyed, group or 0, its limit or 0) → as submit
    submit_with: |isolate, [handle, fields @ .., group, most]| {
        admit(isolate, handle, |face| Submission {
            group: group_of(group, most),
            ..submission_of(isolate, Call::of_closure(face), fields)
        })
    };

    // (handle, task, stamp)
    begin: |isolate, [handle, task, stamp, ..]| {
        isolate.with(handle, |handle| handle.pool().begin(named(task, stamp)))?;
        Some(0)
    };

    // (handle, task, stamp)
    limit: |isolate, [handle, task, stamp, ..]| {
        isolate.with(handle, |handle| handle.pool().limit(named(task, stamp)))?;
        Some(0)
    };

    // (handle, worker, `How`) → next task of this worker | NONE
    finish: |isolate, [handle, worker, how, ..]| {
        let how = How::of(how as i32);
        let end = if how == Some(How::Completed) { End::Completed } else { End::Failed };
        let is_broken = how == Some(How::FailedAndBroken);
        let finished = isolate.with(handle, |handle| handle.pool().finish(WorkerId(worker as u32), end, is_broken))?;
        if finished.settled {
            isolate.event_loop.let_go();
        }
        isolate.registers.set(Word::Settled, i32::from(finished.settled));
        isolate.registers.set(Word::Quiet, i32::from(finished.is_quiet));
        Some(number(finished.next))
    };

    // (handle, task, stamp) → `Cancelled`
    cancel: |isolate, [handle, task, stamp, ..]| {
        let cancelled = isolate.with(handle, |handle| {
            let cancelled = handle.pool().cancel(named(task, stamp));
            isolate.registers.set(Word::Quiet, i32::from(handle.pool().is_quiet(handle.face)));
            cancelled
        })?;
        if cancelled != Cancelled::Late {
            isolate.event_loop.let_go();
        }
        let met = match cancelled {
            Cancelled::Waiting => workpool_abi::Cancelled::Waiting,
            Cancelled::Running => workpool_abi::Cancelled::Running,
            Cancelled::Late => workpool_abi::Cancelled::Late,
        };
        Some(met as i32)
    };

    // (handle, task, stamp, priority) → whether the task waits, and stands there now
    set_priority: |isolate, [handle, task, stamp, priority, ..]| {
        isolate.with(handle, |handle| {
            i32::from(handle.pool().set_priority(named(task, stamp), priority_of(priority)))
        })
    };

    // (handle, task, stamp) → whether its function has been called, and has not ended
    has_begun: |isolate, [handle, task, stamp, ..]| {
        isolate.with(handle, |handle| i32::from(handle.pool().has_begun(named(task, stamp))))
    };

    // (handle, group) → whether a task of the group waits, or a function of one runs
    is_group_open: |isolate, [handle, group, ..]| {
        isolate.with(handle, |handle| {
            i32::from(group_of(group, 0.0).is_some_and(|group| handle.pool().is_group_open(group.id)))
        })
    };

    // (handle, task) → the stamp of the task that has this number
    stamp: |isolate, [handle, task, ..]| {
        let task = isolate.with(handle, |handle| handle.pool().task_at(task as u32))?;
        Some(task.map_or(0, |task| task.stamp() as i32))
    };

    // (handle, worker) → next task of this worker | NONE
    booted: |isolate, [handle, worker, ..]| {
        isolate.with(handle, |handle| number(handle.pool().booted(WorkerId(worker as u32))))
    };

    // (handle, worker) → the task that fails for it | NONE; its times are in the numbers
    boot_failed: |isolate, [handle, worker, ..]| {
        let failed = isolate.with(handle, |handle| {
            let (task, _) = handle.pool().boot_failed(WorkerId(worker as u32))?;
            write_times(isolate, handle, task);
            handle.pool().collect(task);
            Some(task)
        })?;
        if failed.is_some() {
            isolate.event_loop.let_go();
        }
        Some(number(failed))
    };

    // (handle, worker): its resource must not be used any more
    invalid: |isolate, [handle, worker, ..]| {
        isolate.with(handle, |handle| handle.pool().invalid(WorkerId(worker as u32)))?;
        Some(0)
    };

    // (handle): a promise is open that keeps the process alive
    hold: |isolate, [handle, ..]| {
        isolate.with(handle, |_| isolate.event_loop.hold())?;
        Some(0)
    };

    // (handle): it has settled
    let_go: |isolate, [handle, ..]| {
        isolate.with(handle, |_| isolate.event_loop.let_go())?;
        Some(0)
    };

    // (handle, worker)
    retired: |isolate, [handle, worker, ..]| {
        isolate.with(handle, |handle| handle.pool().retired(WorkerId(worker as u32)))?;
        Some(0)
    };

    // (handle, task, stamp): number, waitMs, runMs in the numbers
    times: |isolate, [handle, task, stamp, ..]| {
        isolate.with(handle, |handle| write_times(isolate, handle, named(task, stamp)))?;
        Some(0)
    };
}

fn admit(isolate: &Isolate, handle: f64, task: impl FnOnce(FaceId) -> Submission<Call>) -> Option<i32> {
    if !isolate.headroom.is_known() {
        return Some(DEEP);
    }
    let admission = isolate.with(handle, |handle| handle.pool().submit(task(handle.face)))?;
    let (result, task) = match admission {
        Admission::Started(worker, task) => (worker.0 as i32, task),
        Admission::Waiting(task) => (!(task.number() as i32), task),
        Admission::Refused(refusal) => return Some(refused(&isolate.registers, refusal)),
    };
    isolate.event_loop.hold();
    isolate.registers.set(Word::Task, task.number() as i32);
    isolate.registers.set(Word::Stamp, task.stamp() as i32);
    Some(result)
}
