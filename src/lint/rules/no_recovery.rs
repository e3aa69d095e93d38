//! `no-recovery`: a fault after which nothing judges whether the system heals.

use crate::base::Span;
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Study, Subject};
use crate::plan::Leaf;
use crate::types::model::{Hold, Step, StepKind};

/// The rule.
pub const RULE: Rule = Rule { code: lints::NO_RECOVERY, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    subject.studies().flat_map(|study| unhealed(&study)).collect()
}

fn unhealed(study: &Study) -> Vec<Diagnostic> {
    let course = study.course();
    let judged = course.followed(judges);
    let open = course.steps.iter().zip(judged).filter(|(_, judged)| !judged);
    let faults = open.filter_map(|(placed, _)| match placed.leaf {
        Leaf::Step(step) if breaks(step) => Some(finding(&placed.name, course.place(step))),
        _ => None,
    });
    faults.collect()
}

/// Whether a step judges what the system does.
fn judges(step: &Step) -> bool {
    matches!(step.kind, StepKind::Expect(_) | StepKind::Stable(_))
}

/// Whether a step injects a fault and does not itself wait for the system to heal.
fn breaks(step: &Step) -> bool {
    matches!(&step.kind, StepKind::Inject(inject) if matches!(inject.hold, Hold::For(_)))
}

fn finding(name: &str, at: Span) -> Diagnostic {
    Diagnostic::warning(lints::NO_RECOVERY, format!("nothing judges whether the system recovers from `{name}`"))
        .at(at, "no step after this one expects anything")
        .help("add a step after it: `expect steady within 60s holding 10s`")
}
