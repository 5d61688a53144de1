//! The rules: every change of the state is a transition here, a method of [`State`](crate::state::State). A transition
//! is one hold of the lock; it returns what its caller must do itself and leaves in `effects` what concerns others. The
//! pool carries those out after the unlock.

mod admission;
#[cfg(any(test, feature = "audit"))]
mod audit;
mod backlog;
mod batch;
mod boot;
mod broadcast;
pub(crate) mod close;
mod conditions;
pub(crate) mod depart;
mod exit;
mod fill;
mod reap;
mod run;
mod scheduled;
mod tune;
mod turns;
