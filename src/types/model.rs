//! The typed model: what the declarations of a program say once they are understood.

use super::selector::Selector;
use super::term::{Condition, Demand, LimitName, MetricId, Term};
use crate::base::{Interval, Span};
use crate::types::Type;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slo {
    /// Whose.
    pub service: String,
    /// What must hold.
    pub condition: Condition,
    /// The author's words, with the service's name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A parameter of an experiment or a fault.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Its range.
    pub range: Interval,
    /// Where the range is written.
    pub range_span: Option<Span>,
    /// Its default.
    pub default: Option<Argument>,
    /// Whether a default is written, even one that is wrong.
    pub has_default: bool,
    /// Where it is declared.
    pub span: Span,
}

/// The value given to a fault's parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Argument {
    /// A quantity.
    Term(Term),
    /// A text.
    Text(String),
    /// `true`, `false`.
    Bool(bool),
    /// A service.
    Service(String),
}

/// How a fault ends when nobody undoes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Ends by itself at the target when its lease is not renewed.
    Leased,
    /// The runner or `chaos recover` must undo it.
    Revertible,
    /// Somebody brings it back.
    SelfHealing,
    /// It cannot be undone.
    Irreversible,
}

impl Class {
    /// All classes with their words.
    pub const ALL: &'static [(&'static str, Class)] = &[
        ("leased", Class::Leased),
        ("revertible", Class::Revertible),
        ("self_healing", Class::SelfHealing),
        ("irreversible", Class::Irreversible),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, class)| *class == self).map_or("", |(word, _)| word)
    }
}

/// A fault: the typed face of one action of a component.
#[derive(Clone, Debug)]
pub struct Fault {
    /// As the experiment calls it, with its module.
    pub name: String,
    /// The standard module it is declared in, by its last name; none for a fault of the user's own files.
    pub home: Option<String>,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// The component behind it.
    pub component: String,
    /// The component's action.
    pub action: String,
    /// The share of the target's requests that it touches.
    pub touches: Term,
    /// The share of the target's requests that it fails.
    pub fails: Term,
    /// What two faults cannot share: `requests`, `instance`, `host`.
    pub resource: String,
    /// How it ends.
    pub class: Class,
    /// Where it is declared.
    pub span: Span,
}

/// Upper bounds, with the places where they are written.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Services that may be faulted; none: not said.
    pub services: Option<(BTreeSet<String>, Span)>,
    /// Services whose SLOs may bend.
    pub bends: Option<BTreeSet<String>>,
    /// The bounds.
    pub bounds: BTreeMap<LimitName, (Term, Span)>,
}

/// An experiment.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Its name.
    pub name: String,
    /// `id`.
    pub id: Option<String>,
    /// The sentence that is tested.
    pub hypothesis: Option<String>,
    /// Parameters.
    pub parameters: Vec<Parameter>,
    /// The window of aggregates that do not say `over`, in seconds.
    pub window: f64,
    /// How long the steady state is judged, in seconds.
    pub baseline: f64,
    /// How long data may be missing, in seconds.
    pub no_data: f64,
    /// Its limits.
    pub limits: Limits,
    /// Its triggers.
    pub aborts: Vec<Trigger>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Expectations on the whole run.
    pub expectations: Vec<Expectation>,
    /// Its name's place.
    pub span: Span,
}

/// `abort when φ for d`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// φ.
    pub condition: Condition,
    /// How long φ must have held, in seconds.
    pub hold: f64,
    /// The author's words.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// `expect …`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    /// The step's name, where one is given.
    pub name: Option<String>,
    /// The condition.
    pub condition: Condition,
    /// What it demands in time.
    pub demand: Demand,
    /// The author's words.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A step of a run.
#[derive(Clone, Debug)]
pub enum Step {
    /// Inject a fault.
    Inject(Inject),
    /// Check a condition.
    Expect(Expectation),
    /// Let time pass.
    Wait {
        /// The step's name, where one is given.
        name: Option<String>,
        /// For how long, in seconds.
        duration: Term,
        /// Where it stands.
        span: Span,
    },
    /// Branches that start together.
    Parallel(Vec<Step>),
    /// Steps one after the other.
    Sequence(Vec<Step>),
}

/// `inject …`.
#[derive(Clone, Debug)]
pub struct Inject {
    /// The step's name, where one is given.
    pub name: Option<String>,
    /// The fault.
    pub fault: Fault,
    /// The faulted service.
    pub target: String,
    /// Every parameter but the target, defaults filled in.
    pub arguments: BTreeMap<String, Argument>,
    /// How long, in seconds.
    pub duration: Term,
    /// What is expected meanwhile.
    pub expectations: Vec<Expectation>,
    /// Whether it may be active together with another fault on the same resource.
    pub may_interfere: bool,
    /// Where it stands.
    pub span: Span,
    /// Where the target is written.
    pub target_span: Span,
}

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
    /// Scraped sources, by name.
    pub sources: BTreeMap<String, Scrape>,
    /// What metrics are read from.
    pub bindings: BTreeMap<MetricId, Binding>,
    /// What may be injected where.
    pub allowances: Vec<Allowance>,
    /// Its limits.
    pub limits: Limits,
    /// Whether a mistake in it was reported already: then what lacks because of it is not reported again.
    pub flawed: bool,
    /// Its name's place.
    pub span: Span,
}

/// A service's place.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// `http://host:port` of each instance.
    pub instances: Vec<String>,
    /// `host:port` of the proxy that callers use.
    pub through: Option<String>,
    /// `host:port` of the proxy's admin API.
    pub admin: Option<String>,
    /// The command that starts an instance.
    pub start: Option<Vec<String>>,
    /// Who restarts it.
    pub restarts: Option<Restart>,
    /// Where it is written.
    pub span: Option<Span>,
}

impl Place {
    /// The base URL that callers use.
    pub fn called(&self) -> Option<String> {
        let through = self.through.as_ref().map(|address| format!("http://{address}"));
        through.or_else(|| self.instances.first().cloned())
    }
}

/// `restarts by runner after 1s`.
#[derive(Clone, Debug, PartialEq)]
pub struct Restart {
    /// Who.
    pub by: Restarter,
    /// After how long, in seconds.
    pub after: f64,
}

/// Who restarts a service's processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restarter {
    /// The runner, which started them.
    Runner,
    /// Somebody outside: an orchestrator, a supervisor.
    Orchestrator,
}

/// `scrape(…)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scrape {
    /// The endpoints.
    pub urls: Vec<String>,
    /// How often, in seconds.
    pub every: f64,
}

/// What a metric is read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// Where from.
    pub source: SourceRef,
    /// How.
    pub how: How,
    /// Where it is written.
    pub span: Span,
}

/// A source of a binding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceRef {
    /// A declared source.
    Declared(String),
    /// The fault proxy's own view of a service's traffic.
    Proxy(String),
}

/// How a metric is made of a source's series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Growth of one counter over growth of another.
    Ratio {
        /// What counts as good.
        good: Selector,
        /// What counts at all.
        all: Selector,
    },
    /// A classic histogram whose values are `unit` base units each.
    Histogram {
        /// The histogram's name and labels.
        of: Selector,
        /// The size of its unit in base units.
        unit: f64,
    },
    /// A counter.
    Counter(Selector),
    /// A gauge whose values are `unit` base units each; several series add up.
    Gauge {
        /// The gauge's name and labels.
        of: Selector,
        /// The size of its unit in base units.
        unit: f64,
    },
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
