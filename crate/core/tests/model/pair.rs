//! The pool and its model, side by side.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    num::NonZero,
    sync::{Arc, atomic::Ordering},
};

use workpool_core::{
    Admission, Broadcast, Broadcasted, Cancelled, Clock, Condition, Effect, End, FaceId, Host, MILLISECOND,
    ManualClock, Nanos, Options, Rejection, Reservation, Sticky, Submission, TaskId, Wait, WorkerId,
    WorkerKind,
};

use crate::{
    naive::{FaceState, Model, Stuck, Task, TaskState, WorkerState},
    recorder::{self, Job, RecordedPool, keep_appointment},
    steps::Step,
};

type Real = RecordedPool<Job>;

pub(crate) struct Pair {
    pool: Arc<Real>,
    clock: Arc<ManualClock>,
    model: Model,
    kind: WorkerKind,
    tokens: u32,
    submitted: u32,
    /// Whoever has awaited a vacancy.
    awaited: Vec<(FaceId, u32)>,
    /// Every reservation that was made.
    reservations: Vec<Reservation>,
    /// Every name that was given.
    names: Vec<TaskId>,
    /// How often each accepted task has settled.
    settled: BTreeMap<u32, u32>,
    /// Where tasks begin later: whose argument has been taken by its worker, and whose was let go of before.
    begun: BTreeSet<u32>,
    forgotten: BTreeSet<u32>,
}

impl Pair {
    pub(crate) fn new(options: Options) -> Self {
        let (pool, clock) = recorder::pool(options);
        let mut pair = Self {
            pool,
            clock,
            model: Model::new(options),
            kind: options.kind,
            tokens: 0,
            submitted: 0,
            awaited: Vec::new(),
            reservations: Vec::new(),
            names: Vec::new(),
            settled: BTreeMap::new(),
            begun: BTreeSet::new(),
            forgotten: BTreeSet::new(),
        };
        // The first step of a pool with a schedule starts those that are kept.
        pair.play(
            |pool| pool.forget_vacancy(FaceId::FIRST, 0),
            |model| model.forget_vacancy(FaceId::FIRST, 0),
        );
        pair
    }

    /// What has been delivered in this step. The model learns which numbers new workers have got.
    fn delivered(&mut self, admissions: impl IntoIterator<Item = Admission>) -> Vec<Effect<Job>> {
        let effects = self.pool.host().effects();
        self.model.new_workers.clear();
        self.model.new_workers.extend(admissions.into_iter().filter_map(|admission| match admission {
            Admission::Started(worker, _) => Some(worker),
            _ => None,
        }));
        self.model.new_workers.extend(effects.iter().filter_map(|effect| match *effect {
            Effect::Boot(worker) | Effect::Start(worker, ..) => Some(worker),
            _ => None,
        }));
        effects
    }

    /// Plays the same to both; their answers and effects must be the same.
    fn play<R: PartialEq + Debug>(
        &mut self,
        real: impl FnOnce(&Real) -> R,
        naive: impl FnOnce(&mut Model) -> R,
    ) -> R {
        let result = real(&self.pool);
        let effects = self.delivered(None);
        assert_eq!(result, naive(&mut self.model));
        self.agree(effects);
        result
    }

    fn settle(&mut self, payload: Job) {
        *self.settled.get_mut(&payload.number).expect("it was accepted") += 1;
    }

