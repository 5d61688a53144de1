//! How those who wait are served in a scheduled pool.

use workpool_core::{Rejection, TaskId, WorkerId};

use super::{
    Model,
    records::{Phase, Turn, Waiter, WorkerState},
};

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
    fn told_slots(&self) -> u32 {
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
            self.scheduled_room() > self.told.len() as u32
        } else {
            self.fits(wait.weight, self.told_slots()) && self.wait_is_before(wait)
        };
        self.phase == Phase::Open
            && fits
            && self.wait_is_eligible(wait)
            && self.tokens() > self.told.len() as u32
    }

    /// Tells the first of those who await a vacancy; `in_order`: if nobody goes before.
    pub(super) fn tell_scheduled(&mut self, in_order: bool) -> bool {
        let Some(index) = self.next_wait() else { return false };
        let wait = self.awaiting[index].clone();
        if !self.can_tell(&wait) || (in_order && !self.wait_is_before(&wait)) {
            return false;
        }
        let Waiter { face, token, weight, .. } = self.awaiting.remove(index);
        self.effects.push(super::Effect::Vacancy { face, token, is_closed: false });
        let weight = self.weight(weight);
        self.told.push(Turn { face, weight, is_used: false });
        true
    }

    /// Rejects what has waited for too long in a lane that stands. Returns whether anything has.
    pub(super) fn shed_lane(&mut self, priority: u64) -> bool {
        let Some(shed) = self.options.policy.shed.filter(|_| self.is_standing(priority)) else {
            return false;
        };
        let since = self.schedule.sheds_since;
        let is_late = |id: &TaskId| {
            let task = self.known(*id);
            task.submission.priority == priority && self.now - task.called_at.max(since) > shed.target
        };
        let mut late: Vec<TaskId> = self.queue.iter().copied().filter(is_late).collect();
        late.sort_by_key(|&id| self.known(id).number);
        late.iter().for_each(|&id| self.reject(id, Rejection::Shed));
        !late.is_empty()
    }

    /// Whoever may start does, in order, as far as there is room; workers boot for the others.
    pub(super) fn serve(&mut self) {
        while self.phase != Phase::Closed {
            if self.tell_scheduled(true) {
                continue;
            }
            let Some(id) = self.next_task() else { break };
            let submission = self.known(id).submission;
            let Some(worker) = self.place_for(id) else {
                let is_held = self.held() > 0 && self.open_slots() <= self.held();
                let is_needed = self.options.kind.boots() && !is_held && self.demand() > self.booting();
                if is_needed && self.must_validate() {
                    self.validate();
                } else if is_needed && self.startable() > 0 {
                    self.boot();
                } else {
                    break;
                }
                continue;
            };
            if self.shed_lane(submission.priority) {
                continue;
            }
            let worker = worker.unwrap_or_else(|| self.new_worker(WorkerState::Running));
            self.assign(worker, id);
            self.send(worker, id);
            self.retire_excess();
        }
        self.keep();
    }

    /// Where a waiting task starts now: on this worker, or on a new one.
    fn place_for(&self, id: TaskId) -> Option<Option<WorkerId>> {
        let submission = &self.known(id).submission;
        let idle = self.idle().last().map(|&(_, worker)| worker);
        if !self.options.kind.boots() {
            return self.fits(submission.weight, self.held()).then_some(idle);
        }
        if self.held() > 0 && self.open_slots() <= self.held() {
            return None;
        }
        if self.must_validate() {
            return None;
        }
        let worker = self.preferred(submission.key).or(idle);
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
        let is_of_use =
            worker.generation == self.generation && !worker.is_ending && fits && self.phase != Phase::Closed;
        let mut next = None;
        if is_of_use && is_free {
            // While it looks it is nobody's.
            self.make_idle(id);
        }
        while is_of_use && next.is_none() {
            if self.tell_scheduled(true) {
                continue;
            }
            let Some(task) = self.next_task() else { break };
            let submission = self.known(task).submission;
            let is_held = self.held() > 0 && self.open_slots() <= self.held();
            let is_too_heavy = !self.options.kind.boots() && !self.fits(submission.weight, self.held());
            if is_held || is_too_heavy {
                break;
            }
            if self.shed_lane(submission.priority) {
                continue;
            }
            self.assign(id, task);
            next = Some(task);
            self.retire_excess();
        }
        if next.is_none() && is_free && !(is_of_use && self.phase == Phase::Open) {
            self.worker(id).state = WorkerState::Running;
            self.retire(id);
        }
        self.serve();
        next
    }
}
