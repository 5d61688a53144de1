//! Native jobs: what other addons have done on the threads of a pool. `include/workpool.h` is the other side of what is
//! `repr(C)` here.

pub(crate) mod desk;
pub(crate) mod job;
pub(crate) mod natives;
pub(crate) mod pin;
pub(crate) mod table;
pub(crate) mod task;
mod work;
