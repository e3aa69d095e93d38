//! Rank 1: what is said about a text: code, headline, places, notes, help.
//!
//! Every phase builds its own messages beside its code; this module only knows their form.

pub mod code;
pub mod codes;
mod fix;
pub mod format;
pub mod lints;
mod printable;
pub mod render;
pub mod suggest;

pub use code::Code;
pub use fix::{Edit, Fix, apply};
pub use printable::printable;

use crate::base::{Sources, Span};
use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing runs until it is mended.
    Error,
    /// Worth a look.
    Warning,
    /// Good to know.
    Note,
}

impl Severity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
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
    /// The file it is about, where it has no place in its text.
    pub file: Option<PathBuf>,
    /// Facts.
    pub notes: Vec<String>,
    /// Things to do.
    pub help: Vec<String>,
    /// Changes that mend it, the best first.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A finding with this headline.
    pub fn new(severity: Severity, code: Code, headline: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            headline: headline.into(),
            labels: Vec::new(),
            file: None,
            notes: Vec::new(),
            help: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// An error with this headline.
    pub fn error(code: Code, headline: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, headline)
    }

    /// A warning with this headline.
    pub fn warning(code: Code, headline: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, headline)
    }

    /// Adds a place; the first one added is the primary one.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says which file it is about, for what has no place in a text.
    #[must_use]
    pub fn about(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
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

    /// Adds a change that may mend it; the author decides.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fixes.push(Fix { title: title.into(), edits, safe: false });
        self
    }

    /// Adds a change that surely mends it.
    #[must_use]
    pub fn safe_fix(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fixes.push(Fix { title: title.into(), edits, safe: true });
        self
    }

    /// Adds one replacement that may mend it.
    #[must_use]
    pub fn replace(self, span: Span, title: impl Into<String>, text: impl Into<String>) -> Self {
        self.fix(title, vec![Edit::new(span, text)])
    }

    /// Adds one replacement that surely mends it.
    #[must_use]
    pub fn safe_replace(self, span: Span, title: impl Into<String>, text: impl Into<String>) -> Self {
        self.safe_fix(title, vec![Edit::new(span, text)])
    }

    /// Help for a name at `at` that is none of the known ones: the near one, with fixes that write it, else some of them.
    #[must_use]
    pub fn did_you_mean<'a>(self, wrong: &str, at: Span, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let mut finding = self.maybe_help(suggest::help_for(wrong, known.iter().copied()));
        finding.fixes.extend(suggest::fixes_for(wrong, at, known));
        finding
    }

    /// Where a name declares: that it should be one that is taken there is a guess, and no sure fix.
    #[must_use]
    pub fn unsure_of<'t>(mut self, taken: impl IntoIterator<Item = &'t str>) -> Self {
        let taken: Vec<&str> = taken.into_iter().collect();
        for fix in &mut self.fixes {
            fix.safe &= !fix.edits.iter().any(|edit| taken.contains(&edit.text.as_str()));
        }
        self
    }

    /// The fixes that are applied without asking.
    pub fn safe_fixes(&self) -> impl Iterator<Item = &Fix> {
        self.fixes.iter().filter(|fix| fix.safe)
    }

    /// Things to do, in words: the help, and the fixes that no help tells.
    pub fn all_help(&self) -> Vec<String> {
        let untold = self.fixes.iter().filter(|fix| !self.help.iter().any(|help| fix.is_told_by(help)));
        self.help.iter().cloned().chain(untold.map(|fix| fix.title.clone())).collect()
    }

    /// Whether it says that a file or folder that was asked for cannot be read.
    pub fn is_unreadable_file(&self) -> bool {
        self.code == codes::E0100 && self.labels.is_empty()
    }

    /// The path of the file that it is about.
    pub fn path<'a>(&'a self, sources: &'a Sources) -> Option<&'a Path> {
        let placed = self.place().and_then(|place| sources.get(place.source)).map(|source| source.path.as_path());
        placed.or(self.file.as_deref())
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

/// Sorts findings of many files by path and place, and keeps each once: two files may use a third.
pub fn tidy_files(findings: &mut Vec<Diagnostic>, sources: &Sources) {
    let place = |finding: &Diagnostic| finding.place().map(|place| (place.start, place.end));
    findings.sort_by(|a, b| {
        let order = a.path(sources).cmp(&b.path(sources)).then_with(|| place(a).cmp(&place(b)));
        order.then_with(|| a.code.name.cmp(b.code.name)).then_with(|| a.headline.cmp(&b.headline))
    });
    findings.dedup_by(|a, b| {
        a.code == b.code && a.headline == b.headline && a.place() == b.place() && a.path(sources) == b.path(sources)
    });
}
