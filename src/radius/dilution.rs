//! Expectations that a fault's direct effect cannot refute.
//!
//! A fault on 5% of the traffic that fails 40% of it fails 2% of the requests. `success >= 90%` then breaks only if the
//! system makes more of it: by retries, full pools, amplification. Each request to a caller is taken to make one to the
//! faulted service.

use super::contest::Contest;
use super::repair::Excess;
use super::{Proof, errors, reach_of};
use crate::base::Span;
use crate::plan::{Injection, Plan};
use crate::syntax::tree::Comparator;
use crate::types::Type;
use crate::types::model::Expectation;
use crate::types::term::{Aggregate, Arithmetic, Cohort, Comparison, Condition, Demand, Reading, Term};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// An expectation that only amplification can refute.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diluted {
    /// The expectation, in its author's words.
    pub written: String,
    /// The share of the requests that faults fail or delay at most.
    pub hurts: f64,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

/// The expectations that are judged under fault and that only amplification can refute; reports where that is all of them.
pub fn check(proof: &Proof, findings: &mut Vec<Excess>) -> Vec<Diluted> {
    let plan = proof.plan;
    let judged: Vec<&Expectation> =
        plan.injections().flat_map(|(_, it)| &it.expectations).chain(&plan.expectations).collect();
    let direct = Direct::of(proof);
    let diluted: Vec<Diluted> = judged.iter().filter_map(|it| diluted(plan, &direct, it)).collect();
    let meant = |it: &Diluted| plan.amplification.iter().any(|allowed| allowed.contains(it.span));
    // A fault that touches nothing is another mistake.
    let touching = proof.faults.iter().any(|fault| fault.injection.touches.hi > 0.0);
    let all = touching && !judged.is_empty() && diluted.len() == judged.len();
    // With another value of a parameter the faults may do more.
    if all && !plan.limits.varies && !diluted.iter().all(meant) {
        findings.push(errors::amplification_only(plan.span, &diluted).into());
    }
    diluted
}

fn diluted(plan: &Plan, direct: &[Direct], expectation: &Expectation) -> Option<Diluted> {
    if !matches!(expectation.demand, Demand::Always | Demand::Now | Demand::Share(_) | Demand::Within { .. }) {
        return None;
    }
    let mut most = 0.0_f64;
    let refutable = refutable(&expectation.condition, &mut |reading| {
        let effect = Effect::on(reading, plan, direct);
        most = most.max(effect.hurts);
        effect
    });
    (!refutable).then(|| Diluted { written: expectation.text.clone(), hurts: most, span: expectation.span })
}

/// What the faults of one service do to its requests.
struct Direct {
    /// Who feels it.
    reach: BTreeSet<String>,
    /// Whether all its faults choose requests.
    of_requests: bool,
    /// The shares that they touch together, and that they fail or delay, at most.
    touches: f64,
    hurts: f64,
    /// The share that is failed or delayed of those that a fault touches, at most.
    of_touched: f64,
}

impl Direct {
    fn of(proof: &Proof) -> Vec<Self> {
        let targets: BTreeSet<&String> = proof.faults.iter().map(|fault| &fault.injection.target).collect();
        let share = |contests: &BTreeMap<String, Contest>, target: &String| {
            contests.get(target).map_or(0.0, |it| it.most.min(1.0))
        };
        let one = |target: &String| {
            let faults = proof.faults.iter().map(|fault| fault.injection).filter(|it| it.target == *target);
            // What is only delayed may run into the caller's timeout.
            let delays = |it: &Injection| it.fails.hi <= 0.0;
            let of_touched = |it: &Injection| match delays(it) {
                true => 1.0,
                false => (it.fails.hi / it.touches.lo.max(f64::MIN_POSITIVE)).min(1.0),
            };
            let (touches, fails) = (share(&proof.traffic, target), share(&proof.fails, target));
            Self {
                reach: reach_of(proof.plan, vec![target.clone()]),
                of_requests: faults.clone().all(|it| it.resource == "requests"),
                touches,
                hurts: if faults.clone().any(delays) { touches } else { fails },
                of_touched: faults.map(of_touched).fold(0.0, f64::max),
            }
        };
        targets.into_iter().map(one).collect()
    }
}

