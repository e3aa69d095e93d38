//! The tree: what a text says, name by name, nothing resolved.

mod expr;

pub use expr::{Argument, Arguments, Comparator, Expr, ExprKind, Operator};

use crate::base::Span;

/// A name with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// Names joined by dots.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// At least one name.
    pub parts: Vec<Name>,
    /// Where it stands.
    pub span: Span,
}

impl Path {
    /// The path as it is written.
    pub fn text(&self) -> String {
        self.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(".")
    }

    /// Its names.
    pub fn names(&self) -> Vec<&str> {
        self.parts.iter().map(|part| part.text.as_str()).collect()
    }
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// Imports, in order.
    pub uses: Vec<Use>,
    /// Systems.
    pub systems: Vec<System>,
    /// Environments.
    pub environments: Vec<Environment>,
    /// Experiments.
    pub experiments: Vec<Experiment>,
    /// Faults.
    pub faults: Vec<Fault>,
}

/// `use std.http`, `use "./shop.chaos" as shop`.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// What is used.
    pub what: Used,
    /// The name given to it.
    pub alias: Option<Name>,
    /// The whole statement.
    pub span: Span,
}

/// What a `use` names.
#[derive(Clone, Debug, PartialEq)]
pub enum Used {
    /// A module, by its path.
    Module(Path),
    /// A file, relative to the one that says `use`.
    File(String, Span),
}

/// `system shop { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct System {
    /// Its name.
    pub name: Name,
    /// Its services.
    pub services: Vec<Service>,
    /// Its `##` comment.
    pub doc: String,
}

/// `service checkout { … }` in a system.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Its name.
    pub name: Name,
    /// The services it calls.
    pub calls: Vec<Name>,
    /// Its metrics.
    pub metrics: Vec<Metric>,
    /// Its SLOs.
    pub slos: Vec<Expr>,
    /// Whether somebody else runs it.
    pub external: bool,
    /// Whether part of it could not be read.
    pub damaged: bool,
}

/// `metric latency: distribution<duration>`.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeName,
    /// Its range, where one is written.
    pub range: Option<(Expr, Expr)>,
    /// Its `##` comment.
    pub doc: String,
}

/// A type as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeName {
    /// `distribution`.
    pub name: Name,
    /// What stands in `< >`.
    pub argument: Option<Box<TypeName>>,
    /// The whole type.
    pub span: Span,
}

/// `environment local for shop { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    /// Its name.
    pub name: Name,
    /// The system it places.
    pub system: Path,
    /// `tier`.
    pub tier: Option<Name>,
    /// Where the services are.
    pub services: Vec<PlacedService>,
    /// Metric sources.
    pub sources: Vec<MetricSource>,
    /// Bindings of metrics to sources.
    pub bindings: Vec<Binding>,
    /// What may be injected where.
    pub allowances: Vec<Allowance>,
    /// `limit { … }`.
    pub limits: Option<Limits>,
    /// Whether part of it could not be read.
    pub damaged: bool,
}

/// `service checkout { … }` in an environment.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedService {
    /// Which service.
    pub name: Name,
    /// `url "…"`.
    pub url: Option<Expr>,
    /// `instances "…", "…"`.
    pub instances: Vec<Expr>,
    /// `through "…"`: the proxy's address, which callers use.
    pub through: Option<Expr>,
    /// `admin "…"`: the proxy's admin address.
    pub admin: Option<Expr>,
    /// `start "…"`.
    pub start: Option<Expr>,
    /// `restarts by runner after 1s`.
    pub restarts: Option<Restarts>,
}

/// `restarts by runner after 1s`.
#[derive(Clone, Debug, PartialEq)]
pub struct Restarts {
    /// Who restarts it.
    pub by: Name,
    /// How long it takes.
    pub after: Option<Expr>,
}

/// `source app = scrape(…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricSource {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub value: Expr,
}

/// `bind checkout.success = app.ratio(…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The metric.
    pub metric: Path,
    /// What it is read from.
    pub value: Expr,
    /// The whole statement.
    pub span: Span,
}

/// `allow http.* on payment, inventory`.
#[derive(Clone, Debug, PartialEq)]
pub struct Allowance {
    /// Module and fault; no fault means all of the module, no module a fault of the experiment's own files.
    pub patterns: Vec<(Option<Name>, Option<Name>)>,
    /// On which services.
    pub services: Vec<Name>,
}