    fn agree(&mut self, mut effects: Vec<Effect<Job>>) {
        self.model.conclude();
        let mut expected = std::mem::take(&mut self.model.effects);
        for effect in &effects {
            match *effect {
                Effect::Reject(_, payload, _) => self.settle(payload),
                Effect::Forgotten(Job { number, .. }) => {
                    if !self.settled.contains_key(&number) {
                        // It was sticky, and no task.
                        continue;
                    }
                    assert!(!self.begun.contains(&number), "its worker has the argument");
                    assert!(self.forgotten.insert(number), "forgotten twice");
                }
                _ => {}
            }
        }
        bring_into_order(&mut effects);
        bring_into_order(&mut expected);
        assert_eq!(effects, expected, "effects");
        self.pool.audit();
        let (snapshot, measures) = self.pool.measured();
        assert_eq!(snapshot, self.model.snapshot(), "gauges and counters");
        self.model.assert_measures(measures.as_ref());
        for task in &self.model.tasks {
            assert_eq!(self.pool.times(task.id), Some(self.model.times(task)), "times");
            assert_eq!(self.pool.payload(task.id), Some(task.payload()), "payload");
            let is_abandoned = matches!(task.state, TaskState::Abandoned(_));
            assert_eq!(self.pool.is_abandoned(task.id), is_abandoned, "abandoned");
            assert_eq!(self.pool.interruption(task.id), task.interruption, "interruption");
        }
        self.agree_on_inspection();
        assert_eq!(self.pool.has_vacancy(), self.model.has_vacancy(), "vacancy");
        for face in &self.model.faces {
            assert_eq!(self.pool.is_quiet(face.id), self.model.is_quiet(face.id), "quiet");
        }
        for wait in [None, Some(0)] {
            let payload = Job { face: FaceId::FIRST, number: 0 };
            let task = Submission { wait_timeout: wait, ..Submission::new(payload) };
            assert_eq!(self.pool.refuse(&task), self.model.refuse(&task), "refusal");
        }
        for worker in self.model.workers.iter().filter(|worker| worker.state == WorkerState::Booting) {
            let first = self.pool.sticky_after(worker.id, 0);
            let next = |last: &Sticky<Job>| self.pool.sticky_after(worker.id, last.order);
            let stickies: Vec<_> = std::iter::successors(first, next).collect();
            let expected = self.model.stickies(worker).into_iter().map(|stuck| {
                let Stuck { name, order, payload, timeout, .. } = stuck;
                Sticky { name, order, payload, timeout }
            });
            assert_eq!(stickies, expected.collect::<Vec<_>>(), "sticky broadcasts");
        }
        self.model.check_room();
        self.model.keep_promises();
    }

    // Somebody to whom something can be done.

    /// One of the faces that have not departed; but now and then, one of all times.
    fn face(&self, which: usize) -> FaceId {
        let faces = &self.model.faces;
        let known: Vec<_> = faces.iter().filter(|face| face.state != FaceState::Departed).collect();
        if known.is_empty() || which % 8 == 7 {
            return faces[which / 8 % faces.len()].id;
        }
        known[which / 8 % known.len()].id
    }

    fn worker(&self, which: usize, is_meant: impl Fn(WorkerState) -> bool) -> Option<WorkerId> {
        let workers = self.model.workers.iter().filter(|worker| is_meant(worker.state));
        let mut workers: Vec<WorkerId> = workers.map(|worker| worker.id).collect();
        workers.sort();
        (!workers.is_empty()).then(|| workers[which % workers.len()])
    }

    fn booting(&self, which: usize) -> Option<WorkerId> {
        let is_booting =
            |state| matches!(state, WorkerState::Booting | WorkerState::Validating | WorkerState::Late);
        self.worker(which, is_booting)
    }

    /// One that is being taken down, or has been for too long.
    fn stopping(&self, which: usize) -> Option<WorkerId> {
        let overdue = &self.model.overdue;
        let overdue = overdue.get(which / 2 % overdue.len().max(1)).filter(|_| which % 2 == 1).copied();
        overdue.or_else(|| self.worker(which, |state| state == WorkerState::Stopping))
    }

    fn task(&self, which: usize, is_meant: impl Fn(&Task) -> bool) -> Option<TaskId> {
        let tasks = self.model.tasks.iter().filter(|task| is_meant(task));
        let tasks: Vec<TaskId> = tasks.map(|task| task.id).collect();
        (!tasks.is_empty()).then(|| tasks[which % tasks.len()])
    }

    // What is done.

    fn submit(&mut self, which: usize, task: Submission<Job>) {
        let payload = Job { face: self.face(which), number: self.submitted };
        self.submitted += 1;
        let task = Submission { payload, ..task };
        let admission = self.pool.submit(task);
        let effects = self.delivered(Some(admission));
        let id = match admission {
            Admission::Started(_, id) | Admission::Waiting(id) => Some(id),
            Admission::Refused(_) => None,
        };
        if let Some(id) = id {
            self.settled.insert(payload.number, 0);
            self.names.push(id);
        }
        assert_eq!(admission, self.model.submit(task, id));
        self.agree(effects);
    }

