//! What a test gives, at a moment of its run.

use super::steps::Steps;
use crate::base::{Instant, unit};
use crate::types::model::Argument;
use crate::types::term::{Cohort, MetricId};
use crate::types::trial::{Course, Given, Happening, What};

/// Requests a second to every service of which nothing is said.
pub const TRAFFIC: f64 = 100.0;

/// All that a test gives, in order.
#[derive(Clone, Debug, Default)]
pub struct Givens {
    all: Vec<Given>,
}

/// What is given of a metric at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told<'a> {
    /// A value from a course that began then.
    Value(&'a Course, Instant),
    /// No sample comes.
    NoData,
}

impl Givens {
    /// Those of a test.
    pub fn new(all: Vec<Given>) -> Self {
        Self { all }
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

    /// Whether a source does not answer.
    pub fn is_silent(&self, source: &str, at: Instant, steps: &Steps) -> bool {
        self.holding(at, steps).iter().any(|(what, _)| matches!(what, What::SilentSource(of) if of == source))
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

/// Whether a metric is that of a part of the traffic.
fn is_part(metric: &MetricId, of: &MetricId) -> bool {
    [Cohort::Affected, Cohort::Others].iter().any(|part| of.of_part(*part) == *metric)
}
