//! Time: how long things are under fault at worst, and how long the run can take.

use super::cover::Cover;
use super::errors;
use super::events::Events;
use super::repair::{Excess, Repair};
use crate::plan::graph::StepId;
use crate::plan::{self, Edge, Plan, QUERY_TIMEOUT, Step, StepKind};
use crate::types::model::{Source, Trigger};
use crate::types::term::{Condition, LimitName};
use std::collections::BTreeMap;

/// Of so many steps a shorter time is tried.
const MOST_SHORTENED: usize = 6;

/// Exposure and length in seconds, with what [`detection`] says; reports what exceeds `exposure` or `timeout`.
pub fn check(plan: &Plan, events: &Events, detection: f64, findings: &mut Vec<Excess>) -> (f64, f64) {
    // One abort ends everything, so it is waited for once.
    let parts = Cover::new(plan, events).parts();
    let exposure = parts.iter().map(|(_, seconds)| seconds).sum::<f64>() + detection;
    let (path, way) = longest_path(plan);
    // Metrics of a system that has just started may take their time to appear.
    let warm_up = plan.no_data + plan.window;
    let length = warm_up + plan.baseline + path;
    for (limit, value) in [(LimitName::Exposure, exposure), (LimitName::Timeout, length)] {
        let Some(bound) = plan.limits.bound(limit).filter(|bound| value > bound.value + 1e-9) else { continue };
        let (finding, repairs) = match limit {
            LimitName::Exposure => {
                let injects = plan.graph.order().into_iter().filter(|id| injects(plan, *id));
                (
                    errors::exposure(value, bound, &parts, detection, plan.span),
                    shorter(plan, injects, value - bound.value),
                )
            }
            _ => {
                let steps: Vec<(String, f64)> = way.iter().filter_map(|part| shown(plan, *part)).collect();
                let shorter = shorter(plan, way.iter().map(|(id, _)| *id), value - bound.value);
                (errors::timeout(value, bound, warm_up + plan.baseline, &steps, plan.span), shorter)
            }
        };
        findings.push(Excess { finding, repairs });
    }
    (exposure, length)
}

fn injects(plan: &Plan, id: StepId) -> bool {
    plan.graph.step(id).is_some_and(|step| matches!(step.kind, StepKind::Inject(_)))
}

/// Each of these steps so much shorter, the longest first.
fn shorter(plan: &Plan, steps: impl Iterator<Item = StepId>, by: f64) -> Vec<Repair> {
    let length = |id: &StepId| plan.graph.step(*id).map_or(0.0, |step| plan::longest(step, plan));
    let mut steps: Vec<StepId> = steps.collect();
    steps.sort_by(|a, b| length(b).total_cmp(&length(a)).then(a.cmp(b)));
    steps.into_iter().take(MOST_SHORTENED).map(|step| Repair::Shorten(step, by)).collect()
}

/// Seconds until the triggers have seen a breach: the slowest of them, a gap in the data included.
pub fn detection(plan: &Plan) -> f64 {
    let aborts = plan.aborts.iter().map(|trigger| (&trigger.condition, held(plan, trigger)));
    let watched = plan.watched().map(|slo| (&slo.condition, 0.0));
    let slowest = aborts.chain(watched).map(|(condition, hold)| sampling(plan, condition) + hold).fold(0.0, f64::max);
    slowest + plan.no_data
}

/// Seconds for which a trigger's condition must have held: so many samples take the time between them.
pub fn held(plan: &Plan, trigger: &Trigger) -> f64 {
    let between = trigger.samples.map_or(0.0, |samples| f64::from(samples.saturating_sub(1)));
    trigger.hold.max(between * interval(plan, &trigger.condition))
}

/// Seconds from a change to a sample that shows it: interval, that of the server behind, read time-out and window.
pub fn sampling(plan: &Plan, condition: &Condition) -> f64 {
    let of_reading = |reading: &crate::types::term::Reading| {
        let lag = plan.bindings.get(&reading.metric).map_or(0.0, |binding| plan.lag(&binding.source));
        let window = if reading.is_windowed() { reading.window.unwrap_or(plan.window) } else { 0.0 };
        lag + QUERY_TIMEOUT + window
    };
    condition.readings().into_iter().map(of_reading).fold(0.0, f64::max)
}

/// Seconds between two samples of the slowest source that a condition reads, or of the server behind it.
pub fn interval(plan: &Plan, condition: &Condition) -> f64 {
    let bindings = condition.readings().into_iter().filter_map(|reading| plan.bindings.get(&reading.metric));
    let between = |source: &Source| source.every.max(source.scrape);
    bindings.filter_map(|binding| plan.sources.get(&binding.source)).map(between).fold(0.0, f64::max)
}

/// A part of the longest way, for people. A mark takes time where the next round waits for its turn.
fn shown(plan: &Plan, (id, seconds): (StepId, f64)) -> Option<(String, f64)> {
    let step = plan.graph.step(id)?;
    let is_mark = matches!(step.kind, StepKind::Mark);
    let name = if is_mark { format!("{}, one round", step.name.trim_end_matches(".start")) } else { step.name.clone() };
    (!is_mark || seconds > 0.0).then_some((name, seconds))
}

/// Of a step the end of the longest way to its own end, its own length, and the step before it on that way.
type End = (f64, f64, Option<StepId>);

/// How each step ends at the latest, where a step lasts as long as `length` says; all in seconds from the first one.
fn ends(plan: &Plan, length: impl Fn(&Step) -> f64) -> BTreeMap<StepId, End> {
    let mut best: BTreeMap<StepId, End> = BTreeMap::new();
    for id in plan.graph.order() {
        let Some(step) = plan.graph.step(id) else { continue };
        let own = length(step);
        // What waits for a start waits for all that came before it, and for the offset.
        let ready = |(it, edge): (StepId, Edge)| {
            let (end, length, _) = best.get(&it)?;
            let at = match edge {
                Edge::End => *end,
                Edge::Start(offset) => end - length + offset,
            };
            Some((at, it))
        };
        let longest = plan.graph.before(id).into_iter().filter_map(ready).max_by(|a, b| a.0.total_cmp(&b.0));
        let end = longest.map_or(0.0, |(at, _)| at) + own;
        best.insert(id, (end, own, longest.map(|(_, it)| it)));
    }
    best
}

/// Seconds from the first inject to the end of the run, where a step lasts as long as `length` says.
pub fn from_the_first_inject(plan: &Plan, length: impl Fn(&Step) -> f64) -> f64 {
    let ends = ends(plan, length);
    let begins = ends.iter().filter(|(id, _)| injects(plan, **id)).map(|(_, (end, own, _))| end - own);
    let first = begins.fold(f64::INFINITY, f64::min);
    ends.values().map(|(end, ..)| end - first).fold(0.0, f64::max)
}

/// The longest way through the graph: its seconds, and its steps, each with the seconds until the next one goes on.
fn longest_path(plan: &Plan) -> (f64, Vec<(StepId, f64)>) {
    let best = ends(plan, |step| plan::longest(step, plan));
    let last = best.iter().max_by(|a, b| a.1.0.total_cmp(&b.1.0)).map(|(id, way)| (*id, way.0));
    let Some((last, length)) = last else { return (0.0, Vec::new()) };
    let back = std::iter::successors(Some(last), |id| best.get(id).and_then(|way| way.2));
    let mut until = length;
    let mut way = Vec::new();
    for id in back {
        let begins = best.get(&id).map_or(0.0, |(end, own, _)| end - own);
        way.push((id, until - begins));
        until = begins;
    }
    way.reverse();
    (length, way)
}