    fn reserve(&mut self, which: usize, count: NonZero<u32>, task: Submission<Job>, adds: bool) {
        let into = self.batch(which).filter(|_| adds);
        let batches = &self.model.batches;
        // More places of the same kind.
        let own = into.and_then(|into| batches.iter().find(|batch| batch.reservation == into));
        let (face, offer) = (self.face(which), task.offer);
        let payload = Job { face, number: 0 };
        let task = own.map_or(Submission { payload, ..task }, |own| Submission { offer, ..own.submission });
        let reserved = self.pool.reserve_places(count, &task, into);
        let effects = self.delivered(None);
        self.reservations.extend(reserved);
        assert_eq!(reserved, self.model.reserve(count.get(), task, into, reserved.ok()));
        self.agree(effects);
    }

    /// One of those that have places; but now and then, one of all times.
    fn batch(&self, which: usize) -> Option<Reservation> {
        if which % 8 == 7 {
            return self.reservations.get(which / 8 % self.reservations.len().max(1)).copied();
        }
        let batches = &self.model.batches;
        batches.get(which / 8 % batches.len().max(1)).map(|batch| batch.reservation)
    }

    fn hand_in(&mut self, reservation: Reservation, count: u32) {
        let batch = self.model.batches.iter().find(|batch| batch.reservation == reservation);
        let face = batch.map_or(FaceId::FIRST, |batch| batch.submission.payload.face);
        let payloads: Vec<Job> =
            (0..count).map(|index| Job { face, number: self.submitted + index }).collect();
        self.submitted += count;
        let admissions = self.pool.submit_reserved(reservation, &payloads);
        let effects = self.delivered(admissions.iter().copied());
        let mut ids = Vec::new();
        for (admission, payload) in admissions.iter().zip(&payloads) {
            let (Admission::Started(_, id) | Admission::Waiting(id)) = *admission else {
                panic!("{payload:?} has a place: {admission:?}")
            };
            self.settled.insert(payload.number, 0);
            ids.push(id);
        }
        self.names.extend(&ids);
        assert_eq!(admissions, self.model.hand_in(reservation, &payloads, &ids));
        self.agree(effects);
    }

    fn broadcast(&mut self, which: usize, timeout: u32, timed: bool, sticky: Option<u32>) {
        let face = self.face(which);
        let first = self.submitted;
        // One for each worker, and one that is sticky.
        let payloads: Vec<Job> = (0..8).map(|index| Job { face, number: first + index }).collect();
        self.submitted += 9;
        let sticky = sticky.map(|name| (name, Job { face, number: first + 8 }));
        let few = Broadcast { face, payloads: &[], timeout, timed, sticky };
        if let Broadcasted::TooFew(count) = self.pool.broadcast(&few) {
            assert!(count > 0 && count <= payloads.len(), "{count} workers");
            let broadcast = Broadcast { payloads: &payloads, ..few };
            let broadcasted = self.pool.broadcast(&broadcast);
            let effects = self.delivered(None);
            let Broadcasted::Bound(bound) = &broadcasted else { panic!("{broadcasted:?}") };
            for (&(_, id), payload) in bound.iter().zip(&payloads) {
                self.settled.insert(payload.number, 0);
                self.names.push(id);
            }
            let ids: Vec<TaskId> = bound.iter().map(|&(_, id)| id).collect();
            assert_eq!(broadcasted, self.model.broadcast(face, &payloads, (timeout, timed), sticky, &ids));
            self.agree(effects);
        } else {
            // There is no worker, or the pool is closed: the model says that it was closed twice, otherwise.
            let effects = self.delivered(None);
            self.model.broadcast(face, &[], (timeout, timed), sticky, &[]);
            self.agree(effects);
        }
    }

