//! The pool as DESIGN §4 describes it, with plain lists that are scanned: no stack, no heap, no gauges. What a worker has is counted
//! anew each time somebody asks. Whatever number the real pool gives to a new worker, task or face is taken over, after a look whether
//! it was free. What the workers are is the kind's; the rules are the same for all of them.

use workpool_core::{
    Admission, Cancelled, Condition, Counters, Effect, End, FaceId, Finished, MILLISECOND, Nanos, Offer,
    Options, Refusal, Rejection, Snapshot, Submission, TaskId, TaskTimes, Wait, WorkerId,
};

use crate::recorder::Job;

/// Of so much room it is not tried how much it is.
const MUCH_ROOM: u32 = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskState {
    Waiting,
    /// Given to a worker.
    Running(WorkerId),
    /// Settled in another way than by its end, which is still to come.
    Abandoned(WorkerId),
    Over,
}

#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) id: TaskId,
    pub(crate) state: TaskState,
    /// Its function has been called; or a worker for which tasks begin later has looked at it, and found that it had settled.
    pub(crate) is_taken: bool,
    /// Its function goes on after its call.
    pub(crate) is_limited: bool,
    /// Whether its origin has still to collect how it settled.
    pub(crate) is_uncollected: bool,
    submission: Submission<Job>,
    number: u64,
    submitted_at: Nanos,
    begun_at: Nanos,
    deadline: Option<Nanos>,
}

impl Task {
    pub(crate) fn worker(&self) -> Option<WorkerId> {
        match self.state {
            TaskState::Running(worker) | TaskState::Abandoned(worker) => Some(worker),
            TaskState::Waiting | TaskState::Over => None,
        }
    }

    pub(crate) fn payload(&self) -> Job {
        self.submission.payload
    }

    fn face(&self) -> FaceId {
        self.submission.payload.face
    }

    pub(crate) fn is_settled(&self) -> bool {
        matches!(self.state, TaskState::Abandoned(_) | TaskState::Over)
    }
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
    /// It gets no more tasks.
    is_ending: bool,
    /// Until when the others on it are spared, if a task has not heeded that it had settled.
    spared_until: Option<Nanos>,
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
    /// In no order that matters.
    pub(crate) tasks: Vec<Task>,
    /// The waiting ones: whoever is first among those of the lowest priority is next.
    queue: Vec<TaskId>,
    /// Live ones; of those that went idle in one moment, the last one stands last.
    pub(crate) workers: Vec<Worker>,
    /// Those that have been taken down for too long.
    pub(crate) overdue: Vec<WorkerId>,
    cached: u32,
    /// No worker has started since one could not.
    is_unstartable: bool,
    /// Until when no worker is started while one serves, and how long the last such pause was, if none has started since.
    paused_until: Option<Nanos>,
    pause: Option<Nanos>,
    /// Workers that died in it and are to be replaced after it.
    owed: u32,
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
            queue: Vec::new(),
            workers: Vec::new(),
            overdue: Vec::new(),
            cached: 0,
            is_unstartable: false,
            paused_until: None,
            pause: None,
            owed: 0,
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
        let is_current = |worker: &&Worker| worker.generation == self.generation;
        self.workers.iter().filter(is_current).filter(|worker| is_counted(worker)).count() as u32
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

    fn busy(&self) -> u32 {
        self.count(|worker| !matches!(worker.state, WorkerState::Idle(_)))
    }

    fn staying(&self) -> u32 {
        self.count(|worker| worker.state != WorkerState::Stopping)
    }

    fn waiting(&self) -> u32 {
        self.queue.len() as u32
    }

    fn has_started(&self) -> bool {
        self.count(|worker| matches!(worker.state, WorkerState::Running | WorkerState::Idle(_))) > 0
    }

    /// Booting workers that will not have to retire at once.
    fn expected(&self) -> u32 {
        self.booting().min(self.capacity.saturating_sub(self.with_task()))
    }

    fn expected_slots(&self) -> u32 {
        self.expected().saturating_mul(self.options.concurrency)
    }

    /// The idle workers, the longest idle first.
    fn idle(&self) -> Vec<(Nanos, WorkerId)> {
        let idle = self.workers.iter().filter_map(|worker| match worker.state {
            WorkerState::Idle(since) => Some((since, worker.id)),
            _ => None,
        });
        let mut idle: Vec<_> = idle.collect();
        idle.sort_by_key(|&(since, _)| since);
        idle
    }

    fn load(&self, worker: WorkerId) -> u32 {
        self.tasks.iter().filter(|task| task.worker() == Some(worker)).count() as u32
    }

