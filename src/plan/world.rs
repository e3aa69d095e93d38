//! What an environment adds to a plan: proxies that must stand, processes to start, endpoints to read.

use super::errors;
use crate::diagnostics::Diagnostic;
use crate::types::address::Url;
use crate::types::model::{Access, Environment, Place, Restart, Service, Source, SourceKind, SourceRef, System};
use crate::types::secret::SecretRef;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A fault proxy in the traffic path of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxy {
    /// The service behind it.
    pub service: String,
    /// `host:port` that callers use.
    pub listen: String,
    /// `http://host:port` of each instance of the service; requests go to them in turn.
    pub upstreams: Vec<String>,
    /// `host:port` of the admin API.
    pub admin: String,
    /// The secret that is the token of that API, where the environment names one: somebody else has started the proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretRef>,
    /// Whether every caller is started by the run, so that the proxy may be stopped after them.
    pub stoppable: bool,
}

/// A process to start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Process {
    /// The service it belongs to.
    pub service: String,
    /// A name for people and logs: the service's, with a number where it has several instances.
    pub name: String,
    /// Program and arguments.
    pub command: Vec<String>,
    /// `host:port` at which it must answer, where it has one.
    pub address: Option<String>,
    /// Who restarts it.
    pub restarts: Option<Restart>,
}

/// The proxies of an environment, in order of their services' names.
pub(super) fn proxies(system: &System, environment: &Environment, findings: &mut Vec<Diagnostic>) -> Vec<Proxy> {
    let mut all = Vec::new();
    for (service, place) in &environment.services {
        let (Some(listen), Some(admin)) = (&place.through, &place.admin) else { continue };
        if place.instances.is_empty() {
            let missing = errors::no_upstream(service, place.span.unwrap_or(environment.span));
            findings.extend((!environment.flawed).then_some(missing));
            continue;
        }
        let callers = system.callers(service);
        let started = |caller: &&str| environment.services.get(*caller).is_some_and(|place| place.start.is_some());
        all.push(Proxy {
            service: service.clone(),
            listen: listen.clone(),
            upstreams: place.instances.clone(),
            admin: admin.clone(),
            token: place.token.clone(),
            stoppable: !callers.is_empty() && callers.iter().all(started),
        });
    }
    all
}

/// The processes of an environment: called services before their callers, so that nobody starts against a closed door.
pub(super) fn processes(system: &System, environment: &Environment, findings: &mut Vec<Diagnostic>) -> Vec<Process> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    let services: BTreeMap<&str, &Service> = system.services.iter().map(|it| (it.name.as_str(), it)).collect();
    for service in &system.services {
        callees_first(&services, &service.name, &mut seen, &mut order);
    }
    let placed = order.iter().filter_map(|name| environment.services.get(*name).map(|place| (*name, place)));
    placed.flat_map(|(name, place)| of_service(name, place, environment, findings)).collect()
}

fn callees_first<'a>(
    services: &BTreeMap<&'a str, &'a Service>,
    name: &'a str,
    seen: &mut BTreeSet<&'a str>,
    order: &mut Vec<&'a str>,
) {
    if !seen.insert(name) {
        return;
    }
    for called in services.get(name).map_or(&[][..], |service| &service.calls) {
        callees_first(services, called, seen, order);
    }
    order.push(name);
}

fn of_service(name: &str, place: &Place, environment: &Environment, findings: &mut Vec<Diagnostic>) -> Vec<Process> {
    let Some(command) = &place.start else { return Vec::new() };
    let addresses: Vec<Option<String>> = match place.instances.as_slice() {
        [] => vec![None],
        urls => urls.iter().map(|url| Url::parse(url).ok().map(|url| url.address.to_string())).collect(),
    };
    let several = addresses.len() > 1;
    let one = |(at, address): (usize, Option<String>)| Process {
        service: name.to_owned(),
        name: if several { format!("{name}-{}", at + 1) } else { name.to_owned() },
        command: filled(command, name, address.as_deref(), environment, place, findings),
        address,
        restarts: place.restarts.clone(),
    };
    addresses.into_iter().enumerate().map(one).collect()
}

/// The command with `{port}` and `{service}` filled in: the instance's own port, and the URL at which callers reach a service.
fn filled(
    command: &[String],
    name: &str,
    address: Option<&str>,
    environment: &Environment,
    place: &Place,
    findings: &mut Vec<Diagnostic>,
) -> Vec<String> {
    let port = address.and_then(|address| address.rsplit_once(':')).map(|(_, port)| port.to_owned());
    let mut values: BTreeMap<String, String> = environment
        .services
        .iter()
        .filter_map(|(service, place)| place.called().map(|url| (service.clone(), url)))
        .collect();
    values.extend(port.map(|port| ("port".to_owned(), port)));
    let mut fill = |word: &String| {
        fill_word(word, &values).unwrap_or_else(|unknown| {
            findings.push(errors::unknown_placeholder(name, &unknown, place.span.unwrap_or(environment.span), &values));
            word.clone()
        })
    };
    command.iter().map(&mut fill).collect()
}

fn fill_word(word: &str, values: &BTreeMap<String, String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push_str(values.get(name).ok_or_else(|| name.to_owned())?);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

/// The endpoints behind the sources that are in use.
pub(super) fn sources<'a>(
    used: impl Iterator<Item = &'a SourceRef>,
    environment: &Environment,
    proxies: &[Proxy],
) -> BTreeMap<SourceRef, Source> {
    let distinct: BTreeSet<&SourceRef> = used.collect();
    let found = distinct.into_iter().filter_map(|source| {
        let endpoint = match source {
            SourceRef::Declared(name) => environment.sources.get(name).cloned(),
            SourceRef::Proxy(service) => proxies.iter().find(|proxy| proxy.service == *service).map(proxy_source),
            SourceRef::Probe(metric) => environment.probes.get(metric).cloned(),
        };
        endpoint.map(|endpoint| (source.clone(), endpoint))
    });
    found.collect()
}

/// A proxy's own view of its traffic.
pub(super) fn proxy_source(proxy: &Proxy) -> Source {
    Source {
        kind: SourceKind::Scrape,
        urls: vec![format!("http://{}/metrics", proxy.admin)],
        every: 1.0,
        scrape: 0.0,
        access: Access::default(),
    }
}
