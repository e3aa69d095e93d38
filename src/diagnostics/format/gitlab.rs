//! GitLab's Code Quality report: an array of issues.

use super::Report;
use super::place::{Place, file_of};
use crate::base::Sources;
use crate::diagnostics::{Diagnostic, Severity};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

pub fn document(report: &Report) -> String {
    let mut seen = BTreeMap::new();
    let issues: Vec<Value> = report.findings.iter().map(|finding| issue(finding, report.sources, &mut seen)).collect();
    serde_json::to_string_pretty(&issues).unwrap_or_default() + "\n"
}

fn issue(finding: &Diagnostic, sources: &Sources, seen: &mut BTreeMap<String, usize>) -> Value {
    let file = file_of(finding, sources).unwrap_or_else(|| ".".to_owned());
    let line = Place::primary(finding, sources).map_or(1, |place| place.start().0);
    let severity = match finding.severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
        Severity::Note => "info",
    };
    json!({
        "description": finding.headline,
        "check_name": finding.code.name,
        "fingerprint": fingerprint(&file, finding, seen),
        "severity": severity,
        "location": { "path": file, "lines": { "begin": line } },
    })
}

/// The same for the same finding in the next report, whatever lines were added above it: made of file, code and headline,
/// and of how many such findings stand before it.
fn fingerprint(file: &str, finding: &Diagnostic, seen: &mut BTreeMap<String, usize>) -> String {
    let what = format!("{file}\n{}\n{}", finding.code, finding.headline);
    let before = seen.entry(what.clone()).or_default();
    let text = format!("{what}\n{before}");
    *before += 1;
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
