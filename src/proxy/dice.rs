//! Numbers by chance: SplitMix64.

use std::hash::{BuildHasher, RandomState};

/// A sequence of numbers.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// One of its own, that nobody foresees.
    pub(super) fn new() -> Self {
        Self(RandomState::new().hash_one(0))
    }

    /// The one that begins with this number.
    pub(super) fn from(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next one in 0..=1.
    pub(super) fn roll(&mut self) -> f64 {
        self.next() as f64 / u64::MAX as f64
    }
}
