//! Which requests a fault touches: never more than its share of those seen in the trailing ten seconds.
//!
//! The bound is `touched ≤ floor(share × seen)`. The traffic may stop at any moment, and then the window shrinks to
//! any few of the last requests, with what was touched among them. Nothing touched can be taken back, so the touches
//! must be sparse enough beforehand for *every* run of consecutive requests to keep the bound, whatever comes next.
//! [`pace`] is the highest even pace for which that is so, for runs whose share is at least [`GUARDED`] requests.

use std::time::Duration;

use super::spread::{BILLION, Spread, billionths};
use super::window::Window;

/// At each request that it touches, the bound holds in the trailing window, always. At every other instant too, whatever
/// the traffic does, in every window whose share is at least this many requests.
///
/// It has a price: the pace is about `GUARDED / (GUARDED + 1)` of the share, so 5 % comes to 4.8 %. No rule can do
/// better: once touches have been made and the traffic stops, the window shrinks to any few of the last requests.
const GUARDED: u64 = 20;

/// Says of each request of one fault, in the order in which they arrive, whether it's touched.
#[derive(Debug)]
pub(super) struct Share {
    share: u64,
    spread: Spread,
    window: Window,
}

impl Share {
    /// `share` (0..=1, read to a billionth) of the requests. Nothing has been seen yet.
    pub(super) fn new(share: f64) -> Self {
        let share = billionths(share);
        let (touches, requests) = pace(share);
        Self { share, spread: Spread::of(touches, requests), window: Window::new() }
    }

    /// Takes in a request that arrives at `now` (since any fixed origin) and says whether it's touched; without `room`
    /// it never is.
    pub(super) fn touches(&mut self, now: Duration, room: bool) -> bool {
        let Self { share, spread, window } = self;
        window.arrive(now);
        let touched = match *share {
            0 => false,
            // Exact arithmetic needs no gate here, and the window's careful counts would only get in the way.
            BILLION => room,
            share => spread.pick(|| room && window.touched_at_most() < floor_of(share, window.seen_at_least())),
        };
        if touched {
            window.touch();
        }
        touched
    }
}

/// `floor(share × seen)`, exactly.
fn floor_of(share: u64, seen: u64) -> u64 {
    u64::try_from(u128::from(share) * u128::from(seen) / u128::from(BILLION)).unwrap_or(u64::MAX)
}

/// The pace, as touches in requests, with which every run of `n` requests whose `share × n` is at least [`GUARDED`]
/// has at most `floor(share × n)` touches.
///
/// A run has at most `ceil(pace × n)` touches. The longest run that may have only `k` is `ceil((k + 1) / share) - 1`
/// long, so the pace is the least `k` over that length.
fn pace(share: u64) -> (u64, u64) {
    if share == 0 || share >= BILLION {
        return (share.min(1), 1);
    }
    let longest = |touches: u64| ((touches + 1) * BILLION).div_ceil(share) - 1;
    (GUARDED..GUARDED + 64)
        .map(|touches| (touches, longest(touches)))
        .min_by(|a, b| (u128::from(a.0) * u128::from(b.1)).cmp(&(u128::from(b.0) * u128::from(a.1))))
        .unwrap_or((0, 1))
}

#[cfg(test)]
#[path = "share_tests.rs"]
mod tests;
