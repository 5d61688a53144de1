//! A pool as one isolate sees it.

use std::sync::{Arc, Weak};

use workpool_core::{Effect, Host, MonotonicClock, Nanos, Options, Pool, Reap, Reaper, Rejection};

use crate::{
    isolate,
    outbox::{Command, Kind, Outbox},
};

/// What a pool of closures needs to tell its isolate: where, and under which number. Closures stay in TypeScript,
/// so a task needs no payload.
#[derive(Debug)]
pub(crate) struct Origin {
    outbox: Arc<Outbox>,
    face: u32,
    pool: Weak<Face>,
}

impl Host<()> for Origin {
    fn deliver(&self, effect: Effect<()>) {
        let (kind, first, second) = match effect {
            Effect::Start(worker, task, ()) => (Kind::Start, worker.0, task.0),
            Effect::Boot(worker) => (Kind::Boot, worker.0, 0),
            Effect::Retire(worker) => (Kind::Retire, worker.0, 0),
            Effect::Reject(task, (), rejection) => (Kind::Reject, task.0, reason(rejection)),
            Effect::Watched { token, expired } => (Kind::Watched, token, u32::from(expired)),
        };
        let is_foreign = !isolate::announce(&self.outbox);
        self.outbox.push(Command { kind, face: self.face, first, second }, is_foreign);
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

/// The pool, owned by its isolate; the reaper knows it weakly.
#[derive(Debug)]
pub(crate) struct Face(pub(crate) Pool<(), Origin, MonotonicClock>);

impl Face {
    pub(crate) fn new(options: Options, outbox: Arc<Outbox>, face: u32) -> Arc<Self> {
        Arc::new_cyclic(|pool| {
            let origin = Origin { outbox, face, pool: pool.clone() };
            Self(Pool::new(options, origin, Reaper::global().clock()))
        })
    }
}

impl Reap for Face {
    fn reap(&self, armed: Nanos) -> Option<Nanos> {
        self.0.reap(armed)
    }
}
