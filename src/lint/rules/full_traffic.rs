//! `full-traffic`: a fault on all the requests of a service, outside development.

use crate::base::Span;
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Study, Subject};
use crate::plan::{Injection, Plan};
use crate::types::term::LimitName;
use std::collections::{BTreeMap, BTreeSet};

/// The rule.
pub const RULE: Rule = Rule { code: lints::FULL_TRAFFIC, level: Level::Warn, needs: Needs::Surroundings, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    subject.studies().iter().flat_map(|study| full(study, subject)).collect()
}

/// Whether a plan is for an environment that counts, and neither it nor the experiment limits the share.
fn lets_all(plan: &Plan) -> bool {
    plan.tier != "development" && plan.limits.bound(LimitName::Traffic).is_none_or(|bound| bound.value >= 1.0)
}

/// Whether a fault takes requests, and can take all of them.
fn takes_all(injection: &Injection) -> bool {
    injection.resource == "requests" && injection.touches.hi >= 1.0
}

/// One finding for each step, whatever the number of environments.
fn full(study: &Study, subject: &Subject) -> Vec<Diagnostic> {
    let course = &study.course;
    let places: BTreeMap<&str, Span> = course.places().collect();
    let mut steps: BTreeMap<Span, (String, BTreeSet<String>)> = BTreeMap::new();
    let plans: Vec<Plan> = study.plans(subject).into_iter().filter(lets_all).collect();
    for plan in &plans {
        for (step, injection) in plan.injections().filter(|(_, injection)| takes_all(injection)) {
            let at = places.get(step.name.as_str()).copied().unwrap_or(step.span);
            let entry = steps.entry(at).or_insert_with(|| (injection.target.clone(), BTreeSet::new()));
            entry.1.insert(format!("`{}` (tier {})", plan.environment, plan.tier));
        }
    }
    let findings = steps.into_iter().map(|(at, (target, places))| {
        let headline = format!("every request of `{target}` can be touched outside development");
        Diagnostic::warning(lints::FULL_TRAFFIC, headline)
            .at(at, "the share is 100%")
            .help("take a share: `traffic: limit.traffic`, and `limit { traffic <= 5% }`")
            .note(format!("in {}", places.into_iter().collect::<Vec<_>>().join(", ")))
            .note("a fault that writes no `traffic` takes all of it")
    });
    findings.collect()
}
