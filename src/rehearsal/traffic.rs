//! How many requests there are, and whether a window holds enough of them.

use super::Scene;
use super::check::Check;
use super::expectations::conditions;
use crate::base::unit;
use crate::diagnostics::codes;
use crate::monitor::Point;
use crate::types::Type;
use crate::types::model::{Binding, How, SourceKind};
use crate::types::term::{Aggregate, Cohort, MetricId, Reading};

const KIND: &str = "traffic";
/// With fewer expected requests a window is empty by chance more often than once in twenty (e⁻³).
const FEWEST: f64 = 3.0;

pub fn check(scene: Scene) -> Vec<Check> {
    let shares =
        scene.plan.bindings.iter().filter(|(id, binding)| !is_probe(scene, binding) && matters(scene, id, binding));
    shares
        .filter_map(|(id, binding)| Some(of_metric(scene, id, counted(scene, id, &binding.how)?).at(binding.span)))
        .collect()
}

fn matters(scene: Scene, id: &MetricId, binding: &Binding) -> bool {
    matches!(binding.how, How::Ratio { .. } | How::Histogram { .. })
        && scene.seen.signals.get(id).is_some_and(|it| it.is_known())
}

/// A probe is made by us: its looks are no traffic.
fn is_probe(scene: Scene, binding: &Binding) -> bool {
    scene.plan.sources.get(&binding.source).is_none_or(|source| source.kind == SourceKind::Probe)
}

fn of_metric(scene: Scene, id: &MetricId, requests: f64) -> Check {
    let of = id.to_string();
    let rate = requests / scene.length();
    if requests <= 0.0 {
        let fix = "is this the right environment, and is there load on it?";
        return Check::fail(KIND, of, codes::E0726, "no request was counted", fix);
    }
    let shown = format!("{} requests/s", rounded(rate));
    let readings: Vec<&Reading> =
        conditions(scene.plan).into_iter().flat_map(|it| it.readings()).filter(|it| it.metric == *id).collect();
    let window = |it: &&Reading| it.window.unwrap_or(scene.plan.window);
    let narrowest = readings.iter().filter(|it| it.is_windowed()).min_by(|a, b| window(a).total_cmp(&window(b)));
    let Some(reading) = narrowest else {
        return Check::ok(KIND, of, format!("{shown}; no condition here looks at it"));
    };
    let length = window(reading);
    let inside = rate * length * part(scene, reading);
    let told = format!("{shown}: {} in a window of {}", rounded(inside), unit::show_duration(length));
    let wanted = FEWEST / (rate * part(scene, reading)).max(f64::MIN_POSITIVE);
    if inside < FEWEST {
        let fix = format!("widen the window to {} or more, or make more load", unit::show_duration(wanted.ceil()));
        return Check::fail(KIND, of, codes::E0726, format!("{told}, so windows may be empty"), &fix);
    }
    match least(&readings) {
        Some((least, why)) if inside < least => {
            let needed = (length * least / inside).ceil();
            let fix = format!("widen the window to {}, or make more load", unit::show_duration(needed));
            Check::warn(KIND, of, codes::E0726, format!("{told}; {why}"), &fix)
        }
        _ => Check::ok(KIND, of, told),
    }
}

/// The part of the traffic that a reading is of, as far as the plan's faults say it.
fn part(scene: Scene, reading: &Reading) -> f64 {
    let touched =
        scene.plan.injections().filter(|(_, it)| it.target == reading.metric.service).map(|(_, it)| it.touches);
    match reading.cohort {
        Some(Cohort::Affected) => touched.map(|it| it.lo).fold(1.0, f64::min),
        Some(Cohort::Others) => touched.map(|it| 1.0 - it.hi).fold(1.0, f64::min),
        None => 1.0,
    }
}

/// The requests that a quantile needs to be more than the slowest of them.
fn least(readings: &[&Reading]) -> Option<(f64, String)> {
    let quantiles = readings.iter().filter_map(|it| match (it.aggregate, &it.ty) {
        (Aggregate::Quantile(q), Type::Distribution(_)) if q > 0.5 && q < 1.0 => Some(q),
        _ => None,
    });
    let highest = quantiles.fold(0.0, f64::max);
    (highest > 0.0).then(|| {
        let least = 1.0 / (1.0 - highest);
        (least - 1e-9, format!("p{} of so few is just the slowest", unit::show_number(highest * 100.0)))
    })
}

/// A number of requests as people read it: what lies below a tenth is no noise only where it is all there is.
pub fn rounded(count: f64) -> String {
    unit::show_number(if count >= 1.0 { (count * 10.0).round() / 10.0 } else { count })
}

/// How many requests a metric counted in the time that was looked at; nothing where it counts none.
pub fn counted(scene: Scene, id: &MetricId, how: &How) -> Option<f64> {
    let is_of_requests = match how {
        How::Ratio { .. } | How::Histogram { .. } => true,
        How::Counter(of) => id.metric.contains("request") || of.name.contains("request"),
        _ => false,
    };
    let signal = scene.seen.signals.get(id).filter(|_| is_of_requests)?;
    let (start, end) = scene.seen.phase;
    let count = |point: &Point| match point {
        Point::Ratio { all, .. } => *all,
        Point::Histogram { buckets, .. } => buckets.count(),
        Point::Increase(by) => *by,
        Point::Gauge(_) => 0.0,
    };
    let (mut sum, mut covered) = (0.0, 0.0);
    for sample in signal.inside(start, end) {
        if let Ok(point) = &sample.value {
            sum += count(point);
            covered += sample.at.since(sample.from).as_secs_f64();
        }
    }
    // Samples cover a little less than the time that was looked at.
    (covered > 0.0).then(|| sum / covered * scene.length())
}
