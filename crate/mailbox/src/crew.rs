//! A crew: threads of the operating system that are the workers of a pool.
//!
//! The host of a pool whose workers are [`Native`](workpool_core::WorkerKind::Native) hands on to the crew what the pool wants of
//! its workers: [`boot`](Crew::boot), [`start`](Crew::start), [`retire`](Crew::retire). Which worker does what is not
//! decided here. A thread that ends a task asks the pool for the next one by [`perform`](Work::perform). If there is none,
//! it looks for an order for as long as that is worth it, and then sleeps until it has one.
//!
//! No order is lost: it is written down under the mutex of its seat, under which the thread looks before it sleeps. No
//! order comes too early: the seat is there before its thread. None comes too late: the pool gives a task only to a
//! worker that has not retired, and the order to retire is the last one that a worker gets.

use std::{
    fmt, io, mem,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use workpool_core::{MonotonicClock, TaskId, WorkerId};

use crate::{patience::Patience, spinners::Spinners};

/// What a crew works for: a pool, and whoever knows what its tasks are.
pub trait Work: Send + Sync {
    /// A worker is ready. Gives its first task.
    fn ready(&self, worker: WorkerId) -> Option<TaskId>;

    /// A worker does a task that it was given. Gives the next one.
    fn perform(&self, worker: WorkerId, task: TaskId, attention: &Attention) -> Option<TaskId>;

    /// A worker has retired: its thread is about to end.
    fn retired(&self, worker: WorkerId);

    /// The system gives no thread for this worker.
    fn unstarted(&self, worker: WorkerId, error: io::Error);
}

/// How a task that goes on hears that nobody wants its result any more.
#[derive(Debug, Default)]
pub struct Attention {
    /// The task that the worker does.
    task: Mutex<Option<TaskId>>,
    is_interrupted: AtomicBool,
}

impl Attention {
    fn lock(&self) -> MutexGuard<'_, Option<TaskId>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The worker is about to [take](workpool_core::Pool::take) this task. Whoever settles the task after that finds it here.
    pub fn begin(&self, task: TaskId) {
        let mut current = self.lock();
        *current = Some(task);
        self.is_interrupted.store(false, Ordering::Relaxed);
    }

    /// The worker has done its task.
    pub fn end(&self) {
        *self.lock() = None;
    }

    /// This task had better end, if the worker does it.
    pub fn interrupt(&self, task: TaskId) {
        let current = self.lock();
        if *current == Some(task) {
            self.is_interrupted.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the task that the worker does had better end. Relaxed: nothing is read on the word of it, and a look that
    /// does not see it yet is followed by another one.
    #[inline]
    pub fn is_interrupted(&self) -> bool {
        self.is_interrupted.load(Ordering::Relaxed)
    }
}

/// What a worker is to do.
#[derive(Debug, Default)]
struct Orders {
    task: Option<TaskId>,
    retires: bool,
    /// Whether the thread sleeps, so that it has to be woken. To wake is a system call, whether somebody sleeps or not.
    is_asleep: bool,
}

/// Where a worker finds its orders.
#[derive(Debug, Default)]
struct Seat {
    orders: Mutex<Orders>,
    /// Whether there may be an order, for a thread that looks and does not sleep. Relaxed: nothing is read on the word of it, as
    /// the thread looks under the mutex before it sleeps.
    hint: AtomicBool,
    called: Condvar,
    attention: Attention,
}

impl Seat {
    fn order(&self, note: impl FnOnce(&mut Orders)) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        note(&mut orders);
        self.hint.store(true, Ordering::Relaxed);
        let is_asleep = mem::take(&mut orders.is_asleep);
        drop(orders);
        if is_asleep {
            self.called.notify_one();
        }
    }

    /// Waits until there is a task; `None`: the worker is to retire.
    fn wait(&self, patience: &Patience, clock: MonotonicClock, spinners: &Spinners) -> Option<TaskId> {
        patience.look(&clock, spinners, || self.hint.load(Ordering::Relaxed));
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(task) = orders.task.take() {
                // An order to retire that came meanwhile is met at the next look.
                self.hint.store(orders.retires, Ordering::Relaxed);
                return Some(task);
            }
            if orders.retires {
                return None;
            }
            orders.is_asleep = true;
            orders = self.called.wait(orders).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The threads of one pool.
pub struct Crew {
    /// Each thread is called so, with the number of its worker. Some systems show the first 15 bytes only.
    name: String,
    /// In bytes; `None` for what the system gives.
    stack_size: Option<usize>,
    clock: MonotonicClock,
    /// Those of the process.
    spinners: &'static Spinners,
    /// By number of the worker.
    seats: Mutex<Vec<Option<Arc<Seat>>>>,
}

impl Crew {
    /// No thread yet.
    #[must_use]
    pub const fn new(
        name: String,
        stack_size: Option<usize>,
        clock: MonotonicClock,
        spinners: &'static Spinners,
    ) -> Self {
        Self { name, stack_size, clock, spinners, seats: Mutex::new(Vec::new()) }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<Arc<Seat>>>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seat(&self, worker: WorkerId) -> Option<Arc<Seat>> {
        self.lock().get(worker.0 as usize)?.clone()
    }

    /// Starts the thread of a worker that is to boot.
    pub fn boot<W: Work + ?Sized + 'static>(&self, worker: WorkerId, work: Arc<W>) {
        let seat = Arc::<Seat>::default();
        let index = worker.0 as usize;
        let mut seats = self.lock();
        if seats.len() <= index {
            seats.resize(index + 1, None);
        }
        seats[index] = Some(seat.clone());
        drop(seats);
        let mut thread = thread::Builder::new().name(format!("{}/{}", self.name, worker.0));
        if let Some(stack_size) = self.stack_size {
            thread = thread.stack_size(stack_size);
        }
        let own = work.clone();
        let (clock, spinners) = (self.clock, self.spinners);
        let serve = move || {
            let patience = Patience::default();
            let mut next = own.ready(worker);
            while let Some(task) = next.or_else(|| seat.wait(&patience, clock, spinners)) {
                next = own.perform(worker, task, &seat.attention);
            }
            own.retired(worker);
        };
        if let Err(error) = thread.spawn(serve) {
            work.unstarted(worker, error);
        }
    }

    /// Gives a task to a worker that has none.
    pub fn start(&self, worker: WorkerId, task: TaskId) {
        if let Some(seat) = self.seat(worker) {
            seat.order(|orders| orders.task = Some(task));
        }
    }

    /// A worker has no task, and ends.
    pub fn retire(&self, worker: WorkerId) {
        if let Some(seat) = self.seat(worker) {
            seat.order(|orders| orders.retires = true);
        }
    }

    /// The task had better end, if this worker does it.
    pub fn interrupt(&self, worker: WorkerId, task: TaskId) {
        if let Some(seat) = self.seat(worker) {
            seat.attention.interrupt(task);
        }
    }

    /// The same, whichever worker does it.
    pub fn interrupt_wherever(&self, task: TaskId) {
        for seat in self.lock().iter().flatten() {
            seat.attention.interrupt(task);
        }
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").field("name", &self.name).finish_non_exhaustive()
    }
}
