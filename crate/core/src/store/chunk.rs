//! How much a table grows at once.

/// So many entries a chunk has. One more chunk takes some microseconds.
pub(super) const CHUNK: usize = 1_024;
