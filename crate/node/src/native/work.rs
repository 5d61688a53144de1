//! What the threads of a pool of native jobs do.

use std::{ffi::CString, io, sync::Arc};

use workpool_core::{Clock, End, FaceId, Payload, Reaper, Taken, TaskId, WorkerId};
use workpool_mailbox::{Attention, Work};

use crate::{
    native::{
        job::Job,
        natives::WorkOfPool,
        task::{Listener, Task},
    },
    pool::Core,
    progress::Progress,
    times::times_of,
};

/// Tells the origin of a task how far the task has come.
struct Teller<'a> {
    core: &'a Core,
    face: FaceId,
}

impl Listener for Teller<'_> {
    fn tell(&self, task: TaskId, progress: &Arc<Progress>) {
        if let Some(address) = self.core.pool.host().of(self.face) {
            address.tell_progress(task, progress.clone());
        }
    }
}

impl Core {
    /// Executes a job. Gives what it has failed with, if it has.
    fn execute(
        &self,
        job: &Job,
        task: TaskId,
        face: FaceId,
        is_listened: bool,
        attention: &Attention,
    ) -> Option<CString> {
        let teller = Teller { core: self, face };
        let listener = is_listened.then_some(&teller as &dyn Listener);
        let (code, failure) = Task::with(task, attention, listener, |task| job.execute(task));
        // A number has no zero in it.
        failure.or_else(|| {
            (code != 0).then(|| CString::new(format!("the job returned {code}")).unwrap_or_default())
        })
    }
}

impl Work for Core {
    fn ready(&self, worker: WorkerId) -> Option<TaskId> {
        self.pool.booted(worker)
    }

    fn perform(&self, worker: WorkerId, task: TaskId, attention: &Attention) -> Option<TaskId> {
        let natives = self.natives()?;
        // First, so that whoever settles the task once it has begun meets it.
        attention.begin(task);
        let call = match self.pool.take(worker, task, Reaper::global().clock().now()) {
            Taken::Begun(call) => call,
            // The task is over for its origin.
            Taken::Settled => return self.pool.finish_task(task, End::Completed, false).next,
            Taken::Foreign => return None,
        };
        let face = call.face();
        let Some(job) = natives.jobs.take(call.ticket()) else {
            unreachable!("a task has its job until it begins, or is settled")
        };
        let failure = self.execute(&job, task, face, call.export() != 0, attention);
        attention.end();
        let failure = failure.map(|failure| (failure, times_of(&self.pool, task)));
        let end = if failure.is_some() { End::Failed } else { End::Completed };
        let finished = self.pool.finish_task(task, end, false);
        // Without an address the isolate has ended: then the job is dropped, and by that disposed of.
        match self.pool.host().of(face) {
            Some(address) if finished.settled => address.tell_job(task, job, failure),
            Some(address) => address.dispose(task, job),
            None => drop(job),
        }
        finished.next
    }

    fn retired(&self, worker: WorkerId) {
        self.pool.retired(worker);
    }

    fn unstarted(&self, worker: WorkerId, error: io::Error) {
        if let Some(natives) = self.natives() {
            natives.note_unstarted(&error);
        }
        self.pool.start_failed(worker);
    }
}

impl WorkOfPool for Core {}
