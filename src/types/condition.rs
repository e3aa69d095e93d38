//! Typing conditions.

use super::errors;
use super::expression::Typing;
use super::term::{Aggregate, Comparison, Condition, Term};
use crate::base::{Sources, stack};
use crate::syntax::tree::{Arguments, Comparator, Expr, ExprKind, Operator};
use crate::types::Type;
use std::sync::Arc;

impl Typing<'_, '_> {
    /// A condition; nothing where a mistake was reported.
    pub fn condition(&mut self, expr: &Expr, sources: &Sources) -> Option<Condition> {
        stack::level(|| self.condition_level(expr, sources))
    }

    fn condition_level(&mut self, expr: &Expr, sources: &Sources) -> Option<Condition> {
        match &expr.kind {
            ExprKind::Group(inner) => self.condition(inner, sources),
            ExprKind::Steady => Some(Condition::Steady),
            ExprKind::Bool(value) => Some(Condition::Constant(*value)),
            ExprKind::Call(function, arguments) if function.text() == "likely" => self.likely(arguments, sources),
            ExprKind::Not(inner) => Some(Condition::Not(Arc::new(self.condition(inner, sources)?))),
            ExprKind::Binary(Operator::And, a, b) => {
                let (a, b) = (self.condition(a, sources), self.condition(b, sources));
                Some(Condition::And(Arc::new(a?), Arc::new(b?)))
            }
            ExprKind::Binary(Operator::Or, a, b) => {
                let (a, b) = (self.condition(a, sources), self.condition(b, sources));
                Some(Condition::Or(Arc::new(a?), Arc::new(b?)))
            }
            ExprKind::Binary(Operator::Compare(comparator), a, b) => {
                self.comparison(*comparator, a, b, expr, sources).map(Condition::from)
            }
            _ => {
                let (ty, term) = self.quantity(expr);
                if ty == Type::Bool && matches!(term, Term::Answer(_)) {
                    let text = one_line(sources.text(expr.span));
                    let (comparator, right, span) = (Comparator::Equal, Term::Constant(1.0), expr.span);
                    return Some(Condition::from(Comparison { left: term, comparator, right, ty, text, span }));
                }
                if ty != Type::Error {
                    self.findings.push(errors::not_a_condition(&format!("a `{ty}`"), expr.span));
                }
                None
            }
        }
    }

    /// `likely(x < 95%)`: one comparison.
    fn likely(&mut self, arguments: &Arguments, sources: &Sources) -> Option<Condition> {
        let [argument] = arguments.list.as_slice() else {
            let help = Some("write `likely(service.metric < 95%)`".to_owned());
            self.findings.push(errors::argument("`likely` takes one comparison".to_owned(), arguments.span, "", help));
            return None;
        };
        let inner = self.condition(&argument.value, sources)?;
        if !matches!(inner, Condition::Compare(_)) {
            let help = Some("write `likely(service.metric < 95%)`".to_owned());
            let headline = "`likely` takes one comparison".to_owned();
            self.findings.push(errors::argument(headline, argument.value.span, "this is none", help));
            return None;
        }
        Some(Condition::Likely(Arc::new(inner)))
    }

    fn comparison(
        &mut self,
        comparator: Comparator,
        left: &Expr,
        right: &Expr,
        whole: &Expr,
        sources: &Sources,
    ) -> Option<Comparison> {
        if let Some(truth) = self.truth(comparator, left, right, whole, sources) {
            return Some(truth);
        }
        let (a, b) = (self.side(left), self.side(right));
        let ((ty, left_term), (right_ty, right_term)) = match (a, b) {
            (Some(a), Some(b)) => (a, b),
            (Some(a), None) => {
                let term = self.baseline_side(right, &a.1)?;
                (a.clone(), (a.0, term))
            }
            (None, Some(b)) => {
                let term = self.baseline_side(left, &b.1)?;
                ((b.0.clone(), term), b)
            }
            (None, None) => {
                self.findings.push(errors::misplaced_baseline(whole.span));
                return None;
            }
        };
        if ty == Type::Error || right_ty == Type::Error {
            return None;
        }
        let text = one_line(sources.text(whole.span));
        if ty == Type::String
            && right_ty == Type::String
            && matches!(comparator, Comparator::Equal | Comparator::Unequal)
            && let Some(left) = says((left, &left_term), (right, &right_term))
        {
            let (right, ty, span) = (Term::Constant(1.0), Type::Bool, whole.span);
            return Some(Comparison { left, comparator, right, ty, text, span });
        }
        if !ty.comparable(&right_ty) || !ty.is_quantity() {
            let why = Some((left.span, "compared with this"));
            self.findings.push(errors::mismatch_at(&ty, &right_ty, right, why));
            return None;
        }
        let ty = if left_term.is_constant() { right_ty } else { ty };
        Some(Comparison { left: left_term, comparator, right: right_term, ty, text, span: whole.span })
    }

