//! What concerns nobody but the call itself: its clock, and its random numbers.

use super::ask::State;
use crate::injector::bindings::v0_2::chaos::injector::{clock, random};
use crate::injector::call::nanoseconds;
use crate::injector::limits::CALL_TIMEOUT;
use std::time::Duration;

impl clock::Host for State {
    async fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(nanoseconds(self.began.elapsed()))
    }

    async fn sleep(&mut self, time: u64) -> wasmtime::Result<()> {
        tokio::time::sleep(Duration::from_nanos(time).min(CALL_TIMEOUT)).await;
        Ok(())
    }
}

impl random::Host for State {
    /// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
    async fn next(&mut self) -> wasmtime::Result<u64> {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(mixed ^ (mixed >> 31))
    }
}
