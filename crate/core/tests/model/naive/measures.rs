//! What is measured of tasks, as lists of times.

use workpool_core::{Histogram, Measures, Nanos, TaskId};

use super::Model;

/// The times of tasks that were accepted while the pool measured, and whose functions have ended.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times {
    wait: Vec<Nanos>,
    run: Vec<Nanos>,
}

fn assert_measured(histogram: &Histogram, times: &[Nanos]) {
    assert_eq!(histogram.count(), times.len() as u64, "count");
    assert_eq!(histogram.sum(), times.iter().map(|&time| u128::from(time)).sum::<u128>(), "sum");
    assert_eq!(histogram.shortest(), times.iter().min().copied().unwrap_or(0), "shortest");
    assert_eq!(histogram.longest(), times.iter().max().copied().unwrap_or(0), "longest");
}

impl Model {
    /// From now on tasks are measured, or not.
    pub(super) fn set_measuring(&mut self, is_measuring: bool) {
        self.is_measuring = is_measuring;
        if is_measuring {
            self.times.get_or_insert_default();
        }
    }

    /// The function of a task has ended, or its worker has died under it.
    pub(super) fn measure(&mut self, id: TaskId) {
        let task = self.known(id);
        let (accepted_at, begun_at) = (task.accepted_at, task.begun_at);
        // No task begins at 0.
        if self.is_measuring && task.is_measured && begun_at > 0 {
            let times = self.times.as_mut().expect("it measures");
            times.wait.push(begun_at - accepted_at);
            times.run.push(self.now - begun_at);
        }
    }

    /// Whether tasks are measured, or have been.
    pub(super) fn has_measures(&self) -> bool {
        self.times.is_some()
    }

    pub(crate) fn assert_measures(&self, real: Option<&Measures>) {
        assert_eq!(real.is_some(), self.times.is_some(), "whether the pool has measured");
        if let (Some(real), Some(times)) = (real, &self.times) {
            assert_measured(&real.wait, &times.wait);
            assert_measured(&real.run, &times.run);
        }
    }
}
