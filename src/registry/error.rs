//! What can go wrong with a registry.

use std::fmt;

/// A component could not be pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryError {
    /// This names nothing in a registry.
    Reference(String),
    /// The registry cannot be reached, or does not answer as one.
    Unreachable(String),
    /// It wants other credentials, or any.
    Denied(String),
    /// It has no such thing.
    Missing(String),
    /// What it gave is not what was asked for.
    Damaged(String),
    /// What it gave holds no component.
    NoComponent(String),
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegistryError::Reference(why)
            | RegistryError::Unreachable(why)
            | RegistryError::Denied(why)
            | RegistryError::Missing(why)
            | RegistryError::Damaged(why)
            | RegistryError::NoComponent(why) => write!(f, "{why}"),
        }
    }
}

impl std::error::Error for RegistryError {}
