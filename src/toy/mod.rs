//! Rank 8: a toy system: services with queues, workers, pools, timeouts, retries and breakers, so that a fault has
//! consequences for those who call. A rehearsal, and no proof: `docs/models.md` says what it leaves out.
//!
//! It is simulated event by event (J. Banks et al., Discrete-Event System Simulation): every request, in virtual time,
//! with numbers drawn from a seed. Requests arrive as a Poisson process, a worker's own time is exponentially
//! distributed; so a service that calls nobody is the M/M/c queue of the textbooks, and tests hold it against their
//! formulas. No clock, no I/O: the same model, seed and faults give the same numbers on every machine.

mod breaker;
mod chance;
mod engine;
mod fault;
mod history;
mod limit;
mod line;
mod service;
mod visit;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;

pub use fault::{Effect, FaultInForce};

use crate::base::Instant;
use crate::monitor::Point;
use crate::types::Type;
use crate::types::model::System;
use crate::types::stable::{self, Unstable};
use crate::types::term::{Cohort, MetricId};
use crate::types::toy::{Model, Shown};
use engine::Engine;
use history::{Part, Tally};
use std::collections::BTreeMap;

/// Of a time that is asked for at once, no more than so many nanoseconds are simulated: an hour. What lies before is
/// skipped, with everything as it is.
const LONGEST: u64 = 3_600_000_000_000;

/// A toy system in time. It begins empty, at the clock's start.
#[derive(Clone, Debug)]
pub struct Toy {
    engine: Engine,
    shows: BTreeMap<MetricId, Look>,
    /// What was skipped so far, in nanoseconds.
    skipped: u64,
}

/// What a metric looks at.
#[derive(Clone, Debug)]
struct Look {
    shown: Shown,
    ty: Type,
    cohort: Option<Cohort>,
}

impl Toy {
    /// A model in time. The same `seed` gives the same course.
    ///
    /// # Errors
    /// Why the model cannot last.
    pub fn new(model: &Model, system: &System, seed: u64) -> Result<Toy, Unstable> {
        stable::load(model)?;
        Ok(Toy { engine: Engine::new(model, seed), shows: looks(model, system), skipped: 0 })
    }

    /// Lets time pass up to `at`, with these faults in force since the moment before. A moment that has passed already
    /// changes nothing.
    pub fn advance(&mut self, at: Instant, faults: &[FaultInForce]) {
        let inner = at.0.saturating_sub(self.skipped);
        let too_long = inner.saturating_sub(self.engine.now()).saturating_sub(LONGEST);
        self.skipped += too_long;
        self.engine.advance(inner - too_long, faults, at);
    }

    /// Whether the model says what a metric shows.
    pub fn shows(&self, metric: &MetricId) -> bool {
        self.shows.contains_key(metric)
    }

    /// What a metric showed in `(from, at]`; of a gauge, its value at `at`. Nothing where the model does not say what the
    /// metric shows, or that time has not passed. Exact where `from` and `at` are moments up to which time was let pass.
    pub fn sample(&self, metric: &MetricId, from: Instant, at: Instant) -> Option<Point> {
        let look = self.shows.get(metric)?;
        let tally = self.engine.history.tally(look.shown.service, from, at)?;
        let seconds = at.since(from).as_secs_f64();
        look.point(&tally, seconds)
    }

    /// Requests to a service so far, from wherever: what a proxy in front of it saw.
    pub fn requests(&self, service: &str) -> u64 {
        self.engine.requests(service)
    }

    /// Requests that came to the target of a fault while it was in force.
    pub fn seen(&self, fault: &str) -> u64 {
        self.engine.faults.get(fault).map_or(0, |counted| counted.seen)
    }

    /// Requests, or instances, on which a fault acted.
    pub fn acted(&self, fault: &str) -> u64 {
        self.engine.faults.get(fault).map_or(0, |counted| counted.acted)
    }
}

/// What the system's metrics show, of all traffic and of each part of it.
fn looks(model: &Model, system: &System) -> BTreeMap<MetricId, Look> {
    let mut looks = BTreeMap::new();
    for (id, shown) in &model.shows {
        let Some(metric) = system.metric(id) else { continue };
        let look = |cohort| Look { shown: shown.clone(), ty: metric.ty.clone(), cohort };
        looks.insert(id.clone(), look(None));
        for cohort in [Cohort::Affected, Cohort::Others] {
            looks.insert(id.of_part(cohort), look(Some(cohort)));
        }
    }
    looks
}

impl Look {
    fn point(&self, tally: &Tally, seconds: f64) -> Option<Point> {
        use crate::types::toy::Measure as M;
        let part = tally.part(self.cohort);
        match self.shown.measure {
            M::Success => Some(Point::Ratio { good: part.good, all: part.all }),
            M::Errors => Some(Point::Ratio { good: part.all - part.good, all: part.all }),
            M::Latency => Some(histogram(&part)),
            M::Requests => self.grown(tally.came(self.cohort), seconds),
            M::Failures => self.grown(part.all - part.good, seconds),
            M::Retried => self.grown(tally.retried, seconds),
            M::Waiting => Some(Point::Gauge(tally.waiting)),
            M::Busy => Some(Point::Gauge(tally.busy)),
            M::Open => Some(Point::Gauge(tally.open)),
        }
    }

    /// How much something grew, as a counter or per second.
    fn grown(&self, by: f64, seconds: f64) -> Option<Point> {
        match self.ty {
            Type::Frequency => (seconds > 0.0).then(|| Point::Gauge(by / seconds)),
            _ => Some(Point::Increase(by)),
        }
    }
}

fn histogram(part: &Part) -> Point {
    Point::Histogram { buckets: part.cumulative(), sum: part.sum }
}
