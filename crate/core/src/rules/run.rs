//! The run of a task: it begins, ends, is cancelled, is collected.

use crate::{
    answer::{Cancelled, End, Finished, Taken, TaskTimes},
    clock::{Clock, Nanos},
    effect::{Effect, Effects},
    id::{TaskId, WorkerId},
    state::{
        State,
        tally::Outcome,
        task::{Interrupted, TaskState},
    },
    submission::Payload,
};

impl<T: Payload> State<T> {
    /// The task's function is called now: its `timeout`, its `TaskTimes` and what is measured count from here.
    pub(crate) fn begin(&mut self, clock: &impl Clock, id: TaskId) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if matches!(task.state, TaskState::Running(_)) && task.has_clock() {
            task.start_clock(clock.now());
        }
    }

    /// The task's function goes on after its call: from here its `timeout` can end it.
    pub(crate) fn limit(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get(id) else { return };
        if matches!(task.state, TaskState::Running(_))
            && let Some((at, limit)) = task.deadline()
        {
            self.deadlines.insert(id.number(), at, limit);
        }
    }

    /// The worker takes a task that it was given, and calls its function now; not if the task has settled meanwhile.
    pub(crate) fn take(&mut self, now: Nanos, worker: WorkerId, id: TaskId) -> Taken<T> {
        let Some(task) = self.tasks.get_mut(id).filter(|task| !task.is_begun()) else {
            return Taken::Foreign;
        };
        match task.state {
            TaskState::Running(of) if of == worker => Taken::Begun(self.take_now(now, id)),
            TaskState::Abandoned { worker: of, .. } if of == worker => {
                task.begin();
                Taken::Settled
            }
            _ => Taken::Foreign,
        }
    }

    /// The function of a task that a worker has just been given is called now.
    pub(crate) fn take_now(&mut self, now: Nanos, id: TaskId) -> T {
        let task = &mut self.tasks[id];
        task.begin();
        // Whether or not the task is timed: what a worker does is shown with the time that it takes.
        task.start_clock(now);
        self.limit(id);
        self.tasks[id].payload
    }

    /// The function of the task that the worker has, which is its only one, has ended.
    pub(crate) fn finish(
        &mut self,
        clock: &impl Clock,
        worker: WorkerId,
        end: End,
        is_broken: bool,
        effects: &mut Effects<T>,
    ) -> Finished {
        let Some(task) = self.workers.live(worker).map(|worker| worker.task()) else { return Finished::LATE };
        self.finish_task(clock, task, end, is_broken, effects)
    }

    /// The function of a task has ended. `is_broken`: its worker must not be used again.
    pub(crate) fn finish_task(
        &mut self,
        clock: &impl Clock,
        id: TaskId,
        end: End,
        is_broken: bool,
        effects: &mut Effects<T>,
    ) -> Finished {
        let Some(task) = self.tasks.get(id) else { return Finished::LATE };
        let Some(worker) = task.worker() else { return Finished::LATE };
        let face = task.payload.face();
        let settled = self.end_task(id, end);
        let mut next = self.free_worker(clock, worker, is_broken, effects);
        let reports_late = self.options.kind.reports_late();
        if !reports_late && let Some(foreign) = next.filter(|&next| self.tasks[next].payload.face() != face) {
            self.send(worker, foreign, effects);
            next = None;
        }
        // If the end is still to be collected, the face has a record.
        let is_quiet = !reports_late && self.faces.records(face) == 0;
        Finished { settled, next, is_quiet }
    }

    /// Counts the end of a running task, unless the task has settled before, and drops its record as soon as its origin
    /// does not need it any more. Returns whether the end settles the task.
    fn end_task(&mut self, id: TaskId, end: End) -> bool {
        self.deadlines.remove(id.number());
        self.measure(id);
        if self.schedule.is_some()
            && let Some(worker) = self.tasks[id].worker()
        {
            self.note_end(worker, id);
        }
        match self.tasks[id].state {
            TaskState::Running(_) => {
                match end {
                    End::Completed => self.counters.settle(Outcome::Completed),
                    End::Failed => self.counters.settle(Outcome::Failed),
                }
                if self.options.kind.reports_late() {
                    self.end_record(id);
                } else {
                    self.drop_record(id);
                }
                true
            }
            TaskState::Abandoned { told: true, .. } => {
                self.drop_record(id);
                false
            }
            TaskState::Abandoned { told: false, .. } => {
                self.end_record(id);
                false
            }
            TaskState::Waiting | TaskState::Bound(_) | TaskState::Over => {
                unreachable!("only a running task ends")
            }
        }
    }

    /// The function of a task has ended, or its worker has died under it.
    #[inline]
    pub(crate) fn measure(&mut self, id: TaskId) {
        if let Some(measures) = &mut self.measures
            && measures.is_on
            && let Some((submitted_at, begun_at)) = self.tasks[id].measured()
        {
            measures.record(submitted_at, begun_at, self.now);
        }
    }

    /// A task neither waits nor has a worker any more, and its origin has still to take notice.
    pub(crate) fn end_record(&mut self, id: TaskId) {
        self.leave_group(id);
        self.tasks[id].state = TaskState::Over;
    }

    /// A task neither waits nor has a worker any more: it does not count in its group, if it has one.
    #[inline]
    fn leave_group(&mut self, id: TaskId) {
        if !self.groups.is_empty()
            && let Some(group) = self.groups.leave(id.number())
        {
            self.watches.group_is_over(group);
        }
    }

    /// The one end of every record of a task.
    pub(crate) fn drop_record(&mut self, id: TaskId) {
        // A task that is over has left.
        self.leave_group(id);
        let face = self.tasks[id].payload.face();
        if self.faces.drop_record(face) {
            self.watches.face_is_quiet(face);
        }
        if self.schedule.is_some() {
            self.drop_special(id);
        }
        if self.tasks.remove(id) {
            self.forget_numbers();
        }
    }

    /// A crowd of tasks has gone: nothing is kept any more by numbers that no task has.
    #[cold]
    fn forget_numbers(&mut self) {
        let end = self.tasks.end();
        self.queue.truncate(end);
        self.deadlines.truncate(end);
        self.groups.truncate(end);
        if let Some(schedule) = &mut self.schedule {
            schedule.keys.truncate(end);
        }
    }

    /// A worker with one task less, or one that has booted, takes the next task, goes idle, or retires. Returns the
    /// task that it has now.
    pub(crate) fn free_worker(
        &mut self,
        clock: &impl Clock,
        worker: WorkerId,
        is_broken: bool,
        effects: &mut Effects<T>,
    ) -> Option<TaskId> {
        let record = self.workers.end_task(worker, is_broken);
        let (is_free, is_ending, generation) = (record.load() == 0, record.is_ending(), record.generation());
        // Workers that are already stopping are on their way below the capacity: another one need not go for them.
        let fits = self.census.staying() <= self.capacity.limit();
        if self.census.is_current(generation) && !is_ending && fits && !self.lifetime.is_closed() {
            if !self.bound.is_empty()
                && let Some(task) = self.next_bound(worker)
            {
                self.assign(worker, task);
                return Some(task);
            }
            if self.schedule.is_some() {
                return self.free_scheduled(clock, worker, is_free, effects);
            }
            let yields = self.yields(worker);
            if !yields && let Some(task) = self.next_waiting() {
                self.assign(worker, task);
                return Some(task);
            }
            let stays = is_free && self.lifetime.is_open();
            if stays {
                self.go_idle(clock, worker);
            }
            if yields {
                // Tells who is next, and serves others if there is room beyond that.
                self.fill(effects);
            }
            if yields || stays {
                return None;
            }
        }
        if is_free {
            self.census.end_work(generation);
            self.retire(worker, effects);
            // The worker may have been the one above the capacity that kept the others from taking several tasks, or
            // the last one that served while there was a pause.
            self.fill(effects);
        }
        None
    }

    /// A busy worker without a task waits for the next one.
    pub(crate) fn go_idle(&mut self, clock: &impl Clock, worker: WorkerId) {
        self.census.rest();
        self.workers[worker].rest();
        // As a rule somebody asks since when.
        let since = match self.notes_rest() {
            true if self.is_measuring() => self.now,
            true => clock.now(),
            false => 0,
        };
        self.idle.push(worker, since);
    }

    /// Settles a task because its signal was aborted.
    pub(crate) fn cancel(&mut self, clock: &impl Clock, id: TaskId, effects: &mut Effects<T>) -> Cancelled {
        let Some(task) = self.tasks.get(id) else { return Cancelled::Late };
        let cancelled = match task.state {
            TaskState::Waiting if self.is_aside(id) => return Cancelled::Late,
            TaskState::Waiting => {
                self.forget_unbegun(id, effects);
                self.leave_queue(id);
                self.drop_record(id);
                Cancelled::Waiting
            }
            TaskState::Bound(worker) => {
                self.forget_unbegun(id, effects);
                self.unbind(worker, id);
                self.drop_record(id);
                Cancelled::Waiting
            }
            TaskState::Running(worker) => {
                self.forget_unbegun(id, effects);
                self.abandon_to(worker, id, Interrupted::Abort, true, clock.now());
                Cancelled::Running
            }
            TaskState::Abandoned { .. } | TaskState::Over => return Cancelled::Late,
        };
        self.counters.settle(Outcome::Cancelled);
        cancelled
    }

    /// A task is about to settle in another way than by its end. Whether it has begun is decided under this very lock,
    /// so what the host keeps for its begin goes either to whoever begins it or away, and never both.
    pub(crate) fn forget_unbegun(&self, id: TaskId, effects: &mut Effects<T>) {
        let task = &self.tasks[id];
        if self.options.kind.begins_later() && !task.is_begun() {
            effects.push(Effect::Forgotten(task.payload));
        }
    }

    /// A task has settled while its function goes on, for as long as its grace lasts if there is one.
    pub(crate) fn abandon_to(
        &mut self,
        worker: WorkerId,
        id: TaskId,
        why: Interrupted,
        told: bool,
        now: Nanos,
    ) {
        self.deadlines.remove(id.number());
        let task = &mut self.tasks[id];
        task.state = TaskState::Abandoned { worker, told };
        task.interrupt(why);
        if let Some(grace) = self.options.kind.grace() {
            self.deadlines.insert(id.number(), now + grace, 0);
        }
    }

    /// The function of a running task had better end, although the task has not settled. Returns the worker that runs
    /// it.
    pub(crate) fn interrupt(&mut self, id: TaskId) -> Option<WorkerId> {
        let task = self.tasks.get_mut(id)?;
        let worker = task.worker()?;
        task.interrupt(Interrupted::Abort);
        Some(worker)
    }

    /// The origin of a rejected task has taken notice.
    pub(crate) fn collect(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        match task.state {
            TaskState::Over => self.drop_record(id),
            TaskState::Abandoned { worker, told: false } => {
                task.state = TaskState::Abandoned { worker, told: true }
            }
            // Whoever says so is late, as the origin has been told before.
            TaskState::Waiting
            | TaskState::Bound(_)
            | TaskState::Running(_)
            | TaskState::Abandoned { told: true, .. } => {}
        }
    }

    pub(crate) fn times(&self, clock: &impl Clock, id: TaskId) -> Option<TaskTimes> {
        self.tasks.get(id).map(|task| task.times(clock.now()))
    }
}
