//! Those who wait for the pool rather than for a task: `drain`, `close`, `releaseTimeout`.

use crate::{
    clock::Nanos,
    face::{FaceId, Payload},
    state::{Effect, Effects, Phase, State},
};

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Nothing waits and nothing is busy.
    Drained,
    /// Every accepted task has settled.
    Settled,
    /// This generation, which is closed, has no worker left.
    Ended(u32),
    /// The pool is closed, no worker of any generation is left, and every rejection has been collected: until it is
    /// rebooted, no effect follows.
    Vacant,
    /// No task of the face that watches is left: none waits, runs, or has still to be collected.
    Left,
    /// A worker has booted. Up before its time if none can be, or the pool is closed.
    Started,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Watch {
    pub(crate) face: FaceId,
    pub(crate) token: u32,
    pub(crate) condition: Condition,
    /// `Nanos::MAX` for never.
    pub(crate) expires_at: Nanos,
}

/// The open watches: few, so they are a list.
#[derive(Debug, Default)]
pub(crate) struct Watches(Vec<Watch>);

impl Watches {
    pub(crate) fn add(&mut self, watch: Watch) {
        self.0.push(watch);
    }

    /// Drops those of a face that has gone.
    pub(crate) fn forget_face(&mut self, face: FaceId) {
        self.0.retain(|watch| watch.face != face);
    }

    /// Workers cannot be started: whoever waits for one is told that it is in vain.
    pub(crate) fn expire_started<T>(&mut self, effects: &mut Effects<T>) {
        self.0.retain(|watch| {
            let is_meant = watch.condition == Condition::Started;
            if is_meant {
                effects.push(Effect::Watched { face: watch.face, token: watch.token, left: Some(0) });
            }
            !is_meant
        });
    }

    /// When the first one is up.
    pub(crate) fn first(&self) -> Nanos {
        self.0.iter().map(|watch| watch.expires_at).min().unwrap_or(Nanos::MAX)
    }
}

impl<T: Payload> State<T> {
    /// Ends the watches that have come true. Called after every transition.
    pub(crate) fn notify_watches(&mut self, effects: &mut Effects<T>) {
        let mut watches = std::mem::take(&mut self.watches.0);
        // Of tasks that end in other threads the origins have heard, too: what waits for the pool comes after its tasks.
        let is_told = self.options.grace.is_none() || self.tasks.is_empty();
        watches.retain(|watch| {
            let is_true = match watch.condition {
                Condition::Drained => self.queue.len() == 0 && self.busy == 0 && is_told,
                Condition::Settled => self.counters.unsettled == 0,
                Condition::Ended(generation) => {
                    // After a reboot there may always be some.
                    self.has_ended(generation) && (is_told || generation != self.generation)
                }
                Condition::Vacant => {
                    self.has_ended(self.generation) && self.older.is_empty() && self.tasks.is_empty()
                }
                Condition::Started => self.has_started(),
                Condition::Left => self.faces.records(watch.face) == 0,
            };
            let is_vain = watch.condition == Condition::Started && self.phase != Phase::Open;
            if is_true || is_vain {
                let left = is_vain.then_some(0);
                effects.push(Effect::Watched { face: watch.face, token: watch.token, left });
            }
            !is_true && !is_vain
        });
        self.watches.0 = watches;
    }

    pub(crate) fn is_watched(&self) -> bool {
        !self.watches.0.is_empty()
    }

    /// Ends the watches whose time is up. A close that has run out of time becomes a release of what it closed.
    pub(crate) fn expire_watches(&mut self, now: Nanos, effects: &mut Effects<T>) {
        let mut watches = std::mem::take(&mut self.watches.0);
        watches.retain(|watch| {
            let is_expired = watch.expires_at <= now;
            if is_expired {
                let left = Some(self.left(watch.condition));
                effects.push(Effect::Watched { face: watch.face, token: watch.token, left });
                if let Condition::Ended(generation) = watch.condition {
                    self.release(Some(generation), effects);
                }
            }
            !is_expired
        });
        self.watches.0 = watches;
    }
}
