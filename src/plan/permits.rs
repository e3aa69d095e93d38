//! What a fault's component may do: what its manifest asks, as far as the environment grants it for this target.

use super::errors;
use super::world::Process;
use crate::diagnostics::Diagnostic;
use crate::names::component::Capability;
use crate::types::address::Url;
use crate::types::model::{ComponentName, Environment, Fault, Inject, Permit, Place, ProcessSource};

/// A component that asks for what nobody granted is a finding: it could do nothing.
pub(super) fn permits(
    inject: &Inject,
    environment: &Environment,
    processes: &[Process],
    findings: &mut Vec<Diagnostic>,
) -> Vec<Permit> {
    let place = environment.services.get(&inject.target);
    let mut all = Vec::new();
    for capability in &inject.fault.capabilities {
        for scope in &capability.scope {
            let found = match (capability.name.as_str(), scope.as_str()) {
                // The target's own proxy, which the run knows: the fault works in it.
                ("http", "target:admin") => continue,
                ("process", "target") => of_target(&inject.target, place, processes),
                ("http", "target:toxiproxy") => {
                    let place = place.and_then(|place| place.toxiproxy.clone());
                    if place.is_none() && !environment.flawed {
                        findings.push(errors::no_toxiproxy(inject, &environment.name, environment.span));
                    }
                    place.into_iter().map(Permit::Toxiproxy).collect()
                }
                (name, "target:address") => addresses(name, place),
                (_, scope) => granted(inject, environment, capability, scope),
            };
            if found.is_empty() && scope == "granted" && !environment.flawed {
                findings.push(errors::not_granted(inject, capability, &environment.name, environment.span));
            }
            all.extend(found.into_iter().filter(|permit| !all.contains(permit)).collect::<Vec<_>>());
        }
    }
    all
}

/// What the environment grants of a capability: all of it, or the one thing that the manifest names.
fn granted(inject: &Inject, environment: &Environment, capability: &Capability, scope: &str) -> Vec<Permit> {
    let meant = |named: &Permit| match named {
        Permit::Http(text) | Permit::Tcp(text) | Permit::Exec(text) | Permit::Files(text) => text == scope,
        Permit::Toxiproxy(_) | Permit::Processes { .. } => false,
    };
    let fits = |permit: &Permit| scope == "granted" || meant(permit);
    let grants = environment.grants.iter().filter(|grant| {
        grant.capability == capability.name
            && is_component(&grant.to, &inject.fault)
            && (grant.services.is_empty() || grant.services.contains(&inject.target))
            && fits(&grant.permit)
    });
    grants.map(|grant| grant.permit.clone()).collect()
}

/// A component is meant by its file, or by its name if it is a standard one: none gets what was granted to another by calling
/// itself so.
fn is_component(name: &ComponentName, fault: &Fault) -> bool {
    match (name, &fault.file) {
        (ComponentName::File(path), Some(file)) => *path == file.path,
        (ComponentName::Standard(name), None) => *name == fault.component,
        _ => false,
    }
}

fn of_target(target: &str, place: Option<&Place>, processes: &[Process]) -> Vec<Permit> {
    let started = processes.iter().filter(|process| process.service == target);
    let started = started.map(|process| (process.name.clone(), ProcessSource::Started));
    let declared = place.and_then(|place| place.processes.clone()).map(|source| (target.to_owned(), source));
    started.chain(declared).map(|(of, by)| Permit::Processes { of, by }).collect()
}

fn addresses(capability: &str, place: Option<&Place>) -> Vec<Permit> {
    let urls = place.map_or(&[][..], |place| &place.instances);
    let permit = |url: &String| match capability {
        "http" => Some(Permit::Http(url.clone())),
        "tcp" => Url::parse(url).ok().map(|url| Permit::Tcp(url.address.to_string())),
        _ => None,
    };
    urls.iter().filter_map(permit).collect()
}
