//! In which order the waiting tasks will start if nothing else comes.
//!
//! Where there are keys, weights or groups, that follows from which tasks end before. So the order is rehearsed: a state
//! of its own, with the same rules, is given what runs and, of what waits, who could be next; its tasks end in the order
//! in which they have started. All rules are those of `order`, and the pool itself is only read.
//!
//! A million tasks may wait, and a rehearsal takes a few of them. They stand in *lists*: a key, a group, or those
//! without either, in one priority. Within a list the order is fixed, so the next task of a list joins the rehearsal when
//! the one before it has started. And of the lists it takes only so many: if `most` keys, or tasks without a key, may
//! start at first, each of them starts a task before one that stands behind all of them does. Only the lists of what runs
//! can rise to before them, when something of theirs ends, so these are taken, too.

use std::collections::{HashSet, VecDeque};

use crate::{
    id::{TaskId, WorkerId},
    kind::WorkerKind,
    options::Options,
    policy::Policy,
    state::{
        State,
        schedule::Schedule,
        task::{Task, TaskState},
    },
    submission::{BACKGROUND, Payload, Submission},
};

/// So many times `most` priorities are looked at: in very many of them no key might be free to start.
const LOOKS: usize = 10;

/// A key or a group by its number, or neither; and a priority.
type List = (Option<u32>, u64);

struct Rehearsal<'a, T> {
    pool: &'a State<T>,
    /// Its payloads are the numbers of the pool's tasks.
    stage: State<u32>,
    /// What runs on it, in the order of its start.
    running: VecDeque<(WorkerId, TaskId)>,
    lists: HashSet<List>,
}

impl<T: Payload> State<T> {
    /// The first tasks that wait, in the order in which they will start. `running`: the tasks that workers have, in the order
    /// of their numbers; some may be over. `omitted`: how many others workers have.
    pub(crate) fn first_waiting(&self, most: usize, running: &[TaskId], omitted: u32) -> Vec<TaskId> {
        if self.schedule.is_none() {
            return self.queue.iter().take(most).filter_map(|task| self.tasks.at(task)).collect();
        }
        if self.waiting() == 0 || self.lifetime.is_closed() {
            return Vec::new();
        }
        let mut rehearsal = Rehearsal::new(self, omitted);
        for &id in running {
            rehearsal.run(id, most);
        }
        rehearsal.take_lists(most);
        rehearsal.order(most)
    }
}

impl<'a, T: Payload> Rehearsal<'a, T> {
    fn new(pool: &'a State<T>, omitted: u32) -> Self {
        let Options { concurrency, policy, .. } = pool.options;
        let slots = pool.capacity.limit().saturating_mul(concurrency);
        let options = Options {
            capacity: slots.saturating_sub(omitted).max(1),
            kind: WorkerKind::Slot,
            policy: Policy { rate: None, ..policy },
            ageing: pool.options.ageing,
            ..Options::default()
        };
        let mut stage = State::new(options, pool.now);
        stage.now = pool.now;
        if !pool.lifetime.is_open() {
            stage.lifetime.close();
        }
        let mut schedule = Schedule::new(&options, pool.now, 0);
        schedule.standing.clone_from(&pool.schedule().standing);
        stage.schedule = Some(Box::new(schedule));
        Self { pool, stage, running: VecDeque::new(), lists: HashSet::new() }
    }

    /// A task of the pool joins: neither waits nor runs yet.
    fn join(&mut self, task: TaskId) -> TaskId {
        let record = &self.pool.tasks[task];
        let (arrival, since) = self.pool.standing_of(task);
        let submission = Submission { priority: record.priority, ..Submission::new(task.number()) };
        let keys = &self.pool.schedule().keys;
        let name = record.key().map(|key| (keys.name(key), keys.limit(key)));
        let key = name.map(|(name, limit)| self.stage.schedule_mut().keys.enter_again(name, limit));
        let mut copy = Task::new(submission, record.number, 0);
        copy.schedule(since, key, record.weight());
        let id = self.stage.tasks.insert(copy);
        if arrival != (record.number, 0) {
            self.stage.moved.stand_in(id.number(), arrival, since);
        }
        id
    }