    /// What each busy worker could take in addition, nobody above the capacity.
    fn slots(&self) -> Vec<(u32, WorkerId)> {
        if self.staying() > self.capacity {
            return Vec::new();
        }
        let may_have_more = |worker: &&Worker| {
            worker.state == WorkerState::Running && worker.generation == self.generation && !worker.is_ending
        };
        let loads = self.workers.iter().filter(may_have_more).map(|worker| (self.load(worker.id), worker.id));
        loads.filter(|&(load, _)| load < self.options.concurrency).collect()
    }

    fn worker(&mut self, id: WorkerId) -> &mut Worker {
        self.workers.iter_mut().find(|worker| worker.id == id).expect("a live worker")
    }

    pub(crate) fn task(&mut self, id: TaskId) -> &mut Task {
        self.tasks.iter_mut().find(|task| task.id == id).expect("a task that is not done with")
    }

    fn known(&self, id: TaskId) -> &Task {
        self.tasks.iter().find(|task| task.id == id).expect("a task that is not done with")
    }

    fn next_waiting(&self) -> Option<TaskId> {
        // The first one of several that are equal.
        self.queue.iter().copied().min_by_key(|&id| self.known(id).submission.priority)
    }

    fn is_staying(&self, face: FaceId) -> bool {
        self.faces.iter().any(|other| other.id == face && other.state == FaceState::Staying)
    }

    /// Whether no task of the face is left. What goes on for one that has departed is nobody's.
    pub(crate) fn is_quiet(&self, face: FaceId) -> bool {
        let has_departed =
            self.faces.iter().any(|other| other.id == face && other.state == FaceState::Departed);
        has_departed || self.tasks.iter().all(|task| task.face() != face)
    }

    fn is_pausing(&self) -> bool {
        self.paused_until.is_some() && self.has_started()
    }

    /// How many more threads may be started now.
    fn startable(&self) -> u32 {
        if self.is_pausing() { 0 } else { self.capacity.saturating_sub(self.running()) }
    }

    /// How many tasks would have a worker at once.
    fn open_slots(&self) -> u32 {
        let concurrency = self.options.concurrency;
        let workers = self.startable().saturating_add(self.idle().len() as u32);
        let slots: u32 = self.slots().iter().map(|(load, _)| concurrency - load).sum();
        workers.saturating_mul(concurrency).saturating_add(slots)
    }

    fn room(&self) -> u32 {
        if self.phase != Phase::Open {
            return 0;
        }
        self.open_slots().saturating_add(self.expected_slots().saturating_sub(self.waiting()))
    }

    /// How many submits in a row would not be refused although they must not wait: by trying. Once a worker could not be
    /// started tasks may wait although there is room, and what they leave of it cannot be told by one number.
    pub(crate) fn check_room(&self) {
        let room = self.room();
        if (self.is_unstartable && !self.is_pausing()) || room > MUCH_ROOM {
            return;
        }
        let mut trial = self.clone();
        trial.faces = vec![Face { id: FaceId::FIRST, state: FaceState::Staying }];
        // Who leaves the room alone for somebody's turn takes none of it.
        trial.told.clear();
        trial.queue.truncate(self.expected_slots() as usize);
        trial.options.nonblocking = true;
        for index in 0..=room {
            let number = u32::MAX - index;
            trial.new_workers = vec![WorkerId(number)];
            let task = Submission::new(Job { face: FaceId::FIRST, number });
            let admission = trial.submit(task, Some(TaskId::new(number, 0)));
            assert_eq!(matches!(admission, Admission::Refused(_)), index == room, "submit {index} of {room}");
        }
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
        self.held() > 0 && self.open_slots() <= self.held()
    }

    /// Whether a task of this face would stand behind those who leave the room alone.
    fn is_behind(&self, face: FaceId) -> bool {
        self.held() > 0 && self.waiting() > self.expected_slots() && !self.has_turn(face)
    }

    /// The first of those who await a vacancy, by place in the list.
    fn next_awaiting(&self) -> Option<usize> {
        (0..self.awaiting.len()).min_by_key(|&index| self.awaiting[index].priority)
    }

    fn vacancy_is_next(&self) -> bool {
        let Some(index) = self.next_awaiting() else { return false };
        let Some(id) = self.next_waiting() else { return true };
        let (waiter, task) = (&self.awaiting[index], self.known(id));
        (waiter.priority, waiter.after + 1) <= (task.submission.priority, task.number)
    }

    fn tell_first(&mut self) {
        let Waiter { face, token, .. } = self.awaiting.remove(self.next_awaiting().expect("one waits"));
        self.effects.push(Effect::Vacancy { face, token, is_closed: false });
        self.told.push(Turn { face, is_used: false });
    }

