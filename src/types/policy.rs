//! What policies say, once it is understood: rules over facts of the plan, the experiment and the environment.

use super::calendar::Hours;
use super::term::{Comparison, Known};
use super::ty::Type;
use crate::base::{Interval, Span};
use crate::syntax::tree::Comparator;

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
pub enum Fact {
    /// It is true or false.
    Bool(bool),
    /// Its word or text.
    Word(String),
    /// A quantity in base units, or all that it can be; infinite for a limit that nobody set.
    Number(Interval),
}

/// What is known of a policy's facts, by name.
pub type Facts<'f> = &'f dyn Fn(&str) -> Option<Fact>;

impl Judged {
    /// Whether it reads any fact, so that it can come out either way.
    pub fn reads(&self) -> bool {
        !self.facts().is_empty()
    }

    /// The facts that it reads.
    pub fn facts(&self) -> Vec<&str> {
        match self {
            Judged::Fact(name) | Judged::Word { fact: name, .. } => vec![name],
            Judged::Compare(comparison) => {
                [comparison.left.parameters(), comparison.right.parameters()].concat().into_iter().collect()
            }
            Judged::And(a, b) | Judged::Or(a, b) => [a.facts(), b.facts()].concat(),
            Judged::Not(inner) => inner.facts(),
            Judged::Constant(_) => Vec::new(),
        }
    }

