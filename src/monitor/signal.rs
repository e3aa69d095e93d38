//! A metric over time, as intervals: what happened between two reads.

use super::quantile::{Buckets, quantile};
use super::statistics::order;
use crate::base::{Instant, Interval, number};
use crate::types::term::{Aggregate, MetricId, Reading};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

/// What one read adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Point {
    /// Good and all events since the read before.
    Ratio {
        /// Good ones.
        #[serde(with = "number")]
        good: f64,
        /// All.
        #[serde(with = "number")]
        all: f64,
    },
    /// Growth of a counter since the read before.
    Increase(#[serde(with = "number")] f64),
    /// Growth of a histogram's buckets since the read before.
    Histogram {
        /// By upper bound, cumulative over bounds.
        buckets: Buckets,
        /// Growth of the sum.
        #[serde(with = "number")]
        sum: f64,
    },
    /// The value at the time of the read.
    Gauge(#[serde(with = "number")] f64),
}

/// Why a value is unknown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Nothing was read yet, or nothing in the window.
    NoSample,
    /// Nothing happened in the window: no requests, so no share of them.
    NoTraffic,
    /// The source could not be read.
    Unreadable(String),
    /// The source answers but has no such series.
    NoSeries(String),
    /// The value is not a number.
    NotANumber,
    /// The value is one that the metric cannot have: most often its binding takes it for another unit.
    OutOfRange {
        /// What the source gave, in base units.
        #[serde(with = "number")]
        value: f64,
        /// The least that the metric can be.
        #[serde(with = "number")]
        lo: f64,
        /// The most.
        #[serde(with = "number")]
        hi: f64,
    },
    /// The value lies beyond the histogram's last bound, and the bound it is compared with does too.
    BeyondBuckets,
    /// A value of the baseline is unknown.
    NoBaseline,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::NoSample => f.write_str("no sample in time"),
            Cause::NoTraffic => f.write_str("no requests in the window"),
            Cause::Unreadable(reason) => write!(f, "the source cannot be read: {reason}"),
            Cause::NoSeries(name) => write!(f, "the source has no series `{name}`"),
            Cause::NotANumber => f.write_str("not a number"),
            Cause::OutOfRange { value, lo, hi } => {
                let what = "the binding may need a `unit`";
                write!(f, "it gives {value}, and the metric lies between {lo} and {hi}: {what}")
            }
            Cause::BeyondBuckets => f.write_str("it lies beyond the histogram's last bound"),
            Cause::NoBaseline => f.write_str("its value in the baseline is unknown"),
        }
    }
}

/// One read of a metric: what happened in `(from, at]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Where what it tells begins: at the read before for what was counted since; for a gauge at its own time, or earlier
    /// where a server made it of a range.
    pub from: Instant,
    /// The start of this read, or the time that its source gives it.
    pub at: Instant,
    /// What it gave.
    pub value: Result<Point, Cause>,
}

/// A value with the start of what it was computed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    /// In base units: one number, but for what lies beyond a histogram's last bound.
    pub value: Interval,
    /// The start of the first interval in it.
    pub from: Instant,
}

/// Samples kept, at most; older ones are dropped.
const KEPT: usize = 100_000;

/// A metric's samples, in order of time.
#[derive(Clone, Debug)]
pub struct Signal {
    samples: VecDeque<Sample>,
    /// How long a value holds after its sample.
    pub stale_after: Duration,
}

impl Signal {
    /// An empty signal.
    pub fn new(stale_after: Duration) -> Self {
        Self { samples: VecDeque::new(), stale_after }
    }

    /// Adds a sample. One that comes late is put in its place; of two at the same moment the first stays.
    pub fn push(&mut self, sample: Sample) {
        let place = self.samples.partition_point(|other| other.at < sample.at);
        if self.samples.get(place).is_some_and(|other| other.at == sample.at) {
            return;
        }
        // A read of a counter covers the failed ones before it: what grew meanwhile is in it.
        let covers = sample.value.as_ref().is_ok_and(|point| !matches!(point, Point::Gauge(_)));
        while covers && self.samples.back().is_some_and(|last| last.value.is_err() && last.at > sample.from) {
            self.samples.pop_back();
        }
        if place < self.samples.len() && sample.value.is_ok() {
            self.learn(&sample);
        }
        if self.samples.len() == KEPT {
            self.samples.pop_front();
        }
        let place = self.samples.partition_point(|other| other.at < sample.at);
        self.samples.insert(place, sample);
    }

