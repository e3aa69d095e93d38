//! Sizes are whole: no fault, no probe and no program knows parts of a byte.

use super::{Plan, PlannedArgument};
use crate::base::unit::whole;
use crate::diagnostics::Diagnostic;
use crate::types::model::Argument;
use crate::types::term::Term;
use crate::types::{Type, part_of_a_byte};

/// Reports the sizes that come to no whole number of bytes with the values that parameters have in this plan.
pub(super) fn check(plan: &Plan, findings: &mut Vec<Diagnostic>) {
    for (step, injection) in plan.injections() {
        let parts = injection.arguments.values().filter_map(part);
        findings.extend(parts.map(|size| part_of_a_byte(size, step.span)));
    }
}

fn part(argument: &PlannedArgument) -> Option<f64> {
    match (&argument.ty, &argument.value) {
        (Type::Bytes, Argument::Term(Term::Constant(size))) if whole(*size).is_none() => Some(*size),
        _ => None,
    }
}
