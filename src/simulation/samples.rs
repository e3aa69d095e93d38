//! What a virtual world shows of its metrics when a source is read.

use super::gauges::{Part, Stretch, growth, sample};
use super::given::Told;
use super::solver::Variable;
use super::steady::Others;
use super::steps::{Steps, expectations};
use super::world::VirtualWorld;
use crate::base::{Instant, unit};
use crate::metrics::Read;
use crate::monitor::{Cause, Point, Sample};
use crate::plan::Plan;
use crate::types::Type;
use crate::types::model::{Binding, How, SourceRef};
use crate::types::term::{Demand, MetricId};
use std::collections::BTreeSet;

/// How far steady values of a metric that is compared with its baseline stray, at most: what never moves tells nothing of
/// its noise.
const STRAYING: f64 = 0.002;

/// Metrics of any value that some expectation compares with their baseline.
pub(super) fn compared(plan: &Plan) -> BTreeSet<MetricId> {
    let steps = plan.graph.steps().flat_map(expectations);
    let all = steps.chain(&plan.expectations).filter(|it| it.demand == Demand::Compared);
    let readings = all.flat_map(|it| it.condition.readings());
    let moves = |ty: &Type| !matches!(ty, Type::Count | Type::Int);
    readings.filter(|reading| moves(&reading.ty)).map(|reading| reading.metric.clone()).collect()
}

impl VirtualWorld {
    /// All samples of a source at a time.
    pub(super) fn samples(&self, source: &SourceRef, at: Instant, steps: &Steps) -> Read {
        // A server shows what it has scraped last.
        let scrape = self.scene.plan.sources.get(source).map_or(0.0, |source| source.scrape);
        let interval = u64::try_from(unit::to_duration(scrape).as_nanos()).unwrap_or(u64::MAX);
        let at = if interval > 0 { Instant(at.0 - at.0 % interval) } else { at };
        let others = self.others(at, steps);
        let samples = self.bound(source).into_iter().filter_map(|metric| {
            let sample = self.sample(&metric, at, steps, &others)?;
            Some((metric, sample))
        });
        Read { samples: samples.collect(), ..Read::default() }
    }

    /// The same of a source that does not answer.
    pub(super) fn unreadable(&self, source: &SourceRef, at: Instant, why: &str) -> Read {
        let value = Err(Cause::Unreadable(why.to_owned()));
        let sample = Sample { from: at, at, value };
        let samples = self.bound(source).into_iter().map(|metric| (metric, sample.clone())).collect();
        Read { samples, failures: vec![why.to_owned()], ..Read::default() }
    }

    fn bound(&self, source: &SourceRef) -> Vec<MetricId> {
        let bindings = self.scene.plan.bindings.iter();
        bindings.filter(|(_, binding)| binding.source == *source).map(|(metric, _)| metric.clone()).collect()
    }

