//! Who may start, and who goes first.

use workpool_core::{BACKGROUND, Key, Nanos, Reason, TaskId};

use super::{
    Model,
    records::{Kin, Phase, Task, Waiter, WorkerState, kin},
};

impl Model {
    /// Whether it takes time until more tasks may start.
    pub(crate) fn is_limited(&self) -> bool {
        self.tokens() == 0 && !self.queue.is_empty()
    }

    /// How many tasks may still start just now.
    pub(super) fn tokens(&self) -> u32 {
        self.tokens_at(self.now)
    }

    fn tokens_at(&self, now: Nanos) -> u32 {
        let Some(rate) = self.options.policy.rate else { return u32::MAX };
        let recent = self.schedule.starts.iter().filter(|&&at| at + rate.interval > now);
        rate.limit.saturating_sub(recent.count() as u32)
    }

    /// When one more task may start, if somebody waits for that.
    pub(super) fn token_due(&self) -> Option<Nanos> {
        let interval = self.options.policy.rate?.interval;
        // The last step has served whoever could be served then.
        let then = self.schedule.served_at;
        let (told, tokens) = (self.told.len() as u32, self.tokens_at(then));
        let boots = self.options.kind.boots() && self.waiting() > tokens;
        let for_tasks = !self.queue.is_empty() && (tokens == 0 || boots);
        let for_waits = !self.awaiting.is_empty() && tokens <= told;
        let ends = self.schedule.starts.iter().map(|at| at + interval).filter(|&at| at > then);
        ends.min().filter(|_| !self.is_paused() && (for_tasks || for_waits))
    }

    /// Tasks of the key that a worker has. The tasks without a key are one key.
    pub(super) fn running_of(&self, key: Option<Key>) -> u32 {
        let is_meant = |task: &&Task| task.worker().is_some() && task.kin().0 == key;
        self.tasks.iter().filter(is_meant).count() as u32
    }

    /// How many more tasks of the key, or of the group, may run.
    pub(super) fn left_of(&self, (key, group): Kin) -> u32 {
        let limit = self.options.policy.per_key;
        let of_key = key.map_or(u32::MAX, |_| limit.saturating_sub(self.running_of(key)));
        let in_group = |task: &&Task| task.worker().is_some() && task.kin().1 == group;
        let running = self.tasks.iter().filter(in_group).count() as u32;
        of_key.min(group.map_or(u32::MAX, |group| group.limit.saturating_sub(running)))
    }

    /// What forbids a start, whatever room there is.
    pub(super) fn barred(&self, kin: Kin) -> Option<Reason> {
        if self.is_paused() {
            Some(Reason::Paused)
        } else if self.left_of(kin) == 0 {
            Some(Reason::Key)
        } else if self.tokens() == 0 {
            Some(Reason::Rate)
        } else {
            None
        }
    }

    fn waiting_tasks(&self) -> impl Iterator<Item = (usize, &Task)> + Clone {
        self.queue.iter().map(|&id| self.known(id)).enumerate()
    }

    /// Those that may start, but for background tasks, with their places in the queue.
    fn eligible(&self) -> Vec<(usize, &Task)> {
        let is_eligible = |(_, task): &(usize, &Task)| {
            task.submission.priority != BACKGROUND && self.barred(task.kin()).is_none()
        };
        self.waiting_tasks().filter(is_eligible).collect()
    }

    pub(super) fn eligible_lanes(&self) -> Vec<u64> {
        let mut lanes: Vec<u64> = self.eligible().iter().map(|(_, task)| task.submission.priority).collect();
        lanes.sort_unstable();
        lanes.dedup();
        lanes
    }

    /// How much of the pool background tasks leave alone, while it is open.
    pub(super) fn half(&self) -> u32 {
        if self.phase == Phase::Open { (self.capacity / 2).max(1) } else { u32::MAX }
    }

    /// Whether the rules let this waiting task start, in whatever order.
    pub(super) fn may_go(&self, id: TaskId) -> bool {
        let submission = &self.known(id).submission;
        let is_background = submission.priority == BACKGROUND;
        self.barred(kin(submission)).is_none() && (!is_background || self.background_may_start())
    }

    fn background_may_start(&self) -> bool {
        self.eligible().is_empty() && self.busy() < self.half()
    }

    /// The lane has had a task that could start for as long as it takes to be shed.
    pub(super) fn is_standing(&self, priority: u64) -> bool {
        let since = self.schedule.standing.iter().find(|lane| lane.0 == priority);
        let interval = self.options.policy.shed.map(|shed| shed.interval);
        self.phase == Phase::Open
            && since.zip(interval).is_some_and(|(lane, interval)| self.now - lane.1 >= interval)
    }

    /// By this the first ones of different lanes go.
    fn aged(&self, priority: u64, called_at: Nanos) -> (u128, u64) {
        if priority == BACKGROUND {
            return (u128::MAX, priority);
        }
        let ageing = self.options.ageing;
        let aged =
            ageing.map_or(0, |ageing| u128::from(priority) * u128::from(ageing) + u128::from(called_at));
        (aged, priority)
    }