    fn begin(&mut self, task: TaskId) {
        if !self.kind.begins_later() {
            self.play(|pool| pool.begin(task), |model| model.begin(task));
        } else if let Some(payload) = self.play(|pool| recorder::take(pool, task), |model| model.take(task)) {
            assert!(!self.forgotten.contains(&payload.number), "its argument is gone");
            assert!(self.begun.insert(payload.number), "begun twice");
        }
    }

    fn finish(&mut self, id: TaskId, end: End, is_broken: bool) {
        let task = self.model.task(id);
        let (payload, worker) = (task.payload(), task.worker().expect("it has one"));
        let has_one_task = !self.kind.begins_later();
        let finished = self.play(
            |pool| {
                if has_one_task {
                    pool.finish(worker, end, is_broken)
                } else {
                    pool.finish_task(id, end, is_broken)
                }
            },
            |model| model.finish(id, end, is_broken),
        );
        if finished.settled {
            self.settle(payload);
        }
    }

    fn cancel(&mut self, task: TaskId) {
        let payload = self.model.task(task).payload();
        if self.play(|pool| pool.cancel(task), |model| model.cancel(task)) != Cancelled::Late {
            self.settle(payload);
        }
    }

    /// A worker that boots cannot be made.
    fn fail(&mut self, worker: WorkerId) {
        if self.kind.can_fail_to_start() {
            self.play(|pool| pool.start_failed(worker), |model| model.start_failed(worker));
        } else if let Some((_, payload)) =
            self.play(|pool| pool.boot_failed(worker), |model| model.boot_failed(worker))
        {
            self.settle(payload);
        }
    }

    fn depart(&mut self, which: usize) {
        let face = self.face(which);
        let staying = self.model.faces.iter().filter(|face| face.state != FaceState::Departed);
        // After the last one there is little to see.
        if staying.count() == 1 && !which.is_multiple_of(4) {
            return;
        }
        let unsettled =
            self.model.tasks.iter().filter(|task| task.payload().face == face && !task.is_settled());
        let payloads: Vec<Job> = unsettled.map(Task::payload).collect();
        self.play(|pool| pool.depart(face), |model| model.depart(face));
        payloads.into_iter().for_each(|payload| self.settle(payload));
    }

    /// Whoever inspects the pool sees each task once, where it is, and changes nothing.
    fn agree_on_inspection(&self) {
        let inspection = self.pool.inspect(usize::MAX);
        self.pool.audit();
        let held =
            inspection.workers.iter().flat_map(|view| view.tasks.iter().map(|task| (view.worker, task.task)));
        let mut held: Vec<_> = held.collect();
        let with_worker = |task: &Task| task.worker().map(|worker| (worker, task.id));
        let mut expected: Vec<_> = self.model.tasks.iter().filter_map(with_worker).collect();
        held.sort_unstable_by_key(|&(worker, task)| (worker, task.number()));
        expected.sort_unstable_by_key(|&(worker, task)| (worker, task.number()));
        assert_eq!(held, expected, "what workers have");
        let mut waiting: Vec<_> = inspection.waiting.iter().map(|view| view.task.number()).collect();
        let is_waiting = |task: &&Task| matches!(task.state, TaskState::Waiting);
        let mut expected: Vec<_> =
            self.model.tasks.iter().filter(is_waiting).map(|task| task.id.number()).collect();
        waiting.sort_unstable();
        expected.sort_unstable();
        assert_eq!(waiting, expected, "who waits");
    }

    fn end_turns(&mut self, face: FaceId, count: u32) {
        self.play(|pool| pool.end_turns(face, count), |model| model.end_turns(face, count));
    }

    /// Lets time pass with the reaper at every appointment.
    fn pass(&mut self, nanos: Nanos) {
        let target = self.clock.now() + nanos;
        while keep_appointment(&self.pool, &self.clock, target) {
            self.model.now = self.clock.now();
            let effects = self.delivered(None);
            // Nothing happens before it is due; an appointment that has been overtaken does nothing.
            if self.model.due().is_some_and(|due| due <= self.model.now) {
                self.model.reap();
                self.agree(effects);
            } else if effects.is_empty() {
                self.pool.audit();
                assert_eq!(self.pool.snapshot(), self.model.snapshot(), "gauges and counters");
            } else {
                // A pool with a schedule looks at the time whenever somebody comes: queues stand meanwhile.
                self.agree(effects);
            }
        }
        self.clock.advance(target - self.clock.now());
        self.model.now = target;
        assert!(self.model.due().is_none_or(|due| due > target), "the reaper was not there in time");
    }

