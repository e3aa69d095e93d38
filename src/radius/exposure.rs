//! Time: how long things are under fault at worst, and how long the run can take.

use super::errors;
use crate::diagnostics::Diagnostic;
use crate::plan::graph::StepId;
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
    // For each step the length of the longest way to its end, and the step before it on that way.
    let mut best: BTreeMap<StepId, (f64, Option<StepId>)> = BTreeMap::new();
    for id in plan.graph.order() {
        let Some(step) = plan.graph.step(id) else { continue };
        let before = plan.graph.before(id).into_iter().filter_map(|it| best.get(&it).map(|way| (way.0, it)));
        let longest = before.max_by(|a, b| a.0.total_cmp(&b.0));
        let length = longest.map_or(0.0, |(length, _)| length) + plan::longest(step, plan.no_data);
        best.insert(id, (length, longest.map(|(_, it)| it)));
    }
    let last = best.iter().max_by(|a, b| a.1.0.total_cmp(&b.1.0)).map(|(id, way)| (*id, way.0));
    let Some((last, length)) = last else { return (0.0, Vec::new()) };
    let back = std::iter::successors(Some(last), |id| best.get(id).and_then(|way| way.1));
    let steps = back.filter_map(|id| plan.graph.step(id));
    let mut steps: Vec<_> = steps.map(|step| (step.name.clone(), plan::longest(step, plan.no_data))).collect();
    steps.reverse();
    (length, steps)
}
