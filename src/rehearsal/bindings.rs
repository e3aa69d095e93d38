//! Whether every binding gives data, and data of the kind that its metric is declared to be.

use super::Scene;
use super::check::Check;
use super::units;
use crate::base::unit;
use crate::diagnostics::codes;
use crate::monitor::{Cause, Point, Sample};
use crate::types::model::{Binding, How};
use crate::types::term::MetricId;
use std::collections::BTreeSet;

const KIND: &str = "binding";

pub fn check(scene: Scene) -> Vec<Check> {
    let mut checks: Vec<Check> =
        scene.plan.bindings.iter().map(|(id, binding)| of_binding(scene, id, binding).at(binding.span)).collect();
    let needed: BTreeSet<&MetricId> =
        scene.plan.steady.iter().flat_map(|slo| slo.condition.readings()).map(|it| &it.metric).collect();
    let unbound = needed.into_iter().filter(|id| !scene.plan.bindings.contains_key(id));
    checks.extend(unbound.map(|id| {
        let fix = format!("add `bind {id} = …` to the environment {}", scene.plan.environment);
        Check::fail(KIND, id.to_string(), codes::E0702, "an SLO needs it, and nothing is bound to it", &fix)
    }));
    checks
}

fn of_binding(scene: Scene, id: &MetricId, binding: &Binding) -> Check {
    let of = id.to_string();
    if scene.unopened.contains_key(&binding.source) {
        return Check::not_looked_at(KIND, of, format!("its source {} cannot be opened", binding.source));
    }
    let (_, end) = scene.seen.phase;
    let samples: Vec<Sample> = scene
        .seen
        .signals
        .get(id)
        .map_or_else(Vec::new, |signal| signal.inside(crate::base::Instant(0), end).cloned().collect());
    let good: Vec<&Point> = samples.iter().filter_map(|sample| sample.value.as_ref().ok()).collect();
    let cause = samples.iter().rev().find_map(|sample| sample.value.as_ref().err());
    if let Some(cause @ Cause::OutOfRange { .. }) = cause {
        return Check::fail(
            KIND,
            of,
            codes::E0723,
            cause.to_string(),
            "say the unit of the series, for example `unit: 1%` or `unit: 1ms`",
        );
    }
    if good.is_empty() {
        return no_data(scene, id, binding, cause);
    }
    if let Some((cause, fix)) = wrong_kind(scene, id, binding, &good) {
        return Check::fail(KIND, of, codes::E0723, cause, &fix);
    }
    if let Some((cause, fix)) = units::implausible(scene, id, binding, &good) {
        return Check::fail(KIND, of, codes::E0723, cause, &fix);
    }
    let doubts = doubtful(scene, id, binding, &good).or_else(|| units::doubtful(scene, id, binding, &good));
    if let Some((cause, fix)) = doubts {
        return Check::warn(KIND, of, codes::E0723, cause, fix);
    }
    let failed = samples.len() - good.len();
    let told = told(scene, id, binding, &good);
    match (failed, cause) {
        (1.., Some(cause)) => {
            let told = format!("{told}; {failed} of {} samples are unknown: {cause}", samples.len());
            Check::warn(KIND, of, codes::E0722, told, "see its source's check")
        }
        _ => Check::ok(KIND, of, told),
    }
}

fn no_data(scene: Scene, id: &MetricId, binding: &Binding, cause: Option<&Cause>) -> Check {
    let of = id.to_string();
    let read = scene.seen.tallies.get(&binding.source).map_or(0, |tally| tally.reads);
    match cause {
        Some(Cause::NoSeries(name)) => {
            let fix = format!(
                "look for its name and its labels at the source {}; series of errors may appear only with the first one",
                binding.source
            );
            Check::fail(KIND, of, codes::E0722, format!("the source answers, and has no series `{name}`"), &fix)
        }
        Some(Cause::Unreadable(why)) if why.contains("has no buckets") => {
            let fix = "bind a classic histogram: series that end in `_bucket`, with the label `le`";
            Check::fail(KIND, of, codes::E0723, cause.map_or_else(String::new, ToString::to_string), fix)
        }
        Some(cause) => Check::fail(KIND, of, codes::E0722, cause.to_string(), "see its source's check"),
        None if read == 0 => Check::not_looked_at(KIND, of, "its source was not read before the look ended"),
        // One read of a counter tells nothing yet.
        None if read < 2 => {
            Check::not_looked_at(KIND, of, "its source was read only once: look for longer, `--for 1m`")
        }
        None => {
            let shown = unit::show_duration(scene.length());
            let fix = "look for longer (`--for 2m`); does its source have new data?";
            Check::fail(KIND, of, codes::E0722, format!("{read} reads in {shown} gave no sample of it"), fix)
        }
    }
}

