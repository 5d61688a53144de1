//! Chunks on their way from a producer in one isolate to a consumer in another, in order, with credits.
//!
//! Neither side waits in here. A side that finds nothing to do says so under the lock, and the next change of the other side
//! answers that it is to be woken: so there is one wake-up for any number of chunks, and none that nobody needs.

use std::{collections::VecDeque, mem};

use workpool_core::{SpinGuard, SpinLock};

use crate::sync::{AtomicBool, Ordering};

/// What a producer finds that wants to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credit {
    /// It may send another chunk.
    There,
    /// As many chunks are on their way as may be: the producer is woken when there is credit again.
    Awaited,
    /// Nobody consumes any more.
    Closed,
}

#[derive(Debug)]
struct Content<V> {
    chunks: VecDeque<V>,
    /// Chunks that were sent and for which no credit has come back.
    unconsumed: u32,
    is_closed: bool,
    /// Whether the consumer has found nothing and is to be woken for the next chunk.
    awaits_chunk: bool,
    /// Whether the producer has found no credit and is to be woken for the next one.
    awaits_credit: bool,
}

/// The way of one stream. At most `most` chunks are sent and not consumed.
#[derive(Debug)]
pub struct Stream<V> {
    /// A spin lock, as the two sides meet here for every few chunks.
    content: SpinLock<Content<V>>,
    most: u32,
    /// Hints for those who look for some time rather than take the lock. Relaxed, as nothing is read on the word of them: both sides
    /// take the lock before they believe it.
    may_have_chunk: AtomicBool,
    may_have_credit: AtomicBool,
}

impl<V> Stream<V> {
    /// A stream of which at most `most` chunks are on their way; at least one.
    #[must_use]
    pub fn new(most: u32) -> Self {
        Self {
            content: SpinLock::new(Content {
                chunks: VecDeque::new(),
                unconsumed: 0,
                is_closed: false,
                awaits_chunk: false,
                awaits_credit: false,
            }),
            most: most.max(1),
            may_have_chunk: AtomicBool::new(false),
            may_have_credit: AtomicBool::new(true),
        }
    }

    fn lock(&self) -> SpinGuard<'_, Content<V>> {
        self.content.lock()
    }

    // ── the producer ────────────────────────────────────────────────────────────────────────────────────────────────

    /// Sends a chunk, for which there is credit; gives whether the consumer is to be woken.
    ///
    /// # Errors
    /// The chunk, if nobody consumes any more.
    pub fn send(&self, chunk: V) -> Result<bool, V> {
        let mut content = self.lock();
        if content.is_closed {
            return Err(chunk);
        }
        content.chunks.push_back(chunk);
        content.unconsumed += 1;
        self.may_have_chunk.store(true, Ordering::Relaxed);
        if content.unconsumed >= self.most {
            self.may_have_credit.store(false, Ordering::Relaxed);
        }
        Ok(mem::take(&mut content.awaits_chunk))
    }

    /// Whether it is worth it for the producer to ask for credit. A hint, read without the lock.
    #[inline]
    pub fn may_have_credit(&self) -> bool {
        self.may_have_credit.load(Ordering::Relaxed)
    }

    /// Whether the producer may go on. If not, it is woken when that changes.
    pub fn await_credit(&self) -> Credit {
        let mut content = self.lock();
        if content.is_closed {
            return Credit::Closed;
        }
        content.awaits_credit = content.unconsumed >= self.most;
        if content.awaits_credit { Credit::Awaited } else { Credit::There }
    }

    // ── the consumer ────────────────────────────────────────────────────────────────────────────────────────────────

    /// Gives credit back for `consumed` chunks and takes all chunks that are there. `into` is empty, and its memory is used for the
    /// next ones. Gives whether the producer is to be woken.
    pub fn take(&self, consumed: u32, into: &mut VecDeque<V>) -> bool {
        let mut content = self.lock();
        mem::swap(&mut content.chunks, into);
        self.may_have_chunk.store(false, Ordering::Relaxed);
        self.give_credit(&mut content, consumed)
    }

    /// Gives credit back for `consumed` chunks; gives whether the producer is to be woken.
    pub fn credit(&self, consumed: u32) -> bool {
        self.give_credit(&mut self.lock(), consumed)
    }

    fn give_credit(&self, content: &mut Content<V>, consumed: u32) -> bool {
        content.unconsumed = content.unconsumed.saturating_sub(consumed);
        if content.unconsumed >= self.most {
            return false;
        }
        self.may_have_credit.store(true, Ordering::Relaxed);
        mem::take(&mut content.awaits_credit)
    }

    /// Whether it is worth it for the consumer to take. A hint, read without the lock.
    #[inline]
    pub fn may_have_chunk(&self) -> bool {
        self.may_have_chunk.load(Ordering::Relaxed)
    }

    /// The consumer has nothing to do before the next chunk, for which it is woken. False: there is one by now.
    pub fn await_chunk(&self) -> bool {
        let mut content = self.lock();
        content.awaits_chunk = content.chunks.is_empty();
        content.awaits_chunk
    }

    /// Nobody consumes any more. What has been sent can still be taken. The producer has to be woken, whatever it does.
    pub fn close(&self) {
        let mut content = self.lock();
        content.is_closed = true;
        content.awaits_credit = false;
        self.may_have_credit.store(true, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn taken(stream: &Stream<u32>, consumed: u32) -> (Vec<u32>, bool) {
        let mut into = VecDeque::new();
        let is_woken = stream.take(consumed, &mut into);
        (into.into(), is_woken)
    }

    #[test]
    fn chunks_come_in_order_and_one_wake_up_is_enough_for_several() {
        let stream = Stream::new(3);
        assert!(stream.await_chunk());
        assert_eq!(stream.send(1), Ok(true));
        assert_eq!(stream.send(2), Ok(false));
        assert_eq!(taken(&stream, 0), (vec![1, 2], false));
        assert!(stream.await_chunk());
    }

    #[test]
    fn a_producer_without_credit_is_woken_once_some_comes_back() {
        let stream = Stream::new(2);
        assert_eq!(stream.await_credit(), Credit::There);
        assert_eq!(stream.send(1), Ok(false));
        assert_eq!(stream.send(2), Ok(false));
        assert!(!stream.may_have_credit());
        assert_eq!(stream.await_credit(), Credit::Awaited);
        // What is taken is not consumed.
        assert_eq!(taken(&stream, 0), (vec![1, 2], false));
        assert_eq!(stream.await_credit(), Credit::Awaited);
        assert!(stream.credit(1));
        assert_eq!(stream.await_credit(), Credit::There);
        assert!(!stream.credit(1));
    }

    #[test]
    fn a_closed_stream_takes_nothing_more_and_gives_what_was_sent() {
        let stream = Stream::new(1);
        assert_eq!(stream.send(1), Ok(false));
        assert_eq!(stream.await_credit(), Credit::Awaited);
        stream.close();
        assert_eq!(stream.send(2), Err(2));
        assert_eq!(stream.await_credit(), Credit::Closed);
        assert_eq!(taken(&stream, 0), (vec![1], false));
    }
}
