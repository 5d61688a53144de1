//! Memory for values of many bytes. One thread fills it and another one empties it, which allocators answer with locks, and with
//! pages that they give back to the system and have to ask for again.

use std::sync::LazyLock;

use workpool_core::SpinLock;

/// Blocks that are kept for the next value, and the most bytes of one. Together they are the most that is kept: 4 MB.
const KEPT: usize = 16;
const MOST: usize = 256 << 10;

/// Those that were used last are used first: they are in a cache.
static FREE: LazyLock<SpinLock<Vec<Vec<u8>>>> = LazyLock::new(|| SpinLock::new(Vec::with_capacity(KEPT)));

/// An empty block with room for `length` bytes; `None` if there is no memory.
pub(crate) fn take(length: usize) -> Option<Vec<u8>> {
    if length <= MOST {
        let mut free = FREE.lock();
        // Not a much larger one, which a larger value may need.
        let fits = |block: &Vec<u8>| (length..=length.saturating_mul(2)).contains(&block.capacity());
        if let Some(place) = free.iter().rposition(fits) {
            return Some(free.swap_remove(place));
        }
    }
    let mut block = Vec::new();
    block.try_reserve_exact(length).ok()?;
    Some(block)
}

/// The value has arrived.
pub(crate) fn give_back(mut block: Vec<u8>) {
    if block.capacity() > MOST || block.capacity() == 0 {
        return;
    }
    block.clear();
    let mut free = FREE.lock();
    if free.len() < KEPT {
        free.push(block);
    }
}
