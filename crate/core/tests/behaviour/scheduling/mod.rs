//! Who may start, who waits and who is refused beyond capacity and priority.

mod background;
mod configure;
mod displacement;
mod keys;
mod pause;
mod preview;
mod priorities;
mod rate;
mod rate_over_time;
mod reasons;
mod shed;
mod turns;
mod weights;

use workpool_core::{Admission, Effect, Key, Submission, TaskId, WorkerId};

use crate::Fixture;

const A: Option<Key> = Some(Key(1));
const B: Option<Key> = Some(Key(2));

/// A task with a key.
fn of(key: Option<Key>, payload: u32) -> Submission<u32> {
    Submission { key, ..Submission::new(payload) }
}

fn heavy(weight: u32, payload: u32) -> Submission<u32> {
    Submission { weight, ..Submission::new(payload) }
}

impl Fixture {
    /// Submits a task that is to start at once.
    fn run(&self, task: Submission<u32>) -> (WorkerId, TaskId) {
        match self.submit(task) {
            Admission::Started(worker, id) => (worker, id),
            other => panic!("task {} should have started: {other:?}", task.payload),
        }
    }

    /// The tasks that have been started since the last call, other than by whoever asks, in order.
    fn started(&self) -> Vec<u32> {
        self.starts().into_iter().map(|(_, payload)| payload).collect()
    }

    fn starts(&self) -> Vec<(WorkerId, u32)> {
        let start = |effect| match effect {
            Effect::Start(worker, _, payload) => Some((worker, payload)),
            _ => None,
        };
        self.effects().into_iter().filter_map(start).collect()
    }

    /// Ends the tasks of a worker one after the other: in which order they had been waiting.
    fn order(&self, worker: WorkerId) -> Vec<u32> {
        let mut order = Vec::new();
        while let Some(next) = self.complete(worker) {
            order.push(self.payload(next).expect("it runs"));
        }
        order
    }
}
