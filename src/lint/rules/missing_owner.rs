//! `missing-owner`: an experiment for which nobody answers.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject};

/// The rule.
pub const RULE: Rule = Rule { code: lints::MISSING_OWNER, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let without = subject.experiments().filter(|experiment| experiment.owner.is_none());
    let findings = without.map(|experiment| {
        Diagnostic::warning(lints::MISSING_OWNER, "this experiment has no `owner`")
            .at(experiment.name.span, "")
            .help("say who answers for it: `owner \"team-checkout\"`")
    });
    findings.collect()
}
