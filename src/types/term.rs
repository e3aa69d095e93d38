//! Typed expressions: constants, and values over time.

use crate::base::{Interval, Span};
use crate::syntax::tree::Comparator;
use crate::types::Type;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A metric of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricId {
    /// The service.
    pub service: String,
    /// The metric.
    pub metric: String,
}

impl MetricId {
    /// The metric of a part of the traffic.
    #[must_use]
    pub fn of_part(&self, cohort: Cohort) -> MetricId {
        MetricId { service: self.service.clone(), metric: format!("{}{}", self.metric, cohort.ending()) }
    }

    /// The part of the traffic that it is of, if it is of one.
    pub fn cohort(&self) -> Option<Cohort> {
        [Cohort::Affected, Cohort::Others].into_iter().find(|part| self.metric.ends_with(part.ending()))
    }

    /// The metric of all traffic.
    #[must_use]
    pub fn of_all(&self) -> MetricId {
        MetricId { service: self.service.clone(), metric: self.whole().to_owned() }
    }

    /// Whether they are the same metric, of whatever part of the traffic.
    pub fn is_of(&self, other: &MetricId) -> bool {
        self.service == other.service && self.whole() == other.whole()
    }

    /// Its name without the part of the traffic. No declared name holds a blank.
    fn whole(&self) -> &str {
        let endings = [Cohort::Affected, Cohort::Others].map(Cohort::ending);
        endings.iter().find_map(|ending| self.metric.strip_suffix(ending)).unwrap_or(&self.metric)
    }
}

impl Cohort {
    fn ending(self) -> &'static str {
        match self {
            Cohort::Affected => " of affected",
            Cohort::Others => " of others",
        }
    }
}

impl fmt::Display for MetricId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.service, self.metric)
    }
}

/// How many values over a window become one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// A gauge's last value; a ratio's good over all in the window.
    Plain,
    /// The least value in the window.
    Min,
    /// The greatest value in the window; of a distribution, its highest bucket's bound.
    Max,
    /// The mean over the window.
    Mean,
    /// The sum of a gauge's samples in the window.
    Sum,
    /// A distribution's quantile, 0..1.
    Quantile(f64),
    /// By how much a counter grew.
    Increase,
    /// By how much a counter grew, per second.
    Rate,
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Aggregate::Plain => Ok(()),
            Aggregate::Min => f.write_str("min"),
            Aggregate::Max => f.write_str("max"),
            Aggregate::Mean => f.write_str("mean"),
            Aggregate::Sum => f.write_str("sum"),
            Aggregate::Quantile(q) => write!(f, "p{}", (q * 100.0).round()),
            Aggregate::Increase => f.write_str("increase"),
            Aggregate::Rate => f.write_str("rate"),
        }
    }
}

/// A reading of a metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reading {
    /// Of which metric.
    pub metric: MetricId,
    /// The metric's type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// How values become one.
    pub aggregate: Aggregate,
    /// Over which window, in seconds; without, the experiment's.
    pub window: Option<f64>,
    /// Whether only requests that faults' shares selected count (`of affected`), or only the others.
    pub cohort: Option<Cohort>,
}

