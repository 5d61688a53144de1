//! At most so many starts in any interval.

use workpool_core::{Admission, Change, Clock, MILLISECOND, Nanos, Options, Policy, Rate, Submission};

use crate::{Fixture, capacity};

const INTERVAL: Nanos = 1_000 * MILLISECOND;

fn limited(limit: u32) -> Options {
    let rate = Some(Rate { limit, interval: INTERVAL });
    Options { policy: Policy { rate, ..Policy::NONE }, ..capacity(1_000) }
}

/// Submits a task and ends it, if it starts now.
fn starts(pool: &Fixture, number: u32) -> bool {
    let task = Submission { wait_timeout: Some(0), ..Submission::new(number) };
    let Admission::Started(worker, _) = pool.submit(task) else { return false };
    assert_eq!(pool.complete(worker), None);
    true
}

#[test]
fn of_100_000_tasks_no_more_than_the_limit_start_in_any_window() {
    let pool = Fixture::new(limited(100));
    let mut times: Vec<Nanos> = Vec::new();
    for number in 0..100_000 {
        if starts(&pool, number) {
            times.push(pool.clock.now());
        }
        // No step divides the interval.
        pool.clock.advance(u64::from(number % 7) * 1_300_003);
    }
    assert!(times.len() > 10_000, "enough to say something");
    assert!(
        times.windows(101).all(|window| window[100] - window[0] >= INTERVAL),
        "more than 100 in a window"
    );
}

#[test]
fn in_an_hour_not_one_start_fewer_happens_than_the_rate_allows() {
    let pool = Fixture::new(limited(100));
    let mut started = 0;
    for second in 0..3_600 {
        assert_eq!(pool.clock.now(), second * INTERVAL);
        started += (0..101).filter(|&number| starts(&pool, number)).count();
        pool.pass(1_000);
    }
    assert_eq!(started, 360_000);
}

#[test]
fn what_waits_for_the_rate_starts_at_the_very_moment_at_which_it_may() {
    let pool = Fixture::new(limited(1));
    pool.start(0);
    pool.wait(Submission::new(1));
    pool.pass(999);
    assert_eq!(pool.gauges(), (1, 1, 1));
    pool.pass(1);
    assert_eq!(pool.gauges(), (2, 2, 0));
}

#[test]
fn a_rate_is_kept_across_reboot_and_configure() {
    let pool = Fixture::new(limited(2));
    assert!(starts(&pool, 0) && starts(&pool, 1) && !starts(&pool, 2));
    pool.release(None);
    assert!(pool.reboot());
    assert!(!starts(&pool, 3), "across reboot");
    let rate = Some(Some(Rate { limit: 4, interval: INTERVAL }));
    pool.configure(&Change { rate, ..Change::default() });
    assert!(!starts(&pool, 4), "the starts before are taken to be as late as the oldest that is known");
    pool.pass(1_000);
    assert_eq!((0..5).filter(|&number| starts(&pool, number)).count(), 4);
}
