//! The calls about workers.

use std::collections::TryReserveError;

use super::Pool;
use crate::{
    clock::Clock,
    host::Host,
    id::{TaskId, WorkerId},
    state::State,
    submission::Payload,
};

impl<T: Payload, H: Host<T>, C: Clock> Pool<T, H, C> {
    /// Reserves memory for `workers` workers.
    ///
    /// # Errors
    /// If the system gives no memory.
    pub fn reserve(&self, workers: u32) -> Result<(), TryReserveError> {
        let mut state = self.state.lock();
        state.idle.reserve(workers as usize)?;
        state.workers.reserve(workers as usize)
    }

    /// A booting worker is ready. Returns the task that the worker has now, which the caller starts.
    pub fn booted(&self, worker: WorkerId) -> Option<TaskId> {
        self.transition(|state, effects| state.booted(&self.clock, worker, effects))
    }

    /// A booting worker could not be made. Returns the task that fails for that, which the caller collects. If the pool
    /// is closing, all others that wait are rejected. Otherwise none is started for a while: for a
    /// [random](Host::random) part of 100 ms, each time in a row twice as long, up to 5 s. After that one worker at a
    /// time boots, as long as none succeeds.
    pub fn boot_failed(&self, worker: WorkerId) -> Option<(TaskId, T)> {
        let share = self.host.random();
        let failed = self.transition(|state, effects| state.boot_failed(&self.clock, worker, share, effects));
        while self.transition(State::reject_vain) {}
        self.repeat(State::reject_aside);
        failed
    }

    /// A worker that was to be [validated](crate::Effect::Validate) must not be used any more: it retires.
    pub fn invalid(&self, worker: WorkerId) {
        self.transition(|state, effects| state.invalid(worker, effects));
    }

    /// A retired worker has been taken down. If the worker is [overdue](crate::Effect::Overdue), it may also be taken
    /// down later, without anybody hearing of that.
    pub fn retired(&self, worker: WorkerId) {
        self.transition(|state, effects| state.retired(worker, effects));
    }

    /// A worker has died: its begun tasks are rejected, the others wait again.
    pub fn crashed(&self, worker: WorkerId) {
        self.transition(|state, effects| state.crashed(worker, effects));
    }

    /// A worker could not be started and will not be. If no other one has started, the tasks that wait are rejected.
    /// Otherwise the others serve them, and none is started for a pause: 100 ms, each time in a row twice as long, up
    /// to 5 s.
    pub fn start_failed(&self, worker: WorkerId) {
        if self.transition(|state, effects| state.start_failed(&self.clock, worker, effects)) {
            while self.transition(State::reject_unstartable) {}
            self.repeat(State::reject_aside);
        }
    }

    /// Whether a worker is there that has booted and is not on its way out.
    pub fn has_started(&self) -> bool {
        self.state.lock().census.has_started()
    }

    /// Starts a worker, if there is none and room for one. Where the pool tries again by itself, also those that
    /// `min_size` lacks.
    pub fn start(&self) {
        self.transition(|state, effects| {
            let backs_off = state.options.kind.backs_off();
            let running = if backs_off { state.census.staying() } else { state.census.running() };
            if running == 0 {
                state.boot_one(effects);
            }
            if backs_off {
                state.keep(effects);
            }
        });
    }

    /// Starts as many workers as the capacity allows; none in the pause after a worker that could not be started.
    pub fn start_all(&self) {
        self.transition(|state, effects| {
            while state.may_start() && state.lifetime.is_open() {
                state.boot_one(effects);
            }
        });
    }

    /// Changes the capacity. Growing starts what waits at once; shrinking retires idle workers at once and busy ones as
    /// they finish. Of two changes at the same time the one that began later prevails.
    pub fn tune(&self, capacity: u32) {
        let mut target = Some(capacity);
        self.repeat(|state, effects| {
            // Another change may begin between two holds, and then goes on here.
            if let Some(target) = target.take() {
                state.capacity.begin_change(target);
            }
            state.tune(effects)
        });
    }
}
