//! What TypeScript calls once in a while, typed by napi-rs. The first argument is always the id that the isolate was given.

mod access;
mod broadcast;
mod inspection;
mod natives;
mod occupations;
mod pools;
mod process;
mod threads;
mod watches;
