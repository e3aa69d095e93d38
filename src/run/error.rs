//! What can go wrong in a run: E07 (environment and plugins), E08 (the run itself).

use crate::diagnostics::{Code, Diagnostic, codes};
use crate::journal::{Conflict, JournalError};
use std::fmt;

/// A failure with its code and what to do about it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunError {
    /// Its code.
    pub code: Code,
    /// The fact, in one line.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Whether trying again may help.
    pub retryable: bool,
    /// Whether the target could not be reached at all.
    pub unreachable: bool,
}

impl RunError {
    /// A failure that trying again does not mend.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, retryable: false, unreachable: false }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// As a finding without a place.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(self.code, self.message.clone()).maybe_help(self.help.clone())
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)
    }
}

impl std::error::Error for RunError {}

/// What can be done where runs side by side would be too much.
pub(super) const TOO_MUCH: &str =
    "wait until the other run has ended (`chaos status`), or raise the limit that is too low for both";

/// What to do about a store that is damaged.
pub(super) const DAMAGED: &str = "`chaos recover` takes back what can be read; leased faults end by themselves; look for the \
                                  rest by hand (`chaos explain E0717`), then move the store's folder away";

impl From<JournalError> for RunError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Claimed(conflict) => match *conflict {
                Conflict::Address(..) => {
                    RunError::new(codes::E0801, conflict.to_string()).help("wait until it has ended")
                }
                Conflict::Sum { .. } => RunError::new(codes::E0817, conflict.to_string()).help(TOO_MUCH),
            },
            JournalError::Damaged(_) => RunError::new(codes::E0717, error.to_string()).help(DAMAGED),
            JournalError::Remote(..) => RunError::new(codes::E0811, error.to_string()).help(
                "the locks that keep a store whole do not hold there: name a folder on a disk of this machine, `--store DIR`",
            ),
            _ => {
                RunError::new(codes::E0711, error.to_string()).help("name a folder that can be written: `--store DIR`")
            }
        }
    }
}

impl From<crate::injector::InjectorError> for RunError {
    fn from(error: crate::injector::InjectorError) -> Self {
        let (retryable, unreachable) = (error.is_retryable(), error.is_unreachable());
        RunError { retryable, unreachable, ..RunError::new(codes::E0710, error.to_string()) }
    }
}
