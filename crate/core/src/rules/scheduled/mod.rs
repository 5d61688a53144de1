//! The rules of a pool that has a [`Schedule`](crate::state::schedule::Schedule). What waits may not be free to start
//! there, so the questions "who is next?" and "is there a place?" have answers of their own. A pool without a schedule
//! never comes here.
//!
//! In a pool with a schedule every transition ends with a look at who waits (`settle`). So no rule has to know what
//! else a change may have made possible.

mod admission;
#[cfg(any(test, feature = "audit"))]
mod audit;
mod batch;
mod membership;
mod order;
mod preview;
mod serve;
mod shed;
mod verbs;
