//! Memory for values of many bytes. One thread fills a block and another one empties it. Allocators answer that with locks, and with
//! pages that they give back to the system and ask for again; so blocks are kept.

use std::sync::LazyLock;

use workpool_core::SpinLock;

/// How many blocks are kept for later values, and how many bytes a kept block has at most: 4 MB together.
const KEPT: usize = 16;
const MOST: usize = 256 << 10;

/// The blocks that are kept. The one that was used last is used first, as it is in a cache.
static FREE: LazyLock<SpinLock<Vec<Vec<u8>>>> = LazyLock::new(|| SpinLock::new(Vec::with_capacity(KEPT)));

/// An empty block with room for `length` bytes; `None` if there is no memory.
pub(crate) fn take(length: usize) -> Option<Vec<u8>> {
    if length <= MOST {
        let mut free = FREE.lock();
        // A much larger block is left for a larger value.
        let fits = |block: &Vec<u8>| (length..=length.saturating_mul(2)).contains(&block.capacity());
        if let Some(place) = free.iter().rposition(fits) {
            return Some(free.swap_remove(place));
        }
    }
    let mut block = Vec::new();
    block.try_reserve_exact(length).ok()?;
    Some(block)
}

/// The value has arrived, so the block is free.
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
