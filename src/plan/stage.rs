//! What a system and an environment bring to every plan that is made of them.

use super::world::{self, Process, Proxy};
use crate::diagnostics::Diagnostic;
use crate::types::model::{Environment, Place, Slo, System};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A system in an environment, made once for all experiments that are planned there.
#[derive(Debug)]
pub struct Stage<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// Proxies that must stand, in order.
    pub(super) proxies: Arc<[Proxy]>,
    /// Processes to start, in order.
    pub(super) processes: Arc<[Process]>,
    /// For each service, those that call it.
    pub(super) callers: Arc<BTreeMap<String, Vec<String>>>,
    /// Where the services are.
    pub(super) places: Arc<BTreeMap<String, Place>>,
    /// Every SLO of the system.
    pub(super) slos: Vec<Slo>,
    /// What is wrong with them.
    pub(super) findings: Vec<Diagnostic>,
}

impl<'a> Stage<'a> {
    /// Of a system in an environment.
    pub fn of(system: &System, environment: &'a Environment) -> Self {
        let mut findings = Vec::new();
        let slos = system.services.iter().flat_map(|service| service.slos.iter().cloned());
        Self {
            environment,
            proxies: world::proxies(system, environment, &mut findings).into(),
            processes: world::processes(system, environment, &mut findings).into(),
            callers: Arc::new(callers(system)),
            places: Arc::new(environment.services.clone()),
            slos: slos.map(named).collect(),
            findings,
        }
    }
}

/// An SLO's words with its service's name, as it is spoken of outside the service.
pub(super) fn named(slo: Slo) -> Slo {
    let text = match slo.service.as_str() {
        "" => slo.text,
        service => format!("{service}: {}", slo.text),
    };
    Slo { text, ..slo }
}

/// Each service with those that call it, by name.
fn callers(system: &System) -> BTreeMap<String, Vec<String>> {
    let services = system.services.iter();
    let mut callers: BTreeMap<String, Vec<String>> = services.map(|it| (it.name.clone(), Vec::new())).collect();
    for service in &system.services {
        for called in &service.calls {
            let list = callers.get_mut(called).filter(|list| !list.contains(&service.name));
            list.into_iter().for_each(|list| list.push(service.name.clone()));
        }
    }
    callers.values_mut().for_each(|list| list.sort());
    callers
}
