//! One check: its name, what came of it, why, and what to do.

use crate::base::Span;
use crate::diagnostics::Code;
use serde::Serialize;

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// Worth a look; a run can be made.
    Warn,
    /// A run would end without an answer, or would be refused.
    Fail,
    /// Nobody knows: it could not be looked at, or is not looked at here.
    NotLookedAt,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What kind of thing it is, such as `binding`.
    pub kind: &'static str,
    /// Which one, such as `checkout.success`. Kind and this together are in a rehearsal once.
    pub of: String,
    /// What came of it.
    pub outcome: Outcome,
    /// What was seen; the cause, where it is not ok.
    pub found: String,
    /// The code of what is wrong.
    pub code: Option<Code>,
    /// What to do about it.
    pub fix: Option<String>,
    /// Where it is written.
    pub at: Option<Span>,
}

impl Check {
    fn new(kind: &'static str, of: impl Into<String>, outcome: Outcome, found: impl Into<String>) -> Self {
        Self { kind, of: of.into(), outcome, found: found.into(), code: None, fix: None, at: None }
    }

    /// It is as it should be.
    pub fn ok(kind: &'static str, of: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(kind, of, Outcome::Ok, found)
    }

    /// It was not looked at, and why.
    pub fn not_looked_at(kind: &'static str, of: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(kind, of, Outcome::NotLookedAt, why)
    }

    /// It is wrong: the cause, and what to do.
    pub fn fail(kind: &'static str, of: impl Into<String>, code: Code, cause: impl Into<String>, fix: &str) -> Self {
        let fix = (!fix.is_empty()).then(|| fix.to_owned());
        Self { code: Some(code), fix, ..Self::new(kind, of, Outcome::Fail, cause) }
    }

    /// The same, worth a warning only.
    pub fn warn(kind: &'static str, of: impl Into<String>, code: Code, cause: impl Into<String>, fix: &str) -> Self {
        Self { outcome: Outcome::Warn, ..Self::fail(kind, of, code, cause, fix) }
    }

    /// Says where it is written.
    #[must_use]
    pub fn at(self, span: Span) -> Self {
        Self { at: Some(span), ..self }
    }
}

/// How many checks came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// As they should be.
    pub ok: usize,
    /// Warnings.
    pub warnings: usize,
    /// Failures.
    pub failed: usize,
    /// Not looked at.
    pub not_looked_at: usize,
}

impl Totals {
    /// Counts them.
    pub fn of(checks: &[Check]) -> Self {
        let count = |outcome| checks.iter().filter(|check| check.outcome == outcome).count();
        Self {
            ok: count(Outcome::Ok),
            warnings: count(Outcome::Warn),
            failed: count(Outcome::Fail),
            not_looked_at: count(Outcome::NotLookedAt),
        }
    }
}
