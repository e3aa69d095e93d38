//! Parameters, and the values given to them.

use super::Checker;
use crate::base::{Interval, Span};
use crate::syntax::tree::{self, Arguments, Expr, ExprKind, TypeKind, TypeName};
use crate::types::expression::Context;
use crate::types::model::{Argument, Metric, Parameter};
use crate::types::term::{Aggregate, Known, MetricId, Reading, Term};
use crate::types::value::{Typed, Values};
use crate::types::{Type, errors};
use std::collections::BTreeMap;

impl Checker<'_> {
    /// The type that is written; a mistake in it is reported.
    pub(super) fn ty(&mut self, written: &TypeName) -> Type {
        let (name, argument) = match &written.kind {
            TypeKind::Service(_) => return Type::Service,
            TypeKind::Inferred => {
                self.report(errors::no_type(written.span));
                return Type::Error;
            }
            TypeKind::Enum(words) => {
                self.distinct("word", words.iter());
                return Type::Enum(words.iter().map(|word| word.text.clone()).collect());
            }
            TypeKind::Named(name, argument) => (name, argument),
        };
        let generic: Option<fn(Box<Type>) -> Type> = match name.text.as_str() {
            "distribution" => Some(Type::Distribution),
            "list" => Some(Type::List),
            "signal" => Some(Type::Signal),
            _ => None,
        };
        match (generic, argument) {
            (Some(generic), Some(of)) => self.generic(generic, of),
            (Some(_), None) => {
                let help = Some(format!("write `{}<{}>`", name.text, usual_content(&name.text)));
                self.report(errors::argument(format!("a {} of what?", name.text), written.span, "", help));
                Type::Error
            }
            (None, None) if name.text == "enum" => {
                let help = Some("write `enum(tcp, udp)`".to_owned());
                self.report(errors::argument("an enum of which words?".to_owned(), written.span, "", help));
                Type::Error
            }
            (None, Some(_)) => {
                self.report(errors::unknown_type(&self.text(written.span), written.span));
                Type::Error
            }
            (None, None) => Type::named(&name.text).unwrap_or_else(|| {
                self.report(errors::unknown_type(&name.text, written.span));
                Type::Error
            }),
        }
    }

    fn generic(&mut self, generic: fn(Box<Type>) -> Type, of: &TypeName) -> Type {
        let inner = self.ty(of);
        let ty = generic(Box::new(inner.clone()));
        let fits = match &ty {
            Type::Distribution(_) => inner.is_quantity(),
            Type::Signal(_) => inner.is_quantity() || inner == Type::Bool,
            _ => inner.is_quantity() || matches!(inner, Type::String | Type::Bool | Type::Service | Type::Enum(_)),
        };
        if inner == Type::Error {
            return Type::Error;
        }
        if !fits {
            self.report(errors::no_content(&ty, &inner, of.span));
            return Type::Error;
        }
        ty
    }

    /// Parameters, each name once. The ranges of later ones may name earlier ones.
    pub(super) fn parameters(&mut self, written: &[tree::Parameter]) -> Vec<Parameter> {
        self.distinct("parameter", written.iter().map(|parameter| &parameter.name));
        let (mut values, mut known) = (self.values_in(self.module), Known::default());
        let mut all = Vec::with_capacity(written.len());
        for parameter in written {
            let context = Context { values: Some(&values), known: Some(&known), ..Context::default() };
            let parameter = self.parameter(parameter, context);
            values.insert(parameter.name.clone(), value_of(&parameter));
            known.parameters.insert(parameter.name.clone(), parameter.range);
            if parameter.open {
                known.open.insert(parameter.name.clone());
            }
            all.push(parameter);
        }
        all
    }

    fn parameter(&mut self, written: &tree::Parameter, context: Context) -> Parameter {
        let ty = match (&written.ty.kind, &written.default) {
            (TypeKind::Inferred, Some(default)) => self.typing(Context::default()).value(default).ty,
            _ => self.ty(&written.ty),
        };
        let ranged = match &ty {
            Type::List(of) => of.as_ref().clone(),
            own => own.clone(),
        };
        let before = self.checked.findings.len();
        let declared = self.range(written.range.as_ref(), &ranged, context);
        let flawed = self.checked.findings.len() > before;
        let mut parameter = Parameter {
            name: written.name.text.clone(),
            ty,
            range: declared.range,
            range_span: declared.span,
            bounds: declared.terms,
            default: None,
            has_default: written.default.is_some(),
            open: flawed,
            needs: self.needs(&written.ty),
            span: written.name.span,
        };
        if let Some(value) = &written.default {
            parameter.default = self.argument_value(&parameter, value, Context::default());
        }
        parameter
    }

    /// What a structural type asks of a service.
    fn needs(&mut self, written: &TypeName) -> Vec<Metric> {
        let TypeKind::Service(fields) = &written.kind else { return Vec::new() };
        self.distinct("metric", fields.iter().map(|(name, _)| name));
        let mut metrics = Vec::new();
        for (name, ty) in fields {
            let ty = self.metric_type(ty);
            metrics.push(Metric { name: name.text.clone(), range: ty.range(), ty, span: name.span });
        }
        metrics
    }

    /// The value of one argument, checked against its parameter's type and range.
    pub(super) fn argument_value(&mut self, parameter: &Parameter, value: &Expr, context: Context) -> Option<Argument> {
        self.of_type(&parameter.ty, parameter, value, context)
    }

    fn of_type(&mut self, ty: &Type, parameter: &Parameter, value: &Expr, context: Context) -> Option<Argument> {
        if let ExprKind::Group(inner) = &value.kind {
            return self.of_type(ty, parameter, inner, context);
        }
        match ty {
            Type::Error => None,
            Type::String => self.typing(context).text(value).map(Argument::Text),
            Type::Bool | Type::Service | Type::Enum(_) => self.named_value(ty, parameter, value, context),
            Type::List(of) => self.list_value(of, parameter, value, context),
            Type::Distribution(_) | Type::Counter => {
                let (found, reading) = self.typing(context).metric_argument(value)?;
                self.same_type(ty, &found, parameter, value)?;
                Some(Argument::Term(Term::Reading(Box::new(reading))))
            }
            Type::Signal(of) => {
                let (found, term) = self.typing(context).quantity(value);
                self.same_type(of, &found, parameter, value)?;
                if term.is_constant() {
                    self.report(errors::mismatch(ty, &found, value.span, Some((parameter.span, "declared here"))));
                    return None;
                }
                Some(Argument::Term(term))
            }
            _ => self.quantity_value(ty, parameter, value, context),
        }
    }

    fn same_type(&mut self, wanted: &Type, found: &Type, parameter: &Parameter, at: &Expr) -> Option<()> {
        if *found == Type::Error {
            return None;
        }
        if !found.fits(wanted) {
            let why = Some((parameter.span, "declared here"));
            self.report(errors::mismatch_at(wanted, found, at, why));
            return None;
        }
        Some(())
    }

    /// A value that is a word: a truth, a service, a word of an enumeration; or a name that stands for one.
    fn named_value(&mut self, ty: &Type, parameter: &Parameter, value: &Expr, context: Context) -> Option<Argument> {
        if let ExprKind::Bool(truth) = &value.kind
            && *ty == Type::Bool
        {
            return Some(Argument::Bool(*truth));
        }
        let mut typing = self.typing(context);
        if let ExprKind::Path(path) = &value.kind {
            // A constant of another type does not hide what the name means here.
            let means_this = |known: &Typed| known.ty.fits(ty) || !matches!(ty, Type::Service | Type::Enum(_));
            if let Some(known) = typing.value_of(path).filter(|known| means_this(known)).cloned() {
                self.same_type(ty, &known.ty, parameter, value)?;
                return Some(known.value);
            }
            match ty {
                Type::Service => return Some(Argument::Service(path.text())),
                Type::Enum(words) => {
                    let text = path.text();
                    if !words.contains(&text) {
                        self.report(errors::unknown("value", &text, value.span, words.iter().map(String::as_str)));
                        return None;
                    }
                    return Some(Argument::Word(text));
                }
                _ => {}
            }
        }
        let found = typing.value(value);
        self.same_type(ty, &found.ty, parameter, value)?;
        Some(found.value)
    }

    fn list_value(&mut self, of: &Type, parameter: &Parameter, value: &Expr, context: Context) -> Option<Argument> {
        if let ExprKind::List(items) = &value.kind {
            let values: Vec<Option<Argument>> =
                items.iter().map(|item| self.of_type(of, parameter, item, context)).collect();
            return values.into_iter().collect::<Option<Vec<_>>>().map(Argument::List);
        }
        let found = self.typing(context).value(value);
        self.same_type(&Type::List(Box::new(of.clone())), &found.ty, parameter, value)?;
        let items = match &found.value {
            Argument::List(items) => items.as_slice(),
            _ => &[],
        };
        for item in items {
            if let Argument::Term(term) = item {
                let bounds = self.typing(context).bounds(term);
                self.in_range(bounds, parameter, value.span)?;
            }
        }
        Some(found.value)
    }

    fn quantity_value(&mut self, ty: &Type, parameter: &Parameter, value: &Expr, context: Context) -> Option<Argument> {
        let (found, term) = self.typing(context).quantity(value);
        self.same_type(ty, &found, parameter, value)?;
        if !term.is_constant() {
            self.report(errors::not_constant(&parameter.name, value.span));
            return None;
        }
        let typing = self.typing(context);
        let (bounds, open) = (typing.bounds(&term), typing.is_open(&term));
        if !open {
            self.in_range(bounds, parameter, value.span)?;
        }
        Some(Argument::Term(term))
    }

    fn in_range(&mut self, bounds: Interval, parameter: &Parameter, at: Span) -> Option<()> {
        if parameter.ty == Type::Bytes && bounds.is_point() && crate::base::unit::whole(bounds.lo).is_none() {
            self.report(errors::part_of_a_byte(bounds.lo, at));
            return None;
        }
        if bounds.within(parameter.range) {
            return Some(());
        }
        let unit = match &parameter.ty {
            Type::List(of) => of,
            own => own,
        };
        self.report(errors::outside(bounds, at, parameter.range, unit, parameter.range_span));
        None
    }

    /// Which expression is given to which parameter: by name, or by position for the first ones.
    pub(super) fn matched<'w>(
        &mut self,
        name: &str,
        parameters: &[Parameter],
        written: &'w Arguments,
    ) -> BTreeMap<String, &'w Expr> {
        let mut matched: BTreeMap<String, &'w Expr> = BTreeMap::new();
        for (at, argument) in written.list.iter().enumerate() {
            let span = argument.name.as_ref().map_or(argument.value.span, |name| name.span);
            let wanted = match &argument.name {
                Some(name) => Some(name.text.as_str()),
                None => parameters.get(at).map(|parameter| parameter.name.as_str()),
            };
            match wanted.filter(|wanted| parameters.iter().any(|parameter| parameter.name == *wanted)) {
                None => {
                    let known = parameters.iter().map(|parameter| parameter.name.as_str());
                    let wrong = wanted.map_or_else(|| format!("number {}", at + 1), |wanted| format!("`{wanted}`"));
                    let help = crate::diagnostics::suggest::help_for(wanted.unwrap_or(""), known);
                    self.report(errors::argument(format!("`{name}` has no argument {wrong}"), span, "", help));
                }
                Some(wanted) => {
                    if let Some(first) = matched.insert(wanted.to_owned(), &argument.value) {
                        let headline = format!("the argument `{wanted}` is given twice");
                        let finding = errors::argument(headline, span, "again here", None);
                        self.report(finding.at(first.span, "first here"));
                    }
                }
            }
        }
        matched
    }

    /// Every parameter's value: as given, else its default; reports what is missing. Nothing if any is wrong.
    pub(super) fn arguments(
        &mut self,
        name: &str,
        parameters: &[Parameter],
        written: &Arguments,
        context: Context,
    ) -> Option<BTreeMap<String, (Argument, Span)>> {
        let matched = self.matched(name, parameters, written);
        let (mut values, mut whole) = (BTreeMap::new(), true);
        for parameter in parameters {
            let given = matched.get(parameter.name.as_str());
            let value = match given {
                Some(expr) => self.argument_value(parameter, expr, context).map(|value| (value, expr.span)),
                None => parameter.default.clone().map(|value| (value, parameter.span)),
            };
            match value {
                Some(value) => drop(values.insert(parameter.name.clone(), value)),
                None => {
                    whole = false;
                    if given.is_none() && !parameter.has_default {
                        self.missing_argument(name, parameter, written.span);
                    }
                }
            }
        }
        if whole && parameters.iter().any(|parameter| parameter.bounds.is_some()) {
            self.related(parameters, &values, context);
        }
        whole.then_some(values)
    }

    /// Arguments whose range depends on other arguments.
    fn related(&mut self, parameters: &[Parameter], values: &BTreeMap<String, (Argument, Span)>, context: Context) {
        let term = |name: &str| match values.get(name) {
            Some((Argument::Term(term), span)) => Some((term.clone(), *span)),
            _ => None,
        };
        let given = parameters.iter().filter_map(|it| Some((it.name.as_str(), term(&it.name)?.0))).collect();
        for parameter in parameters {
            let (Some((low, high)), Some((value, at))) = (&parameter.bounds, term(&parameter.name)) else { continue };
            let (low, high) = (low.with(&given), high.with(&given));
            let typing = self.typing(context);
            let (bounds, least, most) = (typing.bounds(&value), typing.bounds(&low), typing.bounds(&high));
            let open = [&value, &low, &high].into_iter().any(|it| typing.is_open(it));
            // What is the same on both sides is as large as itself, whatever it is.
            let fits = (least.hi <= bounds.lo || low == value) && (bounds.hi <= most.lo || high == value);
            if !open && !fits {
                let range = Interval { lo: least.hi.min(most.lo), hi: most.lo };
                let found = Interval::point(if bounds.hi > most.lo { bounds.hi } else { bounds.lo });
                self.report(errors::outside(found, at, range, &parameter.ty, parameter.range_span));
            }
        }
    }

    fn missing_argument(&mut self, name: &str, parameter: &Parameter, at: Span) {
        let headline = format!("`{name}` needs the argument `{}`", parameter.name);
        let help = Some(format!("add `{}: …`, a `{}`", parameter.name, parameter.ty));
        let finding = errors::argument(headline, at, "it is missing here", help).at(parameter.span, "declared here");
        self.report(finding);
    }
}

