//! Native jobs for addons that are made with [napi-rs](https://napi.rs): the work is done on the threads of a pool of
//! [workpool](https://www.npmjs.com/package/workpool), with its bounds, priorities and deadlines, and not on the four
//! threads of libuv.
//!
//! A [`Task`] has the shape of `napi::Task`. A function of the addon takes a ticket, which JavaScript makes by
//! `native.job({ timeout: 2_000 })`, and returns the promise that [`spawn`] gives:
//!
//! ```text
//! struct Reverse(String);
//!
//! impl Task for Reverse {
//!     type Output = String;
//!     type JsValue = String;
//!
//!     fn compute(&mut self, _job: &RunningJob) -> Result<String> {
//!         Ok(self.0.chars().rev().collect())
//!     }
//!
//!     fn resolve(&mut self, _env: Env, output: String) -> Result<String> {
//!         Ok(output)
//!     }
//! }
//!
//! #[napi]
//! pub fn reverse<'env>(env: &'env Env, ticket: Object<'env>, text: String) -> Result<PromiseRaw<'env, String>> {
//!     spawn(env, &ticket, Reverse(text))
//! }
//! ```
//!
//! No symbol of workpool is linked: the ticket leads to its functions. So an addon is built without workpool, and works
//! with every version that knows the same functions.

mod abi;
mod job;
mod running;
mod spawn;
mod task;

pub use running::RunningJob;
pub use spawn::spawn;
pub use task::Task;
