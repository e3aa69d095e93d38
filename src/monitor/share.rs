//! `for at least p% of block`: for how much of a time a condition held.

use super::robustness::Robustness;
use crate::base::Instant;
use std::time::Duration;

/// Time in which a condition held, in which it did not, and in which nobody knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Share {
    held: Duration,
    failed: Duration,
    unknown: Duration,
    /// The last sample at which it was known, and whether it held.
    last: Option<(Instant, bool)>,
}

impl Share {
    /// Time from `since` on passed without a sample that could be judged, up to `at`.
    pub fn unknown(&mut self, since: Instant, at: Instant) {
        self.unknown += at.since(since);
    }

    /// Takes in a sample at which it is known. A value holds for `stale` after its sample.
    pub fn take(&mut self, at: Instant, robustness: Robustness, stale: Duration) {
        self.pass(at, stale);
        self.last = Some((at, robustness.holds()));
    }

    /// Lets time pass up to `at`.
    pub fn pass(&mut self, at: Instant, stale: Duration) {
        let Some((last, held)) = self.last else { return };
        let passed = at.since(last);
        let known = passed.min(stale);
        *(if held { &mut self.held } else { &mut self.failed }) += known;
        self.unknown += passed - known;
        self.last = Some((last.max(at), held));
    }

    /// The least and the greatest share of the time for which it held; none of no time.
    pub fn bounds(&self) -> Option<(f64, f64)> {
        let all = (self.held + self.failed + self.unknown).as_secs_f64();
        let part = |time: Duration| time.as_secs_f64() / all;
        (all > 0.0).then(|| (part(self.held), part(self.held + self.unknown)))
    }

    /// Whether it cannot reach `least` any more, if the time is `longest` at most.
    pub fn is_lost(&self, least: f64, longest: Duration) -> bool {
        // What is lost by rounding alone is not.
        self.failed.as_secs_f64() > (1.0 - least) * longest.as_secs_f64() + 1e-9
    }
}

#[cfg(test)]
mod tests {
    use super::{Robustness, Share};
    use crate::base::Instant;
    use std::time::Duration;

    fn second(at: u64) -> Instant {
        Instant(at * 1_000_000_000)
    }

    const STALE: Duration = Duration::from_millis(2_500);

    #[test]
    fn each_sample_counts_for_the_time_it_is_in_force() {
        let mut share = Share::default();
        for (at, value) in [(0, 1.0), (1, 1.0), (2, -1.0), (3, 1.0)] {
            share.take(second(at), Robustness::point(value), STALE);
        }
        share.pass(second(4), STALE);
        assert_eq!(share.bounds(), Some((0.75, 0.75)));
    }

    #[test]
    fn what_is_unknown_could_be_either() {
        let mut share = Share::default();
        share.take(second(0), Robustness::TRUE, STALE);
        share.pass(second(10), STALE);
        assert_eq!(share.bounds(), Some((0.25, 1.0)));
        assert_eq!(Share::default().bounds(), None);
    }

    #[test]
    fn it_is_lost_once_the_rest_cannot_make_up_for_it() {
        let mut share = Share::default();
        share.take(second(0), Robustness::FALSE, STALE);
        share.pass(second(2), STALE);
        assert!(share.is_lost(0.9, Duration::from_secs(10)));
        assert!(!share.is_lost(0.8, Duration::from_secs(10)));
    }
}
