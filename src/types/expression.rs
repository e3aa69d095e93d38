//! Typing expressions.

use super::errors;
use super::model::{Parameter, System};
use super::term::{Aggregate, Arithmetic, Cohort, LimitName, MetricId, Reading, Term};
use crate::base::unit::Measure;
use crate::base::{Interval, Span};
use crate::diagnostics::{Diagnostic, codes};
use crate::syntax::tree::{Arguments, Expr, ExprKind, Operator, Path};
use crate::types::Type;

/// What an expression can refer to.
#[derive(Clone, Copy, Default)]
pub struct Context<'a> {
    /// Metrics come from here; without, none can be read.
    pub system: Option<&'a System>,
    /// Whether there should have been a system that could not be found: then metrics are not reported again.
    pub lost_system: bool,
    /// In a service, its metrics' bare names.
    pub service: Option<&'a str>,
    /// Parameters.
    pub parameters: &'a [Parameter],
    /// Whether `limit.traffic` and the like can be read.
    pub limits: bool,
}

/// Types expressions and collects findings.
pub struct Typing<'a, 'f> {
    /// What can be referred to.
    pub context: Context<'a>,
    /// Findings.
    pub findings: &'f mut Vec<Diagnostic>,
}

impl<'a> Typing<'a, '_> {
    fn wrong(&mut self, finding: Diagnostic) -> (Type, Term) {
        self.findings.push(finding);
        (Type::Error, Term::Error)
    }

    /// A quantity: its type and term.
    pub fn quantity(&mut self, expr: &Expr) -> (Type, Term) {
        match &expr.kind {
            ExprKind::Number(value) => {
                let ty = if value.fract() == 0.0 { Type::Int } else { Type::Float };
                (ty, Term::Constant(*value))
            }
            ExprKind::Quantity(value, measure) => (measured(*measure), Term::Constant(*value)),
            ExprKind::Group(inner) => self.quantity(inner),
            ExprKind::Negative(inner) => {
                let (ty, term) = self.quantity(inner);
                (ty, Term::Arithmetic(Arithmetic::Minus, Box::new(Term::Constant(0.0)), Box::new(term)))
            }
            ExprKind::Binary(operator, left, right) => self.binary(*operator, left, right, expr.span),
            ExprKind::Path(path) => self.path(path, None),
            ExprKind::Call(function, arguments) => self.aggregate(function, arguments, expr.span),
            ExprKind::Baseline => self.wrong(errors::misplaced_baseline(expr.span)),
            ExprKind::Text(_) | ExprKind::Raw(_) => (Type::String, Term::Error),
            ExprKind::List(_) => {
                self.wrong(Diagnostic::error(codes::E0301, "expected a value, found a list").at(expr.span, ""))
            }
            ExprKind::Bool(_) | ExprKind::Not(_) | ExprKind::Steady => self.wrong(errors::not_a_value(expr.span)),
            ExprKind::Error => (Type::Error, Term::Error),
        }
    }

    fn binary(&mut self, operator: Operator, left: &Expr, right: &Expr, span: Span) -> (Type, Term) {
        let arithmetic = match operator {
            Operator::Plus => Arithmetic::Plus,
            Operator::Minus => Arithmetic::Minus,
            Operator::Times => Arithmetic::Times,
            Operator::Over => Arithmetic::Over,
            Operator::Of => return self.of(left, right),
            Operator::And | Operator::Or | Operator::Compare(_) => return self.wrong(errors::not_a_value(span)),
        };
        let (a, b) = (self.quantity(left), self.quantity(right));
        match result_type(arithmetic, &a.0, &b.0) {
            Some(ty) => (ty, Term::Arithmetic(arithmetic, Box::new(a.1), Box::new(b.1))),
            None => self.wrong(errors::operands(symbol(arithmetic), (&a.0, left.span), (&b.0, right.span))),
        }
    }

    /// `x of affected`, or `90% of E`.
    fn of(&mut self, left: &Expr, right: &Expr) -> (Type, Term) {
        if let Some(cohort) = cohort(right) {
            return match &left.kind {
                ExprKind::Path(path) => self.path(path, Some(cohort)),
                _ => self.wrong(errors::argument(
                    "`of affected` and `of others` follow a metric".to_owned(),
                    left.span,
                    "this is no metric",
                    Some("write it like `p95(checkout.latency of affected)`".to_owned()),
                )),
            };
        }
        let (factor, share) = self.quantity(left);
        if !factor.fits(&Type::Ratio) {
            return self.wrong(errors::mismatch(
                &Type::Ratio,
                &factor,
                left.span,
                Some((right.span, "`of` scales this")),
            ));
        }
        let (ty, whole) = self.quantity(right);
        (ty, Term::Arithmetic(Arithmetic::Times, Box::new(share), Box::new(whole)))
    }

    fn path(&mut self, path: &Path, cohort: Option<Cohort>) -> (Type, Term) {
        match self.resolve(path, cohort) {
            Ok((ty @ (Type::Counter | Type::Distribution(_)), Term::Reading(_))) => {
                self.wrong(errors::needs_aggregate(&ty, &path.text(), path.span))
            }
            Ok(typed) => typed,
            Err(Some(finding)) => self.wrong(finding),
            Err(None) => (Type::Error, Term::Error),
        }
    }

    /// What a path means; `Err(None)` where that was reported already.
    fn resolve(&self, path: &Path, cohort: Option<Cohort>) -> Result<(Type, Term), Option<Diagnostic>> {
        match path.names().as_slice() {
            [name] => self.bare(name, path, cohort),
            ["limit", name] if self.context.limits => self.limit(name, path).map_err(Some),
            [service, metric] => self.metric(service, metric, path, cohort),
            _ => Err(Some(errors::unknown("name", &path.text(), path.span, []))),
        }
    }

    fn bare(&self, name: &str, path: &Path, cohort: Option<Cohort>) -> Result<(Type, Term), Option<Diagnostic>> {
        if let Some(parameter) = self.context.parameters.iter().find(|parameter| parameter.name == name) {
            return Ok((parameter.ty.clone(), Term::Parameter(name.to_owned())));
        }
        match self.context.service {
            Some(service) => self.metric(service, name, path, cohort),
            None => {
                let known = self.context.parameters.iter().map(|parameter| parameter.name.as_str());
                Err(Some(errors::unknown("name", name, path.span, known)))
            }
        }
    }

    fn limit(&self, name: &str, path: &Path) -> Result<(Type, Term), Diagnostic> {
        let known = LimitName::ALL.iter().map(|(_, word, _)| *word);
        let (limit, ty) = LimitName::named(name).ok_or_else(|| errors::unknown("limit", name, path.span, known))?;
        Ok((ty.clone(), Term::Limit(limit)))
    }

    fn metric(
        &self,
        service: &str,
        metric: &str,
        path: &Path,
        cohort: Option<Cohort>,
    ) -> Result<(Type, Term), Option<Diagnostic>> {
        let Some(system) = self.context.system else {
            let finding = (!self.context.lost_system).then(|| errors::unknown("name", &path.text(), path.span, []));
            return Err(finding);
        };
        let first = path.parts.first().map_or(path.span, |name| name.span);
        let last = path.parts.last().map_or(path.span, |name| name.span);
        let services = system.services.iter().map(|service| service.name.as_str());
        let found =
            system.service(service).ok_or_else(|| Some(errors::unknown("service", service, first, services)))?;
        let metrics = found.metrics.iter().map(|metric| metric.name.as_str());
        let what = format!("metric of `{service}`:");
        let declared = found.metrics.iter().find(|known| known.name == metric);
        let missing = || (!found.damaged).then(|| errors::unknown(&what, metric, last, metrics));
        let found = declared.ok_or_else(missing)?;
        let id = MetricId { service: service.to_owned(), metric: metric.to_owned() };
        let reading = Reading { metric: id, ty: found.ty.clone(), aggregate: Aggregate::Plain, window: None, cohort };
        Ok((found.ty.clone(), Term::Reading(reading)))
    }

    fn aggregate(&mut self, function: &Path, arguments: &Arguments, span: Span) -> (Type, Term) {
        let name = function.text();
        let Some(aggregate) = named_aggregate(&name) else {
            let known = ["p50", "p95", "p99", "mean", "avg", "min", "max", "sum", "rate", "increase"];
            return self.wrong(errors::unknown("function", &name, function.span, known));
        };
        let [argument] = arguments.list.as_slice() else {
            let found = arguments.list.len();
            let help = Some(format!("write `{name}(service.metric)` or `{name}(service.metric over 30s)`"));
            let headline = format!("`{name}` takes one metric, found {found} arguments");
            return self.wrong(errors::argument(headline, arguments.span, "", help));
        };
        let window = argument.over.as_ref().map(|over| self.constant(over, &Type::Duration, "over"));
        let read = self.metric_argument(&argument.value);
        match read {
            Some((ty, reading)) => self.aggregated(&name, aggregate, ty, reading, window.flatten(), span),
            None => (Type::Error, Term::Error),
        }
    }

    fn metric_argument(&mut self, expr: &Expr) -> Option<(Type, Reading)> {
        let (path, cohort) = match &expr.kind {
            ExprKind::Path(path) => (path, None),
            ExprKind::Binary(Operator::Of, metric, part) => match (&metric.kind, cohort(part)) {
                (ExprKind::Path(path), Some(cohort)) => (path, Some(cohort)),
                _ => return self.no_metric(expr.span),
            },
            _ => return self.no_metric(expr.span),
        };
        match self.resolve(path, cohort) {
            Ok((ty, Term::Reading(reading))) => Some((ty, reading)),
            Ok(_) => self.no_metric(expr.span),
            Err(finding) => {
                self.findings.extend(finding);
                None
            }
        }
    }

    fn no_metric(&mut self, at: Span) -> Option<(Type, Reading)> {
        self.findings.push(errors::argument("expected a metric".to_owned(), at, "this is none", None));
        None
    }

    fn aggregated(
        &mut self,
        name: &str,
        aggregate: Aggregate,
        ty: Type,
        reading: Reading,
        window: Option<f64>,
        span: Span,
    ) -> (Type, Term) {
        let result = match (&ty, aggregate) {
            (Type::Counter, Aggregate::Increase) => Type::Count,
            (Type::Counter, Aggregate::Rate) => Type::Frequency,
            (Type::Distribution(of), Aggregate::Quantile(_) | Aggregate::Mean | Aggregate::Max) => (**of).clone(),
            (Type::Counter | Type::Distribution(_), _) => return self.wrong(errors::wrong_aggregate(name, &ty, span)),
            // A ratio keeps its counts: over a window it is one share, not a list of shares.
            (Type::Ratio, Aggregate::Min | Aggregate::Max | Aggregate::Sum) => {
                return self.wrong(errors::wrong_aggregate(name, &ty, span));
            }
            (plain, Aggregate::Mean | Aggregate::Min | Aggregate::Max | Aggregate::Sum) => plain.clone(),
            _ => return self.wrong(errors::wrong_aggregate(name, &ty, span)),
        };
        (result, Term::Reading(Reading { aggregate, window, ..reading }))
    }

    /// A constant of a type, in base units; `what` names it in messages.
    pub fn constant(&mut self, expr: &Expr, wanted: &Type, what: &str) -> Option<f64> {
        let (ty, term) = self.quantity(expr);
        if ty == Type::Error {
            return None;
        }
        if !ty.fits(wanted) {
            self.findings.push(errors::mismatch(wanted, &ty, expr.span, None));
            return None;
        }
        let bounds = term.bounds(&Default::default());
        if !(term.is_constant() && bounds.is_point()) {
            self.findings.push(errors::not_constant(what, expr.span));
            return None;
        }
        let range = wanted.range();
        if !bounds.within(range) {
            self.findings.push(errors::outside(&wanted.show(bounds.lo), expr.span, range, wanted, None));
            return None;
        }
        Some(bounds.lo)
    }

    /// A text.
    pub fn text(&mut self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Text(text) | ExprKind::Raw(text) => Some(text.clone()),
            ExprKind::Error => None,
            _ => {
                let (ty, _) = self.quantity(expr);
                if ty != Type::Error {
                    self.findings.push(errors::mismatch(&Type::String, &ty, expr.span, None));
                }
                None
            }
        }
    }

    /// A declared range, in base units.
    pub fn range(&mut self, bounds: Option<&(Expr, Expr)>, ty: &Type) -> (Interval, Option<Span>) {
        let Some((low, high)) = bounds else { return (ty.range(), None) };
        let span = low.span.to(high.span);
        let (Some(lo), Some(hi)) = (self.bound(low, ty), self.bound(high, ty)) else { return (ty.range(), None) };
        if lo > hi {
            self.findings.push(errors::empty_range(span));
            return (ty.range(), None);
        }
        (Interval::new(lo, hi), Some(span))
    }

    /// A bound of a range; unlike a constant it may lie outside the type's own range (`ratio in 0%..200%`).
    fn bound(&mut self, expr: &Expr, wanted: &Type) -> Option<f64> {
        let (ty, term) = self.quantity(expr);
        let bounds = term.bounds(&Default::default());
        match (ty.fits(wanted), term.is_constant() && bounds.is_point()) {
            _ if ty == Type::Error => return None,
            (true, true) => return Some(bounds.lo),
            (false, _) => self.findings.push(errors::mismatch(wanted, &ty, expr.span, None)),
            (true, false) => self.findings.push(errors::not_constant("in", expr.span)),
        }
        None
    }
}

