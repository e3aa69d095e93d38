//! Tests and schedules: what should come of an experiment, and when it recurs.

use crate::base::Span;
use crate::types::toy::Model;
use std::sync::Arc;

/// A test of an experiment.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// The environment it runs in.
    pub environment: Option<String>,
    /// The toy system that stands for the real one.
    pub model: Option<Arc<Model>>,
    /// The verdict that it expects.
    pub verdict: Option<ExpectedVerdict>,
    /// Its name's place.
    pub span: Span,
}

/// A verdict that a test expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedVerdict {
    /// Its word.
    pub word: String,
    /// What the reason must hold, where that is a text.
    pub because: Option<String>,
    /// Where it is written.
    pub span: Span,
}

impl Test {
    /// Whether the run is expected to be refused: then what refuses it is no mistake.
    pub fn expects_refusal(&self) -> bool {
        self.verdict.as_ref().is_some_and(|verdict| verdict.word == "refused")
    }
}

/// When an experiment recurs.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// The environment it runs in.
    pub environment: Option<String>,
    /// Five fields: minute, hour, day of the month, month, day of the week.
    pub cron: String,
    /// An IANA time zone; UTC where it is not said.
    pub timezone: Option<String>,
    /// Its name's place.
    pub span: Span,
}
