//! `loose-services`: a service that may be faulted, and is not.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Study, Subject, walk};
use std::collections::BTreeSet;

/// The rule.
pub const RULE: Rule = Rule { code: lints::LOOSE_SERVICES, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    subject.studies().iter().flat_map(idle).collect()
}

fn idle(study: &Study) -> Vec<Diagnostic> {
    let faulted: BTreeSet<&str> =
        walk::injects(study.model).into_iter().map(|(_, inject)| inject.target.as_str()).collect();
    let lists = study.written.limits.iter().flat_map(|limits| &limits.services);
    let named = lists.filter(|(word, _)| word.text == "services").flat_map(|(_, names)| names);
    let findings = named.filter(|name| !faulted.contains(name.text.as_str())).map(|name| {
        let headline = format!("`{}` may be faulted, but no step does", name.text);
        Diagnostic::warning(lints::LOOSE_SERVICES, headline)
            .at(name.span, "the limit is wider than the run")
            .help(format!("leave it out; if only its SLO may be missed: `bends {}`", name.text))
    });
    findings.collect()
}
