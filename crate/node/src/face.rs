//! A pool as the isolates see it that have a face of it.

use std::{
    cell::Cell,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use workpool_abi::{CommandKind, Vacancy, watched};
use workpool_core::{
    Effect, FaceId, Host, MonotonicClock, Nanos, Payload, Pool, Reap, Reaper, Rejection, Snapshot, SpinLock,
    TaskId, WorkerId,
};
use workpool_mailbox::Sender;

use crate::{
    calls::{Call, Calls, NoMemory, Value},
    cold::CoreOptions,
    hot::Times,
    isolate,
    mailbox::{Command, Mailbox, Outcome},
    shared,
};

/// Where a face is: in the isolate of this mailbox, under this number.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    mailbox: Arc<Mailbox>,
    number: u32,
}

impl Seat {
    /// Tells the origin of a task how it has ended.
    pub(crate) fn tell_outcome(&self, task: TaskId, failed: Option<Times>, printed: bool, value: Value) {
        self.mailbox.push_outcome(Outcome { face: self.number, task, failed, printed, value });
    }
}

/// The isolates that the pool tells what to do.
#[derive(Debug)]
pub(crate) struct Seats {
    seats: Mutex<HashMap<FaceId, Seat>>,
    pool: Weak<Core>,
    /// What a pool of threads has beyond one of closures.
    pub(crate) threads: Option<Threads>,
}

/// The threads of a pool, and what is on its way to them.
#[derive(Debug)]
pub(crate) struct Threads {
    pub(crate) calls: Calls,
    /// Names of exports that tasks are for; a task carries the place of its own.
    names: Mutex<Names>,
    /// By number of the worker: the isolates that have entered as one.
    mailboxes: SpinLock<Vec<Option<Arc<Mailbox>>>>,
    /// Why the last thread died, and why the last one could not start. The owner says so before it tells the core.
    pub(crate) crash: Reason,
    pub(crate) start_failure: Reason,
}

/// Names of exports, each with its place. Only what a module exports is here: callers may name anything.
#[derive(Debug)]
struct Names {
    list: Vec<String>,
    places: HashMap<String, u32>,
}

impl Names {
    /// The export that is called if none is named has its place before a thread has loaded.
    fn new() -> Self {
        let mut names = Self { list: Vec::new(), places: HashMap::new() };
        names.add("default".to_owned());
        names
    }

    fn add(&mut self, name: String) {
        if !self.places.contains_key(&name) {
            self.places.insert(name.clone(), self.list.len() as u32);
            self.list.push(name);
        }
    }
}

/// A reason that TypeScript has encoded, for whoever is rejected for it.
#[derive(Debug)]
pub(crate) struct Reason(SpinLock<Option<Arc<Value>>>);

impl Reason {
    fn new() -> Self {
        Self(SpinLock::new(None))
    }

    /// `None`: there was no memory for it.
    pub(crate) fn set(&self, reason: Option<Value>) {
        let reason = reason.map(Arc::new);
        let old = std::mem::replace(&mut *self.0.lock(), reason);
        drop(old); // without the lock
    }

    pub(crate) fn get(&self) -> Option<Arc<Value>> {
        self.0.lock().clone()
    }
}

