//! What a task belongs to.

use std::hash::Hasher;

/// Names what a task belongs to: a tenant, a host. The host makes it of the key's text, so that two texts have two
/// names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u128);

/// A key is as good as random: a part of it is a hash.
#[derive(Debug, Default)]
pub(crate) struct Part(u64);

impl Hasher for Part {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut part = [0; 8];
        for (to, &byte) in part.iter_mut().zip(bytes) {
            *to = byte;
        }
        self.0 = u64::from_ne_bytes(part);
    }
}
