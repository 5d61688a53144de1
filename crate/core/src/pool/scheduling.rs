//! The calls that change who may start and who may wait.

use super::Pool;
use crate::{
    answer::Reason,
    clock::{Clock, Nanos},
    group::GroupId,
    host::Host,
    id::{FaceId, TaskId},
    policy::Change,
    state::State,
    submission::Payload,
};

impl<T: Payload, H: Host<T>, C: Clock> Pool<T, H, C> {
    /// From now on no task starts, until [`resume`](Self::resume), the end of the face, or a close. What has been given
    /// to a worker goes on, and workers that boot become ready. Does nothing unless the pool is open. Returns whether
    /// the pool is paused.
    pub fn pause(&self, face: FaceId) -> bool {
        self.transition(|state, _| state.pause(&self.clock, face))
    }

    /// Tasks start again.
    pub fn resume(&self) {
        self.transition(|state, effects| state.resume(effects));
    }

    /// Whether the pool is paused.
    pub fn is_paused(&self) -> bool {
        self.state.lock().is_paused()
    }

    /// Rejects the tasks that wait at this moment, and no later ones. Returns how many.
    pub fn clear(&self) -> u64 {
        self.clear_up_to(None)
    }

    /// Goes on with a clear at whose call so many tasks had been submitted.
    #[cfg(any(test, feature = "audit"))]
    pub fn go_on_clearing(&self, last: u64) -> u64 {
        self.clear_up_to(Some(last))
    }

    fn clear_up_to(&self, mut last: Option<u64>) -> u64 {
        let mut cleared = 0;
        while self.transition(|state, effects| {
            let last = *last.get_or_insert(state.counters.submitted);
            let before = state.counters.cleared;
            let is_more = state.clear(last, effects);
            cleared += state.counters.cleared - before;
            is_more
        }) {}
        self.repeat(State::reject_aside);
        cleared
    }

    /// Changes options, all in one hold of the lock but the capacity, which follows as [`tune`](Self::tune) says.
    pub fn configure(&self, change: &Change) {
        self.transition(|state, effects| state.configure(&self.clock, change, effects));
        if let Some(capacity) = change.capacity {
            self.tune(capacity);
        }
    }

    /// How long a task that has just been refused had better wait before it is submitted again; `None` if that is not
    /// known. `reason` is that of the refusal, `None` for an overload.
    ///
    /// For a rate it is the time until a task behind all that wait would start. Otherwise it is the number of waiting
    /// tasks over the rate at which tasks have ended since the last sample that is at least 100 ms old; each call may
    /// take a sample.
    pub fn retry_after(&self, reason: Option<Reason>) -> Option<Nanos> {
        self.state.lock().retry_after(&self.clock, reason)
    }

    /// A task that waits gets another priority: it stands behind all others of that priority, as if it came now. Returns
    /// false, and does nothing, if the task does not wait, or if as many tasks wait as may where it would stand.
    pub fn set_priority(&self, task: TaskId, priority: u64) -> bool {
        self.transition(|state, _| state.set_priority(&self.clock, task, priority))
    }

    /// A name for a group of tasks. The pool keeps nothing of a group that has no task.
    pub fn new_group(&self) -> GroupId {
        self.state.lock().groups.make()
    }

    /// Whether a task of the group waits, or a function of one runs.
    pub fn is_group_open(&self, group: GroupId) -> bool {
        self.state.lock().groups.has(group)
    }

    /// Whether a worker has begun the task, and its function has not ended.
    pub fn has_begun(&self, task: TaskId) -> bool {
        self.state.lock().tasks.get(task).is_some_and(|task| task.worker().is_some() && task.is_begun())
    }

    /// How many keys the pool knows.
    #[cfg(any(test, feature = "audit"))]
    pub fn keys(&self) -> usize {
        self.state.lock().schedule.as_ref().map_or(0, |schedule| schedule.keys.len())
    }
}
