//! The lines of a recording: one JSON object each, the head first, the outcome last.

use crate::base::Instant;
use crate::diagnostics::codes;
use crate::document::Origin;
use crate::injector::Evidence;
use crate::metrics::{Found, Nothing, Read};
use crate::run::{Ending, FaultReport, Judged, Reason, RunError, Stop, Verdict, Witness};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form's version. What another version wrote is refused.
pub const VERSION: u32 = 1;

/// A line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// What was run.
    Head(Box<Head>),
    /// A moment that decided what was judged.
    Moment(String, Instant),
    /// The outside was asked, and has answered or was waited for no longer.
    Call(Call),
    /// A process was seen to have ended by itself.
    Died(String, Instant),
    /// Somebody stopped the run.
    Stopped(Stop, Instant),
    /// How it ended. Without it, the runner was killed or the rest could not be written.
    End(Box<Seal>),
}

/// What was run: enough to plan it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// [`VERSION`].
    pub version: u32,
    /// The program that wrote it.
    pub made_by: String,
    /// The run.
    pub run: String,
    /// What its plan was made from.
    pub made_from: Origin,
    /// The sum of the plan's meaning.
    pub hash: String,
    /// The texts of the files, by their names.
    pub files: BTreeMap<String, String>,
    /// The SHA-256 of the components that are no standard ones, by the names of their files: the store has copies.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub components: BTreeMap<String, String>,
}

/// One question to the outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// What was asked of what.
    pub of: String,
    /// When.
    pub from: Instant,
    /// When the answer came; without one, when it was waited for no longer.
    pub at: Instant,
    /// The answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub got: Option<Answer>,
}

/// What the outside answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A source was read.
    Read(Read),
    /// A probe was made.
    Found(Result<Found, Nothing>),
    /// Something was done, or made ready.
    Done(Result<(), Failure>),
    /// Something was taken back.
    Undone(Result<String, Failure>),
    /// What an injector says of its fault.
    Evidence(Result<Evidence, Failure>),
    /// What the host saw of a fault.
    Witness(Option<Witness>),
    /// How many requests had passed a proxy.
    Passed(Option<u64>),
    /// Whether a proxy stands.
    Stands(Result<bool, Failure>),
}

/// An error of a run, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    code: String,
    message: String,
    help: Option<String>,
    retryable: bool,
    unreachable: bool,
}

impl From<&RunError> for Failure {
    fn from(error: &RunError) -> Self {
        Self {
            code: error.code.name.to_owned(),
            message: error.message.clone(),
            help: error.help.clone(),
            retryable: error.retryable,
            unreachable: error.unreachable,
        }
    }
}

impl From<Failure> for RunError {
    fn from(failure: Failure) -> Self {
        let Failure { code, message, help, retryable, unreachable } = failure;
        let code = codes::find(&code).unwrap_or(codes::E0710);
        RunError { help, retryable, unreachable, ..RunError::new(code, message) }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is not simply *confirmed*, the gravest first.
    pub reasons: Vec<Reason>,
    /// What became of each expectation.
    pub judged: Vec<Judged>,
    /// What each fault did.
    pub faults: Vec<FaultReport>,
}

impl Outcome {
    /// That of a run.
    pub fn of(ending: &Ending) -> Self {
        Self {
            verdict: ending.verdict,
            reasons: ending.reasons.clone(),
            // When it was known is no part of what was said: the detail tells the moment that counts.
            judged: ending.judged.iter().map(|it| Judged { at: Instant::default(), ..it.clone() }).collect(),
            faults: ending.faults.clone(),
        }
    }

    /// Whether both say the same. What several steps say at the same moment has no order.
    pub fn says_the_same(&self, other: &Self) -> bool {
        fn sorted<T: PartialOrd + Clone>(all: &[T]) -> Vec<T> {
            let mut all = all.to_vec();
            all.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
            all
        }
        self.verdict == other.verdict
            && sorted(&self.reasons) == sorted(&other.reasons)
            && sorted(&self.judged) == sorted(&other.judged)
            && sorted(&self.faults) == sorted(&other.faults)
    }
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seal {
    /// How the run ended.
    pub outcome: Outcome,
    /// When.
    pub at: Instant,
    /// The sum of all lines before, in hexadecimal digits.
    pub sum: String,
}
