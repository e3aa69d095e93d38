//! Rank 7: policies, judged: which rules a plan breaks, and what will be asked of whom before it runs.
//!
//! A rule is broken where it cannot be shown to hold for every value of the parameters that are left open.

mod asks;
mod errors;
mod facts;
mod recovery;

pub use asks::{Answers, Approval, Ask, Asked, lacking};
pub use recovery::unhealed;

use crate::base::Span;
use crate::diagnostics::Diagnostic;
use crate::plan::{Injection, Plan, Step};
use crate::radius::Bounds;
use crate::types::model::{Environment, Experiment, Policy};
use crate::types::policy::{Judged, Rule, Says};
use crate::types::term::Known;
use facts::Facts;

/// What policies judge: one experiment in one environment.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The experiment.
    pub experiment: &'a Experiment,
    /// The environment.
    pub environment: &'a Environment,
    /// Ranges or values of the parameters.
    pub known: &'a Known,
    /// The plan of both.
    pub plan: &'a Plan,
    /// The worst it can do.
    pub bounds: &'a Bounds,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// The policies that apply, or may apply, in order of their names.
    pub policies: Vec<String>,
    /// The rules that are broken, each at each place that breaks it.
    pub broken: Vec<Broken>,
    /// What is asked before the run.
    pub asks: Vec<Ask>,
}

/// A broken rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// The policy.
    pub policy: String,
    /// The rule, without its reason, in the author's words.
    pub rule: String,
    /// Why there is such a rule.
    pub reason: Option<String>,
    /// What is told about it.
    pub finding: Diagnostic,
    /// Where the rule stands.
    pub span: Span,
}

/// What a rule is judged about: a fault of the plan, or the plan as a whole.
type About<'a> = Option<(&'a Step, &'a Injection)>;

/// Judges a plan by all policies that are given.
pub fn judge<'p>(case: Case, policies: impl IntoIterator<Item = &'p Policy>) -> Judgement {
    let facts = Facts::new(case);
    let mut judgement = Judgement::default();
    for policy in policies {
        let mut applies = false;
        for rule in &policy.rules {
            for about in abouts(case.plan, policy, rule) {
                let may = may_apply(policy, about, &facts);
                applies |= may;
                if may && rule.condition.as_ref().is_none_or(|it| holds(it, about, &facts) != Some(false)) {
                    judgement.add(policy, rule, about, &facts);
                }
            }
        }
        if applies {
            judgement.policies.push(policy.name.clone());
        }
    }
    judgement.policies.sort();
    judgement.policies.dedup();
    judgement.broken.dedup();
    judgement
}

impl Judgement {
    /// What a rule that counts comes to.
    fn add(&mut self, policy: &Policy, rule: &Rule, about: About, facts: &Facts) {
        let (condition, wanted) = match &rule.says {
            Says::Require(condition) => (condition, true),
            Says::Deny(condition) => (condition, false),
            Says::Approval(group) => return self.ask(policy, rule, Asked::Approval(group.clone())),
            Says::Confirmed(place, within) => {
                return self.ask(policy, rule, Asked::Confirmed { environment: place.clone(), within: *within });
            }
            Says::Hours(hours) => return self.ask(policy, rule, Asked::Hours(hours.clone())),
        };
        if holds(condition, about, facts) == Some(wanted) {
            return;
        }
        let finding = errors::broken(&errors::Breach { policy, rule, condition, wanted, about, facts });
        let (policy, text, reason) = (policy.name.clone(), rule.text.clone(), rule.reason.clone());
        self.broken.push(Broken { policy, rule: text, reason, finding, span: rule.span });
    }

    fn ask(&mut self, policy: &Policy, rule: &Rule, asks: Asked) {
        let (name, text, reason) = (policy.name.clone(), rule.text.clone(), rule.reason.clone());
        let ask = Ask { policy: name, rule: text, reason, asks, span: rule.span };
        if !self.asks.contains(&ask) {
            self.asks.push(ask);
        }
    }
}

/// Every fault of the plan for a rule that reads facts of faults, else the plan once.
fn abouts<'c>(plan: &'c Plan, policy: &Policy, rule: &Rule) -> Vec<About<'c>> {
    let says = match &rule.says {
        Says::Require(condition) | Says::Deny(condition) => Some(condition),
        Says::Approval(_) | Says::Confirmed(..) | Says::Hours(_) => None,
    };
    let conditions = [says, rule.condition.as_ref(), policy.applies.as_ref()];
    if conditions.into_iter().flatten().any(reads_faults) { plan.injections().map(Some).collect() } else { vec![None] }
}

fn reads_faults(condition: &Judged) -> bool {
    condition.facts().iter().any(|name| name.starts_with("fault."))
}

fn may_apply(policy: &Policy, about: About, facts: &Facts) -> bool {
    policy.applies.as_ref().is_none_or(|it| holds(it, about, facts) != Some(false))
}

fn holds(condition: &Judged, about: About, facts: &Facts) -> Option<bool> {
    condition.holds(&|name| facts.of(name, about))
}
