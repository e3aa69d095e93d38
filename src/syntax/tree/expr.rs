//! Expressions.

use super::{Name, Path};
use crate::base::Span;
use crate::base::unit::Measure;

/// An expression with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The arguments of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Arguments {
    /// In order.
    pub list: Vec<Argument>,
    /// With the parentheses.
    pub span: Span,
}

/// One argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// `rate` in `rate: 40%`.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
    /// `30s` in `p95(x over 30s)`.
    pub over: Option<Box<Expr>>,
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A number without unit.
    Number(f64),
    /// A number with unit, in base units.
    Quantity(f64, Measure),
    /// `"text"`, its escapes resolved.
    Text(String),
    /// `` `raw` ``.
    Raw(String),
    /// `true`, `false`.
    Bool(bool),
    /// `steady`.
    Steady,
    /// `baseline`.
    Baseline,
    /// `block`.
    Block,
    /// A name or path.
    Path(Path),
    /// `f(…)`.
    Call(Path, Box<Arguments>),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `(a)`.
    Group(Box<Expr>),
    /// `-a`.
    Negative(Box<Expr>),
    /// `not a`.
    Not(Box<Expr>),
    /// `a + b`.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// What could not be read; reported already.
    Error,
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `or`
    Or,
    /// `and`
    And,
    /// A comparison.
    Compare(Comparator),
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`
    Over,
    /// `of`
    Of,
}

/// A comparison's operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Comparator {
    /// `==`
    #[serde(rename = "==")]
    Equal,
    /// `!=`
    #[serde(rename = "!=")]
    Unequal,
    /// `<`
    #[serde(rename = "<")]
    Below,
    /// `<=`
    #[serde(rename = "<=")]
    AtMost,
    /// `>`
    #[serde(rename = ">")]
    Above,
    /// `>=`
    #[serde(rename = ">=")]
    AtLeast,
}

impl Comparator {
    /// The same with its sides exchanged.
    #[must_use]
    pub fn turned(self) -> Self {
        match self {
            Comparator::Below => Comparator::Above,
            Comparator::AtMost => Comparator::AtLeast,
            Comparator::Above => Comparator::Below,
            Comparator::AtLeast => Comparator::AtMost,
            Comparator::Equal | Comparator::Unequal => self,
        }
    }

    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Comparator::Equal => "==",
            Comparator::Unequal => "!=",
            Comparator::Below => "<",
            Comparator::AtMost => "<=",
            Comparator::Above => ">",
            Comparator::AtLeast => ">=",
        }
    }
}
