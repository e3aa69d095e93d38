//! `environment`.

use super::Checker;
use crate::names::{DeclarationId, Kind};
use crate::syntax::tree::{self, Argument as Given, Arguments, Expr, ExprKind, Path};
use crate::types::address::{Address, parse_url};
use crate::types::expression::Context;
use crate::types::model::{
    Allowance, Binding, Environment, How, Metric, Place, Restart, Restarter, Scrape, SourceRef, System,
};
use crate::types::selector::{self, MatchOperator, Matcher, Selector};
use crate::types::term::MetricId;
use crate::types::{Type, errors};
use std::collections::BTreeMap;

/// How often a source is read where it is not said, in seconds.
pub const DEFAULT_EVERY: f64 = 1.0;

const TIERS: &[&str] = &["development", "test", "staging", "production"];

impl Checker<'_> {
    pub(super) fn environment(&mut self, id: DeclarationId) {
        let Some(written) = self.file(id).and_then(|file| file.environments.get(id.index)) else { return };
        let system_id = self.resolve(Kind::System, &written.system, id.module);
        let system = system_id.and_then(|id| self.checked.systems.get(&id)).cloned();
        let before = self.checked.findings.len();
        self.distinct("service", written.services.iter().map(|service| &service.name));
        self.distinct("source", written.sources.iter().map(|source| &source.name));
        let mut environment = Environment {
            name: written.name.text.clone(),
            system: written.system.text(),
            tier: self.tier(written),
            services: BTreeMap::new(),
            sources: BTreeMap::new(),
            bindings: BTreeMap::new(),
            allowances: written.allowances.iter().flat_map(allowances).collect(),
            limits: self.limits(written.limits.as_ref(), system.as_ref(), &[], false),
            flawed: written.damaged,
            span: written.name.span,
        };
        if let Some(system) = &system {
            self.places(written, system, &mut environment);
            self.distinct_addresses(written, &environment);
            environment.flawed |= self.checked.findings.len() > before;
            self.sources(written, &mut environment);
            self.bindings(written, system, &mut environment);
            self.allowed_services(written, system);
        }
        environment.flawed |= self.checked.findings.len() > before;
        self.checked.environments.insert(id, (environment, system_id));
    }

    fn tier(&mut self, written: &tree::Environment) -> String {
        let Some(tier) = &written.tier else { return "development".to_owned() };
        if !TIERS.contains(&tier.text.as_str()) {
            self.report(errors::unknown("tier", &tier.text, tier.span, TIERS.iter().copied()));
        }
        tier.text.clone()
    }

    fn allowed_services(&mut self, written: &tree::Environment, system: &System) {
        for name in written.allowances.iter().flat_map(|allowance| &allowance.services) {
            self.known_service(system, name);
        }
    }

    fn known_service(&mut self, system: &System, name: &tree::Name) -> bool {
        let known = system.service(&name.text).is_some();
        if !known {
            let names = system.services.iter().map(|service| service.name.as_str());
            self.report(errors::unknown("service", &name.text, name.span, names));
        }
        known
    }

    fn places(&mut self, written: &tree::Environment, system: &System, environment: &mut Environment) {
        for service in &written.services {
            if self.known_service(system, &service.name) {
                let place = self.place(service);
                environment.services.insert(service.name.text.clone(), place);
            }
        }
    }

    /// A proxy's addresses are its own: one that stood before two services would be given each one's share.
    fn distinct_addresses(&mut self, written: &tree::Environment, environment: &Environment) {
        let mut taken: BTreeMap<String, &str> = BTreeMap::new();
        for (name, place) in &environment.services {
            for url in &place.instances {
                taken.insert(url.trim_start_matches("http://").to_owned(), name);
            }
        }
        for service in &written.services {
            let Some(place) = environment.services.get(&service.name.text) else { continue };
            for address in place.through.iter().chain(&place.admin) {
                if let Some(other) = taken.insert(address.clone(), &service.name.text) {
                    let headline = format!("{address} is taken: it is an address of `{other}`");
                    let at = service.through.as_ref().map_or(service.name.span, |expr| expr.span);
                    self.report(errors::place(headline, at, "give every proxy and service an address of its own"));
                }
            }
        }
    }

    fn place(&mut self, written: &tree::PlacedService) -> Place {
        let urls = written.url.iter().chain(&written.instances);
        let through = written.through.as_ref().and_then(|expr| self.address(expr));
        Place {
            instances: urls.filter_map(|url| self.base_url(url)).collect(),
            admin: self.admin(written, through.as_ref()),
            through: through.map(|address| address.to_string()),
            start: written.start.as_ref().and_then(|command| self.command(command)),
            restarts: written.restarts.as_ref().and_then(|restarts| self.restart(restarts)),
            span: Some(written.name.span),
        }
    }

    fn address(&mut self, written: &Expr) -> Option<Address> {
        let text = self.typing(Context::default()).text(written)?;
        let read = Address::parse(&text);
        read.map_err(|error| self.report(errors::place(error, written.span, "write it like `127.0.0.1:7392`"))).ok()
    }

    /// The proxy's admin address: as written, else the traffic port plus 10000.
    fn admin(&mut self, written: &tree::PlacedService, through: Option<&Address>) -> Option<String> {
        if let Some(admin) = &written.admin {
            return self.address(admin).map(|address| address.to_string());
        }
        let through = through?;
        let admin = through.admin();
        if admin.is_none() {
            let at = written.through.as_ref().map_or(written.name.span, |expr| expr.span);
            let headline = format!("port {} leaves no room for the proxy's admin port, 10000 higher", through.port);
            self.report(errors::place(headline, at, "write it: `admin \"127.0.0.1:7990\"`"));
        }
        admin.map(|address| address.to_string())
    }

    fn url(&mut self, written: &Expr) -> Option<(Address, String)> {
        let text = self.typing(Context::default()).text(written)?;
        let read = parse_url(&text);
        read.map_err(|error| self.report(errors::place(error, written.span, "write it like `http://127.0.0.1:7300`")))
            .ok()
    }

    fn base_url(&mut self, written: &Expr) -> Option<String> {
        let (address, path) = self.url(written)?;
        if !matches!(path.as_str(), "" | "/") {
            let headline = "a service's URL has no path".to_owned();
            self.report(errors::place(headline, written.span, &format!("write `http://{address}`")));
        }
        Some(format!("http://{address}"))
    }

    fn command(&mut self, written: &Expr) -> Option<Vec<String>> {
        let text = self.typing(Context::default()).text(written)?;
        match shell_words::split(&text) {
            Ok(words) if !words.is_empty() => Some(words),
            _ => {
                let help = "write a program and its arguments; it is started without a shell";
                self.report(errors::place("this command cannot be read".to_owned(), written.span, help));
                None
            }
        }
    }

    fn restart(&mut self, written: &tree::Restarts) -> Option<Restart> {
        let by = match written.by.text.as_str() {
            "runner" => Restarter::Runner,
            "orchestrator" => Restarter::Orchestrator,
            other => {
                self.report(errors::unknown("restarter", other, written.by.span, ["runner", "orchestrator"]));
                return None;
            }
        };
        let after = match &written.after {
            Some(after) => self.typing(Context::default()).constant(after, &Type::Duration, "after")?,
            None => 0.0,
        };
        Some(Restart { by, after })
    }

    fn sources(&mut self, written: &tree::Environment, environment: &mut Environment) {
        for source in &written.sources {
            if source.name.text == "proxy" {
                let help = Some("choose another name: `proxy` is the fault proxy's own view".to_owned());
                self.report(errors::binding("`proxy` cannot be declared".to_owned(), source.name.span, help));
                continue;
            }
            // One that cannot be understood is known all the same, so that its bindings are not reported again.
            let scrape = self.scrape(&source.value);
            let scrape = scrape.unwrap_or(Scrape { urls: Vec::new(), every: DEFAULT_EVERY });
            environment.sources.insert(source.name.text.clone(), scrape);
        }
    }

    fn scrape(&mut self, written: &Expr) -> Option<Scrape> {
        let ExprKind::Call(function, arguments) = &written.kind else {
            let help = Some("write `scrape(\"http://127.0.0.1:7301/metrics\", every: 1s)`".to_owned());
            self.report(errors::binding("expected a source".to_owned(), written.span, help));
            return None;
        };
        if function.text() != "scrape" {
            self.report(errors::unknown("kind of source", &function.text(), function.span, ["scrape"]));
            return None;
        }
        let mut scrape = Scrape { urls: Vec::new(), every: DEFAULT_EVERY };
        for argument in &arguments.list {
            match argument.name.as_ref().map(|name| name.text.as_str()) {
                None => {
                    let url = self.url(&argument.value);
                    scrape.urls.extend(url.map(|(address, path)| format!("http://{address}{path}")));
                }
                Some("every") => scrape.every = self.every(&argument.value),
                Some(other) => {
                    let at = argument.name.as_ref().map_or(argument.value.span, |name| name.span);
                    self.report(errors::unknown("argument", other, at, ["every"]));
                }
            }
        }
        if arguments.list.iter().all(|argument| argument.name.is_some()) {
            let help = Some("name at least one endpoint".to_owned());
            self.report(errors::binding("this source reads nothing".to_owned(), written.span, help));
        }
        Some(scrape)
    }

    /// How often a source is read: between 100 ms and 5 minutes.
    fn every(&mut self, written: &Expr) -> f64 {
        let range = crate::base::Interval::new(0.1, 300.0);
        match self.typing(Context::default()).constant(written, &Type::Duration, "every") {
            Some(every) if crate::base::Interval::point(every).within(range) => every,
            Some(every) => {
                self.report(errors::outside(&Type::Duration.show(every), written.span, range, &Type::Duration, None));
                DEFAULT_EVERY
            }
            None => DEFAULT_EVERY,
        }
    }

    fn bindings(&mut self, written: &tree::Environment, system: &System, environment: &mut Environment) {
        let mut seen: BTreeMap<MetricId, crate::base::Span> = BTreeMap::new();
        for binding in &written.bindings {
            let Some((id, metric)) = self.bound_metric(system, &binding.metric) else { continue };
            if let Some(first) = seen.insert(id.clone(), binding.metric.span) {
                self.report(errors::twice("binding", &id.to_string(), first, binding.metric.span));
                continue;
            }
            if let Some((source, how)) = self.reading(&binding.value, &metric, system, environment) {
                environment.bindings.insert(id, Binding { source, how, span: binding.span });
            }
        }
    }

    fn bound_metric(&mut self, system: &System, path: &Path) -> Option<(MetricId, Metric)> {
        let [service, metric] = path.parts.as_slice() else {
            let help = Some("write `bind service.metric = …`".to_owned());
            self.report(errors::binding("expected a service's metric".to_owned(), path.span, help));
            return None;
        };
        if !self.known_service(system, service) {
            return None;
        }
        let id = MetricId { service: service.text.clone(), metric: metric.text.clone() };
        let found = system.metric(&id).cloned();
        if found.is_none() {
            let metrics = system.service(&service.text).map_or(&[][..], |service| &service.metrics);
            let what = format!("metric of `{}`:", service.text);
            let known = metrics.iter().map(|metric| metric.name.as_str());
            self.report(errors::unknown(&what, &metric.text, metric.span, known));
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
        if !environment.sources.contains_key(&source.text) {
            let known = environment.sources.keys().map(String::as_str).chain(["proxy"]);
            self.report(errors::unknown("source", &source.text, source.span, known));
            return None;
        }
        let how = self.series(kind, arguments, metric)?;
        Some((SourceRef::Declared(source.text.clone()), how))
    }

    fn series(&mut self, kind: &tree::Name, arguments: &Arguments, metric: &Metric) -> Option<How> {
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
                self.report(errors::unknown(
                    "kind of series",
                    other,
                    kind.span,
                    ["ratio", "histogram", "counter", "gauge"],
                ));
                return None;
            }
        };
        self.fits_metric(&how, kind, metric).then_some(how)
    }

    fn known_arguments(&mut self, kind: &tree::Name, arguments: &Arguments) {
        let known: &[&str] = match kind.text.as_str() {
            "ratio" => &["good", "all"],
            "gauge" | "histogram" => &["unit"],
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
            (How::Gauge { .. }, ty) => !matches!(ty, Type::Counter | Type::Distribution(_)) && ty.is_quantity(),
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

    fn argument<'w>(&mut self, arguments: &'w Arguments, name: Option<&str>) -> Option<&'w Given> {
        let found =
            arguments.list.iter().find(|argument| argument.name.as_ref().map(|name| name.text.as_str()) == name);
        if found.is_none() {
            let what = name.map_or_else(|| "a selector".to_owned(), |name| format!("`{name}: …`"));
            let help = Some(format!("add {what}"));
            self.report(errors::argument(format!("{what} is missing"), arguments.span, "", help));
        }
        found
    }

    fn selector_argument(&mut self, arguments: &Arguments, name: Option<&str>) -> Option<Selector> {
        let value = &self.argument(arguments, name)?.value;
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
        let endings = [("_seconds", 1.0), ("_milliseconds", 1e-3), ("_ms", 1e-3), ("_microseconds", 1e-6)];
        let known = endings.iter().find(|(ending, _)| of.name.ends_with(ending)).map(|(_, size)| *size);
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

fn plain(name: &str) -> Selector {
    Selector { name: name.to_owned(), matchers: Vec::new() }
}

/// The proxy's count of answers; good ones are those below 500.
fn proxy_requests(good: bool) -> Selector {
    let below_500 = Matcher { label: "code".to_owned(), operator: MatchOperator::MatchesNot, value: "5..".to_owned() };
    let matchers = if good { vec![below_500] } else { Vec::new() };
    Selector { name: "chaos_proxy_requests_total".to_owned(), matchers }
}

fn allowances(written: &tree::Allowance) -> Vec<Allowance> {
    let services: Vec<String> = written.services.iter().map(|name| name.text.clone()).collect();
    let one = |(module, fault): &(Option<tree::Name>, Option<tree::Name>)| Allowance {
        module: module.as_ref().map_or_else(String::new, |name| name.text.clone()),
        fault: fault.as_ref().map(|name| name.text.clone()),
        services: services.clone(),
    };
    written.patterns.iter().map(one).collect()
}
