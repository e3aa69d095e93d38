//! `double-negation`: `never not`, `not not`.

use crate::base::Span;
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
    if expect.mode != Some(Mode::Never) || expect.test.is_some() {
        return None;
    }
    let said = subject.text(Span { end: expect.condition.span.start, ..expect.span });
    let never = expect.span.start as usize + said.rfind("never")?;
    let whole = Span { start: u32::try_from(never).ok()?, ..expect.condition.span };
    let straight = format!("always {}", subject.text(inner.span));
    let finding = Diagnostic::warning(lints::DOUBLE_NEGATION, "`never not` means `always`").at(whole, "");
    Some(rewritten(finding, whole, &straight, subject))
}

fn not_not(expr: &Expr, subject: &Subject) -> Option<Diagnostic> {
    let ExprKind::Not(inner) = &expr.kind else { return None };
    let ExprKind::Not(innermost) = &bare(inner).kind else { return None };
    let finding = Diagnostic::warning(lints::DOUBLE_NEGATION, "`not not` means nothing").at(expr.span, "");
    Some(rewritten(finding, expr.span, subject.text(innermost.span), subject))
}

/// Adds the fix that says it straight, unless a comment would be lost with it.
fn rewritten(finding: Diagnostic, at: Span, straight: &str, subject: &Subject) -> Diagnostic {
    let title = format!("write `{straight}`");
    if subject.text(at).contains('#') { finding.help(title) } else { finding.safe_replace(at, title, straight) }
}
