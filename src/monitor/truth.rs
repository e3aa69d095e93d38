//! Whether a condition holds at an instant, by how much, and if that is unknown, why.

use super::baseline::Baselines;
use super::robustness::Robustness;
use super::signal::{Cause, Signals, Value};
use crate::base::{Instant, Interval};
use crate::syntax::tree::Comparator;
use crate::types::Type;
use crate::types::term::{Aggregate, Comparison, Condition, Reading, Term};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What conditions are judged against.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The metrics.
    pub signals: &'a Signals,
    /// The window of aggregates that do not say `over`.
    pub window: Duration,
    /// Where `increase` counts from, inside `always`.
    pub increase_from: Option<Instant>,
    /// What the baseline was.
    pub baselines: &'a Baselines,
    /// The comparisons in `likely` that are proven, by their keys.
    pub proven: &'a BTreeSet<String>,
}

/// No `likely` is proven.
pub const NONE_PROVEN: &BTreeSet<String> = &BTreeSet::new();

/// A comparison at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Atom {
    /// The author's words.
    pub text: String,
    /// What both sides are measured in.
    pub ty: Type,
    /// The left side.
    pub left: Result<f64, Cause>,
    /// The right side.
    pub right: Result<f64, Cause>,
    /// How far it is from flipping, in its own unit: above zero it holds.
    pub margin: Option<f64>,
}

/// A condition at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// How far the truth is from flipping at worst, scaled so that atoms can be compared. Above zero: it holds.
    pub lo: f64,
    /// The same at best. Below zero: it does not hold.
    pub hi: f64,
    /// The start of what it was computed from.
    pub from: Instant,
    /// The comparison that decides.
    pub atom: Option<Atom>,
}

impl Judgement {
    /// Whether it certainly holds.
    pub fn holds(&self) -> bool {
        self.lo > 0.0
    }

    /// Whether it certainly does not hold.
    pub fn fails(&self) -> bool {
        self.hi < 0.0
    }

    /// Whether neither is certain.
    pub fn is_unknown(&self) -> bool {
        !self.holds() && !self.fails()
    }

    /// How far it is from flipping.
    pub fn robustness(&self) -> Robustness {
        Robustness::new(self.lo, self.hi)
    }

    /// Why it is unknown.
    pub fn cause(&self) -> Option<Cause> {
        let atom = self.atom.as_ref()?;
        atom.left.clone().err().or_else(|| atom.right.clone().err())
    }
}

/// Judges a condition at an instant.
pub fn judge(condition: &Condition, at: Instant, view: View) -> Judgement {
    match condition {
        Condition::Compare(comparison) => compare(comparison, at, view),
        Condition::And(a, b) => weaker(judge(a, at, view), judge(b, at, view)),
        Condition::Or(a, b) => negated(weaker(negated(judge(a, at, view)), negated(judge(b, at, view)))),
        Condition::Not(inner) => negated(judge(inner, at, view)),
        Condition::Constant(value) => constant(*value, at),
        Condition::Likely(inner) => likely(inner, at, view),
        // `steady` is spelt out when the plan is made.
        Condition::Steady => constant(true, at),
    }
}

/// Whether a comparison is proven by now; unknown where the comparison itself is and was not proven before.
fn likely(inner: &Condition, at: Instant, view: View) -> Judgement {
    let judgement = judge(inner, at, view);
    let is_proven = inner.comparisons().iter().any(|comparison| view.proven.contains(&comparison.key()));
    if !is_proven && judgement.cause().is_some() {
        return judgement;
    }
    Judgement { atom: judgement.atom, from: judgement.from, ..constant(is_proven, at) }
}

fn constant(value: bool, at: Instant) -> Judgement {
    let sign = if value { f64::INFINITY } else { f64::NEG_INFINITY };
    Judgement { lo: sign, hi: sign, from: at, atom: None }
}

fn negated(judgement: Judgement) -> Judgement {
    Judgement { lo: -judgement.hi, hi: -judgement.lo, ..judgement }
}

/// The conjunction: the smaller robustness decides, and brings its atom along.
fn weaker(a: Judgement, b: Judgement) -> Judgement {
    let (lo, hi, from) = (a.lo.min(b.lo), a.hi.min(b.hi), a.from.min(b.from));
    let a_decides = (a.hi, a.lo) <= (b.hi, b.lo);
    let atom = if a_decides && a.atom.is_some() || b.atom.is_none() { a.atom } else { b.atom };
    Judgement { lo, hi, from, atom }
}

fn compare(comparison: &Comparison, at: Instant, view: View) -> Judgement {
    let baseline = view.baselines.value(&comparison.key());
    let left = term(&comparison.left, at, view, baseline);
    let right = term(&comparison.right, at, view, baseline);
    let from = [&left, &right].into_iter().flatten().map(|value| value.from).min().unwrap_or(at);
    let mut atom = Atom {
        text: comparison.text.clone(),
        ty: comparison.ty.clone(),
        left: left.as_ref().map(|value| value.value.lo).map_err(Clone::clone),
        right: right.as_ref().map(|value| value.value.lo).map_err(Clone::clone),
        margin: None,
    };
    let (Ok(a), Ok(b)) = (left, right) else {
        return Judgement { lo: f64::NEG_INFINITY, hi: f64::INFINITY, from, atom: Some(atom) };
    };
    let (a, b) = (a.value, b.value);
    let corners = [(a.lo, b.lo), (a.lo, b.hi), (a.hi, b.lo), (a.hi, b.hi)];
    let margins = corners.map(|(a, b)| margin(comparison.comparator, a, b));
    let (worst, best) =
        margins.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), it| (lo.min(*it), hi.max(*it)));
    let scaled = |margin: f64| settle_tie(margin / scale(b.lo), comparison.comparator);
    let (lo, hi) = (scaled(worst), scaled(best));
    match (lo > 0.0, hi < 0.0) {
        (true, _) => atom.margin = Some(worst),
        (_, true) => atom.margin = Some(best),
        _ => atom.left = Err(Cause::BeyondBuckets),
    }
    Judgement { lo, hi, from, atom: Some(atom) }
}

