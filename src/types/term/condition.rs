//! Conditions over terms, and what bounds them in time.
//!
//! Parts are shared: `steady` stands in many conditions of a plan, and is one.

use super::{Known, Reading, Term};
use crate::base::Span;
use crate::syntax::tree::Comparator;
use crate::types::Type;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

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

    /// The comparison with parts of its terms replaced, where anything changes.
    fn changed(&self, by: &dyn Fn(&Term) -> Option<Term>) -> Option<Comparison> {
        let (left, right) = (self.left.changed(by), self.right.changed(by));
        if left.is_none() && right.is_none() {
            return None;
        }
        let [left, right] =
            [(left, &self.left), (right, &self.right)].map(|(new, old)| new.unwrap_or_else(|| old.clone()));
        Some(Comparison {
            left,
            right,
            comparator: self.comparator,
            ty: self.ty.clone(),
            text: self.text.clone(),
            span: self.span,
        })
    }
}

/// The parts of conditions that were gone through, for as long as these live.
#[derive(Debug, Default)]
pub struct Seen(BTreeSet<*const Condition>);

/// A condition over metrics.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A comparison.
    Compare(Arc<Comparison>),
    /// Both.
    And(Arc<Condition>, Arc<Condition>),
    /// Either.
    Or(Arc<Condition>, Arc<Condition>),
    /// Not.
    Not(Arc<Condition>),
    /// Every SLO of the system.
    Steady,
    /// A comparison that is likely true: a sequential test.
    Likely(Arc<Condition>),
    /// `true`, `false`.
    Constant(bool),
}

impl From<Comparison> for Condition {
    fn from(comparison: Comparison) -> Self {
        Condition::Compare(Arc::new(comparison))
    }
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

    /// Its readings, in order, but for those of longer parts that were gone through before: what is shared is seen once.
    pub fn new_readings<'a>(&'a self, seen: &mut Seen, work: &mut impl FnMut(&'a Reading)) {
        let mut part = |part: &'a Arc<Condition>| {
            if matches!(**part, Condition::Compare(_)) || seen.0.insert(Arc::as_ptr(part)) {
                part.new_readings(seen, work);
            }
        };
        match self {
            Condition::Compare(comparison) => {
                comparison.left.readings().into_iter().for_each(&mut *work);
                comparison.right.readings().into_iter().for_each(work);
            }
            Condition::And(a, b) | Condition::Or(a, b) => {
                part(a);
                part(b);
            }
            Condition::Not(inner) | Condition::Likely(inner) => part(inner),
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
        self.settle_and(known, steady, &|_| None)
    }

    /// The same, and with parts of its terms replaced; those of `steady` stay.
    #[must_use]
    pub fn settle_and(&self, known: &Known, steady: &Condition, by: &dyn Fn(&Term) -> Option<Term>) -> Condition {
        self.changed(&|term| by(term).or_else(|| term.exact(known)), Some(steady)).unwrap_or_else(|| self.clone())
    }

    /// The condition with parts of its terms replaced.
    #[must_use]
    pub fn replaced(&self, by: &dyn Fn(&Term) -> Option<Term>) -> Condition {
        self.changed(by, None).unwrap_or_else(|| self.clone())
    }

    /// The condition with parts of its terms replaced, and `steady` by `steady` spelt out, where anything changes. What
    /// stays is shared.
    fn changed(&self, by: &dyn Fn(&Term) -> Option<Term>, steady: Option<&Condition>) -> Option<Condition> {
        let one = |inner: &Condition| inner.changed(by, steady).map(Arc::new);
        let both = |a: &Arc<Condition>, b: &Arc<Condition>| match (one(a), one(b)) {
            (None, None) => None,
            (new_a, new_b) => Some((new_a.unwrap_or_else(|| a.clone()), new_b.unwrap_or_else(|| b.clone()))),
        };
        match self {
            Condition::Compare(it) => it.changed(by).map(Condition::from),
            Condition::And(a, b) => both(a, b).map(|(a, b)| Condition::And(a, b)),
            Condition::Or(a, b) => both(a, b).map(|(a, b)| Condition::Or(a, b)),
            Condition::Not(inner) => one(inner).map(Condition::Not),
            Condition::Likely(inner) => one(inner).map(Condition::Likely),
            Condition::Steady => steady.cloned(),
            Condition::Constant(_) => None,
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

    /// Whether it reads a part of the traffic.
    pub fn has_part(&self) -> bool {
        self.any(&|it| it.left.has_part() || it.right.has_part())
    }

    /// Whether `spike` stands in it.
    pub fn has_spike(&self) -> bool {
        self.any(&|it| it.left.has_spike() || it.right.has_spike())
    }

    /// The conjunction of all; true for none.
    pub fn all(conditions: impl IntoIterator<Item = Condition>) -> Condition {
        let joined = conditions.into_iter().reduce(|a, b| Condition::And(Arc::new(a), Arc::new(b)));
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
