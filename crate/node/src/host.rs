//! The host of a pool's core: it tells isolates what the core wants done.

use std::{
    collections::HashMap,
    ffi::CString,
    hash::{BuildHasher, Hasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use workpool_abi::{CommandKind, Vacancy, watched};
use workpool_core::{Effect, FaceId, Host, Nanos, Payload, Reap, Reaper, Rejection, TaskId, WorkerId};

use crate::{
    calls::Call,
    event_loop,
    mailbox::{Command, Mailbox, News, Outcome},
    native::{job::Job, natives::Natives},
    progress::Progress,
    threads::Threads,
    times::Times,
    value::Value,
};

/// For a job that is no task any more.
const NO_TASK: TaskId = TaskId::new(0, 0);

/// Where a face of a pool is: in the isolate of this mailbox, under the number of its handle.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    mailbox: Arc<Mailbox>,
    handle: u32,
}

impl Address {
    /// Tells the origin of a task how it has ended.
    pub(crate) fn tell_outcome(&self, task: TaskId, failed: Option<Times>, printed: bool, value: Value) {
        let news = News::End { failed, printed, value };
        self.mailbox.push_outcome(Outcome { handle: self.handle, task, news });
    }

    /// Tells the origin of a task that the task has come further.
    pub(crate) fn tell_progress(&self, task: TaskId, progress: Arc<Progress>) {
        self.mailbox.push_outcome(Outcome { handle: self.handle, task, news: News::Progress(progress) });
    }

    /// Tells the origin of a native job how the job has ended; `failure`: what it has said, and its times.
    pub(crate) fn tell_job(&self, task: TaskId, job: Job, failure: Option<(CString, Times)>) {
        self.mailbox.push_outcome(Outcome { handle: self.handle, task, news: News::Job { job, failure } });
    }

    /// Has a native job disposed of in the isolate that it came from. If that has ended, it is disposed of here.
    pub(crate) fn dispose(&self, task: TaskId, job: Job) {
        self.mailbox.push_outcome(Outcome { handle: self.handle, task, news: News::Disposal(job) });
    }

    /// Whether this is the isolate of `mailbox`.
    pub(crate) fn is_at(&self, mailbox: &Arc<Mailbox>) -> bool {
        Arc::ptr_eq(&self.mailbox, mailbox)
    }
}

/// The isolates that the pool tells what to do.
#[derive(Debug)]
pub(crate) struct Addresses {
    by_face: Mutex<HashMap<FaceId, Address>>,
    /// The pool itself, for the reaper.
    pool: Weak<dyn Reap>,
    /// What a pool of threads has beyond one of closures.
    pub(crate) threads: Option<Threads>,
    /// What a pool of native jobs has beyond that.
    pub(crate) natives: Option<Natives>,
}

impl Addresses {
    pub(crate) fn new(pool: Weak<dyn Reap>, threads: Option<Threads>, natives: Option<Natives>) -> Self {
        Self { by_face: Mutex::default(), pool, threads, natives }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<FaceId, Address>> {
        self.by_face.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a face is.
    pub(crate) fn of(&self, face: FaceId) -> Option<Address> {
        self.lock().get(&face).cloned()
    }

    /// The face is in the isolate of this mailbox, under this number.
    pub(crate) fn add(&self, face: FaceId, mailbox: Arc<Mailbox>, handle: u32) {
        self.lock().insert(face, Address { mailbox, handle });
    }

    /// The isolate of the face needs nothing of the pool any more.
    pub(crate) fn remove(&self, face: FaceId) {
        self.lock().remove(&face);
    }

    pub(crate) fn tell(&self, face: FaceId, kind: CommandKind, first: u32, second: u32) {
        self.push(face, Command::new(kind, first, second));
    }

    /// Asks the origin of a task to send the argument to the worker by the message port.
    pub(crate) fn request_argument(&self, face: FaceId, worker: WorkerId, task: TaskId) {
        let command = Command::new(CommandKind::SendArgument, worker.0, task.number());
        self.push(face, Command { stamp: task.stamp(), ..command });
    }

    /// Hands a command to the isolate of the face, under its number there.
    fn push(&self, face: FaceId, command: Command) {
        // Without an address the isolate needs nothing of the pool any more, and the core has ended everything of the face.
        let Some(Address { mailbox, handle }) = self.of(face) else { return };
        let sender = event_loop::sender(&mailbox);
        mailbox.push(Command { handle, ..command }, sender);
    }

    /// As `push`, for several commands.
    fn push_all(&self, face: FaceId, mut commands: Vec<Command>) {
        let Some(Address { mailbox, handle }) = self.of(face) else { return };
        commands.iter_mut().for_each(|command| command.handle = handle);
        let sender = event_loop::sender(&mailbox);
        mailbox.push_all(commands, sender);
    }

    /// Has the threads of a pool of native jobs do their part of an effect. `None`: nobody else has one.
    fn see_to(&self, natives: &Natives, effect: Effect<Call>) -> Option<()> {
        match effect {
            Effect::Start(worker, task, _) => natives.start(worker, task),
            Effect::Boot(worker) => natives.boot(worker),
            Effect::Retire(worker) => natives.retire(worker),
            Effect::Abandoned(worker, task, _) => natives.interrupt(worker, task),
            Effect::Forgotten(call) => {
                let job = natives.jobs.take(call.ticket())?;
                // Without an address the job is dropped, and by that disposed of.
                self.of(call.face())?.dispose(NO_TASK, job);
            }
            Effect::Reject(task, _, Rejection::TaskTimeout(_)) => {
                natives.interrupt_wherever(task);
                return Some(());
            }
            _ => return Some(()),
        }
        None
    }

    /// The command for an effect that an isolate has to see to. What concerns no isolate is done at once, and there is no command.
    fn command(&self, effect: Effect<Call>) -> Option<(FaceId, Command)> {
        if let Some(natives) = &self.natives {
            self.see_to(natives, effect)?;
        }
        // Resources and threads belong to the isolate that made the pool.
        let to_owner = |kind, worker: WorkerId| Some((FaceId::FIRST, Command::new(kind, worker.0, 0)));
        match effect {
            Effect::Start(worker, task, call) => {
                if let Some(threads) = &self.threads {
                    threads.start(worker, task);
                    return None;
                }
                let command = Command::new(CommandKind::Start, worker.0, task.number());
                Some((call.face(), Command { stamp: task.stamp(), ..command }))
            }
            Effect::Boot(worker) => to_owner(CommandKind::Boot, worker),
            Effect::Validate(worker) => to_owner(CommandKind::Validate, worker),
            Effect::Retire(worker) => to_owner(CommandKind::Retire, worker),
            Effect::Overdue(worker) => to_owner(CommandKind::Overdue, worker),
            Effect::Kill(worker) => to_owner(CommandKind::Kill, worker),
            Effect::Reject(task, call, rejection) => {
                let detail = self.threads.as_ref().and_then(|threads| match rejection {
                    Rejection::Crashed => threads.crash.get(),
                    Rejection::StartFailed => threads.start_failure.get(),
                    _ => None,
                });
                if let (Some(threads), Rejection::TaskTimeout(_)) = (&self.threads, rejection) {
                    // At once, as the origin may be blocked.
                    threads.alert_all();
                }
                let (second, third) = reason(rejection);
                let command = Command::new(CommandKind::Reject, task.number(), second);
                Some((call.face(), Command { third, stamp: task.stamp(), detail, ..command }))
            }
            Effect::Abandoned(worker, task, _) => {
                if let Some(threads) = &self.threads {
                    threads.abort(worker, task, true, None);
                }
                None
            }
            Effect::Forgotten(call) => {
                if let Some(threads) = &self.threads {
                    threads.calls.forget(call);
                }
                None
            }
            Effect::Watched { face, token, left } => {
                Some((face, Command::new(CommandKind::Watched, token, watched(left))))
            }
            Effect::NoVacancy { face, token } => {
                Some((face, Command::new(CommandKind::Watched, token, Vacancy::Late as u32)))
            }
            Effect::Vacancy { face, token, is_closed } => {
                let vacancy = if is_closed { Vacancy::Closed } else { Vacancy::Told };
                Some((face, Command::new(CommandKind::Watched, token, vacancy as u32)))
            }
        }
    }
}

impl Host<Call> for Addresses {
    fn deliver(&self, effect: Effect<Call>) {
        if let Some((face, command)) = self.command(effect) {
            self.push(face, command);
        }
    }

    fn deliver_all(&self, effects: Vec<Effect<Call>>) {
        if effects.len() == 1 {
            effects.into_iter().for_each(|effect| self.deliver(effect));
            return;
        }
        // As a rule all commands are for one face.
        let mut of = None;
        let mut commands = Vec::new();
        for (face, command) in effects.into_iter().filter_map(|effect| self.command(effect)) {
            if of != Some(face)
                && let Some(of) = of.replace(face)
            {
                self.push_all(of, std::mem::take(&mut commands));
            }
            commands.push(command);
        }
        if let Some(face) = of {
            self.push_all(face, commands);
        }
    }

    fn arm(&self, at: Nanos) -> bool {
        Reaper::global().arm(at, self.pool.clone())
    }

    fn random(&self) -> u32 {
        // The keys of each are others, and its hash of nothing is as random as they are.
        RandomState::new().build_hasher().finish() as u32
    }

    fn keeps_time(&self) -> bool {
        Reaper::global().start().is_ok()
    }
}

/// The reason, and the limit that was exceeded, in milliseconds.
fn reason(rejection: Rejection) -> (u32, u32) {
    let (reason, limit) = match rejection {
        Rejection::Released => (workpool_abi::Rejection::Released, 0),
        Rejection::WaitTimeout(limit) => (workpool_abi::Rejection::WaitTimeout, limit),
        Rejection::TaskTimeout(limit) => (workpool_abi::Rejection::TaskTimeout, limit),
        Rejection::Crashed => (workpool_abi::Rejection::Crashed, 0),
        Rejection::StartFailed => (workpool_abi::Rejection::StartFailed, 0),
        Rejection::Destroyed => (workpool_abi::Rejection::Destroyed, 0),
        Rejection::Displaced => (workpool_abi::Rejection::Displaced, 0),
        Rejection::Shed => (workpool_abi::Rejection::Shed, 0),
        Rejection::Cleared => (workpool_abi::Rejection::Cleared, 0),
        Rejection::LeftOut => (workpool_abi::Rejection::LeftOut, 0),
    };
    (reason as u32, limit)
}