    /// A task that a worker of the pool has runs from the start.
    fn run(&mut self, task: TaskId, most: usize) {
        // It may have ended since it was looked at.
        let Some(record) = self.pool.tasks.get(task) else { return };
        if !matches!(record.state, TaskState::Running(_) | TaskState::Abandoned { .. }) {
            return;
        }
        let id = self.join(task);
        let worker = self.stage.start_worker();
        self.start(worker, id);
        self.stage.moved.forget(id.number());
        if let Some(key) = self.pool.tasks[task].key() {
            // A task of the key in another priority starts after one in each of these.
            let priorities: Vec<u64> = self.pool.schedule().keys.priorities_of(key).take(most).collect();
            for priority in priorities {
                self.take_list((Some(key), priority));
            }
        }
    }

    fn start(&mut self, worker: WorkerId, id: TaskId) {
        self.stage.assign(worker, id);
        self.running.push_back((worker, id));
    }

    /// The task that has been running for longest ends. Returns whether there was one.
    fn end_first(&mut self) -> bool {
        let Some((worker, id)) = self.running.pop_front() else { return false };
        self.stage.note_end(worker, id);
        self.stage.workers.end_task(worker, false);
        self.stage.census.rest();
        self.stage.workers[worker].rest();
        self.stage.idle.push(worker, 0);
        self.stage.tasks.remove(id);
        true
    }

    /// The lists in which the first `most` tasks are, as far as nothing of them runs. Where tasks age, any list may be next.
    fn take_lists(&mut self, most: usize) {
        let pool = self.pool;
        let schedule = pool.schedule();
        let mut names = HashSet::new();
        let mut keyless = 0;
        let mut from = 0;
        for _ in 0..most.saturating_mul(LOOKS) {
            let is_enough = schedule.ageing.is_none() && keyless + names.len() >= most;
            let Some(priority) = pool.priority_from(from).filter(|_| !is_enough) else { break };
            let is_newest = pool.is_newest_first(priority);
            keyless += pool.queue.of_end(priority, is_newest).take(most).count();
            self.take_list((None, priority));
            for name in schedule.keys.served(priority, schedule.per_key, is_newest, most) {
                names.insert(name);
                self.take_list((Some(name), priority));
            }
            if priority == BACKGROUND {
                break;
            }
            from = priority + 1;
        }
    }

    /// The first task of a list waits from now on.
    fn take_list(&mut self, list: List) {
        if !self.lists.insert(list) {
            return;
        }
        let (name, priority) = list;
        let is_newest = self.pool.is_newest_first(priority);
        let first = match name {
            Some(name) => self.pool.schedule().keys.end_of(name, priority, is_newest),
            None => self.pool.queue.of_end(priority, is_newest).next(),
        };
        self.wait(first);
    }

    fn wait(&mut self, task: Option<u32>) {
        if let Some(id) = task.and_then(|task| self.pool.tasks.at(task)) {
            let id = self.join(id);
            self.stage.join_queue(id, false);
        }
    }

    /// The task that stands behind this one in its list.
    fn next_of(&self, task: TaskId) -> Option<u32> {
        let record = &self.pool.tasks[task];
        let is_newest = self.pool.is_newest_first(record.priority);
        match record.key() {
            Some(_) => self.pool.schedule().keys.beside(task.number(), is_newest),
            None => self.pool.queue.beside(task.number(), is_newest),
        }
    }

    /// Lets tasks start and end until so many have started.
    fn order(mut self, most: usize) -> Vec<TaskId> {
        let mut order = Vec::new();
        while order.len() < most {
            let first = self.stage.first_task().and_then(|first| self.stage.tasks.at(first.task));
            let place = first.and_then(|id| self.stage.place(self.stage.tasks[id].weight(), 0, None, false));
            let (Some(id), Some(place)) = (first, place) else {
                if self.end_first() {
                    continue;
                }
                break;
            };
            let Some(task) = self.pool.tasks.at(self.stage.tasks[id].payload) else { break };
            self.stage.unqueue(id);
            let worker = self.stage.take_place(place);
            self.start(worker, id);
            order.push(task);
            self.wait(self.next_of(task));
        }
        order
    }
}
