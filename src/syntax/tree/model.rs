//! `model`: a toy system.

use super::{Expr, Name, Path};
use crate::base::Span;

/// `model rush of shop { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Its name; of one that is written in a test, the test's.
    pub name: Name,
    /// The system; of one that is written in a test, that of the experiment.
    pub system: Option<Path>,
    /// Where requests come from outside.
    pub arrivals: Vec<Arrivals>,
    /// What is said of services.
    pub services: Vec<Modelled>,
    /// What metrics show.
    pub shown: Vec<Shown>,
    /// Whether part of it could not be read.
    pub damaged: bool,
    /// Its `##` comment.
    pub doc: String,
}

/// `arrivals checkout 100/s`.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrivals {
    /// The service.
    pub service: Name,
    /// How often.
    pub rate: Expr,
}

/// `service checkout { … }` in a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Modelled {
    /// The service.
    pub name: Name,
    /// What it is like, in order.
    pub traits: Vec<Trait>,
    /// The services without whose answer it does.
    pub tolerates: Vec<Name>,
}

/// `workers 20`, `retries 2 after 50ms to payment`.
#[derive(Clone, Debug, PartialEq)]
pub struct Trait {
    /// What it is about.
    pub kind: TraitKind,
    /// Its numbers, in order: at least one.
    pub values: Vec<Expr>,
    /// The called services it is said of; none: all.
    pub to: Vec<Name>,
    /// Its first word.
    pub word: Span,
}

/// What a trait is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TraitKind {
    /// Requests that are worked on at once.
    Workers,
    /// The service's own time for a request.
    Takes,
    /// Requests that may wait for a worker.
    Queue,
    /// The share of requests that fail by themselves.
    Fails,
    /// Processes, among which the workers are spread.
    Instances,
    /// The share of requests that call.
    Calls,
    /// How long an answer is waited for.
    Timeout,
    /// How often a call is made again, and after what time.
    Retries,
    /// The share of failures that opens it, over what time, and its rest.
    Breaker,
    /// Calls to a service at once.
    Pool,
}

impl TraitKind {
    /// All with their words.
    pub const ALL: &'static [(&'static str, TraitKind)] = &[
        ("workers", TraitKind::Workers),
        ("takes", TraitKind::Takes),
        ("queue", TraitKind::Queue),
        ("fails", TraitKind::Fails),
        ("instances", TraitKind::Instances),
        ("calls", TraitKind::Calls),
        ("timeout", TraitKind::Timeout),
        ("retries", TraitKind::Retries),
        ("breaker", TraitKind::Breaker),
        ("pool", TraitKind::Pool),
    ];

    /// The one that a statement begins with.
    pub fn of(text: &str) -> Option<TraitKind> {
        let word = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }
}

/// `metric orders.backlog = queue of orders`.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The metric.
    pub metric: Path,
    /// What it shows.
    pub measure: Name,
    /// Of which service; of its own where it is not said.
    pub of: Option<Name>,
}

/// `model rush` or `model { … }` in a test.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelUse {
    /// A declared one.
    Named(Path),
    /// One that is written there.
    Written(Box<Model>, Span),
}

impl ModelUse {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            ModelUse::Named(path) => path.span,
            ModelUse::Written(_, span) => *span,
        }
    }
}
