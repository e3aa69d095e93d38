//! `bends-without-slo`: a service that may bend, and has nothing to bend.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Study, Subject};

/// The rule.
pub const RULE: Rule = Rule { code: lints::BENDS_WITHOUT_SLO, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    subject.studies().iter().flat_map(rigid).collect()
}

fn rigid(study: &Study) -> Vec<Diagnostic> {
    let lists = study.written.limits.iter().flat_map(|limits| &limits.services);
    let named = lists.filter(|(word, _)| word.text == "bends").flat_map(|(_, names)| names);
    let without = named.filter(|name| study.system.service(&name.text).is_some_and(|service| service.slos.is_empty()));
    let findings = without.map(|name| {
        let headline = format!("`{}` has no SLO that could bend", name.text);
        Diagnostic::warning(lints::BENDS_WITHOUT_SLO, headline)
            .at(name.span, "")
            .help("name the services whose SLOs may be missed while the faults are active, or leave it out")
            .note("a breach of any other SLO aborts the run")
    });
    findings.collect()
}
