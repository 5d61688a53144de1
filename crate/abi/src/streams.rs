//! The array by which a consumer takes the chunks of a stream: a head, a row for each chunk as that of an argument, and their bytes.

use crate::{
    batches::ARGUMENT,
    table::{constants, enumeration},
};

enumeration! {
    /// Words of the head.
    StreamHead {
        /// The stream. Written by the consumer.
        Number,
        /// For how many chunks the consumer gives credit back. Written by the consumer.
        Consumed,
        /// How many chunks are in the array.
        Count,
        /// 1 if the event loop of the consumer is to have its turn before the next ones.
        Turn,
    }
}

enumeration! {
    /// What a producer is told that has sent a chunk.
    Flow {
        /// It goes on.
        Go,
        /// It is woken when there is credit again.
        Full,
        /// It goes on after a turn of its event loop.
        Turn,
        /// Nobody consumes any more; the last chunk has not been sent.
        Closed,
    }
}

enumeration! {
    /// What a consumer has found that looked for a chunk.
    Look {
        /// Nothing: it is woken for the next one.
        Nothing,
        /// There is a chunk.
        Chunk,
        /// Something else has come.
        Other,
    }
}

constants! {
    /// How the array is laid out.
    Streaming {
    /// Words of the head.
    STREAM_HEAD: usize = StreamHead::COUNT.next_multiple_of(4),
    /// Most chunks that are taken at a time.
    CHUNKS: usize = 128,
    /// Where the bytes begin, in bytes.
    CHUNK_BYTES_AT: usize = (STREAM_HEAD + CHUNKS * ARGUMENT) * size_of::<i32>(),
    /// How many bytes the array has.
    CHUNK_ARRAY: usize = CHUNK_BYTES_AT + (64 << 10),
    }
}
