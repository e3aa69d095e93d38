//! `duplicate-expectation`: the same said twice in one block.

use crate::base::Span;
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject, walk};
use crate::syntax::tree::{Expect, Experiment, Expr, Timing};
use std::collections::BTreeMap;

/// The rule.
pub const RULE: Rule = Rule { code: lints::DUPLICATE_EXPECTATION, level: Level::Warn, needs: Needs::File, check };

/// What is said, in the author's words without blanks, and where.
type Said = (String, Span);

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let services = subject.file.systems.iter().flat_map(|system| &system.services);
    let slos =
        services.map(|service| service.slos.iter().map(|slo| (squeezed(subject.text(slo.span)), slo.span)).collect());
    let whole = subject.file.experiments.iter().flat_map(|experiment| blocks(experiment, subject));
    let steps = walk::runs(subject.file).flat_map(walk::steps);
    let injects = steps.filter_map(walk::injected).map(|inject| expected(&inject.expectations, subject));
    slos.chain(whole).chain(injects).flat_map(repeated).collect()
}

/// What an experiment says as a whole: its abort conditions, its steady state, its expectations.
fn blocks(experiment: &Experiment, subject: &Subject) -> Vec<Vec<Said>> {
    let aborts = experiment.aborts.iter().map(|it| said("", &it.condition, it.timing.as_ref(), subject)).collect();
    let steady = experiment.steady.iter().map(|condition| said("", condition, None, subject)).collect();
    vec![aborts, steady, expected(&experiment.expectations, subject)]
}

fn expected(list: &[Expect], subject: &Subject) -> Vec<Said> {
    let one = |expect: &Expect| {
        let test = expect.test.as_ref().map_or("", |test| subject.text(test.span));
        let mode = format!("{:?} {test}", expect.mode);
        let (text, _) = said(&mode, &expect.condition, expect.timing.as_ref(), subject);
        (text, expect.span)
    };
    list.iter().map(one).collect()
}

fn said(word: &str, condition: &Expr, timing: Option<&Timing>, subject: &Subject) -> Said {
    let timing = timing.map_or("", |timing| subject.text(timing.span()));
    let text = format!("{word} {} {timing}", subject.text(condition.span));
    (squeezed(&text), condition.span)
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

fn repeated(block: Vec<Said>) -> Vec<Diagnostic> {
    let mut first: BTreeMap<String, Span> = BTreeMap::new();
    let mut findings = Vec::new();
    for (text, at) in block {
        match first.get(&text) {
            Some(before) => findings.push(finding(*before, at)),
            None => drop(first.insert(text, at)),
        }
    }
    findings
}

fn finding(first: Span, again: Span) -> Diagnostic {
    Diagnostic::warning(lints::DUPLICATE_EXPECTATION, "this is said twice in one block")
        .at(again, "again here")
        .at(first, "first here")
        .help("remove one, or change what was meant to differ")
}
