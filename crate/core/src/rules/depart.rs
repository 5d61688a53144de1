//! The end of a face: it leaves, or its isolate has ended, and everything that belongs to the face with it.

use std::ops::ControlFlow;

use crate::{
    clock::Clock,
    effect::{Effect, Effects},
    id::{FaceId, TaskId},
    state::{
        State,
        tally::Outcome,
        task::{Interrupted, TaskState},
    },
    submission::Payload,
};

/// Most records that one hold of the lock looks at. For loom, which permutes what happens between two holds, it is one.
const BATCH: u32 = if cfg!(loom) { 1 } else { 4_096 };

/// The search for the tasks of a face that has gone: first for those that wait, so that no worker which comes free
/// takes one, then for the others.
#[derive(Debug, Default)]
pub(crate) struct Sweep {
    is_second: bool,
    /// What is left goes on without the face.
    is_over: bool,
    /// The number of the next record.
    next: u32,
    /// The place of the next wait for a vacancy.
    next_wait: u32,
    /// The number of the next watch.
    next_watch: u32,
}

impl<T: Payload> State<T> {
    /// The face submits nothing any more, and what it has submitted goes on. The last face to go closes the pool.
    /// Breaks with the generation that is closed then. Continues if this must be called again, as more wait through the
    /// face for a vacancy than one hold of the lock tells.
    pub(crate) fn leave(
        &mut self,
        face: FaceId,
        next: &mut u32,
        effects: &mut Effects<T>,
    ) -> ControlFlow<Option<u64>> {
        if !self.faces.leave(face) {
            return ControlFlow::Break(None);
        }
        if self.refuse_vacancies(face, next, effects) {
            return ControlFlow::Continue(());
        }
        self.resume_for(face, effects);
        ControlFlow::Break((self.faces.staying() == 0).then(|| self.close(effects)))
    }

    /// The face, which has left and has no tasks, gives up its place. Returns whether the face was the last one; `None`
    /// if this must be called again, as more wait for a vacancy than one hold of the lock looks at.
    pub(crate) fn resign(&mut self, face: FaceId, next: &mut u32, effects: &mut Effects<T>) -> Option<bool> {
        if !self.faces.leave(face) || self.faces.records(face) > 0 {
            return Some(false);
        }
        if self.forget_vacancies(face, next) {
            return None;
        }
        self.forget_batches(face, effects);
        self.end_turns(face, u32::MAX, effects);
        self.faces.remove(face);
        Some(self.faces.is_empty())
    }

    /// The face is gone. Its tasks end as cancelled without anybody hearing of it; their workers take others, at once
    /// or, if they outlive the face, once they have ended what they run. Returns whether the face was the last one;
    /// `None` if this must be called again, as there are more records than one call looks at.
    pub(crate) fn depart(
        &mut self,
        clock: &impl Clock,
        face: FaceId,
        sweep: &mut Sweep,
        effects: &mut Effects<T>,
    ) -> Option<bool> {
        if !self.faces.leave(face) {
            // The face has resigned.
            let is_more = self.watches.forget_face(face, &mut sweep.next_watch);
            return (!is_more).then_some(false);
        }
        if self.forget_vacancies(face, &mut sweep.next_wait)
            || self.watches.forget_face(face, &mut sweep.next_watch)
        {
            return None;
        }
        let had_places = self.batches.remove_of(face);
        for _ in 0..BATCH {
            if self.faces.records(face) == 0 || sweep.is_over {
                break;
            }
            let number = sweep.next;
            sweep.next += 1;
            if number >= self.tasks.end() {
                // A face that has gone adds no task, and after the first look none of its tasks waits, unless a worker
                // has died under it; so the second look has met all of them.
                *sweep = Sweep { is_second: true, is_over: sweep.is_second, next: 0, ..*sweep };
                continue;
            }
            let Some(id) = self.tasks.at(number) else { continue };
            let state = self.tasks[id].state;
            if self.tasks[id].payload.face() != face {
                continue;
            }
            if matches!(state, TaskState::Waiting | TaskState::Bound(_)) || sweep.is_second {
                self.abandon(clock, id, state, effects);
            }
        }
        if had_places {
            self.fill(effects);
        }
        if self.faces.records(face) > 0 && !sweep.is_over {
            return None;
        }
        self.end_turns(face, u32::MAX, effects);
        self.resume_for(face, effects);
        self.faces.remove(face);
        if self.faces.staying() == 0 {
            self.close(effects);
        }
        Some(self.faces.is_empty())
    }

    /// Ends a task whose face is gone, in whatever state it is.
    fn abandon(&mut self, clock: &impl Clock, id: TaskId, state: TaskState, effects: &mut Effects<T>) {
        if state == TaskState::Waiting && self.is_aside(id) {
            self.deadlines.remove(id.number());
            self.aside.remove(&mut self.queue, id.number());
            if self.aside.is_empty() {
                self.watches.generations_ended();
            }
        } else if matches!(state, TaskState::Waiting | TaskState::Bound(_) | TaskState::Running(_)) {
            self.counters.settle(Outcome::Cancelled);
            self.deadlines.remove(id.number());
            if let TaskState::Bound(worker) = state {
                self.unbind(worker, id);
            }
            if state == TaskState::Waiting {
                self.leave_queue(id);
            }
        }
        if self.options.kind.outlives_face() {
            match state {
                TaskState::Running(worker) => {
                    self.forget_unbegun(id, effects);
                    self.abandon_to(worker, id, Interrupted::Abort, true, clock.now());
                    effects.push(Effect::Abandoned(worker, id, self.tasks[id].payload));
                }
                TaskState::Abandoned { worker, .. } => {
                    self.tasks[id].state = TaskState::Abandoned { worker, told: true };
                }
                TaskState::Waiting | TaskState::Bound(_) => {
                    self.forget_unbegun(id, effects);
                    self.drop_record(id);
                }
                TaskState::Over => self.drop_record(id),
            }
            return;
        }
        if let TaskState::Running(worker) | TaskState::Abandoned { worker, .. } = state {
            self.measure(id);
            self.note_end(worker, id);
        }
        self.drop_record(id);
        if let TaskState::Running(worker) | TaskState::Abandoned { worker, .. } = state
            && let Some(next) = self.free_worker(clock, worker, false, effects)
        {
            self.send(worker, next, effects);
        }
    }
}
