//! The typed model: what the declarations of a program say once they are understood.

use super::secret::SecretRef;
use super::selector::{MatchOperator, Matcher, Selector};
use super::term::{Cohort, Condition, Demand, LimitName, MetricId, Term};
use crate::base::{Interval, Span};
use crate::types::Type;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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
    /// The bounds of the range, where they depend on parameters before it.
    pub bounds: Option<(Term, Term)>,
    /// Its default.
    pub default: Option<Argument>,
    /// Whether a default is written, even one that is wrong.
    pub has_default: bool,
    /// Whether its range is left to whoever uses it: a scenario's parameter without one.
    pub open: bool,
    /// Of a scenario's service: the metrics that it must have.
    pub needs: Vec<Metric>,
    /// Where it is declared.
    pub span: Span,
}

/// The value given to a fault's parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Argument {
    /// A quantity.
    #[serde(rename = "quantity")]
    Term(Term),
    /// A text.
    Text(String),
    /// `true`, `false`.
    Bool(bool),
    /// A service.
    Service(String),
    /// A word of an enumeration.
    Word(String),
    /// What a probe returned, by the name of the step that called it.
    Answer(String),
    /// Several values.
    List(Vec<Argument>),
    /// A value that is not known yet: of a scenario's parameter, in the scenario itself.
    Any,
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
    /// How much of the target it touches: a share of its requests, or a number of its instances.
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

impl Fault {
    /// Its name with that of its standard module, whatever the experiment calls either.
    pub fn full_name(&self) -> String {
        full_name(&self.name, self.home.as_deref())
    }
}

fn full_name(called: &str, home: Option<&str>) -> String {
    let own = called.rsplit('.').next().unwrap_or(called);
    home.map_or_else(|| own.to_owned(), |home| format!("{home}.{own}"))
}

/// A probe: the typed face of a read.
#[derive(Clone, Debug)]
pub struct Probe {
    /// As the experiment calls it, with its module.
    pub name: String,
    /// The standard module it is declared in, by its last name; none for a probe of the user's own files.
    pub home: Option<String>,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// What it returns.
    pub returns: Type,
    /// The component behind it.
    pub component: String,
    /// The component's action.
    pub action: String,
    /// Where it is declared.
    pub span: Span,
}

impl Probe {
    /// Its name with that of its standard module, whatever the experiment calls either.
    pub fn full_name(&self) -> String {
        full_name(&self.name, self.home.as_deref())
    }
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
    /// Shares of SLOs' error budgets that may be spent.
    pub budgets: Vec<(MetricId, Term, Span)>,
    /// `namespaces`, `selector`, `hosts`, as they are written.
    pub places: BTreeMap<String, (Vec<String>, Span)>,
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
    /// Who answers for it.
    pub owner: Option<String>,
    /// Parameters.
    pub parameters: Vec<Parameter>,
    /// The window of aggregates that do not say `over`, in seconds.
    pub window: f64,
    /// How long the steady state is judged, in seconds.
    pub baseline: f64,
    /// How long data may be missing, in seconds.
    pub no_data: f64,
    /// Its own steady state, beside the system's SLOs.
    pub steady: Vec<Slo>,
    /// Whether it consents to what cannot be undone.
    pub consents: bool,
    /// Its limits.
    pub limits: Limits,
    /// Its triggers.
    pub aborts: Vec<Trigger>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Expectations on the whole run.
    pub expectations: Vec<Expectation>,
    /// Where it is meant that only amplification can refute what is expected.
    pub amplification: Vec<Span>,
    /// Whether part of it could not be read: then a step that is waited for may be there.
    pub damaged: bool,
    /// Its name's place.
    pub span: Span,
}

impl Experiment {
    /// All conditions: of its steady state, triggers and expectations, and what decides between ways.
    pub fn conditions(&self) -> Vec<&Condition> {
        let mut found: Vec<&Condition> = self.steady.iter().map(|it| &it.condition).collect();
        found.extend(self.aborts.iter().map(|it| &it.condition));
        found.extend(self.expectations.iter().map(|it| &it.condition));
        let mut open: Vec<&Step> = self.steps.iter().rev().collect();
        while let Some(step) = open.pop() {
            match &step.kind {
                StepKind::Inject(inject) => {
                    found.extend(inject.expectations.iter().map(|it| &it.condition));
                    if let Hold::Until(until) = &inject.hold {
                        found.push(&until.condition);
                    }
                }
                StepKind::Expect(expectation) => found.push(&expectation.condition),
                StepKind::When { condition, .. } => found.push(condition),
                _ => {}
            }
            open.extend(step.kind.blocks().into_iter().flatten().rev());
        }
        found
    }
}

/// `abort when φ for d`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trigger {
    /// φ.
    pub condition: Condition,
    /// How long φ must have held, in seconds.
    pub hold: f64,
    /// For how many samples φ must have held.
    pub samples: Option<u32>,
    /// The author's words.
    #[serde(rename = "written")]
    pub text: String,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