fn margin(comparator: Comparator, a: f64, b: f64) -> f64 {
    match comparator {
        Comparator::Above | Comparator::AtLeast => a - b,
        Comparator::Below | Comparator::AtMost => b - a,
        Comparator::Equal => -(a - b).abs(),
        Comparator::Unequal => (a - b).abs(),
    }
}

fn scale(bound: f64) -> f64 {
    if bound == 0.0 || !bound.is_finite() { 1.0 } else { bound.abs() }
}

/// At exactly zero the comparator's strictness decides.
fn settle_tie(robustness: f64, comparator: Comparator) -> f64 {
    let holds_at_zero = matches!(comparator, Comparator::AtLeast | Comparator::AtMost | Comparator::Equal);
    match (robustness == 0.0, holds_at_zero) {
        (true, true) => f64::MIN_POSITIVE,
        (true, false) => -f64::MIN_POSITIVE,
        (false, _) => robustness,
    }
}

fn term(term_: &Term, at: Instant, view: View, baseline: Option<f64>) -> Result<Value, Cause> {
    match term_ {
        Term::Constant(value) => Ok(Value { value: Interval::point(*value), from: at }),
        Term::Reading(reading) => read(reading, at, view),
        Term::Baseline => {
            baseline.map(|value| Value { value: Interval::point(value), from: at }).ok_or(Cause::NoBaseline)
        }
        Term::Arithmetic(operator, a, b) => {
            let (a, b) = (term(a, at, view, baseline)?, term(b, at, view, baseline)?);
            let exact = operator.apply(a.value.lo, b.value.lo);
            let points = a.value.is_point() && b.value.is_point();
            let value = if points { Interval { lo: exact, hi: exact } } else { operator.bound(a.value, b.value) };
            if exact.is_nan() { Err(Cause::NotANumber) } else { Ok(Value { value, from: a.from.min(b.from) }) }
        }
        Term::Spike(of) => spike(of, at, view),
        Term::Parameter(_) | Term::Limit(_) | Term::Answer(_) | Term::Says(..) | Term::Error => Err(Cause::NotANumber),
    }
}

/// How far a reading is from its baseline, in robust standard deviations.
fn spike(of: &Term, at: Instant, view: View) -> Result<Value, Cause> {
    let Term::Reading(reading) = of else { return Err(Cause::NotANumber) };
    let noise = view.baselines.noise(reading).ok_or(Cause::NoBaseline)?;
    let Value { value, from } = read(reading, at, view)?;
    Ok(Value { value: Interval { lo: noise.deviations(value.lo), hi: noise.deviations(value.hi) }, from })
}

/// A term's value, where it is one number.
pub(super) fn number(of: &Term, at: Instant, view: View, baseline: Option<f64>) -> Option<f64> {
    let value = term(of, at, view, baseline).ok()?.value;
    (value.is_point() && value.lo.is_finite()).then_some(value.lo)
}

fn read(reading: &Reading, at: Instant, view: View) -> Result<Value, Cause> {
    let signal = view.signals.get(&reading.metric).ok_or(Cause::NoSample)?;
    let window = match (reading.window, reading.aggregate, view.increase_from) {
        (None, Aggregate::Increase, Some(start)) => return signal.grown(at, start),
        (Some(seconds), ..) => crate::base::unit::to_duration(seconds),
        _ => view.window,
    };
    signal.read(reading.aggregate, at, window)
}

/// What the side beside `baseline` comes to over the baseline window, for each comparison that names it.
pub(super) fn baselines(
    conditions: &[&Condition],
    at: Instant,
    window: Duration,
    signals: &Signals,
) -> BTreeMap<String, f64> {
    let none = Baselines::new();
    let view = View { signals, window, increase_from: None, baselines: &none, proven: NONE_PROVEN };
    let comparisons = conditions.iter().flat_map(|condition| condition.comparisons());
    let named = comparisons.filter_map(|comparison| {
        let other = match (comparison.left.has_baseline(), comparison.right.has_baseline()) {
            (true, false) => &comparison.right,
            (false, true) => &comparison.left,
            _ => return None,
        };
        let value = term(&widened(other), at, view, None).ok()?;
        value.value.is_point().then(|| (comparison.key(), value.value.lo))
    });
    named.collect()
}

/// The term with every window replaced by the view's; gauges are averaged.
fn widened(term: &Term) -> Term {
    match term {
        Term::Reading(reading) => {
            let gauge = reading.aggregate == Aggregate::Plain && reading.ty != Type::Ratio;
            let aggregate = if gauge { Aggregate::Mean } else { reading.aggregate };
            Term::Reading(Box::new(Reading { window: None, aggregate, ..(**reading).clone() }))
        }
        Term::Arithmetic(operator, a, b) => Term::Arithmetic(*operator, Box::new(widened(a)), Box::new(widened(b))),
        other => other.clone(),
    }
}
