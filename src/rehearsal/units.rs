//! Whether values are of an order of magnitude that fits: a wrong unit is off by a thousand, and seldom by less.

use super::Scene;
use super::expectations::conditions;
use crate::base::unit;
use crate::monitor::Point;
use crate::types::Type;
use crate::types::model::{Binding, How, SourceRef};
use crate::types::term::{Comparison, MetricId, Reading, Term};

/// A value that is so many times what it is compared with, or less than its inverse, is of another unit.
const OFF: f64 = 300.0;
/// No request takes longer, in seconds, and no measured one is shorter.
const PLAUSIBLE: (f64, f64) = (1e-7, 3_600.0);

/// The type of a metric, as far as a condition reads it.
pub fn of(scene: Scene, id: &MetricId) -> Option<Type> {
    readings(scene, id).into_iter().next().map(|reading| reading.ty.clone())
}

fn readings<'s>(scene: Scene<'s>, id: &MetricId) -> Vec<&'s Reading> {
    conditions(scene.plan).into_iter().flat_map(|it| it.readings()).filter(|it| it.metric == *id).collect()
}

/// The mean of everything that histograms counted; nothing of no events.
pub fn mean(points: &[&Point]) -> Option<f64> {
    let (sum, count) = points.iter().fold((0.0, 0.0), |known, point| match point {
        Point::Histogram { buckets, sum } => (known.0 + sum, known.1 + buckets.count()),
        _ => known,
    });
    (count > 0.0).then(|| sum / count)
}

/// Why its values cannot be of the unit that the binding says, and what to do.
pub fn implausible(scene: Scene, id: &MetricId, binding: &Binding, good: &[&Point]) -> Option<(String, String)> {
    let value = typical(good).filter(|it| it.is_finite() && *it != 0.0)?;
    let (name, declared) = match &binding.how {
        How::Histogram { of, unit } | How::Gauge { of, unit } => (of.name.as_str(), *unit),
        How::Query { query, unit } => (query.as_str(), *unit),
        How::Ratio { .. } | How::Counter(_) | How::Probe { .. } => return None,
    };
    let duration = is_duration(scene, id, binding);
    let fix =
        format!("say the unit of `{name}`: `unit: 1ms` where it counts milliseconds, and not where it counts seconds");
    if duration && let Some(named) = crate::types::unit_of_series(name).filter(|it| (it / declared - 1.0).abs() > 1e-6)
    {
        let shown = unit::show_duration(named);
        let cause = format!(
            "the name `{name}` says that it counts in {shown}, the binding in {}",
            unit::show_duration(declared)
        );
        return Some((cause, fix));
    }
    if let Some((sum, highest)) = beyond_buckets(good) {
        let cause = format!(
            "its mean of {} lies outside its buckets, which end at {}: sum and buckets are of other units",
            unit::show_number(sum),
            unit::show_number(highest)
        );
        return Some((cause, "see what the exporter counts in; both must be of one unit".to_owned()));
    }
    if duration && !(PLAUSIBLE.0..=PLAUSIBLE.1).contains(&value) {
        return Some((format!("it is {}, which no request takes", unit::show_duration(value)), fix));
    }
    let shown = |value: f64| if duration { unit::show_duration(value) } else { unit::show_number(value) };
    if let Some((metric, other)) = at_proxy(scene, id, binding).filter(|(_, other)| duration && off(value, *other)) {
        let cause = format!("it is {}, and {metric}, which the proxy measures, is {}", shown(value), shown(other));
        return Some((cause, fix));
    }
    let compared = bounds(scene, id);
    let all_off = !compared.is_empty() && compared.iter().all(|(_, bound)| off(value, *bound));
    let (text, bound) = compared.first().filter(|_| all_off && duration)?;
    let cause = format!("it is {}, and `{text}` compares it with {}", shown(value), shown(*bound));
    // Far below a bound is healthy; far above it is another unit, or a system that is down.
    (value > *bound).then_some((cause, fix))
}

