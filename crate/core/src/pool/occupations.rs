//! What the workers do.

use super::Pool;
use crate::{
    answer::Occupation,
    clock::{Clock, Nanos},
    host::Host,
    id::TaskId,
    state::{State, worker::WorkerState},
    submission::Payload,
};

/// So many records of tasks one hold of the lock looks at.
const HELD: u32 = 4_096;

impl<T: Payload> State<T> {
    /// The workers that are live, without their tasks.
    fn live_workers(&self) -> Vec<Occupation<T>> {
        let live = self.workers.iter().filter(|(_, worker)| {
            !matches!(worker.state(), WorkerState::Stopping | WorkerState::Overdue | WorkerState::Stopped)
        });
        live.map(|(id, worker)| {
            let is_idle = worker.state() == WorkerState::Idle;
            Occupation { worker: id, is_idle, tasks: Vec::new() }
        })
        .collect()
    }

    /// Adds a task to what its worker does, if its function has been called.
    fn note_occupation(&self, occupations: &mut [Occupation<T>], id: TaskId, now: Nanos) {
        let Some(task) = self.tasks.get(id) else { return };
        let Some(worker) = task.worker().filter(|_| task.is_begun()) else { return };
        if let Ok(index) = occupations.binary_search_by_key(&worker, |occupation| occupation.worker) {
            occupations[index].tasks.push((id, task.payload, task.times(now)));
        }
    }
}

impl<T: Payload, H: Host<T>, C: Clock> Pool<T, H, C> {
    /// What every live worker does, in the order of their numbers: the tasks that it has [taken](Self::take) and that have not
    /// ended, also those that have settled. One that boots or is idle has none. Not of one moment, if workers may have
    /// several tasks: then the records of all tasks are looked at, some in each hold of the lock.
    pub fn occupations(&self) -> Vec<Occupation<T>> {
        let now = self.clock.now();
        let state = self.state.lock();
        let mut occupations = state.live_workers();
        if state.options.concurrency == 1 {
            for index in 0..occupations.len() {
                let task = state.workers[occupations[index].worker].task();
                state.note_occupation(&mut occupations, task, now);
            }
            return occupations;
        }
        drop(state);
        for from in (0_u32..).step_by(HELD as usize) {
            let state = self.state.lock();
            let end = state.tasks.end();
            for number in from..end.min(from.saturating_add(HELD)) {
                if let Some(id) = state.tasks.at(number) {
                    state.note_occupation(&mut occupations, id, now);
                }
            }
            if end <= from.saturating_add(HELD) {
                break;
            }
        }
        occupations
    }
}
