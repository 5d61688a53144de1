//! How those who wait are served in a scheduled pool.

use workpool_core::{Effect, Rejection, TaskId, WorkerId};

use super::{
    Model,
    records::{Phase, Turn, Waiter, WorkerState, kin},
};
use crate::recorder::Job;

impl Model {
    /// Slots of capacity that a task of this weight takes.
    pub(super) fn weight(&self, weight: u32) -> u32 {
        if self.options.kind.boots() { 1 } else { weight.min(self.capacity).max(1) }
    }

    /// Whether so much fits beside what is kept.
    pub(super) fn fits(&self, weight: u32, kept: u32) -> bool {
        u64::from(self.capacity.saturating_sub(self.busy()))
            >= u64::from(self.weight(weight)) + u64::from(kept)
    }

    /// Slots that those who have been told of a vacancy may use.
    pub(super) fn told_slots(&self) -> u32 {
        self.told.iter().map(|turn| turn.weight).sum()
    }

    /// How many more tasks of weight 1 would not have to wait, the rate and the queue aside.
    pub(super) fn scheduled_room(&self) -> u32 {
        if !self.options.kind.boots() {
            return self.capacity.saturating_sub(self.busy());
        }
        self.open_slots().saturating_add(self.expected_slots().saturating_sub(self.demand()))
    }

    /// Whether a submit in place of the wait would start, beside those of all who have been told.
    pub(super) fn can_tell(&self, wait: &Waiter) -> bool {
        let fits = if self.options.kind.boots() {
            self.scheduled_room() > self.told.len() as u32 + self.reserved_slots()
        } else {
            self.fits(wait.weight, self.told_slots() + self.reserved_slots())
        };
        fits && self.may_tell(wait)
    }

    /// The same, if there were room.
    fn may_tell(&self, wait: &Waiter) -> bool {
        self.phase == Phase::Open
            && self.wait_is_eligible(wait)
            && self.tokens() > self.told.len() as u32
            && (self.options.kind.boots() || self.wait_is_before(wait))
    }

    /// Whether nothing but its weight keeps the first of all who wait from being told of a vacancy: nobody passes it, as
    /// nobody lighter passes a heavy task.
    pub(super) fn is_gathering(&self) -> bool {
        let Some(index) = self.next_wait() else { return false };
        let wait = &self.awaiting[index];
        self.weight(wait.weight) > 1 && self.may_tell(wait) && !self.can_tell(wait)
    }

    /// Tells the first of those who await a vacancy; `in_order`: if nobody goes before.
    pub(super) fn tell_scheduled(&mut self, in_order: bool) -> bool {
        let Some(index) = self.next_wait() else { return false };
        let wait = self.awaiting[index].clone();
        if !self.can_tell(&wait) || (in_order && !self.wait_is_before(&wait)) {
            return false;
        }
        let Waiter { face, token, weight, .. } = self.awaiting.remove(index);
        self.effects.push(Effect::Vacancy { face, token, is_closed: false });
        self.told.push(Turn { face, weight: self.weight(weight), is_used: false });
        true
    }

    /// A worker would take the next task: rejects what has waited for too long in a lane that stands. Returns whether anything has.
    fn shed_late(&mut self) -> bool {
        let Some(shed) = self.options.policy.shed else { return false };
        let since = self.schedule.sheds_since;
        let is_late = |id: &TaskId| {
            let task = self.known(*id);
            let has_waited = self.now - task.called_at.max(since);
            self.is_standing(task.submission.priority) && has_waited > shed.target
        };
        let mut late: Vec<TaskId> = self.queue.iter().copied().filter(is_late).collect();
        late.sort_by_key(|&id| (self.known(id).submission.priority, self.known(id).arrival));
        late.iter().for_each(|&id| self.reject(id, Rejection::Shed));
        !late.is_empty()
    }

