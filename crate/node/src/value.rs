//! A value on its way to another thread.

use std::ops::Deref;

/// As many bytes as small values have are kept in place: memory that one thread allocates and another one frees costs both of
/// them, and the allocator a lock.
const SMALL: usize = 55;

/// The bytes of a value. As many as a caller likes, so a copy is made only where it may fail.
#[derive(Debug)]
pub(crate) enum Bytes {
    Small { length: u8, data: [u8; SMALL] },
    Large(Vec<u8>),
}

impl Default for Bytes {
    fn default() -> Self {
        Self::Small { length: 0, data: [0; SMALL] }
    }
}

/// The system gives no memory for a value. Whoever has called learns of it; nothing has been changed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoMemory;

impl Bytes {
    /// A copy.
    pub(crate) fn copy(bytes: &[u8]) -> Result<Self, NoMemory> {
        if bytes.len() > SMALL {
            let mut copy = Vec::new();
            copy.try_reserve_exact(bytes.len()).map_err(|_| NoMemory)?;
            copy.extend_from_slice(bytes);
            return Ok(Self::Large(copy));
        }
        let mut data = [0; SMALL];
        data[..bytes.len()].copy_from_slice(bytes);
        Ok(Self::Small { length: bytes.len() as u8, data })
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Small { length, data } => &data[..usize::from(*length)],
            Self::Large(bytes) => bytes,
        }
    }
}

/// A value on its way to another thread; of its kind `ValueKind`.
#[derive(Debug, Default)]
pub(crate) struct Value {
    pub(crate) kind: u32,
    pub(crate) number: f64,
    pub(crate) bytes: Bytes,
}
