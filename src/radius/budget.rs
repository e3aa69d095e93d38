//! What faults can spend of an SLO's error budget.
//!
//! The budget of `slo success >= 99% over 30d` is 1% of 30 days of failed requests. A fault spends the share of requests
//! that it fails, for as long as it is in force. A service that calls a faulted one, directly or not, may fail all its
//! requests meanwhile: how often it calls is not known.

use super::cover::Cover;
use super::events::Events;
use super::repair::{Excess, Repair};
use super::{errors, reach_of};
use crate::plan::graph::StepId;
use crate::plan::{Injection, Plan, StepKind};
use crate::syntax::tree::Comparator;
use crate::types::model::Slo;
use crate::types::term::{Comparison, Condition, MetricId, Term};
use serde::Serialize;
use std::collections::BTreeMap;

/// Of so many faults a shorter time is tried.
const MOST_SHORTENED: usize = 6;

/// What can be spent of an error budget.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spent {
    /// The SLO, in its author's words.
    #[serde(rename = "written")]
    pub slo: String,
    /// The share of its budget, which may be above 1.
    pub share: f64,
}

/// The spend on each budget that is limited.
pub fn check(plan: &Plan, events: &Events, findings: &mut Vec<Excess>) -> BTreeMap<MetricId, Spent> {
    let mut all = BTreeMap::new();
    for (metric, bound) in &plan.limits.budgets {
        let seconds = Cover::weighted(plan, events, |injection| failing(plan, injection, &metric.service)).total();
        // Of several objectives for one metric, the one that is spent fastest counts.
        let slos = plan.steady.iter().filter(|slo| !slo.service.is_empty());
        let spent = slos.filter_map(|slo| {
            let target = target(slo, metric)?;
            Some((slo, target, seconds / ((1.0 - target) * slo.period)))
        });
        let Some((slo, target, share)) = spent.max_by(|a, b| a.2.total_cmp(&b.2)) else {
            findings.push(errors::no_objective(metric, *bound).into());
            continue;
        };
        if share > bound.value + 1e-9 {
            let finding = errors::budget(metric, slo, share, *bound, seconds, target);
            let over = (share - bound.value) * (1.0 - target) * slo.period;
            findings.push(Excess { finding, repairs: shorter(plan, &metric.service, over) });
        }
        all.insert(metric.clone(), Spent { slo: slo.text.clone(), share });
    }
    all
}

/// The share of the service's requests that may fail while a fault is in force.
fn failing(plan: &Plan, injection: &Injection, service: &str) -> f64 {
    if injection.target == service && injection.resource == "requests" {
        return injection.fails.hi.clamp(0.0, 1.0);
    }
    let reached = reach_of(plan, vec![injection.target.clone()]).contains(service);
    if reached && injection.touches.hi > 0.0 { 1.0 } else { 0.0 }
}

/// Each fault so much shorter that it alone brings the spend down by `over` seconds of failing, the one that fails most first.
fn shorter(plan: &Plan, service: &str, over: f64) -> Vec<Repair> {
    let weighed = plan.graph.order().into_iter().filter_map(|id| match &plan.graph.step(id)?.kind {
        StepKind::Inject(injection) => Some((id, failing(plan, injection, service))),
        _ => None,
    });
    let mut weighed: Vec<(StepId, f64)> = weighed.filter(|(_, weight)| *weight > 0.0).collect();
    weighed.sort_by(|a, b| b.1.total_cmp(&a.1));
    weighed.into_iter().take(MOST_SHORTENED).map(|(id, weight)| Repair::Shorten(id, over / weight)).collect()
}

/// The objective that an SLO sets for a metric: `>= 99%` below 100%.
fn target(slo: &Slo, metric: &MetricId) -> Option<f64> {
    objective(&slo.condition, metric).filter(|target| *target < 1.0)
}

fn objective(condition: &Condition, metric: &MetricId) -> Option<f64> {
    match condition {
        Condition::And(a, b) => objective(a, metric).or_else(|| objective(b, metric)),
        Condition::Compare(comparison) => {
            let Comparison { left, comparator, right, .. } = &**comparison;
            let reads = |term: &Term| term.readings().iter().any(|reading| reading.metric == *metric);
            match (left, comparator, right) {
                (read, Comparator::AtLeast | Comparator::Above, Term::Constant(target)) if reads(read) => Some(*target),
                (Term::Constant(target), Comparator::AtMost | Comparator::Below, read) if reads(read) => Some(*target),
                _ => None,
            }
        }
        _ => None,
    }
}