    fn await_vacancy(&mut self, which: usize, wait: Wait) {
        self.tokens += 1;
        let (face, token) = (self.face(which), self.tokens);
        self.awaited.push((face, token));
        let wait = Wait { face, token, ..wait };
        self.play(|pool| pool.await_vacancy_with(wait), |model| model.await_vacancy(wait));
    }

    fn watch(&mut self, which: usize, condition: Condition, timeout: Option<u32>) {
        self.tokens += 1;
        let (face, token) = (self.face(which), self.tokens);
        self.play(
            |pool| pool.watch(face, token, condition, timeout),
            |model| model.watch(face, token, condition, timeout),
        );
    }

    fn give_back_all(&mut self) {
        for batch in self.model.batches.clone() {
            let reservation = batch.reservation;
            self.play(|pool| pool.give_back_places(reservation), |model| model.give_back_places(reservation));
        }
    }

    pub(crate) fn take_step(&mut self, step: &Step) {
        let kind = self.kind;
        match *step {
            Step::Submit(which, task) => self.submit(which, task),
            Step::Reserve(which, count, task, adds) => {
                self.reserve(which, count, task, adds);
            }
            Step::HandIn(which, count) => {
                if let Some(reservation) = self.batch(which) {
                    self.hand_in(reservation, count);
                }
            }
            Step::GiveBackPlaces(which) => {
                if let Some(reservation) = self.batch(which) {
                    self.play(
                        |pool| pool.give_back_places(reservation),
                        |model| model.give_back_places(reservation),
                    );
                }
            }
            Step::Broadcast(which, timeout, timed, sticky) => {
                self.broadcast(which, timeout, timed, sticky);
            }
            Step::Begin(which) => {
                if let Some(task) = self.task(which, |task| task.worker().is_some() && !task.is_taken) {
                    self.begin(task);
                }
            }
            Step::Limit(which) => {
                if let Some(task) = self.task(which, |task| task.is_taken && !task.is_limited) {
                    self.play(|pool| pool.limit(task), |model| model.limit(task));
                }
            }
            Step::Finish(which, end, is_broken) => {
                // What has not been taken cannot have ended; an origin need not say that it begins.
                let can_end =
                    |task: &Task| task.worker().is_some() && (task.is_taken || !kind.begins_later());
                if let Some(task) = self.task(which, can_end) {
                    self.finish(task, end, is_broken);
                }
            }
            Step::Cancel(which) => {
                if let Some(task) = self.task(which, |_| true) {
                    self.cancel(task);
                }
            }
            Step::Interrupt(which) => {
                if let Some(task) = self.task(which, |_| true) {
                    self.play(|pool| pool.interrupt(task), |model| model.interrupt(task));
                }
            }
            Step::Collect(which) => {
                if let Some(task) = self.task(which, |task| task.is_uncollected) {
                    self.play(|pool| pool.collect(task), |model| model.collect(task));
                }
            }
            Step::Booted(which) => {
                if let Some(worker) = self.booting(which) {
                    self.play(|pool| pool.booted(worker), |model| model.booted(worker));
                }
            }
            Step::Invalid(which) => {
                if let Some(worker) = self.worker(which, |state| state == WorkerState::Validating) {
                    self.play(|pool| pool.invalid(worker), |model| model.invalid(worker));
                }
            }
            Step::Random(random) => {
                self.pool.host().random.store(random, Ordering::Relaxed);
                self.model.random = random;
            }
            Step::StartFailed(which) => {
                let is_meant = |state| matches!(state, WorkerState::Booting | WorkerState::Late);
                if let Some(worker) = self.worker(which, is_meant) {
                    self.fail(worker);
                }
            }
            Step::Retired(which) => {
                if let Some(worker) = self.stopping(which) {
                    self.play(|pool| pool.retired(worker), |model| model.retired(worker));
                }
            }
            Step::Crashed(which) => {
                if let Some(worker) = self.worker(which, |_| true) {
                    self.play(|pool| pool.crashed(worker), |model| model.crashed(worker));
                }
            }
            Step::CrashedTooSoon(which) => {
                let lost = self.task(which, |task| task.worker().is_some() && !task.is_taken);
                if let Some(worker) = lost.and_then(|lost| self.model.task(lost).worker()) {
                    self.play(|pool| pool.crashed(worker), |model| model.crashed(worker));
                }
            }
            Step::Start if !kind.boots() => {}
            Step::Start => self.play(Real::start, Model::start),
            Step::StartAll => self.play(Real::start_all, Model::start_all),
            Step::Tune(capacity) => self.play(|pool| pool.tune(capacity), |model| model.tune(capacity)),
            Step::Pass(nanos) => self.pass(nanos),
            Step::Release(back) => {
                let generation = back.map(|back| self.model.generation.saturating_sub(back));
                self.play(|pool| pool.release(generation), |model| model.release(generation));
            }
            Step::Close => {
                self.play(Real::close, Model::close);
            }
            Step::Destroy => self.play(Real::destroy, Model::destroy),
            Step::Reboot => self.play(|pool| assert!(pool.reboot(), "it is no orphan"), Model::reboot),
            Step::Watch(which, condition, timeout) => self.watch(which, condition, timeout),
            Step::WatchEnd(which, timeout) => {
                self.watch(which, Condition::Ended(self.model.generation), timeout);
            }
            Step::Join => {
                let id = self.pool.join();
                let effects = self.delivered(None);
                assert_eq!(id, self.model.join(id));
                self.agree(effects);
            }
            Step::Leave(which) => {
                let face = self.face(which);
                self.play(|pool| pool.leave(face), |model| model.leave(face));
            }
            Step::Depart(which) => self.depart(which),
            Step::AwaitVacancy(which, priority, timeout) => {
                let wait = Wait { priority, timeout, ..Wait::new(FaceId::FIRST, 0) };
                self.await_vacancy(which, wait);
            }
            Step::AwaitVacancyWith(which, wait) => self.await_vacancy(which, wait),
            Step::Pause(which) => {
                let face = self.face(which);
                self.play(|pool| pool.pause(face), |model| model.pause(face));
            }
            Step::Resume => self.play(Real::resume, Model::resume),
            Step::Clear => {
                self.play(Real::clear, Model::clear);
            }
            Step::GoOnClearing(which) => {
                let waiting = self.task(which, |task| task.state == TaskState::Waiting);
                if let Some(last) = waiting.map(|last| self.model.task(last).number) {
                    self.play(|pool| pool.go_on_clearing(last), |model| model.clear_up_to(last));
                }
            }
            Step::Configure(change) => {
                self.play(|pool| pool.configure(&change), |model| model.configure(&change));
            }
            Step::RetryAfter(reason) => {
                assert_eq!(self.pool.retry_after(reason), self.model.retry_after(reason));
            }
            Step::SetPriority(which, priority) => {
                let is_meant = |task: &Task| task.state == TaskState::Waiting || which % 8 == 7;
                if let Some(task) = self.task(which / 8, is_meant) {
                    self.play(
                        |pool| pool.set_priority(task, priority),
                        |model| model.set_priority(task, priority),
                    );
                }
            }
            Step::ForgetVacancy(which) => {
                if let Some(&(face, token)) = self.awaited.get(which % self.awaited.len().max(1)) {
                    self.play(
                        |pool| pool.forget_vacancy(face, token),
                        |model| model.forget_vacancy(face, token),
                    );
                }
            }
            Step::EndTurns(which, count) => self.end_turns(self.face(which), count),
            Step::Late(which) => self.be_late(which),
            Step::ArmLate(nanos) => {
                let _ = Host::arm(self.pool.host(), self.clock.now() + nanos);
            }
        }
    }

