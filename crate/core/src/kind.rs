//! What the workers of a pool are. The rules ask the kind what they have to know, each question by its name; a rule
//! never lists kinds.

use crate::clock::Nanos;

/// How the resources of a pool are looked after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Care {
    /// Milliseconds that the host may take to make a resource; `None` for any time. Then the task that waits for it is
    /// rejected, and the resource is taken down as soon as it is there.
    pub init_timeout: Option<u32>,
    /// Milliseconds after which the slot of a worker that is being taken down is free although the host has not
    /// answered; `None` for never.
    pub dispose_timeout: Option<u32>,
    /// A worker that has been idle for so long is told by [`Effect::Validate`](crate::Effect::Validate) before it takes
    /// a task; `None`: no worker is.
    pub validate_after: Option<Nanos>,
    /// Most tasks that a worker takes in its life; 0 for no limit.
    pub max_uses: u32,
    /// How long a worker is used, from the moment in which it was ready; `None` for ever.
    pub max_age: Option<Nanos>,
}

impl Care {
    /// No rule beyond that a resource is made and taken down.
    pub const NONE: Self =
        Self { init_timeout: None, dispose_timeout: None, validate_after: None, max_uses: 0, max_age: None };
}

/// What the workers of a pool are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerKind {
    /// Room for one task of the origin's own isolate, and nothing else.
    Slot,
    /// Something that the host makes before a task can use it, and takes down afterwards: told by
    /// [`Effect::Boot`](crate::Effect::Boot) it answers by `booted` or `boot_failed`, told by
    /// [`Effect::Retire`](crate::Effect::Retire) by `retired`.
    Resource(Care),
    /// A thread of its own, which the host starts and takes down like a resource. A thread begins, ends and dies
    /// without the origin of its tasks, and it can be killed.
    Thread {
        /// How long a task that has settled before its end may run on before the host is told to kill its thread.
        grace: Nanos,
    },
    /// A thread of the operating system, which belongs to the process and to no isolate. It
    /// begins and ends tasks without their origin. Nothing ends it in the midst of one.
    Native,
}

impl WorkerKind {
    /// Whether a new worker has to be made ready before it takes a task: told by [`Effect::Boot`](crate::Effect::Boot).
    #[must_use]
    pub const fn boots(self) -> bool {
        matches!(self, Self::Resource(_) | Self::Thread { .. } | Self::Native)
    }

    /// Whether the host takes a retired worker down: told by [`Effect::Retire`](crate::Effect::Retire).
    #[must_use]
    pub const fn disposes(self) -> bool {
        matches!(self, Self::Resource(_) | Self::Thread { .. } | Self::Native)
    }

    /// Milliseconds that the host may take for that; `None` for any time.
    #[must_use]
    pub const fn dispose_timeout(self) -> Option<u32> {
        match self {
            Self::Resource(care) => care.dispose_timeout,
            Self::Slot | Self::Thread { .. } | Self::Native => None,
        }
    }

    /// Milliseconds that the host may take to make a worker ready; `None` for any time, of which the host sees to
    /// itself.
    #[must_use]
    pub const fn boot_timeout(self) -> Option<u32> {
        match self {
            Self::Resource(care) => care.init_timeout,
            Self::Slot | Self::Thread { .. } | Self::Native => None,
        }
    }

    /// After how long an idle worker is to be validated before it takes a task; `None` for never.
    #[must_use]
    pub const fn validate_after(self) -> Option<Nanos> {
        match self {
            Self::Resource(care) => care.validate_after,
            Self::Slot | Self::Thread { .. } | Self::Native => None,
        }
    }

    /// Most tasks that a worker takes in its life; 0 for no limit.
    #[must_use]
    pub const fn max_uses(self) -> u32 {
        match self {
            Self::Resource(care) => care.max_uses,
            Self::Slot | Self::Thread { .. } | Self::Native => 0,
        }
    }

    /// How long a worker is used; `None` for ever.
    #[must_use]
    pub const fn max_age(self) -> Option<Nanos> {
        match self {
            Self::Resource(care) => care.max_age,
            Self::Slot | Self::Thread { .. } | Self::Native => None,
        }
    }

    /// Whether the pool tries again by itself, one worker at a time, after one could not be made.
    #[must_use]
    pub const fn backs_off(self) -> bool {
        matches!(self, Self::Resource(_))
    }

    /// Whether the host may find, after all its attempts, that a worker cannot be started: said by
    /// [`start_failed`](crate::Pool::start_failed).
    #[must_use]
    pub const fn can_fail_to_start(self) -> bool {
        matches!(self, Self::Thread { .. } | Self::Native)
    }

    /// Whether a task that a worker has been given begins only when the worker [takes](crate::Pool::take) it. Until
    /// then a worker that dies gives the task back.
    #[must_use]
    pub const fn begins_later(self) -> bool {
        matches!(self, Self::Thread { .. } | Self::Native)
    }

    /// Whether the origin of a task hears of its end later than the core. Then every end leaves a record until the
    /// origin [collects](crate::Pool::collect) it.
    #[must_use]
    pub const fn reports_late(self) -> bool {
        matches!(self, Self::Thread { .. } | Self::Native)
    }

    /// Whether what runs goes on when the isolate of its face is gone.
    #[must_use]
    pub const fn outlives_face(self) -> bool {
        matches!(self, Self::Thread { .. } | Self::Native)
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
            Self::Slot | Self::Resource(_) | Self::Native => None,
        }
    }
}
