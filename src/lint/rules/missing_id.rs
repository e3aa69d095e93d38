//! `missing-id`: an experiment without an `id`.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject};

/// The rule.
pub const RULE: Rule = Rule { code: lints::MISSING_ID, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let without = subject.experiments().filter(|experiment| experiment.id.is_none());
    let findings = without.map(|experiment| {
        Diagnostic::warning(lints::MISSING_ID, "this experiment has no `id`")
            .at(experiment.name.span, "")
            .help("give it one that stays when its name changes: `id \"PAY-503\"`")
    });
    findings.collect()
}
