//! A producer and a consumer at one stream. Each sleeps when it finds nothing to do, until the other one says that it is to be woken:
//! a lost wake-up is a deadlock, which loom reports.

use std::collections::VecDeque;

use loom::{
    sync::{Arc, Condvar, Mutex},
    thread,
};
use workpool_mailbox::{Credit, Stream};

/// Where one side sleeps.
#[derive(Default)]
struct Bed {
    is_woken: Mutex<bool>,
    arrival: Condvar,
}

impl Bed {
    fn sleep(&self) {
        let mut is_woken = self.is_woken.lock().unwrap();
        while !*is_woken {
            is_woken = self.arrival.wait(is_woken).unwrap();
        }
        *is_woken = false;
    }

    fn wake(&self) {
        *self.is_woken.lock().unwrap() = true;
        self.arrival.notify_one();
    }
}

struct Sides {
    stream: Stream<u32>,
    producer: Bed,
    consumer: Bed,
}

fn sides(most: u32) -> Arc<Sides> {
    Arc::new(Sides { stream: Stream::new(most), producer: Bed::default(), consumer: Bed::default() })
}

/// Sends the numbers up to `last`; gives how many it has sent before the stream was closed.
fn produce(sides: &Sides, last: u32) -> u32 {
    for number in 1..=last {
        loop {
            match sides.stream.await_credit() {
                Credit::There => break,
                Credit::Awaited => sides.producer.sleep(),
                Credit::Closed => return number - 1,
            }
        }
        match sides.stream.send(number) {
            Ok(true) => sides.consumer.wake(),
            Ok(false) => {}
            Err(_) => return number - 1,
        }
    }
    last
}

/// Takes chunks until it has `count`, and gives credit for each of them.
fn consume(sides: &Sides, count: usize) -> Vec<u32> {
    let mut taken = Vec::new();
    let mut chunks = VecDeque::new();
    let mut consumed = 0;
    while taken.len() < count {
        if sides.stream.take(consumed, &mut chunks) {
            sides.producer.wake();
        }
        consumed = chunks.len() as u32;
        taken.extend(chunks.drain(..));
        if consumed == 0 && sides.stream.await_chunk() {
            sides.consumer.sleep();
        }
    }
    taken
}

#[test]
fn chunks_come_in_order_and_neither_side_sleeps_for_ever() {
    loom::model(|| {
        let sides = sides(1);
        let producer = {
            let sides = sides.clone();
            thread::spawn(move || produce(&sides, 3))
        };
        assert_eq!(consume(&sides, 3), [1, 2, 3]);
        assert_eq!(producer.join().unwrap(), 3);
    });
}

#[test]
fn a_producer_that_waits_for_credit_or_sends_hears_that_the_stream_is_closed_and_what_was_sent_is_there() {
    loom::model(|| {
        let sides = sides(2);
        let producer = {
            let sides = sides.clone();
            thread::spawn(move || produce(&sides, 3))
        };
        sides.stream.close();
        sides.producer.wake();
        let sent = producer.join().unwrap();
        let mut left = VecDeque::new();
        sides.stream.take(0, &mut left);
        assert_eq!(left, (1..=sent).collect::<Vec<_>>());
        assert!(sent <= 2);
    });
}
