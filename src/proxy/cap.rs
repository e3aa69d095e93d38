//! How many requests a second there may be: of those that are touched, over all faults of the proxy (`limit requests`),
//! or of those that a fault lets pass.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::base::rate::allowance;

/// So many touches are remembered, at most; above that nothing is touched.
const REMEMBERED: usize = 1_000_000;

/// The requests that were counted last.
#[derive(Debug, Default)]
pub(super) struct Cap {
    touches: VecDeque<Instant>,
}

impl Cap {
    /// Nothing has been touched yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Whether one more request may be touched `now`, so that no window of the rate's length has more than it allows.
    pub(super) fn has_room(&self, per_second: f64, now: Instant) -> bool {
        self.room_in(per_second, now).is_some_and(|wait| wait.is_zero()) && self.touches.len() < REMEMBERED
    }

    /// After how long there is room for one more, if nothing is touched meanwhile; there may never be.
    pub(super) fn room_in(&self, per_second: f64, now: Instant) -> Option<Duration> {
        let (window, most) = allowance(per_second);
        // The oldest of those that must not all be in one window with one more.
        let oldest = self.touches.len().checked_sub(most).filter(|_| most > 0).map(|at| self.touches.get(at));
        match oldest {
            Some(Some(at)) => Some(window.saturating_sub(now.saturating_duration_since(*at))),
            _ => (most > 0).then_some(Duration::ZERO),
        }
    }

    /// Counts a request that is touched `now`, and forgets what is too old to matter for a rate of at least `least`.
    pub(super) fn touch(&mut self, least: f64, now: Instant) {
        let (window, _) = allowance(least);
        while self.touches.front().is_some_and(|at| now.saturating_duration_since(*at) >= window) {
            self.touches.pop_front();
        }
        self.touches.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::Cap;
    use std::time::{Duration, Instant};

    /// When requests are touched, in milliseconds, of one every `every` milliseconds.
    fn touched(per_second: f64, every: u64, until: u64) -> Vec<u64> {
        let (mut cap, start) = (Cap::new(), Instant::now());
        let arrivals = (0..until).step_by(usize::try_from(every).unwrap_or(1));
        let lets = arrivals.filter(|at| {
            let now = start + Duration::from_millis(*at);
            let room = cap.has_room(per_second, now);
            if room {
                cap.touch(per_second, now);
            }
            room
        });
        lets.collect()
    }

    #[test]
    fn no_second_has_more_than_the_rate() {
        for rate in [1_usize, 3, 20, 200] {
            let at = touched(rate as f64, 2, 10_000);
            assert!(at.len() >= rate * 9, "{rate}: {}", at.len());
            let crowded = at.windows(rate + 1).find(|run| run[rate] - run[0] < 1000);
            assert_eq!(crowded, None, "{rate}");
        }
    }

    #[test]
    fn a_rate_below_one_a_second_leaves_time_between_two() {
        assert_eq!(touched(0.25, 500, 13_000), [0, 4000, 8000, 12_000]);
        assert_eq!(touched(1.5, 100, 3000), [0, 1000, 2000]);
    }

    #[test]
    fn none_is_none() {
        assert!(touched(0.0, 10, 5000).is_empty());
    }
}
