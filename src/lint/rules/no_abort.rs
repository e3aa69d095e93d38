//! `no-abort`: an experiment that nothing of its own stops.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject};

/// The rule.
pub const RULE: Rule = Rule { code: lints::NO_ABORT, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let unguarded = subject.experiments().filter(|experiment| experiment.aborts.is_empty());
    let findings = unguarded.map(|experiment| {
        Diagnostic::warning(lints::NO_ABORT, "this experiment has no abort condition")
            .at(experiment.name.span, "")
            .help("say when it is too bad to go on: `abort when checkout.success < 50% for 10s`")
            .note("an SLO outside `bends` aborts by itself; nothing watches the services that may bend")
    });
    findings.collect()
}
