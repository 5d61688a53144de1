//! What tasks belong to: the text of a key becomes a name that the core knows. No text is kept.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::LazyLock,
};

use workpool_core::Key;

/// The secrets of this process. The names of two texts are equal by chance only, one in 2¹²⁸; without the secrets nobody can find two
/// texts whose names are equal.
static SECRETS: LazyLock<[RandomState; 2]> = LazyLock::new(<[RandomState; 2]>::default);

/// The name of a text, the same in every isolate of this process. UTF-16 units, as a text may have surrogates that stand alone.
pub(crate) fn key_of(text: &[u16]) -> Key {
    let [high, low] = SECRETS.each_ref().map(|secret| {
        let mut hasher = secret.build_hasher();
        for units in text.chunks(4) {
            hasher.write_u64(units.iter().fold(0, |word, &unit| word << u16::BITS | u64::from(unit)));
        }
        // The last word says what it has, but not of how many units.
        hasher.write_usize(text.len());
        hasher.finish()
    });
    Key(u128::from(high) << u64::BITS | u128::from(low))
}
