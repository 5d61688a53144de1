//! What a pool knows beyond capacity and priority: keys, a rate, a pause, queues that stand. A pool has this only while
//! it uses some of it.

pub(crate) mod keys;
pub(crate) mod rate;
pub(crate) mod standing;

use std::collections::BTreeSet;

use self::{keys::Keys, rate::Starts, standing::Standing};
use crate::{
    clock::Nanos,
    group::Name,
    id::FaceId,
    options::Options,
    policy::{Overload, Policy},
    state::moved::Arrival,
};

/// Orders tasks that age: `priority × ageing + time of the call`.
pub(crate) type Score = (u128, u64);

/// The rules of scheduling that hold, and what they go by.
#[derive(Debug)]
pub(crate) struct Schedule {
    pub(crate) overload: Overload,
    pub(crate) per_key: u32,
    pub(crate) max_waiting_per_key: u32,
    pub(crate) rate: Option<Starts>,
    pub(crate) standing: Option<Standing>,
    pub(crate) ageing: Option<Nanos>,
    /// If tasks age: all that wait but those in the background and those of a group with a limit, by score,
    /// arrival, number.
    pub(crate) aged: BTreeSet<(Score, Arrival, u32)>,
    /// Who has paused the pool; it is not paused if nobody has.
    pub(crate) paused_by: Vec<FaceId>,
    pub(crate) keys: Keys,
    /// Tasks that a worker has and that have no key; a limit of their group is none.
    pub(crate) running_keyless: u32,
    /// Records of tasks that have a key or a weight, or are in the background.
    pub(crate) special: u32,
    pub(crate) background: u32,
    /// One hold of the lock was too short for all that is to be done.
    pub(crate) is_more: bool,
}

impl Schedule {
    /// `running`: tasks that workers have.
    pub(crate) fn new(options: &Options, now: Nanos, running: u32) -> Self {
        let Policy { overload, shed, rate, per_key, max_waiting_per_key } = options.policy;
        Self {
            overload,
            per_key,
            max_waiting_per_key,
            rate: rate.map(Starts::new),
            standing: shed.map(|shed| Standing::new(shed, now)),
            ageing: options.ageing,
            aged: BTreeSet::new(),
            paused_by: Vec::new(),
            keys: Keys::new(shed.is_some()),
            running_keyless: running,
            special: 0,
            background: 0,
            is_more: false,
        }
    }

    pub(crate) fn is_paused(&self) -> bool {
        !self.paused_by.is_empty()
    }

    /// The place of a task of this priority that was submitted `at`, if tasks age.
    pub(crate) fn score(&self, priority: u64, at: Nanos) -> Option<Score> {
        self.ageing.map(|ageing| (u128::from(priority) * u128::from(ageing) + u128::from(at), priority))
    }

    /// Whether one more task of a key, or of a group, may start; `None` for a task that has neither.
    pub(crate) fn may_start(&self, name: Option<Name>, limit: u32) -> bool {
        name.is_none_or(|name| self.keys.counts(name).0 < limit)
    }

    /// Whether there is nothing that a pool without all this would not do as well.
    pub(crate) fn is_needless(&self, options: &Options) -> bool {
        options.policy == Policy::NONE && self.ageing.is_none() && !self.is_paused() && self.special == 0
    }
}
