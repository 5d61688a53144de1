//! Random histories, played to the pool and to a naive model of it; after every step both say the same and the pool passes its audit.
//! In the end everything is brought to its end, and every task has settled once.
#![cfg(not(loom))]

mod naive;
mod pair;
#[path = "../recorder/mod.rs"]
mod recorder;
mod scheduling;
mod steps;

use pair::Pair;
use proptest::{prelude::*, test_runner::Config};
use scheduling::{of_scheduled_closures, of_scheduled_threads};
use steps::{History, of_closures, of_threads};

fn play((options, steps): History) {
    let mut pair = Pair::new(options);
    for step in &steps {
        pair.take_step(step);
    }
    pair.bring_to_an_end();
}

/// As many histories as fit into some seconds of an unoptimized build, unless the environment says otherwise.
fn config() -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_000);
    Config { cases, failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_pool_does_what_the_model_does(history in of_closures()) {
        play(history);
    }

    #[test]
    fn a_pool_of_threads_does_what_the_model_does(history in of_threads()) {
        play(history);
    }

    #[test]
    fn a_scheduled_pool_does_what_the_model_does(history in of_scheduled_closures()) {
        play(history);
    }

    #[test]
    fn a_scheduled_pool_of_threads_does_what_the_model_does(history in of_scheduled_threads()) {
        play(history);
    }
}
