//! `redundant-default`: what would hold anyway.

use crate::base::Span;
use crate::base::unit::Measure;
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::removal::remove;
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
    said.filter_map(|(words, written, default)| finding(words, written.as_ref()?, default, subject)).collect()
}

fn finding(words: &str, written: &Expr, default: f64, subject: &Subject) -> Option<Diagnostic> {
    let ExprKind::Quantity(seconds, Measure::Duration) = written.kind else { return None };
    if seconds != default {
        return None;
    }
    let whole = statement(words, written.span, subject)?;
    let headline = format!("`{words} {}` is the default", subject.text(written.span));
    Some(remove(Diagnostic::warning(lints::REDUNDANT_DEFAULT, headline).at(whole, ""), whole, subject))
}

/// The statement of these words and the value at `value`.
fn statement(words: &str, value: Span, subject: &Subject) -> Option<Span> {
    let mut before = subject.text(Span { start: 0, ..value }.to(value)).get(..value.start as usize)?;
    for word in words.split(' ').rev() {
        before = before.trim_end().strip_suffix(word)?;
    }
    Some(Span::new(value.source, before.len(), value.end as usize))
}
