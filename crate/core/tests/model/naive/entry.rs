//! Whether a scheduled pool accepts a task, and what becomes of it.

use workpool_core::{
    Admission, BACKGROUND, Key, Offer, Overload, Reason, Refusal, Rejection, Submission, TaskId, WorkerId,
};

use super::{
    Model, Task,
    records::{WorkerState, kin},
};
use crate::recorder::Job;

/// What becomes of a newcomer that is not refused.
#[derive(Debug, PartialEq)]
enum Outlook {
    /// It starts on this worker, or on a new one.
    Starts(Option<WorkerId>),
    /// It waits for a worker that boots, or is started for it.
    WaitsForBoot,
    Waits,
}

/// That, and who gives way to it.
type Verdict = Result<(Outlook, Option<TaskId>), Refusal>;

/// The name of a task that is not there yet.
const NEWCOMER: TaskId = TaskId::new(u32::MAX, u32::MAX);

impl Model {
    /// As it would be if the task waited.
    fn with_newcomer(&self, submission: &Submission<Job>) -> Self {
        let mut trial = self.clone();
        trial.enqueue(*submission, NEWCOMER);
        trial
    }

    fn verdict(&self, submission: &Submission<Job>) -> Verdict {
        let outlook = self.outlook(submission);
        let is_reserved = matches!(submission.offer, Offer::Reserved { .. });
        let waits_behind_batches = self.reserved() > 0 && self.room_for(submission, 1) == 0;
        let victim = if is_reserved || (outlook != Outlook::Waits && !waits_behind_batches) {
            None
        } else {
            self.victim_or_refusal(submission)?
        };
        Ok((outlook, victim))
    }

    /// What becomes of it if it is not refused.
    pub(super) fn would_start(&self, submission: &Submission<Job>) -> bool {
        self.outlook(submission) != Outlook::Waits
    }

    fn outlook(&self, submission: &Submission<Job>) -> Outlook {
        let &Submission { payload: Job { face, .. }, weight, priority, offer, .. } = submission;
        let kin = kin(submission);
        let trial = self.with_newcomer(submission);
        let boots = self.options.kind.boots();
        let is_first = trial.next_task() == Some(NEWCOMER);
        // Those for whom workers boot are served. The others go first, but for somebody's turn, which has been waited for,
        // and what is kept for a batch.
        let has_kept = offer == Offer::Reserved { may_wait: false };
        let has_own = has_kept || self.has_turn(face);
        let is_free = has_own || self.demand() <= self.expected_slots();
        let turns = if is_free { 0 } else { self.held() };
        let kept = turns + self.kept();
        let idle = self.idle().last().map(|&(_, worker)| worker);
        let is_in_turn = self.barred(kin).is_none() && trial.may_go(NEWCOMER);
        let starts = is_in_turn && (is_first || is_free) && (has_own || !trial.is_gathering());
        if starts && !boots && self.fits(weight, kept) {
            return Outlook::Starts(idle);
        }
        let is_kept = (kept > 0 && self.open_slots() <= kept) || self.must_validate();
        if starts && boots && !is_kept {
            let preferred = self.preferred(kin.0);
            if let Some(worker) = preferred.filter(|&worker| is_first || self.is_idle(worker)).or(idle) {
                return Outlook::Starts(Some(worker));
            }
            let will_boot = self.startable() > 0 && self.demand() >= self.expected();
            let slot = self.slots().iter().min().map(|&(_, worker)| worker);
            let slot = slot.filter(|_| is_first && !will_boot);
            if slot.is_some() {
                return Outlook::Starts(slot);
            }
        }
        let has_booting = boots && turns == 0 && is_in_turn && self.room_for_newcomer(priority) > self.kept();
        let is_served = trial.demand_beside(priority) > self.demand_beside(priority) || self.has_turn(face);
        if has_booting && is_served { Outlook::WaitsForBoot } else { Outlook::Waits }
    }

    /// Of a task that has to wait.
    fn victim_or_refusal(&self, submission: &Submission<Job>) -> Result<Option<TaskId>, Refusal> {
        let &Submission { priority, offer, wait_timeout, .. } = submission;
        let (key, _) = kin(submission);
        let is_key_full = self.is_key_full(key, 1);
        let refusal = || self.refusal(self.barred_behind(submission, 0), is_key_full);
        if is_key_full || self.options.nonblocking || offer == Offer::AtOnce {
            return Err(refusal());
        }
        let mut displaced = None;
        if self.is_full_for(priority, 1) {
            let victim = self.victim(priority, key);
            let gives_way = |&id: &TaskId| self.known(id).submission.priority >= priority;
            displaced =
                victim.filter(|_| self.options.policy.overload == Overload::DiscardOldest).filter(gives_way);
            if displaced.is_none() {
                return Err(refusal());
            }
        }
        if wait_timeout == Some(0) {
            return Err(Refusal::WaitTimeout);
        }
        Ok(displaced)
    }

