//! A metric bound to series: what each read of them adds.

use super::counters::{Counters, Newcomer, distinct};
use super::exposition::Series;
use super::filter::{Filter, filters};
use crate::base::Interval;
use crate::monitor::quantile::Buckets;
use crate::monitor::{Cause, Point};
use crate::types::model::How;
use crate::types::term::MetricId;
use std::collections::BTreeMap;

/// A metric bound to series of one source.
pub struct Bound {
    /// The metric.
    pub id: MetricId,
    /// The values it can have.
    pub range: Interval,
    /// The series it is made of.
    pub filters: Vec<Filter>,
    how: How,
    newcomer: Newcomer,
    /// Counters by endpoint and filter.
    counters: BTreeMap<(usize, usize), Counters>,
    /// How often a series of it fell that should only grow.
    pub falls: u64,
}

/// The series of one endpoint, filter by filter, or why there are none.
pub type Parts = Result<Vec<Vec<Series>>, String>;

impl Bound {
    /// A metric whose source is read endpoint by endpoint.
    pub fn new(id: MetricId, how: How, range: Interval) -> Self {
        let filters = filters(&how);
        Self { id, range, filters, how, newcomer: Newcomer::FromZero, counters: BTreeMap::new(), falls: 0 }
    }

    /// The same metric where many instances' series come together, so that one that is new may have counted for long.
    #[must_use]
    pub fn of_many(mut self) -> Self {
        // A sum of losses must not lose the first ones; a share would be swamped by what happened long ago.
        if !matches!(self.how, How::Counter(_)) {
            self.newcomer = Newcomer::Unknown;
        }
        self
    }

    /// Takes in a read of all endpoints. Nothing for a counter's first one.
    pub fn take(&mut self, reads: Vec<Parts>) -> Option<Result<Point, Cause>> {
        let mut parts: Vec<Vec<(Series, f64)>> = self.filters.iter().map(|_| Vec::new()).collect();
        let (mut failure, mut answered, mut known, mut told) = (None, false, false, false);
        for (endpoint, read) in reads.into_iter().enumerate() {
            let series = match read {
                Ok(series) => series,
                Err(error) if self.is_sum() => return Some(Err(Cause::Unreadable(error))),
                Err(error) => {
                    failure = Some(error);
                    continue;
                }
            };
            answered = true;
            known |= series.iter().any(|part| !part.is_empty());
            if let Some(cause) = self.without_buckets(&series) {
                return Some(Err(cause));
            }
            for (at, series) in series.into_iter().enumerate() {
                let grown = match self.growth(endpoint, at, series) {
                    Ok(grown) => grown,
                    Err(cause) => return Some(Err(cause)),
                };
                told |= grown.is_some();
                parts[at].extend(grown.unwrap_or_default());
            }
        }
        if !answered {
            return Some(Err(Cause::Unreadable(failure.unwrap_or_default())));
        }
        match (known, told) {
            (false, _) => Some(Err(Cause::NoSeries(self.name()))),
            (true, false) => None,
            (true, true) => Some(within(self.point(parts), self.range)),
        }
    }

    /// A sum lacks what a silent endpoint would add, so it is unknown. A share or a quantile of the others is still theirs:
    /// an endpoint that does not answer does not count while another does.
    fn is_sum(&self) -> bool {
        matches!(self.how, How::Counter(_) | How::Gauge { .. })
    }

    /// What the metric is called at its source.
    pub fn name(&self) -> String {
        self.filters.last().map_or_else(String::new, |filter| filter.name.clone())
    }

    fn without_buckets(&self, parts: &[Vec<Series>]) -> Option<Cause> {
        let (How::Histogram { of, .. }, [buckets, sums]) = (&self.how, parts) else { return None };
        (buckets.is_empty() && !sums.is_empty()).then(|| {
            let what = "has no buckets: it is a summary or a native histogram, and only classic histograms can be read";
            Cause::Unreadable(format!("`{}` {what}", of.name))
        })
    }

    /// Gauges as they are; counters by their growth, of which the first read tells nothing.
    fn growth(
        &mut self,
        endpoint: usize,
        filter: usize,
        series: Vec<Series>,
    ) -> Result<Option<Vec<(Series, f64)>>, Cause> {
        if matches!(self.how, How::Gauge { .. }) {
            return Ok(Some(distinct(series)?.into_values().map(|one| (one.clone(), one.value)).collect()));
        }
        let counters = self.counters.entry((endpoint, filter)).or_default();
        let before = counters.falls;
        let growth = counters.advance(series, self.newcomer);
        self.falls += counters.falls - before;
        growth
    }

    fn point(&self, parts: Vec<Vec<(Series, f64)>>) -> Point {
        let sum = |at: usize| parts.get(at).map_or(0.0, |part| part.iter().map(|(_, by)| by).sum::<f64>());
        match &self.how {
            How::Ratio { .. } => Point::Ratio { good: sum(0), all: sum(1) },
            How::Counter(_) => Point::Increase(sum(0)),
            How::Query { .. } | How::Probe { .. } => Point::Gauge(f64::NAN),
            How::Gauge { unit, .. } => Point::Gauge(sum(0) * unit),
            How::Histogram { unit, .. } => {
                let mut buckets = Buckets::default();
                for (series, by) in parts.first().into_iter().flatten() {
                    let bound =
                        series.labels.get("le").and_then(|bound| bound.replace("+Inf", "inf").parse::<f64>().ok());
                    if let Some(bound) = bound {
                        buckets.put(bound * unit, *by);
                    }
                }
                Point::Histogram { buckets, sum: sum(1) * unit }
            }
        }
    }
}

/// A value that the metric cannot have is a mistake of the binding, most often of its unit, and no measurement.
pub fn within(point: Point, range: Interval) -> Result<Point, Cause> {
    const SLACK: f64 = 1e-9;
    let Point::Gauge(value) = point else { return Ok(point) };
    if !value.is_finite() {
        return Err(Cause::NotANumber);
    }
    if value < range.lo - SLACK || value > range.hi + SLACK {
        return Err(Cause::OutOfRange { value, lo: range.lo, hi: range.hi });
    }
    Ok(point)
}