fn cohort(expr: &Expr) -> Option<Cohort> {
    let ExprKind::Path(path) = &expr.kind else { return None };
    match path.names().as_slice() {
        ["affected"] => Some(Cohort::Affected),
        ["others"] => Some(Cohort::Others),
        _ => None,
    }
}

fn measured(measure: Measure) -> Type {
    match measure {
        Measure::Duration => Type::Duration,
        Measure::Ratio => Type::Ratio,
        Measure::Points => Type::Points,
        Measure::Bytes => Type::Bytes,
        Measure::Frequency => Type::Frequency,
    }
}

fn symbol(operator: Arithmetic) -> &'static str {
    match operator {
        Arithmetic::Plus => "+",
        Arithmetic::Minus => "-",
        Arithmetic::Times => "*",
        Arithmetic::Over => "/",
    }
}

fn named_aggregate(name: &str) -> Option<Aggregate> {
    if let Some(percent) = name.strip_prefix('p').and_then(|digits| digits.parse::<u8>().ok()) {
        return (percent <= 100).then(|| Aggregate::Quantile(f64::from(percent) / 100.0));
    }
    Some(match name {
        "mean" | "avg" => Aggregate::Mean,
        "min" => Aggregate::Min,
        "max" => Aggregate::Max,
        "sum" => Aggregate::Sum,
        "increase" => Aggregate::Increase,
        "rate" => Aggregate::Rate,
        _ => return None,
    })
}