    /// Whoever may start does, in order, as far as there is room; workers boot for the others.
    pub(super) fn serve(&mut self) {
        self.serve_bound();
        while self.phase != Phase::Closed {
            if self.tell_scheduled(true) {
                continue;
            }
            if self.is_gathering() {
                break;
            }
            let Some(id) = self.next_task() else { break };
            if let Some(worker) = self.place_for(id) {
                if !self.shed_late() {
                    let worker = worker.unwrap_or_else(|| self.new_worker(WorkerState::Running));
                    self.start_on(worker, id);
                }
            } else if self.is_held() || self.is_in_vain || !self.boot_for_demand() {
                break;
            }
        }
        self.keep();
        // Tasks that wait for workers which boot hold nobody up. Those that are kept boot already: the background leaves
        // them alone.
        while self.options.kind.boots() && self.tell_scheduled(false) {}
    }

    fn start_on(&mut self, worker: WorkerId, id: TaskId) {
        self.assign(worker, id);
        self.send(worker, id);
        self.retire_excess();
    }

    /// Boots a worker if more tasks may start than workers boot.
    pub(super) fn boot_for_demand(&mut self) -> bool {
        let (is_needed, must_validate) = (self.demand() > self.booting(), self.must_validate());
        if !self.options.kind.boots() || !is_needed || (!must_validate && self.startable() == 0) {
            return false;
        }
        if must_validate {
            self.validate();
        } else {
            self.boot();
        }
        true
    }

    /// Where a waiting task starts now: on this worker, or on a new one.
    fn place_for(&self, id: TaskId) -> Option<Option<WorkerId>> {
        let submission = &self.known(id).submission;
        let idle = self.idle().last().map(|&(_, worker)| worker);
        if !self.options.kind.boots() {
            return self.fits(submission.weight, self.held_in_all()).then_some(idle);
        }
        if self.is_held() {
            return None;
        }
        if self.must_validate() {
            return None;
        }
        let worker = self.preferred(kin(submission).0).or(idle);
        if worker.is_some() {
            return Some(worker);
        }
        let boots = self.demand() > self.booting() && self.startable() > 0;
        let slot = self.slots().iter().min().map(|&(_, worker)| worker);
        slot.filter(|_| !boots && self.demand() > self.expected()).map(Some)
    }

    /// Idle workers that a heavy task leaves no room for.
    pub(super) fn retire_excess(&mut self) {
        while self.staying() > self.capacity {
            let Some(&(_, oldest)) = self.idle().first() else { break };
            self.retire(oldest);
        }
    }

    /// A worker with one task less, or one that has booted, looks for what it does next.
    pub(super) fn free_scheduled(&mut self, id: WorkerId) -> Option<TaskId> {
        let is_free = self.load(id) == 0;
        let fits = self.staying() <= self.capacity;
        let worker = self.worker(id).clone();
        let is_current = worker.generation == self.generation;
        if !is_current || worker.is_ending || !fits || self.phase == Phase::Closed {
            if is_free {
                self.retire(id);
            }
            return None;
        }
        if let Some(task) = self.next_bound(id) {
            self.assign(id, task);
            return Some(task);
        }
        if is_free {
            self.make_idle(id);
            self.fresh = Some(id);
        }
        let before = self.effects.len();
        self.serve_freed(id);
        self.serve();
        self.fresh = None;
        let is_own = |effect: &Effect<Job>| matches!(effect, Effect::Start(worker, ..) if *worker == id);
        if let Some(at) = self.effects[before..].iter().position(is_own)
            && let Effect::Start(_, task, _) = self.effects.remove(before + at)
        {
            return Some(task);
        }
        if self.phase != Phase::Open && self.is_idle(id) {
            self.worker(id).state = WorkerState::Running;
            self.retire(id);
        }
        None
    }

    /// The worker itself takes the first task, whatever boots or is kept, unless somebody is told of its place.
    fn serve_freed(&mut self, id: WorkerId) {
        loop {
            if self.tell_scheduled(true) || self.is_gathering() {
                return;
            }
            let Some(task) = self.next_task() else { return };
            let more = self.weight(self.known(task).submission.weight) - 1;
            let others = self.capacity.saturating_sub(self.busy()).saturating_sub(1);
            let has_place = if self.is_idle(id) {
                others.saturating_sub(self.held_in_all()) >= more
            } else {
                self.slots().iter().any(|&(_, worker)| worker == id)
            };
            if !has_place {
                return;
            }
            if !self.shed_late() {
                self.start_on(id, task);
                return;
            }
        }
    }
}
