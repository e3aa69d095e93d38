//! `environment`.

use super::Checker;
use super::limits::is_namespace;
use crate::base::{Interval, Span};
use crate::names::{DeclarationId, Kind, ModuleId, stdlib};
use crate::syntax::tree::{self, Expr, ExprKind};
use crate::types::address::{Address, Url};
use crate::types::expression::Context;
use crate::types::labels::labels;
use crate::types::model::{Allowance, Environment, Place, Restart, Restarter, System, Toxiproxy};
use crate::types::secret::SecretRef;
use crate::types::{Type, errors};
use std::collections::BTreeMap;

/// Tiers of environments, from the least to the most careful.
pub const TIERS: &[&str] = &["development", "test", "staging", "production"];

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
            probes: BTreeMap::new(),
            bindings: BTreeMap::new(),
            allowances: written.allowances.iter().flat_map(allowances).collect(),
            plugins: self.plugin_names(id.module),
            grants: Vec::new(),
            limits: self.limits(
                written.limits.as_ref(),
                system.as_ref(),
                Context { system: system.as_ref(), lost_system: system.is_none(), ..Context::default() },
                false,
            ),
            required_labels: self.required_labels(written),
            silences: self.silences(written),
            flawed: written.damaged,
            span: written.name.span,
        };
        if let Some(system) = &system {
            let secrets = self.secrets(written);
            self.places(written, system, secrets.as_deref(), &mut environment);
            self.distinct_addresses(written, &environment);
            environment.flawed |= self.checked.findings.len() > before;
            self.sources(written, secrets.as_deref(), &mut environment);
            self.bindings(written, system, id.module, &mut environment);
            self.allowed_services(written, system);
            environment.grants = self.grants(written, system, id.module);
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

    /// The names of secrets, where the environment lists them.
    fn secrets(&mut self, written: &tree::Environment) -> Option<Vec<String>> {
        if written.secrets.is_empty() {
            return None;
        }
        let mut names: Vec<(String, Span)> = Vec::new();
        for expr in &written.secrets {
            let Some(name) = self.secret_name(expr) else { continue };
            match names.iter().find(|(known, _)| *known == name) {
                Some((_, first)) => self.report(errors::twice("secret", &name, *first, expr.span)),
                None => names.push((name, expr.span)),
            }
        }
        Some(names.into_iter().map(|(name, _)| name).collect())
    }

    /// The name of a secret: of the environment variable that holds it.
    pub(super) fn secret_name(&mut self, written: &Expr) -> Option<String> {
        let name = self.typing(Context::default()).text(written)?;
        let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(fits) || name.starts_with(|c: char| c.is_ascii_digit()) {
            let help = "a secret is read from an environment variable: write its name, like `PROM_TOKEN`";
            self.report(errors::place("this is no name of a secret".to_owned(), written.span, help));
            return None;
        }
        Some(name)
    }

    fn required_labels(&mut self, written: &tree::Environment) -> Vec<String> {
        written.requirements.iter().filter_map(|expr| self.label_text(expr)).collect()
    }

    /// A label selector of Kubernetes.
    fn label_text(&mut self, written: &Expr) -> Option<String> {
        let text = self.typing(Context::default()).text(written)?;
        if let Err(error) = labels(&text) {
            let help = "write it as Kubernetes does: `app=checkout,track notin (canary)`";
            self.report(errors::place(error, written.span, help));
            return None;
        }
        Some(text)
    }

    /// Where alerts are silenced.
    fn silences(&mut self, written: &tree::Environment) -> Vec<(String, Span)> {
        written.silences.iter().filter_map(|silence| self.silence(silence)).collect()
    }

    fn silence(&mut self, written: &tree::Silence) -> Option<(String, Span)> {
        let arguments = match &written.at.kind {
            ExprKind::Call(function, arguments) if function.text() == "alertmanager" => arguments,
            ExprKind::Call(function, _) => {
                self.report(errors::unknown("alert service", &function.text(), function.span, ["alertmanager"]));
                return None;
            }
            _ => {
                let help = "write `silence alertmanager(\"http://…:9093\") matching { service = \"payment\" }`";
                self.report(errors::place("expected where alerts are silenced".to_owned(), written.at.span, help));
                return None;
            }
        };
        for matcher in written.matchers.iter().filter(|matcher| matcher.operator.ends_with('~')) {
            if let Err(error) = crate::types::selector::anchored(&matcher.value) {
                let headline = format!("`{}` is not a regular expression: {error}", matcher.value);
                self.report(errors::place(headline, matcher.span, "mend the expression"));
            }
        }
        if written.matchers.iter().all(matches_everything) {
            let help = "name the alerts: `matching { service = \"payment\" }`";
            self.report(errors::place("this would silence every alert".to_owned(), written.span, help));
        }
        let [argument] = arguments.list.as_slice() else {
            let help = Some("write `alertmanager(\"http://alertmanager:9093\")`".to_owned());
            self.report(errors::argument("`alertmanager` takes one URL".to_owned(), arguments.span, "", help));
            return None;
        };
        self.url(&argument.value).map(|url| (url.to_string(), written.span))
    }

    fn allowed_services(&mut self, written: &tree::Environment, system: &System) {
        for allowance in &written.allowances {
            self.distinct("service", allowance.services.iter());
            for name in &allowance.services {
                self.known_service(system, name);
            }
        }
        for (module, fault) in written.allowances.iter().flat_map(|allowance| &allowance.patterns) {
            self.known_pattern(module.as_ref(), fault.as_ref());
        }
    }

    /// The last names of the plugins that a module could name.
    fn plugin_names(&self, module: ModuleId) -> Vec<String> {
        let offered = self.program.module(module).map(|module| module.offered.clone()).unwrap_or_default();
        offered.names().filter_map(|name| name.rsplit('.').next()).map(str::to_owned).collect()
    }

    /// What an `allow` names in the standard library must be there; what an experiment's own files declare is not seen here.
    fn known_pattern(&mut self, module: Option<&tree::Name>, fault: Option<&tree::Name>) {
        let Some(module) = module else { return };
        let plugins = self.plugin_names(self.module);
        if plugins.contains(&module.text) {
            return;
        }
        let standard: Vec<&str> = stdlib::fault_modules().collect();
        let modules = standard.into_iter().chain(plugins.iter().map(String::as_str));
        match stdlib::faults(&module.text) {
            None => {
                if crate::diagnostics::suggest::nearest(&module.text, modules.clone()).is_some() {
                    self.report(errors::unknown("module", &module.text, module.span, modules));
                }
            }
            Some(faults) => {
                if let Some(fault) = fault.filter(|fault| !faults.contains(&fault.text)) {
                    let what = format!("fault of `{}`:", module.text);
                    self.report(errors::unknown(&what, &fault.text, fault.span, faults.iter().map(String::as_str)));
                }
            }
        }
    }

    pub(super) fn known_service(&mut self, system: &System, name: &tree::Name) -> bool {
        self.known_service_beside(system, name, &[])
    }

    /// The same, where a service can be named once only: those that are named there already.
    pub(super) fn known_service_beside(&mut self, system: &System, name: &tree::Name, taken: &[&str]) -> bool {
        let known = system.service(&name.text).is_some();
        if !known {
            let names = system.services.iter().map(|service| service.name.as_str());
            let finding = errors::unknown("service", &name.text, name.span, names);
            self.report(finding.unsure_of(taken.iter().copied()));
        }
        known
    }

    fn places(
        &mut self,
        written: &tree::Environment,
        system: &System,
        secrets: Option<&[String]>,
        environment: &mut Environment,
    ) {
        let taken: Vec<&str> = written.services.iter().map(|service| service.name.text.as_str()).collect();
        for service in &written.services {
            if self.known_service_beside(system, &service.name, &taken) {
                let place = self.place(service, secrets);
                environment.services.insert(service.name.text.clone(), place);
            }
        }
    }

    /// A proxy's addresses are its own: one that stood before two services would be given each one's share.
    fn distinct_addresses(&mut self, written: &tree::Environment, environment: &Environment) {
        let mut taken: BTreeMap<String, &str> = BTreeMap::new();
        for (name, place) in &environment.services {
            for url in &place.instances {
                taken.insert(url.trim_start_matches("https://").trim_start_matches("http://").to_owned(), name);
            }
        }
        let mut proxies: Vec<(&Toxiproxy, &str)> = Vec::new();
        for service in &written.services {
            let Some(place) = environment.services.get(&service.name.text) else { continue };
            if let Some(own) = &place.toxiproxy {
                match proxies.iter().find(|(other, _)| *other == own) {
                    Some((_, other)) => {
                        let headline = format!("the proxy `{}` is that of `{other}` already", own.proxy);
                        let help = "a toxic in it would hit both: give every service a proxy of its own";
                        self.report(errors::place(headline, service.name.span, help));
                    }
                    None => proxies.push((own, &service.name.text)),
                }
            }
            for address in place.through.iter().chain(&place.admin) {
                if let Some(other) = taken.insert(address.clone(), &service.name.text) {
                    let headline = format!("{address} is taken: it is an address of `{other}`");
                    let at = service.through.as_ref().map_or(service.name.span, |expr| expr.span);
                    self.report(errors::place(headline, at, "give every proxy and service an address of its own"));
                }
            }
        }
    }

    fn place(&mut self, written: &tree::PlacedService, secrets: Option<&[String]>) -> Place {
        let through = written.through.as_ref().and_then(|expr| self.address(expr));
        let (mut instances, count) = self.instances(written);
        if let Some(url) = written.url.as_ref().and_then(|url| self.base_url(url)) {
            instances.insert(0, url);
        }
        Place {
            instances,
            count,
            selector: written.selector.as_ref().and_then(|expr| self.label_text(expr)),
            namespace: written.namespace.as_ref().and_then(|expr| self.namespace(expr)),
            admin: self.admin(written, through.as_ref()),
            token: self.admin_token(written, secrets),
            toxiproxy: written.toxiproxy.as_ref().and_then(|(name, at)| self.toxiproxy(name, at)),
            through: through.map(|address| address.to_string()),
            start: written.start.as_ref().and_then(|command| self.command(command)),
            processes: written.processes.as_ref().and_then(|(kind, value)| self.processes(kind, value)),
            restarts: written.restarts.as_ref().and_then(|restarts| self.restart(restarts, written.start.is_some())),
            span: Some(written.name.span),
        }
    }

    /// A name is one segment of a path of the API.
    fn toxiproxy(&mut self, name: &Expr, at: &Expr) -> Option<Toxiproxy> {
        let (proxy, server) = (self.typing(Context::default()).text(name), self.url(at));
        let (proxy, server) = (proxy?, server?);
        if matches!(proxy.as_str(), "" | "." | "..") || proxy.contains(|c: char| c == '/' || c.is_control()) {
            let help = "write the name that it has there: `toxiproxy-cli list` tells it";
            self.report(errors::place(format!("`{proxy}` is no name of a proxy"), name.span, help));
            return None;
        }
        if !matches!(server.path.as_str(), "" | "/") {
            let headline = "the API of a Toxiproxy has no path".to_owned();
            self.report(errors::place(headline, at.span, &format!("write `{}`", server.base())));
            return None;
        }
        Some(Toxiproxy { proxy, server: server.base() })
    }

    /// `instances "http://…", "http://…"`, or how many there are: `instances 6`.
    fn instances(&mut self, written: &tree::PlacedService) -> (Vec<String>, Option<u32>) {
        if let [one] = written.instances.as_slice()
            && self.is_number(one)
        {
            let count = self.typing(Context::default()).constant(one, &Type::Count, "instances");
            let range = Interval::new(1.0, 1_000_000.0);
            let inside = count.filter(|count| Interval::point(*count).within(range));
            if let (Some(count), None) = (count, inside) {
                self.report(errors::outside(Interval::point(count), one.span, range, &Type::Count, None));
            }
            return (Vec::new(), inside.map(|count| count as u32));
        }
        (written.instances.iter().filter_map(|url| self.base_url(url)).collect(), None)
    }

    fn is_number(&mut self, written: &Expr) -> bool {
        match &written.kind {
            ExprKind::Number(_) | ExprKind::Quantity(..) | ExprKind::Negative(_) | ExprKind::Binary(..) => true,
            ExprKind::Path(path) => {
                let typing = self.typing(Context::default());
                typing.value_of(path).is_some_and(|value| value.ty.is_quantity() && value.ty != Type::Error)
            }
            _ => false,
        }
    }

    fn namespace(&mut self, written: &Expr) -> Option<String> {
        let text = self.typing(Context::default()).text(written)?;
        if !is_namespace(&text) {
            let help = "a namespace has lower-case letters, digits and hyphens";
            self.report(errors::place(format!("`{text}` is no namespace"), written.span, help));
            return None;
        }
        Some(text)
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

    /// What opens the admin API of a proxy that somebody else has started.
    fn admin_token(&mut self, written: &tree::PlacedService, secrets: Option<&[String]>) -> Option<SecretRef> {
        self.distinct("argument", written.admin_arguments.iter().filter_map(|argument| argument.name.as_ref()));
        let mut token = None;
        for argument in &written.admin_arguments {
            match &argument.name {
                Some(name) if name.text == "token" => token = self.secret(&argument.value, "token", "PROXY", secrets),
                Some(name) => self.report(errors::unknown("argument", &name.text, name.span, ["token"])),
                None => {}
            }
        }
        token
    }

    pub(super) fn url(&mut self, written: &Expr) -> Option<Url> {
        let text = self.typing(Context::default()).text(written)?;
        let read = Url::parse(&text);
        read.map_err(|error| self.report(errors::place(error, written.span, "write it like `http://127.0.0.1:7300`")))
            .ok()
    }

    fn base_url(&mut self, written: &Expr) -> Option<String> {
        let url = self.url(written)?;
        if !matches!(url.path.as_str(), "" | "/") {
            let headline = "a service's URL has no path".to_owned();
            self.report(errors::place(headline, written.span, &format!("write `{}`", url.base())));
        }
        Some(url.base())
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

    fn restart(&mut self, written: &tree::Restarts, started: bool) -> Option<Restart> {
        let by = match written.by.text.as_str() {
            "runner" if !started => {
                let headline = "the runner restarts only what it started".to_owned();
                let help = "add `start \"…\"`, or write `restarts by orchestrator`";
                self.report(errors::place(headline, written.by.span, help));
                return None;
            }
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
}

/// Whether a matcher lets every alert through.
fn matches_everything(matcher: &tree::Matcher) -> bool {
    let regex = crate::types::selector::anchored(&matcher.value);
    matcher.operator == "=~" && regex.is_ok_and(|regex| regex.is_match("") && regex.is_match("any-Value_1 of all"))
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
