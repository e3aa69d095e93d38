//! Tests and schedules: what should come of an experiment, and when it recurs.

use crate::base::Span;
use crate::types::toy::Model;
use crate::types::trial::{Expected, ExpectedVerdict, Given};
use std::collections::BTreeMap;
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
    /// What is given.
    pub givens: Vec<Given>,
    /// What parameters are set to.
    pub settings: BTreeMap<String, f64>,
    /// What is expected.
    pub expected: Vec<Expected>,
    /// Its name's place.
    pub span: Span,
}

impl Test {
    /// Whether the run is expected to be refused: then what refuses it is no mistake.
    pub fn expects_refusal(&self) -> bool {
        self.verdict().is_some_and(|verdict| verdict.word == "refused")
    }

    /// The verdict that it expects.
    pub fn verdict(&self) -> Option<&ExpectedVerdict> {
        self.expected.iter().find_map(|it| match it {
            Expected::Verdict(verdict) => Some(verdict),
            Expected::Step(_) => None,
        })
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
