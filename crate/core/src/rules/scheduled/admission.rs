//! Whether a task starts, waits, is refused, or takes the place of another one.

use super::order::{NOW, Place};
use crate::{
    answer::{Admission, Reason, Refusal},
    clock::Clock,
    effect::{Effects, Rejection},
    group::Name,
    id::{TaskId, WorkerId},
    kind::WorkerKind,
    policy::{Overload, UNBOUNDED},
    state::{State, tally::Outcome, vacancy::Wait},
    submission::{BACKGROUND, Offer, Payload, Submission},
};

/// What a task meets that is submitted now.
pub(super) struct Outlook {
    /// Where it can start at once.
    pub(super) place: Option<Place>,
    /// Whether a worker will take it that boots already, or is started for it.
    pub(super) is_expected: bool,
}

impl<T: Payload> State<T> {
    #[cold]
    pub(crate) fn submit_scheduled(
        &mut self,
        clock: &impl Clock,
        mut task: Submission<T>,
        effects: &mut Effects<T>,
    ) -> Admission {
        self.begin_schedule(clock);
        if self.options.kind != WorkerKind::Slot {
            task.weight = 1;
        }
        let outlook = self.outlook(&task);
        let would_wait = outlook.place.is_none() && !outlook.is_expected;
        if would_wait || self.would_wait_beside_batches(&task) {
            match self.refuse_scheduled(&task) {
                Ok(Some(victim)) => {
                    self.reject_waiting(victim, Outcome::Displaced, Rejection::Displaced, effects);
                }
                Ok(None) => {}
                Err(refusal) => return Admission::Refused(refusal),
            }
        }
        if let Some(place) = outlook.place {
            let id = self.accept_scheduled(clock, task);
            let worker = self.take_place(place);
            self.assign(worker, id);
            return Admission::Started(worker, id);
        }
        let id = self.accept_scheduled(clock, task);
        self.limit_wait(clock, id, task.wait_timeout);
        self.join_queue(id, false);
        self.counters.waited += 1;
        if outlook.is_expected {
            // Also if workers could not be started, as each submit tries; and nothing is kept from this one.
            self.boot_one_for_demand(effects);
        }
        Admission::Waiting(id)
    }

    /// As `submit_scheduled` would refuse the task.
    #[cold]
    pub(crate) fn refuse_if_scheduled(
        &mut self,
        clock: &impl Clock,
        task: &Submission<T>,
    ) -> Option<Refusal> {
        self.begin_schedule(clock);
        self.note_time(clock);
        let outlook = self.outlook(task);
        let would_wait = outlook.place.is_none() && !outlook.is_expected;
        if !would_wait && !self.would_wait_beside_batches(task) {
            return None;
        }
        self.refuse_scheduled(task).err()
    }

    /// Whether the task would have to wait if those for which there are places waited already.
    fn would_wait_beside_batches(&self, task: &Submission<T>) -> bool {
        self.batches.reserved() > 0
            && !matches!(task.offer, Offer::Reserved { .. })
            && self.room_for(task) == 0
    }

    pub(super) fn outlook(&self, task: &Submission<T>) -> Outlook {
        let schedule = self.schedule();
        let face = task.payload.face();
        let may_start = schedule.may_start(task.name(), self.limit_of(task));
        let is_barred = schedule.is_paused() || !may_start || self.allowed() == 0;
        let first = if is_barred { None } else { self.first_task() };
        let is_in_turn = task.priority != BACKGROUND || self.is_background_in_turn(first);
        if is_barred || !is_in_turn {
            return Outlook { place: None, is_expected: false };
        }
        let wait = Wait { priority: task.priority, key: task.fair_key(), ..Wait::new(face, 0) };
        let rank = self.rank_of(&wait, self.now, NOW);
        let is_before = first.is_none_or(|first| {
            let is_before_equals = self.is_newest_first(task.priority) && first.priority == task.priority;
            rank < first.rank || (is_before_equals && rank.1 == first.rank.1)
        });
        // Those for whom workers boot are served. The others go first, but for somebody's turn, which has been waited for,
        // and what is kept for a batch.
        let expected = self.expected_slots();
        let has_own = task.offer == Offer::Reserved { may_wait: false } || self.faces.has_turn(face);
        if !has_own && self.gathering().is_some_and(|other| other < rank) {
            return Outlook { place: None, is_expected: false };
        }
        let is_free = has_own || self.demand(expected.saturating_add(1)) <= expected;
        let turns = if is_free { 0 } else { self.vacancies.held() };
        let kept = self.batches.kept();
        let held = turns.saturating_add(kept);
        // A slot beside other tasks is for the first of all who wait, so its thread is not preferred to one that is idle.
        let preferred = task.fair_key().and_then(|key| self.last_thread_of(Name::Key(key)));
        let preferred = preferred.filter(|&worker| is_before || self.is_idle(worker));
        let place = if is_before || is_free { self.place(task.weight, held, preferred, true) } else { None };
        let place = place.filter(|place| is_before || !matches!(place, Place::Slot(_)));
        let may_boot = self.options.kind.boots() && turns == 0;
        let is_expected = place.is_none() && may_boot && self.is_expected(task, kept);
        Outlook { place, is_expected }
    }

