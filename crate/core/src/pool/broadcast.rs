//! The calls about broadcasts.

use super::Pool;
use crate::{
    answer::{Broadcasted, Refusal, Sticky},
    clock::Clock,
    host::Host,
    id::WorkerId,
    submission::{Broadcast, Payload},
};

impl<T: Payload, H: Host<T>, C: Clock> Pool<T, H, C> {
    /// Binds a task to every live worker: to those that boot, are idle, or have tasks. Each takes it as soon as it may begin
    /// one more, before any task of the queue. One that retires or dies before that leaves it out, which its origin
    /// learns by [`Rejection::LeftOut`](crate::Rejection::LeftOut).
    pub fn broadcast(&self, broadcast: &Broadcast<'_, T>) -> Broadcasted {
        if self.is_untimely(None, broadcast.timeout) {
            return Broadcasted::Refused(Refusal::Untimely);
        }
        self.transition(|state, effects| state.broadcast(&self.clock, broadcast, effects))
    }

    /// What a booting worker does before its first task, of all that is sticky since before it was started: the first that
    /// stands behind `after`, from 0. The payload may be [forgotten](crate::Effect::Forgotten) meanwhile, if another one
    /// takes its place; then the worker has that as a task.
    pub fn sticky_after(&self, worker: WorkerId, after: u64) -> Option<Sticky<T>> {
        self.state.lock().sticky_after(worker, after)
    }
}
