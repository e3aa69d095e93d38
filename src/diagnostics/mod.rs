//! Rank 1: what is said about a text: code, headline, places, notes, help.
//!
//! Every phase builds its own messages beside its code; this module only knows their form.

pub mod code;
pub mod codes;
pub mod lints;
pub mod render;
pub mod suggest;

pub use code::Code;

use crate::base::Span;
use std::cmp::Ordering;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing runs until it is mended.
    Error,
    /// Worth a look.
    Warning,
}

impl Severity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A place with a remark.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there, or why it matters; may be empty.
    pub text: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Its stable code, which has a page.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// The fact, in one line.
    pub headline: String,
    /// The place it is about first, then the places that explain it. None for what has no text.
    pub labels: Vec<Label>,
    /// Facts.
    pub notes: Vec<String>,
    /// Things to do.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error with this headline.
    pub fn error(code: Code, headline: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            headline: headline.into(),
            labels: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// A warning with this headline.
    pub fn warning(code: Code, headline: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, headline) }
    }

    /// Adds a place; the first one added is the primary one.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds something to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds something to do, if there is something.
    #[must_use]
    pub fn maybe_help(self, text: Option<String>) -> Self {
        match text {
            Some(text) => self.help(text),
            None => self,
        }
    }

    /// The place it is about.
    pub fn place(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

    /// By source, place and code: the order in which findings are shown.
    pub fn order(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place()).then_with(|| self.code.name.cmp(other.code.name))
    }
}

/// Whether any finding is an error.
pub fn any_error(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// Sorts findings by place and drops those that say the same of the same place.
pub fn tidy(findings: &mut Vec<Diagnostic>) {
    findings.sort_by(Diagnostic::order);
    findings.dedup_by(|a, b| a.code == b.code && a.headline == b.headline && a.place() == b.place());
}