/// `limit { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// `services a, b`, `bends c`: the word, and the services.
    pub services: Vec<(Name, Vec<Name>)>,
    /// `traffic <= 5%`: the word, and the bound.
    pub bounds: Vec<(Name, Expr)>,
    /// The whole block.
    pub span: Span,
}

/// `experiment x on shop { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// Its name.
    pub name: Name,
    /// The system it is about.
    pub system: Path,
    /// `id`, `hypothesis`, `owner`: each once.
    pub id: Option<Expr>,
    /// The sentence that is tested.
    pub hypothesis: Option<Expr>,
    /// Who answers for it.
    pub owner: Option<Expr>,
    /// Words to find it by.
    pub tags: Vec<Expr>,
    /// `param`.
    pub parameters: Vec<Parameter>,
    /// `window 10s`.
    pub window: Option<Expr>,
    /// `baseline 30s`.
    pub baseline: Option<Expr>,
    /// `no data for 15s`.
    pub no_data: Option<Expr>,
    /// `limit { … }`.
    pub limits: Option<Limits>,
    /// `abort when …`.
    pub aborts: Vec<Abort>,
    /// The steps of `run { … }`.
    pub run: Option<Run>,
    /// Expectations on the whole run.
    pub expectations: Vec<Expect>,
    /// Its `##` comment.
    pub doc: String,
    /// Whether part of it could not be read.
    pub damaged: bool,
}

/// `run { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// The whole block.
    pub span: Span,
}

/// `param rate: ratio in 1%..100% = 40%`, also of a fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeName,
    /// Its range.
    pub range: Option<(Expr, Expr)>,
    /// Its default.
    pub default: Option<Expr>,
    /// Its `##` comment.
    pub doc: String,
}

/// `abort when φ for 10s`.
#[derive(Clone, Debug, PartialEq)]
pub struct Abort {
    /// φ.
    pub condition: Expr,
    /// `for 10s`.
    pub timing: Option<Timing>,
    /// The whole statement.
    pub span: Span,
}

/// A step of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `inject …`.
    Inject(Inject),
    /// `expect …`.
    Expect(Expect),
    /// `wait …`.
    Wait(Wait),
    /// `parallel { … }`.
    Parallel(Vec<Step>, Span),
    /// `sequence { … }`.
    Sequence(Vec<Step>, Span),
}

/// `inject F(…) as name for 2m { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Inject {
    /// The fault.
    pub fault: Path,
    /// Its arguments.
    pub arguments: Arguments,
    /// The step's name.
    pub name: Option<Name>,
    /// How long.
    pub duration: Expr,
    /// What is expected meanwhile.
    pub expectations: Vec<Expect>,
    /// What `@allow(…)` before it allows.
    pub allows: Vec<Name>,
    /// The statement up to its block.
    pub span: Span,
}

/// `wait 30s`, `wait until φ within 60s`.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// For how long, or for what.
    pub what: Awaited,
    /// The step's name.
    pub name: Option<Name>,
    /// The whole statement.
    pub span: Span,
}

/// What a wait waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum Awaited {
    /// Time.
    Duration(Expr),
    /// A condition, with its deadline.
    Condition(Expr, Option<Timing>),
}

/// `expect always φ`, `expect φ within 30s`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    /// `always` or `never`.
    pub mode: Option<Mode>,
    /// φ.
    pub condition: Expr,
    /// `within 30s holding 10s`.
    pub timing: Option<Timing>,
    /// The step's name.
    pub name: Option<Name>,
    /// The whole statement.
    pub span: Span,
}

/// The quantifier of an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// At every instant.
    Always,
    /// At no instant.
    Never,
}

/// What bounds a condition in time.
#[derive(Clone, Debug, PartialEq)]
pub enum Timing {
    /// `within d holding h`.
    Within(Expr, Option<Expr>, Span),
    /// `for d`.
    For(Expr, Span),
}

impl Timing {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Timing::Within(.., span) | Timing::For(_, span) => *span,
        }
    }
}

/// `fault error(…) { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// The component and its action.
    pub component: Option<(Expr, Expr)>,
    /// What it touches, and how much.
    pub touches: Option<Expr>,
    /// What it fails, and how much.
    pub fails: Option<Expr>,
    /// The resource that two faults cannot share.
    pub resource: Option<Path>,
    /// Its class.
    pub class: Option<Name>,
    /// Its `##` comment.
    pub doc: String,
}
