//! What values can be, and everything that a condition reads.

use super::asked::Variable;
use crate::base::Interval;
use crate::types::Type;
use crate::types::term::{Condition, Term};

/// What values can be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Domain {
    pub lo: f64,
    pub hi: f64,
    pub whole: bool,
    pub counter: bool,
}

impl Domain {
    pub fn within(self, range: Option<Interval>) -> Self {
        let Some(range) = range.filter(|_| !self.counter) else { return self };
        Self { lo: self.lo.max(range.lo), hi: self.hi.min(range.hi), ..self }
    }

    pub fn first(&self) -> f64 {
        match (self.counter, self.hi.is_finite(), self.lo.is_finite()) {
            (true, ..) | (_, false, false) => 0.0,
            (_, true, _) => self.hi,
            (_, false, true) => self.lo,
        }
    }

    /// The candidates that can be, each once, in their order.
    pub fn fitted(&self, candidates: Vec<f64>) -> Vec<f64> {
        let mut fitted: Vec<f64> = Vec::new();
        for candidate in candidates {
            let options = if self.whole { vec![candidate.floor(), candidate.ceil()] } else { vec![candidate] };
            for option in options {
                if (self.lo..=self.hi).contains(&option) && !fitted.contains(&option) {
                    fitted.push(option);
                }
            }
        }
        fitted
    }
}

/// The value of a metric of which nothing is asked.
pub fn ordinary(ty: &Type) -> f64 {
    match ty {
        Type::Distribution(of) | Type::Signal(of) => ordinary(of),
        Type::Ratio => 1.0,
        Type::Duration => 0.1,
        Type::Frequency => 100.0,
        _ => 0.0,
    }
}

/// Everything that a condition reads, with what it can be.
pub fn variables(condition: &Condition) -> Vec<(Variable, Domain)> {
    let readings = condition.readings().into_iter();
    let mut found: Vec<(Variable, Domain)> =
        readings.map(|reading| (Variable::Metric(reading.metric.clone()), domain(&reading.ty))).collect();
    for comparison in condition.comparisons() {
        answers(&comparison.left, &mut found);
        answers(&comparison.right, &mut found);
    }
    found
}

fn answers(term: &Term, found: &mut Vec<(Variable, Domain)>) {
    match term {
        Term::Answer(step) => {
            let any = Domain { lo: f64::NEG_INFINITY, hi: f64::INFINITY, whole: false, counter: false };
            found.push((Variable::Answer(step.clone()), any));
        }
        Term::Says(step, text) => {
            let truth = Domain { lo: 0.0, hi: 1.0, whole: true, counter: false };
            found.push((Variable::Says(step.clone(), text.clone()), truth));
        }
        Term::Arithmetic(_, a, b) => {
            answers(a, found);
            answers(b, found);
        }
        _ => {}
    }
}

fn domain(ty: &Type) -> Domain {
    let of = match ty {
        Type::Distribution(of) | Type::Signal(of) => of,
        other => other,
    };
    let range = of.range();
    let counter = *of == Type::Counter;
    let whole = matches!(of, Type::Count | Type::Int) && !counter;
    let lo = if counter { 0.0 } else { range.lo };
    Domain { lo, hi: if counter { f64::INFINITY } else { range.hi }, whole, counter }
}
