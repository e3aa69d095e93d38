//! The least value in a sliding window, in amortised constant time a sample (D. Lemire, "Streaming maximum-minimum filter
//! using no more than three comparisons per element", 2006).

use crate::base::Instant;

/// A sample that may still be the least of a window.
#[derive(Clone, Copy, Debug)]
struct Entry {
    value: f64,
    /// When the next sample took its place: until then it was in force.
    until: Instant,
}

/// The least value of a signal that holds each value until the next sample.
///
/// Holds the samples of one window at most, however long the signal is.
#[derive(Clone, Debug)]
pub struct SlidingMin {
    /// A ring whose length is a power of two. From `first` to `end`, entries rise in value and in time; the last is the
    /// latest sample.
    ring: Box<[Entry]>,
    first: usize,
    end: usize,
}

impl Default for SlidingMin {
    fn default() -> Self {
        Self { ring: vec![Entry::NONE; 16].into_boxed_slice(), first: 0, end: 0 }
    }
}

impl SlidingMin {
    /// Takes in a sample; times must grow.
    #[inline]
    pub fn push(&mut self, at: Instant, value: f64) {
        let mask = self.ring.len() - 1;
        let mut end = self.end;
        if end != self.first {
            self.ring[end.wrapping_sub(1) & mask].until = at;
        }
        while end != self.first && self.ring[end.wrapping_sub(1) & mask].value >= value {
            end = end.wrapping_sub(1);
        }
        self.end = end;
        if self.held() > mask {
            self.grow();
        }
        let mask = self.ring.len() - 1;
        self.ring[self.end & mask] = Entry { value, until: Instant(u64::MAX) };
        self.end = self.end.wrapping_add(1);
    }

    /// The least value that was in force from `start` on; above everything before the first sample. `start` must not go
    /// back.
    #[inline]
    pub fn since(&mut self, start: Instant) -> f64 {
        let mask = self.ring.len() - 1;
        while self.first != self.end {
            let entry = self.ring[self.first & mask];
            if entry.until > start {
                return entry.value;
            }
            self.first = self.first.wrapping_add(1);
        }
        f64::INFINITY
    }

    /// How many samples it holds.
    pub fn held(&self) -> usize {
        self.end.wrapping_sub(self.first)
    }

    #[cold]
    fn grow(&mut self) {
        let mask = self.ring.len() - 1;
        let mut larger = vec![Entry::NONE; self.ring.len() * 2];
        for (place, entry) in larger.iter_mut().enumerate().take(self.held()) {
            *entry = self.ring[self.first.wrapping_add(place) & mask];
        }
        (self.first, self.end) = (0, self.held());
        self.ring = larger.into_boxed_slice();
    }
}

impl Entry {
    const NONE: Self = Self { value: f64::INFINITY, until: Instant(0) };
}

#[cfg(test)]
mod tests {
    use super::SlidingMin;
    use crate::base::Instant;

    /// Samples that are no multiples of anything, so that a wrong window shows.
    fn samples() -> Vec<(Instant, f64)> {
        let mut state = 7_u64;
        let mut at = 0;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        let sample = |_| {
            at += 1 + next() % 5;
            (Instant(at), (next() % 100) as f64)
        };
        (0..2_000).map(sample).collect()
    }

    #[test]
    fn it_agrees_with_looking_at_every_sample() {
        let (samples, window) = (samples(), 17);
        let mut sliding = SlidingMin::default();
        for (place, (at, value)) in samples.iter().enumerate() {
            sliding.push(*at, *value);
            let start = at.0.saturating_sub(window);
            let in_force = samples[..=place].iter().rposition(|(before, _)| before.0 <= start).unwrap_or(0);
            let least = samples[in_force..=place].iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min);
            assert_eq!(sliding.since(Instant(start)), least);
        }
    }

    #[test]
    fn it_holds_no_more_than_a_window() {
        let mut sliding = SlidingMin::default();
        for at in 0..100_000 {
            sliding.push(Instant(at), at as f64);
            sliding.since(Instant(at.saturating_sub(50)));
            assert!(sliding.held() <= 52);
        }
    }
}
