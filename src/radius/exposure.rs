//! Time: how long things are under fault at worst, and how long the run can take.

use super::errors;
use crate::diagnostics::Diagnostic;
use crate::plan::graph::StepId;
use crate::plan::{self, Edge, Plan, QUERY_TIMEOUT, StepKind};
use crate::types::term::{Condition, LimitName};
use std::collections::BTreeMap;

/// Exposure and length in seconds; reports what exceeds `exposure` or `timeout`.
pub fn check(plan: &Plan, findings: &mut Vec<Diagnostic>) -> (f64, f64) {
    let detection = detection(plan);
    // One abort ends everything, so it is waited for once.
    let parts = worst(&groups(plan), 0);
    let exposure = parts.iter().map(|(_, seconds)| seconds).sum::<f64>() + detection;
    let (path, steps) = longest_path(plan);
    // Metrics of a system that has just started may take their time to appear.
    let warm_up = plan.no_data + plan.window;
    let length = warm_up + plan.baseline + path;
    for (limit, value) in [(LimitName::Exposure, exposure), (LimitName::Timeout, length)] {
        let Some(bound) = plan.limits.bound(limit).filter(|bound| value > bound.value) else { continue };
        findings.push(match limit {
            LimitName::Exposure => errors::exposure(value, bound, &parts, detection, plan.span),
            _ => errors::timeout(value, bound, warm_up + plan.baseline, &steps, plan.span),
        });
    }
    (exposure, length)
}

/// A list of names that is longer, in bytes, is not continued.
const LONGEST_LIST: usize = 200;

/// Faults of which each but the first begins a known time after another one: what they cover together.
struct Group<'p> {
    guards: &'p [(StepId, bool)],
    /// The names of its faults, and the seconds from the first one's start to when all must be over.
    part: (String, f64),
}

/// All faults, those that hang on another's start together with it.
fn groups(plan: &Plan) -> Vec<Group<'_>> {
    let injects = plan.graph.order().into_iter().filter_map(|id| match &plan.graph.step(id)?.kind {
        StepKind::Inject(injection) => Some((id, plan::active(injection))),
        _ => None,
    });
    let lengths: BTreeMap<StepId, f64> = injects.collect();
    let mut hung: BTreeMap<StepId, Vec<(StepId, f64)>> = BTreeMap::new();
    let mut roots = Vec::new();
    for id in lengths.keys() {
        match hangs_on(plan, *id).filter(|(on, _)| lengths.contains_key(on)) {
            Some((on, offset)) => hung.entry(on).or_default().push((*id, offset)),
            None => roots.push(*id),
        }
    }
    // What hangs on a fault comes behind it in the graph.
    let mut all: BTreeMap<StepId, (String, f64)> = BTreeMap::new();
    for (id, own) in lengths.iter().rev() {
        let hanging = hung.get(id).into_iter().flatten().filter_map(|(next, at)| Some((all.get(next)?, *at)));
        let covered = covered(plan, *id, *own, hanging);
        all.insert(*id, covered);
    }
    let mut group = |id: &StepId| {
        let guards = plan.graph.step(*id)?.guards.as_slice();
        Some(Group { guards, part: all.remove(id)? })
    };
    roots.iter().filter_map(&mut group).collect()
}

/// The fault at whose start, plus so many seconds, a fault begins at the latest: all else that it waits for, that one
/// waits for, too.
fn hangs_on(plan: &Plan, id: StepId) -> Option<(StepId, f64)> {
    let before = plan.graph.before(id);
    let starts: Vec<(StepId, f64)> = before
        .iter()
        .filter_map(|(on, edge)| match edge {
            Edge::Start(offset) => Some((*on, *offset)),
            Edge::End => None,
        })
        .collect();
    let [(on, offset)] = starts[..] else { return None };
    let gate = plan.graph.before(on);
    before.iter().filter(|(it, _)| *it != on).all(|it| gate.contains(it)).then_some((on, offset))
}

/// What a fault and those that hang on it cover, and their names.
fn covered<'c>(
    plan: &Plan,
    id: StepId,
    own: f64,
    hanging: impl Iterator<Item = (&'c (String, f64), f64)>,
) -> (String, f64) {
    let mut name = plan.graph.step(id).map_or("", |step| step.name.as_str()).to_owned();
    let (mut extent, mut sum) = (own, own);
    for ((next, seconds), offset) in hanging {
        name = if name.len() < LONGEST_LIST { format!("{name} with {next}") } else { name };
        extent = extent.max(offset + seconds);
        sum += seconds;
    }
    // A union is no longer than its hull, and no longer than its parts together.
    (name, extent.min(sum))
}

/// The worst of the ways that choices can take: its parts.
fn worst(groups: &[Group], depth: usize) -> Vec<(String, f64)> {
    let here = groups.iter().filter(|group| group.guards.len() <= depth).map(|group| group.part.clone());
    let mut parts: Vec<(String, f64)> = here.collect();
    let mut choices: BTreeMap<StepId, [Vec<Group>; 2]> = BTreeMap::new();
    for group in groups {
        if let Some((choice, way)) = group.guards.get(depth) {
            let ways = choices.entry(*choice).or_default();
            ways[usize::from(*way)].push(Group { guards: group.guards, part: group.part.clone() });
        }
    }
    for [otherwise, then] in choices.into_values() {
        let (then, otherwise) = (worst(&then, depth + 1), worst(&otherwise, depth + 1));
        let sum = |parts: &[(String, f64)]| parts.iter().map(|(_, seconds)| seconds).sum::<f64>();
        parts.extend(if sum(&then) >= sum(&otherwise) { then } else { otherwise });
    }
    parts
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
    // For each step the length of the longest way to its end, its own length, and the step before it on that way.
    let mut best: BTreeMap<StepId, (f64, f64, Option<StepId>)> = BTreeMap::new();
    for id in plan.graph.order() {
        let Some(step) = plan.graph.step(id) else { continue };
        let own = plan::longest(step, plan.no_data);
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
    let last = best.iter().max_by(|a, b| a.1.0.total_cmp(&b.1.0)).map(|(id, way)| (*id, way.0));
    let Some((last, length)) = last else { return (0.0, Vec::new()) };
    let back = std::iter::successors(Some(last), |id| best.get(id).and_then(|way| way.2));
    let steps = back.filter_map(|id| plan.graph.step(id)).filter(|step| !matches!(step.kind, StepKind::Mark));
    let mut steps: Vec<_> = steps.map(|step| (step.name.clone(), plan::longest(step, plan.no_data))).collect();
    steps.reverse();
    (length, steps)
}