impl Reading {
    /// What its value is measured in.
    pub fn unit(&self) -> Type {
        match (&self.ty, self.aggregate) {
            (Type::Counter, Aggregate::Increase) => Type::Count,
            (Type::Counter, Aggregate::Rate) => Type::Frequency,
            (Type::Distribution(of), _) => (**of).clone(),
            (plain, _) => plain.clone(),
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.cohort {
            Some(Cohort::Affected) => " of affected",
            Some(Cohort::Others) => " of others",
            None => "",
        };
        match self.aggregate {
            Aggregate::Plain => write!(f, "{}{part}", self.metric),
            aggregate => write!(f, "{aggregate}({}{part})", self.metric),
        }
    }
}

/// A part of the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cohort {
    /// Requests that a fault's share selected.
    Affected,
    /// The others.
    Others,
}

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
        if let Some(other) = by(self) {
            return other;
        }
        match self {
            Term::Spike(of) => Term::Spike(Box::new(of.replaced(by))),
            Term::Arithmetic(operator, a, b) => match (a.replaced(by), b.replaced(by)) {
                (Term::Constant(a), Term::Constant(b)) => Term::Constant(operator.apply(a, b)),
                (a, b) => Term::Arithmetic(*operator, Box::new(a), Box::new(b)),
            },
            other => other.clone(),
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
        match self {
            Term::Parameter(_) | Term::Limit(_) => {
                let bounds = self.bounds(known);
                if bounds.is_point() { Term::Constant(bounds.lo) } else { self.clone() }
            }
            Term::Arithmetic(operator, a, b) => match (a.settle(known), b.settle(known)) {
                (Term::Constant(a), Term::Constant(b)) => Term::Constant(operator.apply(a, b)),
                (a, b) => Term::Arithmetic(*operator, Box::new(a), Box::new(b)),
            },
            other => other.clone(),
        }
    }
}

/// A comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The left side.
    pub left: Term,
    /// The operator.
    pub comparator: Comparator,
    /// The right side.
    pub right: Term,
    /// What both sides are measured in.
    #[serde(rename = "type")]
    pub ty: Type,
    /// The author's words.
    #[serde(rename = "written")]
    pub text: String,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

impl Comparison {
    /// What tells it from others of the same words: a scenario's stand for another service at each use.
    pub fn key(&self) -> String {
        let readings = self.left.readings().into_iter().chain(self.right.readings());
        let of = |it: &Reading| format!("{} {:?} {:?}", it.metric, it.aggregate, it.cohort);
        let metrics: Vec<String> = readings.map(of).collect();
        format!("{} ({})", self.text, metrics.join(", "))
    }
}

/// A condition over metrics.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A comparison.
    Compare(Comparison),
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// Either.
    Or(Box<Condition>, Box<Condition>),
    /// Not.
    Not(Box<Condition>),
    /// Every SLO of the system.
    Steady,
    /// A comparison that is likely true: a sequential test.
    Likely(Box<Condition>),
    /// `true`, `false`.
    Constant(bool),
}

impl Condition {
    /// Whether `steady` stands in it.
    pub fn mentions_steady(&self) -> bool {
        match self {
            Condition::Steady => true,
            Condition::And(a, b) | Condition::Or(a, b) => a.mentions_steady() || b.mentions_steady(),
            Condition::Not(inner) | Condition::Likely(inner) => inner.mentions_steady(),
            Condition::Compare(_) | Condition::Constant(_) => false,
        }
    }

    /// All comparisons in it, in order. `steady` has none of its own.
    pub fn comparisons(&self) -> Vec<&Comparison> {
        let mut found = Vec::new();
        self.each(&mut |comparison| found.push(comparison));
        found
    }

    /// All readings in it, in order.
    pub fn readings(&self) -> Vec<&Reading> {
        let mut found = Vec::new();
        self.each(&mut |comparison| {
            comparison.left.gather(&mut found);
            comparison.right.gather(&mut found);
        });
        found
    }

    /// Does `work` with each comparison in it, in order.
    fn each<'a>(&'a self, work: &mut impl FnMut(&'a Comparison)) {
        match self {
            Condition::Compare(comparison) => work(comparison),
            Condition::And(a, b) | Condition::Or(a, b) => {
                a.each(work);
                b.each(work);
            }
            Condition::Not(inner) | Condition::Likely(inner) => inner.each(work),
            Condition::Steady | Condition::Constant(_) => {}
        }
    }

    /// Whether a comparison in it is such a one.
    fn any(&self, such: &impl Fn(&Comparison) -> bool) -> bool {
        let mut found = false;
        self.each(&mut |comparison| found = found || such(comparison));
        found
    }

