//! What a test gives, at a moment of its run.

use super::steps::Steps;
use crate::base::{Instant, unit};
use crate::plan::Plan;
use crate::types::model::{Argument, SourceRef};
use crate::types::term::{Cohort, MetricId};
use crate::types::trial::{Course, Given, Happening, What};

/// Requests a second to every service of which nothing is said.
pub const TRAFFIC: f64 = 100.0;

/// All that a test gives, in order.
#[derive(Clone, Debug, Default)]
pub struct Givens {
    all: Vec<Given>,
    /// Whether every fault of requests selects all of them, so that each metric is that of those affected.
    all_affected: bool,
}

/// What is given of a metric at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told<'a> {
    /// A value from a course that began then.
    Value(&'a Course, Instant),
    /// No sample comes.
    NoData,
}

impl Told<'_> {
    /// The value at a moment, where there is one.
    pub fn at(self, moment: Instant) -> Option<f64> {
        match self {
            Told::Value(course, began) => Some(course.at(moment.since(began).as_secs_f64())),
            Told::NoData => None,
        }
    }
}

impl Givens {
    /// Those of a test of this plan.
    pub fn new(all: Vec<Given>, plan: &Plan) -> Self {
        let injections = plan.injections().map(|(_, injection)| injection);
        let mut requests = injections.filter(|injection| injection.resource == "requests");
        Self { all, all_affected: requests.all(|injection| injection.touches.lo >= 1.0 && !injection.picks()) }
    }

    /// The metric of which something is said while parts of the traffic are affected, where this one is read.
    pub fn part(&self, metric: &MetricId) -> MetricId {
        let is_whole = metric.of_all() == *metric;
        if is_whole && self.all_affected { metric.of_part(Cohort::Affected) } else { metric.clone() }
    }

    /// Whether every metric of which nothing is said satisfies its conditions.
    pub fn is_steady(&self) -> bool {
        self.all.iter().any(|given| given.what == What::Steady)
    }

    /// What holds at a moment, with when that began, the latest first; of those that began together, the last written.
    fn holding(&self, at: Instant, steps: &Steps) -> Vec<(&What, Instant)> {
        let holds = |given: &Given| {
            let began = steps.moment(&given.since)?;
            let over = given.lasting.is_some_and(|lasting| at >= began + unit::to_duration(lasting));
            (began <= at && !over).then_some(began)
        };
        let all = self.all.iter().rev();
        let mut holding: Vec<(&What, Instant)> = all.filter_map(|given| Some((&given.what, holds(given)?))).collect();
        holding.sort_by_key(|(_, began)| std::cmp::Reverse(*began));
        holding
    }

    /// What is given of a metric; what is said of a part of the traffic holds before what is said of the whole.
    pub fn metric(&self, metric: &MetricId, at: Instant, steps: &Steps) -> Option<Told<'_>> {
        let mut of_whole = None;
        for (what, began) in self.holding(at, steps) {
            let (of, told) = match what {
                What::Metric(of, course) => (of, Told::Value(course, began)),
                What::NoData(of) => (of, Told::NoData),
                _ => continue,
            };
            if of == metric {
                return Some(told);
            }
            if is_part(metric, of) {
                of_whole = of_whole.or(Some(told));
            }
        }
        of_whole
    }

    /// When something else is given of a metric between two moments, in order.
    pub fn changes(&self, metric: &MetricId, (from, at): (Instant, Instant), steps: &Steps) -> Vec<Instant> {
        let mut found = Vec::new();
        for given in &self.all {
            let course = match &given.what {
                What::Metric(of, course) if of == metric || is_part(metric, of) => Some(course),
                What::NoData(of) if of == metric || is_part(metric, of) => None,
                _ => continue,
            };
            let Some(began) = steps.moment(&given.since).filter(|began| *began < at) else { continue };
            let since = |seconds: f64| began + unit::to_duration(seconds);
            let till = given.lasting.map(since);
            let turns = course.into_iter().flat_map(|course| course.turns(from.since(began).as_secs_f64()));
            let turns = turns.map(since).take_while(|turn| *turn < at && till.is_none_or(|till| *turn < till));
            found.extend(turns.chain([began]).chain(till).filter(|moment| from < *moment && *moment < at));
        }
        found.sort();
        found.dedup();
        found
    }

    /// Whether a source does not answer.
    pub fn is_silent(&self, source: &SourceRef, at: Instant, steps: &Steps) -> bool {
        let name = name_of(source);
        let is_it = |what: &What| matches!(what, What::SilentSource(of) if Some(of.as_str()) == name);
        self.holding(at, steps).iter().any(|(what, _)| is_it(what))
    }

    /// Requests a second to a service.
    pub fn traffic(&self, service: &str, at: Instant, steps: &Steps) -> f64 {
        let of_service = |(what, began): &(&What, Instant)| match what {
            What::Traffic(of, course) if of == service => Some(course.at(at.since(*began).as_secs_f64())),
            _ => None,
        };
        self.holding(at, steps).iter().find_map(of_service).unwrap_or(TRAFFIC)
    }

    /// What a call of a probe finds.
    pub fn answer(&self, step: &str, at: Instant, steps: &Steps) -> Option<Argument> {
        self.holding(at, steps).into_iter().find_map(|(what, _)| match what {
            What::Answer(of, value) if steps.is_named(step, of) => Some(value.clone()),
            _ => None,
        })
    }

    /// Whether this becomes of a step at a moment.
    pub fn happens(&self, happening: Happening, step: &str, at: Instant, steps: &Steps) -> bool {
        let fits =
            |what: &What| matches!(what, What::Happening(of, it) if *it == happening && steps.is_named(step, of));
        let said = self.all.iter().any(|given| fits(&given.what));
        said && self.holding(at, steps).iter().any(|(what, _)| fits(what))
    }

    /// When somebody stops the run, as far as that is known.
    pub fn stop(&self, steps: &Steps) -> Option<Instant> {
        let stops = self.all.iter().filter(|given| given.what == What::Stop);
        stops.filter_map(|given| steps.moment(&given.since)).min()
    }
}

/// The name by which tests call a source: the views of all proxies are one, and a probe has none.
pub fn name_of(source: &SourceRef) -> Option<&str> {
    match source {
        SourceRef::Declared(name) => Some(name),
        SourceRef::Proxy(_) => Some("proxy"),
        SourceRef::Probe(_) => None,
    }
}

/// Whether a metric is that of a part of the traffic.
fn is_part(metric: &MetricId, of: &MetricId) -> bool {
    [Cohort::Affected, Cohort::Others].iter().any(|part| of.of_part(*part) == *metric)
}