impl Threads {
    fn new() -> Self {
        Self {
            calls: Calls::default(),
            names: Mutex::new(Names::new()),
            mailboxes: SpinLock::new(Vec::new()),
            crash: Reason::new(),
            start_failure: Reason::new(),
        }
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread has loaded the module, which exports these functions: they have places from now on, for good.
    pub(crate) fn export(&self, names: Vec<String>) {
        let mut known = self.names();
        for name in names {
            known.add(name);
        }
    }

    /// The place of a name, if a thread has an export of it.
    pub(crate) fn place_of(&self, name: &str) -> Option<u32> {
        self.names().places.get(name).copied()
    }

    /// The name at a place.
    pub(crate) fn name_at(&self, place: u32) -> Option<String> {
        self.names().list.get(place as usize).cloned()
    }

    /// An isolate is ready to be this worker.
    pub(crate) fn enter(&self, worker: WorkerId, mailbox: Arc<Mailbox>) {
        let mut mailboxes = self.mailboxes.lock();
        let index = worker.0 as usize;
        if mailboxes.len() <= index {
            mailboxes.resize(index + 1, None);
        }
        mailboxes[index] = Some(mailbox);
    }

    fn mailbox(&self, worker: WorkerId) -> Option<Arc<Mailbox>> {
        self.mailboxes.lock().get(worker.0 as usize).cloned().flatten()
    }

    /// Gives a worker, which has entered, a task.
    pub(crate) fn start(&self, worker: WorkerId, task: TaskId) {
        // If it has died meanwhile, the task goes back when its end is reported.
        if let Some(mailbox) = self.mailbox(worker) {
            mailbox.push_task(task);
        }
    }

    /// Tells a worker to abort the signal of a task, if it runs it by then; `if_settled`: and if the task has settled.
    pub(crate) fn abort(&self, worker: WorkerId, task: TaskId, if_settled: bool, reason: Option<Arc<Value>>) {
        let (first, second, stamp) = (task.number(), u32::from(if_settled), task.stamp());
        if let Some(mailbox) = self.mailbox(worker) {
            let command =
                Command { kind: CommandKind::Abort, face: 0, first, second, third: 0, stamp, detail: reason };
            mailbox.push(command, Sender::Other);
        }
    }
}

impl Seats {
    fn lock(&self) -> MutexGuard<'_, HashMap<FaceId, Seat>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a face is.
    pub(crate) fn seat(&self, face: FaceId) -> Option<Seat> {
        self.lock().get(&face).cloned()
    }

    pub(crate) fn tell(&self, face: FaceId, kind: CommandKind, first: u32, second: u32) {
        self.push(face, Command::new(kind, first, second));
    }

    /// Asks the origin of a task for its argument, which goes to the worker by the message port.
    pub(crate) fn tell_to_post(&self, face: FaceId, worker: WorkerId, task: TaskId) {
        let command = Command::new(CommandKind::Post, worker.0, task.number());
        self.push(face, Command { stamp: task.stamp(), ..command });
    }

    /// Hands a command to the isolate of the face, under its number there.
    fn push(&self, face: FaceId, command: Command) {
        // Without a seat its isolate needs nothing of the pool any more, and the core has ended everything of it.
        let Some(Seat { mailbox, number }) = self.seat(face) else { return };
        let sender = isolate::sender(&mailbox);
        mailbox.push(Command { face: number, ..command }, sender);
    }

    /// The same for several.
    fn push_all(&self, face: FaceId, mut commands: Vec<Command>) {
        let Some(Seat { mailbox, number }) = self.seat(face) else { return };
        commands.iter_mut().for_each(|command| command.face = number);
        let sender = isolate::sender(&mailbox);
        mailbox.push_all(commands, sender);
    }

