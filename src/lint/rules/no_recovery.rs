//! `no-recovery`: a fault after which nothing judges whether the system heals.

use crate::base::Span;
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Study, Subject};
use crate::plan::Leaf;
use crate::types::model::{Hold, Step, StepKind};
use std::collections::BTreeSet;

/// The rule.
pub const RULE: Rule = Rule { code: lints::NO_RECOVERY, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    subject.studies().iter().flat_map(unhealed).collect()
}

fn unhealed(study: &Study) -> Vec<Diagnostic> {
    let course = &study.course;
    let judged = course.followed(judges);
    let open = course.steps.iter().zip(judged).filter(|(_, judged)| !judged);
    let steps = open.filter_map(|(placed, _)| if let Leaf::Step(step) = placed.leaf { Some(step) } else { None });
    // Rounds and levels say a step once, and so does the use of a scenario.
    let mut told = BTreeSet::new();
    let faults = steps.filter_map(|step| Some((course.place(step), broken_by(step)?)));
    faults.filter(|(at, _)| told.insert(*at)).map(|(at, name)| finding(name, at)).collect()
}

/// Whether a step judges what the system does.
fn judges(step: &Step) -> bool {
    matches!(step.kind, StepKind::Expect(_) | StepKind::Stable(_))
}

/// The name of a step that injects a fault and does not itself wait for the system to heal.
fn broken_by(step: &Step) -> Option<&str> {
    let StepKind::Inject(inject) = &step.kind else { return None };
    matches!(inject.hold, Hold::For(_)).then_some(step.name.as_deref().unwrap_or(&inject.fault.name))
}

fn finding(name: &str, at: Span) -> Diagnostic {
    Diagnostic::warning(lints::NO_RECOVERY, format!("nothing judges whether the system recovers from `{name}`"))
        .at(at, "no step after this one expects anything")
        .help("add a step after it: `expect steady within 60s holding 10s`")
}
