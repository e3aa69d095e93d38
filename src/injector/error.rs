//! What can go wrong with an injector.

use std::fmt;
use std::time::Duration;

/// An injector failed, or could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InjectorError {
    /// There is no component of this name.
    Unknown(String),
    /// It is no component, or of another interface.
    Unloadable(String, String),
    /// It said that the call failed.
    Refused {
        /// Its kind of error, in the interface's words.
        code: String,
        /// Its message.
        message: String,
        /// Whether trying again may help.
        retryable: bool,
    },
    /// It trapped: it panicked, ran out of its limits, or gave what it may not give.
    Trapped {
        /// Which component.
        component: String,
        /// Why.
        reason: String,
    },
    /// It did not answer in time.
    TimedOut {
        /// Which component.
        component: String,
        /// The time that it had.
        after: Duration,
    },
    /// The host could not be set up.
    Host(String),
}

/// What is wrong with an answer, as long as it does not matter whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The component said that the call failed.
    Refused { code: String, message: String, retryable: bool },
    /// It gave what it may not give.
    Forbidden(String),
}

impl Flaw {
    /// As an error of the component with this name.
    pub(super) fn of(self, component: &str) -> InjectorError {
        match self {
            Flaw::Refused { code, message, retryable } => InjectorError::Refused { code, message, retryable },
            Flaw::Forbidden(reason) => InjectorError::Trapped { component: component.to_owned(), reason },
        }
    }
}

impl InjectorError {
    /// Whether the component itself failed, so that what it left must be taken back without it.
    pub fn is_broken(&self) -> bool {
        matches!(self, InjectorError::Trapped { .. } | InjectorError::TimedOut { .. })
    }

    /// Whether trying again may help.
    pub fn is_retryable(&self) -> bool {
        match self {
            InjectorError::Refused { retryable, .. } => *retryable,
            InjectorError::TimedOut { .. } => true,
            _ => false,
        }
    }

    /// Whether the target could not be reached at all.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, InjectorError::Refused { code, .. } if code == "target-unreachable")
    }

    /// Whether the target says that there is no such fault.
    pub fn is_unknown_handle(&self) -> bool {
        matches!(self, InjectorError::Refused { code, .. } if code == "unknown-handle")
    }
}

impl fmt::Display for InjectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InjectorError::Unknown(name) => write!(f, "there is no component `{name}`"),
            InjectorError::Unloadable(name, reason) => write!(f, "the component `{name}` cannot be loaded: {reason}"),
            InjectorError::Refused { code, message, .. } => write!(f, "{message} ({code})"),
            InjectorError::Trapped { component, reason } => write!(f, "the component `{component}` trapped: {reason}"),
            InjectorError::TimedOut { component, after } => {
                write!(f, "the component `{component}` did not answer within {} s", after.as_secs_f64())
            }
            InjectorError::Host(reason) => write!(f, "the WebAssembly host cannot be set up: {reason}"),
        }
    }
}

impl std::error::Error for InjectorError {}