/// `expect …`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expectation {
    /// The step's name, where one is given.
    pub name: Option<String>,
    /// The condition.
    pub condition: Condition,
    /// What it demands in time.
    pub demand: Demand,
    /// The author's words.
    #[serde(rename = "written")]
    pub text: String,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

/// A step of a run.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// Its name, where one is given.
    pub name: Option<String>,
    /// What it waits for instead of the steps above it.
    pub after: Vec<After>,
    /// Where it stands.
    pub span: Span,
}

/// A step that is waited for.
#[derive(Clone, Debug, PartialEq)]
pub struct After {
    /// Its name, as it is written.
    pub step: String,
    /// How many seconds after its start; none: its end.
    pub start: Option<f64>,
    /// Where it is written.
    pub span: Span,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// Inject a fault.
    Inject(Box<Inject>),
    /// Check a condition.
    Expect(Expectation),
    /// Let time pass, in seconds.
    Wait(Term),
    /// Wait until every metric of the steady state is as quiet as in the baseline, at most this many seconds.
    Stable(f64),
    /// Read a value.
    Call(Box<Probe>, BTreeMap<String, Argument>),
    /// Let a person decide, at most this many seconds.
    Approve(String, f64),
    /// Branches that start together.
    Parallel(Vec<Step>),
    /// Steps one after the other.
    Sequence(Vec<Step>),
    /// A scenario's steps, whose names belong to this use of it.
    Scenario(String, Vec<Step>),
    /// One of two ways.
    When {
        /// What decides.
        condition: Condition,
        /// The author's words.
        text: String,
        /// The way when it holds.
        then: Vec<Step>,
        /// The way when it does not.
        otherwise: Vec<Step>,
    },
    /// The same steps several times.
    Repeat {
        /// How often.
        count: u32,
        /// Seconds between the starts of two rounds, at least.
        every: f64,
        /// A round.
        steps: Vec<Step>,
    },
    /// The same steps with a growing value.
    Escalate {
        /// The parameter that has the level's value in the block.
        variable: String,
        /// How the values are shown.
        ty: Type,
        /// The levels.
        levels: Vec<Term>,
        /// Seconds between the starts of two levels, at least.
        every: f64,
        /// The level that must be reached.
        reaching: Option<Term>,
        /// What is done at each level.
        steps: Vec<Step>,
    },
}

impl StepKind {
    /// The lists of steps inside it.
    pub fn blocks(&self) -> Vec<&[Step]> {
        match self {
            StepKind::Parallel(steps) | StepKind::Sequence(steps) | StepKind::Scenario(_, steps) => vec![steps],
            StepKind::Repeat { steps, .. } | StepKind::Escalate { steps, .. } => vec![steps],
            StepKind::When { then, otherwise, .. } => vec![then, otherwise],
            _ => Vec::new(),
        }
    }
}

/// `inject …`.
#[derive(Clone, Debug)]
pub struct Inject {
    /// The fault.
    pub fault: Arc<Fault>,
    /// The faulted service.
    pub target: String,
    /// Every parameter but the target, defaults filled in.
    pub arguments: BTreeMap<String, Argument>,
    /// How long.
    pub hold: Hold,
    /// What is expected meanwhile.
    pub expectations: Vec<Expectation>,
    /// Whether it may be active together with another fault on the same resource.
    pub may_interfere: bool,
    /// Where the target is written.
    pub target_span: Span,
}

/// How long a fault is held.
#[derive(Clone, Debug)]
pub enum Hold {
    /// This many seconds.
    For(Term),
    /// Until the expectation, a `within`, is decided.
    Until(Expectation),
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
    /// Sources, by name.
    pub sources: BTreeMap<String, Source>,
    /// Probes that are read again and again, by the metric that each gives.
    pub probes: BTreeMap<MetricId, Source>,
    /// What metrics are read from.
    pub bindings: BTreeMap<MetricId, Binding>,
    /// What may be injected where.
    pub allowances: Vec<Allowance>,
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
    /// The command that starts an instance.
    pub start: Option<Vec<String>>,
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

/// A source of metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// What it is.
    pub kind: SourceKind,
    /// The endpoints; of a Prometheus server, its one; of a probe none.
    pub urls: Vec<String>,
    /// How often it is read, in seconds.
    pub every: f64,
    /// How old the newest sample of a Prometheus server can be: how often it scrapes, in seconds. 0 where a read sees what is
    /// there now.
    pub scrape: f64,
    /// What opens it.
    pub access: Access,
}

impl Source {
    /// Seconds from a change to a read that can show it, the read's own time left out.
    pub fn lag(&self) -> f64 {
        self.every + self.scrape
    }
}

