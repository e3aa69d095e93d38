//! `missing-id`: an experiment without an `id`.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject, walk};

/// The rule.
pub const RULE: Rule = Rule { code: lints::MISSING_ID, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let blank = |text: &str| text.trim().is_empty();
    let without = subject.experiments().filter(|it| it.id.as_ref().is_none_or(|id| walk::text(id).is_some_and(blank)));
    let findings = without.map(|experiment| {
        Diagnostic::warning(lints::MISSING_ID, "this experiment has no `id`")
            .at(experiment.id.as_ref().map_or(experiment.name.span, |id| id.span), "")
            .help("give it one that stays when its name changes: `id \"PAY-503\"`")
    });
    findings.collect()
}