    /// A value that comes late tells what reads that failed did not, for as long as it holds.
    fn learn(&mut self, late: &Sample) {
        let until = late.at + self.stale_after;
        let mut place = self.samples.partition_point(|other| other.at < late.at);
        while let Some(other) = self.samples.get(place).filter(|other| other.at <= until) {
            if matches!(other.value, Err(Cause::Unreadable(_))) && other.from <= late.at {
                self.samples.remove(place);
            } else {
                place += 1;
            }
        }
    }

    /// Whether any of its samples has a value.
    pub fn is_known(&self) -> bool {
        self.samples.iter().any(|sample| sample.value.is_ok())
    }

    /// The times of samples after `since`.
    pub fn instants(&self, since: Instant) -> impl Iterator<Item = Instant> {
        let first = self.samples.partition_point(|sample| sample.at <= since);
        self.samples.range(first..).map(|sample| sample.at)
    }

    /// Samples whose whole interval lies in `[start, end]`.
    pub fn inside(&self, start: Instant, end: Instant) -> impl Iterator<Item = &Sample> {
        let first = self.samples.partition_point(|sample| sample.at < start);
        self.samples.range(first..).take_while(move |sample| sample.at <= end).filter(move |it| it.from >= start)
    }

    /// Samples in `(at − window, at]`.
    fn within(&self, at: Instant, window: Duration) -> impl DoubleEndedIterator<Item = &Sample> {
        let start = at - window;
        let first = self.samples.partition_point(|sample| sample.at <= start);
        let last = self.samples.partition_point(|sample| sample.at <= at);
        self.samples.range(first.min(last)..last)
    }

    /// The aggregate over `(at − window, at]`. An interval that began before counts by the part that lies inside.
    ///
    /// # Errors
    /// Why it is unknown.
    pub fn read(&self, aggregate: Aggregate, at: Instant, window: Duration) -> Result<Value, Cause> {
        self.aggregate(aggregate, at, window, true)
    }

    /// By how much a counter grew from `start` on. The first interval began before, and counts whole: a loss in the first
    /// moments is no pass.
    ///
    /// # Errors
    /// Why it is unknown.
    pub fn grown(&self, at: Instant, start: Instant) -> Result<Value, Cause> {
        let value = self.aggregate(Aggregate::Increase, at, at.since(start), false)?;
        Ok(Value { from: start, ..value })
    }

    fn aggregate(&self, aggregate: Aggregate, at: Instant, window: Duration, partly: bool) -> Result<Value, Cause> {
        let latest = self.within(at, self.stale_after).next_back();
        let latest = latest.ok_or_else(|| self.why_none(at))?;
        if aggregate == Aggregate::Plain && matches!(latest.value, Ok(Point::Gauge(_))) {
            let value = latest.value.clone()?;
            return gauge(&value).map(|value| Value { value: Interval::point(value), from: latest.from });
        }
        latest.value.as_ref().map_err(Clone::clone)?;
        let samples: Vec<&Sample> = self.within(at, window).collect();
        let from = samples.first().map_or(at, |sample| sample.from);
        let points: Vec<&Point> = samples.iter().filter_map(|sample| sample.value.as_ref().ok()).collect();
        if points.len() < samples.len() || points.is_empty() {
            return Err(samples.iter().find_map(|sample| sample.value.clone().err()).unwrap_or(Cause::NoSample));
        }
        let first = samples.first().map_or(1.0, |sample| if partly { sample.share_after(at - window) } else { 1.0 });
        aggregated(aggregate, &points, first, window.as_secs_f64()).map(|value| Value { value, from })
    }

    fn why_none(&self, at: Instant) -> Cause {
        let before = self.samples.iter().rev().find(|sample| sample.at <= at);
        before.and_then(|sample| sample.value.clone().err()).unwrap_or(Cause::NoSample)
    }
}

impl Sample {
    /// The part of its interval that lies after `start`.
    fn share_after(&self, start: Instant) -> f64 {
        let whole = self.at.since(self.from).as_secs_f64();
        if self.from >= start || whole <= 0.0 { 1.0 } else { self.at.since(start).as_secs_f64() / whole }
    }
}

