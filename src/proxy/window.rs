//! The trailing ten seconds of one fault's traffic, counted in buckets that never favour touching a request.

use std::time::Duration;

/// How far back the window reaches.
pub(super) const SPAN: Duration = Duration::from_secs(10);

const BUCKET: Duration = Duration::from_millis(50);
/// The buckets that a span can overlap: 200 whole ones, and one that is only partly within it.
const SLOTS: usize = (SPAN.as_millis() / BUCKET.as_millis()) as usize + 1;

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    seen: u64,
    touched: u64,
}

/// A rolling count of requests seen and touched.
///
/// Of the oldest bucket, part has already left the window. It counts towards `touched` and not towards `seen`, so that
/// a bound checked here holds for the exact timestamps also.
#[derive(Debug)]
pub(super) struct Window {
    buckets: Box<[Bucket; SLOTS]>,
    newest: u64,
    total: Bucket,
}

impl Window {
    /// An empty window.
    pub(super) fn new() -> Self {
        Self { buckets: Box::new([Bucket::default(); SLOTS]), newest: 0, total: Bucket::default() }
    }

    /// Counts a request that arrives at `now` (since any fixed origin). A clock that steps back counts as standing still.
    pub(super) fn arrive(&mut self, now: Duration) {
        self.advance(bucket_at(now));
        self.total.seen += 1;
        self.bucket(self.newest).seen += 1;
    }

    /// Marks the request that arrived last as touched.
    pub(super) fn touch(&mut self) {
        self.total.touched += 1;
        self.bucket(self.newest).touched += 1;
    }

    /// At most the requests that arrived within the window.
    pub(super) fn seen_at_least(&mut self) -> u64 {
        // The ring is full: the slot after the newest is the oldest one.
        self.total.seen - self.bucket(self.newest + 1).seen
    }

    /// At least the requests touched within the window.
    pub(super) fn touched_at_most(&self) -> u64 {
        self.total.touched
    }

    fn advance(&mut self, to: u64) {
        if to <= self.newest {
            return;
        }
        let passed = (to - self.newest).min(SLOTS as u64);
        for index in to + 1 - passed..=to {
            let left = std::mem::take(self.bucket(index));
            self.total.seen -= left.seen;
            self.total.touched -= left.touched;
        }
        self.newest = to;
    }

    fn bucket(&mut self, index: u64) -> &mut Bucket {
        &mut self.buckets[(index % SLOTS as u64) as usize]
    }
}

fn bucket_at(now: Duration) -> u64 {
    u64::try_from(now.as_nanos() / BUCKET.as_nanos()).unwrap_or(u64::MAX - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn counts_what_arrived_within_ten_seconds() {
        let mut window = Window::new();
        for second in 0..20 {
            window.arrive(at(second * 1000));
            window.touch();
        }
        // 10 s..=19 s, and the bucket on the edge, of 9 s.
        assert_eq!(window.seen_at_least(), 10);
        assert_eq!(window.touched_at_most(), 11);
    }

    #[test]
    fn the_bucket_on_the_edge_counts_against_touching() {
        let mut window = Window::new();
        window.arrive(at(40));
        window.touch();
        window.arrive(at(10_045));
        assert_eq!(window.seen_at_least(), 1, "the first has left the window or is about to");
        assert_eq!(window.touched_at_most(), 1, "at 10.045 s the window's edge lies inside the first bucket");
    }

    #[test]
    fn a_long_silence_empties_it() {
        let mut window = Window::new();
        for _ in 0..5 {
            window.arrive(at(0));
            window.touch();
        }
        window.arrive(Duration::from_secs(86_400 * 365));
        assert_eq!((window.seen_at_least(), window.touched_at_most()), (1, 0));
    }

    #[test]
    fn a_clock_that_steps_back_stands_still() {
        let mut window = Window::new();
        window.arrive(at(5000));
        window.arrive(at(0));
        assert_eq!(window.seen_at_least(), 2);
    }
}
