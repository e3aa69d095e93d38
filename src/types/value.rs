//! Values with names: constants, a scenario's arguments, the level of an escalation.

use super::model::Argument;
use super::ty::Type;
use std::collections::BTreeMap;

/// A value with its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    /// Its type.
    pub ty: Type,
    /// The value.
    pub value: Argument,
}

/// What names stand for in one place.
pub type Values = BTreeMap<String, Typed>;

impl Typed {
    /// What is left of a value that is wrong: it fits everything.
    pub fn error() -> Self {
        Self { ty: Type::Error, value: Argument::Any }
    }
}
