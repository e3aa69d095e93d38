//! Whether each step that reads a call's answer waits for that call.

use super::arrange::{Edge, Placed};
use super::graph::{Graph, Injection, PlannedArgument, StepId, StepKind};
use super::{Leaf, errors};
use crate::base::Span;
use crate::diagnostics::{Diagnostic, Edit, Fix};
use crate::types::model::Argument;
use crate::types::term::Condition;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// What is wrong with the steps of a graph, which stand in it as they were placed.
pub fn check(graph: &Graph, placed: &[Placed]) -> Vec<Diagnostic> {
    let order = graph.order();
    let calls: HashMap<&str, usize> = order.iter().enumerate().filter_map(|(at, id)| called(graph, *id, at)).collect();
    let mut findings = Vec::new();
    if calls.is_empty() {
        return findings;
    }
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    for (at, id) in order.iter().enumerate() {
        let Some(step) = graph.step(*id) else { continue };
        let reads = read(&step.kind).into_iter().filter_map(|name| calls.get(name));
        let early = reads.copied().find(|call| !waits(graph, *id, order[*call]));
        // A round or a scenario's use says it as well as all of them.
        if let Some(call) = early.filter(|_| seen.insert(step.span)) {
            findings.push(errors::no_answer_yet(&placed[at], &placed[call], mend(&placed[at], &placed[call])));
        }
    }
    findings
}

fn called(graph: &Graph, id: StepId, at: usize) -> Option<(&str, usize)> {
    let step = graph.step(id)?;
    matches!(step.kind, StepKind::Call { .. }).then_some((step.name.as_str(), at))
}

/// Whether a step begins only when another has ended.
fn waits(graph: &Graph, later: StepId, earlier: StepId) -> bool {
    let mut open = VecDeque::from([later]);
    let mut seen = BTreeSet::from([later]);
    while let Some(step) = open.pop_front() {
        for (before, edge) in graph.before(step) {
            if before == earlier && edge == Edge::End {
                return true;
            }
            if seen.insert(before) {
                open.push_back(before);
            }
        }
    }
    false
}

/// The calls whose answers a step reads.
fn read(kind: &StepKind) -> Vec<&str> {
    match kind {
        StepKind::Inject(injection) => in_injection(injection),
        StepKind::Expect(expectation) => in_condition(&expectation.condition),
        StepKind::Choose { condition, .. } => in_condition(condition),
        StepKind::Call { arguments, .. } => in_arguments(arguments.values()),
        StepKind::Wait(_) | StepKind::Stable(_) | StepKind::Approve(..) | StepKind::Mark => Vec::new(),
    }
}

fn in_injection(injection: &Injection) -> Vec<&str> {
    let judged = injection.judged().flat_map(|it| in_condition(&it.condition));
    in_arguments(injection.arguments.values()).into_iter().chain(judged).collect()
}

fn in_condition(condition: &Condition) -> Vec<&str> {
    let comparisons = condition.comparisons().into_iter();
    comparisons.flat_map(|it| [it.left.answers(), it.right.answers()].concat()).collect()
}

fn in_arguments<'a>(arguments: impl Iterator<Item = &'a PlannedArgument>) -> Vec<&'a str> {
    arguments.flat_map(|it| in_argument(&it.value)).collect()
}

fn in_argument(argument: &Argument) -> Vec<&str> {
    match argument {
        Argument::Answer(call) => vec![call],
        Argument::Term(term) => term.answers(),
        Argument::List(items) => items.iter().flat_map(in_argument).collect(),
        _ => Vec::new(),
    }
}

/// What lets a step wait for a call and for all that it waits for already, where that is one addition.
fn mend(step: &Placed, call: &Placed) -> Option<Fix> {
    let Leaf::Step(written) = call.leaf else { return None };
    let name = written.name.as_ref()?;
    let block = |it: &Placed| it.name.rsplit_once('.').map(|(block, _)| block.to_owned());
    if block(step) != block(call) {
        return None;
    }
    let (title, edit) = if step.before == call.before {
        (format!("write `after {name}`"), Edit::after(step.span, format!(" after {name}")))
    } else {
        let Leaf::Step(own) = step.leaf else { return None };
        let last = own.after.last().filter(|last| last.start.is_none())?;
        (format!("write `after {}, {name}`", last.step), Edit::after(last.span, format!(", {name}")))
    };
    Some(Fix { title, edits: vec![edit], safe: false })
}
