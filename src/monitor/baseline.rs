//! What the baseline was: the values that `baseline` stands for, each reading's own noise, and the samples themselves.

use super::noise::Noise;
use super::signal::{Sample, Signals};
use super::truth;
use crate::base::{Instant, unit};
use crate::types::term::{Condition, MetricId, Reading, Term};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is known of the baseline. Empty before it is over.
#[derive(Clone, Debug, Default)]
pub struct Baselines {
    /// By the author's words of the comparison.
    values: BTreeMap<String, f64>,
    noise: BTreeMap<String, Noise>,
    samples: BTreeMap<MetricId, Vec<Sample>>,
    phase: Option<(Instant, Instant)>,
}

impl Baselines {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// What conditions need of the baseline from `start` to `end`; `window` is that of aggregates without `over`, and `steady`
    /// are the conditions whose noise is of interest.
    pub fn over(
        conditions: &[&Condition],
        steady: &[&Condition],
        (start, end): (Instant, Instant),
        window: Duration,
        signals: &Signals,
    ) -> Self {
        let readings = conditions.iter().flat_map(|it| it.readings());
        let noisy = spikes(conditions).into_iter().chain(steady.iter().flat_map(|it| it.readings()));
        let mut samples = BTreeMap::new();
        for reading in readings {
            let Some(signal) = signals.get(&reading.metric) else { continue };
            let inside = || signal.inside(start, end).cloned().collect();
            samples.entry(reading.metric.clone()).or_insert_with(inside);
        }
        let noise = noisy.filter_map(|it| Some((key(it), noise(it, (start, end), window, signals)?))).collect();
        let values = truth::baselines(conditions, end, end.since(start), signals);
        Self { values, noise, samples, phase: Some((start, end)) }
    }

    /// What `baseline` stands for in a comparison.
    pub fn value(&self, comparison: &str) -> Option<f64> {
        self.values.get(comparison).copied()
    }

    /// How much a reading moves by itself.
    pub fn noise(&self, reading: &Reading) -> Option<Noise> {
        self.noise.get(&key(reading)).copied()
    }

    /// A metric's samples, where a condition needs them.
    pub fn samples(&self, metric: &MetricId) -> &[Sample] {
        self.samples.get(metric).map_or(&[], Vec::as_slice)
    }

    /// From when to when it was.
    pub fn phase(&self) -> Option<(Instant, Instant)> {
        self.phase
    }

    /// The samples as signals, to be read as any others.
    pub(super) fn signals(&self, like: &Signals) -> Signals {
        let mut signals = Signals::default();
        for (metric, samples) in &self.samples {
            let stale = like.get(metric).map_or(Duration::ZERO, |signal| signal.stale_after);
            signals.add(metric.clone(), stale);
            samples.iter().for_each(|sample| signals.push(metric, sample.clone()));
        }
        signals
    }
}

/// Everything that `spike` is asked of.
fn spikes<'a>(conditions: &[&'a Condition]) -> Vec<&'a Reading> {
    let comparisons = conditions.iter().flat_map(|condition| condition.comparisons());
    let terms = comparisons.flat_map(|it| [&it.left, &it.right]);
    terms.filter(|term| term.has_spike()).flat_map(Term::readings).collect()
}

fn key(reading: &Reading) -> String {
    format!("{} {:?} {:?} {:?}", reading.metric, reading.aggregate, reading.window, reading.cohort)
}

/// The noise of a reading, from every value whose window lies inside the baseline.
fn noise(reading: &Reading, (start, end): (Instant, Instant), window: Duration, signals: &Signals) -> Option<Noise> {
    let signal = signals.get(&reading.metric)?;
    let window = reading.window.map_or(window, unit::to_duration);
    let before = start - Duration::from_nanos(1);
    let instants = signal.instants(before).take_while(|at| *at <= end);
    let reads = instants.filter_map(|at| signal.read(reading.aggregate, at, window).ok());
    let inside = reads.filter(|value| value.from >= start && value.value.is_point());
    let values: Vec<f64> = inside.map(|value| value.value.lo).collect();
    let samples: Vec<Sample> = signal.inside(start, end).cloned().collect();
    Noise::of(reading, &values, &samples, window.as_secs_f64(), end.since(start).as_secs_f64())
}