    fn tell_next(&mut self) -> bool {
        let is_next = self.vacancy_is_next() && self.has_vacancy();
        if is_next {
            self.tell_first();
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

    pub(crate) fn has_vacancy(&self) -> bool {
        self.room() > self.told.len() as u32
    }

    fn is_overloaded(&self) -> bool {
        let bound = self.options.max_waiting;
        let counted = self.waiting().saturating_sub(self.expected_slots());
        self.options.nonblocking || (bound > 0 && counted >= bound)
    }

    pub(crate) fn refuse(
        &mut self,
        face: FaceId,
        offer: Offer,
        wait_timeout: Option<u32>,
    ) -> Option<Refusal> {
        let is_counted = offer == Offer::Normal;
        if self.phase != Phase::Open || !self.is_staying(face) {
            self.counters.closed += u64::from(is_counted);
            return Some(Refusal::Closed);
        }
        if self.room() > 0 && !self.is_behind(face) {
            return None;
        }
        self.refuse_to_wait(offer, wait_timeout)
    }

    fn refuse_to_wait(&mut self, offer: Offer, wait_timeout: Option<u32>) -> Option<Refusal> {
        if self.is_overloaded() || offer == Offer::AtOnce {
            self.counters.overload += u64::from(offer == Offer::Normal);
            return Some(Refusal::Overload { waiting: self.waiting(), capacity: self.capacity });
        }
        if wait_timeout == Some(0) {
            self.counters.submitted += 1;
            self.counters.wait_timeout += 1;
            return Some(Refusal::WaitTimeout);
        }
        None
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
        let face = submission.payload.face;
        if let Some(turn) = self.told.iter_mut().find(|turn| turn.face == face && !turn.is_used) {
            turn.is_used = true;
        }
        self.tasks.push(Task {
            id,
            state: TaskState::Waiting,
            is_taken: false,
            is_limited: false,
            is_uncollected: false,
            submission,
            number: self.counters.submitted,
            submitted_at: if submission.timed { self.now } else { 0 },
            begun_at: 0,
            deadline: None,
        });
    }

    fn enqueue(&mut self, submission: Submission<Job>, id: TaskId) {
        self.accept(submission, id);
        self.counters.waited += 1;
        self.queue.push(id);
        let wait = submission.wait_timeout.filter(|&wait| wait > 0);
        self.task(id).deadline = wait.map(|wait| self.now + u64::from(wait) * MILLISECOND);
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
        let generation = self.generation;
        self.workers.push(Worker {
            id,
            state,
            generation,
            is_ending: false,
            spared_until: None,
            dispose_by: None,
        });
        id
    }

    fn boot(&mut self) {
        let worker = self.new_worker(WorkerState::Booting);
        self.effects.push(Effect::Boot(worker));
    }

    fn assign(&mut self, worker: WorkerId, id: TaskId) {
        self.worker(worker).state = WorkerState::Running;
        self.queue.retain(|&waiting| waiting != id);
        let task = self.task(id);
        task.state = TaskState::Running(worker);
        task.deadline = None;
    }

    /// The task's origin, or its worker, hears that the worker has it.
    fn send(&mut self, worker: WorkerId, id: TaskId) {
        let payload = self.known(id).payload();
        self.effects.push(Effect::Start(worker, id, payload));
    }

    /// Gives the worker the next task, of which it is to hear.
    fn send_next(&mut self, worker: WorkerId) {
        let id = self.next_waiting().expect("one waits");
        self.assign(worker, id);
        self.send(worker, id);
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
            if let Some(&(_, worker)) = self.idle().last() {
                self.send_next(worker);
            } else if self.waiting() <= self.booting() || self.startable() == 0 {
                break;
            } else if self.options.kind.boots() {
                self.boot();
            } else {
                let worker = self.new_worker(WorkerState::Running);
                self.send_next(worker);
            }
        }
        self.fill_slots();
    }

    /// Tasks for which no thread boots go to those that can have another one, the least loaded first.
    fn fill_slots(&mut self) {
        while self.phase != Phase::Closed && self.waiting() > self.expected() {
            if self.tell_next() {
                continue;
            }
            if self.is_held() {
                break;
            }
            let Some(&(_, worker)) = self.slots().iter().min() else { break };
            self.send_next(worker);
        }
    }

    /// The worker is gone.
    fn bury(&mut self, worker: WorkerId) {
        self.workers.retain(|other| other.id != worker);
        self.cached = (self.cached + 1).min(self.capacity);
    }

    fn retire(&mut self, worker: WorkerId) {
        if self.options.kind.disposes() {
            let limit = self.options.kind.dispose_timeout();
            let dispose_by = limit.map(|limit| self.now + u64::from(limit) * MILLISECOND);
            let record = self.worker(worker);
            (record.state, record.dispose_by) = (WorkerState::Stopping, dispose_by);
            self.effects.push(Effect::Retire(worker));
        } else {
            self.counters.retired += 1;
            self.bury(worker);
            self.fill();
        }
    }

    fn retire_all_idle(&mut self) {
        self.idle().into_iter().for_each(|(_, worker)| self.retire(worker));
    }

    /// A worker with one task less, or one that has loaded, looks for what it does next.
    fn free(&mut self, id: WorkerId, is_broken: bool) -> Option<TaskId> {
        self.worker(id).is_ending |= is_broken;
        let is_free = self.load(id) == 0;
        let fits = self.staying() <= self.capacity;
        let worker = self.worker(id).clone();
        if worker.generation == self.generation && !worker.is_ending && fits && self.phase != Phase::Closed {
            let yields = self.yields(id, is_free);
            if !yields && let Some(task) = self.next_waiting() {
                self.assign(id, task);
                return Some(task);
            }
            if is_free && self.phase == Phase::Open {
                self.make_idle(id);
            }
            if yields {
                self.fill();
            }
            if yields || (is_free && self.phase == Phase::Open) {
                return None;
            }
        }
        if is_free {
            self.retire(id);
            // If that was one too many, the others may have more than one task each again. If it was the last one, a pause ends.
            self.fill();
        }
        None
    }

    fn make_idle(&mut self, id: WorkerId) {
        let worker = self.worker(id).clone();
        self.workers.retain(|other| other.id != id);
        self.workers.push(Worker { state: WorkerState::Idle(self.now), ..worker });
    }

    /// Whether a worker leaves the waiting tasks alone, for one who awaits a vacancy.
    fn yields(&self, id: WorkerId, is_free: bool) -> bool {
        let mut trial = self.clone();
        if is_free {
            trial.make_idle(id);
        }
        self.vacancy_is_next() && trial.has_vacancy()
    }

    /// The task settles without having ended, and its origin is told.
    fn reject(&mut self, id: TaskId, rejection: Rejection) {
        match rejection {
            Rejection::Released => self.settle(|counters| &mut counters.released),
            Rejection::WaitTimeout(_) => self.settle(|counters| &mut counters.wait_timeout),
            Rejection::TaskTimeout(_) => self.settle(|counters| &mut counters.timed_out),
            Rejection::Crashed | Rejection::StartFailed => self.settle(|counters| &mut counters.failed),
            Rejection::Destroyed => self.settle(|counters| &mut counters.cancelled),
            Rejection::Displaced => self.settle(|counters| &mut counters.displaced),
            Rejection::Shed => self.settle(|counters| &mut counters.shed),
            Rejection::Cleared => self.settle(|counters| &mut counters.cleared),
        }
        self.queue.retain(|&waiting| waiting != id);
        let heeds_until = self.heeds_until();
        let task = self.task(id);
        task.is_uncollected = true;
        task.deadline = None;
        match (task.state, rejection) {
            (TaskState::Running(worker), Rejection::TaskTimeout(_)) => {
                task.state = TaskState::Abandoned(worker);
                task.deadline = heeds_until;
            }
            (TaskState::Running(worker), Rejection::Destroyed) => task.state = TaskState::Abandoned(worker),
            _ => task.state = TaskState::Over,
        }
        let payload = task.payload();
        self.forget_unbegun(id);
        self.effects.push(Effect::Reject(id, payload, rejection));
    }

    /// Until when a task that settles now while it runs may go on.
    fn heeds_until(&self) -> Option<Nanos> {
        self.options.kind.grace().map(|grace| self.now + grace)
    }

    /// Nobody needs what was kept for the begin of a task that settles before it.
    fn forget_unbegun(&mut self, id: TaskId) {
        let task = self.known(id);
        if self.options.kind.begins_later() && !task.is_taken {
            let payload = task.payload();
            self.effects.push(Effect::Forgotten(payload));
        }
    }

    fn reject_waiting(&mut self, rejection: Rejection) {
        while let Some(task) = self.next_waiting() {
            self.reject(task, rejection);
        }
    }

    /// Its function has ended and its origin knows how it settled.
    fn forget_if_done(&mut self, id: TaskId) {
        self.tasks.retain(|task| task.id != id || task.state != TaskState::Over || task.is_uncollected);
    }

    // What can be done to a pool.

    /// `id` is the number that the real pool has given to the task, if it has accepted it.
    pub(crate) fn submit(&mut self, submission: Submission<Job>, id: Option<TaskId>) -> Admission {
        let Submission { payload: Job { face, .. }, offer, wait_timeout, .. } = submission;
        if self.phase != Phase::Open || !self.is_staying(face) {
            self.counters.closed += u64::from(offer == Offer::Normal);
            return Admission::Refused(Refusal::Closed);
        }
        let is_behind = self.is_behind(face);
        let idle = self.idle().last().map(|&(_, worker)| worker).filter(|_| !is_behind);
        let has_room = !is_behind && self.startable() > 0;
        if idle.is_some() || (has_room && !self.options.kind.boots()) {
            let id = id.expect("accepted");
            self.accept(submission, id);
            let worker = idle.unwrap_or_else(|| self.new_worker(WorkerState::Running));
            self.assign(worker, id);
            return Admission::Started(worker, id);
        }
        let slot = self.slots().iter().min().map(|&(_, worker)| worker).filter(|_| !is_behind);
        if has_room && self.waiting() >= self.expected() {
            self.boot();
        } else if let Some(worker) = slot {
            let id = id.expect("accepted");
            if self.waiting() == 0 {
                self.accept(submission, id);
                self.assign(worker, id);
                return Admission::Started(worker, id);
            }
            self.enqueue(submission, id);
            self.send_first(worker, id);
            return Admission::Waiting(id);
        } else if self.waiting() >= self.expected_slots()
            && let Some(refusal) = self.refuse_to_wait(offer, wait_timeout)
        {
            return Admission::Refused(refusal);
        }
        let id = id.expect("accepted");
        self.enqueue(submission, id);
        Admission::Waiting(id)
    }

    /// Gives the worker the next one of those who waited before `newcomer`.
    fn send_first(&mut self, worker: WorkerId, newcomer: TaskId) {
        self.queue.retain(|&waiting| waiting != newcomer);
        self.send_next(worker);
        self.queue.push(newcomer);
    }

    pub(crate) fn begin(&mut self, id: TaskId) {
        let now = self.now;
        let task = self.task(id);
        task.is_taken = true;
        let Submission { timeout, timed, .. } = task.submission;
        if matches!(task.state, TaskState::Running(_)) && (timeout > 0 || timed) {
            task.begun_at = now;
        }
    }

    pub(crate) fn limit(&mut self, id: TaskId) {
        let task = self.task(id);
        task.is_limited = true;
        let timeout = task.submission.timeout;
        if matches!(task.state, TaskState::Running(_)) && timeout > 0 {
            task.deadline = Some(task.begun_at + u64::from(timeout) * MILLISECOND);
        }
    }

    pub(crate) fn take(&mut self, id: TaskId) -> Option<Job> {
        self.begin(id);
        let task = self.known(id);
        let begins = matches!(task.state, TaskState::Running(_)).then(|| task.payload());
        self.limit(id);
        begins
    }

    pub(crate) fn finish(&mut self, id: TaskId, end: End, is_broken: bool) -> Finished {
        let reports_late = self.options.kind.reports_late();
        let task = self.task(id);
        let (worker, face) = (task.worker().expect("it runs"), task.face());
        let settled = task.state == TaskState::Running(worker);
        task.state = TaskState::Over;
        task.deadline = None;
        task.is_uncollected |= settled && reports_late;
        match end {
            End::Completed if settled => self.settle(|counters| &mut counters.completed),
            End::Failed if settled => self.settle(|counters| &mut counters.failed),
            _ => {}
        }
        self.forget_if_done(id);
        let mut next = self.free(worker, is_broken);
        if !reports_late && let Some(task) = next.filter(|&task| self.known(task).face() != face) {
            self.send(worker, task);
            next = None;
        }
        Finished { settled, next, is_quiet: !reports_late && self.is_quiet(face) }
    }

    pub(crate) fn cancel(&mut self, id: TaskId) -> Cancelled {
        let heeds_until = self.heeds_until();
        let task = self.task(id);
        let cancelled = match task.state {
            TaskState::Waiting => {
                task.state = TaskState::Over;
                Cancelled::Waiting
            }
            TaskState::Running(worker) => {
                task.state = TaskState::Abandoned(worker);
                task.deadline = heeds_until;
                Cancelled::Running
            }
            TaskState::Abandoned(_) | TaskState::Over => return Cancelled::Late,
        };
        self.forget_unbegun(id);
        self.queue.retain(|&waiting| waiting != id);
        self.settle(|counters| &mut counters.cancelled);
        self.forget_if_done(id);
        cancelled
    }

    pub(crate) fn collect(&mut self, id: TaskId) {
        self.task(id).is_uncollected = false;
        self.forget_if_done(id);
    }

    pub(crate) fn booted(&mut self, worker: WorkerId) -> Option<TaskId> {
        self.is_unstartable = false;
        // It counts as one with tasks while it looks for one.
        self.worker(worker).state = WorkerState::Running;
        self.pause = None;
        let first = self.free(worker, false);
        self.end_pause();
        first
    }

    fn end_pause(&mut self) {
        self.paused_until = None;
        self.fill();
        for _ in 0..std::mem::take(&mut self.owed) {
            self.replace();
        }
    }

    /// One has died.
    fn replace(&mut self) {
        let least = self.options.min_size.min(self.capacity);
        if self.phase == Phase::Open && self.running() < least {
            if self.is_pausing() {
                self.owed += 1;
            } else {
                self.boot();
            }
        }
    }

    pub(crate) fn boot_failed(&mut self, worker: WorkerId) -> Option<(TaskId, Job)> {
        let is_current = self.worker(worker).generation == self.generation;
        let failed = if is_current { self.next_waiting() } else { None };
        if let Some(id) = failed {
            self.settle(|counters| &mut counters.failed);
            self.queue.retain(|&waiting| waiting != id);
            let task = self.task(id);
            (task.is_uncollected, task.deadline, task.state) = (true, None, TaskState::Over);
        }
        self.counters.retired += 1;
        self.bury(worker);
        self.fill();
        failed.map(|id| (id, self.known(id).payload()))
    }

    pub(crate) fn start_failed(&mut self, worker: WorkerId) {
        let is_current = self.worker(worker).generation == self.generation;
        self.counters.crashed += 1;
        self.bury(worker);
        // What befalls a worker of an older generation is nothing to this one.
        if !is_current {
            return;
        }
        self.is_unstartable = true;
        if self.has_started() && self.paused_until.is_none() {
            let pause = self.pause.map_or(100, |last| (last * 2).min(5_000));
            self.pause = Some(pause);
            self.paused_until = Some(self.now + pause * MILLISECOND);
        }
        self.conclude();
        if self.has_started() {
            self.fill();
            return;
        }
        for watch in self.watches.clone() {
            if watch.condition == Condition::Started {
                self.tell(&watch, Some(0));
            }
        }
        self.reject_waiting(Rejection::StartFailed);
    }

    pub(crate) fn retired(&mut self, worker: WorkerId) {
        if self.overdue.contains(&worker) {
            self.overdue.retain(|&other| other != worker);
            self.cached = (self.cached + 1).min(self.capacity);
            return;
        }
        self.counters.retired += 1;
        self.bury(worker);
        self.fill();
    }

    pub(crate) fn crashed(&mut self, worker: WorkerId) {
        let mut lost = self.tasks.clone();
        lost.retain(|task| task.worker() == Some(worker));
        lost.sort_by_key(|task| task.number);
        for Task { id, state, is_taken, .. } in lost.into_iter().rev() {
            if state == TaskState::Abandoned(worker) {
                let task = self.task(id);
                (task.state, task.deadline) = (TaskState::Over, None);
                self.forget_if_done(id);
            } else if is_taken || !self.options.kind.begins_later() || self.phase == Phase::Closed {
                self.reject(id, Rejection::Crashed);
            } else {
                self.task(id).state = TaskState::Waiting;
                self.queue.insert(0, id);
            }
        }
        // Before others are told to start it.
        self.note_peaks();
        self.counters.crashed += 1;
        self.bury(worker);
        self.fill();
        self.replace();
    }

    pub(crate) fn start(&mut self) {
        if self.phase == Phase::Open && self.running() == 0 && self.capacity > 0 {
            self.boot();
        }
    }

    pub(crate) fn start_all(&mut self) {
        while self.phase == Phase::Open && self.startable() > 0 {
            self.boot();
        }
    }

    pub(crate) fn destroy(&mut self) {
        self.release(None);
        self.conclude();
        let mut running: Vec<TaskId> = self.tasks.iter().map(|task| task.id).collect();
        running.sort();
        for id in running {
            if matches!(self.task(id).state, TaskState::Running(_)) {
                self.reject(id, Rejection::Destroyed);
            }
        }
        let mut workers = self.workers.clone();
        workers.sort_by_key(|worker| worker.id);
        for worker in workers {
            if matches!(worker.state, WorkerState::Booting | WorkerState::Running) {
                self.worker(worker.id).is_ending = true;
                self.effects.push(Effect::Kill(worker.id));
            }
        }
    }

    pub(crate) fn tune(&mut self, capacity: u32) {
        self.capacity = capacity;
        self.cached = self.cached.min(capacity);
        while self.staying() > self.capacity {
            let Some(&(_, oldest)) = self.idle().first() else { break };
            self.retire(oldest);
        }
        self.fill();
    }

    pub(crate) fn close(&mut self) -> u64 {
        if self.phase == Phase::Open {
            self.phase = Phase::Closing;
            self.give_back(|_| true);
            self.retire_all_idle();
        }
        self.generation
    }

    pub(crate) fn release(&mut self, generation: Option<u64>) {
        if generation.is_none_or(|generation| generation == self.generation) {
            self.phase = Phase::Closed;
            self.told.iter_mut().for_each(|turn| turn.is_used = true);
            self.retire_all_idle();
            self.reject_waiting(Rejection::Released);
        }
    }

    pub(crate) fn reboot(&mut self) {
        if self.phase != Phase::Open {
            self.release(None);
            self.generation += 1;
            self.phase = Phase::Open;
            (self.counters.peak_busy, self.counters.peak_waiting) = (0, 0);
            (self.paused_until, self.pause, self.owed) = (None, None, 0);
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

    /// Its tasks end as cancelled: those that wait first, so that no worker which comes free takes one.
    pub(crate) fn depart(&mut self, id: FaceId) -> bool {
        self.watches.retain(|watch| watch.face != id);
        if self.face(id).state == FaceState::Departed {
            return false;
        }
        self.face(id).state = FaceState::Departed;
        self.awaiting.retain(|waiter| waiter.face != id);
        let mut gone = self.tasks.clone();
        gone.retain(|task| task.face() == id);
        gone.sort_by_key(|task| (task.state != TaskState::Waiting, task.id));
        for Task { id, state, .. } in gone {
            if matches!(state, TaskState::Waiting | TaskState::Running(_)) {
                self.settle(|counters| &mut counters.cancelled);
                self.forget_unbegun(id);
                self.queue.retain(|&waiting| waiting != id);
            }
            self.abandon(id, state);
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

    /// The face of the task is gone: its worker takes another one, at once or after its end.
    fn abandon(&mut self, id: TaskId, state: TaskState) {
        let (TaskState::Running(worker) | TaskState::Abandoned(worker)) = state else {
            self.tasks.retain(|task| task.id != id);
            return;
        };
        if !self.options.kind.outlives_face() {
            self.tasks.retain(|task| task.id != id);
            if let Some(next) = self.free(worker, false) {
                self.send(worker, next);
            }
            return;
        }
        let heeds_until = self.heeds_until();
        let task = self.task(id);
        task.is_uncollected = false;
        if state == TaskState::Running(worker) {
            (task.state, task.deadline) = (TaskState::Abandoned(worker), heeds_until);
            let payload = task.payload();
            self.effects.push(Effect::Abandoned(worker, id, payload));
        }
    }

    pub(crate) fn watch(&mut self, face: FaceId, token: u32, condition: Condition, timeout: Option<u32>) {
        let expires_at = timeout.map(|ms| self.now + u64::from(ms) * MILLISECOND);
        self.watches.push(Watch { face, token, condition, expires_at });
    }

    fn tell(&mut self, watch: &Watch, left: Option<u32>) {
        let &Watch { face, token, .. } = watch;
        self.effects.push(Effect::Watched { face, token, left });
        self.watches.retain(|watch| watch.token != token);
    }

    pub(crate) fn await_vacancy(&mut self, wait: Wait) {
        let Wait { face, token, priority, timeout, .. } = wait;
        let is_open = self.phase == Phase::Open && self.is_staying(face);
        if timeout == Some(0) && is_open && !self.has_vacancy() {
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

    pub(crate) fn reap(&mut self) {
        self.purge();
        let mut unclosed = None;
        for watch in self.watches.clone() {
            if watch.expires_at.is_some_and(|at| at <= self.now) {
                let awaited = match watch.condition {
                    Condition::Ended(generation) => generation,
                    _ => self.generation,
                };
                let of_it = |worker: &&Worker| worker.generation == awaited;
                self.tell(&watch, Some(self.workers.iter().filter(of_it).count() as u32));
                if watch.condition == Condition::Ended(self.generation) {
                    unclosed = Some(self.generation);
                }
            }
        }
        // Those whose time is over are told before what a close that ran out of time rejects.
        if unclosed.is_some() {
            self.release(unclosed);
        }
        let mut late = self.workers.clone();
        late.retain(|worker| worker.dispose_by.is_some_and(|by| by <= self.now));
        late.sort_by_key(|worker| (worker.dispose_by, worker.id));
        for Worker { id, .. } in late {
            self.overdue.push(id);
            self.counters.retired += 1;
            self.workers.retain(|other| other.id != id);
            self.effects.push(Effect::Overdue(id));
        }
        self.fill();
        let mut late = self.awaiting.clone();
        late.retain(|waiter| waiter.deadline.is_some_and(|at| at <= self.now));
        late.sort_by_key(|waiter| waiter.deadline);
        for Waiter { face, token, .. } in late {
            self.effects.push(Effect::NoVacancy { face, token });
            self.awaiting.retain(|waiter| (waiter.face, waiter.token) != (face, token));
        }
        while let Some(Task { id, state, submission, .. }) = self.next_late() {
            match state {
                TaskState::Waiting => {
                    self.reject(
                        id,
                        Rejection::WaitTimeout(submission.wait_timeout.expect("it has a deadline")),
                    );
                }
                TaskState::Running(_) => self.reject(id, Rejection::TaskTimeout(submission.timeout)),
                TaskState::Abandoned(worker) => self.end_unheeding(id, worker),
                TaskState::Over => unreachable!("it has no deadline"),
            }
        }
        if self.paused_until.is_some_and(|at| at <= self.now) {
            self.end_pause();
        }
    }

    /// The task that is late for longest.
    fn next_late(&self) -> Option<Task> {
        let is_late = |task: &&Task| task.deadline.is_some_and(|at| at <= self.now);
        self.tasks.iter().filter(is_late).min_by_key(|task| task.deadline).cloned()
    }

    fn purge(&mut self) {
        let Some(expiry) = self.options.expiry else { return };
        let spare = self.staying().saturating_sub(self.options.min_size.min(self.capacity));
        let mut expired = self.idle();
        expired.retain(|(since, _)| since + expiry <= self.now);
        expired.truncate(spare as usize);
        for (_, worker) in expired {
            self.last_purge = Some(self.now);
            self.retire(worker);
        }
    }

    /// A task has had its grace: its thread is killed, but not before others on it have had as long.
    fn end_unheeding(&mut self, id: TaskId, id_of_worker: WorkerId) {
        let is_alone = self.load(id_of_worker) == 1;
        let spared_until = self.heeds_until().expect("it can be killed");
        let now = self.now;
        let worker = self.worker(id_of_worker);
        worker.is_ending = true;
        let at = *worker.spared_until.get_or_insert(if is_alone { now } else { spared_until });
        if is_alone || at <= now {
            self.task(id).deadline = None;
            self.effects.push(Effect::Kill(id_of_worker));
        } else {
            self.task(id).deadline = Some(at);
        }
    }

    fn note_peaks(&mut self) {
        let busy = self.busy();
        self.counters.peak_busy = self.counters.peak_busy.max(busy);
        self.counters.peak_waiting = self.counters.peak_waiting.max(self.waiting());
    }

    /// What follows every lock hold: peaks, watches that have come true, and vacancies.
    pub(crate) fn conclude(&mut self) {
        self.note_peaks();
        let is_closed = self.phase != Phase::Open;
        let busy = self.busy();
        let is_told = !self.options.kind.reports_late() || self.tasks.is_empty();
        for watch in self.watches.clone() {
            let is_vain = watch.condition == Condition::Started && is_closed;
            let holds = match watch.condition {
                Condition::Drained => busy + self.waiting() == 0 && is_told,
                Condition::Settled => self.counters.unsettled == 0,
                Condition::Ended(generation) => {
                    let is_past = generation != self.generation;
                    let is_over = is_past || (is_closed && self.waiting() == 0 && is_told);
                    is_over && self.workers.iter().all(|worker| worker.generation != generation)
                }
                Condition::Vacant => is_closed && self.tasks.is_empty() && self.workers.is_empty(),
                Condition::Left => self.is_quiet(watch.face),
                Condition::Started => self.has_started(),
            };
            if holds || is_vain {
                self.tell(&watch, is_vain.then_some(0));
            }
        }
        while is_closed && let Some(index) = self.next_awaiting() {
            let Waiter { face, token, .. } = self.awaiting.remove(index);
            self.effects.push(Effect::Vacancy { face, token, is_closed });
        }
        while !self.awaiting.is_empty() && self.has_vacancy() {
            self.tell_first();
        }
    }

    /// When the reaper has something to do next.
    pub(crate) fn due(&self) -> Option<Nanos> {
        let spare = self.staying().saturating_sub(self.options.min_size.min(self.capacity));
        let purge = self.options.expiry.filter(|_| spare > 0).and_then(|expiry| {
            let not_before = self.last_purge.map_or(0, |last| last + expiry / 2);
            self.idle().first().map(|&(oldest, _)| (oldest + expiry).max(not_before))
        });
        let tasks = self.tasks.iter().filter_map(|task| task.deadline);
        let watches = self.watches.iter().filter_map(|watch| watch.expires_at);
        let disposals = self.workers.iter().filter_map(|worker| worker.dispose_by);
        let waits = self.awaiting.iter().filter_map(|waiter| waiter.deadline);
        tasks.chain(watches).chain(disposals).chain(waits).chain(purge).chain(self.paused_until).min()
    }

    pub(crate) fn times(&self, task: &Task) -> TaskTimes {
        let &Task { number, submitted_at, begun_at, .. } = task;
        TaskTimes { number, submitted_at, begun_at, now: self.now }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            capacity: self.capacity,
            is_pausing: self.is_pausing(),
            running: self.running(),
            busy: self.busy(),
            waiting: self.waiting(),
            is_closed: self.phase != Phase::Open,
            is_paused: false,
            generation: self.generation,
            counters: self.counters,
        }
    }
}
