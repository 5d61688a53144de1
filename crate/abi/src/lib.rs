//! What Rust and TypeScript agree on by number: registers, answers, commands, kinds of values, the layout of the exchange.
//!
//! Each number is declared here once, with its meaning. `npm run abi` writes the TypeScript side of it, `src/native/abi.ts`, and
//! `src/native/pool-stats.ts` from what the core counts; `npm run check` compares. A new counter is a line in
//! `crate/core/src/counters.rs`, and nothing here.

mod answers;
mod batches;
mod commands;
mod exchange;
mod measures;
mod registers;
mod streams;
mod table;
pub mod typescript;
mod values;

pub use answers::{
    Cancelled, How, Interruption, LAST_REFUSAL, Linger, NO_LIMIT, NONE, OTHER, Offer, Refusal, UNBOUNDED,
};
pub use batches::{ANSWER, ARGUMENT, ArgumentRow, BATCH_HEAD, BatchHead, BatchRow, HELD_AT_ONCE};
pub use commands::{CommandKind, HELD, Rejection, Vacancy, watched};
pub use exchange::{
    BYTES_AT, COLUMNS, Column, EXCHANGE, FIGURES, FIGURES_AT, Figure, OUTCOMES, OUTGOING_AT, OUTGOING_BYTES,
};
pub use measures::{BUCKETS, MEASURE, MEASURES, MeasureHead, MeasuresHead, STEPS, UNIT};
pub use registers::{ALERTS_AT, INCOMING, NUMBERS, OUTGOING, REGISTERS, Time, WORDS, Word};
pub use streams::{CHUNK_ARRAY, CHUNK_BYTES_AT, CHUNKS, Flow, Look, STREAM_HEAD, StreamHead};
pub use values::{ValueFlag, ValueKind};
