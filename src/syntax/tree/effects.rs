//! `fault` and `probe`: typed faces of components' actions.

use super::{Expr, Name, Parameter, Path, TypeName};

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

/// `probe get(url: string): int { component "http" action "status" }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// What it returns.
    pub returns: TypeName,
    /// The component and its action.
    pub component: Option<(Expr, Expr)>,
    /// Its `##` comment.
    pub doc: String,
}
