//! The pool's state and every rule that changes it: what [`Pool`](crate::Pool)'s lock guards is this one struct.
//!
//! A transition returns what its caller must do itself and leaves in `effects` what concerns others; the pool
//! carries those out after the unlock. Files: admission here, the worker's way out in `exit`, time in `reap`, the end of a face
//! in `depart`.

use std::collections::BTreeMap;

use crate::{
    clock::{Clock, MILLISECOND, Nanos},
    counters::{Counters, Snapshot},
    deadlines::Deadlines,
    face::{FaceId, Faces, Payload},
    kind::WorkerKind,
    queue::WaitQueue,
    stack::WorkerStack,
    task::{Offer, Submission, Task, TaskId, TaskState, TaskTimes, Tasks},
    vacancy::Vacancies,
    watch::{Condition, Watch, Watches},
    worker::{Worker, WorkerId, WorkerState, Workers},
};

/// A capacity without limit.
pub const UNBOUNDED: u32 = u32::MAX;

/// Most tasks that one lock hold rejects. A release with a million waiting tasks lets others in between.
const BATCH: usize = 1_024;

/// After a thread could not be started beside one that serves, none is started for so long; each time in a row twice as long, up to
/// the last. A file that is replaced while a program is deployed is there within the first; of one that stays broken, a thread that
/// tries it costs some ten milliseconds of a core, which every five seconds is next to nothing.
const FIRST_PAUSE: Nanos = 100 * MILLISECOND;
const LAST_PAUSE: Nanos = 5_000 * MILLISECOND;

/// How a pool behaves for all its life.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Most live workers at first; [`UNBOUNDED`] for no limit.
    pub capacity: u32,
    /// How long an idle worker lives; `None` for ever.
    pub expiry: Option<Nanos>,
    /// Refuse what would have to wait.
    pub nonblocking: bool,
    /// Most waiting tasks; 0 for no bound.
    pub max_waiting: u32,
    /// What the workers are.
    pub kind: WorkerKind,
    /// Most tasks that one worker has at once.
    pub concurrency: u32,
    /// So many workers are not purged, and replaced when they die.
    pub min_size: u32,
}

impl Default for Options {
    /// An unbounded pool of slots, which stay when they are idle.
    fn default() -> Self {
        Self {
            capacity: UNBOUNDED,
            expiry: None,
            nonblocking: false,
            max_waiting: 0,
            kind: WorkerKind::Slot,
            concurrency: 1,
            min_size: 0,
        }
    }
}

/// What becomes of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// This worker has it; the caller starts it.
    Started(WorkerId, TaskId),
    /// It waits.
    Waiting(TaskId),
    /// It is not accepted.
    Refused(Refusal),
}

/// Why a submission is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The pool is closed.
    Closed,
    /// It would have to wait, and may not.
    Overload {
        /// Tasks that wait.
        waiting: u32,
        /// Most live workers; [`UNBOUNDED`] for no limit.
        capacity: u32,
    },
    /// It would have to wait, and its `wait_timeout` is 0.
    WaitTimeout,
    /// It has a time, and the host does not [keep time](crate::Host::keeps_time).
    Untimely,
}

/// Why an accepted task settles without having ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// It waited when the pool was released.
    Released,
    /// No worker was free within so many milliseconds.
    WaitTimeout(u32),
    /// It ran longer than it may: so many milliseconds.
    TaskTimeout(u32),
    /// Its worker has died under it.
    Crashed,
    /// No worker could be started for it.
    StartFailed,
    /// It ran when the pool was destroyed.
    Destroyed,
}

/// How a task's function ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With a result.
    Completed,
    /// With an error.
    Failed,
}

/// What a finished worker's caller has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// Whether this end settles the task; not if a deadline or an abort came first.
    pub settled: bool,
    /// The task that the same worker has now; the caller starts it. One that came through another face is an
    /// [`Effect::Start`] instead.
    pub next: Option<TaskId>,
    /// Whether no task of its face is left, as [`is_quiet`](crate::Pool::is_quiet) says. Never with threads.
    pub is_quiet: bool,
}

impl Finished {
    /// Of a task that is done with, or has no worker: whoever says that it has ended is late.
    const LATE: Self = Self { settled: false, next: None, is_quiet: false };
}

/// What a worker finds that wants to call a task's function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken<T> {
    /// It calls the function now.
    Begun(T),
    /// The task has settled on its way here: it only finishes it.
    Settled,
    /// The task is not this worker's, or has begun: the word of it came late, when whoever was meant had died.
    Foreign,
}

/// What a cancellation met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// The task waited and never runs.
    Waiting,
    /// The task has settled; its function runs until it really ends.
    Running,
    /// Too late: it has settled in another way, and may be done with.
    Late,
}

