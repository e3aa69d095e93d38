//! A system: its services, their metrics and SLOs.

use crate::base::{Interval, Span};
use crate::types::Type;
use crate::types::term::{Condition, MetricId};
use serde::Serialize;

/// A system: services, who calls whom, what healthy means.
#[derive(Clone, Debug)]
pub struct System {
    /// Its name.
    pub name: String,
    /// Its services.
    pub services: Vec<Service>,
}

impl System {
    /// The service with this name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    /// The metric with this name.
    pub fn metric(&self, id: &MetricId) -> Option<&Metric> {
        self.service(&id.service)?.metrics.iter().find(|metric| metric.name == id.metric)
    }

    /// The services that call `name`.
    pub fn callers(&self, name: &str) -> Vec<&str> {
        let calling = self.services.iter().filter(|service| service.calls.iter().any(|called| called == name));
        calling.map(|service| service.name.as_str()).collect()
    }
}

/// A service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The services it calls.
    pub calls: Vec<String>,
    /// Its metrics.
    pub metrics: Vec<Metric>,
    /// What healthy means.
    pub slos: Vec<Slo>,
    /// Whether part of it could not be read: then a metric that it lacks may be there.
    pub damaged: bool,
}

/// A metric's declaration.
#[derive(Clone, Debug)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Its range.
    pub range: Interval,
    /// Where it is declared.
    pub span: Span,
}

/// A service-level objective.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Slo {
    /// Whose; empty for an experiment's own steady state.
    pub service: String,
    /// What must hold.
    pub condition: Condition,
    /// The period of its error budget, in seconds.
    pub period: f64,
    /// The author's words, with the service's name.
    #[serde(rename = "written")]
    pub text: String,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}
