//! The steps of a run.

use super::{Argument, Expectation, Fault, Probe};
use crate::base::Span;
use crate::types::Type;
use crate::types::term::{Condition, Term};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A step of a run.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// Its name, where one is given.
    pub name: Option<String>,
    /// What it waits for instead of the steps above it.
    pub after: Vec<After>,
    /// Where it stands.
    pub span: Span,
}

/// A step that is waited for.
#[derive(Clone, Debug, PartialEq)]
pub struct After {
    /// Its name, as it is written.
    pub step: String,
    /// How many seconds after its start; none: its end.
    pub start: Option<f64>,
    /// Where it is written.
    pub span: Span,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// Inject a fault.
    Inject(Box<Inject>),
    /// Check a condition.
    Expect(Expectation),
    /// Let time pass, in seconds.
    Wait(Term),
    /// Wait until every metric of the steady state is as quiet as in the baseline, at most this many seconds.
    Stable(f64),
    /// Read a value.
    Call(Box<Probe>, BTreeMap<String, Argument>),
    /// Let a person decide, at most this many seconds.
    Approve(String, f64),
    /// Branches that start together.
    Parallel(Vec<Step>),
    /// Steps one after the other.
    Sequence(Vec<Step>),
    /// A scenario's steps, whose names belong to this use of it.
    Scenario(String, Vec<Step>),
    /// One of two ways.
    When {
        /// What decides.
        condition: Condition,
        /// The author's words.
        text: String,
        /// The way when it holds.
        then: Vec<Step>,
        /// The way when it does not.
        otherwise: Vec<Step>,
    },
    /// The same steps several times.
    Repeat {
        /// How often.
        count: u32,
        /// Seconds between the starts of two rounds, at least.
        every: f64,
        /// A round.
        steps: Vec<Step>,
    },
    /// The same steps with a growing value.
    Escalate {
        /// The parameter that has the level's value in the block.
        variable: String,
        /// How the values are shown.
        ty: Type,
        /// The levels.
        levels: Vec<Term>,
        /// Seconds between the starts of two levels, at least.
        every: f64,
        /// The level that must be reached.
        reaching: Option<Term>,
        /// What is done at each level.
        steps: Vec<Step>,
    },
}

impl StepKind {
    /// The lists of steps inside it.
    pub fn blocks(&self) -> Vec<&[Step]> {
        match self {
            StepKind::Parallel(steps) | StepKind::Sequence(steps) | StepKind::Scenario(_, steps) => vec![steps],
            StepKind::Repeat { steps, .. } | StepKind::Escalate { steps, .. } => vec![steps],
            StepKind::When { then, otherwise, .. } => vec![then, otherwise],
            _ => Vec::new(),
        }
    }
}

/// `inject …`.
#[derive(Clone, Debug)]
pub struct Inject {
    /// The fault.
    pub fault: Arc<Fault>,
    /// The faulted service.
    pub target: String,
    /// Every parameter but the target, defaults filled in.
    pub arguments: BTreeMap<String, Argument>,
    /// How long.
    pub hold: Hold,
    /// What is expected meanwhile.
    pub expectations: Vec<Expectation>,
    /// Whether it may be active together with another fault on the same resource.
    pub may_interfere: bool,
    /// Where the target is written.
    pub target_span: Span,
}

/// How long a fault is held.
#[derive(Clone, Debug)]
pub enum Hold {
    /// This many seconds.
    For(Term),
    /// Until the expectation, a `within`, is decided.
    Until(Expectation),
}
