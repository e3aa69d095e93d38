//! `no-effect`: a fault that touches no request.

use crate::analysis::whole_ranges;
use crate::base::Span;
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Study, Subject, walk};
use crate::types::model::{Argument, Inject};
use crate::types::term::Known;

/// The rule.
pub const RULE: Rule = Rule { code: lints::NO_EFFECT, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    subject.studies().iter().flat_map(idle).collect()
}

fn idle(study: &Study) -> Vec<Diagnostic> {
    let (known, course) = (whole_ranges(study.model), &study.course);
    let injects = walk::injects(study.model).into_iter();
    let idle = injects.filter(|(_, inject)| touches_nothing(inject, &known));
    idle.map(|(step, inject)| finding(inject, course.place(step))).collect()
}

/// Whether the share of requests that the fault touches is nothing, whatever its parameters are.
fn touches_nothing(inject: &Inject, known: &Known) -> bool {
    let bounds = |name: &str, range| match inject.arguments.get(name) {
        Some(Argument::Term(term)) => term.bounds(known),
        _ => range,
    };
    let own = inject.fault.parameters.iter().map(|it| (it.name.clone(), bounds(&it.name, it.range))).collect();
    inject.fault.touches.bounds(&Known { parameters: own, ..Known::default() }).hi <= 0.0
}

fn finding(inject: &Inject, at: Span) -> Diagnostic {
    let fault = &inject.fault.name;
    Diagnostic::warning(lints::NO_EFFECT, format!("this `{fault}` touches no request of `{}`", inject.target))
        .at(at, "the share it touches is 0%")
        .help("give it a share above nothing: `traffic: 5%`")
        .note("a fault that is not seen to act makes the run inconclusive")
}
