//! The steps of a run.

use super::{Arguments, Expr, Name, Path};
use crate::base::Span;

/// A step of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// `as name`.
    pub name: Option<Name>,
    /// `after x, y`: what it waits for instead of the steps above it.
    pub after: Vec<After>,
    /// What `@allow(…)` before it allows.
    pub allows: Vec<Name>,
    /// The statement, up to its block.
    pub span: Span,
}

impl Step {
    /// The lists of steps inside it.
    pub fn blocks(&self) -> Vec<&[Step]> {
        match &self.kind {
            StepKind::Parallel(steps) | StepKind::Sequence(steps) => vec![steps],
            StepKind::Repeat { steps, .. } | StepKind::Escalate { steps, .. } => vec![steps],
            StepKind::When { then, otherwise, .. } => vec![then, otherwise],
            _ => Vec::new(),
        }
    }
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum StepKind {
    /// `inject …`.
    Inject(Box<Inject>),
    /// `expect …`.
    Expect(Box<Expect>),
    /// `wait …`.
    Wait(Box<Wait>),
    /// `call probe(…)`.
    Call(Path, Arguments),
    /// `approve "text" within 15m`.
    Approve(Expr, Option<Expr>),
    /// `brownout(checkout, levels: [5%])`.
    Scenario(Path, Arguments),
    /// `parallel { … }`.
    Parallel(Vec<Step>),
    /// `sequence { … }`.
    Sequence(Vec<Step>),
    /// `when φ { … } else { … }`.
    When {
        /// φ.
        condition: Expr,
        /// What is done when it holds.
        then: Vec<Step>,
        /// What is done when it does not.
        otherwise: Vec<Step>,
    },
    /// `repeat 3 every 1m { … }`.
    Repeat {
        /// How often.
        count: Expr,
        /// How long after the start of a round the next one starts, at least.
        every: Option<Expr>,
        /// A round.
        steps: Vec<Step>,
    },
    /// `escalate p over levels every 1m reaching 20% { … }`.
    Escalate {
        /// The name that has the level's value in the block.
        variable: Name,
        /// The levels, a list.
        levels: Expr,
        /// How long after the start of a level the next one starts, at least.
        every: Option<Expr>,
        /// The level that must be reached.
        reaching: Option<Expr>,
        /// What is done at each level.
        steps: Vec<Step>,
    },
}

/// `x`, `x starts`, `x starts + 20s` behind `after`.
#[derive(Clone, Debug, PartialEq)]
pub struct After {
    /// The step.
    pub step: Path,
    /// Whether its start is enough.
    pub starts: bool,
    /// How long after its start.
    pub offset: Option<Expr>,
}

/// `inject F(…) for 2m { … }`, `inject F(…) until φ within 60s`.
#[derive(Clone, Debug, PartialEq)]
pub struct Inject {
    /// The fault.
    pub fault: Path,
    /// Its arguments.
    pub arguments: Arguments,
    /// How long.
    pub hold: Hold,
    /// What is expected meanwhile.
    pub expectations: Vec<Expect>,
}

/// How long a fault is held.
#[derive(Clone, Debug, PartialEq)]
pub enum Hold {
    /// `for 2m`.
    For(Expr),
    /// `until φ within 60s`.
    Until(Expr, Option<Timing>),
}

/// `wait 30s`, `wait until φ within 60s`.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// For how long, or for what.
    pub what: Awaited,
}

/// What a wait waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum Awaited {
    /// Time.
    Duration(Expr),
    /// A condition, with its deadline.
    Condition(Expr, Option<Timing>),
    /// `stable`, with its deadline.
    Stable(Option<Timing>),
}

/// `expect always φ`, `expect φ within 30s`, `expect x no lower than baseline by 2pp`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    /// `always` or `never`.
    pub mode: Option<Mode>,
    /// φ, or x.
    pub condition: Expr,
    /// What x is compared with.
    pub test: Option<Box<Comparative>>,
    /// `within 30s holding 10s`.
    pub timing: Option<Timing>,
    /// The step's name, also in an inject's block.
    pub name: Option<Name>,
    /// What `@allow(…)` before it allows.
    pub allows: Vec<Name>,
    /// The whole statement.
    pub span: Span,
}

/// `no lower than baseline by 2pp`, `unchanged by 5%`.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparative {
    /// Which way.
    pub relation: Relation,
    /// What it is compared with; nothing means the baseline.
    pub reference: Option<Expr>,
    /// The margin.
    pub margin: Option<Expr>,
    /// Where it stands.
    pub span: Span,
}

/// The direction of a comparison with a margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `no lower than`
    NoLower,
    /// `no higher than`
    NoHigher,
    /// `unchanged by`
    Unchanged,
}

/// The quantifier of an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// At every instant.
    Always,
    /// At no instant.
    Never,
}

/// What bounds a condition in time.
#[derive(Clone, Debug, PartialEq)]
pub enum Timing {
    /// `within d holding h`.
    Within(Expr, Option<Expr>, Span),
    /// `for d`.
    For(Expr, Span),
    /// `for 3 samples`.
    Samples(Expr, Span),
    /// `for at least 95% of block`.
    Share(Expr, Span),
}

impl Timing {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Timing::Within(.., span) | Timing::For(_, span) | Timing::Samples(_, span) | Timing::Share(_, span) => {
                *span
            }
        }
    }
}
