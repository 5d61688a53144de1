//! Tables that grow and shrink a chunk at a time. A `Vec` that is full copies all that it has, and a `HashMap` moves it:
//! with a million entries that takes some milliseconds, for which the lock would be held. Here nothing that is in a table
//! is ever moved for others, and a chunk that is not used any more is given back.
//!
//! What is in the first chunk is reached as in a plain `Vec`: few pools have more than that.

mod by_hash;
mod by_number;
mod chunk;
mod row;
mod table;

pub(crate) use self::{
    by_hash::{ByHash, hash_of},
    by_number::ByNumber,
    row::Row,
    table::Table,
};
