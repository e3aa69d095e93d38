//! `path:line:column: error[E0203] headline`.

use super::Report;
use super::place::{Place, file_of};
use crate::base::Sources;
use crate::diagnostics::{Diagnostic, printable};

pub fn lines(report: &Report) -> String {
    report.findings.iter().map(|finding| format!("{}\n", line(finding, report.sources))).collect()
}

/// One finding in one line.
pub fn line(finding: &Diagnostic, sources: &Sources) -> String {
    let place = Place::primary(finding, sources).map(|place| {
        let (line, column) = place.start();
        format!("{}:{line}:{column}: ", place.file())
    });
    let place = place.or_else(|| file_of(finding, sources).map(|file| format!("{file}: "))).unwrap_or_default();
    printable(&format!("{place}{}[{}] {}", finding.severity.word(), finding.code, finding.headline)).into_owned()
}
