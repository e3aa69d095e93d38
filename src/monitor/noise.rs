//! How much a reading moves by itself: what the baseline showed.

use super::quantile::{Buckets, quantile};
use super::signal::{Point, Sample};
use super::statistics::correlation::{autocorrelation, inflation};
use super::statistics::distribution::{normal_above, student_bound};
use super::statistics::proportion::{Counts, correlation};
use super::statistics::spread::robust;
use crate::types::Type;
use crate::types::term::{Aggregate, Reading};

/// Within so many standard deviations a value is what it was.
const WITHIN: f64 = 3.0;

/// The middle and the spread of a reading over the baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// The median.
    pub middle: f64,
    /// The robust standard deviation; above zero.
    pub spread: f64,
    /// How many independent values it is known from.
    pub independent: f64,
}

impl Noise {
    /// Of a reading's values over the baseline, each over a window of so many seconds. `samples` are those of its metric, and
    /// span `length` seconds. None where nothing is known.
    pub fn of(reading: &Reading, values: &[f64], samples: &[Sample], window: f64, length: f64) -> Option<Self> {
        let (middle, spread) = robust(values)?;
        let least = match counted(samples) {
            Some(counts) => counting(counts, (window / length).clamp(0.0, 1.0)),
            None if spread > 0.0 => ranked(reading.aggregate, samples, (window / length).clamp(0.0, 1.0)),
            None => unmoved(reading, middle),
        };
        let independent = values.len() as f64 / inflation(autocorrelation(values));
        Some(Self { middle, spread: spread.max(least), independent })
    }

    /// How far a value is from the middle, in standard deviations.
    pub fn deviations(&self, value: f64) -> f64 {
        (value - self.middle) / self.spread
    }

    /// The value that is so many standard deviations from the middle.
    pub fn value(&self, deviations: f64) -> f64 {
        self.middle + deviations * self.spread
    }

    /// The deviations up to which a value is what it was. What is known from few values is known less well.
    pub fn allowed(&self) -> f64 {
        student_bound(normal_above(WITHIN), (self.independent - 1.0).max(1.0)).clamp(WITHIN, 10.0 * WITHIN)
    }
}

/// The counts of a share, as many as they are worth.
fn counted(samples: &[Sample]) -> Option<Counts> {
    let counts = |sample: &Sample| match sample.value {
        Ok(Point::Ratio { good, all }) => Some(Counts { good, all }),
        _ => None,
    };
    let intervals: Vec<Counts> = samples.iter().filter_map(counts).collect();
    (!intervals.is_empty()).then(|| Counts::spread(&intervals, correlation(&intervals)))
}

/// A share that never moved may still move by chance: by the standard deviation of a count of requests.
fn counting(counts: Counts, part: f64) -> f64 {
    let share = (counts.good + 1.0) / (counts.all + 2.0);
    (share * (1.0 - share) / (counts.all * part).max(1.0)).sqrt()
}

/// A quantile of a histogram moves by chance, too: by as much as its rank does, which is a count of requests.
fn ranked(aggregate: Aggregate, samples: &[Sample], part: f64) -> f64 {
    let Aggregate::Quantile(q) = aggregate else { return 0.0 };
    let mut all = Buckets::default();
    for sample in samples {
        if let Ok(Point::Histogram { buckets, .. }) = &sample.value {
            all.add(buckets);
        }
    }
    let deviation = (q * (1.0 - q) / (all.count() * part).max(1.0)).sqrt();
    let at = |q: f64| quantile(q.clamp(0.0, 1.0), &all).map(|value| value.lo);
    match (at(q - deviation), at(q + deviation)) {
        (Some(low), Some(high)) => (high - low) / 2.0,
        _ => 0.0,
    }
}

/// A value that never moved: 1% of it counts as one deviation; where it is zero, or a count of things, one.
fn unmoved(reading: &Reading, middle: f64) -> f64 {
    let part = if middle == 0.0 { 1.0 } else { 0.01 * middle.abs() };
    if reading.ty == Type::Count { part.max(1.0) } else { part }
}
