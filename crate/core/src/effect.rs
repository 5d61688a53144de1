//! What a transition causes for somebody other than its caller.

use crate::{
    id::{FaceId, TaskId, WorkerId},
    kind::WorkerKind,
};

/// Why an accepted task settles without having ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// It waited when the pool was released.
    Released,
    /// No worker was free within so many milliseconds.
    WaitTimeout(u32),
    /// It ran longer than it may: so many milliseconds.
    TaskTimeout(u32),
    /// Its worker has died under it.
    Crashed,
    /// No worker could be started for it.
    StartFailed,
    /// It ran when the pool was destroyed.
    Destroyed,
    /// It gave way to another task, as the queue was full.
    Displaced,
    /// It waited for too long in a queue that did not empty.
    Shed,
    /// It waited when the queue was cleared.
    Cleared,
    /// It was bound to a worker that took no more tasks before it had begun this one.
    LeftOut,
}

/// What a transition causes for somebody other than its caller. Carried out without the lock, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect<T> {
    /// The origin of the task is to start it on this worker.
    Start(WorkerId, TaskId, T),
    /// The host is to boot this worker.
    Boot(WorkerId),
    /// The host is to look whether this worker, which was idle, can still be used, and to answer by `booted` or
    /// `invalid`.
    Validate(WorkerId),
    /// The host is to take this worker down, which has no task, and to answer by `retired`.
    Retire(WorkerId),
    /// The host has been making this worker for too long: nobody waits for it any more. Or the host has been taking it
    /// down for too long: the worker counts no more. The number stays the worker's until the host answers, if it has
    /// not.
    Overdue(WorkerId),
    /// The host is to end this worker, whatever it does, and to answer by `crashed`.
    Kill(WorkerId),
    /// This worker is to hear that the task which it runs has settled, as the face of the task is gone. Only workers
    /// that [outlive the face](WorkerKind::outlives_face) are told so.
    Abandoned(WorkerId, TaskId, T),
    /// The task settles before a worker has begun it: what the host keeps for the begin is not needed any more. If a
    /// task has begun, its worker has that.
    Forgotten(T),
    /// The origin of the task is to learn that it has settled, and then to `collect` it.
    Reject(TaskId, T, Rejection),
    /// The watch with this token has come true, or its time is up.
    Watched {
        /// Whose watch it is.
        face: FaceId,
        /// As given to `watch`.
        token: u32,
        /// If the time came before the condition: how many workers of what was waited for were left then. `None` if it
        /// has come true.
        left: Option<u32>,
    },
    /// The time of a wait for a vacancy is over.
    NoVacancy {
        /// Whose wait it was.
        face: FaceId,
        /// As given to `await_vacancy`.
        token: u32,
    },
    /// A submit would not have to wait now, and the face calls [`end_turns`](crate::Pool::end_turns) once whoever
    /// waited has had the opportunity; or it would be refused, as the pool is closed or the face has left.
    Vacancy {
        /// Whose wait it was.
        face: FaceId,
        /// As given to `await_vacancy`.
        token: u32,
        /// Whether it would be refused. Then there is no turn to end.
        is_closed: bool,
    },
}

impl<T> Effect<T> {
    /// Whether the effect is about a worker that may be gone when the effect arrives.
    pub(crate) const fn can_outlast_worker(&self, kind: WorkerKind) -> bool {
        match self {
            Self::Start(..) | Self::Retire(_) | Self::Kill(_) => kind.ends_alone(),
            Self::Overdue(_) => true,
            _ => false,
        }
    }
}

pub(crate) type Effects<T> = Vec<Effect<T>>;
