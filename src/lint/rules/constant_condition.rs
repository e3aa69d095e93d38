//! `constant-condition`: a comparison that comes out the same whatever is measured.

use crate::analysis::whole_ranges;
use crate::base::Interval;
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Study, Subject, walk};
use crate::syntax::tree::Comparator;
use crate::types::Type;
use crate::types::model::System;
use crate::types::term::{Aggregate, Comparison, Condition, Known, Reading, Term};

/// The rule.
pub const RULE: Rule = Rule { code: lints::CONSTANT_CONDITION, level: Level::Deny, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let studies = subject.studies().iter().flat_map(in_experiment);
    let slos = subject.systems().flat_map(|(_, system)| in_slos(system));
    studies.chain(slos).collect()
}

fn in_experiment(study: &Study) -> Vec<Diagnostic> {
    let known = whole_ranges(study.model);
    let conditions = walk::conditions(study.model).into_iter();
    conditions.flat_map(|condition| constant(condition, study.system, &known)).collect()
}

fn in_slos(system: &System) -> Vec<Diagnostic> {
    let slos = system.services.iter().flat_map(|service| &service.slos);
    slos.flat_map(|slo| constant(&slo.condition, system, &Known::default())).collect()
}

fn constant(condition: &Condition, system: &System, known: &Known) -> Vec<Diagnostic> {
    let decided =
        |comparison: &&Comparison| !comparison.left.readings().is_empty() || !comparison.right.readings().is_empty();
    let comparisons = condition.comparisons().into_iter().filter(decided);
    let found = comparisons.filter_map(|it| Some(finding(it, truth(it, system, known)?, system, known)));
    found.collect()
}

/// What a comparison always comes to; nothing where that depends on what is measured.
fn truth(comparison: &Comparison, system: &System, known: &Known) -> Option<bool> {
    let Comparison { left, comparator, right, .. } = comparison;
    if left == right {
        return Some(matches!(comparator, Comparator::Equal | Comparator::AtMost | Comparator::AtLeast));
    }
    // `baseline` is what the other side was, so it lies where the other side can.
    let bounds =
        |term: &Term, other: &Term| range(term, system, known, &|| range(other, system, known, &|| Interval::ALL));
    decide(bounds(left, right), *comparator, bounds(right, left))
}

fn decide(a: Interval, comparator: Comparator, b: Interval) -> Option<bool> {
    let (always, never) = match comparator {
        Comparator::Below => (a.hi < b.lo, a.lo >= b.hi),
        Comparator::AtMost => (a.hi <= b.lo, a.lo > b.hi),
        Comparator::Above => (a.lo > b.hi, a.hi <= b.lo),
        Comparator::AtLeast => (a.lo >= b.hi, a.hi < b.lo),
        Comparator::Equal => (a.is_point() && a == b, a.hi < b.lo || a.lo > b.hi),
        Comparator::Unequal => (a.hi < b.lo || a.lo > b.hi, a.is_point() && a == b),
    };
    (always || never).then_some(always)
}

/// The values that a term can have, as far as types and declared ranges tell.
fn range(term: &Term, system: &System, known: &Known, baseline: &dyn Fn() -> Interval) -> Interval {
    match term {
        Term::Reading(reading) => measured(reading, system),
        Term::Baseline => baseline(),
        Term::Arithmetic(operator, a, b) => {
            operator.bound(range(a, system, known, baseline), range(b, system, known, baseline))
        }
        other => other.bounds(known),
    }
}

/// The values that a reading can have.
fn measured(reading: &Reading, system: &System) -> Interval {
    let declared = system.metric(&reading.metric).map_or(Interval::ALL, |metric| metric.range);
    let from_zero = Interval { lo: 0.0, hi: f64::INFINITY };
    match (&reading.ty, reading.aggregate) {
        (_, Aggregate::Increase | Aggregate::Rate) => from_zero,
        (_, Aggregate::Sum) if declared.lo >= 0.0 => from_zero,
        (_, Aggregate::Sum) => Interval::ALL,
        (Type::Distribution(of), _) => of.range(),
        _ => declared,
    }
}

fn finding(comparison: &Comparison, always: bool, system: &System, known: &Known) -> Diagnostic {
    let outcome = if always { "always" } else { "never" };
    let shown = |term: &Term| range(term, system, known, &|| Interval::ALL);
    let readings = comparison.left.readings().into_iter().chain(comparison.right.readings());
    let names: Vec<String> = readings.map(|reading| reading.metric.to_string()).collect();
    let side = if comparison.left.readings().is_empty() { &comparison.right } else { &comparison.left };
    let bounds = shown(side);
    let finding = Diagnostic::warning(lints::CONSTANT_CONDITION, format!("`{}` {outcome} holds", comparison.text))
        .at(comparison.span, "whatever is measured")
        .help("compare with a value that tells good from bad");
    match comparison.left == comparison.right {
        true => finding.note("both sides are the same"),
        false => finding.note(format!("`{}` lies {}", names.join("`, `"), between(bounds, &comparison.ty))),
    }
}

fn between(bounds: Interval, ty: &Type) -> String {
    match (bounds.lo.is_finite(), bounds.hi.is_finite()) {
        (true, true) => format!("between {} and {}", ty.show(bounds.lo), ty.show(bounds.hi)),
        (true, false) => format!("at {} or above", ty.show(bounds.lo)),
        (false, true) => format!("at {} or below", ty.show(bounds.hi)),
        (false, false) => "anywhere".to_owned(),
    }
}
