//! How those who wait are served.

use crate::{
    clock::Clock,
    effect::{Effect, Effects},
    group::Name,
    id::{TaskId, WorkerId},
    state::{BATCH, State, worker::WorkerState},
    submission::Payload,
};

/// Most tasks that one hold of the lock starts. For loom, which permutes what happens between two holds, it is one.
const HOLD: usize = if cfg!(loom) { 1 } else { BATCH };

impl<T: Payload> State<T> {
    /// Every transition ends with this. Returns whether more is left to do than one hold of the lock does.
    #[cold]
    pub(crate) fn settle(&mut self, effects: &mut Effects<T>) -> bool {
        let had_more = std::mem::take(&mut self.schedule_mut().is_more);
        self.serve(effects);
        self.counters.note_waiting(self.waiting());
        self.note_standing();
        let is_more = self.schedule().is_more;
        if had_more && !is_more {
            // A schedule that is not needed any more has been kept for those who had to be served.
            self.simplify(effects);
        }
        is_more
    }

    /// Serves those who wait and may start, in their order, as far as there is room; of very many as many as one hold of
    /// the lock does. The others keep their places before all who come meanwhile.
    pub(super) fn serve(&mut self, effects: &mut Effects<T>) {
        if self.lifetime.is_closed() {
            return;
        }
        if !self.bound.is_empty() {
            self.serve_bound(effects);
        }
        let most = effects.len() + HOLD;
        loop {
            while self.is_within(most, effects) && self.serve_next(None, effects) {}
            // Now that workers boot, tasks beyond them may go to free slots.
            if self.starts.are_in_vain() || !self.boot_for_demand(most, effects) {
                break;
            }
        }
        if self.options.kind.backs_off() {
            self.keep(effects);
        }
        while self.has_room_behind_tasks()
            && let Some((place, _)) = self.first_wait()
            && self.can_tell(&self.vacancies.wait(place))
            && self.is_within(most, effects)
        {
            self.tell(place, effects);
        }
    }

    /// Whether this hold of the lock may have another effect; if not, there is more to do.
    fn is_within(&mut self, most: usize, effects: &Effects<T>) -> bool {
        let is_within = effects.len() < most;
        if !is_within {
            self.schedule_mut().is_more = true;
        }
        is_within
    }

    /// The pool closes: starts what now may, before idle workers retire.
    #[cold]
    pub(crate) fn serve_closing(&mut self, effects: &mut Effects<T>) {
        self.forget_pause();
        if self.schedule.is_some() {
            self.serve(effects);
        }
    }

    /// Starts the first task, or tells the first of those who await a vacancy. `freed`: a worker that has a task less and
    /// takes the next one, although others may boot for that. Returns whether there may be another.
    fn serve_next(&mut self, freed: Option<WorkerId>, effects: &mut Effects<T>) -> bool {
        let first = self.first_task();
        if let Some((place, rank)) = self.first_wait()
            && first.is_none_or(|task| rank < task.rank)
        {
            let wait = self.vacancies.wait(place);
            if self.can_tell(&wait) {
                self.tell(place, effects);
                return true;
            }
            if self.has_slots_gather(&wait) {
                return false;
            }
        }
        let Some(id) = first.and_then(|first| self.tasks.at(first.task)) else { return false };
        let task = &self.tasks[id];
        let preferred = task.key().and_then(|key| self.last_thread_of(self.schedule().keys.name(key)));
        let place = self.freed_place(freed, task.weight());
        let place = place.or_else(|| self.place(task.weight(), self.held(), preferred, false));
        let Some(place) = place else { return false };
        if self.shed_late(effects) {
            // Whoever is next now is not late.
            return !self.schedule().is_more && self.serve_next(freed, effects);
        }
        self.unqueue(id);
        self.deadlines.remove(id.number());
        let worker = self.take_place(place);
        self.assign(worker, id);
        self.send(worker, id, effects);
        true
    }

    /// Boots workers for tasks that may start and for which none boots. Returns whether it has.
    fn boot_for_demand(&mut self, most: usize, effects: &mut Effects<T>) -> bool {
        if !self.options.kind.boots() {
            return false;
        }
        let before = effects.len();
        while !self.is_held() && self.is_within(most, effects) && self.boot_one_for_demand(effects) {}
        effects.len() > before
    }

    /// Boots a worker if none boots for some task that may start, or has one that is idle validated. Returns whether it
    /// has.
    pub(super) fn boot_one_for_demand(&mut self, effects: &mut Effects<T>) -> bool {
        let (booting, must_validate) = (self.census.booting(), self.must_validate());
        let is_needed = (must_validate || self.may_start()) && self.demand(booting + 1) > booting;
        if is_needed && must_validate {
            self.validate_last(effects);
        } else if is_needed {
            let worker = self.start_worker();
            effects.push(Effect::Boot(worker));
        }
        is_needed
    }

    /// A worker of this generation has one task less, or has booted. Returns the task that it has now.
    #[cold]
    pub(crate) fn free_scheduled(
        &mut self,
        clock: &impl Clock,
        worker: WorkerId,
        is_free: bool,
        effects: &mut Effects<T>,
    ) -> Option<TaskId> {
        if is_free {
            self.go_idle(clock, worker);
            self.fresh = Some(worker);
        }
        let before = effects.len();
        self.serve_next(Some(worker), effects);
        self.serve(effects);
        self.fresh = None;
        let is_own = |effect: &Effect<T>| matches!(effect, Effect::Start(other, ..) if *other == worker);
        if let Some(at) = effects[before..].iter().position(is_own)
            && let Effect::Start(_, task, _) = effects.remove(before + at)
        {
            return Some(task);
        }
        if !self.lifetime.is_open() && self.is_idle(worker) {
            self.idle.remove(worker);
            self.retire(worker, effects);
        }
        None
    }

    pub(super) fn is_idle(&self, worker: WorkerId) -> bool {
        self.workers.live(worker).is_some_and(|worker| worker.state() == WorkerState::Idle)
    }

    /// The thread that has been given the last task of a key, if it is still there.
    pub(super) fn last_thread_of(&self, name: Name) -> Option<WorkerId> {
        let Name::Key(key) = name else { return None };
        let (worker, ordinal) = self.recent.as_ref()?.of(key)?;
        self.workers.live(worker).filter(|record| record.ordinal() == ordinal).map(|_| worker)
    }
}
