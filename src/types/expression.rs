//! Typing expressions.

use super::errors;
use super::model::{Argument, System};
use super::term::{Aggregate, Arithmetic, Cohort, Known, LimitName, MetricId, Reading, Term};
use super::value::{Typed, Values};
use crate::base::unit::Measure;
use crate::base::{Interval, Span, stack};
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
    /// What names stand for: parameters, constants, a scenario's arguments.
    pub values: Option<&'a Values>,
    /// The ranges of parameters; nothing is known of others.
    pub known: Option<&'a Known>,
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
        stack::level(|| self.quantity_level(expr))
    }

    fn quantity_level(&mut self, expr: &Expr) -> (Type, Term) {
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
            ExprKind::Block => self.wrong(errors::misplaced_block(expr.span)),
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
        let divisor = self.bounds(&b.1);
        if arithmetic == Arithmetic::Over && b.1.is_constant() && divisor.is_point() && divisor.lo == 0.0 {
            return self.wrong(errors::division_by_zero(right.span));
        }
        match result_type(arithmetic, &a.0, &b.0) {
            Some(ty) => (ty, Term::Arithmetic(arithmetic, Box::new(a.1), Box::new(b.1))),
            None => self.wrong(errors::operands(symbol(arithmetic), (&a.0, left.span), (&b.0, right.span))),
        }
    }

    /// `x of affected`, or `90% of E`.
    fn of(&mut self, left: &Expr, right: &Expr) -> (Type, Term) {
        if let Some(cohort) = cohort(right) {
            return match &left.kind {
                ExprKind::Path(path) => self.path(path, Some((cohort, right.span))),
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
        self.not_negative(&share, left.span);
        (ty, Term::Arithmetic(Arithmetic::Times, Box::new(share), Box::new(whole)))
    }

    /// A factor scales, it does not turn round.
    pub(super) fn not_negative(&mut self, factor: &Term, at: Span) {
        let known = self.bounds(factor);
        if factor.is_constant() && known.is_point() && known.lo < 0.0 {
            let range = Interval { lo: 0.0, hi: f64::INFINITY };
            self.findings.push(errors::outside(known, at, range, &Type::Ratio, None));
        }
    }

    /// A path, with the part of the requests that is spoken of and where that is said.
    fn path(&mut self, path: &Path, part: Option<(Cohort, Span)>) -> (Type, Term) {
        match self.resolve(path, part.map(|(cohort, _)| cohort)) {
            Ok((ty @ (Type::Counter | Type::Distribution(_)), Term::Reading(_))) => {
                let (text, at) = match part {
                    Some((cohort, at)) => (format!("{}{}", path.text(), cohort.ending()), path.span.to(at)),
                    None => (path.text(), path.span),
                };
                self.wrong(errors::needs_aggregate(&ty, &text, at))
            }
            Ok(typed) => typed,
            Err(Some(finding)) => self.wrong(finding),
            Err(None) => (Type::Error, Term::Error),
        }
    }

    /// What a path means; `Err(None)` where that was reported already.
    fn resolve(&self, path: &Path, cohort: Option<Cohort>) -> Result<(Type, Term), Option<Diagnostic>> {
        if let Some(value) = self.value_of(path) {
            return self.single(value, path, cohort);
        }
        match path.names().as_slice() {
            [name] => self.bare(name, path, cohort),
            ["limit", name] if self.context.limits && self.means_limit(name) => self.limit(name, path).map_err(Some),
            [service, metric] => self.metric(self.service_named(service), metric, path, cohort),
            _ => Err(Some(errors::unknown("name", &path.text(), path.span, []))),
        }
    }

    /// The value that a name stands for; a service's own metrics come first.
    pub(super) fn value_of(&self, path: &Path) -> Option<&'a Typed> {
        let value = self.context.values?.get(&path.text())?;
        let [name] = path.names()[..] else { return Some(value) };
        let service = self.context.system.zip(self.context.service);
        let metric = service.and_then(|(system, service)| system.service(service));
        let own = metric.is_some_and(|service| service.metrics.iter().any(|metric| metric.name == name));
        (!own).then_some(value)
    }

    /// The service that a name stands for: a scenario's parameter, or itself.
    fn service_named<'n>(&self, name: &'n str) -> &'n str
    where
        'a: 'n,
    {
        match self.context.values.and_then(|values| values.get(name)).map(|typed| &typed.value) {
            Some(Argument::Service(service)) => service,
            _ => name,
        }
    }

    /// A name's value where a quantity is wanted.
    fn single(&self, typed: &Typed, path: &Path, cohort: Option<Cohort>) -> Result<(Type, Term), Option<Diagnostic>> {
        match (&typed.value, &typed.ty) {
            (_, Type::Error) => Err(None),
            (Argument::Term(Term::Reading(reading)), ty) => {
                let cohort = cohort.or(reading.cohort);
                Ok((ty.clone(), Term::Reading(Box::new(Reading { cohort, ..(**reading).clone() }))))
            }
            (Argument::Term(term), ty) => Ok((ty.clone(), term.clone())),
            (Argument::Answer(step), ty) => Ok((ty.clone(), Term::Answer(step.clone()))),
            (Argument::Text(_) | Argument::Any, Type::String) => Ok((Type::String, Term::Error)),
            (_, ty) => Err(Some(errors::no_quantity_here(ty, path.span))),
        }
    }

    fn bare(&self, name: &str, path: &Path, cohort: Option<Cohort>) -> Result<(Type, Term), Option<Diagnostic>> {
        match self.context.service {
            Some(service) => self.metric(service, name, path, cohort),
            None => {
                let known = self.context.values.into_iter().flat_map(|values| values.keys().map(String::as_str));
                Err(Some(errors::unknown("name", name, path.span, known)))
            }
        }
    }

    /// A service may be called `limit`; then its metrics are what is left.
    fn means_limit(&self, name: &str) -> bool {
        LimitName::named(name).is_some() || self.context.system.is_none_or(|system| system.service("limit").is_none())
    }

    fn limit(&self, name: &str, path: &Path) -> Result<(Type, Term), Diagnostic> {
        let known = LimitName::ALL.iter().map(|(_, word, _)| *word);
        let last = path.parts.last().map_or(path.span, |name| name.span);
        let (limit, ty) = LimitName::named(name).ok_or_else(|| errors::unknown("limit", name, last, known))?;
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
        Ok((found.ty.clone(), Term::Reading(Box::new(reading))))
    }

    fn aggregate(&mut self, function: &Path, arguments: &Arguments, span: Span) -> (Type, Term) {
        let name = function.text();
        if name == "spike" {
            return self.spike(arguments);
        }
        if name == "likely" {
            return self.wrong(errors::not_a_value(span));
        }
        let Some(aggregate) = named_aggregate(&name) else {
            let known = ["p50", "p95", "p99", "mean", "avg", "min", "max", "sum", "rate", "increase", "spike"];
            return self.wrong(errors::unknown("function", &name, function.span, known));
        };
        let [argument] = arguments.list.as_slice() else {
            let found = arguments.list.len();
            let help = Some(format!("write `{name}(service.metric)` or `{name}(service.metric over 30s)`"));
            let headline = format!("`{name}` takes one metric, found {found} arguments");
            return self.wrong(errors::argument(headline, arguments.span, "", help));
        };
        let window = argument.over.as_ref().map(|over| self.positive(over, "over"));
        let read = self.metric_argument(&argument.value);
        match read {
            Some((ty, reading)) => self.aggregated(&name, aggregate, ty, reading, window.flatten(), span),
            None => (Type::Error, Term::Error),
        }
    }

    /// `spike(x)`: how far x is from its baseline.
    fn spike(&mut self, arguments: &Arguments) -> (Type, Term) {
        let [argument] = arguments.list.as_slice() else {
            let help = Some("write `spike(service.metric) > 3`".to_owned());
            return self.wrong(errors::argument("`spike` takes one metric".to_owned(), arguments.span, "", help));
        };
        let (ty, term) = self.quantity(&argument.value);
        match (&ty, &term) {
            (Type::Error, _) => (ty, Term::Error),
            (_, Term::Reading(_)) => (Type::Float, Term::Spike(Box::new(term))),
            _ => {
                self.no_metric(argument.value.span);
                (Type::Error, Term::Error)
            }
        }
    }

    pub(super) fn metric_argument(&mut self, expr: &Expr) -> Option<(Type, Reading)> {
        let (path, cohort) = match &expr.kind {
            ExprKind::Path(path) => (path, None),
            ExprKind::Binary(Operator::Of, metric, part) => match (&metric.kind, cohort(part)) {
                (ExprKind::Path(path), Some(cohort)) => (path, Some(cohort)),
                _ => return self.no_metric(expr.span),
            },
            _ => return self.no_metric(expr.span),
        };
        match self.resolve(path, cohort) {
            Ok((ty, Term::Reading(reading))) => Some((ty, *reading)),
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
        let fits = match (&ty, aggregate) {
            (Type::Counter, Aggregate::Increase | Aggregate::Rate) => true,
            (Type::Distribution(_), Aggregate::Quantile(_) | Aggregate::Mean | Aggregate::Max) => true,
            (Type::Counter | Type::Distribution(_), _) => false,
            // A ratio keeps its counts: over a window it is one share, not a list of shares.
            (Type::Ratio, Aggregate::Min | Aggregate::Max | Aggregate::Sum) => false,
            (_, aggregate) => {
                matches!(aggregate, Aggregate::Mean | Aggregate::Min | Aggregate::Max | Aggregate::Sum)
            }
        };
        if !fits {
            return self.wrong(errors::wrong_aggregate(name, &ty, span));
        }
        let reading = Reading { aggregate, window, ty, ..reading };
        (reading.unit(), Term::Reading(Box::new(reading)))
    }

    /// A constant of a type, in base units; `what` names it in messages.
    pub fn constant(&mut self, expr: &Expr, wanted: &Type, what: &str) -> Option<f64> {
        let (ty, term) = self.quantity(expr);
        if ty == Type::Error {
            return None;
        }
        if !ty.fits(wanted) {
            self.findings.push(errors::mismatch_at(wanted, &ty, expr, None));
            return None;
        }
        let bounds = self.bounds(&term);
        let open = self.is_undecided(&term);
        if !(term.is_constant() && (bounds.is_point() || open)) {
            self.findings.push(errors::not_constant(what, expr.span));
            return None;
        }
        if open {
            return Some(if bounds.lo.is_finite() { bounds.lo.max(0.0) } else { 0.0 });
        }
        let range = wanted.range();
        if !bounds.within(range) {
            self.findings.push(errors::outside(bounds, expr.span, range, wanted, None));
            return None;
        }
        Some(bounds.lo)
    }

    /// A duration above nothing, known before the run, in seconds.
    pub fn positive(&mut self, expr: &Expr, what: &str) -> Option<f64> {
        let seconds = self.constant(expr, &Type::Duration, what)?;
        let open = {
            let (_, term) = Typing { context: self.context, findings: &mut Vec::new() }.quantity(expr);
            self.is_undecided(&term)
        };
        if seconds <= 0.0 && !open {
            let headline = format!("`{what}` must be longer than nothing");
            self.findings.push(errors::time(codes::E0409, headline, expr.span, "", "write a duration above 0s"));
            return None;
        }
        Some(seconds)
    }

    /// The values that a term can have.
    pub fn bounds(&self, term: &Term) -> Interval {
        self.context.known.map_or_else(|| term.bounds(&Known::default()), |known| term.bounds(known))
    }

    /// Whether a term's range is left open by a scenario.
    pub fn is_open(&self, term: &Term) -> bool {
        self.context.known.is_some_and(|known| term.parameters().iter().any(|name| known.open.contains(*name)))
    }

    /// Whether a term has a value only where a scenario is used.
    pub fn is_undecided(&self, term: &Term) -> bool {
        self.context.known.is_some_and(|known| term.parameters().iter().any(|name| known.undecided.contains(*name)))
    }

    /// Any value: of a constant, whose type is plain from it.
    pub fn value(&mut self, expr: &Expr) -> Typed {
        match &expr.kind {
            ExprKind::Group(inner) => self.value(inner),
            ExprKind::Text(text) | ExprKind::Raw(text) => {
                Typed { ty: Type::String, value: Argument::Text(text.clone()) }
            }
            ExprKind::Bool(value) => Typed { ty: Type::Bool, value: Argument::Bool(*value) },
            ExprKind::List(items) => self.list(items),
            ExprKind::Path(path) if self.value_of(path).is_some() => {
                self.value_of(path).cloned().unwrap_or_else(Typed::error)
            }
            _ => match self.quantity(expr) {
                (Type::Error, _) => Typed::error(),
                (ty, term) => Typed { ty, value: Argument::Term(term) },
            },
        }
    }

    /// A list of constants: all of the type of the first.
    fn list(&mut self, items: &[Expr]) -> Typed {
        let typed: Vec<Typed> = items.iter().map(|item| self.value(item)).collect();
        let Some(first) = typed.first().map(|first| first.ty.clone()) else {
            return Typed { ty: Type::List(Box::new(Type::Error)), value: Argument::List(Vec::new()) };
        };
        let of =
            if typed.iter().any(|item| item.ty == Type::Float) && first == Type::Int { Type::Float } else { first };
        for (item, expr) in typed.iter().zip(items) {
            if matches!(item.ty, Type::List(_)) {
                self.findings.push(errors::no_content(&Type::List(Box::new(item.ty.clone())), &item.ty, expr.span));
                return Typed::error();
            }
            if !item.ty.fits(&of) {
                let why = items.first().map(|first| (first.span, "because of the first one"));
                self.findings.push(errors::mismatch_at(&of, &item.ty, expr, why));
                return Typed::error();
            }
        }
        Typed {
            ty: Type::List(Box::new(of)),
            value: Argument::List(typed.into_iter().map(|item| item.value).collect()),
        }
    }

    /// A text.
    pub fn text(&mut self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Text(text) | ExprKind::Raw(text) => Some(text.clone()),
            ExprKind::Error => None,
            ExprKind::Group(inner) => self.text(inner),
            ExprKind::Path(path) if self.value_of(path).is_some_and(|it| it.ty == Type::String) => {
                match &self.value_of(path)?.value {
                    Argument::Text(text) => Some(text.clone()),
                    _ => Some(String::new()), // a scenario's own, which has no value before it is used
                }
            }
            _ => {
                let (ty, _) = self.quantity(expr);
                if ty != Type::Error {
                    self.findings.push(errors::mismatch(&Type::String, &ty, expr.span, None));
                }
                None
            }
        }
    }

    /// A declared range. Its bounds are constants; where parameters have ranges that are known, they may name them.
    pub fn range(&mut self, bounds: Option<&(Expr, Expr)>, ty: &Type) -> Declared {
        let nothing = Declared { range: ty.range(), span: None, terms: None, reversed: None };
        let Some((low, high)) = bounds else { return nothing };
        let span = low.span.to(high.span);
        let (Some(lo), Some(hi)) = (self.bound(low, ty), self.bound(high, ty)) else { return nothing };
        let (least, most) = (self.bounds(&lo), self.bounds(&hi));
        if least.lo > most.hi {
            return Declared { reversed: Some((low.span, high.span)), ..nothing };
        }
        let fixed = least.is_point() && most.is_point();
        let range = Interval::new(least.lo, most.hi);
        Declared { range, span: Some(span), terms: (!fixed).then_some((lo, hi)), reversed: None }
    }

    /// A bound of a range; unlike a constant it may lie outside the type's own range (`ratio in 0%..200%`).
    fn bound(&mut self, expr: &Expr, wanted: &Type) -> Option<Term> {
        let (ty, term) = self.quantity(expr);
        match (ty.fits(wanted), term.is_constant()) {
            _ if ty == Type::Error => return None,
            (true, true) => return Some(term),
            (false, _) => self.findings.push(errors::mismatch_at(wanted, &ty, expr, None)),
            (true, false) => self.findings.push(errors::not_constant("in", expr.span)),
        }
        None
    }
}

