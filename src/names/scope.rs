//! What names mean in one file.

use super::DeclarationId;
use crate::base::Span;
use std::collections::BTreeMap;

/// Kinds of declarations; names of different kinds do not collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `system`.
    System,
    /// `environment`.
    Environment,
    /// `experiment`.
    Experiment,
    /// `fault`.
    Fault,
    /// `probe`.
    Probe,
    /// `scenario`.
    Scenario,
    /// `let`.
    Constant,
    /// `policy`.
    Policy,
    /// `model`.
    Model,
    /// `test`.
    Test,
    /// `schedule`.
    Schedule,
}

impl Kind {
    /// Whether files that use a file see its declarations of this kind.
    pub(super) fn is_shared(self) -> bool {
        !matches!(self, Kind::Test | Kind::Schedule)
    }

    /// The word for several of them.
    pub fn words(self) -> String {
        if self == Kind::Policy { "policies".to_owned() } else { format!("{}s", self.word()) }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::System => "system",
            Kind::Environment => "environment",
            Kind::Experiment => "experiment",
            Kind::Fault => "fault",
            Kind::Probe => "probe",
            Kind::Scenario => "scenario",
            Kind::Constant => "constant",
            Kind::Policy => "policy",
            Kind::Model => "model",
            Kind::Test => "test",
            Kind::Schedule => "schedule",
        }
    }
}

/// Names, qualified as they are written in the file, and what they mean.
#[derive(Debug, Default)]
pub struct Scope {
    names: BTreeMap<(Kind, String), (DeclarationId, Span)>,
    /// Whether a module, or a file under a name, that is used could not be read: then qualified names may be from there.
    pub(super) lost_qualified: bool,
    /// Whether a file that is used as it is could not be read: then any name may be from there.
    pub(super) lost_any: bool,
}

impl Scope {
    /// What a name means.
    pub fn find(&self, kind: Kind, name: &str) -> Option<DeclarationId> {
        self.names.get(&(kind, name.to_owned())).map(|(id, _)| *id)
    }

    /// Where what a name means is declared.
    pub fn place(&self, kind: Kind, name: &str) -> Option<Span> {
        self.names.get(&(kind, name.to_owned())).map(|(_, place)| *place)
    }

    /// Whether a name that is not known may be that of something that could not be read.
    pub fn may_be_lost(&self, name: &str) -> bool {
        let qualifier = name.rsplit_once('.').map(|(qualifier, _)| format!("{qualifier}."));
        let foreign = qualifier.is_some_and(|own| !self.names.keys().any(|(_, known)| known.starts_with(&own)));
        self.lost_any || (self.lost_qualified && foreign)
    }

    /// All names of a kind.
    pub fn known(&self, kind: Kind) -> impl Iterator<Item = &str> {
        self.names.keys().filter(move |(known, _)| *known == kind).map(|(_, name)| name.as_str())
    }

    /// All declarations of a kind, by name.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = DeclarationId> {
        self.names.iter().filter(move |((known, _), _)| *known == kind).map(|(_, (id, _))| *id)
    }

    /// Gives a name its meaning.
    ///
    /// # Errors
    /// The place of another declaration that has it already.
    pub(super) fn declare(&mut self, kind: Kind, name: String, id: DeclarationId, at: Span) -> Result<(), Span> {
        match self.names.get(&(kind, name.clone())) {
            Some((other, place)) if *other != id => Err(*place),
            _ => {
                self.names.insert((kind, name), (id, at));
                Ok(())
            }
        }
    }

    /// Everything in it, for files that use this one.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Kind, &str, DeclarationId, Span)> {
        self.names.iter().map(|((kind, name), (id, at))| (*kind, name.as_str(), *id, *at))
    }
}