    /// The first waiting task that may start.
    pub(super) fn next_task(&self) -> Option<TaskId> {
        let eligible = self.eligible();
        let lane_head = |priority: u64| {
            let in_lane = |(_, task): &&(usize, &Task)| task.submission.priority == priority;
            let lane: Vec<_> = eligible.iter().filter(in_lane).copied().collect();
            if self.options.ageing.is_some() {
                return lane.into_iter().min_by_key(|(_, task)| (task.called_at, task.arrival));
            }
            // Of each key the first one by place, as what has come back stands before the others; then by number.
            let is_newest = self.is_standing(priority);
            let of_key = |kin: Kin| {
                let own = lane.iter().copied().filter(move |(_, task)| task.kin() == kin);
                if is_newest {
                    own.max_by_key(|&(place, _)| place)
                } else {
                    own.min_by_key(|&(place, _)| place)
                }
            };
            let heads = lane.iter().filter_map(|(_, task)| of_key(task.kin()));
            heads.min_by_key(|(_, task)| {
                let (after, moves) = task.arrival;
                let place = if is_newest { (u64::MAX - after, u64::MAX - moves) } else { task.arrival };
                (self.running_of(task.kin().0), place)
            })
        };
        let heads = self.eligible_lanes().into_iter().filter_map(lane_head);
        let first = heads.min_by_key(|(_, task)| self.aged(task.submission.priority, task.called_at));
        if let Some((_, task)) = first {
            return Some(task.id);
        }
        let background = self.waiting_tasks().filter(|(_, task)| self.barred(task.kin()).is_none());
        let of_key = |key| background.clone().find(|(_, task)| task.kin() == key);
        let heads = background.clone().filter_map(|(_, task)| of_key(task.kin()));
        let first = heads.min_by_key(|(_, task)| task.arrival).filter(|_| self.background_may_start());
        first.map(|(_, task)| task.id)
    }

    /// Tasks that have more than others of their key running go later; not in the background, nor where they age.
    fn rank_in_lane(&self, priority: u64, key: Option<Key>) -> u32 {
        let counts = priority != BACKGROUND && self.options.ageing.is_none();
        if counts { self.running_of(key) } else { 0 }
    }

    /// The task that settles if one has to.
    pub(super) fn next_to_settle(&self) -> Option<TaskId> {
        if !self.is_scheduled {
            return self.next_waiting();
        }
        self.next_task().or_else(|| {
            let lowest = self.waiting_tasks().map(|(_, task)| task.submission.priority).min()?;
            self.oldest_of(lowest)
        })
    }

    /// The task of this priority that was submitted first.
    fn oldest_of(&self, priority: u64) -> Option<TaskId> {
        let tasks = self.waiting_tasks().map(|(_, task)| task);
        let lane = tasks.filter(|task| task.submission.priority == priority);
        lane.min_by_key(|task| task.arrival).map(|task| task.id)
    }

    pub(super) fn wait_is_eligible(&self, wait: &Waiter) -> bool {
        self.barred((wait.key, None)).is_none()
            && (wait.priority != BACKGROUND || self.background_may_start())
    }

    /// The first of those who await a vacancy and might start something, by place in the list.
    pub(super) fn next_wait(&self) -> Option<usize> {
        let eligible = (0..self.awaiting.len()).filter(|&index| self.wait_is_eligible(&self.awaiting[index]));
        let in_lane = |wait: &Waiter| self.rank_in_lane(wait.priority, wait.key);
        let eligible: Vec<usize> = eligible.collect();
        let mut lanes: Vec<u64> = eligible.iter().map(|&index| self.awaiting[index].priority).collect();
        lanes.sort_unstable();
        lanes.dedup();
        let heads = lanes.into_iter().filter_map(|priority| {
            let lane = eligible.iter().copied().filter(|&index| self.awaiting[index].priority == priority);
            lane.min_by_key(|&index| in_lane(&self.awaiting[index]))
        });
        heads.min_by_key(|&index| self.aged(self.awaiting[index].priority, self.awaiting[index].called_at))
    }

    /// Whether the wait goes before every task that may start.
    pub(super) fn wait_is_before(&self, wait: &Waiter) -> bool {
        let Some(id) = self.next_task() else { return true };
        let task = self.known(id);
        if task.submission.priority != wait.priority {
            return self.aged(wait.priority, wait.called_at)
                < self.aged(task.submission.priority, task.called_at);
        }
        let rank = |key| self.rank_in_lane(wait.priority, key);
        let running = (rank(wait.key), rank(task.kin().0));
        (running.0, wait.after) < (running.1, task.arrival)
    }

    /// How many waiting tasks may start, of those that workers boot for.
    pub(super) fn demand(&self) -> u32 {
        if self.is_paused() || self.phase == Phase::Closed {
            return 0;
        }
        let is_normal = |task: &Task| task.submission.priority != BACKGROUND;
        let normal = self.demand_of(is_normal);
        let with_task = self.busy() - self.booting();
        let background = self.demand_of(|task| !is_normal(task)).min(self.half().saturating_sub(with_task));
        let demand = if normal > 0 { normal } else { background };
        demand.min(self.tokens())
    }

    pub(super) fn demand_of(&self, is_meant: impl Fn(&Task) -> bool) -> u32 {
        let mut counted: Vec<(Kin, u32)> = Vec::new();
        for (_, task) in self.waiting_tasks().filter(|(_, task)| is_meant(task)) {
            let key = task.kin();
            match counted.iter_mut().find(|other| other.0 == key) {
                Some((_, count)) => *count += 1,
                None => counted.push((key, 1)),
            }
        }
        counted.into_iter().map(|(key, count)| count.min(self.left_of(key))).sum()
    }

    /// Idle workers and threads with a slot, as the thread that last ran the key.
    pub(super) fn preferred(&self, key: Option<Key>) -> Option<super::WorkerId> {
        let known = self.schedule.preferred.iter().find(|known| Some(known.0) == key);
        let &(_, worker) = known?;
        let is_idle = self.idle().iter().any(|&(_, idle)| idle == worker);
        let has_slot = self.options.concurrency > 1 && self.slots().iter().any(|&(_, other)| other == worker);
        (is_idle || has_slot).then_some(worker)
    }

    pub(super) fn is_idle(&self, id: super::WorkerId) -> bool {
        self.workers.iter().any(|worker| worker.id == id && matches!(worker.state, WorkerState::Idle(_)))
    }
}
