//! `loose-limit`: a limit far above what the steps can reach.

use crate::analysis::Planned;
use crate::base::Span;
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Study, Subject};
use crate::types::Type;
use crate::types::term::{Known, LimitName, Term};

/// The rule.
pub const RULE: Rule = Rule { code: lints::LOOSE_LIMIT, level: Level::Warn, needs: Needs::Surroundings, check };

/// A limit is loose above this many times what can be reached.
const LOOSE: f64 = 10.0;

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let planned = |study: &Study| {
        let all = subject.analysis.plans.iter().filter(|(id, _)| *id == study.id);
        all.map(|(_, planned)| planned).collect::<Vec<_>>()
    };
    subject.studies().iter().flat_map(|study| loose(study, &planned(study))).collect()
}

/// The limits that stop nothing in any of the environments in which the experiment was planned.
fn loose(study: &Study, plans: &[&Planned]) -> Vec<Diagnostic> {
    let bounds = &study.model.limits.bounds;
    let constant = bounds.iter().filter(|(_, (term, _))| matches!(term, Term::Constant(_)));
    let findings = constant.filter_map(|(limit, (term, at))| {
        let worst = plans.iter().filter_map(|planned| Some((reached(*limit, planned)?, &planned.plan.environment)));
        let (most, environment) = worst.max_by(|a, b| a.0.total_cmp(&b.0))?;
        let bound = term.bounds(&Known::default()).lo;
        (most > 0.0 && bound > LOOSE * most).then(|| finding(*limit, (bound, *at), most, environment))
    });
    findings.collect()
}

fn finding(limit: LimitName, (bound, at): (f64, Span), most: f64, environment: &str) -> Diagnostic {
    let (what, show) = (limit.word(), |value| limit.ty().show(value));
    let headline = format!("`{what}` may be {}, but the steps come to {}", show(bound), show(most));
    Diagnostic::warning(lints::LOOSE_LIMIT, headline)
        .at(at, "this limit stops nothing")
        .help(format!("write a bound near it: `{what} <= {}`", show(rounded_up(most, &limit.ty()))))
        .note(format!("at worst, in the environment `{environment}`"))
}

/// A bound that reads well and is not below the value.
fn rounded_up(value: f64, ty: &Type) -> f64 {
    if *ty == Type::Duration { (value / 10.0).ceil() * 10.0 } else { value }
}

/// The most that the steps can come to, in the limit's unit; nothing for limits that are not proven.
fn reached(limit: LimitName, planned: &Planned) -> Option<f64> {
    let bounds = &planned.bounds;
    match limit {
        LimitName::Traffic => bounds.traffic.values().copied().reduce(f64::max),
        LimitName::Concurrent => Some(bounds.concurrent as f64),
        LimitName::Exposure => Some(bounds.exposure),
        LimitName::Timeout => Some(bounds.length),
        _ => None,
    }
}
