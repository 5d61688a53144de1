//! Whether a task starts, waits, is refused, or takes the place of another one.

use super::order::Place;
use crate::{
    answer::{Admission, Reason, Refusal},
    clock::Clock,
    effect::{Effects, Rejection},
    id::{TaskId, WorkerId},
    kind::WorkerKind,
    policy::Overload,
    state::{State, tally::Outcome, vacancy::Wait},
    submission::{BACKGROUND, Offer, Payload, Submission},
};

/// What a task meets that is submitted now.
struct Outlook {
    /// What forbids its start, beside want of room.
    bar: Option<Reason>,
    /// Where it can start at once.
    place: Option<Place>,
    /// Whether a worker will take it that boots already, or is started for it.
    is_expected: bool,
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
        if let Some(place) = outlook.place {
            let id = self.accept_scheduled(clock, task);
            let worker = self.take_place(place);
            self.assign(worker, id);
            return Admission::Started(worker, id);
        }
        let mut victim = None;
        if !outlook.is_expected {
            match self.refuse_scheduled(&task, outlook.bar) {
                Ok(displaced) => victim = displaced,
                Err(refusal) => return Admission::Refused(refusal),
            }
        }
        if let Some(victim) = victim {
            self.reject_waiting(victim, Outcome::Displaced, Rejection::Displaced, effects);
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
        if outlook.place.is_some() || outlook.is_expected {
            return None;
        }
        self.refuse_scheduled(task, outlook.bar).err()
    }

    fn outlook(&self, task: &Submission<T>) -> Outlook {
        let schedule = self.schedule();
        let face = task.payload.face();
        let running = task.key.map_or(0, |key| schedule.keys.counts(key).0);
        let bar = if schedule.is_paused() {
            Some(Reason::Paused)
        } else if running >= schedule.per_key {
            Some(Reason::Key)
        } else if schedule.allowed() == 0 {
            Some(Reason::Rate)
        } else {
            None
        };
        let first = if bar.is_none() { self.first_task() } else { None };
        let is_in_turn = task.priority != BACKGROUND || (first.is_none() && self.may_run_background());
        if bar.is_some() || !is_in_turn {
            return Outlook { bar, place: None, is_expected: false };
        }
        let wait = Wait { priority: task.priority, key: task.key, ..Wait::new(face, 0) };
        let rank = self.rank_of(&wait, schedule.now, u64::MAX);
        let is_before = first.is_none_or(|first| {
            let is_before_equals = self.is_newest_first(task.priority) && first.priority == task.priority;
            rank < first.rank || (is_before_equals && rank.1 == first.rank.1)
        });
        // Those for whom workers boot are served. The others go first, but for somebody's turn, which has been waited for.
        let expected = self.expected_slots();
        let is_free = self.demand(expected.saturating_add(1)) <= expected || self.faces.has_turn(face);
        let held = if is_free { 0 } else { self.vacancies.held() };
        let preferred = task.key.and_then(|key| self.last_thread_of(key));
        let place = if is_before || is_free { self.place(task.weight, held, preferred, true) } else { None };
        // A slot beside other tasks is for the first of all who wait.
        let place = place.filter(|place| is_before || !matches!(place, Place::Slot(_)));
        let may_boot = self.options.kind.boots() && (held == 0 || is_free);
        let is_expected = place.is_none() && may_boot && self.room_scheduled() > 0;
        Outlook { bar, place, is_expected }
    }

    /// Why a task is refused that would have to wait; or which task gives way to it, if one does.
    fn refuse_scheduled(
        &mut self,
        task: &Submission<T>,
        bar: Option<Reason>,
    ) -> Result<Option<TaskId>, Refusal> {
        let schedule = self.schedule();
        let waiting = task.key.map_or(0, |key| schedule.keys.counts(key).1);
        let is_key_full =
            schedule.max_waiting_per_key > 0 && task.key.is_some() && waiting >= schedule.max_waiting_per_key;
        let is_full = self.is_queue_full(task.priority == BACKGROUND);
        let may_displace = schedule.overload == Overload::DiscardOldest;
        let is_never_waiting = self.options.nonblocking || task.offer == Offer::AtOnce || is_key_full;
        let victim = if is_full && may_displace && !is_never_waiting { self.victim_of(task) } else { None };
        if is_never_waiting || (is_full && victim.is_none()) {
            let bar = match bar {
                None | Some(Reason::Rate) if is_key_full => Some(Reason::Key),
                other => other,
            };
            return Err(self.bar(task.offer, bar));
        }
        if task.wait_timeout == Some(0) {
            self.counters.expire_at_once();
            return Err(Refusal::WaitTimeout);
        }
        Ok(victim)
    }

    /// A refusal, counted.
    fn bar(&mut self, offer: Offer, bar: Option<Reason>) -> Refusal {
        let count = u64::from(offer == Offer::Normal);
        let (waiting, capacity) = (self.waiting(), self.capacity.limit());
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

    /// Whether as many tasks wait as may. Those in the background are counted apart.
    fn is_queue_full(&self, is_background: bool) -> bool {
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
        waiting - taken >= bound
    }

    /// The task that gives way to this one, if one does.
    fn victim_of(&self, task: &Submission<T>) -> Option<TaskId> {
        let is_background = task.priority == BACKGROUND;
        let keys = &self.schedule().keys;
        let own = task.key.and_then(|key| keys.oldest_of(key, is_background));
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
        let keyless = self.queue.oldest(priority);
        let keyed = self.schedule().keys.arrivals().oldest(priority);
        let both = keyless.into_iter().chain(keyed).filter_map(|task| self.tasks.at(task));
        both.min_by_key(|&id| self.tasks[id].number)
    }

    /// The worker for a task that starts now.
    pub(super) fn take_place(&mut self, place: Place) -> WorkerId {
        match place {
            Place::Idle(worker) => {
                if self.idle.last() == Some(worker) {
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
