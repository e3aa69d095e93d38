//! JSON: everything that is known of each finding. `docs/schemas/findings.v1.schema.json` describes it.

use super::place::{Place, file_of};
use super::{Report, Totals};
use crate::base::{Sources, Span, Tool};
use crate::diagnostics::{Diagnostic, Edit, Fix, Label};
use serde::Serialize;

/// The form's version: it grows by new fields; whatever else changes makes a new one.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    findings: Vec<Finding<'a>>,
    summary: Totals,
}

/// A finding with all that is known of it.
#[derive(Serialize)]
pub struct Finding<'a> {
    code: &'a str,
    severity: &'static str,
    headline: &'a str,
    file: Option<String>,
    range: Option<Range>,
    labels: Vec<Labelled<'a>>,
    notes: &'a [String],
    help: &'a [String],
    fixes: Vec<Mend<'a>>,
    explain: String,
}

#[derive(Serialize)]
struct Labelled<'a> {
    file: String,
    range: Range,
    text: &'a str,
    primary: bool,
}

#[derive(Serialize)]
struct Mend<'a> {
    title: &'a str,
    safe: bool,
    edits: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
struct Replacement<'a> {
    file: String,
    range: Range,
    text: &'a str,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

/// A byte offset from 0; line and column from 1, the column in characters.
#[derive(Serialize)]
struct Position {
    offset: u32,
    line: usize,
    column: usize,
}

pub fn document(report: &Report) -> String {
    let findings = report.findings.iter().map(|it| finding(it, report.sources)).collect();
    let document = Document { version: VERSION, tool: Tool::THIS, findings, summary: report.totals() };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

pub fn lines(report: &Report) -> String {
    let line = |it| serde_json::to_string(&finding(it, report.sources)).unwrap_or_default() + "\n";
    report.findings.iter().map(line).collect()
}

/// The finding as it stands in documents: `$defs/finding` of the schema.
pub fn finding<'a>(finding: &'a Diagnostic, sources: &Sources) -> Finding<'a> {
    Finding {
        code: finding.code.name,
        severity: finding.severity.word(),
        headline: &finding.headline,
        file: file_of(finding, sources),
        range: Place::primary(finding, sources).map(|place| range(&place)),
        labels: finding.labels.iter().enumerate().filter_map(|(at, it)| labelled(it, at == 0, sources)).collect(),
        notes: &finding.notes,
        help: &finding.help,
        fixes: finding.fixes.iter().map(|fix| mend(fix, sources)).collect(),
        explain: format!("chaos explain {}", finding.code),
    }
}

fn labelled<'a>(label: &'a Label, primary: bool, sources: &Sources) -> Option<Labelled<'a>> {
    let (file, range) = located(label.span, sources)?;
    Some(Labelled { file, range, text: &label.text, primary })
}

fn mend<'a>(fix: &'a Fix, sources: &Sources) -> Mend<'a> {
    let edits = fix.edits.iter().filter_map(|edit| replacement(edit, sources)).collect();
    Mend { title: &fix.title, safe: fix.safe, edits }
}

fn replacement<'a>(edit: &'a Edit, sources: &Sources) -> Option<Replacement<'a>> {
    let (file, range) = located(edit.span, sources)?;
    Some(Replacement { file, range, text: &edit.text })
}

fn located(span: Span, sources: &Sources) -> Option<(String, Range)> {
    let place = Place::of(span, sources)?;
    Some((place.file(), range(&place)))
}

fn range(place: &Place) -> Range {
    let position = |offset: u32, (line, column)| Position { offset, line, column };
    Range { start: position(place.span.start, place.start()), end: position(place.span.end, place.end()) }
}
