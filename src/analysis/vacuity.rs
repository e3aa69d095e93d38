//! Conditions that nothing measured can change: what cannot fail proves nothing, and what cannot hold only fails.

use super::ground::{Ground, Ordered};
use crate::base::Interval;
use crate::diagnostics::{Diagnostic, codes};
use crate::syntax::tree::Comparator;
use crate::types::model::{Expectation, Experiment, StepKind, System};
use crate::types::term::{Comparison, Condition, Demand, Known, Reading, Term};
use crate::types::{Checked, Type};

/// What is wrong with the conditions of all experiments and systems.
pub fn check(checked: &Checked) -> Vec<Diagnostic> {
    let experiments = checked.experiments.values().filter_map(|(experiment, system)| {
        let system = checked.systems.get(system.as_ref()?)?;
        Some(in_experiment(experiment, system))
    });
    let slos = checked.systems.values().map(|system| {
        let slos = system.services.iter().flat_map(|service| &service.slos);
        let ground = Ground::of_system(system, Known::default());
        slos.flat_map(|slo| constant(&slo.condition, &ground)).collect()
    });
    let mut found: Vec<Diagnostic> = Vec::new();
    for finding in experiments.chain(slos).flatten() {
        // A scenario's conditions are met at each of its uses.
        if !found.iter().any(|known| known.headline == finding.headline && known.place() == finding.place()) {
            found.push(finding);
        }
    }
    found
}

fn in_experiment(experiment: &Experiment, system: &System) -> Vec<Diagnostic> {
    let ground = Ground::of_experiment(experiment, system);
    let conditions = experiment.conditions().into_iter();
    let mut found: Vec<Diagnostic> = conditions.flat_map(|it| either_way(it, &ground)).collect();
    found.extend(experiment.aborts.iter().filter_map(|trigger| super::quiet::check(trigger, &ground.known)));
    found.extend(expectations(experiment).into_iter().filter_map(no_share));
    found.extend(under_fault(experiment).into_iter().flatten().filter_map(settled));
    for together in expected_together(experiment) {
        found.extend(contradictions(together, &ground.known));
    }
    found
}

/// All that is expected, wherever it stands.
fn expectations(experiment: &Experiment) -> Vec<&Expectation> {
    expected_together(experiment).into_iter().flatten().collect()
}

/// `for at least 0% of block` asks for nothing.
fn no_share(expectation: &Expectation) -> Option<Diagnostic> {
    let Demand::Share(share) = expectation.demand else { return None };
    (share <= 0.0).then(|| {
        Diagnostic::error(codes::E0412, format!("`{}` always holds", expectation.text))
            .at(expectation.span, "none of the time is enough")
            .help("ask for a share above 0%: `for at least 95% of block`")
    })
}

/// Of a fault's block: an expectation of answers alone, which were read before.
fn settled(expectation: &Expectation) -> Option<Diagnostic> {
    let comparisons = expectation.condition.comparisons();
    let reads = |it: &&Comparison| !it.left.readings().is_empty() || !it.right.readings().is_empty();
    let only_answers = expectation.condition.readings().is_empty() && !comparisons.iter().any(reads);
    (only_answers && !comparisons.is_empty()).then(|| {
        Diagnostic::error(codes::E0412, format!("`{}` cannot change while the fault is active", expectation.text))
            .at(expectation.span, "a `call` reads once")
            .help("bind the probe to a metric, which is read again and again: `bind … = http.get(…, every: 1s)`")
    })
}

/// Expectations that must hold at the same time, all the time: those of each inject, and those of the whole run.
fn expected_together(experiment: &Experiment) -> Vec<&[Expectation]> {
    let mut all = vec![experiment.expectations.as_slice()];
    all.extend(under_fault(experiment));
    all
}

