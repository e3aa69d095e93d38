//! What an experiment lacks: a condition that stops it, and the check that the system heals.

use super::asked::Asked;
use super::index::every_step;
use super::rehearsal::{Edits, adds_error};
use crate::base::Span;
use crate::diagnostics::{Diagnostic, Edit, Fix, any_error, lints};
use crate::format::newline;
use crate::syntax::tree::{Experiment, Run, Step, StepKind};

/// Conditions to stop at, in the order in which they are tried: with short faults, one that has to hold long comes too late.
const ABORTS: &[&str] = &[
    "abort when not steady for 10s",
    "abort when not steady for 5s",
    "abort when not steady for 2s",
    "abort when not steady",
];

/// Checks that a system heals, in the order in which they are tried.
const HEALS: &[&str] =
    &["expect steady within 60s holding 10s", "expect steady within 30s", "expect steady within 10s"];

/// What an experiment lacks. Nothing is offered that would be an error there.
pub fn additions(asked: &Asked, experiment: &Experiment) -> Vec<Fix> {
    let Some(run) = experiment.run.as_ref().filter(|_| !experiment.damaged) else { return Vec::new() };
    let fix = |title: &str, texts: &[&str], edit: &dyn Fn(&str) -> Edit| {
        let fits = |edit: &Edit| !adds_error(asked, &Edits::from([(asked.path.to_path_buf(), vec![edit.clone()])]));
        let edit = texts.iter().map(|text| edit(text)).find(fits)?;
        Some(Fix { title: title.to_owned(), edits: vec![edit], safe: false })
    };
    let abort = || fix("add an abort condition", ABORTS, &|text| before(asked, run, text));
    let heal = || fix("add a check that the system heals", HEALS, &|text| at_the_end(asked, run, text));
    let stops = !experiment.aborts.is_empty();
    let heals = !is_unhealed(asked, run);
    [(!stops).then(abort), (!heals).then(heal)].into_iter().flatten().flatten().collect()
}

/// Whether a fault of the run is followed by nothing that judges: what the linter says, or, where errors keep it from looking,
/// what can be seen from the order of the steps.
fn is_unhealed(asked: &Asked, run: &Run) -> bool {
    let findings = asked.known.map(|known| known.analysis.findings.as_slice()).unwrap_or_default();
    let is_in_run = |place: Span| run.span.contains(place);
    let missed = |it: &Diagnostic| it.code == lints::NO_RECOVERY && it.place().is_some_and(is_in_run);
    if findings.iter().any(missed) {
        return true;
    }
    if any_error(findings) {
        let steps: Vec<&Step> = every_step(&run.steps).collect();
        let last = steps.iter().rposition(|step| matches!(step.kind, StepKind::Inject(_)));
        let judges = |step: &&Step| matches!(step.kind, StepKind::Expect(_));
        return last.is_some_and(|at| !steps[at..].iter().any(judges));
    }
    false
}

/// A statement before the run: in a line of its own, if the run begins one.
fn before(asked: &Asked, run: &Run, statement: &str) -> Edit {
    let at = run.span.start as usize;
    let (line, newline) = (line_start(asked.page.text, at), newline(asked.page.text));
    match asked.page.text.get(line..at) {
        Some(indent) if indent.trim().is_empty() => insert(run, line, format!("{indent}{statement}{newline}{newline}")),
        _ => insert(run, at, format!("{statement}; ")),
    }
}

/// A statement at the end of the run: in a line of its own, if the brace has one.
fn at_the_end(asked: &Asked, run: &Run, statement: &str) -> Edit {
    let close = (run.span.end as usize).saturating_sub(1);
    let (line, newline) = (line_start(asked.page.text, close), newline(asked.page.text));
    match asked.page.text.get(line..close) {
        Some(indent) if indent.trim().is_empty() => insert(run, line, format!("{indent}  {statement}{newline}")),
        _ => insert(run, close, format!("; {statement} ")),
    }
}

fn insert(run: &Run, at: usize, text: String) -> Edit {
    Edit::new(Span::new(run.span.source, at, at), text)
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}
