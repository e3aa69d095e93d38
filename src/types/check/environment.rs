//! `environment`.

use super::Checker;
use crate::names::{DeclarationId, Kind};
use crate::syntax::tree::{self, Expr, ExprKind};
use crate::types::address::{Address, parse_url};
use crate::types::expression::Context;
use crate::types::model::{Allowance, Environment, Place, Restart, Restarter, Scrape, System};
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

    pub(super) fn known_service(&mut self, system: &System, name: &tree::Name) -> bool {
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
