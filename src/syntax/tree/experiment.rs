//! `experiment` and `scenario`.

use super::{Expect, Expr, Name, Parameter, Path, Step, Timing};
use crate::base::Span;

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
    /// The conditions of `steady { … }`.
    pub steady: Vec<Expr>,
    /// `consent irreversible`.
    pub consents: Vec<Name>,
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

/// `limit { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// `services a, b`, `bends c`: the word, and the services.
    pub services: Vec<(Name, Vec<Name>)>,
    /// `namespaces "shop"`, `selector "…"`, `hosts "…"`: the word, and the texts.
    pub texts: Vec<(Name, Vec<Expr>)>,
    /// `traffic <= 5%`: the word, and the bound.
    pub bounds: Vec<(Name, Expr)>,
    /// The whole block.
    pub span: Span,
}

/// `scenario brownout(target: service) { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// Its `##` comment.
    pub doc: String,
    /// Whether part of it could not be read.
    pub damaged: bool,
}
