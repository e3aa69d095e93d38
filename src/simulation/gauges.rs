//! What a source would show of a metric: as its binding makes it of series.

use crate::base::Instant;
use crate::monitor::quantile::Buckets;
use crate::monitor::{Point, Sample};
use crate::types::model::How;

/// Part of the time since the last read, with a value of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// The metric's value.
    pub value: f64,
    /// Requests that came in it.
    pub requests: f64,
}

/// What happened to a metric since it was read before.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// When it was read before.
    pub from: Option<Instant>,
    /// When it is read.
    pub at: Instant,
    /// Its value now.
    pub now: f64,
    /// What its values were meanwhile.
    pub parts: Vec<Part>,
    /// How much it grew, if it is a counter.
    pub grown: f64,
}

/// The sample that a binding makes of it. What counts tells nothing at its first read.
pub fn sample(how: &How, stretch: &Stretch) -> Option<Sample> {
    let parts = &stretch.parts;
    let sum = || parts.iter().map(|part| part.value * part.requests).sum();
    let point = match how {
        How::Ratio { .. } => Point::Ratio { good: sum(), all: parts.iter().map(|part| part.requests).sum() },
        How::Counter(_) => Point::Increase(stretch.grown),
        How::Histogram { .. } => Point::Histogram { buckets: around(parts), sum: sum() },
        How::Query { .. } | How::Probe { .. } | How::Gauge { .. } => Point::Gauge(stretch.now),
    };
    let counts = !matches!(point, Point::Gauge(_));
    let from = if counts { stretch.from? } else { stretch.at };
    Some(Sample { from, at: stretch.at, value: Ok(point) })
}

/// How much a counter grew between two levels. One that fell was reset, and grew from zero.
pub fn growth(before: f64, now: f64) -> f64 {
    if now < before { now } else { now - before }
}

/// All observations within a millionth of their values.
fn around(parts: &[Part]) -> Buckets {
    let mut sorted = parts.to_vec();
    sorted.sort_by(|a, b| a.value.total_cmp(&b.value));
    let (mut buckets, mut below) = (Buckets::default(), 0.0);
    for same in sorted.chunk_by(|a, b| a.value == b.value) {
        let value = same.first().map_or(0.0, |part| part.value);
        if value > 0.0 {
            buckets.put(value * (1.0 - 1e-6), below);
        }
        below += same.iter().map(|part| part.requests).sum::<f64>();
        buckets.put(value, below);
    }
    buckets.put(f64::INFINITY, below);
    buckets
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Part, around, growth};
    use crate::monitor::quantile::quantile;

    #[test]
    fn a_counter_that_fell_grew_from_zero() {
        assert_eq!([growth(0.0, 5.0), growth(5.0, 5.0), growth(5.0, 3.0), growth(5.0, 0.0)], [5.0, 0.0, 3.0, 0.0]);
    }

    #[test]
    fn every_quantile_of_a_narrow_histogram_is_its_value() {
        for value in [0.0, 0.25, 3.0] {
            for q in [0.5, 0.95, 0.99] {
                let found = quantile(q, &around(&[Part { value, requests: 100.0 }])).unwrap();
                assert!((found.lo - value).abs() <= 1e-6 * value.max(1e-9), "p{q} of {value}: {found:?}");
            }
        }
    }

    #[test]
    fn a_histogram_holds_all_that_came_in_its_time() {
        let part = |value, requests| Part { value, requests };
        let mixed = around(&[part(2.0, 10.0), part(0.1, 50.0), part(0.2, 30.0), part(0.1, 10.0)]);
        assert_eq!(mixed.count(), 100.0);
        for (q, value) in [(0.5, 0.1), (0.8, 0.2), (0.95, 2.0)] {
            let found = quantile(q, &mixed).unwrap();
            assert!((found.lo - value).abs() <= 1e-5, "p{q}: {found:?}");
        }
    }
}
