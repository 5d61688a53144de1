//! A pool as the isolates see it that have a face of it.

use std::{
    cell::Cell,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use workpool_core::{Effect, FaceId, Host, MonotonicClock, Nanos, Pool, Reap, Reaper, Rejection, Snapshot};

use crate::{
    cold::CoreOptions,
    isolate,
    outbox::{Command, Kind, Outbox},
    shared,
};

/// Where a face is: in the isolate of this outbox, under this number.
#[derive(Debug, Clone)]
struct Seat {
    outbox: Arc<Outbox>,
    number: u32,
}

/// The isolates that the pool tells what to do. Closures stay in TypeScript, so all that the pool keeps with a task is its face.
#[derive(Debug)]
pub(crate) struct Seats {
    seats: Mutex<HashMap<FaceId, Seat>>,
    pool: Weak<Core>,
}

impl Seats {
    fn lock(&self) -> MutexGuard<'_, HashMap<FaceId, Seat>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, face: FaceId, kind: Kind, first: u32, second: u32) {
        // Without a seat its isolate needs nothing of the pool any more, and the core has ended everything of it.
        let Some(Seat { outbox, number }) = self.lock().get(&face).cloned() else { return };
        let is_foreign = !isolate::announce(&outbox);
        outbox.push(Command { kind, face: number, first, second }, is_foreign);
    }
}

impl Host<FaceId> for Seats {
    fn deliver(&self, effect: Effect<FaceId>) {
        match effect {
            Effect::Start(worker, task, face) => self.tell(face, Kind::Start, worker.0, task.0),
            // Resources belong to the isolate that made the pool; a shared pool has none.
            Effect::Boot(worker) => self.tell(FaceId::FIRST, Kind::Boot, worker.0, 0),
            Effect::Retire(worker) => self.tell(FaceId::FIRST, Kind::Retire, worker.0, 0),
            Effect::Reject(task, face, rejection) => self.tell(face, Kind::Reject, task.0, reason(rejection)),
            Effect::Watched { face, token, expired } => {
                self.tell(face, Kind::Watched, token, u32::from(expired))
            }
            Effect::Vacancy { face, token, is_closed } => {
                self.tell(face, Kind::Watched, token, u32::from(is_closed));
            }
        }
    }

    fn arm(&self, at: Nanos) {
        // Coerced here, as `Weak` coerces by value only.
        let pool: Weak<dyn Reap> = self.pool.clone();
        Reaper::global().arm(at, pool);
    }
}

/// `src/binding.ts` numbers the reasons alike.
fn reason(rejection: Rejection) -> u32 {
    match rejection {
        Rejection::Released => 0,
        Rejection::WaitTimeout => 1,
        Rejection::TaskTimeout => 2,
    }
}

/// A pool, owned by its faces; the reaper and the list of shared pools know it weakly.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) pool: Pool<FaceId, Seats, MonotonicClock>,
    /// Under which it is shared, if it is.
    name: Option<String>,
}

impl Core {
    pub(crate) fn new(options: &CoreOptions, name: Option<String>) -> Arc<Self> {
        let core = Arc::new_cyclic(|core| {
            let seats = Seats { seats: Mutex::default(), pool: core.clone() };
            Self { pool: Pool::new(options.into(), seats, Reaper::global().clock()), name }
        });
        if options.pre_alloc {
            core.pool.reserve(options.size);
        }
        core
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
    /// The face `id` of a pool, in the isolate of `outbox` under `number`.
    pub(crate) fn new(core: Arc<Core>, id: FaceId, outbox: Arc<Outbox>, number: u32) -> Self {
        core.pool.host().lock().insert(id, Seat { outbox, number });
        Self { core, id, has_left: Cell::new(false) }
    }

    pub(crate) fn pool(&self) -> &Pool<FaceId, Seats, MonotonicClock> {
        &self.core.pool
    }

    /// Submits nothing any more; gives the generation that this closes, if it was the last one to submit.
    pub(crate) fn leave(&self) -> Option<u32> {
        self.has_left.set(true);
        self.pool().leave(self.id)
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
        let was_last = self.pool().depart(self.id);
        self.free_name(was_last);
        self.pool().host().lock().remove(&self.id);
    }
}