/// What its values show that no metric of this type does: the cause and what to do.
fn wrong_kind(scene: Scene, id: &MetricId, binding: &Binding, good: &[&Point]) -> Option<(String, String)> {
    if let Some(fell) = falls(scene, id, binding) {
        let cause =
            format!("its series fell {fell} times in {} samples: it is no counter, which only grows", good.len());
        return Some((
            cause,
            "bind it as `gauge(…)` to a metric that is no counter, or name the counter's series".to_owned(),
        ));
    }
    good.iter().find_map(|point| match point {
        Point::Ratio { good, all } if good > all => {
            let cause = format!(
                "{} good requests of {} at all: `good` counts what `all` does not",
                unit::show_number(*good),
                unit::show_number(*all)
            );
            Some((cause, "let `all` select everything that `good` selects".to_owned()))
        }
        Point::Histogram { buckets, .. } if !buckets.bounds().any(f64::is_infinite) => {
            let cause = "its buckets have none for +Inf, so nobody knows how many requests there are".to_owned();
            Some((cause, "expose the bucket `le=\"+Inf\"`, as every classic histogram has".to_owned()))
        }
        _ => None,
    })
}

/// How often a counter fell, where that is no restart: a process that starts anew resets it once.
fn falls(scene: Scene, id: &MetricId, binding: &Binding) -> Option<u64> {
    let counter = matches!(binding.how, How::Counter(_));
    let fell = scene.seen.tallies.get(&binding.source)?.falls.get(id).copied()?;
    (counter && fell > 1 && scene.seen.changes.is_empty()).then_some(fell)
}

/// What may be meant, but seldom is.
fn doubtful(scene: Scene, id: &MetricId, binding: &Binding, good: &[&Point]) -> Option<(String, &'static str)> {
    let fell = scene.seen.tallies.get(&binding.source).and_then(|it| it.falls.get(id)).copied().unwrap_or(0);
    if fell > 0 && scene.seen.changes.is_empty() {
        return Some(("a series of it fell, as after a restart".to_owned(), "see whether its processes are restarted"));
    }
    let (sum_good, sum_all) = good.iter().fold((0.0, 0.0), |sum, point| match point {
        Point::Ratio { good, all } => (sum.0 + good, sum.1 + all),
        _ => sum,
    });
    if sum_all > 0.0 && sum_good == 0.0 {
        let cause = format!("none of {} requests is good", unit::show_number(sum_all));
        return Some((cause, "does `good` select what is good?"));
    }
    let narrow = good.iter().any(|it| matches!(it, Point::Histogram { buckets, .. } if buckets.bounds().count() < 3));
    narrow.then(|| {
        (
            "its histogram has fewer than three buckets, so quantiles are hardly known".to_owned(),
            "give it buckets around the values that matter",
        )
    })
}

/// What it gave, in a line.
fn told(scene: Scene, id: &MetricId, binding: &Binding, good: &[&Point]) -> String {
    let count = good.len();
    let samples = if count == 1 { "1 sample".to_owned() } else { format!("{count} samples") };
    let ty = units::of(scene, id);
    let value = match good.last() {
        Some(Point::Gauge(value)) => {
            format!("last {}", ty.map_or_else(|| unit::show_number(*value), |ty| ty.show(*value)))
        }
        Some(Point::Ratio { .. }) => {
            let sums = good.iter().fold((0.0, 0.0), |sum, it| {
                if let Point::Ratio { good, all } = it { (sum.0 + good, sum.1 + all) } else { sum }
            });
            if sums.1 > 0.0 {
                format!("{} of {}", unit::show_ratio(sums.0 / sums.1), unit::show_number(sums.1))
            } else {
                "of no events".to_owned()
            }
        }
        Some(Point::Increase(_)) => {
            let by: f64 = good.iter().map(|it| if let Point::Increase(by) = it { *by } else { 0.0 }).sum();
            format!("grew by {}", unit::show_number(by))
        }
        Some(Point::Histogram { .. }) => units::mean(good)
            .map_or_else(|| "of no events".to_owned(), |mean| format!("mean {}", shown_part(&binding.how, mean))),
        None => String::new(),
    };
    format!("{samples}, {value}")
}

/// A value of a distribution: of durations, as far as its unit says so.
fn shown_part(how: &How, value: f64) -> String {
    match how {
        How::Histogram { of, .. } if crate::types::unit_of_series(&of.name).is_some() => unit::show_duration(value),
        _ => unit::show_number(value),
    }
}
