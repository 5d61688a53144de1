//! The pool as DESIGN §4 describes it, with plain lists that are scanned: no stack, no heap, no gauges. Whatever
//! number the real pool gives to a new worker, task or face is taken over, after a look whether it was free.

use workpool_core::{
    Admission, Cancelled, Condition, Counters, Effect, End, FaceId, Finished, MILLISECOND, Nanos, Offer,
    Options, Refusal, Rejection, Snapshot, Submission, TaskId, TaskTimes, Wait, WorkerId,
};

use crate::recorder::Job;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskState {
    Waiting,
    Running(WorkerId),
    Abandoned(WorkerId),
    Over,
}

#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) id: TaskId,
    pub(crate) state: TaskState,
    /// Whether its origin has still to collect a rejection.
    pub(crate) uncollected: bool,
    pub(crate) begun: bool,
    pub(crate) limited: bool,
    submission: Submission<Job>,
    times: TaskTimes,
    deadline: Option<Nanos>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkerState {
    Booting,
    Running,
    Idle(Nanos),
    Stopping,
}

#[derive(Debug, Clone)]
pub(crate) struct Worker {
    pub(crate) id: WorkerId,
    pub(crate) state: WorkerState,
    generation: u64,
    /// Until when it is to have been taken down.
    dispose_by: Option<Nanos>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaceState {
    Staying,
    Left,
    Departed,
}

#[derive(Debug, Clone)]
pub(crate) struct Face {
    pub(crate) id: FaceId,
    pub(crate) state: FaceState,
}

/// Who awaits a vacancy.
#[derive(Debug, Clone)]
struct Waiter {
    face: FaceId,
    token: u32,
    priority: u64,
    /// How many tasks had been accepted before.
    after: u64,
    deadline: Option<Nanos>,
}

/// Who has been told of one, in a turn that is not over.
#[derive(Debug, Clone)]
struct Turn {
    face: FaceId,
    is_used: bool,
}

#[derive(Debug, Clone)]
struct Watch {
    face: FaceId,
    token: u32,
    condition: Condition,
    expires_at: Option<Nanos>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    Closing,
    Closed,
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    options: Options,
    capacity: u32,
    phase: Phase,
    pub(crate) generation: u64,
    pub(crate) now: Nanos,
    /// In order of arrival.
    pub(crate) tasks: Vec<Task>,
    /// Live ones, in no order that matters.
    pub(crate) workers: Vec<Worker>,
    /// Those that have been taken down for too long.
    pub(crate) overdue: Vec<WorkerId>,
    cached: u32,
    watches: Vec<Watch>,
    /// Of all times.
    pub(crate) faces: Vec<Face>,
    /// Who awaits a vacancy, in order of arrival.
    awaiting: Vec<Waiter>,
    told: Vec<Turn>,
    counters: Counters,
    last_purge: Option<Nanos>,
    /// Numbers that the real pool has given to new workers in this step, in order.
    pub(crate) new_workers: Vec<WorkerId>,
    /// What this step causes.
    pub(crate) effects: Vec<Effect<Job>>,
}

impl Model {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            capacity: options.capacity,
            phase: Phase::Open,
            generation: 1,
            now: 0,
            tasks: Vec::new(),
            workers: Vec::new(),
            overdue: Vec::new(),
            cached: 0,
            watches: Vec::new(),
            faces: vec![Face { id: FaceId::FIRST, state: FaceState::Staying }],
            awaiting: Vec::new(),
            told: Vec::new(),
            counters: Counters::default(),
            last_purge: None,
            new_workers: Vec::new(),
            effects: Vec::new(),
        }
    }

    // What is counted by scanning.

    fn count(&self, is_counted: impl Fn(&Worker) -> bool) -> u32 {
        self.workers
            .iter()
            .filter(|worker| worker.generation == self.generation && is_counted(worker))
            .count() as u32
    }

    fn running(&self) -> u32 {
        self.count(|_| true)
    }

    fn booting(&self) -> u32 {
        self.count(|worker| worker.state == WorkerState::Booting)
    }

    fn with_task(&self) -> u32 {
        self.count(|worker| worker.state == WorkerState::Running)
    }

    fn staying(&self) -> u32 {
        self.count(|worker| worker.state != WorkerState::Stopping)
    }

    fn waiting(&self) -> u32 {
        self.tasks.iter().filter(|task| task.state == TaskState::Waiting).count() as u32
    }

    /// The waiting tasks that somebody who boots will take.
    fn expected(&self) -> u32 {
        self.booting().min(self.capacity.saturating_sub(self.with_task()))
    }

    /// The idle workers, the longest idle first. Among those of one moment, the order in which they went idle.
    fn idle(&self) -> Vec<WorkerId> {
        let mut idle: Vec<(Nanos, WorkerId)> = self
            .workers
            .iter()
            .filter_map(|worker| match worker.state {
                WorkerState::Idle(since) => Some((since, worker.id)),
                _ => None,
            })
            .collect();
        idle.sort_by_key(|&(since, _)| since);
        idle.into_iter().map(|(_, worker)| worker).collect()
    }

    fn worker(&mut self, id: WorkerId) -> &mut Worker {
        self.workers.iter_mut().find(|worker| worker.id == id).expect("a live worker")
    }

    fn task(&mut self, id: TaskId) -> &mut Task {
        self.tasks.iter_mut().find(|task| task.id == id).expect("a task that is not done with")
    }

    fn next_waiting(&self) -> Option<TaskId> {
        let mut waiting: Vec<&Task> =
            self.tasks.iter().filter(|task| task.state == TaskState::Waiting).collect();
        waiting.sort_by_key(|task| task.submission.priority);
        waiting.first().map(|task| task.id)
    }

    fn is_staying(&self, face: FaceId) -> bool {
        self.faces.iter().any(|other| other.id == face && other.state == FaceState::Staying)
    }

    pub(crate) fn is_quiet(&self, face: FaceId) -> bool {
        self.tasks.iter().all(|task| task.submission.payload.face != face)
    }

    /// Slots that are kept for those who have been told of a vacancy.
    fn held(&self) -> u32 {
        self.told.iter().filter(|turn| !turn.is_used).count() as u32
    }

    fn has_turn(&self, face: FaceId) -> bool {
        self.told.iter().any(|turn| turn.face == face && !turn.is_used)
    }

    /// Whether who waits leaves all the room alone that there is.
    fn is_held(&self) -> bool {
        let open = self.capacity.saturating_sub(self.running()).saturating_add(self.idle().len() as u32);
        self.held() > 0 && open <= self.held()
    }

    /// Whether a task of this face would stand behind those who leave the room alone.
    fn is_behind(&self, face: FaceId) -> bool {
        self.held() > 0 && self.waiting() > self.expected() && !self.has_turn(face)
    }

    /// The first of those who await a vacancy, by place in the list.
    fn next_awaiting(&self) -> Option<usize> {
        (0..self.awaiting.len()).min_by_key(|&index| self.awaiting[index].priority)
    }

    fn vacancy_is_next(&self) -> bool {
        let Some(index) = self.next_awaiting() else { return false };
        let Some(id) = self.next_waiting() else { return true };
        let task = self.tasks.iter().find(|task| task.id == id).expect("it waits");
        let waiter = &self.awaiting[index];
        (waiter.priority, waiter.after + 1) <= (task.submission.priority, task.times.number)
    }

    fn tell_next(&mut self) -> bool {
        let is_next = self.vacancy_is_next() && self.has_room_for_another();
        if is_next {
            let Waiter { face, token, .. } = self.awaiting.remove(self.next_awaiting().expect("one waits"));
            self.effects.push(Effect::Vacancy { face, token, is_closed: false });
            self.told.push(Turn { face, is_used: false });
        }
        is_next
    }

    /// Turns like these will not be used.
    fn give_back(&mut self, is_meant: impl Fn(&Turn) -> bool) {
        let held = self.held();
        self.told.iter_mut().filter(|turn| is_meant(turn)).for_each(|turn| turn.is_used = true);
        if self.held() < held {
            self.fill();
        }
    }

    /// Whether more submits would find a worker, or one that boots, than those who have been told of it: by trying. Who waits as
    /// room is kept for others does not count, nor for whom it is kept.
    fn has_room_for_another(&self) -> bool {
        let mut trial = self.clone();
        trial.awaiting.clear();
        trial.told.clear();
        while trial.waiting() > trial.expected() {
            let id = trial.next_waiting().expect("one waits");
            trial.tasks.retain(|task| task.id != id);
        }
        trial.faces.push(Face { id: FaceId::FIRST, state: FaceState::Staying });
        let job = Job { face: FaceId::FIRST, number: 0 };
        (0..=self.told.len() as u32).all(|index| {
            trial.new_workers = vec![WorkerId(u32::MAX - index)];
            let task = Submission { offer: Offer::AtOnce, ..Submission::new(job) };
            !matches!(trial.submit(task, Some(TaskId::new(u32::MAX - index, 0))), Admission::Refused(_))
        })
    }

    pub(crate) fn has_vacancy(&self) -> bool {
        self.awaiting.is_empty() && self.has_room_for_another()
    }

    // What happens inside.

    fn settle(&mut self, count: impl FnOnce(&mut Counters) -> &mut u64) {
        self.counters.unsettled -= 1;
        *count(&mut self.counters) += 1;
    }

    fn accept(&mut self, submission: Submission<Job>, id: TaskId) {
        assert!(self.tasks.iter().all(|task| task.id != id), "{id:?} is not done with");
        self.counters.submitted += 1;
        self.counters.unsettled += 1;
        let times = TaskTimes {
            number: self.counters.submitted,
            submitted_at: if submission.timed { self.now } else { 0 },
            begun_at: 0,
            now: 0,
        };
        let state = TaskState::Waiting;
        let face = submission.payload.face;
        if let Some(turn) = self.told.iter_mut().find(|turn| turn.face == face && !turn.is_used) {
            turn.is_used = true;
        }
        self.tasks.push(Task {
            id,
            state,
            uncollected: false,
            begun: false,
            limited: false,
            submission,
            times,
            deadline: None,
        });
    }

    fn new_worker(&mut self, state: WorkerState) -> WorkerId {
        // Not all that are told to start something are new.
        let is_new =
            |id: &WorkerId| self.workers.iter().all(|worker| worker.id != *id) && !self.overdue.contains(id);
        let id = self.new_workers.remove(self.new_workers.iter().position(is_new).expect("a free number"));
        self.counters.started += 1;
        if self.cached > 0 {
            self.cached -= 1;
            self.counters.reused += 1;
        }
        self.workers.push(Worker { id, state, generation: self.generation, dispose_by: None });
        id
    }

    fn assign(&mut self, worker: WorkerId, id: TaskId) {
        self.worker(worker).state = WorkerState::Running;
        let task = self.task(id);
        task.state = TaskState::Running(worker);
        task.deadline = None;
    }

    fn fill(&mut self) {
        // While a release retires one idle worker after the other, none takes what it is about to reject.
        while self.waiting() > 0 && self.phase != Phase::Closed {
            if self.tell_next() {
                continue;
            }
            if self.is_held() {
                break;
            }
            let task = self.next_waiting().expect("one waits");
            if let Some(&worker) = self.idle().last() {
                self.assign(worker, task);
                self.send(worker, task);
                continue;
            }
            if self.running() >= self.capacity || self.waiting() <= self.booting() {
                break;
            }
            if self.options.kind.boots() {
                let worker = self.new_worker(WorkerState::Booting);
                self.effects.push(Effect::Boot(worker));
            } else {
                let worker = self.new_worker(WorkerState::Running);
                self.assign(worker, task);
                self.send(worker, task);
            }
        }
    }

    /// The task's origin hears that it is to start it.
    fn send(&mut self, worker: WorkerId, task: TaskId) {
        let payload = self.task(task).submission.payload;
        self.effects.push(Effect::Start(worker, task, payload));
    }

    /// The worker is gone, and somebody may take its place.
    fn bury(&mut self, worker: WorkerId) {
        self.workers.retain(|other| other.id != worker);
        self.cached = (self.cached + 1).min(self.capacity);
        self.fill();
    }

    fn retire(&mut self, worker: WorkerId) {
        if self.options.kind.disposes() {
            let limit =
                self.options.kind.dispose_timeout().map(|limit| self.now + u64::from(limit) * MILLISECOND);
            let record = self.worker(worker);
            (record.state, record.dispose_by) = (WorkerState::Stopping, limit);
            self.effects.push(Effect::Retire(worker));
        } else {
            self.counters.retired += 1;
            self.bury(worker);
        }
    }

    fn retire_all(&mut self, workers: &[WorkerId]) {
        workers.iter().for_each(|&worker| self.retire(worker));
    }

    /// A worker without a task looks for what it does next.
    fn free(&mut self, id: WorkerId, is_broken: bool) -> Option<TaskId> {
        let is_current = self.worker(id).generation == self.generation;
        let may_stay = is_current && !is_broken && self.staying() <= self.capacity;
        if may_stay && self.phase != Phase::Closed {
            let yields = self.yields(id);
            if !yields && let Some(task) = self.next_waiting() {
                self.assign(id, task);
                return Some(task);
            }
            if self.phase == Phase::Open {
                self.make_idle(id);
                if yields {
                    self.fill();
                }
                return None;
            }
        }
        self.retire(id);
        None
    }

    fn make_idle(&mut self, id: WorkerId) {
        // Behind those that went idle in the same moment.
        let mut worker = self.worker(id).clone();
        self.workers.retain(|other| other.id != id);
        worker.state = WorkerState::Idle(self.now);
        self.workers.push(worker);
    }

    /// Whether a worker leaves the waiting tasks alone, for one who awaits a vacancy.
    fn yields(&self, id: WorkerId) -> bool {
        let mut trial = self.clone();
        trial.make_idle(id);
        self.vacancy_is_next() && trial.has_room_for_another()
    }

    /// Whose task the worker has.
    fn face_of(&self, worker: WorkerId) -> FaceId {
        let has =
            |task: &&Task| [TaskState::Running(worker), TaskState::Abandoned(worker)].contains(&task.state);
        self.tasks.iter().find(has).expect("it has a task").submission.payload.face
    }

    /// A worker's function has ended, or its thread; whether that settles its task.
    fn end(&mut self, worker: WorkerId, end: End) -> bool {
        let index = self
            .tasks
            .iter()
            .position(|task| [TaskState::Running(worker), TaskState::Abandoned(worker)].contains(&task.state))
            .expect("it has a task");
        let settles = self.tasks[index].state == TaskState::Running(worker);
        if settles {
            match end {
                End::Completed => self.settle(|counters| &mut counters.completed),
                End::Failed => self.settle(|counters| &mut counters.failed),
            }
        }
        if self.tasks[index].uncollected {
            self.tasks[index].state = TaskState::Over;
        } else {
            self.tasks.remove(index);
        }
        settles
    }

    fn reject(&mut self, id: TaskId, rejection: Rejection) {
        match rejection {
            Rejection::Released => self.settle(|counters| &mut counters.released),
            Rejection::WaitTimeout(_) => self.settle(|counters| &mut counters.wait_timeout),
            Rejection::TaskTimeout(_) => self.settle(|counters| &mut counters.timed_out),
            Rejection::Crashed => self.settle(|counters| &mut counters.failed),
            Rejection::StartFailed | Rejection::Destroyed => unreachable!("of thread pools"),
        }
        let task = self.task(id);
        task.uncollected = true;
        task.deadline = None;
        task.state = match task.state {
            TaskState::Running(worker) => TaskState::Abandoned(worker),
            _ => TaskState::Over,
        };
        let payload = task.submission.payload;
        self.effects.push(Effect::Reject(id, payload, rejection));
    }

    // What can be done to a pool.

    /// `id` is the number that the real pool has given to the task, if it has accepted it.
    pub(crate) fn submit(&mut self, submission: Submission<Job>, id: Option<TaskId>) -> Admission {
        let is_counted = submission.offer == Offer::Normal;
        if self.phase != Phase::Open || !self.is_staying(submission.payload.face) {
            self.counters.closed += u64::from(is_counted);
            return Admission::Refused(Refusal::Closed);
        }
        let is_behind = self.is_behind(submission.payload.face);
        let idle = self.idle().last().copied().filter(|_| !is_behind);
        let has_room = !is_behind && self.running() < self.capacity;
        if idle.is_some() || (has_room && !self.options.kind.boots()) {
            let id = id.expect("accepted");
            self.accept(submission, id);
            let worker = idle.unwrap_or_else(|| self.new_worker(WorkerState::Running));
            self.assign(worker, id);
            return Admission::Started(worker, id);
        }
        let would_be_late = self.waiting() >= self.expected() && !has_room;
        if would_be_late {
            let bound = self.options.max_waiting;
            let counted = self.waiting() - self.expected();
            let may_wait = !self.options.nonblocking && submission.offer != Offer::AtOnce;
            if !may_wait || (bound > 0 && counted >= bound) {
                self.counters.overload += u64::from(is_counted);
                return Admission::Refused(Refusal::Overload {
                    waiting: self.waiting(),
                    capacity: self.capacity,
                });
            }
            if submission.wait_timeout == Some(0) {
                self.counters.submitted += 1;
                self.counters.wait_timeout += 1;
                return Admission::Refused(Refusal::WaitTimeout);
            }
        }
        if has_room && self.waiting() >= self.expected() {
            let worker = self.new_worker(WorkerState::Booting);
            self.effects.push(Effect::Boot(worker));
        }
        let id = id.expect("accepted");
        self.accept(submission, id);
        self.task(id).deadline = match submission.wait_timeout {
            None | Some(0) => None,
            Some(wait) => Some(self.now + u64::from(wait) * MILLISECOND),
        };
        Admission::Waiting(id)
    }

    pub(crate) fn begin(&mut self, id: TaskId) {
        let now = self.now;
        let task = self.task(id);
        task.begun = true;
        if matches!(task.state, TaskState::Running(_)) {
            let Submission { timeout, timed, .. } = task.submission;
            if timeout > 0 || timed {
                task.times.begun_at = now;
            }
        }
    }

    pub(crate) fn limit(&mut self, id: TaskId) {
        let task = self.task(id);
        task.limited = true;
        let timeout = task.submission.timeout;
        if matches!(task.state, TaskState::Running(_)) && timeout > 0 {
            task.deadline = Some(task.times.begun_at + u64::from(timeout) * MILLISECOND);
        }
    }

    pub(crate) fn finish(&mut self, worker: WorkerId, end: End, is_broken: bool) -> Finished {
        let face = self.face_of(worker);
        let settled = self.end(worker, end);
        let mut next = self.free(worker, is_broken);
        if let Some(task) = next.filter(|_| self.face_of(worker) != face) {
            self.send(worker, task);
            next = None;
        }
        Finished { settled, next, is_quiet: self.is_quiet(face) }
    }

    pub(crate) fn cancel(&mut self, id: TaskId) -> Cancelled {
        let task = self.task(id);
        let cancelled = match task.state {
            TaskState::Waiting => {
                self.tasks.retain(|task| task.id != id);
                Cancelled::Waiting
            }
            TaskState::Running(worker) => {
                task.state = TaskState::Abandoned(worker);
                task.deadline = None;
                Cancelled::Running
            }
            TaskState::Abandoned(_) | TaskState::Over => return Cancelled::Late,
        };
        self.settle(|counters| &mut counters.cancelled);
        cancelled
    }

    pub(crate) fn collect(&mut self, id: TaskId) {
        self.task(id).uncollected = false;
        self.tasks.retain(|task| task.id != id || task.state != TaskState::Over);
    }

    pub(crate) fn booted(&mut self, worker: WorkerId) -> Option<TaskId> {
        self.free(worker, false)
    }

    pub(crate) fn boot_failed(&mut self, worker: WorkerId) -> Option<(TaskId, Job)> {
        let is_current = self.worker(worker).generation == self.generation;
        let failed = if is_current { self.next_waiting() } else { None }.map(|id| {
            self.settle(|counters| &mut counters.failed);
            let task = self.task(id);
            (task.uncollected, task.deadline, task.state) = (true, None, TaskState::Over);
            (id, task.submission.payload)
        });
        self.counters.retired += 1;
        self.bury(worker);
        failed
    }

    pub(crate) fn retired(&mut self, worker: WorkerId) {
        if self.overdue.contains(&worker) {
            self.overdue.retain(|&other| other != worker);
            self.cached = (self.cached + 1).min(self.capacity);
            return;
        }
        self.counters.retired += 1;
        self.bury(worker);
    }

    pub(crate) fn crashed(&mut self, worker: WorkerId) {
        let lost =
            self.tasks.iter().find(|task| task.state == TaskState::Running(worker)).map(|task| task.id);
        if let Some(id) = lost {
            self.reject(id, Rejection::Crashed);
            self.task(id).state = TaskState::Over;
        } else if self.worker(worker).state == WorkerState::Running {
            self.end(worker, End::Failed);
        }
        self.counters.crashed += 1;
        self.bury(worker);
    }

    pub(crate) fn tune(&mut self, capacity: u32) {
        self.capacity = capacity;
        self.cached = self.cached.min(capacity);
        while self.staying() > self.capacity {
            let Some(&oldest) = self.idle().first() else { break };
            self.retire(oldest);
        }
        self.fill();
    }

    pub(crate) fn close(&mut self) -> u64 {
        if self.phase == Phase::Open {
            self.phase = Phase::Closing;
            self.give_back(|_| true);
            self.retire_all(&self.idle());
        }
        self.generation
    }

    pub(crate) fn release(&mut self, generation: Option<u64>) {
        if generation.is_none_or(|generation| generation == self.generation) {
            self.phase = Phase::Closed;
            self.told.iter_mut().for_each(|turn| turn.is_used = true);
            self.retire_all(&self.idle());
            while let Some(task) = self.next_waiting() {
                self.reject(task, Rejection::Released);
            }
        }
    }

    pub(crate) fn reboot(&mut self) {
        if self.phase != Phase::Open {
            self.release(None);
            self.generation += 1;
            self.phase = Phase::Open;
            (self.counters.peak_busy, self.counters.peak_waiting) = (0, 0);
        }
    }

    /// `id` is the number that the real pool has given to the face.
    pub(crate) fn join(&mut self, id: Option<FaceId>) -> Option<FaceId> {
        if self.faces.iter().all(|face| face.state == FaceState::Departed) {
            return None;
        }
        let id = id.expect("somebody is there");
        assert!(self.faces.iter().all(|face| face.id != id), "{id:?} has been another's");
        let mut known = self.faces.iter().filter(|face| face.state != FaceState::Departed);
        assert!(known.all(|face| face.id.index() != id.index()), "{id:?} has another's place");
        self.faces.push(Face { id, state: FaceState::Staying });
        Some(id)
    }

    fn face(&mut self, id: FaceId) -> &mut Face {
        self.faces.iter_mut().find(|face| face.id == id).expect("of all times")
    }

    fn is_deserted(&self) -> bool {
        self.faces.iter().all(|face| face.state != FaceState::Staying)
    }

    pub(crate) fn leave(&mut self, id: FaceId) -> Option<u64> {
        if self.face(id).state == FaceState::Departed {
            return None;
        }
        self.face(id).state = FaceState::Left;
        self.refuse_vacancies();
        self.give_back(|turn| turn.face == id);
        self.is_deserted().then(|| self.close())
    }

    /// Whoever awaits a vacancy and may not submit any more is told so.
    fn refuse_vacancies(&mut self) {
        let mut refused = self.awaiting.clone();
        refused.retain(|waiter| !self.is_staying(waiter.face));
        refused.sort_by_key(|waiter| waiter.priority);
        for Waiter { face, token, .. } in refused {
            self.effects.push(Effect::Vacancy { face, token, is_closed: true });
            self.awaiting.retain(|waiter| (waiter.face, waiter.token) != (face, token));
        }
    }

    pub(crate) fn depart(&mut self, id: FaceId) -> bool {
        self.watches.retain(|watch| watch.face != id);
        if self.face(id).state == FaceState::Departed {
            return false;
        }
        self.face(id).state = FaceState::Departed;
        self.awaiting.retain(|waiter| waiter.face != id);
        let mut gone = self.tasks.clone();
        gone.retain(|task| task.submission.payload.face == id);
        gone.sort_by_key(|task| task.id);
        self.tasks.retain(|task| task.submission.payload.face != id);
        for task in gone {
            if matches!(task.state, TaskState::Waiting | TaskState::Running(_)) {
                self.settle(|counters| &mut counters.cancelled);
            }
            if let TaskState::Running(worker) | TaskState::Abandoned(worker) = task.state
                && let Some(next) = self.free(worker, false)
            {
                self.send(worker, next);
            }
        }
        let held = self.held();
        self.told.retain(|turn| turn.face != id);
        if self.held() < held {
            self.fill();
        }
        if self.is_deserted() {
            self.close();
        }
        self.faces.iter().all(|face| face.state == FaceState::Departed)
    }

    pub(crate) fn await_vacancy(&mut self, wait: Wait) {
        let Wait { face, token, priority, timeout } = wait;
        let is_open = self.phase == Phase::Open && self.is_staying(face);
        if timeout == Some(0) && is_open && !self.has_room_for_another() {
            self.effects.push(Effect::NoVacancy { face, token });
            return;
        }
        let deadline =
            timeout.filter(|&limit| limit > 0).map(|limit| self.now + u64::from(limit) * MILLISECOND);
        self.awaiting.push(Waiter { face, token, priority, after: self.counters.submitted, deadline });
        self.refuse_vacancies();
    }

    pub(crate) fn forget_vacancy(&mut self, face: FaceId, token: u32) -> bool {
        let before = self.awaiting.len();
        self.awaiting.retain(|waiter| (waiter.face, waiter.token) != (face, token));
        self.awaiting.len() < before
    }

    pub(crate) fn end_turns(&mut self, face: FaceId, count: u32) {
        let held = self.held();
        for _ in 0..count {
            // The used ones first.
            let mut own = (0..self.told.len()).filter(|&index| self.told[index].face == face);
            let used = own.clone().find(|&index| self.told[index].is_used);
            let Some(index) = used.or_else(|| own.next()) else { break };
            self.told.remove(index);
        }
        if self.held() < held {
            self.fill();
        }
    }

    pub(crate) fn watch(&mut self, face: FaceId, token: u32, condition: Condition, timeout: Option<u32>) {
        let expires_at = timeout.map(|ms| self.now + u64::from(ms) * MILLISECOND);
        self.watches.push(Watch { face, token, condition, expires_at });
    }

    pub(crate) fn reap(&mut self) {
        if let Some(expiry) = self.options.expiry {
            let mut expired = self.idle();
            let now = self.now;
            expired.retain(
                |&id| matches!(self.worker(id).state, WorkerState::Idle(since) if since + expiry <= now),
            );
            if !expired.is_empty() {
                self.last_purge = Some(self.now);
                self.retire_all(&expired);
            }
        }
        let mut unclosed = None;
        for watch in self.watches.clone() {
            if watch.expires_at.is_some_and(|at| at <= self.now) {
                let awaited = match watch.condition {
                    Condition::Ended(generation) => generation,
                    _ => self.generation,
                };
                let of_it = |worker: &&Worker| worker.generation == awaited;
                let left = Some(self.workers.iter().filter(of_it).count() as u32);
                self.effects.push(Effect::Watched { face: watch.face, token: watch.token, left });
                self.watches.retain(|other| other.token != watch.token);
                if watch.condition == Condition::Ended(self.generation) {
                    unclosed = Some(self.generation);
                }
            }
        }
        // Those whose time is over are told before what a close that ran out of time rejects.
        if unclosed.is_some() {
            self.release(unclosed);
        }
        let mut late: Vec<(Nanos, WorkerId)> = self
            .workers
            .iter()
            .filter_map(|worker| worker.dispose_by.filter(|&by| by <= self.now).map(|by| (by, worker.id)))
            .collect();
        late.sort();
        for (_, worker) in late {
            self.overdue.push(worker);
            self.counters.retired += 1;
            self.workers.retain(|other| other.id != worker);
            self.effects.push(Effect::Overdue(worker));
        }
        self.fill();
        let mut late = self.awaiting.clone();
        late.retain(|waiter| waiter.deadline.is_some_and(|at| at <= self.now));
        late.sort_by_key(|waiter| waiter.deadline);
        for Waiter { face, token, .. } in late {
            self.effects.push(Effect::NoVacancy { face, token });
            self.awaiting.retain(|waiter| (waiter.face, waiter.token) != (face, token));
        }
        let mut late: Vec<&Task> =
            self.tasks.iter().filter(|task| task.deadline.is_some_and(|at| at <= self.now)).collect();
        late.sort_by_key(|task| task.deadline);
        for id in late.into_iter().map(|task| task.id).collect::<Vec<_>>() {
            let Task { state, submission, .. } = *self.task(id);
            self.reject(
                id,
                match submission.wait_timeout {
                    Some(limit) if state == TaskState::Waiting => Rejection::WaitTimeout(limit),
                    _ => Rejection::TaskTimeout(submission.timeout),
                },
            );
        }
    }

    /// What follows every step: peaks, watches that have come true, and vacancies.
    pub(crate) fn conclude(&mut self) {
        let snapshot = self.snapshot();
        self.counters.peak_busy = self.counters.peak_busy.max(snapshot.busy);
        self.counters.peak_waiting = self.counters.peak_waiting.max(snapshot.waiting);
        for watch in self.watches.clone() {
            let is_closed = self.phase != Phase::Open;
            let holds = match watch.condition {
                Condition::Drained => snapshot.busy + snapshot.waiting == 0,
                Condition::Settled => self.counters.unsettled == 0,
                Condition::Ended(generation) => {
                    let is_over = generation != self.generation || (is_closed && snapshot.waiting == 0);
                    is_over && self.workers.iter().all(|worker| worker.generation != generation)
                }
                Condition::Left => self.is_quiet(watch.face),
                Condition::Started => unreachable!("of thread pools"),
                Condition::Vacant => is_closed && self.tasks.is_empty() && self.workers.is_empty(),
            };
            if holds {
                self.effects.push(Effect::Watched { face: watch.face, token: watch.token, left: None });
                self.watches.retain(|other| other.token != watch.token);
            }
        }
        let is_closed = self.phase != Phase::Open;
        while is_closed && let Some(index) = self.next_awaiting() {
            let Waiter { face, token, .. } = self.awaiting.remove(index);
            self.effects.push(Effect::Vacancy { face, token, is_closed });
        }
        while self.has_room_for_another()
            && let Some(index) = self.next_awaiting()
        {
            let Waiter { face, token, .. } = self.awaiting.remove(index);
            self.effects.push(Effect::Vacancy { face, token, is_closed: false });
            self.told.push(Turn { face, is_used: false });
        }
    }

    /// When the reaper has something to do next.
    pub(crate) fn due(&self) -> Option<Nanos> {
        let purge = self.options.expiry.and_then(|expiry| {
            let oldest = self.workers.iter().filter_map(|worker| match worker.state {
                WorkerState::Idle(since) => Some(since + expiry),
                _ => None,
            });
            let not_before = self.last_purge.map_or(0, |last| last + expiry / 2);
            oldest.min().map(|at| at.max(not_before))
        });
        let tasks = self.tasks.iter().filter_map(|task| task.deadline);
        let watches = self.watches.iter().filter_map(|watch| watch.expires_at);
        let disposals = self.workers.iter().filter_map(|worker| worker.dispose_by);
        let waits = self.awaiting.iter().filter_map(|waiter| waiter.deadline);
        tasks.chain(watches).chain(disposals).chain(waits).chain(purge).min()
    }

    pub(crate) fn times(&self) -> impl Iterator<Item = (TaskId, TaskTimes)> + '_ {
        self.tasks.iter().map(|task| (task.id, TaskTimes { now: self.now, ..task.times }))
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            capacity: self.capacity,
            is_pausing: false,
            running: self.running(),
            busy: self.count(|worker| !matches!(worker.state, WorkerState::Idle(_))),
            waiting: self.waiting(),
            is_closed: self.phase != Phase::Open,
            generation: self.generation,
            counters: self.counters,
        }
    }
}
