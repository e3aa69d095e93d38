//! Time: how long things are under fault at worst, and how long the run can take.

use super::errors;
use crate::diagnostics::Diagnostic;
use crate::plan::{self, APPLY_TIMEOUT, Plan, QUERY_TIMEOUT, REVERT_BOUND};
use crate::types::term::{Condition, LimitName};
use std::collections::BTreeMap;

/// Exposure and length in seconds; reports what exceeds `exposure` or `timeout`.
pub fn check(plan: &Plan, findings: &mut Vec<Diagnostic>) -> (f64, f64) {
    let injects: Vec<(&str, f64)> = plan
        .injections()
        .map(|(step, injection)| (step.name.as_str(), APPLY_TIMEOUT + injection.duration.hi + REVERT_BOUND))
        .collect();
    let detection = detection(plan);
    // The union of intervals is never longer than their sum, whatever overlaps; one abort ends everything.
    let exposure = injects.iter().map(|(_, seconds)| seconds).sum::<f64>() + detection;
    let (path, steps) = longest_path(plan);
    // Metrics of a system that has just started may take their time to appear.
    let warm_up = plan.no_data + plan.window;
    let length = warm_up + plan.baseline + path;
    for (limit, value) in [(LimitName::Exposure, exposure), (LimitName::Timeout, length)] {
        let Some(bound) = plan.limits.bound(limit).filter(|bound| value > bound.value) else { continue };
        findings.push(match limit {
            LimitName::Exposure => errors::exposure(value, bound, &injects, detection, plan.span),
            _ => errors::timeout(value, bound, warm_up + plan.baseline, &steps, plan.span),
        });
    }
    (exposure, length)
}

/// Seconds until the triggers have seen a breach: the slowest of them, a gap in the data included.
pub fn detection(plan: &Plan) -> f64 {
    let aborts = plan.aborts.iter().map(|trigger| (&trigger.condition, trigger.hold));
    let watched = plan.watched().map(|slo| (&slo.condition, 0.0));
    let slowest = aborts.chain(watched).map(|(condition, hold)| sampling(plan, condition) + hold).fold(0.0, f64::max);
    slowest + plan.no_data
}

/// Seconds from a change to a sample that shows it: interval, read time-out and window.
fn sampling(plan: &Plan, condition: &Condition) -> f64 {
    let of_reading = |reading: &crate::types::term::Reading| {
        let every = plan.bindings.get(&reading.metric).map_or(0.0, |binding| plan.every(&binding.source));
        let window = if reading.is_windowed() { reading.window.unwrap_or(plan.window) } else { 0.0 };
        every + QUERY_TIMEOUT + window
    };
    condition.readings().into_iter().map(of_reading).fold(0.0, f64::max)
}

/// The longest way through the graph: its seconds, and its steps with theirs.
fn longest_path(plan: &Plan) -> (f64, Vec<(String, f64)>) {
    let mut best: BTreeMap<usize, (f64, Vec<(String, f64)>)> = BTreeMap::new();
    for id in plan.graph.order() {
        let before = plan.graph.before(id).into_iter().filter_map(|earlier| best.get(&earlier.index()));
        let longest = before.max_by(|a, b| a.0.total_cmp(&b.0)).cloned().unwrap_or_default();
        let Some(step) = plan.graph.step(id) else { continue };
        let own = plan::longest(step, plan.no_data);
        let mut steps = longest.1;
        steps.push((step.name.clone(), own));
        best.insert(id.index(), (longest.0 + own, steps));
    }
    best.into_values().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default()
}
