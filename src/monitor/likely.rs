//! `likely(φ)`: whether φ is proven by now, by a test that may be looked at after every sample.

use super::signal::{Point, Sample, Signals};
use super::statistics::correlation::{autocorrelation, inflation};
use super::statistics::proportion::{Counts, correlation};
use super::statistics::sequential::Sequential;
use super::truth::{self, View};
use crate::base::Instant;
use crate::syntax::tree::Comparator;
use crate::types::term::{Aggregate, Comparison, Condition, Reading, Term};
use std::time::Duration;

/// A comparison that is tested sample by sample.
#[derive(Clone, Debug)]
pub struct Likely {
    comparison: Comparison,
    test: Option<Sequential>,
    /// By how much events are worth less than independent ones.
    worth: f64,
    seen: Instant,
    began: Instant,
}

/// What a comparison asks: of a reading, that it is above or below a bound.
struct Asked<'a> {
    reading: &'a Reading,
    above: bool,
    bound: f64,
}

/// All that `likely` is asked of in a condition.
pub fn all(condition: &Condition, start: Instant) -> Vec<Likely> {
    match condition {
        Condition::Likely(inner) => {
            let comparisons = inner.comparisons().into_iter().cloned();
            comparisons.map(|comparison| Likely::new(comparison, start)).collect()
        }
        Condition::And(a, b) | Condition::Or(a, b) => all(a, start).into_iter().chain(all(b, start)).collect(),
        Condition::Not(inner) => all(inner, start),
        Condition::Compare(_) | Condition::Steady | Condition::Constant(_) => Vec::new(),
    }
}

impl Likely {
    fn new(comparison: Comparison, start: Instant) -> Self {
        Self { comparison, test: None, worth: 1.0, seen: start, began: start }
    }

    /// What tells it from others.
    pub fn key(&self) -> String {
        self.comparison.key()
    }

    /// Takes in the samples up to an instant; true if it is proven now.
    pub fn advance(&mut self, at: Instant, view: View) -> bool {
        let asked = asked(&self.comparison, at, view);
        let samples = fresh(&self.comparison, view.signals, self.seen, at);
        self.seen = at;
        for sample in samples {
            let (share, (happened, not)) = match asked.as_ref().and_then(|asked| counted(asked, &sample)) {
                Some(counted) => counted,
                None => match seen(&self.comparison, sample.at, view) {
                    Some(seen) => (0.5, seen),
                    None => continue,
                },
            };
            let worth = self.worth;
            let test = self.test.get_or_insert_with(|| Sequential::new(share));
            if happened + not > 0.0 {
                test.take(happened / worth, not / worth);
            }
        }
        self.test.as_ref().is_some_and(Sequential::is_proven)
    }

    /// Learns from the baseline how much its events are worth.
    pub fn learn(&mut self, at: Instant, view: View) {
        let asked = asked(&self.comparison, at, view);
        let metric = self.comparison.left.readings().into_iter().chain(self.comparison.right.readings()).next();
        let samples = metric.map(|reading| view.baselines.samples(&reading.metric)).unwrap_or_default();
        self.worth = worth(asked.as_ref(), samples).max(1.0);
    }

    /// Begins anew where nothing is wrong, once in a window at most.
    pub fn calm_down(&mut self, window: Duration) {
        if self.seen.since(self.began) >= window && self.test.as_mut().is_some_and(Sequential::calm_down) {
            self.began = self.seen;
        }
    }
}

/// The reading of a comparison with a bound that is known; with the reading on the left.
fn asked<'a>(comparison: &'a Comparison, at: Instant, view: View) -> Option<Asked<'a>> {
    let ((Term::Reading(reading), bound), turned) = (match (&comparison.left, &comparison.right) {
        (reading @ Term::Reading(_), bound) => ((reading, bound), false),
        (bound, reading) => ((reading, bound), true),
    }) else {
        return None;
    };
    if !bound.readings().is_empty() {
        return None;
    }
    let above = match comparison.comparator {
        Comparator::Above | Comparator::AtLeast => !turned,
        Comparator::Below | Comparator::AtMost => turned,
        Comparator::Equal | Comparator::Unequal => return None,
    };
    let bound = truth::number(bound, at, view, view.baselines.value(&comparison.key()))?;
    Some(Asked { reading, above, bound })
}

/// The samples that came after `since`, of the metrics of a comparison.
fn fresh(comparison: &Comparison, signals: &Signals, since: Instant, at: Instant) -> Vec<Sample> {
    let readings = comparison.left.readings().into_iter().chain(comparison.right.readings());
    let Some(signal) = readings.into_iter().find_map(|it| signals.get(&it.metric)) else { return Vec::new() };
    signal.inside(since, at).filter(|sample| sample.at > since).cloned().collect()
}

/// The share that must be exceeded, and how many events of a sample happened or did not: bad requests of a share, slow ones
/// of a quantile.
fn counted(asked: &Asked, sample: &Sample) -> Option<(f64, (f64, f64))> {
    match (sample.value.as_ref().ok()?, asked.reading.aggregate) {
        (Point::Ratio { good, all }, _) => {
            let bad = (all - good).max(0.0);
            Some(if asked.above { (asked.bound, (*good, bad)) } else { (1.0 - asked.bound, (bad, *good)) })
        }
        (Point::Histogram { buckets, .. }, Aggregate::Quantile(q)) => {
            let (share, events) = match asked.above {
                true => (1.0 - q, buckets.above(asked.bound)),
                false => (q, buckets.at_most(asked.bound)),
            };
            Some((share, (events, buckets.count() - events)))
        }
        _ => None,
    }
}

/// Of anything else: whether it holds more often than not, sample by sample.
fn seen(comparison: &Comparison, at: Instant, view: View) -> Option<(f64, f64)> {
    let judgement = truth::judge(&Condition::from(comparison.clone()), at, view);
    match (judgement.holds(), judgement.fails()) {
        (true, _) => Some((1.0, 0.0)),
        (_, true) => Some((0.0, 1.0)),
        _ => None,
    }
}

fn worth(asked: Option<&Asked>, samples: &[Sample]) -> f64 {
    let intervals = |asked: &Asked| -> Vec<Counts> {
        let counts = samples.iter().filter_map(|sample| counted(asked, sample));
        counts.map(|(_, (happened, not))| Counts { good: happened, all: happened + not }).collect()
    };
    let counts = asked.map(intervals).unwrap_or_default();
    if !counts.is_empty() {
        let all: f64 = counts.iter().map(|it| it.all).sum();
        let spread = Counts::spread(&counts, correlation(&counts)).all;
        return if spread > 0.0 { all / spread } else { 1.0 };
    }
    let gauge = |sample: &Sample| match sample.value {
        Ok(Point::Gauge(value)) if value.is_finite() => Some(value),
        _ => None,
    };
    inflation(autocorrelation(&samples.iter().filter_map(gauge).collect::<Vec<f64>>()))
}
