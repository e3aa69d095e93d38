//! Findings for machines, and in one line for people: one file a format.

mod concise;
mod github;
mod gitlab;
mod json;
mod junit;
mod place;
mod rdjson;
mod sarif;

pub use concise::line;
pub use json::{Finding, finding};
pub use junit::escape;
pub use place::uri;

use super::{Diagnostic, Severity};
use crate::base::Sources;
use std::path::PathBuf;

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Drawn, with the lines they are about.
    Full,
    /// One line each.
    Concise,
    /// One JSON document; its schema is in `docs/schemas`.
    Json,
    /// One JSON object a line.
    JsonLines,
    /// SARIF 2.1.0, as code hosts and editors read it.
    Sarif,
    /// JUnit's XML, a test case for each file.
    Junit,
    /// Workflow commands of GitHub Actions: remarks beside the code.
    Github,
    /// GitLab's Code Quality report.
    Gitlab,
    /// reviewdog's diagnostic format, with suggestions.
    Rdjson,
}

impl Format {
    /// All formats with their names.
    pub const ALL: &'static [(&'static str, Format)] = &[
        ("full", Format::Full),
        ("concise", Format::Concise),
        ("json", Format::Json),
        ("json-lines", Format::JsonLines),
        ("sarif", Format::Sarif),
        ("junit", Format::Junit),
        ("github", Format::Github),
        ("gitlab", Format::Gitlab),
        ("rdjson", Format::Rdjson),
    ];

    /// The format with this name.
    pub fn named(name: &str) -> Option<Format> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }

    /// Whether a program reads it: then it is one document, and nothing else is written beside it.
    pub fn is_for_machines(self) -> bool {
        !matches!(self, Format::Full | Format::Concise)
    }
}

/// What there is to tell.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The command that found it, for example `check`.
    pub command: &'a str,
    /// The files that were looked at, whether something was found in them or not.
    pub files: &'a [PathBuf],
    /// What was found, in order.
    pub findings: &'a [Diagnostic],
    /// The texts that it is about.
    pub sources: &'a Sources,
    /// Whether warnings count as errors.
    pub deny_warnings: bool,
}

impl Report<'_> {
    /// The report in a format for machines; the same as `concise` in those for people.
    pub fn document(&self, format: Format) -> String {
        match format {
            Format::Full | Format::Concise => concise::lines(self),
            Format::Json => json::document(self),
            Format::JsonLines => json::lines(self),
            Format::Sarif => sarif::document(self),
            Format::Junit => junit::document(self),
            Format::Github => github::commands(self),
            Format::Gitlab => gitlab::document(self),
            Format::Rdjson => rdjson::document(self),
        }
    }

    /// How many findings there are of each kind.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { files: self.files.len(), ..Totals::default() };
        for finding in self.findings {
            match finding.severity {
                _ if finding.is_unreadable_file() => totals.unreadable += 1,
                Severity::Error => totals.errors += 1,
                Severity::Warning => totals.warnings += 1,
                Severity::Note => totals.notes += 1,
            }
            totals.fixable += usize::from(finding.safe_fixes().next().is_some());
        }
        totals
    }

    /// Whether a finding makes the command fail.
    fn fails(&self, finding: &Diagnostic) -> bool {
        finding.severity == Severity::Error || self.deny_warnings && finding.severity == Severity::Warning
    }
}

/// Counts of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Totals {
    /// Files that were looked at.
    pub files: usize,
    /// Errors, files that cannot be read aside.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
    /// Files and folders that were asked for and cannot be read.
    pub unreadable: usize,
    /// Findings with a safe fix.
    pub fixable: usize,
}

/// What a finding says besides its headline: facts, then things to do, a line each.
fn remarks(finding: &Diagnostic) -> Vec<String> {
    let notes = finding.notes.iter().map(|note| format!("note: {note}"));
    notes.chain(finding.all_help().into_iter().map(|help| format!("help: {help}"))).collect()
}

#[cfg(test)]
mod tests;