fn usual_content(generic: &str) -> &'static str {
    if generic == "distribution" { "duration" } else { "ratio" }
}

/// What parameters stand for where they are declared.
pub(super) fn values_of(parameters: &[Parameter]) -> Values {
    parameters.iter().map(|parameter| (parameter.name.clone(), value_of(parameter))).collect()
}

fn value_of(parameter: &Parameter) -> Typed {
    let reading = |ty: &Type| {
        let metric = MetricId { service: String::new(), metric: parameter.name.clone() };
        Term::Reading(Box::new(Reading {
            metric,
            ty: ty.clone(),
            aggregate: Aggregate::Plain,
            window: None,
            cohort: None,
        }))
    };
    let (ty, value) = match &parameter.ty {
        Type::Service => (Type::Service, Argument::Service(parameter.name.clone())),
        Type::Signal(of) => (of.as_ref().clone(), Argument::Term(reading(of))),
        ty @ (Type::Distribution(_) | Type::Counter) => (ty.clone(), Argument::Term(reading(ty))),
        ty if ty.is_quantity() && *ty != Type::Error => {
            (ty.clone(), Argument::Term(Term::Parameter(parameter.name.clone())))
        }
        ty => (ty.clone(), Argument::Any),
    };
    Typed { ty, value }
}

/// What is known of parameters where they are declared: their ranges.
pub(super) fn ranges_of(parameters: &[Parameter]) -> Known {
    let ranges = parameters.iter().map(|parameter| (parameter.name.clone(), parameter.range)).collect();
    let open = parameters.iter().filter(|parameter| parameter.open).map(|parameter| parameter.name.clone()).collect();
    Known { parameters: ranges, open, ..Known::default() }
}
