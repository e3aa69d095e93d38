//! Abort conditions that hold while nothing has changed: they stop every run.

use super::ground::decide;
use crate::base::Interval;
use crate::diagnostics::{Diagnostic, codes};
use crate::types::model::Trigger;
use crate::types::term::{Comparison, Condition, Known, Term};

/// Reports a trigger that holds where every `spike` is 0: where each metric is what it was in the middle of its baseline.
pub fn check(trigger: &Trigger, known: &Known) -> Option<Diagnostic> {
    let spiking = trigger.condition.comparisons().into_iter().find(|it| it.left.has_spike() || it.right.has_spike())?;
    (holds(&trigger.condition, known) == Some(true)).then(|| {
        Diagnostic::error(codes::E0412, format!("`{}` holds while nothing has changed", trigger.text))
            .at(spiking.span, "a metric that only has its usual noise is around 0 deviations")
            .help("compare with what noise does not reach: `spike(…) > 3` for a rise, `spike(…) < -3` for a drop")
    })
}

/// What a condition comes to where nothing has changed; nothing where that depends on something else.
fn holds(condition: &Condition, known: &Known) -> Option<bool> {
    match condition {
        Condition::Compare(comparison) => compared(comparison, known),
        Condition::And(a, b) => match (holds(a, known), holds(b, known)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (a, b) => Some(a? && b?),
        },
        Condition::Or(a, b) => match (holds(a, known), holds(b, known)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (a, b) => Some(a? || b?),
        },
        Condition::Not(inner) => holds(inner, known).map(|held| !held),
        Condition::Likely(inner) => holds(inner, known),
        Condition::Constant(held) => Some(*held),
        Condition::Steady => None,
    }
}

fn compared(comparison: &Comparison, known: &Known) -> Option<bool> {
    let calm = |side: &Term| -> Option<Interval> {
        let side = side.replaced(&|term| matches!(term, Term::Spike(_)).then_some(Term::Constant(0.0)));
        side.is_constant().then(|| side.bounds(known))
    };
    decide(calm(&comparison.left)?, comparison.comparator, calm(&comparison.right)?)
}
