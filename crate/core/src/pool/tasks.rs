//! The calls about a task.

use super::Pool;
use crate::{
    answer::{Admission, Cancelled, End, Finished, Interruption, Refusal, Taken, TaskTimes},
    clock::{Clock, Nanos},
    host::Host,
    id::{TaskId, WorkerId},
    state::task::TaskState,
    submission::{Payload, Submission},
};

impl<T: Payload, H: Host<T>, C: Clock> Pool<T, H, C> {
    /// Hands a task in. In order: closed → refused; an idle worker → started; room for a worker → started, or waiting
    /// for one that boots; full and not allowed to wait → refused; else waiting. Before all that, a task with a time is
    /// refused if the host does not [keep time](Host::keeps_time).
    #[inline(always)]
    pub fn submit(&self, task: Submission<T>) -> Admission {
        if self.is_untimely(task.wait_timeout, task.timeout) {
            return Admission::Refused(Refusal::Untimely);
        }
        self.transition(|state, effects| state.submit(&self.clock, task, effects))
    }

    /// Refuses a task, and counts that, if `submit` would refuse it just now. A caller asks before it prepares a task
    /// at some cost.
    pub fn refuse(&self, task: &Submission<T>) -> Option<Refusal> {
        if self.is_untimely(task.wait_timeout, task.timeout) {
            return Some(Refusal::Untimely);
        }
        self.state.lock().refuse(&self.clock, task)
    }

    /// Refuses a task, and counts that, if the pool is paused: for a caller who can do nothing else until the task has
    /// ended, and hence could not resume the pool.
    pub fn refuse_if_paused(&self) -> Option<Refusal> {
        self.state.lock().refuse_if_paused()
    }

    /// Whether a task has a time although the host does not keep time.
    pub(super) fn is_untimely(&self, wait_timeout: Option<u32>, timeout: u32) -> bool {
        (timeout > 0 || wait_timeout.is_some_and(|wait| wait > 0)) && !self.host.keeps_time()
    }

    /// The function of a started task is called now; its `timeout` counts from here. Tasks with a `timeout` and timed
    /// tasks need this call.
    pub fn begin(&self, task: TaskId) {
        self.amend(|state, _| state.begin(&self.clock, task));
    }

    /// The same, for a task that only what is [measured](Self::measured) needs it for. A task that its caller starts at
    /// once, when it is told that it may, needs no such call.
    pub fn begin_if_measured(&self, task: TaskId) {
        let mut state = self.state.lock();
        if state.is_measuring() {
            state.begin(&self.clock, task);
        }
    }

    /// The function of a begun task goes on; from here its `timeout` can end the task, at once if that is over. On an
    /// event loop this is called once the function has returned: before, nothing else could have happened, and a task
    /// that ends within the call of its function completes however long that took.
    pub fn limit(&self, task: TaskId) {
        self.amend(|state, _| state.limit(task));
    }

    /// The function of the worker's task has ended; with `is_broken` the worker retires.
    #[inline(always)]
    pub fn finish(&self, worker: WorkerId, end: End, is_broken: bool) -> Finished {
        self.transition(|state, effects| state.finish(&self.clock, worker, end, is_broken, effects))
    }

    /// Settles a task that waits or runs, because its signal was aborted. Does nothing to a task that has settled or is
    /// done with.
    pub fn cancel(&self, task: TaskId) -> Cancelled {
        self.transition(|state, effects| state.cancel(&self.clock, task, effects))
    }

    /// The function of a task had better end, although the task does not settle by that: as `cancel`, but the end of
    /// the function settles the task. Gives the worker that has the task, if one has.
    pub fn interrupt(&self, task: TaskId) -> Option<WorkerId> {
        self.state.lock().interrupt(task)
    }

    /// Why the function of a task had better end: the first of what has happened to the task since it was given to its
    /// worker. For functions that look by themselves.
    pub fn interruption(&self, task: TaskId) -> Option<Interruption> {
        self.state.lock().tasks.get(task)?.interruption()
    }

    /// The task that has this number now, for a caller who knows that it is still the task that is meant.
    pub fn task_at(&self, number: u32) -> Option<TaskId> {
        self.state.lock().tasks.at(number)
    }

    /// A worker takes a task that it was given, to call the function of the task now. `now`: the time of the pool's clock
    /// a moment ago. Every task begins at some time, also if nobody has asked for its times; but whoever comes to take one
    /// knows the time as a rule, and need not read the clock again.
    pub fn take(&self, worker: WorkerId, task: TaskId, now: Nanos) -> Taken<T> {
        self.amend(|state, _| state.take(now, worker, task))
    }

    /// The function of a task has ended, on a worker that may have several; with `is_broken` the worker takes no more.
    pub fn finish_task(&self, task: TaskId, end: End, is_broken: bool) -> Finished {
        self.transition(|state, effects| state.finish_task(&self.clock, task, end, is_broken, effects))
    }

    /// As `finish_task`, for a worker that has no other task: the worker takes the next one at once, in the same hold
    /// of the lock. The payload is that of [`Finished::next`]. `now`: the time of the pool's clock a moment ago, when the
    /// function had ended.
    pub fn finish_and_take(
        &self,
        task: TaskId,
        end: End,
        is_broken: bool,
        now: Nanos,
    ) -> (Finished, Option<T>) {
        self.transition(|state, effects| {
            let finished = state.finish_task(&self.clock, task, end, is_broken, effects);
            (finished, finished.next.map(|next| state.take_now(now, next)))
        })
    }

    /// The origin of a rejected task has taken notice; the number of the task may be used again.
    pub fn collect(&self, task: TaskId) {
        self.amend(|state, _| state.collect(task));
    }

    /// As `collect`, for many.
    pub fn collect_all(&self, tasks: impl IntoIterator<Item = TaskId>) {
        self.amend(|state, _| tasks.into_iter().for_each(|task| state.collect(task)));
    }

    /// What the host keeps with a task that is not done with.
    pub fn payload(&self, task: TaskId) -> Option<T> {
        self.state.lock().tasks.get(task).map(|task| task.payload)
    }

    /// The worker that has the task, if one has.
    pub fn worker_of(&self, task: TaskId) -> Option<WorkerId> {
        self.state.lock().tasks.get(task)?.worker()
    }

    /// Whether the task has settled while its function goes on.
    pub fn is_abandoned(&self, task: TaskId) -> bool {
        let state = self.state.lock().tasks.get(task).map(|task| task.state);
        matches!(state, Some(TaskState::Abandoned { .. }))
    }

    /// The times of a task that is not done with.
    pub fn times(&self, task: TaskId) -> Option<TaskTimes> {
        self.state.lock().times(&self.clock, task)
    }
}
