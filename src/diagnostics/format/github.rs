//! Workflow commands of GitHub Actions: `::error file=…,line=…::…`.

use super::place::{Place, file_of};
use super::{Report, remarks};
use crate::base::Sources;
use crate::diagnostics::{Diagnostic, Severity, printable};

pub fn commands(report: &Report) -> String {
    report.findings.iter().map(|finding| command(finding, report.sources)).collect()
}

fn command(finding: &Diagnostic, sources: &Sources) -> String {
    let word = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties: Vec<String> =
        file_of(finding, sources).into_iter().map(|file| format!("file={}", property(&file))).collect();
    properties.extend(Place::primary(finding, sources).into_iter().flat_map(|place| range(&place)));
    properties.push(format!("title={}", property(finding.code.name)));
    let text: Vec<String> = std::iter::once(finding.headline.clone()).chain(remarks(finding)).collect();
    format!("::{word} {}::{}\n", properties.join(","), data(&text.join("\n")))
}

/// Columns are shown for places within one line only.
fn range(place: &Place) -> Vec<String> {
    let ((line, column), (end_line, end_column)) = (place.start(), place.end());
    let mut range = vec![format!("line={line}"), format!("endLine={end_line}")];
    if line == end_line {
        range.extend([format!("col={column}"), format!("endColumn={end_column}")]);
    }
    range
}

fn data(text: &str) -> String {
    printable(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
