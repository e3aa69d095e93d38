//! `environment`.

use super::{Argument, Expr, Limits, Name, Path};
use crate::base::Span;

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
    /// What components may do.
    pub grants: Vec<Grant>,
    /// `secrets "…"`: the names that `secret(…)` may ask for.
    pub secrets: Vec<Expr>,
    /// `requires label "…"`.
    pub requirements: Vec<Expr>,
    /// `silence …`.
    pub silences: Vec<Silence>,
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
    /// `token: secret("…")` behind it.
    pub admin_arguments: Vec<Argument>,
    /// `toxiproxy "…" at "…"`: the proxy's name in a Toxiproxy, and where that is.
    pub toxiproxy: Option<(Expr, Expr)>,
    /// `start "…"`.
    pub start: Option<Expr>,
    /// `processes pidfile "…"`: how its processes are found, and where.
    pub processes: Option<(Name, Expr)>,
    /// `selector "…"`: which pods it is on a cluster.
    pub selector: Option<Expr>,
    /// `namespace "…"`.
    pub namespace: Option<Expr>,
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

/// `grant http "http://127.0.0.1:8474" to "./toxiproxy.wasm" on payment`.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// The capability.
    pub capability: Name,
    /// What of it.
    pub values: Vec<Expr>,
    /// To which component: the name of a standard one, or a file.
    pub component: Name,
    /// For faults on these services; none: on all.
    pub services: Vec<Name>,
}

/// `silence alertmanager("…") matching { service = "payment" }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Silence {
    /// Where alerts are silenced.
    pub at: Expr,
    /// Which: label, operator, value.
    pub matchers: Vec<Matcher>,
    /// The whole statement.
    pub span: Span,
}

/// `service = "payment"`: a label, an operator as it is written, a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Matcher {
    /// The label.
    pub label: Name,
    /// `=`, `!=`, `=~` or `!~`.
    pub operator: String,
    /// The value or regular expression.
    pub value: String,
    /// Where the value stands.
    pub span: Span,
}
