//! What policies say, once it is understood: rules over facts of the plan, the experiment and the environment.

use super::calendar::Hours;
use super::term::Comparison;
use super::ty::Type;
use crate::base::Span;

/// A condition over facts.
#[derive(Clone, Debug, PartialEq)]
pub enum Judged {
    /// A fact that is true or false: `abort`, `recovery`.
    Fact(String),
    /// A fact that is a word or a text, and what it is compared with: `environment.tier == production`.
    Word {
        /// The fact.
        fact: String,
        /// Whether it must be equal, else unequal.
        equal: bool,
        /// The word or text.
        value: String,
    },
    /// A comparison of quantities; facts are its parameters.
    Compare(Comparison),
    /// Both.
    And(Box<Judged>, Box<Judged>),
    /// Either.
    Or(Box<Judged>, Box<Judged>),
    /// Not.
    Not(Box<Judged>),
    /// `true`, `false`.
    Constant(bool),
}

/// What is known of a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// It is true or false.
    Bool(bool),
    /// Its word or text.
    Word(String),
}

impl Judged {
    /// Whether it reads any fact, so that it can come out either way.
    pub fn reads(&self) -> bool {
        match self {
            Judged::Fact(_) | Judged::Word { .. } => true,
            Judged::Compare(comparison) => {
                [&comparison.left, &comparison.right].iter().any(|it| !it.parameters().is_empty())
            }
            Judged::And(a, b) | Judged::Or(a, b) => a.reads() || b.reads(),
            Judged::Not(inner) => inner.reads(),
            Judged::Constant(_) => false,
        }
    }

    /// Whether it holds, as far as the facts are known.
    pub fn holds(&self, facts: &dyn Fn(&str) -> Option<Known>) -> Option<bool> {
        match self {
            Judged::Constant(value) => Some(*value),
            Judged::Fact(name) => facts(name).and_then(|known| match known {
                Known::Bool(value) => Some(value),
                Known::Word(_) => None,
            }),
            Judged::Word { fact, equal, value } => facts(fact).and_then(|known| match known {
                Known::Word(word) => Some((word == *value) == *equal),
                Known::Bool(_) => None,
            }),
            Judged::Compare(_) => None,
            Judged::Not(inner) => inner.holds(facts).map(|holds| !holds),
            Judged::And(a, b) => match (a.holds(facts), b.holds(facts)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Judged::Or(a, b) => match (a.holds(facts), b.holds(facts)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What it says.
    pub says: Says,
    /// When; always, where it is not said.
    pub condition: Option<Judged>,
    /// Why.
    pub reason: Option<String>,
    /// The author's words.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// What a rule says.
#[derive(Clone, Debug, PartialEq)]
pub enum Says {
    /// This must hold.
    Require(Judged),
    /// Somebody of this group must approve.
    Approval(String),
    /// The experiment was confirmed in this environment within so many seconds.
    Confirmed(String, Option<f64>),
    /// This must not hold.
    Deny(Judged),
    /// It runs in these hours only.
    Hours(Hours),
}

/// Every fact that a policy can name, with its type.
pub fn facts() -> Vec<(&'static str, Type)> {
    let words = |list: &[&str]| Type::Enum(list.iter().map(|word| (*word).to_owned()).collect());
    let classes: Vec<&str> = super::model::Class::ALL.iter().map(|(word, _)| *word).collect();
    let mut all = vec![
        ("abort", Type::Bool),
        ("recovery", Type::Bool),
        ("hypothesis", Type::Bool),
        ("owner", Type::Bool),
        ("id", Type::Bool),
        ("environment.name", Type::String),
        ("environment.tier", words(super::check::TIERS)),
        ("experiment.name", Type::String),
        ("experiment.id", Type::String),
        ("experiment.owner", Type::String),
        ("fault.name", Type::String),
        ("fault.class", words(&classes)),
        ("fault.target", Type::String),
        ("plan.traffic", Type::Ratio),
        ("plan.concurrent", Type::Count),
        ("plan.exposure", Type::Duration),
        ("plan.timeout", Type::Duration),
    ];
    all.extend(LIMITS.iter().map(|(fact, ty)| (*fact, ty.clone())));
    all
}

/// The effective limits, as facts.
const LIMITS: &[(&str, Type)] = &[
    ("limit.traffic", Type::Ratio),
    ("limit.requests", Type::Frequency),
    ("limit.instances", Type::Count),
    ("limit.concurrent", Type::Count),
    ("limit.exposure", Type::Duration),
    ("limit.timeout", Type::Duration),
];