/// The type of `a op b`; none where it means nothing.
fn result_type(operator: Arithmetic, a: &Type, b: &Type) -> Option<Type> {
    use Type::{Bytes, Count, Duration, Error, Float, Frequency, Int, Points, Ratio};
    if *a == Error || *b == Error {
        return Some(Error);
    }
    match operator {
        Arithmetic::Plus | Arithmetic::Minus => match (a, b) {
            (Ratio, Ratio) if operator == Arithmetic::Minus => Some(Points),
            (Ratio, Points) => Some(Ratio),
            (Points, Ratio) if operator == Arithmetic::Plus => Some(Ratio),
            (Ratio, Ratio) => Some(Ratio),
            (Duration | Bytes | Frequency | Points, _) if a == b => Some(a.clone()),
            _ => plain_result(a, b),
        },
        Arithmetic::Times => match (a, b) {
            (Frequency, Duration) | (Duration, Frequency) => Some(Count),
            (Ratio, number) | (number, Ratio) if number.is_plain_number() => Some(Ratio),
            (Ratio, other) | (other, Ratio) if other.is_quantity() => Some(other.clone()),
            (number, other) | (other, number) if number.is_plain_number() && other.is_quantity() => {
                plain_result(a, b).or_else(|| Some(other.clone()))
            }
            _ => None,
        },
        Arithmetic::Over => match (a, b) {
            (Int | Count, Duration) => Some(Frequency),
            (a, b) if a == b && a.is_quantity() => Some(Float),
            (quantity, Int | Float | Count) if quantity.is_quantity() => {
                Some(if quantity.is_plain_number() { Float } else { quantity.clone() })
            }
            _ => None,
        },
    }
}

fn plain_result(a: &Type, b: &Type) -> Option<Type> {
    let both = a.is_plain_number() && b.is_plain_number();
    both.then_some(match (a, b) {
        (Type::Float, _) | (_, Type::Float) => Type::Float,
        (Type::Count, _) | (_, Type::Count) => Type::Count,
        _ => Type::Int,
    })
}
