//! `loose-limit`: a limit far above what the steps can reach.

use crate::analysis::Planned;
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
        let found = subject.analysis.plans.iter().find(|(id, _)| *id == study.id);
        found.map(|(_, planned)| planned)
    };
    subject.studies().filter_map(|study| planned(&study).map(|it| loose(&study, it))).flatten().collect()
}

fn loose(study: &Study, planned: &Planned) -> Vec<Diagnostic> {
    let bounds = &study.model.limits.bounds;
    let constant = bounds.iter().filter(|(_, (term, _))| matches!(term, Term::Constant(_)));
    let findings = constant.filter_map(|(limit, (term, at))| {
        let (bound, reached) = (term.bounds(&Known::default()).lo, reached(*limit, planned)?);
        (reached > 0.0 && bound > LOOSE * reached).then(|| {
            let (what, show) = (limit.word(), |value| limit.ty().show(value));
            let headline = format!("`{what}` may be {}, but the steps come to {}", show(bound), show(reached));
            Diagnostic::warning(lints::LOOSE_LIMIT, headline)
                .at(*at, "this limit stops nothing")
                .help(format!("write a bound near it: `{what} <= {}`", show(rounded_up(reached, &limit.ty()))))
                .note(format!("at worst, in the environment `{}`", planned.plan.environment))
        })
    });
    findings.collect()
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
