//! `yoda`: a comparison with the constant on its left.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject, walk};
use crate::syntax::tree::{Comparator, Expr, ExprKind, Operator};

/// The rule.
pub const RULE: Rule = Rule { code: lints::YODA, level: Level::Allow, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    walk::all_inside(walk::expressions(subject.file)).filter_map(|expr| finding(expr, subject)).collect()
}

fn finding(expr: &Expr, subject: &Subject) -> Option<Diagnostic> {
    let ExprKind::Binary(Operator::Compare(comparator), left, right) = &expr.kind else { return None };
    if names_something(left) || !names_something(right) {
        return None;
    }
    let (left, right) = (subject.text(left.span), subject.text(right.span));
    let turned = format!("{right} {} {left}", turned(*comparator).symbol());
    let title = format!("say what is compared first: `{turned}`");
    let finding = Diagnostic::warning(lints::YODA, "the constant stands on the left").at(expr.span, "");
    let commented = subject.text(expr.span).contains('#');
    Some(if commented { finding.help(title) } else { finding.safe_replace(expr.span, title, turned) })
}

/// Whether a name, or `baseline`, stands in an expression: then it is no constant.
fn names_something(expr: &Expr) -> bool {
    let moves = |expr: &&Expr| {
        matches!(expr.kind, ExprKind::Path(_) | ExprKind::Call(..) | ExprKind::Baseline | ExprKind::Error)
    };
    walk::inside(expr).iter().any(moves)
}

/// The comparison that says the same with its sides exchanged.
fn turned(comparator: Comparator) -> Comparator {
    match comparator {
        Comparator::Below => Comparator::Above,
        Comparator::AtMost => Comparator::AtLeast,
        Comparator::Above => Comparator::Below,
        Comparator::AtLeast => Comparator::AtMost,
        same => same,
    }
}
