//! Tests as JSON. `docs/schemas/tests.v1.schema.json` describes it.

use super::{Came, Told};
use crate::base::Sources;
use crate::diagnostics::format::{Finding, finding};
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    tool: Tool,
    tests: Vec<Test<'a>>,
    findings: Vec<Finding<'a>>,
    coverage: Vec<Experiment<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Test<'a> {
    file: &'a str,
    line: usize,
    name: &'a str,
    experiment: &'a str,
    environment: &'a str,
    outcome: &'static str,
    verdict: Option<&'a str>,
    seconds: f64,
    wrong: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Experiment<'a> {
    experiment: &'a str,
    conditions: Vec<Condition<'a>>,
}

#[derive(Serialize)]
struct Condition<'a> {
    of: &'a str,
    kind: &'static str,
    written: &'a str,
    violated: usize,
}

#[derive(Serialize)]
struct Summary {
    tests: usize,
    ok: usize,
    failed: usize,
    errors: usize,
}

/// The document, with a line end.
pub fn json(told: &Told) -> String {
    let count = |word: &str| told.tests.iter().filter(|came| came.word() == word).count();
    let findings: Vec<Finding> = told.wrong.iter().map(|one| finding(one, told.sources)).collect();
    let document = Document {
        version: 1,
        tool: Tool { name: "chaos", version: env!("CARGO_PKG_VERSION") },
        tests: told.tests.iter().map(|came| test(came, told.sources)).collect(),
        coverage: told.coverage.experiments().map(|(name, all)| experiment(name, &all)).collect(),
        summary: Summary {
            tests: told.tests.len(),
            ok: count("ok"),
            failed: count("failed"),
            errors: count("error") + findings.len(),
        },
        findings,
    };
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    format!("{text}\n")
}

fn test<'a>(came: &'a Came, sources: &Sources) -> Test<'a> {
    Test {
        file: &came.file,
        line: came.line,
        name: &came.name,
        experiment: &came.experiment,
        environment: &came.environment,
        outcome: came.word(),
        verdict: came.verdict.as_deref(),
        seconds: came.length,
        wrong: came.wrong.iter().map(|one| finding(one, sources)).collect(),
    }
}

fn experiment<'a>(name: &'a str, conditions: &[&'a super::super::Covered]) -> Experiment<'a> {
    let one = |it: &&'a super::super::Covered| Condition {
        of: &it.of,
        kind: if it.is_trigger { "trigger" } else { "expectation" },
        written: &it.text,
        violated: it.violated,
    };
    Experiment { experiment: name, conditions: conditions.iter().map(one).collect() }
}
