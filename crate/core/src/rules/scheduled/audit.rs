//! The invariants of a schedule, for tests.

use crate::{
    state::{State, task::TaskState},
    submission::{BACKGROUND, Payload},
};

impl<T: Payload> State<T> {
    /// Of a pool with a schedule: nobody who may start waits beside a place for it, and everything is counted.
    pub(crate) fn audit_schedule(&self) {
        let schedule = self.schedule();
        let first = self.first_task();
        // What one hold of the lock has left is served by the next one.
        if !self.lifetime.is_closed() && !schedule.is_more {
            let gathering = self.gathering();
            let next = first.filter(|first| gathering.is_none_or(|rank| first.rank < rank));
            let place = next.and_then(|first| {
                let task = &self.tasks[self.tasks.at(first.task)?];
                let preferred = task.key().and_then(|key| self.last_thread_of(schedule.keys.name(key)));
                self.place(task.weight(), self.held(), preferred, false)
            });
            assert_eq!(place, None, "a task that may start waits beside a place for it");
            let booting = self.census.booting();
            let is_held = self.is_held();
            let may_boot = self.may_start() || self.must_validate();
            let is_served = !self.options.kind.boots() || !may_boot || is_held || self.starts.have_failed();
            assert!(
                is_served || self.demand(booting + 1) <= booting,
                "no worker boots for a task that may start"
            );
        }
        if let Some((place, rank)) = self.first_wait() {
            let is_first = self.has_room_behind_tasks() || first.is_none_or(|task| rank < task.rank);
            assert!(
                !is_first || schedule.is_more || !self.can_tell(&self.vacancies.wait(place)),
                "somebody awaits a vacancy that is there"
            );
        }
        assert_eq!(schedule.keys.waiting() + self.queue.len(), self.waiting(), "waiting");

        let mut keyless = 0;
        let (mut special, mut background, mut grouped) = (0, 0, 0);
        for (_, task) in self.tasks.iter() {
            let is_waiting = task.state == TaskState::Waiting;
            special += u32::from(task.is_special());
            background += u32::from(is_waiting && task.priority == BACKGROUND);
            let Some(key) = task.key() else {
                keyless += u32::from(task.worker().is_some());
                continue;
            };
            if is_waiting || task.worker().is_some() {
                let is_of_group = schedule.keys.is_group(key);
                keyless += u32::from(task.worker().is_some() && is_of_group);
                grouped += u32::from(is_waiting && is_of_group && task.priority != BACKGROUND);
                let of_key = |state: fn(&crate::state::task::Task<T>) -> bool| {
                    let own = self.tasks.iter().filter(|(_, other)| other.key() == Some(key) && state(other));
                    own.count() as u32
                };
                let counts = schedule.keys.counts(schedule.keys.name(key));
                let counted =
                    (of_key(|task| task.worker().is_some()), of_key(|task| task.state == TaskState::Waiting));
                assert_eq!(counts, counted, "tasks of a key");
            }
        }
        assert_eq!(schedule.running_keyless, keyless, "running tasks without a key");
        assert_eq!((schedule.special, schedule.background), (special, background), "special tasks");
        let aged = self.waiting() - background - grouped;
        let aged = if schedule.ageing.is_some() { aged } else { 0 };
        assert_eq!(schedule.aged.len() as u32, aged, "tasks that age");
        schedule.keys.audit();
        if let Some(starts) = &schedule.rate {
            starts.audit(self.now);
        }
        assert!(
            schedule.paused_by.iter().all(|&face| self.faces.is_staying(face)),
            "paused by a face that has gone"
        );
        assert!(self.lifetime.is_open() || !schedule.is_paused(), "a pause of a pool that is closed");
    }
}
