//! A crew does what a pool wants, in real threads.
#![cfg(not(loom))]

use std::{
    io,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU32, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use workpool_core::{
    Admission, Cancelled, Clock, Effect, End, FaceId, Host, MonotonicClock, Nanos, Options, Pool, Reap,
    Reaper, Rejection, Submission, Taken, TaskId, WorkerId, WorkerKind,
};
use workpool_mailbox::{Attention, Crew, Spinners, Work};

static SPINNERS: std::sync::LazyLock<Spinners> = std::sync::LazyLock::new(|| Spinners::for_processors(2));

/// What a task is to do.
const COUNT: u32 = 0;
/// Goes on until it is interrupted.
const HEED: u32 = 1;

struct Site {
    crew: Crew,
    own: Weak<Team>,
    /// Ends of tasks that somebody else than their thread has settled.
    rejected: mpsc::Sender<(TaskId, Rejection)>,
    watched: mpsc::Sender<u32>,
}

impl Host<u32> for Site {
    fn deliver(&self, effect: Effect<u32>) {
        match effect {
            Effect::Boot(worker) => self.crew.boot(worker, self.own.upgrade().expect("the pool is there")),
            Effect::Start(worker, task, _) => self.crew.start(worker, task),
            Effect::Retire(worker) => self.crew.retire(worker),
            Effect::Abandoned(worker, task, _) => self.crew.interrupt(worker, task),
            Effect::Reject(task, _, rejection) => {
                self.crew.interrupt_wherever(task);
                self.rejected.send((task, rejection)).expect("the test waits for it");
            }
            Effect::Watched { token, .. } => self.watched.send(token).expect("the test waits for it"),
            _ => {}
        }
    }

    fn arm(&self, at: Nanos) -> bool {
        Reaper::global().arm(at, self.own.clone())
    }
}

struct Team {
    pool: Pool<u32, Site, MonotonicClock>,
    performed: AtomicU32,
    begun: mpsc::Sender<TaskId>,
    /// Threads that have begun to serve and have not retired, and the most there were.
    serving: AtomicUsize,
    names: Mutex<Vec<String>>,
}

impl Reap for Team {
    fn reap(&self, armed: Nanos) -> Option<Nanos> {
        self.pool.reap(armed)
    }
}

impl Work for Team {
    fn ready(&self, worker: WorkerId) -> Option<TaskId> {
        self.serving.fetch_add(1, Ordering::SeqCst);
        let name = thread::current().name().unwrap_or_default().to_owned();
        self.names.lock().expect("no test panics here").push(name);
        self.pool.booted(worker)
    }

    fn perform(&self, worker: WorkerId, task: TaskId, attention: &Attention) -> Option<TaskId> {
        attention.begin(task);
        match self.pool.take(worker, task, Reaper::global().clock().now()) {
            Taken::Begun(kind) => {
                if kind == HEED {
                    self.begun.send(task).expect("the test waits for it");
                    while !attention.is_interrupted() {
                        thread::yield_now();
                    }
                }
                self.performed.fetch_add(1, Ordering::SeqCst);
            }
            Taken::Settled => {}
            Taken::Foreign => return None,
        }
        attention.end();
        let finished = self.pool.finish_task(task, End::Completed, false);
        if finished.settled {
            self.pool.collect(task);
        }
        finished.next
    }

    fn retired(&self, worker: WorkerId) {
        self.serving.fetch_sub(1, Ordering::SeqCst);
        self.pool.retired(worker);
    }

    fn unstarted(&self, worker: WorkerId, _error: io::Error) {
        self.pool.start_failed(worker);
    }
}

struct Told {
    rejected: mpsc::Receiver<(TaskId, Rejection)>,
    watched: mpsc::Receiver<u32>,
    begun: mpsc::Receiver<TaskId>,
}

fn team(capacity: u32) -> (Arc<Team>, Told) {
    let (rejected, was_rejected) = mpsc::channel();
    let (watched, was_watched) = mpsc::channel();
    let (begun, was_begun) = mpsc::channel();
    let team = Arc::new_cyclic(|own: &Weak<Team>| {
        let clock = Reaper::global().clock();
        let crew = Crew::new("crew".to_owned(), Some(1 << 18), clock, &SPINNERS);
        let site = Site { crew, own: own.clone(), rejected, watched };
        let options = Options { capacity, kind: WorkerKind::Native, ..Options::default() };
        Team {
            pool: Pool::new(options, site, clock),
            performed: AtomicU32::new(0),
            begun,
            serving: AtomicUsize::new(0),
            names: Mutex::default(),
        }
    });
    (team, Told { rejected: was_rejected, watched: was_watched, begun: was_begun })
}

fn submit(team: &Team, task: Submission<u32>) -> TaskId {
    match team.pool.submit(task) {
        Admission::Started(worker, task) => {
            team.pool.host().crew.start(worker, task);
            task
        }
        Admission::Waiting(task) => task,
        Admission::Refused(refusal) => panic!("{refusal:?}"),
    }
}

fn await_end(team: &Team, told: &Told) {
    let generation = team.pool.close();
    team.pool.watch(FaceId::FIRST, 7, workpool_core::Condition::Ended(generation), None);
    assert_eq!(told.watched.recv(), Ok(7));
    team.pool.audit();
}

#[test]
fn every_task_of_many_threads_is_performed_once_and_all_threads_end() {
    const EACH: u32 = if cfg!(debug_assertions) { 2_000 } else { 20_000 };
    let (team, told) = team(3);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..EACH {
                    submit(&team, Submission::new(COUNT));
                }
            });
        }
    });
    await_end(&team, &told);
    assert_eq!(team.performed.load(Ordering::SeqCst), 3 * EACH);
    assert_eq!(team.serving.load(Ordering::SeqCst), 0);
    let names = team.names.lock().expect("no test panics here");
    assert!(names.len() <= 3 && names.iter().all(|name| name.starts_with("crew/")), "{names:?}");
}

#[test]
fn a_task_that_is_cancelled_while_it_runs_hears_of_it_and_the_next_one_does_not() {
    let (team, told) = team(1);
    for _ in 0..100 {
        let task = submit(&team, Submission::new(HEED));
        let next = submit(&team, Submission::new(COUNT));
        assert_eq!(told.begun.recv(), Ok(task));
        assert_eq!(team.pool.cancel(task), Cancelled::Running);
        team.pool.host().crew.interrupt(WorkerId(0), next);
        team.pool.host().crew.interrupt(WorkerId(0), task);
    }
    await_end(&team, &told);
    assert_eq!(team.performed.load(Ordering::SeqCst), 200);
}

#[test]
fn a_task_whose_time_is_up_is_interrupted_and_its_worker_is_busy_until_it_returns() {
    let (team, told) = team(1);
    let task = submit(&team, Submission { timeout: 5, ..Submission::new(HEED) });
    assert_eq!(told.begun.recv(), Ok(task));
    assert_eq!(told.rejected.recv(), Ok((task, Rejection::TaskTimeout(5))));
    team.pool.collect(task);
    await_end(&team, &told);
    assert_eq!(team.performed.load(Ordering::SeqCst), 1);
}

#[test]
fn threads_that_expire_end_and_others_take_their_place() {
    let (team, told) = team(2);
    for round in 1..=50 {
        submit(&team, Submission::new(COUNT));
        submit(&team, Submission::new(COUNT));
        team.pool.tune(1 + round % 2);
    }
    await_end(&team, &told);
    assert_eq!(team.performed.load(Ordering::SeqCst), 100);
    assert_eq!(team.serving.load(Ordering::SeqCst), 0);
}
