//! Conditions on values that do not change.

use super::asked::{Asked, Known, Values, Variable};
use crate::syntax::tree::Comparator;
use crate::types::term::{Aggregate, Comparison, Condition, Reading, Term};

/// Margins beyond this part of a value are all as good.
pub const ENOUGH: f64 = 0.3;

/// Values, to be judged.
pub struct Scene<'s> {
    pub values: &'s Values,
    pub known: Known<'s>,
}

impl Scene<'_> {
    /// How far what is asked is from being otherwise, as a part of what is compared; below nothing where it is not so.
    /// Nothing where that is unknown.
    pub fn satisfied(&self, asked: &Asked) -> Option<f64> {
        let margin = self.margin(asked.condition)?;
        let margin = if asked.holds { margin } else { -margin };
        // At the threshold itself what must not hold may hold.
        let undecided = margin == 0.0 && !asked.holds;
        Some(if undecided { -f64::MIN_POSITIVE } else { margin })
    }

    fn margin(&self, condition: &Condition) -> Option<f64> {
        match condition {
            Condition::Compare(comparison) => self.compared(comparison),
            Condition::And(a, b) => Some(self.margin(a)?.min(self.margin(b)?)),
            Condition::Or(a, b) => match (self.margin(a), self.margin(b)) {
                (Some(a), Some(b)) => Some(a.max(b)),
                (one, other) => one.or(other).filter(|margin| *margin >= 0.0),
            },
            Condition::Not(inner) => {
                let margin = self.margin(inner)?;
                Some(if margin == 0.0 { -f64::MIN_POSITIVE } else { -margin })
            }
            Condition::Likely(inner) => self.margin(inner),
            Condition::Constant(value) => Some(if *value { 1.0 } else { -1.0 }),
            Condition::Steady => None,
        }
    }

    fn compared(&self, comparison: &Comparison) -> Option<f64> {
        let (left, right) = self.sides(comparison)?;
        let scale = left.abs().max(right.abs()).max(1e-9);
        let by = (left - right) / scale;
        let strict = |by: f64| if by == 0.0 { -f64::MIN_POSITIVE } else { by };
        let equal = by.abs() <= 1e-12;
        Some(match comparison.comparator {
            Comparator::AtLeast => by,
            Comparator::AtMost => -by,
            Comparator::Above => strict(by),
            Comparator::Below => strict(-by),
            Comparator::Equal => {
                if equal {
                    ENOUGH
                } else {
                    -by.abs()
                }
            }
            Comparator::Unequal => {
                if equal {
                    -ENOUGH
                } else {
                    by.abs()
                }
            }
        })
    }

    pub fn sides(&self, comparison: &Comparison) -> Option<(f64, f64)> {
        let left = self.value(&comparison.left, Some(&comparison.right))?;
        Some((left, self.value(&comparison.right, Some(&comparison.left))?))
    }

    fn value(&self, term: &Term, other: Option<&Term>) -> Option<f64> {
        match term {
            Term::Constant(value) => Some(*value),
            Term::Reading(reading) => self.read(reading),
            Term::Answer(step) => self.get(&Variable::Answer(step.clone())),
            Term::Says(step, text) => self.get(&Variable::Says(step.clone(), text.clone())),
            Term::Baseline => self.before()?.value(other?, None),
            Term::Spike(of) => {
                let (now, before) = (self.value(of, None)?, self.before()?.value(of, None)?);
                let spread = if before == 0.0 { 1.0 } else { 0.01 * before.abs() };
                Some((now - before) / spread)
            }
            Term::Arithmetic(operator, a, b) => Some(operator.apply(self.value(a, other)?, self.value(b, other)?)),
            Term::Parameter(_) | Term::Limit(_) | Term::Error => None,
        }
    }

    fn before(&self) -> Option<Scene<'_>> {
        Some(Scene { values: self.known.baseline?, known: self.known })
    }

    fn get(&self, variable: &Variable) -> Option<f64> {
        self.values.get(variable).or_else(|| self.known.fixed.get(variable)).copied()
    }

    /// What a reading of a value that does not change comes to.
    fn read(&self, reading: &Reading) -> Option<f64> {
        let value = self.get(&Variable::Metric(reading.metric.clone()))?;
        let window = reading.window.unwrap_or(self.known.window);
        Some(match reading.aggregate {
            Aggregate::Increase | Aggregate::Sum => value * window,
            _ => value,
        })
    }
}
