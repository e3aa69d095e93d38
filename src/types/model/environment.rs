//! An environment: where services are, and what may be done to them.

use super::{Binding, Granted, Limits, ProcessSource, Source};
use crate::base::Span;
use crate::types::secret::SecretRef;
use crate::types::term::MetricId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An environment: where a system is.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// The system's name.
    pub system: String,
    /// `tier`; `development` unless said.
    pub tier: String,
    /// Where services are.
    pub services: BTreeMap<String, Place>,
    /// Sources, by name.
    pub sources: BTreeMap<String, Source>,
    /// Probes that are read again and again, by the metric that each gives.
    pub probes: BTreeMap<MetricId, Source>,
    /// What metrics are read from.
    pub bindings: BTreeMap<MetricId, Binding>,
    /// What may be injected where.
    pub allowances: Vec<Allowance>,
    /// The last names of the plugins of its project: what `allow` means by them.
    pub plugins: Vec<String>,
    /// What components may do.
    pub grants: Vec<Granted>,
    /// Its limits.
    pub limits: Limits,
    /// Labels that a target must carry: selectors of Kubernetes.
    pub required_labels: Vec<String>,
    /// Where alerts are silenced during a run, with the place.
    pub silences: Vec<(String, Span)>,
    /// Whether a mistake in it was reported already: then what lacks because of it is not reported again.
    pub flawed: bool,
    /// Its name's place.
    pub span: Span,
}

/// A service's place.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Place {
    /// `http://host:port` of each instance.
    pub instances: Vec<String>,
    /// How many instances there are, where it is said.
    pub count: Option<u32>,
    /// Which pods it is on a cluster.
    pub selector: Option<String>,
    /// In which namespace.
    pub namespace: Option<String>,
    /// `host:port` of the proxy that callers use.
    pub through: Option<String>,
    /// `host:port` of the proxy's admin API.
    pub admin: Option<String>,
    /// The secret that is the bearer token of that API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretRef>,
    /// The proxy of a Toxiproxy that callers use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toxiproxy: Option<Toxiproxy>,
    /// The command that starts an instance.
    pub start: Option<Vec<String>>,
    /// How its processes are found, where the run does not start them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<ProcessSource>,
    /// Who restarts it.
    pub restarts: Option<Restart>,
    /// Where it is written.
    #[serde(skip)]
    pub span: Option<Span>,
}

impl Place {
    /// The base URL that callers use.
    pub fn called(&self) -> Option<String> {
        let through = self.through.as_ref().map(|address| format!("http://{address}"));
        through.or_else(|| self.instances.first().cloned())
    }
}

/// `toxiproxy "store" at "http://127.0.0.1:8474"`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toxiproxy {
    /// The proxy's name there.
    pub proxy: String,
    /// The origin of the API.
    pub server: String,
}

/// `restarts by runner after 1s`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Restart {
    /// Who.
    pub by: Restarter,
    /// After how long, in seconds.
    pub after: f64,
}

/// Who restarts a service's processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Restarter {
    /// The runner, which started them.
    Runner,
    /// Somebody outside: an orchestrator, a supervisor.
    Orchestrator,
}

/// `allow http.* on payment`.
#[derive(Clone, Debug)]
pub struct Allowance {
    /// Module; empty for a fault of the experiment's own files.
    pub module: String,
    /// Fault; none: all of the module.
    pub fault: Option<String>,
    /// Services.
    pub services: Vec<String>,
}
