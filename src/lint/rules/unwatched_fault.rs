//! `unwatched-fault`: a fault during which nothing is expected.

use crate::base::Span;
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Study, Subject};
use crate::types::model::{Hold, Step, StepKind};
use std::collections::BTreeSet;

/// The rule.
pub const RULE: Rule = Rule { code: lints::UNWATCHED_FAULT, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let open = subject.studies().iter().filter(|study| study.model.expectations.is_empty());
    open.flat_map(unwatched).collect()
}

fn unwatched(study: &Study) -> Vec<Diagnostic> {
    let mut alone = Vec::new();
    block(&study.model.steps, &mut alone);
    let course = &study.course;
    // The use of a scenario says once what is true of several of its steps.
    let mut told = BTreeSet::new();
    let placed = alone.into_iter().map(|step| (step, course.place(step)));
    placed.filter(|(_, at)| told.insert(*at)).map(|(step, at)| finding(step, at)).collect()
}

/// Gathers the injects during which nothing is expected, and says whether anything is expected in these steps. Of steps that
/// do not just follow each other, what one expects watches the faults of the others, too.
fn block<'m>(steps: &'m [Step], alone: &mut Vec<&'m Step>) -> bool {
    let in_turn = steps.iter().all(|step| step.after.is_empty());
    if !in_turn {
        return together(steps.iter().map(std::slice::from_ref), alone);
    }
    all(steps, alone)
}

fn all<'m>(steps: &'m [Step], alone: &mut Vec<&'m Step>) -> bool {
    let mut expects = false;
    for step in steps {
        expects |= one(step, alone);
    }
    expects
}

fn one<'m>(step: &'m Step, alone: &mut Vec<&'m Step>) -> bool {
    match &step.kind {
        StepKind::Inject(inject) => {
            let watched = !inject.expectations.is_empty() || matches!(inject.hold, Hold::Until(_));
            alone.extend((!watched).then_some(step));
            watched
        }
        StepKind::Expect(_) | StepKind::Stable(_) => true,
        StepKind::Parallel(steps) => together(steps.iter().map(std::slice::from_ref), alone),
        _ => {
            let found: Vec<bool> = step.kind.blocks().into_iter().map(|steps| block(steps, alone)).collect();
            found.contains(&true)
        }
    }
}

fn together<'m>(branches: impl Iterator<Item = &'m [Step]>, alone: &mut Vec<&'m Step>) -> bool {
    let mut found: Vec<(bool, Vec<&Step>)> = Vec::new();
    for steps in branches {
        let mut own = Vec::new();
        let expects = all(steps, &mut own);
        found.push((expects, own));
    }
    let expecting = found.iter().filter(|(expects, _)| *expects).count();
    for (expects, own) in found {
        let elsewhere = expecting > usize::from(expects);
        alone.extend(own.into_iter().filter(|_| !elsewhere));
    }
    expecting > 0
}

fn finding(step: &Step, at: Span) -> Diagnostic {
    let fault = if let StepKind::Inject(inject) = &step.kind { inject.fault.name.as_str() } else { "" };
    let name = step.name.as_deref().unwrap_or(fault);
    Diagnostic::warning(lints::UNWATCHED_FAULT, format!("nothing is expected while `{name}` is active"))
        .at(at, "")
        .help("say what must hold meanwhile: `{ expect always … }`")
        .note("a fault that nothing watches refutes nothing, whatever it breaks")
}
