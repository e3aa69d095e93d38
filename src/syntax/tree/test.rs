//! `test` and `schedule`.

use super::{Expr, ModelUse, Name, Path};
use crate::base::Span;

/// `test "…" of experiment in environment { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// Its name: a text or a word.
    pub name: Name,
    /// The experiment.
    pub experiment: Path,
    /// The environment.
    pub environment: Option<Path>,
    /// The toy system that stands for the real one.
    pub model: Option<ModelUse>,
    /// What is given.
    pub givens: Vec<Given>,
    /// What is expected.
    pub expectations: Vec<TestExpectation>,
    /// Whether part of it could not be read.
    pub damaged: bool,
}

/// `given steady`, `given inventory.success = 90% from 20s into outage`.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The metric and its value; nothing: every other metric satisfies its conditions.
    pub value: Option<(Path, Expr)>,
    /// From when on.
    pub since: Option<Since>,
    /// The whole statement.
    pub span: Span,
}

/// `from 20s into outage`.
#[derive(Clone, Debug, PartialEq)]
pub struct Since {
    /// How long after the start, or the end, of the step; of the run where no step is named.
    pub offset: Expr,
    /// The step.
    pub step: Option<Path>,
    /// Whether it counts from the step's end.
    pub after: bool,
}

/// What a test expects.
#[derive(Clone, Debug, PartialEq)]
pub enum TestExpectation {
    /// `expect verdict aborted because inventory.success`.
    Verdict {
        /// The verdict's words.
        verdict: Name,
        /// What must have caused it.
        because: Option<Expr>,
        /// The whole statement.
        span: Span,
    },
    /// `expect outage reverted within 15s of abort`.
    Step {
        /// The step.
        step: Path,
        /// What must have become of it.
        outcome: Name,
        /// In what time.
        within: Option<Expr>,
        /// The whole statement.
        span: Span,
    },
}

/// `schedule nightly of experiment in staging { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Its name.
    pub name: Name,
    /// The experiment.
    pub experiment: Path,
    /// The environment.
    pub environment: Option<Path>,
    /// `cron "…"`.
    pub cron: Option<Expr>,
    /// `timezone "…"`.
    pub timezone: Option<Expr>,
    /// `set rate = 20%`.
    pub settings: Vec<(Name, Expr)>,
    /// Its `##` comment.
    pub doc: String,
}
