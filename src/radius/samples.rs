//! Comparisons with the baseline that cannot have enough samples to prove anything.

use super::repair::Excess;
use super::{Fault, errors, exposure};
use crate::plan::{self, Injection, Plan, Step, StepKind};
use crate::types::Type;
use crate::types::model::Expectation;
use crate::types::term::{Aggregate, Comparison, Demand, LEAST_SAMPLES, Reading, Term};

/// Reports each comparison for which the baseline, or its own time, is too short.
pub fn check(plan: &Plan, faults: &[Fault], findings: &mut Vec<Excess>) {
    for fault in faults {
        let time = held(fault.injection);
        fault.injection.judged().for_each(|it| findings.extend(too_few(plan, it, Some((time, "the fault")))));
    }
    for step in plan.graph.steps() {
        if let StepKind::Expect(it) = &step.kind {
            findings.extend(too_few(plan, it, Some((plan.baseline, "the baseline, as long as which it takes"))));
        }
    }
    let whole = exposure::from_the_first_inject(plan, |step| lasting(plan, step));
    let whole = (!faults.is_empty()).then_some((whole, "the judged time"));
    plan.expectations.iter().for_each(|it| findings.extend(too_few(plan, it, whole)));
}

/// Seconds for which a fault is held: one that is held until something holds may be held for its whole time.
fn held(injection: &Injection) -> f64 {
    if injection.until.is_some() { injection.duration.hi } else { injection.duration.lo }
}

/// Seconds that a step is sure to take, or may take where it waits for something.
fn lasting(plan: &Plan, step: &Step) -> f64 {
    match &step.kind {
        StepKind::Inject(injection) => held(injection),
        StepKind::Stable(deadline) | StepKind::Approve(_, deadline) => *deadline,
        StepKind::Expect(expectation) => match expectation.demand {
            Demand::Within { deadline, holding } => deadline + holding,
            _ => plan::shortest(step, plan),
        },
        _ => plan::shortest(step, plan),
    }
}

fn too_few(plan: &Plan, expectation: &Expectation, time: Option<(f64, &str)>) -> Option<Excess> {
    if expectation.demand != Demand::Compared {
        return None;
    }
    expectation.condition.comparisons().into_iter().find_map(|comparison| {
        let apart = apart(plan, comparison);
        let baseline = comparison.right.has_baseline().then_some((plan.baseline, "the baseline"));
        let short = baseline.into_iter().chain(time).find(|(time, _)| (time / apart + 1e-9).floor() < LEAST_SAMPLES);
        short.map(|(time, what)| errors::few_samples(expectation, what, time, apart).into())
    })
}

/// Seconds from one sample to the next that does not overlap it.
fn apart(plan: &Plan, comparison: &Comparison) -> f64 {
    let every = exposure::interval(plan, &crate::types::term::Condition::from(comparison.clone()));
    let window = |reading: &Reading| if reading.is_windowed() { reading.window.unwrap_or(plan.window) } else { 0.0 };
    let whole = |reading: &Reading| {
        let extreme = matches!(reading.aggregate, Aggregate::Min | Aggregate::Max);
        !extreme || matches!(reading.ty, Type::Distribution(_))
    };
    match &comparison.left {
        Term::Reading(reading) if whole(reading) => every,
        other => other.readings().into_iter().map(window).fold(every, f64::max),
    }
}
