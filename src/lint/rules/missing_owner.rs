//! `missing-owner`: an experiment for which nobody answers.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject, walk};

/// The rule.
pub const RULE: Rule = Rule { code: lints::MISSING_OWNER, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let blank = |text: &str| text.trim().is_empty();
    let without =
        subject.experiments().filter(|it| it.owner.as_ref().is_none_or(|owner| walk::text(owner).is_some_and(blank)));
    let findings = without.map(|experiment| {
        Diagnostic::warning(lints::MISSING_OWNER, "this experiment has no `owner`")
            .at(experiment.owner.as_ref().map_or(experiment.name.span, |owner| owner.span), "")
            .help("say who answers for it: `owner \"team-checkout\"`")
    });
    findings.collect()
}
