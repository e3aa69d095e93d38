//! `bind`: what metrics are read from.

use super::Checker;
use crate::names::ModuleId;
use crate::syntax::tree::{self, Argument as Given, Arguments, Expr, ExprKind, Path};
use crate::types::expression::Context;
use crate::types::model::{Binding, Environment, How, Metric, SourceKind, SourceRef, System};
use crate::types::promql::gives_a_number;
use crate::types::selector::{self, MatchOperator, Matcher, Selector};
use crate::types::term::MetricId;
use crate::types::{Type, errors};
use std::collections::BTreeMap;

impl Checker<'_> {
    pub(super) fn bindings(
        &mut self,
        written: &tree::Environment,
        system: &System,
        module: ModuleId,
        environment: &mut Environment,
    ) {
        let mut seen: BTreeMap<MetricId, crate::base::Span> = BTreeMap::new();
        for binding in &written.bindings {
            let Some((id, metric)) = self.bound_metric(system, &binding.metric, &written.bindings) else { continue };
            if let Some(first) = seen.insert(id.clone(), binding.metric.span) {
                self.report(errors::twice("binding", &id.to_string(), first, binding.metric.span));
                continue;
            }
            let read = match self.probe_of(&binding.value, module, environment) {
                Some(probe) => self.probed(probe, &binding.value, &id, &metric, environment),
                None if self.misnamed_probe(&binding.value, module, environment) => None,
                None => self.reading(&binding.value, &metric, system, environment),
            };
            if let Some((source, how)) = read {
                environment
                    .bindings
                    .insert(id, Binding { source, how, range: metric.range, cohort: None, span: binding.span });
            }
        }
    }

    fn bound_metric(&mut self, system: &System, path: &Path, all: &[tree::Binding]) -> Option<(MetricId, Metric)> {
        let [service, metric] = path.parts.as_slice() else {
            let help = Some("write `bind service.metric = …`".to_owned());
            self.report(errors::binding("expected a service's metric".to_owned(), path.span, help));
            return None;
        };
        let others = || all.iter().filter_map(|other| other.metric.parts.split_first());
        let same_metric = others().filter(|(_, rest)| rest.iter().map(|it| &it.text).eq([&metric.text]));
        let taken: Vec<&str> = same_metric.map(|(other, _)| other.text.as_str()).collect();
        if !self.known_service_beside(system, service, &taken) {
            return None;
        }
        let id = MetricId { service: service.text.clone(), metric: metric.text.clone() };
        let found = system.metric(&id).cloned();
        if found.is_none() {
            let metrics = system.service(&service.text).map_or(&[][..], |service| &service.metrics);
            let what = format!("metric of `{}`:", service.text);
            let known = metrics.iter().map(|metric| metric.name.as_str());
            let of_service = others().filter(|(other, _)| other.text == service.text);
            let taken = of_service.flat_map(|(_, rest)| rest).map(|it| it.text.as_str());
            self.report(errors::unknown(&what, &metric.text, metric.span, known).unsure_of(taken));
        }
        found.map(|found| (id, found))
    }

    /// `app.ratio(…)`, `proxy.success(payment)`.
    fn reading(
        &mut self,
        written: &Expr,
        metric: &Metric,
        system: &System,
        environment: &Environment,
    ) -> Option<(SourceRef, How)> {
        let (function, arguments) = match &written.kind {
            ExprKind::Call(function, arguments) if function.parts.len() == 2 => (function, arguments),
            ExprKind::Error => return None,
            _ => {
                let help = Some("write it like `app.counter(`orders_lost_total`)`".to_owned());
                self.report(errors::binding("expected a source's series".to_owned(), written.span, help));
                return None;
            }
        };
        let (source, kind) = (&function.parts[0], &function.parts[1]);
        if source.text == "proxy" {
            return self.proxy_view(kind, arguments, metric, system, environment);
        }
        let Some(declared) = environment.sources.get(&source.text) else {
            let known = environment.sources.keys().map(String::as_str).chain(["proxy"]);
            self.report(errors::unknown("source", &source.text, source.span, known));
            return None;
        };
        let how = match declared.kind {
            SourceKind::Prometheus if kind.text == "query" => self.query(kind, arguments, metric)?,
            _ => self.series(kind, arguments, metric, declared.kind)?,
        };
        Some((SourceRef::Declared(source.text.clone()), how))
    }

    /// `prom.query(…)`: PromQL, which the server evaluates.
    fn query(&mut self, kind: &tree::Name, arguments: &Arguments, metric: &Metric) -> Option<How> {
        self.known_arguments(kind, arguments);
        let value = &self.argument(arguments, None, "a query")?.value;
        let query = self.typing(Context::default()).text(value)?;
        if let Err(error) = gives_a_number(&query) {
            let help = Some("try it in Prometheus first".to_owned());
            self.report(errors::binding(error, value.span, help));
            return None;
        }
        let unit = match arguments.list.iter().find(|it| it.name.as_ref().is_some_and(|name| name.text == "unit")) {
            Some(argument) => self.typing(Context::default()).constant(&argument.value, &metric.ty, "unit")?,
            None => 1.0,
        };
        let how = How::Query { query, unit };
        self.fits_metric(&how, kind, metric).then_some(how)
    }

    fn series(&mut self, kind: &tree::Name, arguments: &Arguments, metric: &Metric, source: SourceKind) -> Option<How> {
        self.known_arguments(kind, arguments);
        let how = match kind.text.as_str() {
            "ratio" => How::Ratio {
                good: self.selector_argument(arguments, Some("good"))?,
                all: self.selector_argument(arguments, Some("all"))?,
            },
            "counter" => How::Counter(self.selector_argument(arguments, None)?),
            "gauge" | "histogram" => {
                let of = self.selector_argument(arguments, None)?;
                let value = match &metric.ty {
                    Type::Distribution(of) => (**of).clone(),
                    other => other.clone(),
                };
                let unit = self.unit(arguments, &of, &value)?;
                if kind.text == "gauge" { How::Gauge { of, unit } } else { How::Histogram { of, unit } }
            }
            other => {
                let own = (source == SourceKind::Prometheus).then_some("query");
                let known = ["ratio", "histogram", "counter", "gauge"].into_iter().chain(own);
                self.report(errors::unknown("kind of series", other, kind.span, known));
                return None;
            }
        };
        self.fits_metric(&how, kind, metric).then_some(how)
    }

    fn known_arguments(&mut self, kind: &tree::Name, arguments: &Arguments) {
        let known: &[&str] = match kind.text.as_str() {
            "ratio" => &["good", "all"],
            "gauge" | "histogram" | "query" => &["unit"],
            _ => &[],
        };
        for name in arguments.list.iter().filter_map(|argument| argument.name.as_ref()) {
            if !known.contains(&name.text.as_str()) {
                self.report(errors::unknown("argument", &name.text, name.span, known.iter().copied()));
            }
        }
    }

    fn fits_metric(&mut self, how: &How, kind: &tree::Name, metric: &Metric) -> bool {
        let fits = match (how, &metric.ty) {
            (_, Type::Error) => true,
            (How::Ratio { .. }, ty) => *ty == Type::Ratio,
            (How::Histogram { .. }, ty) => matches!(ty, Type::Distribution(_)),
            (How::Counter(_), ty) => *ty == Type::Counter,
            (How::Probe { .. }, _) => true, // judged where its type is known
            (How::Gauge { .. } | How::Query { .. }, ty) => {
                !matches!(ty, Type::Counter | Type::Distribution(_)) && ty.is_quantity()
            }
        };
        if !fits {
            let wanted = match metric.ty {
                Type::Ratio => "`ratio` or `gauge`",
                Type::Distribution(_) => "`histogram`",
                Type::Counter => "`counter`",
                _ => "`gauge`",
            };
            let headline = format!("`{}` does not give a `{}`", kind.text, metric.ty);
            let help = Some(format!("a `{}` is bound to {wanted}", metric.ty));
            self.report(errors::binding(headline, kind.span, help).at(metric.span, "the metric is declared here"));
        }
        fits
    }

    fn argument<'w>(&mut self, arguments: &'w Arguments, name: Option<&str>, what: &str) -> Option<&'w Given> {
        let found =
            arguments.list.iter().find(|argument| argument.name.as_ref().map(|name| name.text.as_str()) == name);
        if found.is_none() {
            let what = name.map_or_else(|| what.to_owned(), |name| format!("`{name}: …`"));
            let help = Some(format!("add {what}"));
            self.report(errors::argument(format!("{what} is missing"), arguments.span, "", help));
        }
        found
    }

    fn selector_argument(&mut self, arguments: &Arguments, name: Option<&str>) -> Option<Selector> {
        let value = &self.argument(arguments, name, "a selector")?.value;
        let text = self.typing(Context::default()).text(value)?;
        match selector::parse(&text) {
            Ok(selector) => Some(selector),
            Err(error) => {
                let help = Some("write it as Prometheus does: `http_requests_total{code!~\"5..\"}`".to_owned());
                self.report(errors::binding(format!("this is no selector: {error}"), value.span, help));
                None
            }
        }
    }

    /// The size of a series' unit in base units: `unit: 1ms`, else from its name's ending.
    fn unit(&mut self, arguments: &Arguments, of: &Selector, value: &Type) -> Option<f64> {
        let named =
            arguments.list.iter().find(|argument| argument.name.as_ref().is_some_and(|name| name.text == "unit"));
        if let Some(argument) = named {
            return self.typing(Context::default()).constant(&argument.value, value, "unit");
        }
        if *value != Type::Duration {
            return Some(if *value == Type::Ratio && of.name.ends_with("_percent") { 0.01 } else { 1.0 });
        }
        let known = unit_of_series(&of.name);
        if known.is_none() {
            let help = Some("add `unit: 1ms`".to_owned());
            self.report(errors::binding(format!("the unit of `{}` is not known", of.name), arguments.span, help));
        }
        known
    }

    fn proxy_view(
        &mut self,
        kind: &tree::Name,
        arguments: &Arguments,
        metric: &Metric,
        system: &System,
        environment: &Environment,
    ) -> Option<(SourceRef, How)> {
        let [Given { name: None, value: Expr { kind: ExprKind::Path(path), .. }, .. }] = arguments.list.as_slice()
        else {
            let help = Some(format!("write `proxy.{}(payment)`", kind.text));
            self.report(errors::argument("expected one service".to_owned(), arguments.span, "", help));
            return None;
        };
        let service = path.parts.first().filter(|name| self.known_service(system, name))?;
        let through = environment.services.get(&service.text).and_then(|place| place.through.as_ref());
        if through.is_none() && environment.flawed {
            return None;
        }
        if through.is_none() {
            let help = Some(format!("add `through \"127.0.0.1:…\"` to `service {}`", service.text));
            let headline = format!("no proxy stands before `{}` in this environment", service.text);
            self.report(errors::binding(headline, service.span, help));
            return None;
        }
        let how = match kind.text.as_str() {
            "success" => How::Ratio { good: proxy_requests(true), all: proxy_requests(false) },
            "requests" => How::Counter(proxy_requests(false)),
            "latency" => How::Histogram { of: plain("chaos_proxy_request_duration_seconds"), unit: 1.0 },
            other => {
                self.report(errors::unknown("view", other, kind.span, ["success", "latency", "requests"]));
                return None;
            }
        };
        self.fits_metric(&how, kind, metric).then(|| (SourceRef::Proxy(service.text.clone()), how))
    }
}

/// The unit of a series of durations in seconds, from its name's ending; nothing where the name does not say.
pub fn unit_of_series(name: &str) -> Option<f64> {
    let endings = [("_seconds", 1.0), ("_milliseconds", 1e-3), ("_ms", 1e-3), ("_microseconds", 1e-6)];
    endings.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, size)| *size)
}

fn plain(name: &str) -> Selector {
    Selector { name: name.to_owned(), matchers: Vec::new() }
}

/// The proxy's count of requests. Good ones are those whose caller got the whole answer of the service, undamaged, with a
/// status below 500 other than 429.
fn proxy_requests(good: bool) -> Selector {
    let matcher =
        |label: &str, operator, value: &str| Matcher { label: label.to_owned(), operator, value: value.to_owned() };
    let good = good.then(|| {
        [matcher("answer", MatchOperator::Equal, "whole"), matcher("code", MatchOperator::MatchesNot, "5..|429|other")]
    });
    Selector { name: "chaos_proxy_requests_total".to_owned(), matchers: good.into_iter().flatten().collect() }
}
