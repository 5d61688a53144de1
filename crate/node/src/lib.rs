//! The Node-API face of `workpool-core`: per isolate, the functions that TypeScript calls and the queue of what
//! it has to do; conversions and nothing else. No rule of the pool can be read here.
//!
//! `hot` holds what is called per task: raw Node-API functions with integers in and out (6–20 ns a call; a method of
//! a wrapped class takes a process-wide mutex and 155 ns). `cold` holds the rest, typed by napi-rs.

mod blocks;
mod calls;
mod cold;
mod face;
mod headroom;
mod hot;
mod isolate;
mod mailbox;
mod registers;
mod remote;
mod shapes;
mod shared;
