//! The threads of a pool, and what is on its way to them.

use std::sync::Arc;

use workpool_abi::CommandKind;
use workpool_core::{SpinLock, TaskId, WorkerId};
use workpool_mailbox::Sender;

use crate::{
    alert::Alert,
    calls::Calls,
    exports::Exports,
    mailbox::{Command, Mailbox},
    value::Value,
};

/// A reason that TypeScript has encoded, for the tasks that are rejected for it.
#[derive(Debug)]
pub(crate) struct Reason(SpinLock<Option<Arc<Value>>>);

impl Default for Reason {
    fn default() -> Self {
        Self(SpinLock::new(None))
    }
}

impl Reason {
    /// `None`: there was no memory for the reason.
    pub(crate) fn set(&self, reason: Option<Value>) {
        let reason = reason.map(Arc::new);
        let old = std::mem::replace(&mut *self.0.lock(), reason);
        drop(old); // without the lock
    }

    pub(crate) fn get(&self) -> Option<Arc<Value>> {
        self.0.lock().clone()
    }
}

/// An isolate that has entered as a worker.
#[derive(Debug, Clone)]
struct Entered {
    mailbox: Arc<Mailbox>,
    alert: Arc<Alert>,
    /// Node's number of the thread.
    thread_id: u32,
}

/// What a pool of threads has beyond one of closures.
#[derive(Debug)]
pub(crate) struct Threads {
    pub(crate) calls: Calls,
    pub(crate) exports: Exports,
    /// By number of the worker.
    entered: SpinLock<Vec<Option<Entered>>>,
    /// The names by which broadcasts are sticky; the core knows them by their place.
    stickies: SpinLock<Vec<String>>,
    /// Why the last thread died, and why the last one could not start. The owner says so before it tells the core.
    pub(crate) crash: Reason,
    pub(crate) start_failure: Reason,
}

impl Default for Threads {
    fn default() -> Self {
        Self {
            calls: Calls::default(),
            exports: Exports::default(),
            entered: SpinLock::new(Vec::new()),
            stickies: SpinLock::new(Vec::new()),
            crash: Reason::default(),
            start_failure: Reason::default(),
        }
    }
}

impl Threads {
    /// The number of a name by which a broadcast is sticky.
    pub(crate) fn sticky(&self, name: String) -> u32 {
        let mut names = self.stickies.lock();
        let known = names.iter().position(|known| *known == name);
        known.unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        }) as u32
    }

    /// The name of a number.
    pub(crate) fn sticky_name(&self, number: u32) -> String {
        self.stickies.lock().get(number as usize).cloned().unwrap_or_default()
    }

    /// An isolate is ready to be this worker.
    pub(crate) fn enter(&self, worker: WorkerId, mailbox: Arc<Mailbox>, alert: Arc<Alert>, thread_id: u32) {
        let mut entered = self.entered.lock();
        let index = worker.0 as usize;
        if entered.len() <= index {
            entered.resize(index + 1, None);
        }
        let old = entered[index].replace(Entered { mailbox, alert, thread_id });
        drop(entered);
        drop(old); // without the lock
    }

    /// Node's number of the thread that has entered as this worker. It may have ended.
    pub(crate) fn thread_id(&self, worker: WorkerId) -> Option<u32> {
        self.entered.lock().get(worker.0 as usize)?.as_ref().map(|entered| entered.thread_id)
    }

    fn mailbox(&self, worker: WorkerId) -> Option<Arc<Mailbox>> {
        self.entered.lock().get(worker.0 as usize)?.as_ref().map(|entered| entered.mailbox.clone())
    }

    /// Something has happened to a task that one of the threads may run. Which thread that is the core knows; it is cheaper to have all
    /// of those ask that look than to ask for it here.
    pub(crate) fn alert_all(&self) {
        for Entered { alert, .. } in self.entered.lock().iter().flatten() {
            alert.raise();
        }
    }

    /// Gives a task to a worker that has entered.
    pub(crate) fn start(&self, worker: WorkerId, task: TaskId) {
        // If the thread has died meanwhile, the task goes back to the queue when the death is reported.
        if let Some(mailbox) = self.mailbox(worker) {
            mailbox.push_task(task);
        }
    }

    /// Tells a worker to abort the signal of a task, if the worker runs the task by then. `if_settled`: and only if the task has settled.
    /// The core knows of the abort. A function that looks by itself sees it before the signal aborts.
    pub(crate) fn abort(&self, worker: WorkerId, task: TaskId, if_settled: bool, reason: Option<Arc<Value>>) {
        let (first, second, stamp) = (task.number(), u32::from(if_settled), task.stamp());
        let entered = self.entered.lock().get(worker.0 as usize).cloned().flatten();
        if let Some(Entered { mailbox, alert, .. }) = entered {
            alert.raise();
            let command = Command {
                kind: CommandKind::Abort,
                handle: 0,
                first,
                second,
                third: 0,
                stamp,
                detail: reason,
            };
            mailbox.push(command, Sender::Other);
        }
    }
}
