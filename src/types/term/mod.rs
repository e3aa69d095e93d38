//! Typed expressions: constants, and values over time.

mod condition;
mod metric;

pub use condition::{Comparison, Condition, Demand, LEAST_SAMPLES, Seen};
pub use metric::{Aggregate, Cohort, MetricId, Reading};

use crate::base::Interval;
use crate::types::Type;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What limits name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitName {
    /// The share of a service's requests that faults may touch.
    Traffic,
    /// Touched requests per second.
    Requests,
    /// Instances of a service that may be hit together.
    Instances,
    /// The same as a share of them.
    InstanceShare,
    /// Faults active at one time.
    Concurrent,
    /// Worst-case time under fault.
    Exposure,
    /// Worst-case length of the run.
    Timeout,
    /// The time in which a cancelled run must be taken back.
    CancelGrace,
}

impl LimitName {
    /// All of them with their words and types.
    pub const ALL: &'static [(LimitName, &'static str, Type)] = &[
        (LimitName::Traffic, "traffic", Type::Ratio),
        (LimitName::Requests, "requests", Type::Frequency),
        (LimitName::Instances, "instances", Type::Count),
        (LimitName::Concurrent, "concurrent", Type::Count),
        (LimitName::Exposure, "exposure", Type::Duration),
        (LimitName::Timeout, "timeout", Type::Duration),
        (LimitName::CancelGrace, "cancel_grace", Type::Duration),
        (LimitName::InstanceShare, "instances", Type::Ratio), // a bound that is a share; `instances` alone names the number
    ];

    /// The limit with this word.
    pub fn named(word: &str) -> Option<(LimitName, &'static Type)> {
        Self::ALL.iter().find(|(_, name, _)| *name == word).map(|(limit, _, ty)| (*limit, ty))
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(limit, ..)| *limit == self).map_or("", |(_, word, _)| word)
    }

    /// Its type.
    pub fn ty(self) -> Type {
        Self::ALL.iter().find(|(limit, ..)| *limit == self).map_or(Type::Error, |(.., ty)| ty.clone())
    }
}

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`, also `of`
    Times,
    /// `/`
    Over,
}

impl Arithmetic {
    /// The result on two numbers.
    pub fn apply(self, a: f64, b: f64) -> f64 {
        match self {
            Arithmetic::Plus => a + b,
            Arithmetic::Minus => a - b,
            Arithmetic::Times => a * b,
            Arithmetic::Over => a / b,
        }
    }

    /// The results on two intervals.
    pub fn bound(self, a: Interval, b: Interval) -> Interval {
        match self {
            Arithmetic::Plus => a.plus(b),
            Arithmetic::Minus => a.minus(b),
            Arithmetic::Times => a.times(b),
            Arithmetic::Over => a.over(b),
        }
    }
}

/// A typed numeric expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// A constant in base units.
    Constant(f64),
    /// A parameter of the experiment or fault.
    Parameter(String),
    /// The effective limit (`limit.traffic`).
    Limit(LimitName),
    /// A metric.
    Reading(Box<Reading>),
    /// What a probe returned, by the name of the step that called it.
    Answer(String),
    /// Whether what a probe returned is this text: 1, else 0.
    Says(String, String),
    /// What the other side was over the baseline window.
    Baseline,
    /// How far a reading is from its baseline, in robust standard deviations.
    Spike(Box<Term>),
    /// Two terms together.
    Arithmetic(Arithmetic, Box<Term>, Box<Term>),
    /// A mistake reported already.
    Error,
}

/// What is known of parameters and limits: each a value or a range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// By name.
    pub parameters: BTreeMap<String, Interval>,
    /// By limit.
    pub limits: BTreeMap<LimitName, f64>,
    /// Parameters whose range is left to whoever uses a scenario: nothing is refused because of it.
    pub open: BTreeSet<String>,
    /// Parameters that have a value only where a scenario is used.
    pub undecided: BTreeSet<String>,
}

impl Term {
    /// The values it can have; for metrics, everything.
    pub fn bounds(&self, known: &Known) -> Interval {
        match self {
            Term::Constant(value) => Interval::point(*value),
            Term::Parameter(name) => known.parameters.get(name).copied().unwrap_or(Interval::ALL),
            Term::Limit(limit) => known.limits.get(limit).map_or(limit.ty().range(), |value| Interval::point(*value)),
            Term::Arithmetic(operator, a, b) => operator.bound(a.bounds(known), b.bounds(known)),
            Term::Says(..) => Interval { lo: 0.0, hi: 1.0 },
            Term::Reading(_) | Term::Answer(_) | Term::Baseline | Term::Spike(_) | Term::Error => Interval::ALL,
        }
    }

    /// All readings in it, in order.
    pub fn readings(&self) -> Vec<&Reading> {
        let mut found = Vec::new();
        self.gather(&mut found);
        found
    }

    fn gather<'a>(&'a self, found: &mut Vec<&'a Reading>) {
        match self {
            Term::Reading(reading) => found.push(reading),
            Term::Spike(of) => of.gather(found),
            Term::Arithmetic(_, a, b) => {
                a.gather(found);
                b.gather(found);
            }
            _ => {}
        }
    }

    /// Whether a metric is read in it.
    pub fn reads(&self) -> bool {
        match self {
            Term::Reading(_) => true,
            Term::Spike(of) => of.reads(),
            Term::Arithmetic(_, a, b) => a.reads() || b.reads(),
            _ => false,
        }
    }

    /// Whether a mistake in it was reported already.
    pub fn is_wrong(&self) -> bool {
        match self {
            Term::Error => true,
            Term::Arithmetic(_, a, b) => a.is_wrong() || b.is_wrong(),
            _ => false,
        }
    }

    /// Whether what a probe returned stands in it.
    pub fn has_answer(&self) -> bool {
        !self.answers().is_empty()
    }

    /// The steps whose answers stand in it, in order.
    pub fn answers(&self) -> Vec<&str> {
        match self {
            Term::Answer(step) | Term::Says(step, _) => vec![step],
            Term::Arithmetic(_, a, b) => [a.answers(), b.answers()].concat(),
            _ => Vec::new(),
        }
    }

    /// Whether a part of the traffic is read in it.
    pub fn has_part(&self) -> bool {
        match self {
            Term::Reading(reading) => reading.cohort.is_some(),
            Term::Spike(of) => of.has_part(),
            Term::Arithmetic(_, a, b) => a.has_part() || b.has_part(),
            _ => false,
        }
    }

    /// Whether `spike` stands in it.
    pub fn has_spike(&self) -> bool {
        match self {
            Term::Spike(_) => true,
            Term::Arithmetic(_, a, b) => a.has_spike() || b.has_spike(),
            _ => false,
        }
    }

    /// The term with parameters replaced by what they are given.
    #[must_use]
    pub fn with(&self, given: &BTreeMap<&str, Term>) -> Term {
        match self {
            Term::Parameter(name) => given.get(name.as_str()).cloned().unwrap_or_else(|| self.clone()),
            Term::Arithmetic(operator, a, b) => {
                Term::Arithmetic(*operator, Box::new(a.with(given)), Box::new(b.with(given)))
            }
            other => other.clone(),
        }
    }

    /// The term with the parts replaced for which `by` gives something else. Constants that come together are one.
    #[must_use]
    pub fn replaced(&self, by: &dyn Fn(&Term) -> Option<Term>) -> Term {
        self.changed(by).unwrap_or_else(|| self.clone())
    }

    /// The same, where anything changes.
    fn changed(&self, by: &dyn Fn(&Term) -> Option<Term>) -> Option<Term> {
        if let Some(other) = by(self) {
            return Some(other);
        }
        match self {
            Term::Spike(of) => Some(Term::Spike(Box::new(of.changed(by)?))),
            Term::Arithmetic(operator, a, b) => {
                let changed = (a.changed(by), b.changed(by));
                match (changed.0.as_ref().unwrap_or(a), changed.1.as_ref().unwrap_or(b)) {
                    (Term::Constant(a), Term::Constant(b)) => Some(Term::Constant(operator.apply(*a, *b))),
                    _ if changed.0.is_none() && changed.1.is_none() => None,
                    (a, b) => Some(Term::Arithmetic(*operator, Box::new(a.clone()), Box::new(b.clone()))),
                }
            }
            _ => None,
        }
    }

    /// The parameters in it.
    pub fn parameters(&self) -> Vec<&str> {
        match self {
            Term::Parameter(name) => vec![name],
            Term::Arithmetic(_, a, b) => a.parameters().into_iter().chain(b.parameters()).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it is known before the run.
    pub fn is_constant(&self) -> bool {
        match self {
            Term::Constant(_) | Term::Parameter(_) | Term::Limit(_) | Term::Error => true,
            Term::Reading(_) | Term::Answer(_) | Term::Says(..) | Term::Baseline | Term::Spike(_) => false,
            Term::Arithmetic(_, a, b) => a.is_constant() && b.is_constant(),
        }
    }

    /// Whether `baseline` stands in it.
    pub fn has_baseline(&self) -> bool {
        match self {
            Term::Baseline => true,
            Term::Arithmetic(_, a, b) => a.has_baseline() || b.has_baseline(),
            _ => false,
        }
    }

    /// The term with parameters and limits replaced by what is known exactly.
    #[must_use]
    pub fn settle(&self, known: &Known) -> Term {
        self.replaced(&|term| term.exact(known))
    }

    /// The value of a parameter or limit that has only one.
    fn exact(&self, known: &Known) -> Option<Term> {
        match self {
            Term::Parameter(_) | Term::Limit(_) => {
                let bounds = self.bounds(known);
                bounds.is_point().then_some(Term::Constant(bounds.lo))
            }
            _ => None,
        }
    }
}
