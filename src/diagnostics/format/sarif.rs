//! SARIF 2.1.0, the format of static analysis results (OASIS standard).

use super::place::{Place, uri};
use super::{Report, remarks};
use crate::base::Sources;
use crate::diagnostics::{Code, Diagnostic, Fix, Label, Severity};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Relative paths start from the folder that the command ran in; by convention this is its name.
const ROOT: &str = "%SRCROOT%";

pub fn document(report: &Report) -> String {
    let rules = rules(report.findings);
    let results: Vec<Value> = report.findings.iter().map(|finding| result(finding, &rules, report.sources)).collect();
    let shown: Vec<Value> = rules.values().map(|(_, code, severity)| rule(*code, *severity)).collect();
    let run = json!({
        "tool": { "driver": {
            "name": "chaos",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": shown,
        } },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": { ROOT: { "description": { "text": "The folder in which the command ran." } } },
        "invocations": [{ "executionSuccessful": report.totals().unreadable == 0 }],
        "results": results,
    });
    let document = json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] });
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

/// The codes that findings have, each with its place in the list.
type Rules<'a> = BTreeMap<&'a str, (usize, Code, Severity)>;

fn rules(findings: &[Diagnostic]) -> Rules<'_> {
    let mut rules: Rules = findings.iter().map(|it| (it.code.name, (0, it.code, it.severity))).collect();
    rules.values_mut().enumerate().for_each(|(at, (index, ..))| *index = at);
    rules
}

fn rule(code: Code, severity: Severity) -> Value {
    let body = code.page.trim_end();
    json!({
        "id": code.name,
        "shortDescription": { "text": code.title() },
        "help": { "text": body, "markdown": body },
        "defaultConfiguration": { "level": severity.word() },
    })
}

fn result(finding: &Diagnostic, rules: &Rules, sources: &Sources) -> Value {
    let mut text = vec![finding.headline.clone()];
    text.extend(remarks(finding));
    let index = rules.get(finding.code.name).map_or(0, |(index, ..)| *index);
    let mut result = json!({
        "ruleId": finding.code.name,
        "ruleIndex": index,
        "level": finding.severity.word(),
        "message": { "text": text.join("\n") },
    });
    let lists = [
        ("locations", locations(finding, sources)),
        ("relatedLocations", related(finding, sources)),
        ("fixes", finding.fixes.iter().filter_map(|it| fix(it, sources)).collect()),
    ];
    for (key, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        result[key] = Value::Array(list);
    }
    result
}

fn locations(finding: &Diagnostic, sources: &Sources) -> Vec<Value> {
    let place = Place::primary(finding, sources).map(|place| physical(&place));
    let place = place.or_else(|| finding.file.as_deref().map(|file| json!({ "artifactLocation": artifact(file) })));
    place.into_iter().map(|place| json!({ "physicalLocation": place })).collect()
}

fn related(finding: &Diagnostic, sources: &Sources) -> Vec<Value> {
    let told = |(at, label): (usize, &Label)| {
        // The primary place is told already; only its remark is new.
        let place = Place::of(label.span, sources).filter(|_| at > 0 || !label.text.is_empty())?;
        let mut location = json!({ "id": at + 1, "physicalLocation": physical(&place) });
        if !label.text.is_empty() {
            location["message"] = json!({ "text": label.text });
        }
        Some(location)
    };
    finding.labels.iter().enumerate().filter_map(told).collect()
}

fn fix(fix: &Fix, sources: &Sources) -> Option<Value> {
    let mut files: BTreeMap<&Path, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        let place = Place::of(edit.span, sources)?;
        let replacement = json!({ "deletedRegion": region(&place), "insertedContent": { "text": edit.text } });
        files.entry(&place.source.path).or_default().push(replacement);
    }
    let change = |(file, replacements)| json!({ "artifactLocation": artifact(file), "replacements": replacements });
    let changes: Vec<Value> = files.into_iter().map(change).collect();
    (!changes.is_empty()).then(|| json!({ "description": { "text": fix.title }, "artifactChanges": changes }))
}

fn physical(place: &Place) -> Value {
    json!({ "artifactLocation": artifact(&place.source.path), "region": region(place) })
}

fn artifact(path: &Path) -> Value {
    let mut location = Map::new();
    location.insert("uri".to_owned(), Value::String(uri(path)));
    if path.is_relative() {
        location.insert("uriBaseId".to_owned(), Value::String(ROOT.to_owned()));
    }
    Value::Object(location)
}

fn region(place: &Place) -> Value {
    let ((start_line, start_column), (end_line, end_column)) = (place.start(), place.end());
    json!({
        "startLine": start_line,
        "startColumn": start_column,
        "endLine": end_line,
        "endColumn": end_column,
        "byteOffset": place.span.start,
        "byteLength": place.span.len(),
    })
}
