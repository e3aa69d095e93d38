//! Places as formats write them: paths with `/`, lines and columns from 1.

use crate::base::{Source, Sources, Span};
use crate::diagnostics::Diagnostic;
use std::path::{Component, Path};

/// A span with the text it lies in.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub span: Span,
    pub source: &'a Source,
}

impl<'a> Place<'a> {
    /// The place of a span; none where its text is not known.
    pub fn of(span: Span, sources: &'a Sources) -> Option<Self> {
        sources.get(span.source).map(|source| Self { span, source })
    }

    /// The place that a finding is about.
    pub fn primary(finding: &Diagnostic, sources: &'a Sources) -> Option<Self> {
        finding.place().and_then(|span| Self::of(span, sources))
    }

    /// The file's path.
    pub fn file(&self) -> String {
        slashed(&self.source.path)
    }

    /// Line and column of its first character.
    pub fn start(&self) -> (usize, usize) {
        self.source.line_column(self.span.start as usize)
    }

    /// Line and column behind its last character.
    pub fn end(&self) -> (usize, usize) {
        self.source.line_column(self.span.end as usize)
    }
}

/// The path of the file that a finding is about.
pub fn file_of(finding: &Diagnostic, sources: &Sources) -> Option<String> {
    finding.path(sources).map(slashed)
}

/// A path with `/` between its parts, wherever it was made.
pub fn slashed(path: &Path) -> String {
    if std::path::MAIN_SEPARATOR == '/' {
        path.display().to_string()
    } else {
        path.display().to_string().replace('\\', "/")
    }
}

/// A path as a URI: relative ones stay so.
pub fn uri(path: &Path) -> String {
    let absolute = matches!(path.components().next(), Some(Component::RootDir | Component::Prefix(_)));
    let encoded: String = slashed(path).bytes().map(encoded).collect();
    match (absolute, encoded.starts_with('/')) {
        (true, true) => format!("file://{encoded}"),
        (true, false) => format!("file:///{encoded}"),
        (false, _) => encoded,
    }
}

fn encoded(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}
