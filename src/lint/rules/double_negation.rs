//! `double-negation`: `never not`, `not not`.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject, walk};
use crate::syntax::tree::{Expect, Expr, ExprKind, Mode};

/// The rule.
pub const RULE: Rule = Rule { code: lints::DOUBLE_NEGATION, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let expectations = walk::expectations(subject.file).into_iter();
    let never = expectations.filter_map(|expect| never_not(expect, subject));
    let twice = walk::all_inside(walk::expressions(subject.file)).filter_map(|expr| not_not(expr, subject));
    never.chain(twice).collect()
}

/// The expression without the parentheses around it.
fn bare(expr: &Expr) -> &Expr {
    let mut expr = expr;
    while let ExprKind::Group(inner) = &expr.kind {
        expr = inner;
    }
    expr
}

fn never_not(expect: &Expect, subject: &Subject) -> Option<Diagnostic> {
    let ExprKind::Not(inner) = &bare(&expect.condition).kind else { return None };
    let condition = subject.text(inner.span);
    let finding = Diagnostic::warning(lints::DOUBLE_NEGATION, "`never not` means `always`")
        .at(expect.span, "")
        .help(format!("write `expect always {condition}`"));
    (expect.mode == Some(Mode::Never)).then_some(finding)
}

fn not_not(expr: &Expr, subject: &Subject) -> Option<Diagnostic> {
    let ExprKind::Not(inner) = &expr.kind else { return None };
    let ExprKind::Not(innermost) = &bare(inner).kind else { return None };
    let finding = Diagnostic::warning(lints::DOUBLE_NEGATION, "`not not` means nothing")
        .at(expr.span, "")
        .help(format!("write `{}`", subject.text(innermost.span)));
    Some(finding)
}
