//! What is known of a comparison's sides before anything is measured: types, declared ranges, and what the steady state asks.

use super::vacuity::{fitting, required};
use super::whole_ranges;
use crate::base::Interval;
use crate::syntax::tree::Comparator;
use crate::types::Type;
use crate::types::model::{Experiment, System};
use crate::types::term::{Aggregate, Comparison, Known, Reading, Term};

/// Where comparisons are judged.
pub struct Ground<'a> {
    system: &'a System,
    /// The ranges of parameters.
    pub known: Known,
    /// The comparisons that hold in every baseline: nothing is injected before they did.
    steady: Vec<&'a Comparison>,
}

/// How two sides compare, whatever is measured.
pub enum Ordered {
    /// They are the same.
    Same,
    /// The left one is never above the right.
    NeverAbove,
    /// The left one is never below the right.
    NeverBelow,
}

impl<'a> Ground<'a> {
    /// For the SLOs of a system.
    pub fn of_system(system: &'a System, known: Known) -> Self {
        Self { system, known, steady: Vec::new() }
    }

    /// For the conditions of an experiment.
    pub fn of_experiment(experiment: &'a Experiment, system: &'a System) -> Self {
        let slos = system.services.iter().flat_map(|service| &service.slos).chain(&experiment.steady);
        let steady = slos.flat_map(|slo| required(&slo.condition)).collect();
        Self { steady, ..Self::of_system(system, whole_ranges(experiment)) }
    }

    /// What a comparison always comes to; nothing where that depends on what is measured.
    pub fn truth(&self, comparison: &Comparison) -> Option<bool> {
        let Comparison { left, comparator, right, .. } = comparison;
        let ordered = self.ordered(left, right);
        if let Some(decided) = ordered.and_then(|ordered| ordered.decide(*comparator)) {
            return Some(decided);
        }
        // `baseline` is what the other side was, so it lies where the other side can.
        let bounds = |term: &Term, other: &Term| self.range_with(term, &|| self.in_baseline(other));
        decide(bounds(left, right), *comparator, bounds(right, left))
    }

    /// How two sides compare by what they are.
    pub fn ordered(&self, left: &Term, right: &Term) -> Option<Ordered> {
        if left == right {
            return Some(Ordered::Same);
        }
        let (Term::Reading(a), Term::Reading(b)) = (left, right) else { return None };
        let of_the_same = a.metric == b.metric && a.window == b.window && a.cohort == b.cohort;
        match () {
            () if of_the_same && is_never_above(a, b) => Some(Ordered::NeverAbove),
            () if of_the_same && is_never_above(b, a) => Some(Ordered::NeverBelow),
            () => None,
        }
    }

    /// The values that a term can have, as far as types and declared ranges tell.
    pub fn range(&self, term: &Term) -> Interval {
        self.range_with(term, &|| Interval::ALL)
    }

    /// The values that a share of requests has in every baseline, where the steady state asks for some.
    pub fn steady_range(&self, term: &Term) -> Option<Interval> {
        let Term::Reading(reading) = term else { return None };
        let is_share = |it: &Reading| it.ty == Type::Ratio && it.aggregate == Aggregate::Plain;
        let asked = self.steady.iter().filter_map(|it| fitting(it, &self.known));
        let asked = asked.filter(|(it, _)| is_share(it) && is_share(reading) && it.metric == reading.metric);
        let mut asked = asked.map(|(_, fits)| fits).peekable();
        asked.peek()?;
        asked.try_fold(self.range(term), Interval::meet)
    }

    fn in_baseline(&self, term: &Term) -> Interval {
        self.steady_range(term).unwrap_or_else(|| self.range(term))
    }

    fn range_with(&self, term: &Term, baseline: &dyn Fn() -> Interval) -> Interval {
        match term {
            Term::Reading(reading) => measured(reading, self.system),
            Term::Baseline => baseline(),
            Term::Arithmetic(operator, a, b) => {
                operator.bound(self.range_with(a, baseline), self.range_with(b, baseline))
            }
            other => other.bounds(&self.known),
        }
    }
}

impl Ordered {
    fn decide(&self, comparator: Comparator) -> Option<bool> {
        match (self, comparator) {
            (Ordered::Same, _) => {
                Some(matches!(comparator, Comparator::Equal | Comparator::AtMost | Comparator::AtLeast))
            }
            (Ordered::NeverAbove, Comparator::AtMost) | (Ordered::NeverBelow, Comparator::AtLeast) => Some(true),
            (Ordered::NeverAbove, Comparator::Above) | (Ordered::NeverBelow, Comparator::Below) => Some(false),
            _ => None,
        }
    }
}

/// Whether one reading is never above another of the same values. The mean of a distribution is exact, its maximum the bound
/// of a bucket, so these two do not count.
fn is_never_above(low: &Reading, high: &Reading) -> bool {
    let of_samples = !matches!(low.ty, Type::Distribution(_));
    match (low.aggregate, high.aggregate) {
        (Aggregate::Quantile(low), Aggregate::Quantile(high)) => low < high,
        (Aggregate::Quantile(_), Aggregate::Max) => true,
        (Aggregate::Min, Aggregate::Quantile(_) | Aggregate::Mean | Aggregate::Max)
        | (Aggregate::Mean, Aggregate::Max) => of_samples,
        _ => false,
    }
}

pub(super) fn decide(a: Interval, comparator: Comparator, b: Interval) -> Option<bool> {
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
