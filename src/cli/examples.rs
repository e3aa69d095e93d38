//! What came of the examples of policies, as JSON. `docs/schemas/examples.v1.schema.json` describes it.

use super::policy::untried;
use crate::analysis::Example;
use crate::base::{Sources, Tool};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::format::{Finding, finding};
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    tool: Tool,
    /// What stands in the way of examples.
    findings: Vec<Finding<'a>>,
    examples: Vec<One<'a>>,
    untried: Vec<&'a str>,
    summary: Summary,
}

#[derive(Serialize)]
struct One<'a> {
    name: &'a str,
    outcome: &'static str,
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Summary {
    examples: usize,
    failed: usize,
}

/// The document, with a line end.
pub fn document(wrong: &[Diagnostic], examples: &[&Example], sources: &Sources) -> String {
    let document = Document {
        version: 1,
        tool: Tool::THIS,
        findings: findings(wrong, sources),
        examples: examples.iter().map(|example| one(example, sources)).collect(),
        untried: untried(examples),
        summary: Summary { examples: examples.len(), failed: examples.iter().filter(|it| it.failed()).count() },
    };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn one<'a>(example: &'a Example, sources: &Sources) -> One<'a> {
    let outcome = if example.failed() { "failed" } else { "ok" };
    One { name: &example.name, outcome, findings: findings(&example.wrong, sources) }
}

fn findings<'a>(all: &'a [Diagnostic], sources: &Sources) -> Vec<Finding<'a>> {
    all.iter().map(|it| finding(it, sources)).collect()
}
