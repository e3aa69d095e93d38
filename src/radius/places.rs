//! Where faults reach: services that may be faulted, namespaces, selectors and hosts.

use super::repair::Excess;
use super::{Fault, errors};
use crate::plan::{PlaceLimit, Plan};
use crate::types::labels::labels;
use crate::types::model::Place;

/// Reports each fault that reaches where it may not.
pub fn check(plan: &Plan, faults: &[Fault], findings: &mut Vec<Excess>) {
    for fault in faults {
        let target = &fault.injection.target;
        if !plan.limits.services.contains(target) && plan.limits.services_span.is_some() {
            let own = plan.limits.can_add(target);
            findings.push(errors::service(target, fault.injection.target_span, plan.limits.services_span, own).into());
        }
        for limit in &plan.limits.places {
            if let Some(reason) = outside(plan, fault, limit) {
                findings.push(errors::place(&reason, limit, fault.injection.target_span).into());
            }
        }
    }
}

/// Why a fault may reach what a limit does not allow; nothing where it cannot.
fn outside(plan: &Plan, fault: &Fault, limit: &PlaceLimit) -> Option<String> {
    let target = &fault.injection.target;
    let place = plan.places.get(target)?;
    match limit.word.as_str() {
        "namespaces" => namespace(target, place, &limit.allowed),
        "selector" => selector(target, place, &limit.allowed),
        _ => host(plan, fault, place, &limit.allowed),
    }
}

fn namespace(target: &str, place: &Place, allowed: &[String]) -> Option<String> {
    match &place.namespace {
        Some(namespace) if allowed.contains(namespace) => None,
        Some(namespace) => Some(format!("`{target}` is in the namespace `{namespace}`")),
        // On no cluster there are no namespaces.
        None if place.selector.is_none() => None,
        None => Some(format!("in which namespace `{target}` is, the environment does not say")),
    }
}

fn selector(target: &str, place: &Place, allowed: &[String]) -> Option<String> {
    let Some(written) = &place.selector else {
        let on_a_cluster = place.namespace.is_some();
        return on_a_cluster.then(|| format!("`{target}` has a namespace and no selector"));
    };
    let own = labels(written).ok()?;
    let within = allowed.iter().filter_map(|text| labels(text).ok()).any(|allowed| own.within(&allowed));
    (!within).then(|| format!("`{target}` is selected by `{written}`, which takes more"))
}

/// The addresses to which the fault's injector talks: the proxy's for faults of requests, the instances' for others.
fn host(plan: &Plan, fault: &Fault, place: &Place, allowed: &[String]) -> Option<String> {
    let proxy = plan.proxies.iter().find(|proxy| proxy.service == fault.injection.target);
    let addresses: Vec<String> = match proxy {
        Some(proxy) if fault.injection.resource == "requests" => vec![proxy.admin.clone()],
        _ => place.instances.clone(),
    };
    let fits = |address: &String| allowed.iter().any(|pattern| matches(pattern, address));
    let wrong = addresses.iter().find(|address| !fits(address))?;
    Some(format!("the injector of `{}` talks to `{wrong}`", fault.step.name))
}

/// Whether an address fits a pattern, in which `*` stands for any text; with the port or without.
fn matches(pattern: &str, address: &str) -> bool {
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    [address, host, bare].into_iter().any(|text| fits(pattern, text))
}

fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn hosts_are_matched_with_and_without_their_port() {
        for (pattern, address, fits) in [
            ("10.0.0.*", "10.0.0.7:8080", true),
            ("10.0.0.*", "10.0.1.7:8080", false),
            ("127.0.0.1", "127.0.0.1:17392", true),
            ("127.0.0.1:17392", "127.0.0.1:17392", true),
            ("127.0.0.1:1", "127.0.0.1:17392", false),
            ("*.example", "http://payment.example", true),
            ("a*a", "a", false),
            ("*", "anything:1", true),
            ("::1", "[::1]:80", true),
        ] {
            assert_eq!(matches(pattern, address), fits, "{pattern} {address}");
        }
    }
}
