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
    /// `set rate = 20%`.
    pub settings: Vec<(Name, Expr)>,
    /// What is expected.
    pub expectations: Vec<TestExpectation>,
    /// Whether part of it could not be read.
    pub damaged: bool,
}

/// `given steady`, `given inventory.success = 90% from 20s into outage for 30s`.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// What.
    pub what: GivenWhat,
    /// From when on.
    pub since: Option<Since>,
    /// For how long.
    pub lasting: Option<Expr>,
    /// The whole statement.
    pub span: Span,
}

/// What is given.
#[derive(Clone, Debug, PartialEq)]
pub enum GivenWhat {
    /// `steady`: every other metric satisfies its conditions.
    Steady,
    /// `stop`: somebody stops the run.
    Stop,
    /// `no data of inventory.success`, `no data of app`: a metric, or a source.
    Silence(Path),
    /// `no evidence of outage`.
    Unseen(Path),
    /// `traffic of checkout = 20/s`.
    Traffic(Name, Course),
    /// `checkout.success of affected = 95%`: of a metric, of a part of it, or of a step that calls a probe.
    Value(Path, Option<Name>, Course),
    /// `outage fails`.
    Happening(Path, Name),
}

/// Values over time.
#[derive(Clone, Debug, PartialEq)]
pub enum Course {
    /// `95%`.
    One(Expr),
    /// `99%..50% over 1m`.
    Ramp {
        /// The first value.
        from: Expr,
        /// The last one, which stays.
        to: Expr,
        /// How long it takes.
        over: Expr,
    },
    /// `[99%, 97%, 60%] every 10s`.
    Levels {
        /// The values, of which the last stays.
        values: Expr,
        /// How long each takes.
        every: Expr,
    },
}

impl Course {
    /// The expressions in it.
    pub fn expressions(&self) -> Vec<&Expr> {
        match self {
            Course::One(value) => vec![value],
            Course::Ramp { from, to, over } => vec![from, to, over],
            Course::Levels { values, every } => vec![values, every],
        }
    }
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
