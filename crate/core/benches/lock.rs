//! What the pool's lock costs beside parking_lot's and std's mutex, at 1, 2 and 4 threads.
//!
//! `Pool` is bound to its own lock and its state is not public, so what is locked here is a section of the same kind
//! and length as one `submit` or `finish`: a pop and a push on the worker stack, an insert into and a removal from
//! the task records, a handful of counters. Threads come back at once ("saturated", which no pool does: a task lies
//! between two calls) or after about 200 ns of other work ("200 ns apart"). Printed are nanoseconds of wall time per
//! section over all threads: the median of interleaved rounds. The last row is what the same loop takes without them.

use std::{
    hint::black_box,
    sync::Barrier,
    time::{Duration, Instant},
};

use slab::Slab;
use workpool_core::SpinLock;

const ROUNDS: usize = 15;
const SECTIONS: u32 = 400_000;
const THREADS: [u32; 3] = [1, 2, 4];

/// What a pool keeps under its lock, as far as a task touches it.
struct Section {
    idle: Vec<(u32, u64)>,
    tasks: Slab<[u64; 6]>,
    submitted: u64,
    unsettled: u64,
    completed: u64,
    peak_busy: u32,
}

impl Section {
    fn new() -> Self {
        let mut tasks = Slab::new();
        for task in 0..64 {
            tasks.insert([task; 6]);
        }
        Self {
            idle: (0..8).map(|worker| (worker, 0)).collect(),
            tasks,
            submitted: 0,
            unsettled: 0,
            completed: 0,
            peak_busy: 0,
        }
    }

    fn run(&mut self) {
        let Some((worker, since)) = self.idle.pop() else { return };
        self.submitted += 1;
        self.unsettled += 1;
        let task = self.tasks.insert([self.submitted, since, 0, 0, 0, 0]);
        self.peak_busy = self.peak_busy.max(worker);
        self.unsettled -= 1;
        self.completed += 1;
        self.tasks.remove(black_box(task));
        self.idle.push((worker, self.completed));
    }
}

trait Lock: Sync {
    fn new() -> Self;
    fn run(&self);
}

impl Lock for SpinLock<Section> {
    fn new() -> Self {
        Self::new(Section::new())
    }

    fn run(&self) {
        self.lock().run();
    }
}

impl Lock for parking_lot::Mutex<Section> {
    fn new() -> Self {
        Self::new(Section::new())
    }

    fn run(&self) {
        self.lock().run();
    }
}

impl Lock for std::sync::Mutex<Section> {
    fn new() -> Self {
        Self::new(Section::new())
    }

    fn run(&self) {
        self.lock().expect("no section panics").run();
    }
}

/// Neither lock nor section: what is left is the work between, to be subtracted.
struct Nothing;

impl Lock for Nothing {
    fn new() -> Self {
        Self
    }

    fn run(&self) {
        black_box(self);
    }
}

/// Multiplications that depend on one another: work that the compiler cannot remove.
fn work(steps: u32) {
    let mut number = 1_u64;
    for _ in 0..steps {
        number = black_box(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

/// How many steps of `work` take 200 ns here: by the fastest of some runs, which nobody has interrupted.
fn steps_of_200_ns() -> u32 {
    let measure = |_| {
        let begin = Instant::now();
        work(100_000);
        begin.elapsed().as_secs_f64() / 1e5
    };
    let fastest = (0..50).map(measure).fold(f64::MAX, f64::min);
    (200e-9 / fastest) as u32
}

fn nanos_per_section<L: Lock>(threads: u32, steps: u32) -> f64 {
    let lock = L::new();
    let barrier = Barrier::new(threads as usize);
    let times: Vec<(Instant, Instant)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    let begin = Instant::now();
                    for _ in 0..SECTIONS / threads {
                        lock.run();
                        work(steps);
                    }
                    (begin, Instant::now())
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no section panics")).collect()
    });
    let begin = times.iter().map(|&(begin, _)| begin).min();
    let end = times.iter().map(|&(_, end)| end).max();
    let wall = end.zip(begin).map_or(Duration::ZERO, |(end, begin)| end - begin);
    wall.as_secs_f64() * 1e9 / f64::from(SECTIONS)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

type Measure = fn(u32, u32) -> f64;

fn main() {
    let locks: [(&str, Measure); 4] = [
        ("SpinLock", nanos_per_section::<SpinLock<Section>>),
        ("parking_lot::Mutex", nanos_per_section::<parking_lot::Mutex<Section>>),
        ("std::sync::Mutex", nanos_per_section::<std::sync::Mutex<Section>>),
        ("nothing", nanos_per_section::<Nothing>),
    ];
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("ns per section, median of {ROUNDS} interleaved rounds of {SECTIONS} sections, {cores} cores\n");
    for (load, steps) in [("saturated", 0), ("200 ns apart", steps_of_200_ns())] {
        let mut times = vec![vec![Vec::new(); THREADS.len()]; locks.len()];
        for _ in 0..ROUNDS {
            for (column, &threads) in THREADS.iter().enumerate() {
                for (row, (_, measure)) in locks.iter().enumerate() {
                    times[row][column].push(measure(threads, steps));
                }
            }
        }
        println!("| {load:<18} | 1 thread | 2 threads | 4 threads |");
        println!("|{:-<20}|{:->10}|{:->11}|{:->11}|", "", ":", ":", ":");
        for ((name, _), times) in locks.iter().zip(times) {
            let medians: Vec<f64> = times.into_iter().map(median).collect();
            println!("| {name:<18} | {:8.1} | {:9.1} | {:9.1} |", medians[0], medians[1], medians[2]);
        }
        println!();
    }
}
