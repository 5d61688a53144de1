//! The streams of an isolate: those that it consumes, and as a thread those that it produces.

use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use workpool_abi::CommandKind;
use workpool_core::SpinLock;
use workpool_mailbox::{Patience, Stream};

use crate::{
    event_loop,
    mailbox::{Command, Mailbox},
    value::Value,
};

/// A stream, and the isolates at its two ends.
#[derive(Debug)]
pub(crate) struct Channel {
    number: u32,
    pub(crate) stream: Stream<Value>,
    consumer: Arc<Mailbox>,
    /// Once a thread has begun to produce.
    producer: SpinLock<Option<Arc<Mailbox>>>,
}

impl Channel {
    /// There is a chunk, for which the consumer waits.
    pub(crate) fn wake_consumer(&self) {
        self.tell(&self.consumer, CommandKind::Chunks);
    }

    /// There is credit again, or nobody consumes any more. False: nobody produces.
    pub(crate) fn wake_producer(&self) -> bool {
        let producer = self.producer.lock().clone();
        if let Some(mailbox) = &producer {
            self.tell(mailbox, CommandKind::Credits);
        }
        producer.is_some()
    }

    fn tell(&self, mailbox: &Arc<Mailbox>, kind: CommandKind) {
        let sender = event_loop::sender(mailbox);
        mailbox.push(Command::new(kind, self.number, 0), sender);
    }
}

/// The streams that somebody consumes, by number: so their threads find them.
static STREAMS: LazyLock<Mutex<HashMap<u32, Arc<Channel>>>> = LazyLock::new(Mutex::default);
static MADE: AtomicU32 = AtomicU32::new(0);

/// JavaScript has the numbers as integers of 32 bits with a sign.
const NUMBERS: u32 = 1 << 31;

fn lock() -> MutexGuard<'static, HashMap<u32, Arc<Channel>>> {
    STREAMS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stream that this isolate consumes.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) channel: Arc<Channel>,
    /// Chunks that have been taken out of the stream and not been handed over.
    pub(crate) taken: VecDeque<Value>,
}

/// What an isolate has of streams.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    consumed: RefCell<HashMap<u32, Incoming>>,
    produced: RefCell<HashMap<u32, Arc<Channel>>>,
    /// How long it looks for the next chunk, and for the next credit.
    pub(crate) for_chunks: Patience,
    pub(crate) for_credit: Patience,
}

impl Streams {
    /// Opens a stream for this isolate, of which `most` chunks may be on their way; gives its number.
    pub(crate) fn open(&self, consumer: &Arc<Mailbox>, most: u32) -> u32 {
        let mut streams = lock();
        let number = loop {
            // Relaxed: the lock is held, so no two are equal.
            let number = MADE.fetch_add(1, Ordering::Relaxed) % NUMBERS;
            if !streams.contains_key(&number) {
                break number;
            }
        };
        let channel = Arc::new(Channel {
            number,
            stream: Stream::new(most),
            consumer: consumer.clone(),
            producer: SpinLock::new(None),
        });
        streams.insert(number, channel.clone());
        drop(streams);
        self.consumed.borrow_mut().insert(number, Incoming { channel, taken: VecDeque::new() });
        number
    }

    /// Runs `f` on a stream that this isolate consumes.
    pub(crate) fn with_consumed<R>(&self, number: u32, f: impl FnOnce(&mut Incoming) -> R) -> Option<R> {
        self.consumed.borrow_mut().get_mut(&number).map(f)
    }

    /// Nobody consumes the stream any more; whether somebody produces.
    pub(crate) fn close(&self, number: u32) -> bool {
        let channel = self.with_consumed(number, |incoming| incoming.channel.clone());
        channel.is_some_and(|channel| close(&channel))
    }

    /// Nobody asks for what is left of the stream.
    pub(crate) fn forget(&self, number: u32) {
        let incoming = self.consumed.borrow_mut().remove(&number);
        if let Some(Incoming { channel, .. }) = incoming {
            lock().remove(&channel.number);
        }
    }

    /// This isolate begins to produce. False: nobody consumes.
    pub(crate) fn attach(&self, number: u32, producer: &Arc<Mailbox>) -> bool {
        let Some(channel) = lock().get(&number).cloned() else { return false };
        // Before it is asked whether the stream is closed: whoever closes it looks for a producer after that.
        *channel.producer.lock() = Some(producer.clone());
        let is_open = channel.stream.await_credit() != workpool_mailbox::Credit::Closed;
        if is_open {
            self.produced.borrow_mut().insert(number, channel);
        }
        is_open
    }

    /// The stream that this isolate produces.
    pub(crate) fn produced(&self, number: u32) -> Option<Arc<Channel>> {
        self.produced.borrow().get(&number).cloned()
    }

    /// This isolate produces no more.
    pub(crate) fn end(&self, number: u32) {
        self.produced.borrow_mut().remove(&number);
    }
}

fn close(channel: &Channel) -> bool {
    channel.stream.close();
    lock().remove(&channel.number);
    channel.wake_producer()
}

/// The isolate ends: its producers have nobody to produce for.
impl Drop for Streams {
    fn drop(&mut self) {
        for (_, Incoming { channel, .. }) in self.consumed.get_mut().drain() {
            close(&channel);
        }
    }
}