    /// What is given of a metric. Parts of the traffic are as the whole while no fault of requests is in force.
    fn told(&self, metric: &MetricId, at: Instant, steps: &Steps) -> Option<Told<'_>> {
        self.scene.givens.metric(&self.meant(metric), at, steps)
    }

    fn meant(&self, metric: &MetricId) -> MetricId {
        if self.is_parted() { self.scene.givens.part(metric) } else { metric.of_all() }
    }

    /// What is known of all metrics, before steady values are sought for the others.
    fn others(&self, at: Instant, steps: &Steps) -> Others {
        let mut others = Others::default();
        if self.scene.steady.is_none() {
            return others;
        }
        for (metric, binding) in &self.scene.plan.bindings {
            let variable = Variable::Metric(metric.clone());
            let counts = matches!(binding.how, How::Counter(_));
            match self.told(metric, at, steps) {
                Some(told @ Told::Value(..)) if !counts => {
                    others.given.extend(told.at(at).map(|value| (variable, value)));
                }
                Some(_) => _ = others.unknown.insert(variable),
                None if self.is_in_toy(metric) => _ = others.unknown.insert(variable),
                None => {}
            }
        }
        others
    }

    fn is_in_toy(&self, metric: &MetricId) -> bool {
        self.toy_as_it_is().is_some_and(|toy| toy.shows(metric))
    }

    fn sample(&self, metric: &MetricId, at: Instant, steps: &Steps, others: &Others) -> Option<Sample> {
        let binding = self.scene.plan.bindings.get(metric)?;
        let from = self.read_before(metric);
        if from == Some(at) {
            return None;
        }
        let told = self.told(metric, at, steps);
        let now = match told {
            Some(Told::NoData) => None,
            Some(told @ Told::Value(..)) => told.at(at),
            None if self.is_in_toy(metric) => return self.toy_sample(metric, from, at),
            None => self.steady(metric, binding, (at, steps), others),
        };
        let Some(now) = now else { return Some(silent(metric, at)) };
        self.is_read(metric, at);
        let parts = self.parts(metric, binding, (from, at), steps, now);
        let since = from.unwrap_or(at);
        let grown = match told {
            // It stood at zero before anything was given of it.
            Some(_) => growth(self.told(metric, since, steps).and_then(|it| it.at(since)).unwrap_or(0.0), now),
            None => now * at.since(since).as_secs_f64(),
        };
        sample(&binding.how, &Stretch { from, at, now, parts, grown })
    }

    /// A value that satisfies what is asked of it; of a counter, how much it grows a second.
    fn steady(
        &self,
        metric: &MetricId,
        binding: &Binding,
        (at, steps): (Instant, &Steps),
        others: &Others,
    ) -> Option<f64> {
        let value = self.scene.steady.as_ref()?.value(metric, at, steps, others)?;
        let every = unit::to_duration(self.scene.plan.lag(&binding.source)).as_nanos().max(1);
        // The golden ratio spreads whatever many values evenly, and no two neighbours are alike.
        let strays = (u128::from(at.0) / every) as f64 * 0.618_033_988_749_894_9;
        let is_gauge = matches!(binding.how, How::Gauge { .. } | How::Query { .. } | How::Probe { .. });
        let is_compared = is_gauge && self.compared.contains(metric);
        Some(if is_compared { value * (1.0 - STRAYING * strays.fract()) } else { value })
    }

    /// The values since the last read: a part for each time in which the same was given.
    fn parts(
        &self,
        metric: &MetricId,
        binding: &Binding,
        (from, at): (Option<Instant>, Instant),
        steps: &Steps,
        now: f64,
    ) -> Vec<Part> {
        let rate = self.scene.givens.traffic(&metric.service, at, steps);
        let meant = self.meant(metric);
        let mut begins = from.unwrap_or(at);
        let mut ends = self.scene.givens.changes(&meant, (begins, at), steps);
        if ends.is_empty() {
            return vec![Part { value: now, requests: rate * at.since(begins).as_secs_f64() }];
        }
        ends.push(at);
        let mut parts = Vec::new();
        for ends in ends {
            let middle = begins + ends.since(begins) / 2;
            let value = match self.scene.givens.metric(&meant, middle, steps) {
                Some(told) => told.at(middle),
                None => self.steady(metric, binding, (middle, steps), &self.others(middle, steps)).or(Some(now)),
            };
            let requests = rate * ends.since(begins).as_secs_f64();
            parts.extend(value.map(|value| Part { value, requests }));
            begins = ends;
        }
        parts
    }

    fn toy_sample(&self, metric: &MetricId, from: Option<Instant>, at: Instant) -> Option<Sample> {
        let toy = self.toy()?;
        self.is_read(metric, at);
        let point = toy.sample(metric, from.unwrap_or(at), at)?;
        let from = if matches!(point, Point::Gauge(_)) { at } else { from? };
        Some(Sample { from, at, value: Ok(point) })
    }
}

fn silent(metric: &MetricId, at: Instant) -> Sample {
    Sample { from: at, at, value: Err(Cause::NoSeries(metric.metric.clone())) }
}