fn gauge(point: &Point) -> Result<f64, Cause> {
    match point {
        Point::Gauge(value) if value.is_nan() => Err(Cause::NotANumber),
        Point::Gauge(value) => Ok(*value),
        _ => Err(Cause::NoSample),
    }
}

/// `first` is the part of the first point that counts.
fn aggregated(aggregate: Aggregate, points: &[&Point], first: f64, seconds: f64) -> Result<Interval, Cause> {
    match points.first() {
        Some(Point::Ratio { .. }) => ratio(points).map(Interval::point),
        Some(Point::Increase(_)) => increase(aggregate, points, first, seconds).map(Interval::point),
        Some(Point::Histogram { .. }) => histogram(aggregate, points),
        Some(Point::Gauge(_)) => gauges(aggregate, points).map(Interval::point),
        None => Err(Cause::NoSample),
    }
}

fn increase(aggregate: Aggregate, points: &[&Point], first: f64, seconds: f64) -> Result<f64, Cause> {
    let by = |point: &&Point| if let Point::Increase(by) = point { *by } else { 0.0 };
    let excess = points.first().map_or(0.0, by) * (1.0 - first);
    let sum = points.iter().map(by).sum::<f64>() - excess;
    match aggregate {
        Aggregate::Rate if seconds > 0.0 => Ok(sum / seconds),
        Aggregate::Rate => Err(Cause::NoSample),
        _ => Ok(sum),
    }
}

fn ratio(points: &[&Point]) -> Result<f64, Cause> {
    let (good, all) = points.iter().fold((0.0, 0.0), |sum, point| match point {
        Point::Ratio { good, all } => (sum.0 + good, sum.1 + all),
        _ => sum,
    });
    if all > 0.0 { Ok((good / all).min(1.0)) } else { Err(Cause::NoTraffic) }
}

fn gauges(aggregate: Aggregate, points: &[&Point]) -> Result<f64, Cause> {
    let values: Result<Vec<f64>, Cause> = points.iter().map(|point| gauge(point)).collect();
    let values = values?;
    let sum: f64 = values.iter().sum();
    Ok(match aggregate {
        Aggregate::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
        Aggregate::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Aggregate::Sum => sum,
        Aggregate::Quantile(q) => {
            let mut sorted = values;
            sorted.sort_unstable_by(f64::total_cmp);
            order::quantile(&sorted, q).ok_or(Cause::NoSample)?
        }
        _ => sum / values.len() as f64,
    })
}

fn histogram(aggregate: Aggregate, points: &[&Point]) -> Result<Interval, Cause> {
    let mut all = Buckets::default();
    let mut total = 0.0;
    for point in points {
        if let Point::Histogram { buckets, sum } = point {
            all.add(buckets);
            total += sum;
        }
    }
    let count = all.count();
    if count <= 0.0 {
        return Err(Cause::NoTraffic);
    }
    let value = match aggregate {
        Aggregate::Quantile(q) => quantile(q, &all),
        Aggregate::Max => quantile(1.0, &all),
        _ => Some(Interval::point(total / count)),
    };
    value.filter(|value| !value.lo.is_nan()).ok_or(Cause::NotANumber)
}

/// All metrics of a run.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    map: BTreeMap<MetricId, Signal>,
}

impl Signals {
    /// Makes room for a metric.
    pub fn add(&mut self, metric: MetricId, stale_after: Duration) {
        self.map.insert(metric, Signal::new(stale_after));
    }

    /// Adds a sample to a metric.
    pub fn push(&mut self, metric: &MetricId, sample: Sample) {
        if let Some(signal) = self.map.get_mut(metric) {
            signal.push(sample);
        }
    }

    /// A metric's signal.
    pub fn get(&self, metric: &MetricId) -> Option<&Signal> {
        self.map.get(metric)
    }

    /// All metrics.
    pub fn metrics(&self) -> impl Iterator<Item = &MetricId> {
        self.map.keys()
    }