/// The expectations of each inject.
fn under_fault(experiment: &Experiment) -> Vec<&[Expectation]> {
    let mut all = Vec::new();
    let mut open: Vec<_> = experiment.steps.iter().collect();
    while let Some(step) = open.pop() {
        if let StepKind::Inject(inject) = &step.kind {
            all.push(inject.expectations.as_slice());
        }
        open.extend(step.kind.blocks().into_iter().flatten());
    }
    all
}

/// Comparisons of one reading of which no value fits both.
fn contradictions(expectations: &[Expectation], known: &Known) -> Vec<Diagnostic> {
    let always = expectations.iter().filter(|it| it.demand == Demand::Always);
    let comparisons = always.flat_map(|it| required(&it.condition));
    let mut seen: Vec<(&Reading, Interval, &Comparison)> = Vec::new();
    let mut found = Vec::new();
    for comparison in comparisons {
        let Some((reading, fits)) = fitting(comparison, known) else { continue };
        let same = seen.iter().filter(|(other, ..)| *other == reading);
        let against = same.clone().find(|(_, other, first)| apart((*other, first), (fits, comparison)));
        if let Some((.., first)) = against {
            let headline = format!("`{}` and `{}` cannot both hold", first.text, comparison.text);
            let finding = Diagnostic::error(codes::E0412, headline);
            found.push(
                finding
                    .at(comparison.span, "contradicts")
                    .at(first.span, "this")
                    .help("expect one of them, or each in a block of its own"),
            );
        }
        seen.push((reading, fits, comparison));
    }
    found
}

/// Whether no value fits both of two comparisons: a bound that they share fits both only if neither leaves it out.
fn apart((a, first): (Interval, &Comparison), (b, second): (Interval, &Comparison)) -> bool {
    let strict = |it: &Comparison| matches!(it.comparator, Comparator::Below | Comparator::Above);
    let (lower, upper) = (a.lo.max(b.lo), a.hi.min(b.hi));
    lower > upper || lower == upper && (strict(first) || strict(second))
}

/// What is wrong with a condition by itself: a comparison that is decided, or two ways of which one always holds.
fn either_way(condition: &Condition, ground: &Ground) -> Vec<Diagnostic> {
    let found = constant(condition, ground);
    if !found.is_empty() {
        return found;
    }
    tautologies(condition, &ground.known)
}

/// Two comparisons of one reading, of which one holds whatever is measured.
fn tautologies(condition: &Condition, known: &Known) -> Vec<Diagnostic> {
    let ways = sufficient(condition);
    let mut seen: Vec<(&Reading, Interval, &Comparison)> = Vec::new();
    for comparison in ways.into_iter().filter(|it| is_fixed(it, known)) {
        let Some((reading, fits)) = fitting(comparison, known) else { continue };
        let same = seen.iter().filter(|(other, ..)| *other == reading);
        if let Some((.., first)) = same.clone().find(|(_, other, first)| cover((*other, first), (fits, comparison))) {
            let headline = format!("`{}` or `{}` always holds", first.text, comparison.text);
            let finding = Diagnostic::error(codes::E0412, headline).at(comparison.span, "and else this");
            return vec![finding.at(first.span, "this").help("compare with values that tell good from bad")];
        }
        seen.push((reading, fits, comparison));
    }
    Vec::new()
}

/// Whether what a comparison compares with is one value, not a range of them.
fn is_fixed(comparison: &Comparison, known: &Known) -> bool {
    let mut sides = [&comparison.left, &comparison.right].into_iter();
    sides.any(|side| side.is_constant() && side.bounds(known).is_point())
}

/// Whether every value fits one of two comparisons, one of which bounds from below, the other from above.
fn cover((a, first): (Interval, &Comparison), (b, second): (Interval, &Comparison)) -> bool {
    let strict = |it: &Comparison| matches!(it.comparator, Comparator::Below | Comparator::Above);
    let whole = a.lo.min(b.lo) == f64::NEG_INFINITY && a.hi.max(b.hi) == f64::INFINITY;
    let (from, to) = (a.lo.max(b.lo), a.hi.min(b.hi));
    whole && (from < to || from == to && !(strict(first) && strict(second)))
}