    /// What an isolate is to do for an effect, if it is one that has to; anything else is done at once.
    fn command(&self, effect: Effect<Call>) -> Option<(FaceId, Command)> {
        // Resources and threads belong to the isolate that made the pool.
        let to_owner = |kind, worker: WorkerId| Some((FaceId::FIRST, Command::new(kind, worker.0, 0)));
        match effect {
            Effect::Start(worker, task, call) => {
                if let Some(threads) = &self.threads {
                    threads.start(worker, task);
                    return None;
                }
                Some((call.face(), Command::new(CommandKind::Start, worker.0, task.number())))
            }
            Effect::Boot(worker) => to_owner(CommandKind::Boot, worker),
            Effect::Retire(worker) => to_owner(CommandKind::Retire, worker),
            Effect::Overdue(worker) => to_owner(CommandKind::Overdue, worker),
            Effect::Kill(worker) => to_owner(CommandKind::Kill, worker),
            Effect::Reject(task, call, rejection) => {
                let detail = self.threads.as_ref().and_then(|threads| match rejection {
                    Rejection::Crashed => threads.crash.get(),
                    Rejection::StartFailed => threads.start_failure.get(),
                    _ => None,
                });
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

impl Host<Call> for Seats {
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
        // As a rule all are for one face.
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
        // Coerced here, as `Weak` coerces by value only.
        let pool: Weak<dyn Reap> = self.pool.clone();
        Reaper::global().arm(at, pool)
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
    };
    (reason as u32, limit)
}

/// A pool, owned by its faces; the reaper and the list of shared pools know it weakly.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) pool: Pool<Call, Seats, MonotonicClock>,
    /// Under which it is shared, if it is.
    name: Option<String>,
    /// Most tasks that one worker has at once.
    pub(crate) concurrency: u32,
}

impl Core {
    pub(crate) fn new(options: &CoreOptions, name: Option<String>) -> Result<Arc<Self>, NoMemory> {
        let core = Arc::new_cyclic(|core| {
            let threads = options.kind.is_thread().then(Threads::new);
            let seats = Seats { seats: Mutex::default(), pool: core.clone(), threads };
            let pool = Pool::new(options.into(), seats, Reaper::global().clock());
            Self { pool, name, concurrency: options.concurrency }
        });
        if options.pre_alloc {
            core.pool.reserve(options.size).map_err(|_| NoMemory)?;
        }
        Ok(core)
    }
}

impl Reap for Core {
    fn reap(&self, armed: Nanos) -> Option<Nanos> {
        self.pool.reap(armed)
    }
}

/// What an isolate has of a pool. When it is dropped, because nobody needs it any more or because the isolate ends, the face
/// departs.
#[derive(Debug)]
pub(crate) struct Face {
    core: Arc<Core>,
    pub(crate) id: FaceId,
    /// Whether it submits nothing any more: to its own isolate the pool is closed.
    has_left: Cell<bool>,
}

impl Face {
    /// Whether the threads of the pool are those of this isolate, by this face.
    pub(crate) fn is_owner(&self) -> bool {
        self.id == FaceId::FIRST && self.pool().host().threads.is_some()
    }

    /// Whether the isolate of this mailbox has the pool's threads.
    pub(crate) fn is_owned_by(&self, mailbox: &Arc<Mailbox>) -> bool {
        self.pool().host().seat(FaceId::FIRST).is_some_and(|seat| Arc::ptr_eq(&seat.mailbox, mailbox))
    }

    /// The face `id` of a pool, in the isolate of `mailbox` under `number`.
    pub(crate) fn new(core: Arc<Core>, id: FaceId, mailbox: Arc<Mailbox>, number: u32) -> Self {
        core.pool.host().lock().insert(id, Seat { mailbox, number });
        Self { core, id, has_left: Cell::new(false) }
    }

    pub(crate) fn pool(&self) -> &Pool<Call, Seats, MonotonicClock> {
        &self.core.pool
    }

    /// What a pool of threads has beyond one of closures.
    pub(crate) fn threads(&self) -> Option<&Threads> {
        self.pool().host().threads.as_ref()
    }

    pub(crate) const fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Submits nothing any more; gives the generation that this closes, if it was the last one to submit.
    pub(crate) fn leave(&self) -> Option<u64> {
        self.has_left.set(true);
        self.pool().leave(self.id)
    }

    /// Whether a task of this face could start now.
    pub(crate) fn has_room(&self) -> bool {
        !self.has_left.get() && self.pool().has_room()
    }

    /// Everything that `stats` and the getters show.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let snapshot = self.pool().snapshot();
        Snapshot { is_closed: snapshot.is_closed || self.has_left.get(), ..snapshot }
    }

    /// Gives up its place in the pool, which ends with its last one; what else this isolate wants to know of the pool it is told.
    pub(crate) fn resign(&self) {
        let was_last = self.pool().resign(self.id);
        self.free_name(was_last);
    }

    fn free_name(&self, was_last: bool) {
        if let (true, Some(name)) = (was_last, &self.core.name) {
            shared::forget(name, &self.core);
        }
    }
}

impl Drop for Face {
    fn drop(&mut self) {
        // Its threads have ended before it, as Node ends those of an isolate first. Whoever asks for the name gets a new pool.
        if self.is_owner() {
            self.pool().orphan();
            self.free_name(true);
        }
        let was_last = self.pool().depart(self.id);
        self.free_name(was_last);
        self.pool().host().lock().remove(&self.id);
    }
}
