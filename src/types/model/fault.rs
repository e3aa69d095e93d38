//! Faults and probes, as they are declared.

use super::Parameter;
use crate::base::Span;
use crate::names::component::Capability;
use crate::types::Type;
use crate::types::term::Term;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How a fault ends when nobody undoes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Ends by itself at the target when its lease is not renewed.
    Leased,
    /// The runner or `chaos recover` must undo it.
    Revertible,
    /// Somebody brings it back.
    SelfHealing,
    /// It cannot be undone.
    Irreversible,
}

impl Class {
    /// All classes with their words.
    pub const ALL: &'static [(&'static str, Class)] = &[
        ("leased", Class::Leased),
        ("revertible", Class::Revertible),
        ("self_healing", Class::SelfHealing),
        ("irreversible", Class::Irreversible),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, class)| *class == self).map_or("", |(word, _)| word)
    }
}

/// A fault: the typed face of one action of a component.
#[derive(Clone, Debug)]
pub struct Fault {
    /// As the experiment calls it, with its module.
    pub name: String,
    /// The module of the standard library or of a plugin that it is declared in, by its last name; none for a fault of the user's
    /// own files.
    pub home: Option<String>,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// The component behind it.
    pub component: String,
    /// How grants call the component: by its name, or by its file.
    pub granted_as: String,
    /// The component's action.
    pub action: String,
    /// The component's file, where it is no standard one.
    pub file: Option<ComponentPath>,
    /// What the component asks of the host.
    pub capabilities: Vec<Capability>,
    /// How much of the target it touches: a share of its requests, or a number of its instances.
    pub touches: Term,
    /// The share of the target's requests that it fails.
    pub fails: Term,
    /// What two faults cannot share: `requests`, `instance`, `host`.
    pub resource: String,
    /// How it ends.
    pub class: Class,
    /// Where it is declared.
    pub span: Span,
}

/// A component that is no standard one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentPath {
    /// Its file.
    pub path: PathBuf,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub digest: String,
}

impl Fault {
    /// Its name with that of its standard module, whatever the experiment calls either.
    pub fn full_name(&self) -> String {
        full_name(&self.name, self.home.as_deref())
    }
}

fn full_name(called: &str, home: Option<&str>) -> String {
    let own = called.rsplit('.').next().unwrap_or(called);
    home.map_or_else(|| own.to_owned(), |home| format!("{home}.{own}"))
}

/// A probe: the typed face of a read.
#[derive(Clone, Debug)]
pub struct Probe {
    /// As the experiment calls it, with its module.
    pub name: String,
    /// The standard module it is declared in, by its last name; none for a probe of the user's own files.
    pub home: Option<String>,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// What it returns.
    pub returns: Type,
    /// The component behind it.
    pub component: String,
    /// The component's action.
    pub action: String,
    /// Where it is declared.
    pub span: Span,
}

impl Probe {
    /// Its name with that of its standard module, whatever the experiment calls either.
    pub fn full_name(&self) -> String {
        full_name(&self.name, self.home.as_deref())
    }
}
