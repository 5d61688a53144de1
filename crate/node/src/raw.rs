//! What TypeScript calls per task: raw functions of Node-API, with integers in and out.

pub(crate) mod batches;
pub(crate) mod call;
pub(crate) mod closures;
pub(crate) mod commands;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod measures;
pub(crate) mod outcomes;
pub(crate) mod runs;
pub(crate) mod state;
pub(crate) mod streams;
mod submission;
pub(crate) mod tasks;
pub(crate) mod threads;
mod times;
pub(crate) mod values;
