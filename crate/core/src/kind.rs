//! What the workers of a pool are. The rules ask the kind what they have to know, each question by its name; a rule
//! never lists kinds.

use crate::clock::Nanos;

/// What the workers of a pool are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerKind {
    /// Room for one task of the origin's own isolate, and nothing else.
    Slot,
    /// Something that the host makes before a task can use it, and takes down afterwards: told by
    /// [`Effect::Boot`](crate::Effect::Boot) it answers by `booted` or `boot_failed`, told by
    /// [`Effect::Retire`](crate::Effect::Retire) by `retired`.
    Resource {
        /// Milliseconds after which the slot of a worker that is being taken down is free although the host has not
        /// answered; `None` for never.
        dispose_timeout: Option<u32>,
    },
    /// A thread of its own, which the host starts and takes down like a resource. A thread begins, ends and dies
    /// without the origin of its tasks, and it can be killed.
    Thread {
        /// How long a task that has settled before its end may run on before the host is told to kill its thread.
        grace: Nanos,
    },
}

impl WorkerKind {
    /// Whether a new worker has to be made ready before it takes a task: told by [`Effect::Boot`](crate::Effect::Boot).
    #[must_use]
    pub const fn boots(self) -> bool {
        matches!(self, Self::Resource { .. } | Self::Thread { .. })
    }

    /// Whether the host takes a retired worker down: told by [`Effect::Retire`](crate::Effect::Retire).
    #[must_use]
    pub const fn disposes(self) -> bool {
        matches!(self, Self::Resource { .. } | Self::Thread { .. })
    }

    /// Milliseconds that the host may take for that; `None` for any time.
    #[must_use]
    pub const fn dispose_timeout(self) -> Option<u32> {
        match self {
            Self::Resource { dispose_timeout } => dispose_timeout,
            Self::Slot | Self::Thread { .. } => None,
        }
    }

    /// Whether the host may find, after all its attempts, that a worker cannot be started: said by
    /// [`start_failed`](crate::Pool::start_failed).
    #[must_use]
    pub const fn can_fail_to_start(self) -> bool {
        matches!(self, Self::Thread { .. })
    }

    /// Whether a task that a worker has been given begins only when the worker [takes](crate::Pool::take) it. Until
    /// then a worker that dies gives the task back.
    #[must_use]
    pub const fn begins_later(self) -> bool {
        matches!(self, Self::Thread { .. })
    }

    /// Whether the origin of a task hears of its end later than the core. Then every end leaves a record until the
    /// origin [collects](crate::Pool::collect) it.
    #[must_use]
    pub const fn reports_late(self) -> bool {
        matches!(self, Self::Thread { .. })
    }

    /// Whether what runs goes on when the isolate of its face is gone.
    #[must_use]
    pub const fn outlives_face(self) -> bool {
        matches!(self, Self::Thread { .. })
    }

    /// Whether a worker can end while an effect about it is on its way.
    #[must_use]
    pub const fn ends_alone(self) -> bool {
        matches!(self, Self::Thread { .. })
    }

    /// Whether the host can end a worker in the middle of a task: told by [`Effect::Kill`](crate::Effect::Kill).
    #[must_use]
    pub const fn can_be_killed(self) -> bool {
        self.grace().is_some()
    }

    /// How long a task that has settled before its end may run on before its worker is killed; `None` for ever.
    #[must_use]
    pub const fn grace(self) -> Option<Nanos> {
        match self {
            Self::Thread { grace } => Some(grace),
            Self::Slot | Self::Resource { .. } => None,
        }
    }
}