/// What a transition causes for somebody other than its caller. Carried out without the lock, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect<T> {
    /// The origin of the task is to start it on this worker.
    Start(WorkerId, TaskId, T),
    /// The host is to boot this worker.
    Boot(WorkerId),
    /// The host is to take this worker down, which has no task, and to answer by `retired`.
    Retire(WorkerId),
    /// The host has been taking this worker down for too long: it counts no more. The number stays the worker's until the host
    /// answers, if it has not.
    Overdue(WorkerId),
    /// The host is to end this worker, whatever it does, and to answer by `crashed`.
    Kill(WorkerId),
    /// This worker, a thread, is to hear that the task which it runs has settled, as the face of the task is gone.
    Abandoned(WorkerId, TaskId, T),
    /// The task, which was for a thread, settles before one has begun it: what the host keeps for that is not needed any more. Of
    /// a task that has begun, whoever has begun it has that.
    Forgotten(T),
    /// The origin of the task is to learn that it has settled, and then to `collect` it.
    Reject(TaskId, T, Rejection),
    /// The watch with this token has come true, or its time is up.
    Watched {
        /// Whose watch it is.
        face: FaceId,
        /// As given to `watch`.
        token: u32,
        /// If the time came before the condition: how many workers of what was waited for were left then. `None` if it has come true.
        left: Option<u32>,
    },
    /// The time of a wait for a vacancy is over.
    NoVacancy {
        /// Whose wait it was.
        face: FaceId,
        /// As given to `await_vacancy`.
        token: u32,
    },
    /// A submit would not have to wait now, and the face calls [`end_turns`](crate::Pool::end_turns) once whoever waited has
    /// had the opportunity; or it would be refused, as the pool is closed or the face has left.
    Vacancy {
        /// Whose wait it was.
        face: FaceId,
        /// As given to `await_vacancy`.
        token: u32,
        /// Whether it would be refused. Then there is no turn to end.
        is_closed: bool,
    },
}

impl<T> Effect<T> {
    /// Whether the effect is about a worker that may be gone when the effect arrives.
    pub(crate) const fn can_outlast_worker(&self, kind: WorkerKind) -> bool {
        match self {
            Self::Start(..) | Self::Retire(_) | Self::Kill(_) => kind.ends_alone(),
            Self::Overdue(_) => true,
            _ => false,
        }
    }
}

pub(crate) type Effects<T> = Vec<Effect<T>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// Refuses new tasks, runs the accepted ones.
    Closing,
    Closed,
}

/// In this order in memory, what every task changes first: each cache line that two threads change in turn costs both of them
/// about as much as all the rest of a call. Behind it what changes rarely, which every core keeps a copy of.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct State<T> {
    /// Live workers of this generation; `busy`, `booting` and `stopping` are among them.
    pub(crate) running: u32,
    pub(crate) busy: u32,
    pub(crate) booting: u32,
    pub(crate) stopping: u32,
    /// Slots kept for those who have been told of a vacancy and have not used it.
    pub(crate) held: u32,
    pub(crate) queue: WaitQueue,
    pub(crate) tasks: Tasks<T>,
    pub(crate) counters: Counters,
    /// When the reaper looks next; `Nanos::MAX` for never.
    pub(crate) armed: Nanos,
    /// No purge before: so that workers which expire one by one are retired a few at a time.
    pub(crate) next_purge: Nanos,
    pub(crate) phase: Phase,
    pub(crate) generation: u64,
    pub(crate) capacity: u32,
    /// How many changes of it have begun.
    tunes: u32,
    /// A thread could not be started since one has: there may be room that waiting tasks do not get.
    pub(crate) is_unstartable: bool,
    /// No new thread before, as one could not be started; `Nanos::MAX` for no pause. The reaper ends it, so nobody asks for the time.
    pub(crate) starts_at: Nanos,
    /// How long the last pause was, if no thread has loaded since.
    pause: Nanos,
    /// Threads below `min_size` that have died in the pause and are replaced after it.
    pub(crate) owed: u32,
    /// Whoever has the workers is gone, and they with it: the pool stays closed.
    pub(crate) is_orphan: bool,
    pub(crate) idle: WorkerStack,
    pub(crate) workers: Workers,
    pub(crate) deadlines: Deadlines,
    /// Until when workers are to have been taken down, by number.
    pub(crate) disposals: Deadlines,
    /// Live workers of generations that are over; of each there are some.
    pub(crate) older: BTreeMap<u64, u32>,
    pub(crate) watches: Watches,
    pub(crate) vacancies: Vacancies,
    pub(crate) faces: Faces,
    pub(crate) options: Options,
}

