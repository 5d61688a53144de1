//! A value on its way to another thread.

use std::ops::Deref;

/// So many bytes are kept in place. Memory that one thread allocates and another one frees costs both threads time, and the
/// allocator a lock.
const SMALL: usize = 55;

/// The bytes of a value. A caller may have any number of them, so a copy is made only where the caller can be told that there is no
/// memory for it.
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

/// The system gives no memory for a value. The caller is told so, and nothing has been changed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoMemory;

impl Bytes {
    /// A copy of `bytes`.
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

impl Value {
    /// The same value once more.
    pub(crate) fn copy(&self) -> Result<Self, NoMemory> {
        Ok(Self { kind: self.kind, number: self.number, bytes: Bytes::copy(&self.bytes)? })
    }
}

/// A value on its way to another thread. `kind` is a `ValueKind`.
#[derive(Debug, Default)]
pub(crate) struct Value {
    pub(crate) kind: u32,
    pub(crate) number: f64,
    pub(crate) bytes: Bytes,
}
