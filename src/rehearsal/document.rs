//! A rehearsal as JSON. `docs/schemas/rehearsal.v1.schema.json` describes it.

use super::check::{Check, Outcome, Totals};
use crate::base::{Sources, Span, Tool};
use serde::Serialize;

/// What was rehearsed.
#[derive(Clone, Debug, Serialize)]
pub struct About {
    /// The file, as it was named.
    pub file: String,
    /// The experiment; none where an environment was looked at alone.
    pub experiment: Option<String>,
    /// The environment.
    pub environment: String,
    /// How long it was watched, in seconds.
    pub seconds: f64,
    /// What was started for it and taken down again.
    pub started: Vec<String>,
}

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    tool: Tool,
    #[serde(flatten)]
    about: &'a About,
    injected: bool,
    checks: Vec<One<'a>>,
    summary: Totals,
}

#[derive(Serialize)]
struct One<'a> {
    check: String,
    kind: &'static str,
    of: &'a str,
    outcome: Outcome,
    found: &'a str,
    code: Option<&'static str>,
    fix: Option<&'a str>,
    at: Option<At>,
}

#[derive(Serialize)]
struct At {
    file: String,
    line: usize,
}

/// The document, with a line end.
pub fn document(about: &About, checks: &[Check], sources: &Sources) -> String {
    let checks_told = checks.iter().map(|check| One {
        check: format!("{} {}", check.kind, check.of),
        kind: check.kind,
        of: &check.of,
        outcome: check.outcome,
        found: &check.found,
        code: check.code.map(|code| code.name),
        fix: check.fix.as_deref(),
        at: check.at.and_then(|span| place(span, sources)),
    });
    let document = Document {
        version: 1,
        tool: Tool::THIS,
        about,
        injected: false,
        checks: checks_told.collect(),
        summary: Totals::of(checks),
    };
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    format!("{text}\n")
}

fn place(span: Span, sources: &Sources) -> Option<At> {
    let source = sources.get(span.source)?;
    Some(At { file: source.path.display().to_string(), line: source.line(span.start as usize) })
}