/// A range as it is declared.
pub struct Declared {
    /// All values that it can hold, in base units.
    pub range: Interval,
    /// Where it is written.
    pub span: Option<Span>,
    /// Its bounds, where they depend on other parameters.
    pub terms: Option<(Term, Term)>,
    /// Its bounds, where the greater one stands first.
    pub reversed: Option<(Span, Span)>,
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
    use Type::{Bytes, Count, Duration, Error, Float, Frequency, Int, Points, Ratio, Throughput};
    if *a == Error || *b == Error {
        return Some(Error);
    }
    match operator {
        Arithmetic::Plus | Arithmetic::Minus => match (a, b) {
            (Ratio, Ratio) if operator == Arithmetic::Minus => Some(Points),
            (Ratio, Points) => Some(Ratio),
            (Points, Ratio) if operator == Arithmetic::Plus => Some(Ratio),
            (Ratio, Ratio) => Some(Ratio),
            (Duration | Bytes | Frequency | Throughput | Points, _) if a == b => Some(a.clone()),
            _ => plain_result(a, b),
        },
        Arithmetic::Times => match (a, b) {
            (Frequency, Duration) | (Duration, Frequency) => Some(Count),
            (Throughput, Duration) | (Duration, Throughput) => Some(Bytes),
            (Ratio, number) | (number, Ratio) if number.is_plain_number() => Some(Ratio),
            (Ratio, other) | (other, Ratio) if other.is_quantity() => Some(other.clone()),
            (number, other) | (other, number) if number.is_plain_number() && other.is_quantity() => {
                plain_result(a, b).or_else(|| Some(other.clone()))
            }
            _ => None,
        },
        Arithmetic::Over => match (a, b) {
            (Int | Count, Duration) => Some(Frequency),
            (Bytes, Duration) => Some(Throughput),
            (Bytes, Throughput) => Some(Duration),
            (Int | Count, Frequency) => Some(Duration),
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