impl<T: Payload> State<T> {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            phase: Phase::Open,
            generation: 1,
            capacity: options.capacity,
            tunes: 0,
            tasks: Tasks::new(),
            queue: WaitQueue::default(),
            deadlines: Deadlines::default(),
            disposals: Deadlines::default(),
            workers: Workers::default(),
            idle: WorkerStack::default(),
            running: 0,
            busy: 0,
            booting: 0,
            stopping: 0,
            held: 0,
            older: BTreeMap::new(),
            is_unstartable: false,
            starts_at: Nanos::MAX,
            pause: 0,
            owed: 0,
            is_orphan: false,
            watches: Watches::default(),
            vacancies: Vacancies::default(),
            faces: Faces::new(),
            counters: Counters::default(),
            armed: Nanos::MAX,
            next_purge: 0,
            options,
        }
    }

    // ── admission ───────────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn submit(
        &mut self,
        clock: &impl Clock,
        task: Submission<T>,
        effects: &mut Effects<T>,
    ) -> Admission {
        if let Some(refusal) = self.refuse_if_closed(task.payload.face(), task.offer) {
            return Admission::Refused(refusal);
        }
        // Idle workers are within capacity: shrinking retires them at once. And while one is idle nothing waits, but behind a turn.
        let is_behind = self.is_behind(task.payload.face());
        if !is_behind && let Some(worker) = self.idle.pop() {
            let id = self.accept(clock, task);
            self.busy += 1;
            self.assign(worker, id);
            return Admission::Started(worker, id);
        }
        let has_room = !is_behind && self.may_start();
        if has_room && !self.options.kind.boots() {
            let id = self.accept(clock, task);
            let worker = self.start_worker();
            self.assign(worker, id);
            return Admission::Started(worker, id);
        }
        if has_room && self.queue.len() >= self.expected() {
            let worker = self.start_worker();
            effects.push(Effect::Boot(worker));
        } else if !is_behind && let Some(worker) = self.free_slot() {
            return self.submit_to_slot(clock, worker, task, effects);
        } else if self.queue.len() >= self.expected_slots()
            && let Some(refusal) = self.refuse_to_wait(task.offer, task.wait_timeout)
        {
            return Admission::Refused(refusal);
        }
        Admission::Waiting(self.enqueue(clock, task))
    }

    /// A busy worker has a free slot. Whoever waits for one that boots was here before, and goes first.
    fn submit_to_slot(
        &mut self,
        clock: &impl Clock,
        worker: WorkerId,
        task: Submission<T>,
        effects: &mut Effects<T>,
    ) -> Admission {
        let Some(first) = self.next_waiting() else {
            let id = self.accept(clock, task);
            self.assign(worker, id);
            return Admission::Started(worker, id);
        };
        let id = self.enqueue(clock, task);
        self.assign(worker, first);
        effects.push(Effect::Start(worker, first, self.tasks[first].payload));
        Admission::Waiting(id)
    }

    /// The busy worker with the fewest tasks, if it may have another one.
    fn free_slot(&self) -> Option<WorkerId> {
        if self.options.concurrency == 1 || self.running - self.stopping > self.capacity {
            return None;
        }
        let has_slot = |worker: &Worker| {
            worker.state == WorkerState::Running
                && worker.generation == self.generation
                && worker.load < self.options.concurrency
                && !worker.is_ending
        };
        let busy = self.workers.iter().filter(|&(_, worker)| has_slot(worker));
        busy.min_by_key(|&(id, worker)| (worker.load, id)).map(|(id, _)| id)
    }

    /// Free slots of busy workers.
    pub(crate) fn free_slots(&self) -> u32 {
        if self.options.concurrency == 1 || self.running - self.stopping > self.capacity {
            return 0;
        }
        let free = |(_, worker): (WorkerId, &Worker)| {
            let is_usable = worker.state == WorkerState::Running
                && worker.generation == self.generation
                && !worker.is_ending;
            if is_usable { self.options.concurrency - worker.load } else { 0 }
        };
        // With a `concurrency` as large as it may be, all together are more than fit.
        self.workers.iter().map(free).fold(0, u32::saturating_add)
    }

    /// Refuses a task that `submit` would refuse.
    pub(crate) fn refuse(
        &mut self,
        face: FaceId,
        offer: Offer,
        wait_timeout: Option<u32>,
    ) -> Option<Refusal> {
        let closed = self.refuse_if_closed(face, offer);
        if closed.is_some() || (self.room() > 0 && !self.is_behind(face)) {
            closed
        } else {
            self.refuse_to_wait(offer, wait_timeout)
        }
    }

    fn refuse_if_closed(&mut self, face: FaceId, offer: Offer) -> Option<Refusal> {
        if self.phase == Phase::Open && self.faces.is_staying(face) {
            return None;
        }
        self.counters.closed += u64::from(offer == Offer::Normal);
        Some(Refusal::Closed)
    }

    /// Whether a task that has to wait is refused.
    fn is_overloaded(&self) -> bool {
        // Tasks that booting workers will take do not count against the bound: that is room, not an overload.
        let waiting = self.queue.len().saturating_sub(self.expected_slots());
        let is_full = self.options.max_waiting > 0 && waiting >= self.options.max_waiting;
        self.options.nonblocking || is_full
    }

    /// What a task that must wait without a worker on its way is refused for.
    fn refuse_to_wait(&mut self, offer: Offer, wait_timeout: Option<u32>) -> Option<Refusal> {
        if self.is_overloaded() || offer == Offer::AtOnce {
            self.counters.overload += u64::from(offer == Offer::Normal);
            return Some(Refusal::Overload { waiting: self.queue.len(), capacity: self.capacity });
        }
        if wait_timeout == Some(0) {
            // It waited for no time at all: submitted, and rejected for it.
            self.counters.submitted += 1;
            self.counters.wait_timeout += 1;
            return Some(Refusal::WaitTimeout);
        }
        None
    }

    /// Booting workers that will take a task. If the capacity has shrunk below them, the others retire instead.
    pub(crate) fn expected(&self) -> u32 {
        let with_task = self.busy - self.booting;
        self.booting.min(self.capacity.saturating_sub(with_task))
    }

    /// The tasks that these will take.
    pub(crate) fn expected_slots(&self) -> u32 {
        self.expected().saturating_mul(self.options.concurrency)
    }

    fn accept(&mut self, clock: &impl Clock, task: Submission<T>) -> TaskId {
        self.counters.submitted += 1;
        self.counters.unsettled += 1;
        self.faces.add_record(task.payload.face());
        if self.held > 0 {
            self.use_turn(task.payload.face());
        }
        self.tasks.insert(Task {
            payload: task.payload,
            state: TaskState::Waiting,
            number: self.counters.submitted,
            priority: task.priority,
            timeout: task.timeout,
            timed: task.timed,
            submitted_at: if task.timed { clock.now() } else { 0 },
            begun_at: 0,
            is_begun: false,
        })
    }

    fn enqueue(&mut self, clock: &impl Clock, task: Submission<T>) -> TaskId {
        let id = self.accept(clock, task);
        if let Some(wait) = task.wait_timeout.filter(|&wait| wait > 0) {
            self.deadlines.insert(id.number(), clock.now() + u64::from(wait) * MILLISECOND, wait);
        }
        self.queue.push(id.number(), task.priority);
        self.counters.peak_waiting = self.counters.peak_waiting.max(self.queue.len());
        id
    }

    /// A new worker, busy from the start: with a task, or booting.
    fn start_worker(&mut self) -> WorkerId {
        let (worker, is_reused) = self.workers.start(self.generation);
        self.counters.started += 1;
        self.counters.reused += u64::from(is_reused);
        self.running += 1;
        self.busy += 1;
        self.booting += u32::from(self.options.kind.boots());
        self.note_busy();
        worker
    }

    /// Workers that are neither idle nor gone: with a task, booting, or being taken down.
    pub(crate) const fn engaged(&self) -> u32 {
        self.busy + self.stopping
    }

    /// More workers may be busy than ever before.
    pub(crate) fn note_busy(&mut self) {
        self.counters.peak_busy = self.counters.peak_busy.max(self.engaged());
    }

    /// Gives the task, which no longer waits, to a worker that counts as busy.
    fn assign(&mut self, worker: WorkerId, task: TaskId) {
        self.tasks[task].state = TaskState::Running(worker);
        let record = &mut self.workers[worker];
        record.state = WorkerState::Running;
        record.task = task;
        record.load += 1;
        self.note_busy();
    }

    /// The next waiting task, which stops waiting.
    pub(crate) fn next_waiting(&mut self) -> Option<TaskId> {
        let number = self.queue.pop()?;
        let task = self.tasks.at(number)?;
        self.deadlines.remove(task.number());
        Some(task)
    }

    /// Serves those who wait, in their order, as far as there is room: on idle workers, if a task has come back from a dead one or
    /// a turn is over; on as many new workers as there is room and need for; in free slots. Called wherever room or a waiting task
    /// appears.
    pub(crate) fn fill(&mut self, effects: &mut Effects<T>) {
        while self.queue.len() > 0 {
            if self.tell_next(effects) {
                continue;
            }
            if self.is_held() {
                break;
            }
            if let Some(worker) = self.idle.pop() {
                self.busy += 1;
                self.send_next(worker, effects);
                continue;
            }
            if self.phase == Phase::Closed || self.queue.len() <= self.booting || !self.may_start() {
                break;
            }
            let worker = self.start_worker();
            if self.options.kind.boots() {
                effects.push(Effect::Boot(worker));
            } else {
                self.send_next(worker, effects);
            }
        }
        self.fill_slots(effects);
    }

    /// Starts in free slots of busy workers what no booting one is on its way for.
    fn fill_slots(&mut self, effects: &mut Effects<T>) {
        while self.phase != Phase::Closed && self.queue.len() > self.expected() {
            if self.tell_next(effects) {
                continue;
            }
            if self.is_held() {
                break;
            }
            let Some(worker) = self.free_slot() else { break };
            self.send_next(worker, effects);
        }
    }

    /// Gives the next waiting task, which there is, to a worker that counts as busy; its origin or the worker is to hear of it.
    fn send_next(&mut self, worker: WorkerId, effects: &mut Effects<T>) {
        let Some(task) = self.next_waiting() else { return };
        self.assign(worker, task);
        effects.push(Effect::Start(worker, task, self.tasks[task].payload));
    }

    // ── the run of a task ───────────────────────────────────────────────────────────────────────────────────────

    /// The task's function is called now: its `timeout` and its `TaskTimes` count from here.
    pub(crate) fn begin(&mut self, clock: &impl Clock, id: TaskId) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if !matches!(task.state, TaskState::Running(_)) || (task.timeout == 0 && !task.timed) {
            return;
        }
        task.begun_at = clock.now();
    }

    /// The task's function goes on after its call: from here its `timeout` can end it.
    pub(crate) fn limit(&mut self, id: TaskId) {
        let Some(&Task { state, timeout, begun_at, .. }) = self.tasks.get(id) else { return };
        if matches!(state, TaskState::Running(_)) && timeout > 0 {
            self.deadlines.insert(id.number(), begun_at + u64::from(timeout) * MILLISECOND, timeout);
        }
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
        let Some(task) = self.workers.live(worker).map(|worker| worker.task) else { return Finished::LATE };
        self.finish_task(clock, task, end, is_broken, effects)
    }

    /// The function of a task has ended. `is_broken`: its worker must not be used again.
    pub(crate) fn finish_task(
        &mut self,
        clock: &impl Clock,
        task: TaskId,
        end: End,
        is_broken: bool,
        effects: &mut Effects<T>,
    ) -> Finished {
        let Some(&Task {
            state: TaskState::Running(worker) | TaskState::Abandoned { worker, .. },
            payload,
            ..
        }) = self.tasks.get(task)
        else {
            return Finished::LATE;
        };
        let face = payload.face();
        let settled = self.end_task(task, end);
        let mut next = self.free_worker(clock, worker, is_broken, effects);
        if !self.options.kind.reports_late()
            && let Some(foreign) = next.filter(|&next| self.tasks[next].payload.face() != face)
        {
            effects.push(Effect::Start(worker, foreign, self.tasks[foreign].payload));
            next = None;
        }
        // If the end is still to be collected, the face has a record.
        let is_quiet = !self.options.kind.reports_late() && self.faces.records(face) == 0;
        Finished { settled, next, is_quiet }
    }

    /// Counts the end of a running task, unless it has settled before, and drops its record as soon as its origin
    /// needs it no more.
    pub(crate) fn end_task(&mut self, id: TaskId, end: End) -> bool {
        match self.tasks[id].state {
            TaskState::Running(_) => {
                self.counters.unsettled -= 1;
                match end {
                    End::Completed => self.counters.completed += 1,
                    End::Failed => self.counters.failed += 1,
                }
                self.deadlines.remove(id.number());
                if self.options.kind.reports_late() {
                    self.tasks[id].state = TaskState::Over;
                } else {
                    self.drop_record(id);
                }
                true
            }
            TaskState::Abandoned { told: true, .. } => {
                self.deadlines.remove(id.number());
                self.drop_record(id);
                false
            }
            TaskState::Abandoned { told: false, .. } => {
                self.deadlines.remove(id.number());
                self.tasks[id].state = TaskState::Over;
                false
            }
            TaskState::Waiting | TaskState::Over => unreachable!("only a running task ends"),
        }
    }

    /// The one end of every record of a task.
    pub(crate) fn drop_record(&mut self, id: TaskId) {
        let face = self.tasks[id].payload.face();
        if self.faces.drop_record(face) {
            self.watches.face_is_quiet(face);
        }
        self.tasks.remove(id);
    }

    /// A worker without a task takes the next one, goes idle, or retires.
    pub(crate) fn free_worker(
        &mut self,
        clock: &impl Clock,
        worker: WorkerId,
        is_broken: bool,
        effects: &mut Effects<T>,
    ) -> Option<TaskId> {
        let record = &mut self.workers[worker];
        record.load = record.load.saturating_sub(1); // a booting one has had none
        record.is_ending |= is_broken;
        let (is_free, is_ending) = (record.load == 0, record.is_ending);
        let is_current = record.generation == self.generation;
        // Workers that are already stopping are on their way below the capacity: another one need not go for them.
        let fits = self.running - self.stopping <= self.capacity;
        if is_current && !is_ending && fits && self.phase != Phase::Closed {
            let yields = self.yields(worker);
            if !yields && let Some(task) = self.next_waiting() {
                self.assign(worker, task);
                return Some(task);
            }
            if is_free && self.phase == Phase::Open {
                self.busy -= 1;
                self.workers[worker].state = WorkerState::Idle;
                // Without expiry nobody asks since when.
                self.idle.push(worker, self.options.expiry.map_or(0, |_| clock.now()));
            }
            if yields {
                // Tells who is next, and serves others if there is room beyond that.
                self.fill(effects);
            }
            if yields || (is_free && self.phase == Phase::Open) {
                return None;
            }
        }
        if is_free {
            self.busy -= u32::from(is_current);
            self.retire(worker, effects);
            // It may have been the one above the capacity that kept the others from taking several, or the last one that served
            // while there was a pause.
            self.fill(effects);
        }
        None
    }

    /// Settles a task because its signal was aborted.
    pub(crate) fn cancel(&mut self, clock: &impl Clock, id: TaskId, effects: &mut Effects<T>) -> Cancelled {
        let Some(task) = self.tasks.get(id) else { return Cancelled::Late };
        let cancelled = match task.state {
            TaskState::Waiting => {
                self.forget_unbegun(id, effects);
                self.queue.remove(id.number());
                self.deadlines.remove(id.number());
                self.drop_record(id);
                Cancelled::Waiting
            }
            TaskState::Running(worker) => {
                self.forget_unbegun(id, effects);
                self.abandon_to(worker, id, true, clock.now());
                Cancelled::Running
            }
            TaskState::Abandoned { .. } | TaskState::Over => return Cancelled::Late,
        };
        self.counters.unsettled -= 1;
        self.counters.cancelled += 1;
        cancelled
    }

    /// A task is about to settle in another way than by its end. Whether it has begun is decided under this very lock, so what
    /// the host keeps for its begin goes either to whoever begins it or away, and never both.
    pub(crate) fn forget_unbegun(&self, id: TaskId, effects: &mut Effects<T>) {
        let task = &self.tasks[id];
        if self.options.kind.begins_later() && !task.is_begun {
            effects.push(Effect::Forgotten(task.payload));
        }
    }

    /// A task has settled while its function goes on; a thread gets some time to heed that.
    pub(crate) fn abandon_to(&mut self, worker: WorkerId, id: TaskId, told: bool, now: Nanos) {
        self.deadlines.remove(id.number());
        self.tasks[id].state = TaskState::Abandoned { worker, told };
        if let Some(grace) = self.options.kind.grace() {
            self.deadlines.insert(id.number(), now + grace, 0);
        }
    }

    /// The worker takes a task that it was given, and calls its function now; not if that has settled meanwhile.
    pub(crate) fn take(&mut self, clock: &impl Clock, worker: WorkerId, id: TaskId) -> Taken<T> {
        let Some(&Task { state, is_begun: false, .. }) = self.tasks.get(id) else { return Taken::Foreign };
        match state {
            TaskState::Running(of) if of == worker => Taken::Begun(self.take_now(clock, id)),
            TaskState::Abandoned { worker: of, .. } if of == worker => {
                self.tasks[id].is_begun = true;
                Taken::Settled
            }
            _ => Taken::Foreign,
        }
    }

    /// The function of a task that a worker has just been given is called now.
    pub(crate) fn take_now(&mut self, clock: &impl Clock, id: TaskId) -> T {
        self.tasks[id].is_begun = true;
        self.begin(clock, id);
        self.limit(id);
        self.tasks[id].payload
    }

    /// The origin of a rejected task has taken notice.
    pub(crate) fn collect(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        match task.state {
            TaskState::Over => self.drop_record(id),
            TaskState::Abandoned { worker, told: false } => {
                task.state = TaskState::Abandoned { worker, told: true }
            }
            // Whoever says so is late, as it has been told before.
            TaskState::Waiting | TaskState::Running(_) | TaskState::Abandoned { told: true, .. } => {}
        }
    }

    pub(crate) fn times(&self, clock: &impl Clock, id: TaskId) -> Option<TaskTimes> {
        let &Task { number, submitted_at, begun_at, .. } = self.tasks.get(id)?;
        Some(TaskTimes { number, submitted_at, begun_at, now: clock.now() })
    }

    // ── booting ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// A booting worker is ready; only now it is decided which task it gets.
    pub(crate) fn booted(
        &mut self,
        clock: &impl Clock,
        worker: WorkerId,
        effects: &mut Effects<T>,
    ) -> Option<TaskId> {
        if !self.workers.is_in(worker, WorkerState::Uninitialized) {
            return None;
        }
        self.booting -= u32::from(self.workers[worker].generation == self.generation);
        self.is_unstartable = false;
        self.pause = 0;
        let first = self.free_worker(clock, worker, false, effects);
        // After a failed start there may be room that waiting tasks have not got.
        self.end_pause(effects);
        first
    }

    /// A booting worker could not be made. One task, the next, fails for it; the one after that tries again.
    pub(crate) fn boot_failed(&mut self, worker: WorkerId, effects: &mut Effects<T>) -> Option<(TaskId, T)> {
        if !self.workers.is_in(worker, WorkerState::Uninitialized) {
            return None;
        }
        let is_current = self.workers[worker].generation == self.generation;
        self.booting -= u32::from(is_current);
        self.busy -= u32::from(is_current);
        let failed = if is_current { self.next_waiting() } else { None };
        if let Some(task) = failed {
            self.counters.unsettled -= 1;
            self.counters.failed += 1;
            self.tasks[task].state = TaskState::Over;
        }
        self.counters.retired += 1;
        self.exit(worker, effects);
        failed.map(|task| (task, self.tasks[task].payload))
    }

    /// A thread could not be started, and trying again is no use. It is not replaced before the next submit. Whether that
    /// concerns this generation: one of an older generation may have been ended while it booted.
    pub(crate) fn start_failed(&mut self, clock: &impl Clock, worker: WorkerId) -> bool {
        if !self.workers.is_in(worker, WorkerState::Uninitialized) {
            return false;
        }
        let is_current = self.workers[worker].generation == self.generation;
        self.booting -= u32::from(is_current);
        self.busy -= u32::from(is_current);
        self.counters.crashed += 1;
        self.leave_service(worker);
        self.is_unstartable |= is_current;
        // Others that were started together with it and fail, too, are the same failure.
        if is_current && self.has_started() && self.starts_at == Nanos::MAX {
            self.pause = (2 * self.pause).clamp(FIRST_PAUSE, LAST_PAUSE);
            self.starts_at = clock.now() + self.pause;
        }
        is_current
    }

    /// Threads are started again: for those who wait, and in place of the dead.
    pub(crate) fn end_pause(&mut self, effects: &mut Effects<T>) {
        self.starts_at = Nanos::MAX;
        self.fill(effects);
        for _ in 0..std::mem::take(&mut self.owed) {
            self.replace(effects);
        }
    }

    /// A worker has died: another one takes its place if fewer than `min_size` are left.
    pub(crate) fn replace(&mut self, effects: &mut Effects<T>) {
        if self.phase != Phase::Open || self.running >= self.options.min_size.min(self.capacity) {
            return;
        }
        if self.is_pausing() {
            self.owed += 1;
        } else {
            self.boot_one(effects);
        }
    }

    /// Whether no thread is started now, as one could not be, while another one serves. If none does, each submit tries.
    pub(crate) const fn is_pausing(&self) -> bool {
        self.starts_at != Nanos::MAX && self.has_started()
    }

    /// Whether one more worker may be started.
    pub(crate) const fn may_start(&self) -> bool {
        self.running < self.capacity && !self.is_pausing()
    }

    /// How many workers may be started now.
    pub(crate) const fn startable(&self) -> u32 {
        if self.is_pausing() { 0 } else { self.capacity.saturating_sub(self.running) }
    }

    /// Fails what waits for a thread, unless there are some that have started: whether more is left to reject.
    pub(crate) fn reject_unstartable(&mut self, effects: &mut Effects<T>) -> bool {
        if self.has_started() {
            self.fill(effects);
            return false;
        }
        self.expire_started(effects);
        for _ in 0..BATCH {
            let Some(task) = self.next_waiting() else { return false };
            self.counters.unsettled -= 1;
            self.counters.failed += 1;
            self.tasks[task].state = TaskState::Over;
            self.forget_unbegun(task, effects);
            effects.push(Effect::Reject(task, self.tasks[task].payload, Rejection::StartFailed));
        }
        self.queue.len() > 0
    }

    /// Whether there is a worker that has booted and is not on its way out.
    pub(crate) const fn has_started(&self) -> bool {
        self.running > self.booting + self.stopping
    }

    /// Starts one more worker, if there is room, though no task needs it yet.
    pub(crate) fn boot_one(&mut self, effects: &mut Effects<T>) {
        if self.phase == Phase::Open && self.may_start() {
            let worker = self.start_worker();
            effects.push(Effect::Boot(worker));
        }
    }

    // ── tune, release, close, reboot ────────────────────────────────────────────────────────────────────────────

    /// A change of the capacity begins. Gives its number, for `tune`.
    pub(crate) const fn begin_tune(&mut self) -> u32 {
        self.tunes = self.tunes.wrapping_add(1);
        self.tunes
    }

    /// Changes the capacity to `target`, or towards it, by as many workers as one hold of the lock starts or retires: so nobody waits
    /// beside a free slot, nor is idle above the capacity, between two holds. Whether it must be called again; not if another tune has
    /// begun since.
    pub(crate) fn tune(&mut self, tune: u32, target: u32, effects: &mut Effects<T>) -> bool {
        if tune != self.tunes {
            return false;
        }
        let step = BATCH as u32;
        let live = self.running - self.stopping;
        self.capacity = if target > self.capacity {
            // What waits is started.
            if self.queue.len() <= step {
                target
            } else {
                target.min(self.capacity.max(live).saturating_add(step))
            }
        } else {
            // What is idle is retired, and records that are kept are dropped.
            let kept = live.max(self.workers.cached());
            if kept <= step { target } else { target.max(self.capacity.min(kept) - step) }
        };
        self.workers.bound_cache(self.capacity);
        let excess = live.saturating_sub(self.capacity) as usize;
        self.retire_oldest(excess.min(self.idle.len()), effects);
        self.fill(effects);
        self.capacity != target
    }

    /// Retires some of very many idle workers, for who is about to close the generation: whether to call it again first.
    pub(crate) fn thin_out(&mut self, generation: Option<u64>, effects: &mut Effects<T>) -> bool {
        let is_meant = generation.is_none_or(|generation| generation == self.generation);
        if is_meant && self.idle.len() > BATCH {
            self.retire_oldest(BATCH, effects);
        }
        is_meant && self.idle.len() > BATCH
    }

    /// Refuses new tasks; the accepted ones run. Gives the generation that is closed.
    pub(crate) fn close(&mut self, effects: &mut Effects<T>) -> u64 {
        if self.phase == Phase::Open {
            self.phase = Phase::Closing;
            self.give_all_back(effects);
            // Nothing waits while somebody is idle.
            self.retire_oldest(self.idle.len(), effects);
        }
        self.generation
    }

    /// Closes the pool and rejects some of what waits; whether more is left to reject. Does nothing to a generation
    /// other than `generation`, if one is given.
    pub(crate) fn release(&mut self, generation: Option<u64>, effects: &mut Effects<T>) -> bool {
        if generation.is_some_and(|generation| generation != self.generation) {
            return false;
        }
        self.phase = Phase::Closed;
        self.faces.forget_unused();
        self.held = 0;
        self.retire_oldest(self.idle.len(), effects);
        for _ in 0..BATCH {
            let Some(task) = self.next_waiting() else { return false };
            self.counters.unsettled -= 1;
            self.counters.released += 1;
            self.tasks[task].state = TaskState::Over;
            self.forget_unbegun(task, effects);
            effects.push(Effect::Reject(task, self.tasks[task].payload, Rejection::Released));
        }
        self.queue.len() > 0
    }

    /// Opens a closed pool as a new generation; whether it must be called again, as more waits than one call rejects.
    pub(crate) fn reboot(&mut self, effects: &mut Effects<T>) -> bool {
        if self.phase == Phase::Open || self.is_orphan {
            return false;
        }
        if self.release(None, effects) {
            return true;
        }
        if self.running > 0 {
            self.older.insert(self.generation, self.running);
        }
        self.watches.generation_ended(self.generation);
        (self.running, self.busy, self.booting, self.stopping) = (0, 0, 0, 0);
        (self.counters.peak_busy, self.counters.peak_waiting) = (0, 0);
        self.generation += 1;
        (self.starts_at, self.pause, self.owed) = (Nanos::MAX, 0, 0);
        self.phase = Phase::Open;
        false
    }

    // ── views ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// Adds a watch on a condition of this moment's generation.
    pub(crate) fn watch(&mut self, face: FaceId, token: u32, condition: Condition, expires_at: Nanos) {
        self.watches.add(Watch { face, token, condition, expires_at });
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            capacity: self.capacity,
            is_pausing: self.is_pausing(),
            running: self.running,
            busy: self.engaged(),
            waiting: self.queue.len(),
            is_closed: self.phase != Phase::Open,
            generation: self.generation,
            counters: self.counters,
        }
    }
}
