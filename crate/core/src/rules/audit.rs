//! The invariants of the state, for tests.

use crate::{
    clock::Nanos,
    id::WorkerId,
    policy::UNBOUNDED,
    state::{
        State,
        task::TaskState,
        worker::{Worker, WorkerState},
    },
    submission::Payload,
};

impl<T: Payload> State<T> {
    pub(crate) fn audit(&self) {
        let (census, capacity) = (&self.census, self.capacity.limit());
        let (running, busy, booting) = (census.running(), census.busy(), census.booting());
        let stopping = census.stopping();
        let waiting = self.waiting();
        // What a call has left is done by the reaper, who comes at once.
        let is_left = self.has_backlog();
        assert!(!is_left || self.alarm.at() == Some(0), "nobody goes on with what is left");

        // Workers: every gauge is what counting the records gives.
        let mut live = [0_u32; 4];
        let mut validating = 0;
        let mut older = 0;
        for (_, worker) in self.workers.iter() {
            if !census.is_current(worker.generation()) {
                let is_live = !matches!(worker.state(), WorkerState::Stopped | WorkerState::Overdue);
                older += if is_live { worker.slots() } else { 0 };
                assert_ne!(worker.state(), WorkerState::Idle, "no worker of an older generation is idle");
                continue;
            }
            validating += u32::from(worker.state() == WorkerState::Validating);
            match worker.state() {
                WorkerState::Uninitialized | WorkerState::Validating => live[0] += 1,
                WorkerState::Running => live[1] += worker.slots(),
                WorkerState::Idle => live[2] += 1,
                WorkerState::Stopping | WorkerState::Late => live[3] += 1,
                WorkerState::Overdue | WorkerState::Stopped => {}
            }
        }
        assert_eq!(live.iter().sum::<u32>(), running, "running");
        assert_eq!(live[0], booting, "booting");
        assert_eq!(validating, self.starts.validating(), "validating");
        assert_eq!(live[0] + live[1], busy, "busy");
        assert_eq!(live[2] as usize, self.idle.len(), "idle");
        assert_eq!(live[3], stopping, "stopping");
        assert_eq!(census.all_older(), older, "older generations");
        assert!(self.workers.cached() <= capacity, "the cache is bounded by the capacity");
        let loads = self.workers.iter().map(|(_, worker)| worker.load());
        assert_eq!(loads.sum::<u32>(), self.workers.load(), "the load of all workers");
        let with_worker = self.tasks.iter().filter(|(_, task)| task.worker().is_some());
        assert_eq!(with_worker.count(), self.workers.load() as usize, "tasks that workers have");

        let has_term = |(id, worker): (WorkerId, &Worker)| match worker.state() {
            WorkerState::Uninitialized => self.terms.has(id.0) == self.options.kind.boot_timeout().is_some(),
            WorkerState::Stopping => self.terms.has(id.0) == self.options.kind.dispose_timeout().is_some(),
            WorkerState::Idle => self.terms.has(id.0) == self.options.kind.max_age().is_some(),
            WorkerState::Running | WorkerState::Validating => {
                worker.is_ending() || self.terms.has(id.0) == self.options.kind.max_age().is_some()
            }
            WorkerState::Late | WorkerState::Overdue | WorkerState::Stopped => !self.terms.has(id.0),
        };
        assert!(
            self.workers.iter().all(has_term),
            "a term for a worker that has none, or none for one that has"
        );

        if self.schedule.is_some() {
            self.audit_schedule();
        } else {
            self.audit_order();
        }
        assert!(self.idle.is_empty() || running - stopping <= capacity, "an idle worker above the capacity");
        if self.lifetime.is_closing() {
            assert!(self.idle.is_empty() || is_left, "idle while closing");
        }
        if self.lifetime.is_closed() {
            assert!(self.idle.is_empty(), "idle while closed");
            assert!(waiting == 0 || (is_left && self.schedule.is_some()), "waiting while closed");
        }

        // Tasks.
        let counters = &self.counters;
        let states =
            |state: fn(TaskState) -> bool| self.tasks.iter().filter(|(_, task)| state(task.state)).count();
        let all_waiting = states(|state| state == TaskState::Waiting);
        assert_eq!(all_waiting, (waiting + self.aside.len()) as usize, "waiting, or set aside");
        let aside =
            self.tasks.iter().filter(|&(id, task)| task.state == TaskState::Waiting && self.is_aside(id));
        assert_eq!(aside.count(), self.aside.len() as usize, "set aside");
        let running_tasks = states(|state| matches!(state, TaskState::Running(_)));
        let bound = states(|state| matches!(state, TaskState::Bound(_)));
        assert_eq!((running_tasks + bound) as u64 + u64::from(waiting), counters.unsettled, "unsettled");
        self.audit_bound(bound, is_left);
        let settled = counters.completed + counters.failed + counters.timed_out + counters.cancelled;
        let given_up = counters.displaced + counters.shed + counters.cleared;
        let rejected = counters.wait_timeout + counters.released + given_up;
        assert_eq!(counters.submitted, counters.unsettled + settled + rejected, "every task is counted once");
        assert!(counters.waited <= counters.submitted, "more tasks have waited than there were");
        assert!(counters.peak_busy >= census.engaged() && counters.peak_waiting >= waiting, "peaks");

        // Faces: each knows how many records are its own.
        let mut records = 0;
        for (_, task) in self.tasks.iter() {
            let is_known = self.faces.records(task.payload.face()) > 0;
            let is_left = self.options.kind.outlives_face()
                && matches!(task.state, TaskState::Abandoned { told: true, .. });
            assert!(is_known || is_left, "a record of no face");
            records += u32::from(is_known);
        }
        assert_eq!(self.faces.all_records(), records, "records of faces");
        assert!(
            self.vacancies.is_empty() || self.lifetime.is_open() || is_left,
            "somebody awaits a vacancy that will never be"
        );
        // A close gives back what nobody will use, which may take it a while.
        let held = if self.lifetime.is_open() { self.vacancies.held() } else { 0 };
        let turns = (self.vacancies.told(), self.vacancies.told_slots(), held);
        assert_eq!(self.faces.all_turns(), turns, "turns of faces");
        assert!(self.vacancies.held() == held || is_left, "slots are kept in a pool that has closed");
        let is_in_queue = |number| {
            self.tasks
                .at(number)
                .is_some_and(|id| self.tasks[id].state == TaskState::Waiting && !self.is_aside(id))
        };
        assert!(self.moved.tasks().all(is_in_queue), "a place of a task that does not wait");
        self.groups
            .audit(|number| self.tasks.at(number).is_some_and(|id| self.tasks[id].state != TaskState::Over));
        self.batches.audit(|face| self.faces.is_known(face));
        assert!(self.batches.reserved() == 0 || !self.lifetime.is_closed(), "places in a closed pool");
        assert!(
            self.vacancies.faces().all(|face| self.faces.is_known(face)),
            "a vacancy for a face that is gone"
        );

        // A pause follows a worker that could not be started, and ends.
        assert!(
            !self.starts.are_paused()
                || self.options.kind.backs_off()
                || (self.options.kind.can_fail_to_start() && self.starts.have_failed()),
            "a pause without a failure"
        );
        assert!(self.starts.vain().is_none(), "somebody waits in vain");
        let lacks = self.options.kind.backs_off() && self.may_start() && self.lifetime.is_open();
        assert!(
            !self.watches.await_start() || !lacks || census.staying() > 0,
            "nobody boots for whom one waits"
        );
        assert!(self.starts.are_paused() || self.starts.owed() == 0, "a worker is owed that may be started");

        // Time: the reaper comes early enough.
        assert!(self.due() == Nanos::MAX || self.alarm.is_in_time(self.due()), "armed too late");
    }

