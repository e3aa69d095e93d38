//! `system`.

use super::{Expr, Name, TypeName};
use crate::base::Span;

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
    pub slos: Vec<Slo>,
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

/// `slo success >= 99% over 30d`.
#[derive(Clone, Debug, PartialEq)]
pub struct Slo {
    /// What must hold.
    pub condition: Expr,
    /// Over which period its error budget counts.
    pub over: Option<Expr>,
    /// The whole statement.
    pub span: Span,
}
