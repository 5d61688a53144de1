//! What one task costs in the core, without a host and without another thread: nanoseconds per task, the median of interleaved rounds.

use std::{hint::black_box, time::Instant};

use workpool_core::{
    Admission, Effect, End, Host, MILLISECOND, MonotonicClock, Nanos, Options, Pool, Submission, TaskId,
    WorkerId, WorkerKind,
};

const ROUNDS: usize = 301;
const TASKS: u32 = 12_800;
/// Tasks in flight, and workers, where there are more of both than one.
const IN_FLIGHT: u32 = 64;
const WORKERS: u32 = 8;

/// Nobody has to hear of anything.
struct Nobody;

impl Host<u32> for Nobody {
    fn deliver(&self, effect: Effect<u32>) {
        black_box(effect);
    }

    fn arm(&self, _at: Nanos) -> bool {
        true
    }
}

type Steady = Pool<u32, Nobody, MonotonicClock>;

fn pool(options: Options) -> Steady {
    Pool::new(options, Nobody, MonotonicClock::new())
}

fn slots(capacity: u32) -> Options {
    Options { capacity, ..Options::default() }
}

fn measured(options: Options) -> Options {
    Options { measure: true, ..options }
}

fn threads(capacity: u32) -> Options {
    Options { kind: WorkerKind::Thread { grace: MILLISECOND }, ..slots(capacity) }
}

fn start(pool: &Steady, task: Submission<u32>) -> (WorkerId, TaskId) {
    match pool.submit(task) {
        Admission::Started(worker, task) => (worker, task),
        other => unreachable!("{other:?}"),
    }
}

fn one_by_one(pool: &Steady) {
    for payload in 0..TASKS {
        let (worker, _) = start(pool, Submission::new(payload));
        black_box(pool.finish(worker, End::Completed, false));
    }
}

fn timed_one_by_one(pool: &Steady) {
    for payload in 0..TASKS {
        let (worker, task) =
            start(pool, Submission { timeout: 1_000, timed: true, ..Submission::new(payload) });
        pool.begin(task);
        pool.limit(task);
        black_box(pool.finish(worker, End::Completed, false));
    }
}

fn in_flight(pool: &Steady) {
    for _ in 0..TASKS / IN_FLIGHT {
        let mut workers = [WorkerId(0); WORKERS as usize];
        for payload in 0..IN_FLIGHT {
            if let Admission::Started(worker, _) = pool.submit(Submission::new(payload)) {
                workers[payload as usize] = worker;
            }
        }
        for worker in workers {
            while pool.finish(worker, End::Completed, false).next.is_some() {}
        }
    }
}

fn cancelled_in_the_queue(pool: &Steady) {
    let (worker, _) = start(pool, Submission::new(0));
    for payload in 0..TASKS {
        if let Admission::Waiting(task) = pool.submit(Submission::new(payload)) {
            black_box(pool.cancel(task));
        }
    }
    pool.finish(worker, End::Completed, false);
}

fn on_a_thread(pool: &Steady) {
    for payload in 0..TASKS {
        let (worker, task) = start(pool, Submission::new(payload));
        black_box(pool.take(worker, task, 0));
        black_box(pool.finish_and_take(task, End::Completed, false, 0));
        pool.collect(task);
    }
}

/// What is measured, on which pool, by what.
type Case = (&'static str, Steady, fn(&Steady));

fn main() {
    let [thread, measured_thread] = [threads(1), measured(threads(1))].map(|options| {
        let thread = pool(options);
        thread.start();
        thread.booted(WorkerId(0));
        thread
    });
    let cases: [Case; 8] = [
        ("submit, finish", pool(slots(1)), one_by_one),
        ("the same, measured", pool(measured(slots(1))), one_by_one),
        ("the same, timed and limited", pool(slots(1)), timed_one_by_one),
        ("64 in flight on 8 workers", pool(slots(WORKERS)), in_flight),
        ("the same, measured", pool(measured(slots(WORKERS))), in_flight),
        ("submit, cancel in the queue", pool(slots(1)), cancelled_in_the_queue),
        ("submit, take, finish, collect", thread, on_a_thread),
        ("the same, measured", measured_thread, on_a_thread),
    ];
    let mut times = vec![Vec::new(); cases.len()];
    for _ in 0..ROUNDS {
        for (times, (_, pool, run)) in times.iter_mut().zip(&cases) {
            let begin = Instant::now();
            run(pool);
            times.push(begin.elapsed().as_secs_f64() * 1e9 / f64::from(TASKS));
        }
    }
    println!("| per task                      |  median |    best |");
    println!("|-------------------------------|--------:|--------:|");
    for ((name, ..), mut times) in cases.iter().zip(times) {
        times.sort_by(f64::total_cmp);
        println!("| {name:<29} | {:4.1} ns | {:4.1} ns |", times[times.len() / 2], times[0]);
    }
}