/// What may be so, and seldom is: a duration far below everything that it is compared with, or many requests beyond the last
/// bucket.
pub fn doubtful(scene: Scene, id: &MetricId, binding: &Binding, good: &[&Point]) -> Option<(String, &'static str)> {
    const FAR_BELOW: f64 = 1e4;
    const MANY: f64 = 0.05;
    let value = typical(good).filter(|it| it.is_finite() && *it > 0.0)?;
    let lowest = bounds(scene, id).into_iter().min_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((text, bound)) =
        lowest.filter(|(_, bound)| is_duration(scene, id, binding) && value * FAR_BELOW < *bound)
    {
        let (value, bound) = (unit::show_duration(value), unit::show_duration(bound));
        return Some((
            format!("it is {value}, and `{text}` compares it with {bound}"),
            "is its `unit` the series' own?",
        ));
    }
    let (last, beyond) = beyond_last(good)?;
    (beyond > MANY).then(|| {
        let (share, last) = (unit::show_ratio(beyond), unit::show_number(last));
        let cause = format!("{share} of its events lie beyond its last bucket of {last}, where no quantile is known");
        (cause, "give it buckets beyond what the system does")
    })
}

/// The last finite bound of histograms, and the share of events beyond it.
fn beyond_last(good: &[&Point]) -> Option<(f64, f64)> {
    let (mut highest, mut within, mut all) = (0.0_f64, 0.0, 0.0);
    for point in good {
        let Point::Histogram { buckets, .. } = point else { continue };
        let last = buckets.bounds().filter(|bound| bound.is_finite()).fold(0.0, f64::max);
        highest = highest.max(last);
        within += buckets.at_most(last);
        all += buckets.count();
    }
    (highest > 0.0 && all > 0.0).then(|| (highest, 1.0 - within / all))
}

fn off(value: f64, other: f64) -> bool {
    let times = (value / other).abs();
    other != 0.0 && times.is_finite() && !(1.0 / OFF..=OFF).contains(&times)
}

/// The middle of gauges, the mean of histograms.
fn typical(good: &[&Point]) -> Option<f64> {
    let mut gauges: Vec<f64> =
        good.iter().filter_map(|it| if let Point::Gauge(value) = it { Some(*value) } else { None }).collect();
    gauges.sort_unstable_by(f64::total_cmp);
    gauges.get(gauges.len() / 2).copied().or_else(|| mean(good))
}

fn is_duration(scene: Scene, id: &MetricId, binding: &Binding) -> bool {
    let typed = of(scene, id).map(|ty| match ty {
        Type::Distribution(of) => *of == Type::Duration,
        ty => ty == Type::Duration,
    });
    let named = match &binding.how {
        How::Histogram { of, .. } | How::Gauge { of, .. } => crate::types::unit_of_series(&of.name).is_some(),
        _ => false,
    };
    typed.unwrap_or(named)
}

/// The mean and the highest finite bound, where the first cannot be with what the buckets hold.
fn beyond_buckets(good: &[&Point]) -> Option<(f64, f64)> {
    let mean = mean(good)?;
    let (highest, beyond) = beyond_last(good)?;
    (beyond <= 0.0 && mean > highest * (1.0 + 1e-6)).then_some((mean, highest))
}

/// What the service's proxy measures of the same: the mean of its own histogram.
fn at_proxy(scene: Scene, id: &MetricId, binding: &Binding) -> Option<(MetricId, f64)> {
    let others = scene.plan.bindings.iter().filter(|(other, it)| {
        let same = other.service == id.service && matches!(binding.source, SourceRef::Declared(_));
        same && it.source == SourceRef::Proxy(id.service.clone()) && matches!(it.how, How::Histogram { .. })
    });
    let (other, _) = others.into_iter().next()?;
    let signal = scene.seen.signals.get(other)?;
    let points: Vec<&Point> =
        signal.inside(scene.seen.phase.0, scene.seen.phase.1).filter_map(|it| it.value.as_ref().ok()).collect();
    Some((other.clone(), mean(&points)?))
}

/// The constants that a metric is compared with, each with the author's words.
fn bounds(scene: Scene, id: &MetricId) -> Vec<(String, f64)> {
    let of = |comparison: &Comparison| match (&comparison.left, &comparison.right) {
        (Term::Reading(reading), Term::Constant(bound)) if reading.metric == *id && *bound > 0.0 => {
            Some((comparison.text.clone(), *bound))
        }
        _ => None,
    };
    conditions(scene.plan).into_iter().flat_map(|it| it.comparisons()).filter_map(of).collect()
}
