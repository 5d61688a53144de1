//! What ends a pool, opens it again, and waits for its end.

use super::Pool;
use crate::{
    clock::{Clock, MILLISECOND, Nanos},
    host::Host,
    id::FaceId,
    rules::close::Demolition,
    state::{
        State,
        watch::{Condition, Watch},
    },
    submission::Payload,
};

impl<T: Payload, H: Host<T>, C: Clock> Pool<T, H, C> {
    /// Refuses new tasks and lets the accepted ones run. Returns the generation that is closed.
    pub fn close(&self) -> u64 {
        while self.transition(|state, effects| state.thin_out(None, effects)) {}
        let generation = self.transition(State::close);
        self.repeat(State::go_on_closing);
        generation
    }

    /// Closes the pool and rejects the tasks that wait. With a generation, only if the pool is still in that
    /// generation.
    pub fn release(&self, mut generation: Option<u64>) {
        // Whoever reboots between two lock holds opens a generation that this call does not mean.
        while self.transition(|state, effects| {
            let generation = *generation.get_or_insert(state.census.generation());
            state.thin_out(Some(generation), effects)
        }) {}
        self.repeat(|state, effects| {
            let generation = *generation.get_or_insert(state.census.generation());
            state.release(Some(generation), effects)
        });
    }

    /// Opens a closed pool again, as a new generation; rejects the tasks that wait for the old one. Returns false if
    /// the pool is an [orphan](Self::orphan), which stays closed.
    pub fn reboot(&self) -> bool {
        while self.transition(State::reboot) {}
        self.repeat(State::reject_aside);
        !self.state.lock().lifetime.is_orphan()
    }

    /// Releases the pool, cancels what runs, and has every worker killed.
    pub fn destroy(&self) {
        self.release(None);
        let mut next = Demolition::default();
        while self.transition(|state, effects| state.destroy(&mut next, effects)) {}
    }

    /// The isolate that has the workers is gone, and the workers with it: unsettled tasks reject as if the pool was
    /// destroyed, no worker is left, and none will come. Nobody may call this pool about one of those workers any more.
    pub fn orphan(&self) {
        self.transition(|state, _| state.lifetime.orphan());
        self.destroy();
        let mut next = 0;
        while self.transition(|state, effects| state.lose_workers(&mut next, effects)) {}
    }

    /// Delivers [`Effect::Watched`](crate::Effect::Watched) once `condition` holds, or after `timeout` milliseconds. A
    /// close that runs out of time becomes a release. A timeout needs a host that [keeps time](Host::keeps_time).
    pub fn watch(&self, face: FaceId, token: u32, condition: Condition, timeout: Option<u32>) {
        let expires_at = timeout.map_or(Nanos::MAX, |ms| self.clock.now() + u64::from(ms) * MILLISECOND);
        self.transition(|state, effects| {
            state.watches.add(Watch { face, token, condition, expires_at });
            if condition == Condition::Started && state.options.kind.backs_off() {
                state.keep(effects);
            }
        });
    }
}