/// The comparisons of which each alone makes a condition hold.
fn sufficient(condition: &Condition) -> Vec<&Comparison> {
    match condition {
        Condition::Or(a, b) => [sufficient(a), sufficient(b)].concat(),
        Condition::Compare(comparison) => vec![comparison],
        _ => Vec::new(),
    }
}

/// The comparisons without which a condition cannot hold.
pub(super) fn required(condition: &Condition) -> Vec<&Comparison> {
    match condition {
        Condition::And(a, b) => [required(a), required(b)].concat(),
        Condition::Compare(comparison) => vec![comparison],
        _ => Vec::new(),
    }
}

/// The reading of a comparison with what no metric changes, and the values of it that can fit.
pub(super) fn fitting<'c>(comparison: &'c Comparison, known: &Known) -> Option<(&'c Reading, Interval)> {
    let fixed = Term::is_constant;
    let (reading, comparator, value) = match (&comparison.left, &comparison.right) {
        (Term::Reading(reading), value) if fixed(value) => (reading, comparison.comparator, value),
        (value, Term::Reading(reading)) if fixed(value) => (reading, comparison.comparator.turned(), value),
        _ => return None,
    };
    let value = value.bounds(known);
    let fits = match comparator {
        Comparator::Below | Comparator::AtMost => Interval { lo: f64::NEG_INFINITY, hi: value.hi },
        Comparator::Above | Comparator::AtLeast => Interval { lo: value.lo, hi: f64::INFINITY },
        Comparator::Equal => value,
        Comparator::Unequal => return None,
    };
    Some((reading, fits))
}

/// Comparisons that come out the same whatever is measured.
fn constant(condition: &Condition, ground: &Ground) -> Vec<Diagnostic> {
    let read = |comparison: &&Comparison| comparison.left.reads() || comparison.right.reads();
    let all: Vec<&Comparison> = condition.comparisons().into_iter().filter(read).collect();
    // `unchanged by` bounds on both sides; one of them may be beyond all that can be.
    let other_side = |it: &Comparison| all.iter().any(|other| other.span == it.span && ground.truth(other).is_none());
    let decided = all.iter().filter_map(|it| Some((*it, ground.truth(it)?)));
    let told = decided.filter(|(it, always)| !(*always && other_side(it)));
    told.map(|(it, always)| finding(it, always, ground)).collect()
}

fn finding(comparison: &Comparison, always: bool, ground: &Ground) -> Diagnostic {
    let outcome = if always { "always" } else { "never" };
    Diagnostic::error(codes::E0412, format!("`{}` {outcome} holds", comparison.text))
        .at(comparison.span, "whatever is measured")
        .help("compare with a value that tells good from bad")
        .note(why(comparison, ground))
}

/// Why nothing that is measured changes what a comparison comes to.
fn why(comparison: &Comparison, ground: &Ground) -> String {
    let Comparison { left, right, ty, .. } = comparison;
    match ground.ordered(left, right) {
        Some(Ordered::Same) => return "both sides are the same".to_owned(),
        Some(Ordered::NeverAbove) => {
            return "the left side is never above the right: both are of the same values".to_owned();
        }
        Some(Ordered::NeverBelow) => {
            return "the left side is never below the right: both are of the same values".to_owned();
        }
        None => {}
    }
    let readings = left.readings().into_iter().chain(right.readings());
    let names: Vec<String> = readings.map(|reading| reading.metric.to_string()).collect();
    let side = if left.reads() { left } else { right };
    let range = ground.range(side);
    let lies = format!("`{}` lies {}", names.join("`, `"), between(range, ty));
    let compares = left.has_baseline() || right.has_baseline();
    match ground.steady_range(side).filter(|steady| compares && *steady != range) {
        Some(steady) => format!("{lies}, in the baseline {}: else the system is not steady", between(steady, ty)),
        None => lies,
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
