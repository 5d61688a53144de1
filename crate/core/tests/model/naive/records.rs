//! What the model keeps of tasks, workers, faces and those who wait.

use workpool_core::{
    Condition, FaceId, GroupId, Interruption, Key, Nanos, Reservation, Submission, TaskGroup, TaskId,
    UNBOUNDED, WorkerId,
};

use crate::recorder::Job;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskState {
    Waiting,
    /// Waits for this worker, and no other one may have it.
    Bound(WorkerId),
    /// Given to a worker.
    Running(WorkerId),
    /// Settled in another way than by its end, which is still to come.
    Abandoned(WorkerId),
    Over,
}

/// What limits how many run at once: a key, or a group with a limit, which stands for a key.
pub(crate) type Kin = (Option<Key>, Option<TaskGroup>);

pub(crate) fn kin(submission: &Submission<Job>) -> Kin {
    let group = submission.group.filter(|group| group.limit < UNBOUNDED);
    (if group.is_some() { None } else { submission.key }, group)
}

#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) id: TaskId,
    pub(crate) state: TaskState,
    /// Its function has been called; or a worker for which tasks begin later has looked at it, and found that it had settled.
    pub(crate) is_taken: bool,
    /// Its function goes on after its call.
    pub(crate) is_limited: bool,
    /// Whether its origin has still to collect how it settled.
    pub(crate) is_uncollected: bool,
    /// Why its function had better end.
    pub(crate) interruption: Option<Interruption>,
    /// Part of a broadcast: its time counts from the call.
    pub(super) is_bound: bool,
    /// The pool measured when it was accepted.
    pub(super) is_measured: bool,
    pub(super) submission: Submission<Job>,
    pub(crate) number: u64,
    /// After how many accepted tasks, and how many changes of a priority, it came to where it stands.
    pub(super) arrival: (u64, u64),
    pub(super) called_at: Nanos,
    pub(super) accepted_at: Nanos,
    pub(super) submitted_at: Nanos,
    pub(super) begun_at: Nanos,
    pub(super) deadline: Option<Nanos>,
}

impl Task {
    pub(crate) fn worker(&self) -> Option<WorkerId> {
        match self.state {
            TaskState::Running(worker) | TaskState::Abandoned(worker) => Some(worker),
            TaskState::Waiting | TaskState::Bound(_) | TaskState::Over => None,
        }
    }

    pub(crate) fn payload(&self) -> Job {
        self.submission.payload
    }

    pub(super) fn kin(&self) -> Kin {
        kin(&self.submission)
    }

    pub(super) fn face(&self) -> FaceId {
        self.submission.payload.face
    }

    /// Whether it belongs to the group, and waits or has a worker.
    pub(super) fn is_open_in(&self, group: GroupId) -> bool {
        self.state != TaskState::Over && self.submission.group.is_some_and(|own| own.id == group)
    }

    pub(crate) fn is_settled(&self) -> bool {
        matches!(self.state, TaskState::Abandoned(_) | TaskState::Over)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkerState {
    Booting,
    Validating,
    Running,
    Idle(Nanos),
    Stopping,
    /// Still booting, although nobody waits for it any more.
    Late,
}

#[derive(Debug, Clone)]
pub(crate) struct Worker {
    pub(crate) id: WorkerId,
    pub(crate) state: WorkerState,
    /// How many were started before.
    pub(super) ordinal: u64,
    pub(super) generation: u64,
    /// Slots of capacity that it takes: as many as its task weighs.
    pub(super) slots: u32,
    /// It gets no more tasks.
    pub(super) is_ending: bool,
    /// Until when the others on it are spared, if a task has not heeded that it had settled.
    pub(super) spared_until: Option<Nanos>,
    /// How many tasks it has been given.
    pub(super) uses: u32,
    /// Until when it is to have been made, may be used, or is to have been taken down.
    pub(super) term: Option<Nanos>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaceState {
    Staying,
    Left,
    Departed,
}

#[derive(Debug, Clone)]
pub(crate) struct Face {
    pub(crate) id: FaceId,
    pub(crate) state: FaceState,
}

/// Who awaits a vacancy.
#[derive(Debug, Clone)]
pub(super) struct Waiter {
    pub(super) face: FaceId,
    pub(super) token: u32,
    pub(super) priority: u64,
    /// How many tasks had been accepted before, and how many priorities had been changed.
    pub(super) after: (u64, u64),
    pub(super) deadline: Option<Nanos>,
    pub(super) key: Option<Key>,
    pub(super) weight: u32,
    pub(super) called_at: Nanos,
}

/// Who has been told of one, in a turn that is not over.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    pub(super) face: FaceId,
    pub(super) weight: u32,
    pub(super) is_used: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub(super) face: FaceId,
    pub(super) token: u32,
    pub(super) condition: Condition,
    pub(super) expires_at: Option<Nanos>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    Closing,
    Closed,
}

/// What workers do first that start after so many others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stuck {
    pub(crate) name: u32,
    pub(crate) payload: Job,
    pub(crate) timeout: u32,
    pub(crate) order: u64,
    pub(super) from: u64,
}

/// A batch that has places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch {
    pub(crate) reservation: Reservation,
    /// What its tasks are, but for their numbers.
    pub(crate) submission: Submission<Job>,
    pub(crate) left: u32,
    /// Slots that each task takes.
    pub(crate) weight: u32,
    pub(crate) is_kept: bool,
}
