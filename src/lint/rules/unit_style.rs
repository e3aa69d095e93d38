//! `unit-style`: a duration that is written otherwise than reports write it.

use crate::base::unit::{Measure, show_duration};
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject, walk};
use crate::syntax::tree::{Expr, ExprKind};

/// The rule.
pub const RULE: Rule = Rule { code: lints::UNIT_STYLE, level: Level::Allow, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    walk::all_inside(walk::expressions(subject.file)).filter_map(|expr| finding(expr, subject)).collect()
}

fn finding(expr: &Expr, subject: &Subject) -> Option<Diagnostic> {
    let ExprKind::Quantity(seconds, Measure::Duration) = expr.kind else { return None };
    let (written, usual) = (subject.text(expr.span), usual(seconds)?);
    if written == usual {
        return None;
    }
    let finding = Diagnostic::warning(lints::UNIT_STYLE, format!("`{written}` is usually written `{usual}`"))
        .at(expr.span, "")
        .safe_replace(expr.span, format!("write `{usual}`, as plans and reports do"), usual.as_str());
    Some(finding)
}

/// How plans and reports write a duration; nothing where they round it.
fn usual(seconds: f64) -> Option<String> {
    let nanoseconds = seconds * 1e9;
    let exact = (nanoseconds - nanoseconds.round()).abs() < 1e-3;
    // From a minute on, whole seconds are shown; below, three decimals of a unit.
    let shown = if seconds >= 60.0 {
        1.0
    } else if seconds >= 1.0 {
        1e-3
    } else if seconds >= 1e-3 {
        1e-6
    } else {
        1e-9
    };
    let steps = seconds / shown;
    let whole = (steps - steps.round()).abs() < 1e-6;
    (exact && whole).then(|| show_duration(seconds))
}