    /// Whatever is said too late is heard by nobody.
    fn be_late(&mut self, which: usize) {
        if let Some(&task) = self.names.get(which % self.names.len().max(1)) {
            let known = self.model.tasks.iter().find(|known| known.id == task);
            if known.is_none() {
                recorder::assert_gone(&self.pool, task);
            }
            if known.is_none_or(|task| !task.is_uncollected) {
                self.pool.collect(task);
            }
            if known.is_none_or(|task| task.worker().is_none()) {
                let finished = self.pool.finish_task(task, End::Completed, false);
                assert_eq!((finished.settled, finished.next), (false, None));
            }
        }
        let worker = WorkerId(which as u32 % 8);
        let state = self.model.workers.iter().find(|known| known.id == worker).map(|known| known.state);
        let is_overdue = self.model.overdue.contains(&worker);
        recorder::be_late_for(
            &self.pool,
            worker,
            state.is_some_and(|state| {
                !matches!(state, WorkerState::Running | WorkerState::Idle(_) | WorkerState::Stopping)
            }),
            state == Some(WorkerState::Stopping) || is_overdue,
            state.is_some() || is_overdue,
        );
        let effects = self.delivered(None);
        self.agree(effects);
    }

    /// Everybody does what is to be done, until there is nothing more to do.
    pub(crate) fn bring_to_an_end(&mut self) {
        self.take_step(&Step::Resume);
        let is_leaving = |state| !matches!(state, WorkerState::Running | WorkerState::Idle(_));
        while !(self.model.tasks.is_empty()
            && self.model.batches.is_empty()
            && self.worker(0, is_leaving).is_none())
        {
            for face in self.model.faces.clone() {
                self.end_turns(face.id, u32::MAX);
            }
            for batch in self.model.batches.clone() {
                self.hand_in(batch.reservation, batch.left.min(50));
            }
            self.give_back_all();
            if self.model.is_limited() {
                self.pass(60 * MILLISECOND);
            }
            for step in [
                Step::Booted(0),
                Step::Begin(0),
                Step::Finish(0, End::Completed, false),
                Step::Collect(0),
                Step::Retired(0),
            ] {
                self.take_step(&step);
            }
            // Nobody may start for those who wait.
            if self.model.paused_until.is_some() {
                self.take_step(&Step::Pass(5_000 * MILLISECOND));
            }
        }
        let snapshot = self.pool.snapshot();
        assert_eq!((snapshot.busy, snapshot.waiting, snapshot.counters.unsettled), (0, 0, 0));
        assert!(self.settled.values().all(|&times| times == 1), "each once: {:?}", self.settled);
        if self.kind.begins_later() {
            // Each argument has gone one way.
            assert_eq!(self.begun.len() + self.forgotten.len(), self.settled.len(), "arguments");
        }
    }
}

