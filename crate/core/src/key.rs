//! What a task belongs to.

/// Names what a task belongs to: a tenant, a host. The host makes it of the key's text, so that two texts have two
/// names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u128);

impl Key {
    /// A part of it: a key is as good as random, so that is a hash.
    pub(crate) const fn part(self) -> u32 {
        self.0 as u32
    }
}
