//! `policy`.

use super::Checker;
use crate::base::Span;
use crate::diagnostics::codes;
use crate::names::DeclarationId;
use crate::syntax::tree::{self, Comparator, Expr, ExprKind, Operator, Requirement};
use crate::types::calendar::Hours;
use crate::types::expression::Context;
use crate::types::model::{Argument, Policy};
use crate::types::policy::{Judged, Rule, Says, facts};
use crate::types::term::{Comparison, Term};
use crate::types::value::{Typed, Values};
use crate::types::{Type, errors};

impl Checker<'_> {
    pub(super) fn policy(&mut self, id: DeclarationId) {
        let Some(written) = self.file(id).and_then(|file| file.policies.get(id.index)) else { return };
        if let Some(title) = &written.title {
            self.typing(Context::default()).text(title);
        }
        let values = self.policy_values(id);
        if written.rules.is_empty() && !written.damaged {
            let help = "add `require …` or `deny …`";
            self.report(errors::missing(codes::E0405, "this policy has no rules", written.name.span, help));
        }
        let policy = Policy {
            name: written.name.text.clone(),
            applies: written.applies.as_ref().and_then(|condition| self.judged_fact(condition, &values)),
            rules: written.rules.iter().filter_map(|rule| self.rule(rule, &values)).collect(),
            span: written.name.span,
        };
        self.checked.policies.insert(id, policy);
    }

    /// Constants, and every fact under its name.
    fn policy_values(&self, id: DeclarationId) -> Values {
        let mut values = self.values_in(id.module);
        for (name, ty) in facts() {
            let quantity = ty.is_quantity();
            let value = if quantity { Argument::Term(Term::Parameter(name.to_owned())) } else { Argument::Any };
            values.insert(name.to_owned(), Typed { ty, value });
        }
        values
    }

    fn rule(&mut self, written: &tree::Rule, values: &Values) -> Option<Rule> {
        let says = self.says(&written.requirement, values);
        let condition = match &written.condition {
            Some(condition) => Some(self.judged_fact(condition, values)?),
            None => None,
        };
        let reason = written.reason.as_ref().and_then(|reason| self.typing(Context::default()).text(reason));
        let said = said(written);
        let without_reason =
            Span { end: written.condition.as_ref().map_or(said.end, |it| it.span.end), ..written.span };
        let (words, text) = (self.text(said), self.text(without_reason));
        Some(Rule { says: says?, condition, reason, words, text, span: written.span })
    }

    fn says(&mut self, written: &Requirement, values: &Values) -> Option<Says> {
        Some(match written {
            Requirement::Require(condition) => Says::Require(self.open_fact(condition, values)?),
            Requirement::Deny(condition) => Says::Deny(self.open_fact(condition, values)?),
            Requirement::Approval(group) => {
                let name = self.typing(Context::default()).text(group)?;
                if name.trim().is_empty() {
                    let help = "say whose approval it is: `require approval from \"sre-oncall\"`";
                    self.report(errors::missing(codes::E0407, "this approval names no group", group.span, help));
                    return None;
                }
                Says::Approval(name)
            }
            Requirement::Confirmed(environment, within) => {
                let within = match within {
                    Some(within) => {
                        Some(self.typing(Context::default()).constant(within, &Type::Duration, "within")?)
                    }
                    None => None,
                };
                Says::Confirmed(environment.text.clone(), within)
            }
            Requirement::Hours(text) => {
                let hours = self.typing(Context::default()).text(text)?;
                match Hours::parse(&hours) {
                    Ok(hours) => Says::Hours(hours),
                    Err(error) => {
                        let help = "write it like `\"Mon-Fri 09:00-16:00 Europe/Berlin\"`";
                        self.report(errors::calendar(error, text.span, help));
                        return None;
                    }
                }
            }
        })
    }

    /// A condition that could come out either way.
    fn open_fact(&mut self, expr: &Expr, values: &Values) -> Option<Judged> {
        let judged = self.judged_fact(expr, values)?;
        if !judged.reads() {
            let help = "name a fact in it, such as `limit.traffic` or `abort`";
            self.report(errors::missing(codes::E0407, "this rule reads no fact", expr.span, help));
            return None;
        }
        Some(judged)
    }

    /// A condition over facts.
    fn judged_fact(&mut self, expr: &Expr, values: &Values) -> Option<Judged> {
        match &expr.kind {
            ExprKind::Error => None,
            ExprKind::Group(inner) => self.judged_fact(inner, values),
            ExprKind::Bool(value) => Some(Judged::Constant(*value)),
            ExprKind::Not(inner) => Some(Judged::Not(Box::new(self.judged_fact(inner, values)?))),
            ExprKind::Binary(operator @ (Operator::And | Operator::Or), a, b) => {
                let (a, b) = (self.judged_fact(a, values), self.judged_fact(b, values));
                let both = (Box::new(a?), Box::new(b?));
                Some(if *operator == Operator::And { Judged::And(both.0, both.1) } else { Judged::Or(both.0, both.1) })
            }
            ExprKind::Binary(Operator::Compare(comparator), a, b) => {
                self.compared_fact(*comparator, a, b, expr, values)
            }
            ExprKind::Path(path) => match values.get(&path.text()).map(|typed| &typed.ty) {
                Some(Type::Bool) => Some(Judged::Fact(path.text())),
                Some(other) => {
                    let found = format!("a `{other}`");
                    self.report(errors::not_a_condition(&found, expr.span));
                    None
                }
                None => {
                    self.unknown_fact(path);
                    None
                }
            },
            _ => {
                let (ty, _) = self.typing(Context { values: Some(values), ..Context::default() }).quantity(expr);
                if ty != Type::Error {
                    self.report(errors::not_a_condition(&format!("a `{ty}`"), expr.span));
                }
                None
            }
        }
    }

    fn unknown_fact(&mut self, path: &tree::Path) {
        let known: Vec<&str> = facts().into_iter().map(|(name, _)| name).collect();
        self.report(errors::unknown("fact", &path.text(), path.span, known));
    }

    fn compared_fact(
        &mut self,
        comparator: Comparator,
        a: &Expr,
        b: &Expr,
        whole: &Expr,
        values: &Values,
    ) -> Option<Judged> {
        for (fact, other) in [(a, b), (b, a)] {
            let Some((name, ty)) = worded(fact, values) else { continue };
            let value = self.word(&ty, other, values)?;
            let equal = match comparator {
                Comparator::Equal => true,
                Comparator::Unequal => false,
                _ => {
                    self.report(errors::no_order(&ty, whole.span));
                    return None;
                }
            };
            return Some(Judged::Word { fact: name, equal, value });
        }
        let paths = [a, b].into_iter().filter_map(path_of);
        if let Some(unknown) = paths.into_iter().find(|path| !values.contains_key(&path.text())) {
            self.unknown_fact(unknown);
            return None;
        }
        let context = Context { values: Some(values), ..Context::default() };
        let (left, right) = (self.typing(context).quantity(a), self.typing(context).quantity(b));
        if left.0 == Type::Error || right.0 == Type::Error {
            return None;
        }
        if !left.0.comparable(&right.0) || !left.0.is_quantity() {
            self.report(errors::mismatch(&left.0, &right.0, b.span, Some((a.span, "compared with this"))));
            return None;
        }
        let (text, span) = (self.text(whole.span), whole.span);
        let comparison = Comparison { left: left.1, comparator, right: right.1, ty: left.0, text, span };
        Some(Judged::Compare(comparison))
    }

    /// A word of an enumeration, or a text.
    fn word(&mut self, ty: &Type, written: &Expr, values: &Values) -> Option<String> {
        let Type::Enum(words) = ty else {
            return self.typing(Context { values: Some(values), ..Context::default() }).text(written);
        };
        let text = match &written.kind {
            ExprKind::Path(path) => path.text(),
            ExprKind::Text(text) | ExprKind::Raw(text) => text.clone(),
            _ => self.text(written.span),
        };
        if !words.contains(&text) {
            self.report(errors::unknown("value", &text, written.span, words.iter().map(String::as_str)));
            return None;
        }
        Some(text)
    }
}

/// What a rule says, without `require` or `deny`, condition and reason.
fn said(written: &tree::Rule) -> Span {
    let (from, to) = match &written.requirement {
        Requirement::Require(it) | Requirement::Deny(it) => (it.span.start, it.span.end),
        Requirement::Approval(group) => (written.span.start, group.span.end),
        Requirement::Confirmed(name, within) => {
            (written.span.start, within.as_ref().map_or(name.span.end, |it| it.span.end))
        }
        Requirement::Hours(text) => (written.span.start, text.span.end),
    };
    Span { start: from, end: to, ..written.span }
}

fn path_of(expr: &Expr) -> Option<&tree::Path> {
    match &expr.kind {
        ExprKind::Path(path) => Some(path),
        _ => None,
    }
}

/// A fact that is a word or a text, with its type.
fn worded(expr: &Expr, values: &Values) -> Option<(String, Type)> {
    let name = path_of(expr)?.text();
    let typed = values.get(&name)?;
    let words = matches!(typed.ty, Type::Enum(_)) || (typed.ty == Type::String && typed.value == Argument::Any);
    words.then(|| (name, typed.ty.clone()))
}
