//! Which processes a Prometheus server knows behind the metrics that are asked for, and when they started.
//!
//! A server scrapes much that has nothing to do with a run. So only those instances are looked at that have a series of one of
//! the metrics; where a query reads what the server has computed itself, no instance is known.

use super::answer::{Item, Told};
use super::instances::{BUILD, Change, INSTANCE, Instances, START, Sighting, began, marks, named};
use super::question::{Question, tagged};
use crate::base::{Instant, unit};
use crate::types::term::MetricId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What a server is asked for besides its metrics.
pub struct Roster {
    /// The query; nothing where no metric has a selector.
    pub query: Option<String>,
    services: Vec<String>,
    lag: Duration,
    instances: Instances,
    told: bool,
}

impl Roster {
    /// For metrics with what is asked for each. `lag`: how old a sample can be that a server answers with.
    pub fn of<'q>(asked: impl Iterator<Item = (&'q MetricId, &'q Question)>, lag: Duration) -> Self {
        let mut selectors: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (metric, question) in asked {
            let texts = question.selectors.iter().map(|selector| selector.text.as_str());
            selectors.entry(metric.service.as_str()).or_default().extend(texts);
        }
        selectors.retain(|_, texts| !texts.is_empty());
        let parts: Vec<String> = selectors.values().enumerate().map(|(at, texts)| of_service(at, texts)).collect();
        let query = (!parts.is_empty()).then(|| parts.join(" or "));
        let services = selectors.into_keys().map(str::to_owned).collect();
        Self { query, services, lag, instances: Instances::new(lag), told: false }
    }

    /// Takes in the answer to a read of the moment `at`.
    pub fn take(&mut self, told: &Told, at: Instant) -> Vec<Change> {
        let Some(now) = told.at() else { return Vec::new() };
        let part = |item: &Item, kind: char| item.part().strip_prefix(kind).and_then(|number| number.parse().ok());
        let times = told.items.iter().filter(|item| part(item, 'n').is_some_and(|_: usize| item.value.is_finite()));
        let times: BTreeMap<String, f64> = times.map(|item| (named("", &item.labels), item.value)).collect();
        let mut seen = Vec::new();
        for item in told.items.iter().filter(|item| !item.is_histogram) {
            let service = part(item, 's').or_else(|| part(item, 'b')).and_then(|it: usize| self.services.get(it));
            let Some(service) = service else { continue };
            let instance = named("", &item.labels);
            let then = times.get(&instance).map(|then| unit::to_duration((now - then).max(0.0)));
            let seen_at = at - then.unwrap_or(self.lag);
            let series = [item.series()];
            seen.extend(marks(&series).map(|(series, mark)| Sighting {
                instance: instance.clone(),
                series: series.name.clone(),
                began: began(&mark, now, at),
                mark,
                at: seen_at,
                services: BTreeSet::from([service.clone()]),
            }));
        }
        self.instances.advance(seen, at)
    }

    /// A remark, once, that the server does not answer this. Its metrics may be known all the same.
    pub fn fail(&mut self, error: &str) -> Option<String> {
        let first = !std::mem::replace(&mut self.told, true);
        first.then(|| format!("whether instances are restarted cannot be told: {error}"))
    }
}

/// The starts, the times of these samples, and the builds of the instances that have series of one of the selectors.
fn of_service(at: usize, selectors: &BTreeSet<&str>) -> String {
    let labels = INSTANCE.join(", ");
    let selectors: Vec<&str> = selectors.iter().copied().collect();
    let behind = format!("and on ({labels}) ({})", selectors.join(" or "));
    let parts = [
        tagged(&format!("({START} {behind})"), &format!("s{at}")),
        tagged(&format!("(timestamp({START}) {behind})"), &format!("n{at}")),
        tagged(&format!("({{__name__=~\".+{BUILD}\"}} {behind})"), &format!("b{at}")),
    ];
    parts.join(" or ")
}

#[cfg(test)]
#[path = "roster_tests.rs"]
mod tests;
