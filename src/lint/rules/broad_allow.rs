//! `broad-allow`: everything of a module, on every service, in production.

use crate::base::Span;
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject};
use crate::syntax::tree::{Allowance, Environment};
use crate::types::model::System;
use std::collections::{BTreeMap, BTreeSet};

/// The rule.
pub const RULE: Rule = Rule { code: lints::BROAD_ALLOW, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let production = subject.environments().filter(|it| it.tier.as_ref().is_some_and(|tier| tier.text == "production"));
    production.filter_map(|it| Some(broad(it, subject.placed_system(it)?))).flatten().collect()
}

fn broad(environment: &Environment, system: &System) -> Vec<Diagnostic> {
    let mut wide: BTreeMap<&str, (BTreeSet<&str>, Vec<Span>)> = BTreeMap::new();
    for allowance in &environment.allowances {
        for module in allowance.patterns.iter().filter_map(whole_module) {
            let entry = wide.entry(module).or_default();
            entry.0.extend(allowance.services.iter().map(|name| name.text.as_str()));
            entry.1.extend(span(allowance));
        }
    }
    let all = system.services.len();
    let findings = wide.into_iter().filter(|(_, (services, _))| all > 1 && services.len() == all);
    findings.map(|(module, (_, places))| finding(module, &system.name, &places)).collect()
}

fn whole_module(
    (module, fault): &(Option<crate::syntax::tree::Name>, Option<crate::syntax::tree::Name>),
) -> Option<&str> {
    module.as_ref().filter(|_| fault.is_none()).map(|name| name.text.as_str())
}

/// From the first pattern to the last service.
fn span(allowance: &Allowance) -> Option<Span> {
    let (module, fault) = allowance.patterns.first()?;
    let first = module.as_ref().or(fault.as_ref())?;
    allowance.services.last().map(|last| first.span.to(last.span))
}

fn finding(module: &str, system: &str, places: &[Span]) -> Diagnostic {
    let headline = format!("every fault of `{module}` is allowed on every service of `{system}`, in production");
    let mut finding = Diagnostic::warning(lints::BROAD_ALLOW, headline);
    for place in places {
        finding = finding.at(*place, "");
    }
    finding.help(format!("name the faults and the services that are meant, instead of `{module}.*` on all of them"))
}
