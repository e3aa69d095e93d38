//! `policy`.

use super::{Expr, Name};
use crate::base::Span;

/// `policy production "…" when φ { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: Name,
    /// What it is for.
    pub title: Option<Expr>,
    /// When it applies; always, where it is not said.
    pub applies: Option<Expr>,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// Its `##` comment.
    pub doc: String,
    /// Whether part of it could not be read.
    pub damaged: bool,
}

/// `require φ if ψ because "…"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What is required or denied.
    pub requirement: Requirement,
    /// When.
    pub condition: Option<Expr>,
    /// Why.
    pub reason: Option<Expr>,
    /// The whole statement.
    pub span: Span,
}

/// What a rule says.
#[derive(Clone, Debug, PartialEq)]
pub enum Requirement {
    /// `require φ`.
    Require(Expr),
    /// `require approval from "…"`.
    Approval(Expr),
    /// `require confirmed on staging within 14d`.
    Confirmed(Name, Option<Expr>),
    /// `deny φ`.
    Deny(Expr),
    /// `deny time outside "…"`.
    Hours(Expr),
}
