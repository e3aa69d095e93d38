//! Parameters, and what they are given.

use super::Metric;
use crate::base::{Interval, Span};
use crate::types::Type;
use crate::types::term::Term;
use serde::Serialize;

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