    /// When any of these readings had a sample after `since`: the instants at which a condition over them is judged.
    pub fn instants(&self, readings: &[&Reading], since: Instant) -> Vec<Instant> {
        let metrics = readings.iter().filter_map(|reading| self.map.get(&reading.metric));
        let mut all: Vec<Instant> = metrics.flat_map(|signal| signal.instants(since)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// How long values of these readings hold: the shortest of them.
    pub fn stale_after(&self, readings: &[&Reading]) -> Duration {
        let metrics = readings.iter().filter_map(|reading| self.map.get(&reading.metric));
        metrics.map(|signal| signal.stale_after).min().unwrap_or(Duration::from_secs(3))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Cause, Point, Sample, Signal};
    use crate::base::{Instant, Interval};
    use crate::types::term::Aggregate;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(second: u64) -> Instant {
        Instant(second * 1_000_000_000)
    }

    fn signal(points: &[Point]) -> Signal {
        let mut signal = Signal::new(SECOND * 5 / 2);
        for (second, point) in (1..).zip(points) {
            signal.push(Sample { from: at(second - 1), at: at(second), value: Ok(point.clone()) });
        }
        signal
    }

    #[test]
    fn a_ratio_is_good_over_all_in_the_window() {
        let points = [(10.0, 10.0), (0.0, 10.0), (10.0, 10.0)].map(|(good, all)| Point::Ratio { good, all });
        let signal = signal(&points);
        assert_eq!(signal.read(Aggregate::Plain, at(3), SECOND * 2).unwrap().value, Interval::point(0.5));
        let value = signal.read(Aggregate::Plain, at(3), SECOND * 3).unwrap();
        assert_eq!(value.from, at(0));
    }

    #[test]
    fn no_traffic_is_unknown() {
        let signal = signal(&[Point::Ratio { good: 0.0, all: 0.0 }]);
        assert_eq!(signal.read(Aggregate::Plain, at(1), SECOND), Err(Cause::NoTraffic));
    }

    #[test]
    fn a_value_holds_until_it_is_stale() {
        let signal = signal(&[Point::Gauge(7.0)]);
        assert_eq!(signal.read(Aggregate::Plain, at(3), SECOND).unwrap().value, Interval::point(7.0));
        assert_eq!(signal.read(Aggregate::Plain, at(4), SECOND), Err(Cause::NoSample));
    }

    #[test]
    fn a_failed_read_makes_the_window_unknown() {
        let mut signal = signal(&[Point::Increase(1.0)]);
        let cause = Cause::Unreadable("refused".to_owned());
        signal.push(Sample { from: at(1), at: at(2), value: Err(cause.clone()) });
        assert_eq!(signal.read(Aggregate::Increase, at(2), SECOND * 2), Err(cause));
    }

    #[test]
    fn the_next_read_of_a_counter_covers_a_failed_one() {
        let mut signal = signal(&[Point::Increase(1.0)]);
        signal.push(Sample { from: at(1), at: at(2), value: Err(Cause::NotANumber) });
        signal.push(Sample { from: at(1), at: at(3), value: Ok(Point::Increase(5.0)) });
        assert_eq!(signal.grown(at(3), at(0)).unwrap().value, Interval::point(6.0));
    }

    #[test]
    fn an_interval_counts_by_the_part_in_the_window() {
        let mut signal = Signal::new(SECOND * 5);
        signal.push(Sample { from: at(0), at: at(4), value: Ok(Point::Increase(40.0)) });
        signal.push(Sample { from: at(4), at: at(5), value: Ok(Point::Increase(10.0)) });
        assert_eq!(signal.read(Aggregate::Increase, at(5), SECOND * 2).unwrap().value, Interval::point(20.0));
        assert_eq!(signal.read(Aggregate::Rate, at(5), SECOND * 2).unwrap().value, Interval::point(10.0));
    }

    #[test]
    fn late_samples_find_their_place_and_doubles_change_nothing() {
        let mut signal = signal(&[Point::Increase(1.0), Point::Increase(2.0)]);
        signal.push(Sample { from: at(0), at: at(1), value: Ok(Point::Increase(9.0)) });
        assert_eq!(signal.grown(at(2), at(0)).unwrap().value, Interval::point(3.0));
        signal.push(Sample { from: at(3), at: at(4), value: Ok(Point::Increase(8.0)) });
        signal.push(Sample { from: at(2), at: at(3), value: Ok(Point::Increase(4.0)) });
        assert_eq!(signal.grown(at(4), at(0)).unwrap().value, Interval::point(15.0));
        assert_eq!(signal.instants(at(2)).collect::<Vec<_>>(), [at(3), at(4)]);
    }
}