    /// Whether a worker would take the task that boots already or can be started. If those that wait have all that the
    /// rate, the key or the background allows, no worker would, however many boot. Somebody's turn has been waited for: it
    /// is before those, so that whoever has been told of a vacancy is not refused.
    fn is_expected(&self, task: &Submission<T>, kept: u32) -> bool {
        let schedule = self.schedule();
        let is_background = task.priority == BACKGROUND;
        let demand = |most| {
            // Those in the background go after all others.
            if is_background { self.background_demand(most) } else { self.foreground_demand(most) }
        };
        let allowed = self.allowed().min(if is_background { self.background_room() } else { UNBOUNDED });
        let is_allowed = allowed == UNBOUNDED || demand(allowed) < allowed;
        let has_spare = |name| schedule.keys.has_spare(name, schedule.per_key, is_background);
        let expected = self.expected_slots();
        let room = self.open_slots().saturating_add(expected - demand(expected));
        let is_turn = self.faces.has_turn(task.payload.face());
        room > kept && (is_turn || (is_allowed && task.name().is_none_or(has_spare)))
    }

    /// Most tasks like this one that run at once, as its key or its group says.
    pub(super) fn limit_of(&self, task: &Submission<T>) -> u32 {
        match (task.name(), task.group) {
            (Some(Name::Group(_)), Some(group)) => group.limit,
            (Some(_), _) => self.schedule().per_key,
            (None, _) => UNBOUNDED,
        }
    }

    /// Why a task is refused that would have to wait; or which task gives way to it, if one does.
    fn refuse_scheduled(&mut self, task: &Submission<T>) -> Result<Option<TaskId>, Refusal> {
        if matches!(task.offer, Offer::Reserved { .. }) {
            return Ok(None);
        }
        let is_key_full = self.is_key_full(task, 1);
        let is_full = self.is_queue_full(task.priority == BACKGROUND, 1);
        let may_displace = self.schedule().overload == Overload::DiscardOldest;
        let is_never_waiting = self.options.nonblocking || task.offer == Offer::AtOnce || is_key_full;
        let victim = if is_full && may_displace && !is_never_waiting { self.victim_of(task) } else { None };
        if is_never_waiting || (is_full && victim.is_none()) {
            let bar = self.bar_behind(task, 0);
            return Err(self.bar_as(task.offer, bar, is_key_full));
        }
        if task.wait_timeout == Some(0) {
            self.counters.expire_at_once(1);
            return Err(Refusal::WaitTimeout);
        }
        Ok(victim)
    }

    /// A refusal, counted. `is_key_full`: as many of its key wait as may.
    pub(super) fn bar_as(&mut self, offer: Offer, bar: Option<Reason>, is_key_full: bool) -> Refusal {
        match bar {
            None | Some(Reason::Rate) if is_key_full => self.bar(offer, Some(Reason::Key)),
            other => self.bar(offer, other),
        }
    }

    /// For a task that cannot wait for the end of a pause.
    pub(crate) fn refuse_if_paused(&mut self) -> Option<Refusal> {
        self.is_paused().then(|| self.bar(Offer::Normal, Some(Reason::Paused)))
    }

    /// A refusal, counted.
    fn bar(&mut self, offer: Offer, bar: Option<Reason>) -> Refusal {
        let count = u64::from(offer == Offer::Normal);
        let (waiting, capacity) = (self.pending(), self.capacity.limit());
        let Some(reason) = bar else {
            self.counters.overload += count;
            return Refusal::Overload { waiting, capacity };
        };
        match reason {
            Reason::Paused => self.counters.paused += count,
            Reason::Key => self.counters.key += count,
            Reason::Rate => self.counters.rate += count,
        }
        Refusal::Barred { reason, waiting, capacity }
    }

    /// Whether so many more would be more than may wait. Those in the background are counted apart.
    pub(super) fn is_queue_full(&self, is_background: bool, more: u32) -> bool {
        let bound = self.options.max_waiting;
        if bound == 0 {
            return false;
        }
        let background = self.schedule().background;
        let waiting = if is_background { background } else { self.waiting() - background };
        // Tasks that booting workers will take do not count against the bound.
        let expected = self.expected_slots();
        let foreground = self.foreground_demand(expected);
        let taken = match is_background {
            false => foreground,
            true if foreground > 0 => 0,
            true => self.demand(expected),
        };
        let unplaced = self.unplaced(|task| (task.priority == BACKGROUND) == is_background);
        (waiting - taken).saturating_add(unplaced).saturating_add(more) > bound
    }

    /// The task that gives way to this one, if one does.
    fn victim_of(&self, task: &Submission<T>) -> Option<TaskId> {
        let is_background = task.priority == BACKGROUND;
        let keys = &self.schedule().keys;
        let own = task.fair_key().and_then(|key| keys.oldest_of(key, is_background));
        let (victim, priority) = own.or_else(|| self.oldest_in_lowest(is_background))?;
        if priority < task.priority { None } else { self.tasks.at(victim) }
    }

    fn oldest_in_lowest(&self, is_background: bool) -> Option<(u32, u64)> {
        let keyed = self.schedule().keys.arrivals();
        let lowest = if is_background { BACKGROUND } else { BACKGROUND - 1 };
        let priority = self.queue.priority_to(lowest).into_iter().chain(keyed.priority_to(lowest)).max()?;
        self.oldest_at(priority).map(|id| (id.number(), priority))
    }

    /// The task of this priority that came first, whether or not it may start.
    pub(super) fn oldest_at(&self, priority: u64) -> Option<TaskId> {
        let keyed = self.schedule().keys.arrivals().first_of(priority);
        let both = self.queue.first_of(priority).chain(keyed).filter_map(|task| self.tasks.at(task));
        both.min_by_key(|&id| self.arrival_of(id))
    }

    /// The worker for a task that starts now.
    pub(super) fn take_place(&mut self, place: Place) -> WorkerId {
        match place {
            Place::Idle(worker) => {
                if self.idle.last().is_some_and(|(last, _)| last == worker) {
                    self.idle.pop();
                } else {
                    self.idle.remove(worker);
                }
                self.census.resume();
                worker
            }
            Place::New => self.start_worker(),
            Place::Slot(worker) => worker,
        }
    }
}