    /// Tasks that are bound to workers: each worker is there, and could not begin the task now.
    fn audit_bound(&self, count: usize, is_left: bool) {
        assert_eq!(self.bound.iter().count(), count, "bound tasks");
        assert!(count == 0 || !self.lifetime.is_closed() || is_left, "a bound task in a closed pool");
        for (worker, task) in self.bound.iter() {
            let state = self.tasks.get(task).map(|task| task.state);
            assert_eq!(state, Some(TaskState::Bound(worker)), "the state of a bound task");
            let record = self.workers.live(worker);
            let is_live = record.is_some_and(|worker| {
                matches!(
                    worker.state(),
                    WorkerState::Uninitialized | WorkerState::Running | WorkerState::Idle
                )
            });
            assert!(is_live, "a task is bound to a worker that takes none");
            let may_start = !self.lifetime.is_closed() && !self.is_paused();
            assert!(!may_start || !self.is_open_to_bound(worker), "a bound task waits beside its worker");
        }
    }

    /// Of a pool without a schedule: nobody waits beside a free slot.
    fn audit_order(&self) {
        let (running, capacity) = (self.census.running(), self.capacity.limit());
        let (waiting, booting, held) = (self.waiting(), self.census.booting(), self.held());

        // What is shown as available is there.
        let shown = self.snapshot().available();
        if self.lifetime.is_open() {
            let reserved = self.batches.reserved();
            let is_changing = self.capacity.is_changing();
            assert!(
                shown == 0 || reserved > 0 || is_changing || self.room() > 0,
                "available, but nothing could start"
            );
            let spare = self.expected().saturating_sub(waiting);
            let is_exact = !is_changing
                && self.options.concurrency == 1
                && running <= capacity
                && capacity < UNBOUNDED
                && reserved == 0;
            assert!(!is_exact || shown == self.room() - spare, "what could start is not available");
        }

        // Admission: nobody waits beside a free slot, nobody idles above the capacity.
        assert!(
            waiting <= self.expected_slots() || self.free_slots() == 0 || self.is_held(),
            "a waiting task beside a free slot of a worker"
        );
        assert!(
            waiting == 0
                || self.idle.is_empty()
                || held > 0 && (self.is_held() || self.starts.have_failed())
                || self.must_validate() && waiting <= booting,
            "an idle worker beside a waiting task"
        );
        if !self.lifetime.is_closed() {
            let has_room = self.may_start() && !self.starts.have_failed();
            assert!(waiting <= booting || !has_room || self.is_held(), "a waiting task beside a free slot");
        }
        assert!(
            self.vacancies.is_empty() || !self.has_room_for_another() || self.has_backlog(),
            "somebody awaits a vacancy that is there"
        );
    }
}