    /// Whether it holds; none where it can come out either way, as far as the facts are known.
    pub fn holds(&self, facts: Facts) -> Option<bool> {
        match self {
            Judged::Constant(value) => Some(*value),
            Judged::Fact(name) => match facts(name)? {
                Fact::Bool(value) => Some(value),
                Fact::Word(_) | Fact::Number(_) => None,
            },
            Judged::Word { fact, equal, value } => match facts(fact)? {
                Fact::Word(word) => Some((word == *value) == *equal),
                Fact::Bool(_) | Fact::Number(_) => None,
            },
            Judged::Compare(comparison) => compared(comparison, facts),
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

    /// The facts because of which it does not surely come out as `wanted`; none where it does.
    pub fn culprits(&self, wanted: bool, facts: Facts) -> Vec<&str> {
        if self.holds(facts) == Some(wanted) {
            return Vec::new();
        }
        match self {
            Judged::And(a, b) | Judged::Or(a, b) => [a.culprits(wanted, facts), b.culprits(wanted, facts)].concat(),
            Judged::Not(inner) => inner.culprits(!wanted, facts),
            _ => self.facts(),
        }
    }
}

/// Whether a comparison of quantities holds for all that they can be, or for none of it.
fn compared(comparison: &Comparison, facts: Facts) -> Option<bool> {
    let mut known = Known::default();
    for name in comparison.left.parameters().into_iter().chain(comparison.right.parameters()) {
        if let Some(Fact::Number(range)) = facts(name) {
            known.parameters.insert(name.to_owned(), range);
        }
    }
    let (left, right) = (comparison.left.bounds(&known), comparison.right.bounds(&known));
    // Nothing is known of how two unlimited quantities compare.
    if left.lo.is_infinite() && left.lo == right.hi || left.hi.is_infinite() && left.hi == right.lo {
        return None;
    }
    let (below, above) = (surely_below(left, right), surely_below(right, left));
    let (at_most, at_least) = (!can_be_below(right, left), !can_be_below(left, right));
    let (yes, no) = match comparison.comparator {
        Comparator::Below => (below, at_least),
        Comparator::AtMost => (at_most, above),
        Comparator::Above => (above, at_most),
        Comparator::AtLeast => (at_least, below),
        Comparator::Equal => (at_most && at_least, below || above),
        Comparator::Unequal => (below || above, at_most && at_least),
    };
    match (yes, no) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// Whether every value of `a` is below every value of `b`.
fn surely_below(a: Interval, b: Interval) -> bool {
    below(a.hi, b.lo)
}

/// Whether some value of `a` is below some value of `b`.
fn can_be_below(a: Interval, b: Interval) -> bool {
    below(a.lo, b.hi)
}

/// Whether `a` is less than `b` by more than sums of decimals are off by.
fn below(a: f64, b: f64) -> bool {
    let slack = if a.is_finite() && b.is_finite() { 1e-12 * a.abs().max(b.abs()).max(1e-3) } else { 0.0 };
    a < b - slack
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
    /// What it says, in the author's words: `limit.traffic <= 5%`.
    pub words: String,
    /// All but the reason, in the author's words: `require limit.traffic <= 5%`.
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

#[cfg(test)]
mod tests {
    use super::{Fact, Judged};
    use crate::base::{Interval, SourceId, Span};
    use crate::syntax::tree::Comparator;
    use crate::types::Type;
    use crate::types::term::{Comparison, Term};

    const ENDLESS: Interval = Interval { lo: f64::INFINITY, hi: f64::INFINITY };

    fn facts(name: &str) -> Option<Fact> {
        Some(match name {
            "yes" => Fact::Bool(true),
            "no" => Fact::Bool(false),
            "sum" => Fact::Number(Interval::point(0.1 + 0.2)),
            "range" => Fact::Number(Interval::new(1.0, 3.0)),
            "endless" => Fact::Number(ENDLESS),
            _ => return None,
        })
    }

    fn compare(name: &str, comparator: Comparator, right: Term) -> Judged {
        let (left, span) = (Term::Parameter(name.to_owned()), Span::new(SourceId(0), 0, 0));
        Judged::Compare(Comparison { left, comparator, right, ty: Type::Float, text: String::new(), span })
    }

    /// For `<`, `<=`, `>`, `>=`, `==`, `!=`: true, false, or either.
    #[track_caller]
    fn compares(name: &str, right: &Term, wanted: &str) {
        let all = [
            Comparator::Below,
            Comparator::AtMost,
            Comparator::Above,
            Comparator::AtLeast,
            Comparator::Equal,
            Comparator::Unequal,
        ];
        let shown = all.map(|it| match compare(name, it, right.clone()).holds(&facts) {
            Some(true) => 't',
            Some(false) => 'f',
            None => '?',
        });
        assert_eq!(shown.iter().collect::<String>(), wanted, "{name} against {right:?}");
    }

    #[test]
    fn a_comparison_holds_for_all_values_or_for_none_or_is_open() {
        compares("sum", &Term::Constant(0.3), "ftfttf");
        compares("sum", &Term::Constant(0.300_001), "ttffft");
        compares("range", &Term::Constant(3.0), "?tf???");
        compares("range", &Term::Constant(1.0), "f??t??");
        compares("range", &Term::Constant(2.0), "??????");
        compares("range", &Term::Constant(4.0), "ttffft");
        compares("range", &Term::Parameter("range".to_owned()), "??????");
        compares("endless", &Term::Constant(1e300), "ffttft");
        compares("range", &Term::Parameter("endless".to_owned()), "ttffft");
        compares("endless", &Term::Parameter("endless".to_owned()), "??????");
        compares("unknown", &Term::Constant(0.0), "??????");
    }

    #[test]
    fn what_is_open_stays_open_unless_the_rest_decides() {
        let fact = |name: &str| Box::new(Judged::Fact(name.to_owned()));
        let all = ["yes", "no", "unknown"];
        let holds = |it: Judged| it.holds(&facts);
        for (a, wanted) in
            all.iter().zip([[Some(true), Some(false), None], [Some(false); 3], [None, Some(false), None]])
        {
            assert_eq!(all.map(|b| holds(Judged::And(fact(a), fact(b)))), wanted, "{a} and");
        }
        for (a, wanted) in all.iter().zip([[Some(true); 3], [Some(true), Some(false), None], [Some(true), None, None]])
        {
            assert_eq!(all.map(|b| holds(Judged::Or(fact(a), fact(b)))), wanted, "{a} or");
        }
        assert_eq!(all.map(|it| holds(Judged::Not(fact(it)))), [Some(false), Some(true), None]);
    }

    #[test]
    fn those_facts_are_blamed_that_could_be_otherwise() {
        let fact = |name: &str| Box::new(Judged::Fact(name.to_owned()));
        let both = Judged::And(fact("yes"), fact("no"));
        assert_eq!(both.culprits(true, &facts), ["no"]);
        assert_eq!(both.culprits(false, &facts), [""; 0]);
        let either = Judged::Or(fact("yes"), fact("unknown"));
        assert_eq!(either.culprits(false, &facts), ["yes", "unknown"]);
        assert_eq!(Judged::Not(Box::new(either)).culprits(true, &facts), ["yes", "unknown"]);
    }
}