/// What opens a source, by where secrets come from; never their values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Access {
    /// The secret that is its bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretRef>,
    /// The user's name, where a password is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The secret that is the user's password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretRef>,
    /// The secret that is the client's certificate and its chain, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<SecretRef>,
    /// The secret that is the key of that certificate, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<SecretRef>,
    /// The file with the authorities that are trusted instead of the system's, as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// The folder of the file that says so: `ca` is relative to it.
    #[serde(skip)]
    pub folder: std::path::PathBuf,
}

impl Access {
    /// All secrets in it.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretRef> {
        [&self.token, &self.password, &self.certificate, &self.key].into_iter().flatten()
    }
}

/// Kinds of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Endpoints in the Prometheus text format.
    Scrape,
    /// A Prometheus server, or another that has its API.
    Prometheus,
    /// A probe.
    Probe,
}

/// What a metric is read from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Binding {
    /// Where from.
    pub source: SourceRef,
    /// How.
    pub how: How,
    /// The values that the metric can have: what a source gives beside them is a mistake, not a measurement.
    #[serde(skip)]
    pub range: Interval,
    /// The part of a proxy's traffic that it counts; all of it where none is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cohort: Option<Cohort>,
    /// Where it is written.
    #[serde(skip)]
    pub span: Span,
}

/// A source of a binding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceRef {
    /// A declared source.
    Declared(String),
    /// The fault proxy's own view of a service's traffic.
    Proxy(String),
    /// A probe of its own for one metric.
    Probe(MetricId),
}

/// A probe with what it is given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProbeUse {
    /// The probe, with its standard module's name.
    pub probe: String,
    /// The component behind it.
    #[serde(skip)]
    pub component: String,
    /// The component's action.
    #[serde(skip)]
    pub action: String,
    /// What it returns.
    pub returns: Type,
    /// The arguments, by parameter.
    pub arguments: BTreeMap<String, Argument>,
}

/// How a metric is made of a source's series.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    /// A query in PromQL whose values are `unit` base units each.
    Query {
        /// The query.
        query: String,
        /// The size of its unit in base units.
        unit: f64,
    },
    /// What a probe returns, `unit` base units each; a `bool` counts as one event, good or not.
    Probe {
        /// The probe.
        of: Box<ProbeUse>,
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

impl How {
    /// The same, of a part of a proxy's traffic.
    #[must_use]
    pub fn of_part(&self, cohort: Cohort) -> How {
        let value = match cohort {
            Cohort::Affected => "affected",
            Cohort::Others => "others",
        };
        let part = Matcher { label: COHORT.to_owned(), operator: MatchOperator::Equal, value: value.to_owned() };
        self.matching(|matchers| matchers.push(part.clone()))
    }

    /// The same, of the whole traffic.
    #[must_use]
    pub fn of_everybody(&self) -> How {
        self.matching(|matchers| matchers.retain(|matcher| matcher.label != COHORT))
    }

    fn matching(&self, change: impl Fn(&mut Vec<Matcher>)) -> How {
        let mut how = self.clone();
        match &mut how {
            How::Ratio { good, all } => [good, all].into_iter().for_each(|it| change(&mut it.matchers)),
            How::Histogram { of, .. } | How::Counter(of) | How::Gauge { of, .. } => change(&mut of.matchers),
            How::Query { .. } | How::Probe { .. } => {}
        }
        how
    }
}

/// The label by which the proxy tells the parts of its traffic apart.
const COHORT: &str = "cohort";

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

/// A policy: rules over plan, experiment and environment.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// When it applies; always, where it is not said.
    pub applies: Option<super::policy::Judged>,
    /// Its rules.
    pub rules: Vec<super::policy::Rule>,
    /// Its name's place.
    pub span: Span,
}

/// A test of an experiment.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// The environment it runs in.
    pub environment: Option<String>,
    /// The toy system that stands for the real one.
    pub model: Option<Arc<super::toy::Model>>,
    /// The verdict that it expects.
    pub verdict: Option<ExpectedVerdict>,
    /// Its name's place.
    pub span: Span,
}

/// A verdict that a test expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedVerdict {
    /// Its word.
    pub word: String,
    /// What the reason must hold, where that is a text.
    pub because: Option<String>,
    /// Where it is written.
    pub span: Span,
}

impl Test {
    /// Whether the run is expected to be refused: then what refuses it is no mistake.
    pub fn expects_refusal(&self) -> bool {
        self.verdict.as_ref().is_some_and(|verdict| verdict.word == "refused")
    }
}

/// When an experiment recurs.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// The environment it runs in.
    pub environment: Option<String>,
    /// Five fields: minute, hour, day of the month, month, day of the week.
    pub cron: String,
    /// An IANA time zone; UTC where it is not said.
    pub timezone: Option<String>,
    /// Its name's place.
    pub span: Span,
}