    pub(super) fn refusal(&self, bar: Option<Reason>, is_key_full: bool) -> Refusal {
        let (waiting, capacity) = (self.waiting() + self.reserved(), self.capacity);
        let bar = if is_key_full && bar != Some(Reason::Paused) { Some(Reason::Key) } else { bar };
        match bar {
            Some(reason) => Refusal::Barred { reason, waiting, capacity },
            None => Refusal::Overload { waiting, capacity },
        }
    }

    /// Waiting tasks that may start beside one of this priority. Those in the background go after all others.
    fn demand_beside(&self, priority: u64) -> u32 {
        let normal = self.demand_of(|task| task.submission.priority != BACKGROUND).min(self.tokens());
        if priority == BACKGROUND { self.demand() } else { normal }
    }

    fn room_for_newcomer(&self, priority: u64) -> u32 {
        self.open_slots() + self.expected_slots().saturating_sub(self.demand_beside(priority))
    }

    fn queued(&self) -> impl Iterator<Item = &Task> {
        self.queue.iter().map(|&id| self.known(id))
    }

    /// Whether so many more of the key may not wait.
    pub(super) fn is_key_full(&self, key: Option<Key>, more: u32) -> bool {
        let bound = self.options.policy.max_waiting_per_key;
        let of_key = self.queued().filter(|task| task.kin().0 == key).count() as u32;
        let unplaced = self.unplaced(|other| kin(other).0 == key);
        key.is_some() && bound > 0 && of_key + unplaced + more > bound
    }

    /// Background tasks and the others have the bound each for itself. Whom booting workers will take does not count.
    pub(super) fn is_full_for(&self, priority: u64, more: u32) -> bool {
        let bound = self.options.max_waiting;
        let is_background = priority == BACKGROUND;
        let of_it = self.queued().filter(|task| (task.submission.priority == BACKGROUND) == is_background);
        // In the background workers boot for tasks only if no other may start.
        let normal = self.demand_of(|task| task.submission.priority != BACKGROUND).min(self.tokens());
        let demand = if is_background == (normal == 0) { self.demand() } else { 0 };
        let taken = demand.min(self.expected_slots());
        let unplaced = self.unplaced(|other| (other.priority == BACKGROUND) == is_background);
        let counted = (of_it.count() as u32).saturating_sub(taken) + unplaced;
        bound > 0 && counted + more > bound
    }

    /// Who has waited longest of the key in its lowest priority; without such, of all.
    fn victim(&self, priority: u64, key: Option<Key>) -> Option<TaskId> {
        let counts = |task: &&Task| (task.submission.priority == BACKGROUND) == (priority == BACKGROUND);
        let oldest = |tasks: Vec<&Task>| {
            let lowest = tasks.iter().map(|task| task.submission.priority).max()?;
            let lane = tasks.into_iter().filter(|task| task.submission.priority == lowest);
            lane.min_by_key(|task| task.arrival).map(|task| task.id)
        };
        let own = self.queued().filter(counts).filter(|task| key.is_some() && task.kin().0 == key);
        oldest(own.collect()).or_else(|| oldest(self.queued().filter(counts).collect()))
    }

    pub(super) fn count_refusal(&mut self, refusal: Refusal, offer: Offer) {
        let counters = &mut self.counters;
        let counter = match refusal {
            Refusal::Overload { .. } => &mut counters.overload,
            Refusal::Barred { reason: Reason::Paused, .. } => &mut counters.paused,
            Refusal::Barred { reason: Reason::Key, .. } => &mut counters.key,
            Refusal::Barred { reason: Reason::Rate, .. } => &mut counters.rate,
            Refusal::WaitTimeout => {
                counters.submitted += 1;
                counters.wait_timeout += 1;
                return;
            }
            Refusal::Closed | Refusal::Untimely => unreachable!("asked before"),
        };
        *counter += u64::from(offer == Offer::Normal);
    }

    pub(super) fn refuse_scheduled(&mut self, submission: &Submission<Job>) -> Option<Refusal> {
        let Err(refusal) = self.verdict(submission) else { return None };
        self.count_refusal(refusal, submission.offer);
        Some(refusal)
    }

    pub(super) fn submit_scheduled(&mut self, submission: Submission<Job>, id: Option<TaskId>) -> Admission {
        let (outlook, victim) = match self.verdict(&submission) {
            Ok(verdict) => verdict,
            Err(refusal) => {
                self.count_refusal(refusal, submission.offer);
                return Admission::Refused(refusal);
            }
        };
        let id = id.expect("accepted");
        if let Some(victim) = victim {
            self.reject(victim, Rejection::Displaced);
        }
        if let Outlook::Starts(worker) = outlook {
            self.accept(submission, id);
            let worker = worker.unwrap_or_else(|| self.new_worker(WorkerState::Running));
            self.assign(worker, id);
            self.retire_excess();
            return Admission::Started(worker, id);
        }
        self.enqueue(submission, id);
        if outlook == Outlook::WaitsForBoot {
            // Also if workers could not be started, as each submit tries; and nothing is kept from this one.
            self.boot_for_demand();
        }
        Admission::Waiting(id)
    }
}
