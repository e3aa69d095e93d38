//! `unused-source`: a source of metrics from which no metric comes.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject, walk};
use crate::syntax::tree::Environment;

/// The rule.
pub const RULE: Rule = Rule { code: lints::UNUSED_SOURCE, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    subject.environments().flat_map(unused).collect()
}

fn unused(environment: &Environment) -> Vec<Diagnostic> {
    let named = walk::first_names(walk::of_environment(environment));
    let without = environment.sources.iter().filter(|source| !named.contains(source.name.text.as_str()));
    let findings = without.map(|source| {
        let headline = format!("no metric is bound to the source `{}`", source.name.text);
        Diagnostic::warning(lints::UNUSED_SOURCE, headline)
            .at(source.name.span, "")
            .help(format!("bind one: `bind checkout.success = {}.ratio(…)`, or remove it", source.name.text))
    });
    findings.collect()
}
