//! `redundant-default`: what would hold anyway.

use crate::base::unit::Measure;
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject};
use crate::syntax::tree::{Expr, ExprKind};
use crate::types::{DEFAULT_BASELINE, DEFAULT_NO_DATA, DEFAULT_WINDOW};

/// The rule.
pub const RULE: Rule = Rule { code: lints::REDUNDANT_DEFAULT, level: Level::Allow, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let said = subject.file.experiments.iter().flat_map(|experiment| {
        [
            ("window", &experiment.window, DEFAULT_WINDOW),
            ("baseline", &experiment.baseline, DEFAULT_BASELINE),
            ("no data for", &experiment.no_data, DEFAULT_NO_DATA),
        ]
    });
    said.filter_map(|(word, written, default)| finding(word, written.as_ref()?, default, subject)).collect()
}

fn finding(word: &str, written: &Expr, default: f64, subject: &Subject) -> Option<Diagnostic> {
    let ExprKind::Quantity(seconds, Measure::Duration) = written.kind else { return None };
    let headline = format!("`{word} {}` is the default", subject.text(written.span));
    let finding = Diagnostic::warning(lints::REDUNDANT_DEFAULT, headline).at(written.span, "").help("leave it out");
    (seconds == default).then_some(finding)
}
