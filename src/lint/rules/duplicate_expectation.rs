//! `duplicate-expectation`: the same said twice in one block.

use crate::base::Span;
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::removal::remove;
use crate::lint::{Level, Needs, Rule, Subject, walk};
use crate::syntax::tree::{Expect, Experiment};
use std::collections::BTreeMap;

/// The rule.
pub const RULE: Rule = Rule { code: lints::DUPLICATE_EXPECTATION, level: Level::Warn, needs: Needs::File, check };

/// Something that is said.
struct Said {
    /// In the author's words, without blanks.
    text: String,
    /// Where.
    at: Span,
    /// The whole statement, where it can be removed and nothing will miss it.
    statement: Option<Span>,
}

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let services = subject.file.systems.iter().flat_map(|system| &system.services);
    let slos = services.map(|service| service.slos.iter().map(|slo| whole(slo.span, subject)).collect());
    let whole = subject.file.experiments.iter().flat_map(|experiment| blocks(experiment, subject));
    let steps = walk::runs(subject.file).flat_map(walk::steps);
    let injects = steps.filter_map(walk::injected).map(|inject| expected(&inject.expectations, subject));
    slos.chain(whole).chain(injects).flat_map(|block| repeated(block, subject)).collect()
}

/// What an experiment says as a whole: its abort conditions, its steady state, its expectations.
fn blocks(experiment: &Experiment, subject: &Subject) -> Vec<Vec<Said>> {
    let aborts = experiment.aborts.iter().map(|it| whole(it.span, subject)).collect();
    let steady = experiment.steady.iter().map(|condition| whole(condition.span, subject)).collect();
    vec![aborts, steady, expected(&experiment.expectations, subject)]
}

/// Expectations, without the names that they have.
fn expected(list: &[Expect], subject: &Subject) -> Vec<Said> {
    let one = |expect: &Expect| {
        let test = expect.test.as_ref().map_or("", |test| subject.text(test.span));
        let timing = expect.timing.as_ref().map_or("", |timing| subject.text(timing.span()));
        let text = format!("{:?} {} {test} {timing}", expect.mode, subject.text(expect.condition.span));
        let statement = expect.name.is_none().then_some(expect.span);
        Said { text: squeezed(&text), at: expect.span, statement }
    };
    list.iter().map(one).collect()
}

fn whole(at: Span, subject: &Subject) -> Said {
    Said { text: squeezed(subject.text(at)), at, statement: Some(at) }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

fn repeated(block: Vec<Said>, subject: &Subject) -> Vec<Diagnostic> {
    let mut first: BTreeMap<String, Span> = BTreeMap::new();
    let mut findings = Vec::new();
    for said in block {
        match first.get(&said.text) {
            Some(before) => findings.push(finding(&said, *before, subject)),
            None => drop(first.insert(said.text, said.at)),
        }
    }
    findings
}

fn finding(again: &Said, first: Span, subject: &Subject) -> Diagnostic {
    let finding = Diagnostic::warning(lints::DUPLICATE_EXPECTATION, "this is said twice in one block")
        .at(again.at, "again here")
        .at(first, "first here")
        .help("remove one, or change what was meant to differ");
    match again.statement {
        Some(statement) => remove(finding, statement, subject),
        None => finding,
    }
}
