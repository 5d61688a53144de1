//! An isolate as a worker of a pool: a thread.

use std::sync::Arc;

use workpool_core::{FaceId, TaskId, WorkerId};

use crate::{alert::Alert, host::Address, pool::Core, progress::Progress, times::Times, value::Value};

/// The worker that an isolate is, and the tasks that it has begun.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) core: Arc<Core>,
    pub(crate) id: WorkerId,
    /// Node's number of the thread: the worker may be another thread by the time that its owner hears of it.
    pub(crate) thread: u32,
    /// Tasks that it has begun, and the faces they came through: as many as the pool's `concurrency` at most.
    begun: Vec<(TaskId, FaceId)>,
    /// What those who settle its tasks raise.
    pub(crate) alert: Arc<Alert>,
    /// Of those tasks that have told how far they have come.
    progress: Vec<(TaskId, Arc<Progress>)>,
    /// Where the last outcome went. As a rule the next one goes there, too.
    last_address: Option<(FaceId, Address)>,
}

impl Worker {
    pub(crate) const fn new(core: Arc<Core>, id: WorkerId, thread: u32, alert: Arc<Alert>) -> Self {
        Self { core, id, thread, begun: Vec::new(), alert, progress: Vec::new(), last_address: None }
    }

    /// The worker begins a task that came through this face.
    pub(crate) fn begin(&mut self, task: TaskId, face: FaceId) {
        self.begun.push((task, face));
    }

    /// The worker has ended the task of this number; gives the task and its face. `None` if it had not begun one.
    pub(crate) fn end(&mut self, number: u32) -> Option<(TaskId, FaceId)> {
        let index = self.begun.iter().position(|(begun, _)| begun.number() == number)?;
        if !self.progress.is_empty() {
            self.progress.retain(|(task, _)| task.number() != number);
        }
        Some(self.begun.swap_remove(index))
    }

    /// Whether the worker has begun a task that it has not ended.
    pub(crate) const fn is_running(&self) -> bool {
        !self.begun.is_empty()
    }

    /// Whether the worker has begun one task and no other.
    pub(crate) const fn is_alone(&self) -> bool {
        self.begun.len() == 1
    }

    pub(crate) fn has_begun(&self, task: TaskId) -> bool {
        self.begun.iter().any(|&(begun, _)| begun == task)
    }

    /// The task that the worker has begun under this number, and its face. No two of them have one number.
    pub(crate) fn begun(&self, number: u32) -> Option<(TaskId, FaceId)> {
        self.begun.iter().copied().find(|(task, _)| task.number() == number)
    }

    /// Tells the origin of a task how it has ended.
    pub(crate) fn tell_outcome(
        &mut self,
        face: FaceId,
        task: TaskId,
        failed: Option<Times>,
        printed: bool,
        value: Value,
    ) {
        if let Some(address) = self.address_of(face) {
            address.tell_outcome(task, failed, printed, value);
        }
    }

    /// Tells the origin of the task of this number how far the task has come, if the worker has begun it.
    pub(crate) fn tell_progress(&mut self, number: u32, value: Value) {
        let Some((task, face)) = self.begun(number) else { return };
        let index = self.progress.iter().position(|&(of, _)| of == task).unwrap_or_else(|| {
            self.progress.push((task, Arc::default()));
            self.progress.len() - 1
        });
        let progress = &self.progress[index].1;
        if progress.put(value) {
            let progress = progress.clone();
            if let Some(address) = self.address_of(face) {
                address.tell_progress(task, progress);
            }
        }
    }

    fn address_of(&mut self, face: FaceId) -> Option<&Address> {
        if self.last_address.as_ref().is_none_or(|&(of, _)| of != face) {
            self.last_address = self.core.pool.host().of(face).map(|address| (face, address));
        }
        self.last_address.as_ref().map(|(_, address)| address)
    }
}
