//! What a source would show of a value: as its binding makes it of series.

use crate::base::Instant;
use crate::monitor::quantile::Buckets;
use crate::monitor::{Point, Sample};
use crate::types::model::How;
use crate::types::trial::Course;

/// What a metric is at the time of a read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shown<'a> {
    /// A value; of a counter, how much it grows a second.
    Value(f64),
    /// A course that is given, from when it began.
    Course(&'a Course, Instant),
}

/// The time of a read, and what passed in it.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// When the metric was read before.
    pub from: Option<Instant>,
    /// When it is read.
    pub at: Instant,
    /// Requests in between.
    pub requests: f64,
}

/// The sample that a binding makes of it. What counts tells nothing at its first read.
pub fn sample(how: &How, shown: Shown, stretch: Stretch) -> Option<Sample> {
    let value = match shown {
        Shown::Value(value) => value,
        Shown::Course(course, began) => course.at(stretch.at.since(began).as_secs_f64()),
    };
    let requests = stretch.requests;
    let point = match how {
        How::Ratio { .. } => Point::Ratio { good: value * requests, all: requests },
        How::Counter(_) => Point::Increase(growth(shown, stretch)),
        How::Histogram { .. } => Point::Histogram { buckets: around(value, requests), sum: value * requests },
        How::Query { .. } | How::Probe { .. } | How::Gauge { .. } => Point::Gauge(value),
    };
    let counts = !matches!(point, Point::Gauge(_));
    let from = if counts { stretch.from? } else { stretch.at };
    Some(Sample { from, at: stretch.at, value: Ok(point) })
}

/// How much a counter grew. One of which values are given stood at zero before.
fn growth(shown: Shown, stretch: Stretch) -> f64 {
    let Some(from) = stretch.from else { return 0.0 };
    match shown {
        Shown::Value(rate) => rate * stretch.at.since(from).as_secs_f64(),
        Shown::Course(course, began) => {
            let level = |at: Instant| if at < began { 0.0 } else { course.at(at.since(began).as_secs_f64()) };
            (level(stretch.at) - level(from)).max(0.0)
        }
    }
}

/// All observations within a millionth of a value.
fn around(value: f64, count: f64) -> Buckets {
    let mut buckets = Buckets::default();
    if value > 0.0 {
        buckets.put(value * (1.0 - 1e-6), 0.0);
    }
    buckets.put(value, count);
    buckets.put(f64::INFINITY, count);
    buckets
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Shown, Stretch, around, growth};
    use crate::base::Instant;
    use crate::monitor::quantile::quantile;
    use crate::types::trial::Course;

    fn at(seconds: u64) -> Instant {
        Instant(seconds * 1_000_000_000)
    }

    #[test]
    fn a_counter_that_is_given_jumps_once() {
        let course = Course::One(5.0);
        let grown = |from, to| {
            growth(Shown::Course(&course, at(10)), Stretch { from: Some(at(from)), at: at(to), requests: 0.0 })
        };
        assert_eq!([grown(8, 9), grown(9, 10), grown(10, 11)], [0.0, 5.0, 0.0]);
        let growing = Stretch { from: Some(at(1)), at: at(3), requests: 0.0 };
        assert_eq!(growth(Shown::Value(2.0), growing), 4.0);
    }

    #[test]
    fn every_quantile_of_a_narrow_histogram_is_its_value() {
        for value in [0.0, 0.25, 3.0] {
            for q in [0.5, 0.95, 0.99] {
                let found = quantile(q, &around(value, 100.0)).unwrap();
                assert!((found.lo - value).abs() <= 1e-6 * value.max(1e-9), "p{q} of {value}: {found:?}");
            }
        }
    }
}
