//! The Node-API face of `workpool-core`: per isolate, the functions that TypeScript calls, and its mailbox; conversions and nothing else.
//! No rule of the pool can be read here.
//!
//! `raw` has what is called per task: raw functions of Node-API with integers in and out (6–20 ns a call; a method of a wrapped class
//! takes a process-wide mutex and 155 ns). `typed` has the rest, typed by napi-rs. `lifecycle` begins and ends an isolate.
//!
//! The modules stand in this order: each uses only those above it.

mod blocks;
mod keys;
mod slots;
mod value;

mod alert;
mod calls;
mod native;
mod progress;
mod times;

mod headroom;
mod mailbox;
mod registers;
mod shapes;

mod event_loop;

mod bell;

mod exchange;
mod exports;
mod options;
mod threads;

mod host;

mod pool;

mod shared;
mod streams;
mod worker;

mod handle;

mod isolate;

mod convert;
mod errors;

mod raw;
mod typed;

mod lifecycle;
