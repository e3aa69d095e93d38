//! A plan's parts in words: what a step does, what it waits for, what an argument is.

use super::graph::{PlannedArgument, PlannedParameter, Step, StepId, StepKind};
use super::{Edge, Plan};
use crate::base::{Interval, unit};
use crate::types::Type;
use crate::types::model::Argument;
use crate::types::term::Term;

/// What a step waits for: `outage`, `slow starts + 20s`.
pub fn awaited(plan: &Plan, (id, edge): (StepId, Edge)) -> Option<String> {
    let name = &plan.graph.step(id)?.name;
    Some(match edge {
        Edge::End => name.clone(),
        Edge::Start(0.0) => format!("{name} starts"),
        Edge::Start(offset) => format!("{name} starts + {}", unit::show_duration(offset)),
    })
}

/// What a step does, in a line.
pub fn what(step: &Step) -> String {
    match &step.kind {
        StepKind::Inject(injection) => {
            let named = injection.telling().map(|(name, value)| format!("{name}: {}", argument(value)));
            let arguments: Vec<String> = [injection.target.clone()].into_iter().chain(named).collect();
            let held = match &injection.until {
                Some(until) => until.text.clone(),
                None => format!("for {}", interval(injection.duration, unit::show_duration)),
            };
            format!("inject {}({}) {held}", injection.fault, arguments.join(", "))
        }
        StepKind::Expect(expectation) => expectation.text.clone(),
        StepKind::Wait(duration) => format!("wait {}", interval(*duration, unit::show_duration)),
        StepKind::Stable(deadline) => format!("wait until stable within {}", unit::show_duration(*deadline)),
        StepKind::Approve(text, within) => format!("approve {text:?} within {}", unit::show_duration(*within)),
        StepKind::Choose { text, .. } => format!("when {text}"),
        StepKind::Call { probe, arguments, .. } => {
            let named = arguments.iter().map(|(name, value)| format!("{name}: {}", argument(value)));
            format!("call {probe}({})", named.collect::<Vec<_>>().join(", "))
        }
        StepKind::Mark => "begins".to_owned(),
    }
}

/// A parameter's value, or its range.
pub fn parameter(parameter: &PlannedParameter) -> String {
    interval(parameter.value, |value| parameter.ty.show(value))
}

/// An argument.
pub fn argument(argument: &PlannedArgument) -> String {
    value(&argument.ty, &argument.value)
}

/// A value of a type, as people write it.
pub fn value(ty: &Type, argument: &Argument) -> String {
    match argument {
        Argument::Term(Term::Constant(value)) => ty.show(*value),
        Argument::Term(_) | Argument::Answer(_) | Argument::Any => "by parameter".to_owned(),
        Argument::Text(text) => format!("{text:?}"),
        Argument::Bool(value) => value.to_string(),
        Argument::Service(name) | Argument::Word(name) => name.clone(),
        Argument::List(items) => {
            let of = if let Type::List(of) = ty { of } else { ty };
            format!("[{}]", items.iter().map(|item| value(of, item)).collect::<Vec<_>>().join(", "))
        }
    }
}

/// `lo..hi`, or the one value.
pub fn interval(interval: Interval, show: impl Fn(f64) -> String) -> String {
    if interval.is_point() { show(interval.lo) } else { format!("{}..{}", show(interval.lo), show(interval.hi)) }
}