    /// `up == true`: what a probe returned, against a truth.
    fn truth(
        &mut self,
        comparator: Comparator,
        left: &Expr,
        right: &Expr,
        whole: &Expr,
        sources: &Sources,
    ) -> Option<Comparison> {
        let (of, wanted) = match (&left.kind, &right.kind) {
            (ExprKind::Path(_), ExprKind::Bool(value)) => (left, *value),
            (ExprKind::Bool(value), ExprKind::Path(_)) => (right, *value),
            _ => return None,
        };
        if !matches!(comparator, Comparator::Equal | Comparator::Unequal) {
            return None;
        }
        let before = self.findings.len();
        let (ty, left) = self.quantity(of);
        if ty != Type::Bool || !matches!(left, Term::Answer(_)) {
            self.findings.truncate(before); // it is looked at again
            return None;
        }
        let (right, text) = (Term::Constant(f64::from(u8::from(wanted))), one_line(sources.text(whole.span)));
        Some(Comparison { left, comparator, right, ty, text, span: whole.span })
    }

    /// A side of a comparison; nothing where it is `baseline` and takes its type from the other side.
    fn side(&mut self, expr: &Expr) -> Option<(Type, Term)> {
        if mentions_baseline(expr) { None } else { Some(self.quantity(expr)) }
    }

    /// `baseline` or `90% of baseline`, against a side that reads a metric.
    fn baseline_side(&mut self, expr: &Expr, other: &Term) -> Option<Term> {
        if other.is_wrong() {
            return None;
        }
        if !other.reads() {
            self.findings.push(errors::misplaced_baseline(expr.span));
            return None;
        }
        if other.readings().iter().any(|it| matches!(it.aggregate, Aggregate::Increase | Aggregate::Sum)) {
            self.findings.push(errors::growth_against_baseline(expr.span));
            return None;
        }
        match &expr.kind {
            ExprKind::Group(inner) => self.baseline_side(inner, other),
            ExprKind::Baseline => Some(Term::Baseline),
            ExprKind::Binary(Operator::Of, share, of) => {
                let (ty, factor) = self.quantity(share);
                if !ty.fits(&Type::Ratio) {
                    self.findings.push(errors::mismatch(
                        &Type::Ratio,
                        &ty,
                        share.span,
                        Some((of.span, "`of` scales this")),
                    ));
                    return None;
                }
                self.not_negative(&factor, share.span);
                let of = self.baseline_side(of, other)?;
                Some(Term::Arithmetic(super::term::Arithmetic::Times, Box::new(factor), Box::new(of)))
            }
            _ => {
                self.findings.push(errors::misplaced_baseline(expr.span));
                None
            }
        }
    }
}

/// Whether what a probe returned is a text that is written.
fn says(left: (&Expr, &Term), right: (&Expr, &Term)) -> Option<Term> {
    let (step, other) = match (left, right) {
        ((_, Term::Answer(step)), (other, _)) | ((other, _), (_, Term::Answer(step))) => (step, other),
        _ => return None,
    };
    match &other.kind {
        ExprKind::Text(text) | ExprKind::Raw(text) => Some(Term::Says(step.clone(), text.clone())),
        _ => None,
    }
}

fn mentions_baseline(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Baseline => true,
        ExprKind::Group(inner) | ExprKind::Negative(inner) => mentions_baseline(inner),
        ExprKind::Binary(_, a, b) => mentions_baseline(a) || mentions_baseline(b),
        _ => false,
    }
}

/// The author's words on one line.
pub fn one_line(text: &str) -> String {
    let mut before = b' ';
    let is_one_already = text.bytes().all(|byte| {
        let fits = byte.is_ascii_graphic() || byte == b' ' && before != b' ';
        before = byte;
        fits
    });
    match is_one_already {
        true => text.trim_end().to_owned(),
        false => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}
