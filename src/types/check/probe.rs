//! Probes in use: as the source of a metric, and what is known of their arguments beforehand.

use super::Checker;
use crate::base::{Interval, Span};
use crate::names::{DeclarationId, Kind, ModuleId};
use crate::syntax::tree::{Arguments, Expr, ExprKind};
use crate::types::expression::Context;
use crate::types::model::{Access, Argument, Environment, How, Metric, Probe, ProbeUse, Source, SourceKind, SourceRef};
use crate::types::term::{MetricId, Term};
use crate::types::{Type, errors};
use std::collections::BTreeMap;

/// How often a probe is made where it is not said, in seconds.
const DEFAULT_EVERY: f64 = 1.0;
/// How often a probe may be made, in seconds: it makes load, so never more than once a second.
const EVERY: (f64, f64) = (1.0, 300.0);

/// How long a probe may take that is read as a metric, in seconds: as long as any read.
const LONGEST: f64 = 2.0;

impl Checker<'_> {
    /// The probe that a binding calls; nothing where it reads a source.
    pub(super) fn probe_of(
        &self,
        written: &Expr,
        module: ModuleId,
        environment: &Environment,
    ) -> Option<DeclarationId> {
        let ExprKind::Call(function, _) = &written.kind else { return None };
        let qualifier = function.parts.first().filter(|_| function.parts.len() == 2);
        if qualifier.is_some_and(|it| it.text == "proxy" || environment.sources.contains_key(&it.text)) {
            return None;
        }
        self.program.module(module)?.scope.find(Kind::Probe, &function.text())
    }

    /// Reports a call into a module that has probes, but not this one.
    pub(super) fn misnamed_probe(&mut self, written: &Expr, module: ModuleId, environment: &Environment) -> bool {
        let ExprKind::Call(function, _) = &written.kind else { return false };
        let [qualifier, _] = function.parts.as_slice() else { return false };
        let is_source = qualifier.text == "proxy" || environment.sources.contains_key(&qualifier.text);
        let Some(scope) = self.program.module(module).map(|module| &module.scope).filter(|_| !is_source) else {
            return false;
        };
        let own = format!("{}.", qualifier.text);
        if !scope.known(Kind::Probe).any(|name| name.starts_with(&own)) {
            return false;
        }
        self.resolve(Kind::Probe, function, module);
        true
    }

    /// `http.up(url: "http://…", every: 2s)`.
    pub(super) fn probed(
        &mut self,
        id: DeclarationId,
        written: &Expr,
        bound: &MetricId,
        metric: &Metric,
        environment: &mut Environment,
    ) -> Option<(SourceRef, How)> {
        let ExprKind::Call(function, arguments) = &written.kind else { return None };
        let probe = self.used_probe(id)?;
        let is_own = |name: &str| probe.parameters.iter().any(|parameter| parameter.name == name);
        let (extra, given): (Vec<_>, Vec<_>) = arguments.list.iter().cloned().partition(|argument| {
            let name = argument.name.as_ref().map_or("", |name| name.text.as_str());
            matches!(name, "every" | "unit") && !is_own(name)
        });
        self.distinct("argument", extra.iter().filter_map(|argument| argument.name.as_ref()));
        let find = |name: &str| {
            let found = extra.iter().find(|it| it.name.as_ref().is_some_and(|it| it.text == name));
            found.map(|argument| &argument.value)
        };
        let every = match find("every") {
            Some(every) => self.interval(every, "every", EVERY)?,
            None => DEFAULT_EVERY,
        };
        let given = Arguments { list: given, ..(**arguments).clone() };
        let values = self.arguments(&function.text(), &probe.parameters, &given, Context::default())?;
        self.understood(&probe, &values)?;
        self.quick(&values)?;
        let unit = self.probe_unit(&probe, find("unit"), metric, function.span)?;
        let arguments = values.into_iter().map(|(name, (value, _))| (name, value)).collect();
        let source =
            Source { kind: SourceKind::Probe, urls: Vec::new(), every, scrape: 0.0, access: Access::default() };
        environment.probes.insert(bound.clone(), source);
        let of = ProbeUse {
            probe: Probe { name: function.text(), ..probe.clone() }.full_name(),
            component: probe.component,
            action: probe.action,
            returns: probe.returns,
            arguments,
        };
        Some((SourceRef::Probe(bound.clone()), How::Probe { of: Box::new(of), unit }))
    }

    /// The size of a probe's unit in the metric's base units, if the metric can be read from it at all.
    fn probe_unit(&mut self, probe: &Probe, unit: Option<&Expr>, metric: &Metric, at: Span) -> Option<f64> {
        let number = probe.returns.is_plain_number();
        let fits = match (&probe.returns, &metric.ty) {
            (_, Type::Error) => true,
            (Type::Bool, ty) => *ty == Type::Ratio,
            (_, Type::Counter | Type::Distribution(_)) => false,
            (returns, ty) => returns.is_quantity() && (returns.comparable(ty) || number && ty.is_quantity()),
        };
        if !fits {
            let headline = format!("`{}` returns a `{}`, which gives no `{}`", probe.name, probe.returns, metric.ty);
            let help = match probe.returns {
                Type::Bool => "a `bool` gives a `ratio`: the share of the probes that were true",
                _ => "choose a probe whose type is the metric's, or one that returns a number, with `unit: …`",
            };
            let finding = errors::binding(headline, at, Some(help.to_owned()));
            self.report(finding.at(metric.span, "the metric is declared here"));
            return None;
        }
        match unit {
            Some(unit) => self.typing(Context::default()).constant(unit, &metric.ty, "unit"),
            None if number && !metric.ty.is_plain_number() && metric.ty != Type::Ratio => {
                let help = Some("add `unit: 1ms`".to_owned());
                self.report(errors::binding(format!("the unit of `{}` is not known", probe.name), at, help));
                None
            }
            None => Some(1.0),
        }
    }

    /// A metric's read may take no longer than any other.
    fn quick(&mut self, values: &BTreeMap<String, (Argument, Span)>) -> Option<()> {
        let Some((Argument::Term(Term::Constant(seconds)), at)) = values.get("timeout") else { return Some(()) };
        if *seconds > LONGEST {
            let range = Interval::new(0.001, LONGEST);
            self.report(errors::outside(Interval::point(*seconds), *at, range, &Type::Duration, None));
            return None;
        }
        Some(())
    }

    /// Texts whose form the component gives: a path, a pattern, an address, a command. Those that are known are read now.
    pub(super) fn understood(&mut self, probe: &Probe, values: &BTreeMap<String, (Argument, Span)>) -> Option<()> {
        let mut all = Some(());
        for (name, (value, at)) in values {
            let Argument::Text(text) = value else { continue };
            if let Err(error) = crate::types::probe::read((&probe.component, &probe.action), name, text) {
                let help = Some(error.help.to_owned());
                self.report(errors::argument(error.headline, *at, "", help));
                all = None;
            }
        }
        all
    }
}
