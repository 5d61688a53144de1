//! What is to be done.

use napi::{Env, Error, Result, bindgen_prelude::ToNapiValue};

use crate::running::RunningJob;

/// What is to be done on a thread of the pool. As `napi::Task`.
pub trait Task: Send + Sized + 'static {
    /// What `compute` gives.
    type Output: Send + 'static;
    /// What the promise resolves with.
    type JsValue: ToNapiValue;

    /// Does the work, on a thread of the pool.
    ///
    /// # Errors
    /// The promise rejects with the error, see [`reject`](Self::reject). If it panics, the promise rejects with an `Error`
    /// whose `message` and `cause` are the text of the panic.
    fn compute(&mut self, job: &RunningJob) -> Result<Self::Output>;

    /// Makes the result, on the event loop. It is not called if the promise has been rejected before, because of a timeout
    /// or an abort.
    ///
    /// # Errors
    /// The promise rejects with the error.
    fn resolve(&mut self, env: Env, output: Self::Output) -> Result<Self::JsValue>;

    /// Makes the error with which the promise rejects, on the event loop, from the one that `compute` has given.
    fn reject(&mut self, _env: Env, error: Error) -> Error {
        error
    }
}
