//! Queues that stand: in which a task could start at every moment, for long.

use std::collections::BTreeMap;

use crate::{clock::Nanos, policy::Shed};

/// Since when the queues of which priorities stand.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    shed: Shed,
    /// Tasks that came before have waited from here on.
    from: Nanos,
    since: BTreeMap<u64, Nanos>,
}

impl Standing {
    pub(crate) const fn new(shed: Shed, now: Nanos) -> Self {
        Self { shed, from: now, since: BTreeMap::new() }
    }

    pub(crate) const fn change(&mut self, shed: Shed) {
        self.shed = shed;
    }

    /// Whether the queue of this priority has stood for an interval.
    pub(crate) fn is_long(&self, priority: u64, now: Nanos) -> bool {
        self.since.get(&priority).is_some_and(|&since| now - since >= self.shed.interval)
    }

    /// The priorities in which that is so.
    pub(crate) fn long(&self, now: Nanos) -> impl Iterator<Item = u64> {
        let is_long = move |since: Nanos| now - since >= self.shed.interval;
        self.since.iter().filter(move |&(_, &since)| is_long(since)).map(|(&priority, _)| priority)
    }

    /// Whether a task that was submitted `at` has waited for too long.
    pub(crate) fn is_late(&self, at: Nanos, now: Nanos) -> bool {
        now - at.max(self.from) > self.shed.target
    }

    /// In the queues of these priorities, and in no others, a task could start now.
    pub(crate) fn note(&mut self, priorities: &[u64], now: Nanos) {
        self.since.retain(|priority, _| priorities.binary_search(priority).is_ok());
        for &priority in priorities {
            self.since.entry(priority).or_insert(now);
        }
    }
}
