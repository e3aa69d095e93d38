//! The smallest change that brings a plan within a limit. Each is tried on a copy of the plan before it is offered.

use super::examine;
use crate::base::unit;
use crate::diagnostics::{Code, Diagnostic};
use crate::plan::graph::StepId;
use crate::plan::{Plan, Step, StepKind};
use crate::types::term::Demand;

/// Larger plans are not tried again and again.
const MOST_STEPS: usize = 300;
/// So many changes are tried for one plan, at most.
const MOST_TRIES: usize = 40;

/// A limit that is exceeded, with what may help, the smallest change first.
pub struct Excess {
    pub finding: Diagnostic,
    pub repairs: Vec<Repair>,
}

impl From<Diagnostic> for Excess {
    fn from(finding: Diagnostic) -> Self {
        Self { finding, repairs: Vec::new() }
    }
}

/// A change that may help.
#[derive(Clone, Copy, Debug)]
pub enum Repair {
    /// A fault waits for the end of an earlier one.
    Wait(StepId, StepId),
    /// A fault selects so much of the traffic, and no more.
    Traffic(StepId, f64),
    /// A step lasts so many seconds less.
    Shorten(StepId, f64),
}

impl Repair {
    /// Every pair of these faults, one of which waits for the other; the later ones wait first.
    pub fn waits(faults: &[StepId]) -> Vec<Repair> {
        let mut faults = faults.to_vec();
        faults.sort_unstable();
        let pair = |later: usize| faults[..later].iter().map(move |earlier| (*earlier, later));
        (1..faults.len()).rev().flat_map(pair).map(|(earlier, later)| Repair::Wait(faults[later], earlier)).collect()
    }

    fn apply(self, plan: &mut Plan) -> Option<()> {
        match self {
            Repair::Wait(later, earlier) => plan.graph.wait(later, earlier),
            Repair::Traffic(step, share) => {
                let StepKind::Inject(injection) = &mut plan.graph.step_mut(step)?.kind else { return None };
                injection.touches.hi = share;
                injection.touches.lo = injection.touches.lo.min(share);
            }
            Repair::Shorten(step, by) => {
                let (least, seconds) = length(&mut plan.graph.step_mut(step)?.kind)?;
                *seconds = shorter(*seconds, by)?;
                least.into_iter().for_each(|least| *least = least.min(*seconds));
            }
        }
        Some(())
    }

    fn words(self, plan: &Plan) -> Option<String> {
        let step = |id| plan.graph.step(id);
        match self {
            Repair::Wait(later, earlier) => Some(waiting(step(later)?, step(earlier)?)),
            Repair::Traffic(id, share) => {
                Some(format!("write `traffic: {}` for `{}`", unit::show_ratio(share), step(id)?.name))
            }
            Repair::Shorten(id, by) => {
                let step = step(id)?;
                let mut kind = step.kind.clone();
                let seconds = *length(&mut kind)?.1;
                let (at_most, now) = (unit::show_duration(shorter(seconds, by)?), unit::show_duration(seconds));
                Some(format!("let `{}` last at most {at_most}, not {now}", step.name))
            }
        }
    }
}

fn waiting(later: &Step, earlier: &Step) -> String {
    let how = match later.name.contains('.') || earlier.name.contains('.') {
        true => "`as` names a step, `after` waits for it".to_owned(),
        false => format!("`after {}`", earlier.name),
    };
    format!("let `{}` wait for the end of `{}`: {how}", later.name, earlier.name)
}

/// Whole seconds, where there are enough of them.
fn shorter(seconds: f64, by: f64) -> Option<f64> {
    let left = seconds - by;
    let left = if left >= 1.0 { (left + 1e-6).floor() } else { left };
    (left > 0.0).then_some(left)
}

/// What says how long a step lasts: the least, where it has one, and the most.
fn length(kind: &mut StepKind) -> Option<(Option<&mut f64>, &mut f64)> {
    match kind {
        StepKind::Inject(injection) if injection.until.is_none() => {
            let duration = &mut injection.duration;
            Some((Some(&mut duration.lo), &mut duration.hi))
        }
        StepKind::Wait(duration) => Some((Some(&mut duration.lo), &mut duration.hi)),
        StepKind::Stable(deadline) | StepKind::Approve(_, deadline) => Some((None, deadline)),
        StepKind::Expect(expectation) => match &mut expectation.demand {
            Demand::Within { deadline, .. } => Some((None, deadline)),
            _ => None,
        },
        _ => None,
    }
}

/// The findings, each with the first of its repairs that mends it and breaks nothing else.
pub fn offer(plan: &Plan, excesses: Vec<Excess>) -> Vec<Diagnostic> {
    let mut tries = if plan.graph.steps().nth(MOST_STEPS).is_some() { 0 } else { MOST_TRIES };
    let before: Vec<Code> = excesses.iter().map(|it| it.finding.code).collect();
    let one = |excess: Excess| {
        let Excess { mut finding, repairs } = excess;
        let found = repairs.into_iter().find(|repair| {
            tries = tries.saturating_sub(1);
            tries > 0 && mends(plan, *repair, finding.code, &before)
        });
        if let Some(words) = found.and_then(|repair| repair.words(plan)) {
            finding.help.insert(0, words);
        }
        finding
    };
    excesses.into_iter().map(one).collect()
}

/// Whether less is exceeded after the change: of this kind less, of the others no more.
fn mends(plan: &Plan, repair: Repair, own: Code, before: &[Code]) -> bool {
    let mut changed = plan.clone();
    if repair.apply(&mut changed).is_none() {
        return false;
    }
    let after: Vec<Code> = examine(&changed).1.iter().map(|it| it.finding.code).collect();
    let count = |all: &[Code], code: Code| all.iter().filter(|it| **it == code).count();
    count(&after, own) < count(before, own) && after.iter().all(|code| count(&after, *code) <= count(before, *code))
}
