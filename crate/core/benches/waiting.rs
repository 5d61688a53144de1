//! Whether many waiting tasks make each of them dearer: the cost of one task that waits (submitted while the pool is
//! full, then started by a worker that finishes) with 10,000, 100,000 and 1,000,000 of them waiting at once.
//!
//! "fresh" makes a pool for every fill, so the growth of its tables and the pages that the system hands out for them
//! are part of the cost; "reused" fills and empties the same pool again. Every measurement is of at least a million
//! tasks, and the median of interleaved rounds is printed.

use std::time::Instant;

use workpool_core::{
    Admission, Effect, End, Host, MonotonicClock, Nanos, Options, Pool, Submission, WorkerId,
};

const ROUNDS: usize = 7;
const WARM_UPS: usize = 4;
const TASKS: u32 = 1_000_000;
const WAITING: [u32; 3] = [10_000, 100_000, 1_000_000];

/// With one thread and no deadlines, nothing is left to tell anybody.
struct Nobody;

impl Host<u32> for Nobody {
    fn deliver(&self, effect: Effect<u32>) {
        unreachable!("{effect:?}");
    }

    fn arm(&self, _at: Nanos) -> bool {
        unreachable!("nothing here has a time");
    }
}

type Waiters = Pool<u32, Nobody, MonotonicClock>;

fn pool() -> Waiters {
    Pool::new(Options { capacity: 1, ..Options::default() }, Nobody, MonotonicClock::new())
}

/// Lets so many tasks wait, priorities as given, and runs them all.
fn fill_and_empty(pool: &Waiters, waiting: u32, priorities: u32) {
    let mut worker = WorkerId(0);
    for payload in 0..=waiting {
        let task = Submission { priority: u64::from(payload % priorities), ..Submission::new(payload) };
        if let Admission::Started(started, _) = pool.submit(task) {
            worker = started;
        }
    }
    let mut ended = 1;
    while pool.finish(worker, End::Completed, false).next.is_some() {
        ended += 1;
    }
    assert_eq!(ended, waiting + 1, "all have run");
}

fn nanos_per_task(waiting: u32, priorities: u32, is_fresh: bool) -> f64 {
    let mut reused = pool();
    if !is_fresh {
        // Several times, as what leaves in another order than it came in might leave disorder behind.
        (0..WARM_UPS).for_each(|_| fill_and_empty(&reused, waiting, priorities));
    }
    let begin = Instant::now();
    for _ in 0..TASKS / waiting {
        if is_fresh {
            reused = pool();
        }
        fill_and_empty(&reused, waiting, priorities);
    }
    begin.elapsed().as_secs_f64() * 1e9 / f64::from(TASKS)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    println!("ns per waiting task, median of {ROUNDS} interleaved rounds of {TASKS} tasks\n");
    println!("| pool, priorities     |    10,000 |   100,000 | 1,000,000 | 1,000,000 : 10,000 |");
    println!("|----------------------|----------:|----------:|----------:|-------------------:|");
    let cases =
        [("fresh, 1", true, 1), ("reused, 1", false, 1), ("fresh, 3", true, 3), ("reused, 3", false, 3)];
    let mut times = vec![[const { Vec::new() }; WAITING.len()]; cases.len()];
    for _ in 0..ROUNDS {
        for (case, &(_, is_fresh, priorities)) in cases.iter().enumerate() {
            for (column, &waiting) in WAITING.iter().enumerate() {
                times[case][column].push(nanos_per_task(waiting, priorities, is_fresh));
            }
        }
    }
    for ((name, ..), times) in cases.iter().zip(times) {
        let [few, some, many] = times.map(median);
        println!("| {name:<20} | {few:9.1} | {some:9.1} | {many:9.1} | {:17.2}× |", many / few);
    }
}
