//! What a key costs: a task that starts at once and ends, and a task that waits among 100,000, with no key, one key and
//! 100,000 keys.

use std::{collections::VecDeque, time::Instant};

use workpool_core::{
    Admission, Effect, End, Host, Key, MonotonicClock, Nanos, Options, Pool, Submission, WorkerId,
};

const ROUNDS: usize = 7;
const TASKS: u32 = 500_000;
const WAITING: u32 = 100_000;
const RUNNING: usize = 100;

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

fn pool(capacity: u32) -> Pool<u32, Nobody, MonotonicClock> {
    Pool::new(Options { capacity, ..Options::default() }, Nobody, MonotonicClock::new())
}

/// As good as a hash of a text.
fn key(number: u32) -> Key {
    let part = (u64::from(number) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    Key(u128::from(part) << 64 | u128::from(part.rotate_left(29)))
}

/// Task `number` if there are so many keys.
fn task(number: u32, keys: u32) -> Submission<u32> {
    Submission { key: (keys > 0).then(|| key(number % keys)), ..Submission::new(number) }
}

fn nanos(begin: Instant, tasks: u32) -> f64 {
    begin.elapsed().as_secs_f64() * 1e9 / f64::from(tasks)
}

/// 100 tasks run at any time.
fn at_once(keys: u32) -> f64 {
    let pool = pool(RUNNING as u32 + 1);
    let mut running = VecDeque::new();
    let begin = Instant::now();
    for number in 0..TASKS {
        let Admission::Started(worker, _) = pool.submit(task(number, keys)) else { panic!("there is room") };
        running.push_back(worker);
        if running.len() > RUNNING
            && let Some(worker) = running.pop_front()
        {
            pool.finish(worker, End::Completed, false);
        }
    }
    nanos(begin, TASKS)
}

fn waiting(keys: u32) -> f64 {
    let pool = pool(1);
    let begin = Instant::now();
    for _ in 0..TASKS / WAITING {
        let mut worker = WorkerId(0);
        for number in 0..=WAITING {
            if let Admission::Started(started, _) = pool.submit(task(number, keys)) {
                worker = started;
            }
        }
        while pool.finish(worker, End::Completed, false).next.is_some() {}
    }
    nanos(begin, TASKS)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    println!("ns per task, median of {ROUNDS} interleaved rounds\n");
    println!("| keys    | starts at once | waits among {WAITING} |");
    println!("|---------|---------------:|---------------------:|");
    let cases = [("none", 0), ("1", 1), ("100,000", 100_000)];
    let mut times = vec![(Vec::new(), Vec::new()); cases.len()];
    for _ in 0..ROUNDS {
        for (case, &(_, keys)) in cases.iter().enumerate() {
            times[case].0.push(at_once(keys));
            times[case].1.push(waiting(keys));
        }
    }
    for ((name, _), (at_once, waiting)) in cases.iter().zip(times) {
        println!("| {name:<7} | {:14.1} | {:20.1} |", median(at_once), median(waiting));
    }
}
