//! How faces come and go.

use workpool_core::{Effect, FaceId, Interruption, TaskId};

use super::{
    Model,
    records::{Face, FaceState, Task, TaskState},
};

impl Model {
    /// `id` is the number that the real pool has given to the face.
    pub(crate) fn join(&mut self, id: Option<FaceId>) -> Option<FaceId> {
        if self.faces.iter().all(|face| face.state == FaceState::Departed) {
            return None;
        }
        let id = id.expect("somebody is there");
        assert!(self.faces.iter().all(|face| face.id != id), "{id:?} has been another's");
        let mut known = self.faces.iter().filter(|face| face.state != FaceState::Departed);
        assert!(known.all(|face| face.id.index() != id.index()), "{id:?} has another's place");
        self.faces.push(Face { id, state: FaceState::Staying });
        Some(id)
    }

    pub(super) fn face(&mut self, id: FaceId) -> &mut Face {
        self.faces.iter_mut().find(|face| face.id == id).expect("of all times")
    }

    pub(super) fn is_deserted(&self) -> bool {
        self.faces.iter().all(|face| face.state != FaceState::Staying)
    }

    pub(crate) fn leave(&mut self, id: FaceId) -> Option<u64> {
        if self.face(id).state == FaceState::Departed {
            return None;
        }
        self.face(id).state = FaceState::Left;
        self.refuse_vacancies();
        self.give_back(|turn| turn.face == id);
        self.resume_for(id);
        self.is_deserted().then(|| self.close())
    }

    /// Its tasks end as cancelled: those that wait first, so that no worker which comes free takes one.
    pub(crate) fn depart(&mut self, id: FaceId) -> bool {
        self.watches.retain(|watch| watch.face != id);
        if self.face(id).state == FaceState::Departed {
            return false;
        }
        self.face(id).state = FaceState::Departed;
        self.awaiting.retain(|waiter| waiter.face != id);
        let batches = self.batches.len();
        self.batches.retain(|batch| batch.submission.payload.face != id);
        let mut gone = self.tasks.clone();
        gone.retain(|task| task.face() == id);
        gone.sort_by_key(|task| (!matches!(task.state, TaskState::Waiting | TaskState::Bound(_)), task.id));
        for Task { id, state, .. } in gone {
            if matches!(state, TaskState::Waiting | TaskState::Bound(_) | TaskState::Running(_)) {
                self.settle(|counters| &mut counters.cancelled);
                self.forget_unbegun(id);
                self.queue.retain(|&waiting| waiting != id);
            }
            self.abandon(id, state);
        }
        if self.batches.len() < batches {
            self.fill();
        }
        self.resume_for(id);
        let held = self.held();
        self.told.retain(|turn| turn.face != id);
        if self.held() < held {
            self.fill();
        }
        if self.is_deserted() {
            self.close();
        }
        self.faces.iter().all(|face| face.state == FaceState::Departed)
    }

    /// The face of the task is gone: its worker takes another one, at once or after its end.
    pub(super) fn abandon(&mut self, id: TaskId, state: TaskState) {
        let (TaskState::Running(worker) | TaskState::Abandoned(worker)) = state else {
            self.tasks.retain(|task| task.id != id);
            return;
        };
        if !self.options.kind.outlives_face() {
            self.measure(id);
            self.tasks.retain(|task| task.id != id);
            if let Some(next) = self.free(worker, false) {
                self.send(worker, next);
            }
            // The next one may free another worker before this transition ends.
            self.note_peaks();
            return;
        }
        let heeds_until = self.heeds_until();
        let task = self.task(id);
        task.is_uncollected = false;
        if state == TaskState::Running(worker) {
            (task.state, task.deadline) = (TaskState::Abandoned(worker), heeds_until);
            task.interruption.get_or_insert(Interruption::Aborted);
            let payload = task.payload();
            self.effects.push(Effect::Abandoned(worker, id, payload));
        }
    }
}