    /// The condition with parameters and limits replaced by what is known exactly, and `steady` by `steady` spelt out.
    #[must_use]
    pub fn settle(&self, known: &Known, steady: &Condition) -> Condition {
        let both =
            |a: &Condition, b: &Condition| (Box::new(a.settle(known, steady)), Box::new(b.settle(known, steady)));
        match self {
            Condition::Compare(comparison) => Condition::Compare(Comparison {
                left: comparison.left.settle(known),
                right: comparison.right.settle(known),
                ..comparison.clone()
            }),
            Condition::And(a, b) => {
                let (a, b) = both(a, b);
                Condition::And(a, b)
            }
            Condition::Or(a, b) => {
                let (a, b) = both(a, b);
                Condition::Or(a, b)
            }
            Condition::Not(inner) => Condition::Not(Box::new(inner.settle(known, steady))),
            Condition::Likely(inner) => Condition::Likely(Box::new(inner.settle(known, steady))),
            Condition::Steady => steady.clone(),
            Condition::Constant(value) => Condition::Constant(*value),
        }
    }

    /// The condition with parts of its terms replaced.
    #[must_use]
    pub fn replaced(&self, by: &dyn Fn(&Term) -> Option<Term>) -> Condition {
        let one = |inner: &Condition| Box::new(inner.replaced(by));
        match self {
            Condition::Compare(it) => Condition::Compare(Comparison {
                left: it.left.replaced(by),
                right: it.right.replaced(by),
                ..it.clone()
            }),
            Condition::And(a, b) => Condition::And(one(a), one(b)),
            Condition::Or(a, b) => Condition::Or(one(a), one(b)),
            Condition::Not(inner) => Condition::Not(one(inner)),
            Condition::Likely(inner) => Condition::Likely(one(inner)),
            Condition::Steady | Condition::Constant(_) => self.clone(),
        }
    }

    /// Whether `likely` stands in it.
    pub fn has_likely(&self) -> bool {
        match self {
            Condition::Likely(_) => true,
            Condition::And(a, b) | Condition::Or(a, b) => a.has_likely() || b.has_likely(),
            Condition::Not(inner) => inner.has_likely(),
            _ => false,
        }
    }

    /// Whether it reads anything that can change: a metric, `steady`, or what a probe returned.
    pub fn reads(&self) -> bool {
        let reads = |term: &Term| term.reads() || term.has_answer();
        self.mentions_steady() || self.any(&|it| reads(&it.left) || reads(&it.right))
    }

    /// Whether `spike` stands in it.
    pub fn has_spike(&self) -> bool {
        self.any(&|it| it.left.has_spike() || it.right.has_spike())
    }

    /// The conjunction of all; true for none.
    pub fn all(conditions: impl IntoIterator<Item = Condition>) -> Condition {
        let joined = conditions.into_iter().reduce(|a, b| Condition::And(Box::new(a), Box::new(b)));
        joined.unwrap_or(Condition::Constant(true))
    }
}

/// A comparison needs so many independent samples, in the baseline and in its own time.
pub const LEAST_SAMPLES: f64 = 20.0;

/// What bounds a condition in time, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// It holds at this instant.
    Now,
    /// It holds at every instant of its phase.
    Always,
    /// It holds at no instant of its phase.
    Never,
    /// It becomes true by `deadline` and stays true for `holding`.
    Within {
        /// Seconds from the anchor.
        deadline: f64,
        /// Seconds it must stay true.
        holding: f64,
    },
    /// It holds for at least this share of its phase.
    Share(f64),
    /// Against the baseline, as a statistical test.
    Compared,
}

impl Reading {
    /// Whether it looks over a window; a gauge's last value does not.
    pub fn is_windowed(&self) -> bool {
        self.aggregate != Aggregate::Plain || self.ty == Type::Ratio
    }
}
