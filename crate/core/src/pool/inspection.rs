//! What the workers have, and who waits.

use std::ops::Range;

use super::Pool;
use crate::{
    answer::{Inspection, Occupation, Phase, TaskTimes, TaskView, WorkerView},
    clock::{Clock, Nanos},
    host::Host,
    id::{TaskId, WorkerId},
    state::{State, task::Task, worker::WorkerState},
    submission::Payload,
};

/// So many records of workers or of tasks one hold of the lock looks at.
const HELD: u32 = 4_096;

/// Of so many running tasks at most it matters for the order of the others which of them ends first.
const MOST_RUNNING: usize = 1_024;

impl<T: Payload> Task<T> {
    const fn view(&self, task: TaskId, now: Nanos) -> TaskView<T> {
        let (payload, priority, is_begun) = (self.payload, self.priority, self.is_begun());
        let times = TaskTimes { submitted_at: self.submitted_at(), ..self.times(now) };
        TaskView { task, payload, priority, is_begun, times }
    }
}

const fn phase_of(state: WorkerState) -> Option<Phase> {
    match state {
        WorkerState::Uninitialized | WorkerState::Validating => Some(Phase::Booting),
        WorkerState::Running => Some(Phase::Busy),
        WorkerState::Idle => Some(Phase::Idle),
        WorkerState::Stopping | WorkerState::Late | WorkerState::Overdue => Some(Phase::Stopping),
        WorkerState::Stopped => None,
    }
}

impl<T: Payload> State<T> {
    /// The live workers of these numbers; with their tasks, if they have no more than one.
    fn view_workers(&self, numbers: Range<u32>, now: Nanos) -> Vec<WorkerView<T>> {
        let view = |number: u32| {
            let (worker, record) = (WorkerId(number), self.workers.live(WorkerId(number))?);
            let phase = phase_of(record.state())?;
            let only = (self.options.concurrency == 1).then(|| record.task());
            // A worker keeps the name of its last task.
            let task = only.and_then(|id| Some((id, self.tasks.get(id)?)));
            let tasks = task.filter(|(_, task)| task.worker() == Some(worker));
            let tasks = tasks.map(|(id, task)| task.view(id, now)).into_iter().collect();
            Some(WorkerView { worker, phase, idle_for: None, tasks })
        };
        numbers.filter_map(view).collect()
    }
}

impl<T: Payload, H: Host<T>, C: Clock> Pool<T, H, C> {
    /// What every live worker does, in the order of their numbers: the tasks that it has [taken](Self::take) and that have not
    /// ended, also those that have settled. One that boots or is idle has none. Not of one moment, if there are very many
    /// workers, or if workers may have several tasks.
    pub fn occupations(&self) -> Vec<Occupation<T>> {
        let live = self.views().into_iter().filter(|view| view.phase != Phase::Stopping);
        live.map(|WorkerView { worker, phase, tasks, .. }| {
            let begun = tasks.into_iter().filter(|task| task.is_begun);
            let tasks = begun.map(|TaskView { task, payload, times, .. }| (task, payload, times)).collect();
            Occupation { worker, is_idle: phase == Phase::Idle, tasks }
        })
        .collect()
    }

    /// The live workers with their tasks, and the first `most` of the tasks that wait, in the order in which they will start
    /// if nothing else comes. Keys are served by how many of their tasks run, so for the order it matters which tasks end
    /// first: it is told as if tasks ended in the order in which they have started; and as if the pool were not paused,
    /// and no rate held starts up. Where more than a thousand run, only those that were submitted first are taken into account.
    ///
    /// The workers and those who wait are not looked at in one hold of the lock.
    pub fn inspect(&self, most: usize) -> Inspection<T> {
        let workers = self.view_workers();
        let mut running: Vec<_> = workers.iter().flat_map(|worker| &worker.tasks).collect();
        running.sort_unstable_by_key(|view| view.times.number);
        let omitted = running.len().saturating_sub(MOST_RUNNING) as u32;
        let running: Vec<TaskId> = running.into_iter().take(MOST_RUNNING).map(|view| view.task).collect();
        let now = self.clock.now();
        let mut state = self.state.lock();
        state.note_time(&self.clock);
        let first = state.first_waiting(most, &running, omitted);
        let waiting = first.into_iter().map(|id| state.tasks[id].view(id, now)).collect();
        drop(state);
        Inspection { workers, waiting }
    }

    fn view_workers(&self) -> Vec<WorkerView<T>> {
        let now = self.clock.now();
        let mut views = self.views_at(now);
        self.note_rests(&mut views, now);
        views
    }

    /// The live workers, and the tasks that they have, without for how long they have been idle.
    pub fn views(&self) -> Vec<WorkerView<T>> {
        self.views_at(self.clock.now())
    }

    fn views_at(&self, now: Nanos) -> Vec<WorkerView<T>> {
        let mut views = Vec::new();
        for from in (0_u32..).step_by(HELD as usize) {
            let state = self.state.lock();
            let part = state.view_workers(from..from.saturating_add(HELD), now);
            let end = state.workers.end();
            // The list of all grows without the lock, as it moves what it has.
            drop(state);
            views.extend(part);
            if end <= from.saturating_add(HELD) {
                break;
            }
        }
        self.add_tasks(&mut views, now);
        views
    }

    /// Adds for how long workers have been idle.
    fn note_rests(&self, views: &mut [WorkerView<T>], now: Nanos) {
        for from in (0..).step_by(HELD as usize) {
            let state = self.state.lock();
            if !state.notes_rest() || from >= state.idle.len() {
                return;
            }
            let times: Vec<_> = state.idle.times(from..from + HELD as usize).collect();
            drop(state);
            for (worker, since) in times {
                if let Ok(at) = views.binary_search_by_key(&worker, |view| view.worker) {
                    let is_noted = views[at].phase == Phase::Idle && since > 0;
                    views[at].idle_for = is_noted.then(|| now.saturating_sub(since));
                }
            }
        }
    }

    /// Adds the tasks of workers that may have several.
    fn add_tasks(&self, views: &mut [WorkerView<T>], now: Nanos) {
        if self.options().concurrency == 1 {
            return;
        }
        for from in (0_u32..).step_by(HELD as usize) {
            let state = self.state.lock();
            let end = state.tasks.end();
            let ids = (from..end.min(from.saturating_add(HELD))).filter_map(|number| state.tasks.at(number));
            let tasks: Vec<_> = ids
                .filter_map(|id| Some((state.tasks[id].worker()?, state.tasks[id].view(id, now))))
                .collect();
            drop(state);
            for (worker, task) in tasks {
                if let Ok(at) = views.binary_search_by_key(&worker, |view| view.worker) {
                    views[at].tasks.push(task);
                }
            }
            if end <= from.saturating_add(HELD) {
                break;
            }
        }
        for view in views {
            view.tasks.sort_unstable_by_key(|task| task.times.number);
        }
    }
}
