//! reviewdog's diagnostic format (rdjson). Its columns count bytes.

use super::place::{Place, file_of};
use super::{Report, remarks};
use crate::base::{Source, Sources, Span};
use crate::diagnostics::{Diagnostic, Edit, Fix, Severity};
use serde_json::{Value, json};

pub fn document(report: &Report) -> String {
    let diagnostics: Vec<Value> = report.findings.iter().map(|finding| diagnostic(finding, report.sources)).collect();
    let document = json!({ "source": { "name": "chaos" }, "diagnostics": diagnostics });
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn diagnostic(finding: &Diagnostic, sources: &Sources) -> Value {
    let place = Place::primary(finding, sources);
    let text: Vec<String> = std::iter::once(finding.headline.clone()).chain(remarks(finding)).collect();
    let mut location = json!({ "path": file_of(finding, sources).unwrap_or_default() });
    if let Some(place) = &place {
        location["range"] = range(place.source, place.span);
    }
    let mut diagnostic = json!({
        "message": text.join("\n"),
        "location": location,
        "severity": severity(finding.severity),
        "code": { "value": finding.code.name },
    });
    let lists = [
        ("suggestions", place.iter().flat_map(|place| suggestions(finding, place)).collect::<Vec<_>>()),
        ("relatedLocations", related(finding, sources)),
    ];
    for (key, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        diagnostic[key] = Value::Array(list);
    }
    diagnostic
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
        Severity::Note => "INFO",
    }
}

fn range(source: &Source, span: Span) -> Value {
    let position = |offset: u32| {
        let (line, column) = source.line_byte(offset as usize);
        json!({ "line": line, "column": column })
    };
    json!({ "start": position(span.start), "end": position(span.end) })
}

fn related(finding: &Diagnostic, sources: &Sources) -> Vec<Value> {
    let others = finding.labels.iter().skip(1).filter_map(|label| Some((label, Place::of(label.span, sources)?)));
    let told = others.map(|(label, place)| {
        let location = json!({ "path": place.file(), "range": range(place.source, place.span) });
        json!({ "message": label.text, "location": location })
    });
    told.collect()
}

/// A suggestion replaces one range of the finding's own file; several edits become one that spans them.
fn suggestions(finding: &Diagnostic, place: &Place) -> Vec<Value> {
    let own = |fix: &&Fix| fix.edits.iter().all(|edit| edit.span.source == place.span.source);
    let one = |fix: &Fix| {
        let (span, text) = joined(&fix.edits, &place.source.text)?;
        Some(json!({ "range": range(place.source, span), "text": text }))
    };
    finding.fixes.iter().filter(own).filter_map(one).collect()
}

fn joined(edits: &[Edit], text: &str) -> Option<(Span, String)> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let mut whole: Option<(Span, String)> = None;
    for edit in edits {
        whole = Some(match whole {
            None => (edit.span, edit.text.clone()),
            Some((span, written)) => {
                let between = text.get(span.end as usize..edit.span.start as usize)?;
                (span.to(edit.span), format!("{written}{between}{}", edit.text))
            }
        });
    }
    whole
}
