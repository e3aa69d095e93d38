//! Changes of a text that mend what a finding is about.

use crate::base::Span;

/// One replacement: the bytes of `span` become `text`. An empty span inserts, an empty text removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Edit {
    /// `span` becomes `text`.
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    /// `text` is put before `span`.
    pub fn before(span: Span, text: impl Into<String>) -> Self {
        Self::new(Span { end: span.start, ..span }, text)
    }

    /// `text` is put after `span`.
    pub fn after(span: Span, text: impl Into<String>) -> Self {
        Self::new(Span { start: span.end, ..span }, text)
    }
}

/// A way to mend a finding: all of its edits, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order: ``write `==` ``.
    pub title: String,
    /// Replacements that do not overlap.
    pub edits: Vec<Edit>,
    /// Whether it says what the author surely meant: then it is applied without asking.
    pub safe: bool,
}

impl Fix {
    /// Whether a help line already tells what this fix does: in its words, or by showing the text that it writes.
    pub fn is_told_by(&self, help: &str) -> bool {
        let written = match self.edits.as_slice() {
            [one] => format!("`{}`", one.text.trim()),
            _ => return help == self.title,
        };
        help == self.title || (written.len() > 2 && help.contains(&written))
    }
}
