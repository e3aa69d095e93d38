//! What is asked of values, and what is known beside them.

use crate::base::Interval;
use crate::types::term::{Condition, MetricId};
use std::collections::{BTreeMap, BTreeSet};

/// Something that has a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variable {
    /// A metric; of a counter, how much it grows a second.
    Metric(MetricId),
    /// What a call of a probe finds, by its step.
    Answer(String),
    /// Whether a call of a probe finds this text.
    Says(String, String),
}

/// Values by what has them.
pub type Values = BTreeMap<Variable, f64>;

/// Something that is asked of values.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The condition.
    pub condition: &'a Condition,
    /// Whether it is to hold, or not to hold.
    pub holds: bool,
    /// Whether it must be so, or only should.
    pub must: bool,
    /// Whether it is enough that it becomes so at some time.
    pub once: bool,
    /// The author's words.
    pub text: &'a str,
}

impl<'a> Asked<'a> {
    /// What is asked of both sides of a conjunction is asked of each.
    pub fn parts(&self) -> Vec<Asked<'a>> {
        let with = |condition: &'a Condition, holds: bool| Asked { condition, holds, ..self.clone() };
        match (self.condition, self.holds) {
            (Condition::And(a, b), true) | (Condition::Or(a, b), false) => {
                [with(a, self.holds), with(b, self.holds)].iter().flat_map(Asked::parts).collect()
            }
            (Condition::Not(inner), holds) => with(inner, !holds).parts(),
            _ => vec![self.clone()],
        }
    }
}

/// What is known beside the values that are sought.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Values that are what they are.
    pub fixed: &'a Values,
    /// What has no value that is known: whatever reads it is left out.
    pub unknown: &'a BTreeSet<Variable>,
    /// What the baseline was; nothing before it is over.
    pub baseline: Option<&'a Values>,
    /// Ranges that are narrower than those of the types.
    pub ranges: &'a BTreeMap<MetricId, Interval>,
    /// The window of aggregates without one, in seconds.
    pub window: f64,
}

impl Known<'_> {
    pub fn range_of(&self, variable: &Variable) -> Option<Interval> {
        match variable {
            Variable::Metric(metric) => self.ranges.get(metric).copied(),
            _ => None,
        }
    }
}