/// Puts what is forgotten before all else, as it is of no consequence for the pool, in the order of the tasks. Brings what is done for
/// its time, one task or worker after another, into the order of tasks and of workers: the deadlines of one moment are met in any order.
fn bring_into_order(effects: &mut [Effect<Job>]) {
    effects.sort_by_key(|effect| match *effect {
        Effect::Forgotten(payload) => (0, payload.number),
        _ => (1, 0),
    });
    let by_time = |effect: &Effect<Job>| match *effect {
        Effect::Reject(task, _, Rejection::WaitTimeout(_) | Rejection::TaskTimeout(_)) => {
            Some((0, task.number()))
        }
        Effect::Reject(task, _, Rejection::Cleared | Rejection::Shed) => Some((4, task.number())),
        Effect::Boot(worker) => Some((5, worker.0)),
        // These in their order.
        Effect::Vacancy { is_closed: false, .. } => Some((6, 0)),
        Effect::Kill(worker) => Some((1, worker.0)),
        Effect::Overdue(worker) => Some((2, worker.0)),
        Effect::NoVacancy { token, .. } => Some((3, token)),
        _ => None,
    };
    for run in effects.chunk_by_mut(|one, other| by_time(one).is_some() == by_time(other).is_some()) {
        run.sort_by_key(by_time);
    }
}
