//! Commands: what the core wants this isolate to do.

use napi::sys;
use workpool_abi::{CommandKind, Word};
use workpool_core::TaskId;
use workpool_mailbox::Next;

use crate::{
    convert::holds,
    raw::{call::functions, times::write_times},
};

functions! {
    // () → `CommandKind`; what it is about in the words, a rejected task's times in the numbers
    poll: |isolate, _| {
        let command = match isolate.event_loop.mailbox.pop() {
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
                // If the handle is gone, the task is gone, too.
                isolate.with(f64::from(command.handle), |handle| {
                    let task = TaskId::new(command.first, command.stamp);
                    write_times(isolate, handle, task);
                    handle.pool().collect(task);
                    isolate.registers.set(Word::Quiet, i32::from(handle.pool().is_quiet(handle.face)));
                });
                isolate.event_loop.let_go();
            }
            CommandKind::Start => {
                // Its closure is called next. On the way here the task has waited.
                isolate.with(f64::from(command.handle), |handle| {
                    handle.pool().begin_if_measured(TaskId::new(command.second, command.stamp));
                });
            }
            CommandKind::Watched if holds(command.first) => isolate.event_loop.let_go(),
            _ => {}
        }
        isolate.registers.set(Word::Handle, command.handle as i32);
        isolate.registers.set(Word::First, command.first as i32);
        isolate.registers.set(Word::Second, command.second as i32);
        isolate.registers.set(Word::Third, command.third as i32);
        isolate.registers.set(Word::Stamp, command.stamp as i32);
        *isolate.detail.borrow_mut() = command.detail;
        Some(command.kind as i32)
    };

    // () → kind of what the last command has beside its numbers, which is in the exchange then | NONE
    detail: |isolate, _| Some(isolate.exchange.put_reason(&isolate.registers, isolate.detail.take()));
}