/// What happens to the requests that a reading is about: the shares that are touched, and that are failed or delayed.
#[derive(Clone, Copy)]
struct Effect {
    touches: f64,
    hurts: f64,
    /// The least that the metric may be before any fault.
    steady: f64,
}

impl Effect {
    fn on(reading: &Reading, plan: &Plan, direct: &[Direct]) -> Self {
        let steady = plan.steady.iter().filter_map(|slo| objective(&slo.condition, reading)).fold(1.0, f64::min);
        let felt = direct.iter().filter(|it| it.reach.contains(&reading.metric.service));
        // Where a fault has no direct effect at all, it is tested that it has no other one.
        let apart = reading.cohort == Some(Cohort::Others) || felt.clone().next().is_none();
        if apart || felt.clone().any(|it| !it.of_requests) {
            return Self { touches: 1.0, hurts: 1.0, steady };
        }
        let sum = |share: fn(&Direct) -> f64| felt.clone().map(share).sum::<f64>().min(1.0);
        match reading.cohort {
            Some(Cohort::Affected) => Self { touches: 1.0, hurts: sum(|it| it.of_touched), steady },
            _ => Self { touches: sum(|it| it.touches), hurts: sum(|it| it.hurts), steady },
        }
    }
}

/// Whether the direct effect can make a condition false. What is not understood can be anything.
fn refutable(condition: &Condition, effect: &mut impl FnMut(&Reading) -> Effect) -> bool {
    match condition {
        // Both sides are looked at, so that the effect on each is known.
        Condition::And(a, b) => refutable(a, effect) | refutable(b, effect),
        Condition::Or(a, b) => refutable(a, effect) & refutable(b, effect),
        Condition::Compare(comparison) => compared(comparison, effect).unwrap_or(true),
        _ => true,
    }
}

/// Whether a comparison of one reading with a constant, or with a part of its baseline, can become false.
fn compared(comparison: &Comparison, effect: &mut impl FnMut(&Reading) -> Effect) -> Option<bool> {
    let (reading, comparator, bound) = match (&comparison.left, &comparison.right) {
        (Term::Reading(reading), bound) => (reading, comparison.comparator, bound),
        (bound, Term::Reading(reading)) => (reading, comparison.comparator.turned(), bound),
        _ => return None,
    };
    let at_least = matches!(comparator, Comparator::AtLeast | Comparator::Above);
    let at_most = matches!(comparator, Comparator::AtMost | Comparator::Below);
    match (reading.aggregate, &reading.ty) {
        (Aggregate::Plain | Aggregate::Mean, Type::Ratio) if at_least => {
            let Effect { hurts, steady, .. } = effect(reading);
            let lowest = 1.0 - hurts;
            Some(match part_of_baseline(bound) {
                Some(part) => lowest < part,
                None => lowest * steady < constant(bound)?,
            })
        }
        (Aggregate::Quantile(quantile), _) if at_most => {
            part_of_baseline(bound).or_else(|| constant(bound))?;
            Some(effect(reading).touches > 1.0 - quantile + 1e-9)
        }
        _ => None,
    }
}

fn constant(term: &Term) -> Option<f64> {
    if let Term::Constant(value) = term { Some(*value) } else { None }
}

/// The factor of `90% of baseline`; 1 of `baseline` itself.
fn part_of_baseline(term: &Term) -> Option<f64> {
    match term {
        Term::Baseline => Some(1.0),
        Term::Arithmetic(Arithmetic::Times, a, b) => match (&**a, &**b) {
            (Term::Constant(part), Term::Baseline) | (Term::Baseline, Term::Constant(part)) => Some(*part),
            _ => None,
        },
        _ => None,
    }
}

/// The lower bound that a condition of the steady state sets for a reading's metric.
fn objective(condition: &Condition, reading: &Reading) -> Option<f64> {
    match condition {
        Condition::And(a, b) => objective(a, reading).or_else(|| objective(b, reading)),
        Condition::Compare(comparison) => {
            let (Term::Reading(it), Term::Constant(value)) = (&comparison.left, &comparison.right) else { return None };
            let lower = matches!(comparison.comparator, Comparator::AtLeast | Comparator::Above);
            (lower && it.metric.is_of(&reading.metric)).then_some(*value)
        }
        _ => None,
    }
}
