//! Parts of the traffic: `of affected` and `of others`, where the proxy of a faulted service counts them apart.

use super::graph::StepKind;
use super::{Plan, errors};
use crate::base::Span;
use crate::diagnostics::Diagnostic;
use crate::types::model::{Binding, Expectation, SourceRef};
use crate::types::term::{Cohort, Condition, MetricId, Reading, Term};
use std::collections::{BTreeMap, BTreeSet};

/// Reads each part of a metric from its own series, under a name of its own.
///
/// Where all traffic is in the share, `of affected` is the plain metric, and there are no others. Elsewhere a metric must be a
/// view of the proxy of a faulted service: nobody else knows what the fault selected.
pub(super) fn split(plan: &mut Plan, findings: &mut Vec<Diagnostic>) {
    let injections = plan.injections().map(|(_, injection)| injection);
    let requests: Vec<_> = injections.filter(|injection| injection.resource == "requests").collect();
    let all_traffic = requests.iter().all(|injection| injection.touches.lo >= 1.0 && !injection.picks());
    let faulted: BTreeSet<String> = requests.iter().map(|injection| injection.target.clone()).collect();
    let bindings = std::mem::take(&mut plan.bindings);
    let parts = Parts { all_traffic, faulted, bindings };
    let mut added: BTreeMap<MetricId, Binding> = BTreeMap::new();
    let mut wrong: Vec<Span> = Vec::new();
    each_condition(plan, &mut |condition, span| {
        if !condition.has_part() {
            return;
        }
        let mut lost = false;
        for reading in condition.readings() {
            match parts.of(reading) {
                Part::Whole => {}
                Part::Own(id, binding) => drop(added.insert(id, *binding)),
                Part::Lost => lost = true,
            }
        }
        if lost && !wrong.contains(&span) {
            wrong.push(span);
        }
        *condition = condition.replaced(&|term| match term {
            Term::Reading(reading) => match parts.of(reading) {
                Part::Own(metric, _) => Some(Term::Reading(Box::new(Reading { metric, ..(**reading).clone() }))),
                _ => None,
            },
            _ => None,
        });
    });
    plan.bindings = parts.bindings;
    plan.bindings.extend(added);
    findings.extend(wrong.into_iter().map(errors::cannot_split));
}

/// What is known of the parts.
struct Parts {
    all_traffic: bool,
    faulted: BTreeSet<String>,
    bindings: BTreeMap<MetricId, Binding>,
}

/// What a reading reads.
enum Part {
    /// The plain metric.
    Whole,
    /// A part, by its own name.
    Own(MetricId, Box<Binding>),
    /// A part that nobody tells apart.
    Lost,
}

impl Parts {
    fn of(&self, reading: &Reading) -> Part {
        let Some(cohort) = reading.cohort else { return Part::Whole };
        match (cohort, self.all_traffic) {
            (Cohort::Affected, true) => return Part::Whole,
            (Cohort::Others, true) => return Part::Lost,
            _ => {}
        }
        // Without a binding, that is what is wrong, and it was reported.
        let Some(binding) = self.bindings.get(&reading.metric) else { return Part::Whole };
        let SourceRef::Proxy(service) = &binding.source else { return Part::Lost };
        if !self.faulted.contains(service) {
            return Part::Lost;
        }
        let binding = Binding { how: binding.how.of_part(cohort), cohort: Some(cohort), ..binding.clone() };
        Part::Own(reading.metric.of_part(cohort), Box::new(binding))
    }
}

/// Every condition of a plan, with its place.
fn each_condition(plan: &mut Plan, change: &mut impl FnMut(&mut Condition, Span)) {
    for step in plan.graph.steps_mut() {
        let at = step.span;
        match &mut step.kind {
            StepKind::Inject(injection) => {
                let judged = injection.expectations.iter_mut().chain(&mut injection.until);
                judged.for_each(|it: &mut Expectation| change(&mut it.condition, it.span));
            }
            StepKind::Expect(it) => change(&mut it.condition, it.span),
            StepKind::Choose { condition, .. } => change(condition, at),
            StepKind::Wait(_)
            | StepKind::Stable(_)
            | StepKind::Call { .. }
            | StepKind::Approve(..)
            | StepKind::Mark => {}
        }
    }
    plan.steady.iter_mut().for_each(|it| change(&mut it.condition, it.span));
    plan.aborts.iter_mut().for_each(|it| change(&mut it.condition, it.span));
    plan.expectations.iter_mut().for_each(|it| change(&mut it.condition, it.span));
}
