//! `shadowing`: a name that hides another meaning of the same word.

use crate::base::Span;
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Study, Subject, walk};
use crate::names::Kind;
use crate::syntax::tree::{Name, Parameter, Step};
use crate::types::model::System;

/// The rule.
pub const RULE: Rule = Rule { code: lints::SHADOWING, level: Level::Warn, needs: Needs::File, check };

/// Names of services that mean something else in some places.
const TAKEN_FROM_SERVICES: &[(&str, &str)] = &[
    ("limit", "in the arguments of an inject, `limit.traffic` is the effective limit"),
    ("port", "in a start command, `{port}` is the service's own port"),
];

/// Names of values that mean something else behind `of`.
const TAKEN_FROM_VALUES: &[(&str, &str)] = &[
    ("affected", "`x of affected` reads x over the requests that a fault touches"),
    ("others", "`x of others` reads x over the requests that no fault touches"),
];

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let services = subject.systems().flat_map(|(written, _)| &written.services);
    let mut findings: Vec<Diagnostic> =
        services.filter_map(|service| reserved("service", &service.name, TAKEN_FROM_SERVICES)).collect();
    for experiment in subject.experiments() {
        let steps = experiment.run.as_ref().map_or(&[][..], |run| &run.steps);
        findings.extend(values(&experiment.parameters, steps, subject));
    }
    for scenario in subject.scenarios() {
        findings.extend(values(&scenario.parameters, &scenario.steps, subject));
    }
    findings.extend(subject.studies().iter().flat_map(|study| targets(study, subject)));
    findings
}

/// What the names of parameters and levels hide.
fn values(parameters: &[Parameter], steps: &[Step], subject: &Subject) -> Vec<Diagnostic> {
    let mut outer: Vec<(&str, &Name)> = parameters.iter().map(|it| ("parameter", &it.name)).collect();
    let mut findings: Vec<Diagnostic> = outer.iter().filter_map(|(kind, name)| value(kind, name, subject)).collect();
    levels(steps, &mut outer, subject, &mut findings);
    findings
}

fn levels<'t>(
    steps: &'t [Step],
    outer: &mut Vec<(&'static str, &'t Name)>,
    subject: &Subject,
    findings: &mut Vec<Diagnostic>,
) {
    for step in steps {
        let variable = walk::variable(step);
        if let Some(name) = variable {
            let hidden = outer.iter().rev().find(|(_, known)| known.text == name.text);
            let around = hidden.map(|(kind, hidden)| hides("level", name, kind, hidden.span));
            findings.extend(around.or_else(|| value("level", name, subject)));
            outer.push(("level", name));
        }
        step.blocks().into_iter().for_each(|block| levels(block, outer, subject, findings));
        variable.and_then(|_| outer.pop());
    }
}

fn value(kind: &str, name: &Name, subject: &Subject) -> Option<Diagnostic> {
    reserved(kind, name, TAKEN_FROM_VALUES)
        .or_else(|| subject.declared(Kind::Constant, &name.text).map(|at| hides(kind, name, "constant", at)))
}

/// Values that are called like a service of the experiment's system.
fn targets(study: &Study, subject: &Subject) -> Vec<Diagnostic> {
    let constants = subject.file.constants.iter().map(|it| ("constant", &it.name));
    let parameters = study.written.parameters.iter().map(|it| ("parameter", &it.name));
    let steps = study.written.run.as_ref().map_or_else(Vec::new, |run| walk::steps(&run.steps));
    let levels = steps.into_iter().filter_map(walk::variable).map(|name| ("level", name));
    let all = constants.chain(parameters).chain(levels);
    all.filter_map(|(kind, name)| service(kind, name, study.system)).collect()
}

fn service(kind: &str, name: &Name, system: &System) -> Option<Diagnostic> {
    system.service(&name.text)?;
    let headline = format!("the {kind} `{}` is called like a service of `{}`", name.text, system.name);
    let finding = Diagnostic::warning(lints::SHADOWING, headline).at(name.span, "").help("rename it");
    Some(finding.note(format!("as the target of a fault the word means the service, elsewhere the {kind}")))
}

fn reserved(kind: &str, name: &Name, taken: &[(&str, &str)]) -> Option<Diagnostic> {
    let (_, meaning) = taken.iter().find(|(word, _)| *word == name.text)?;
    let headline = format!("the {kind} `{}` is called like something else", name.text);
    Some(Diagnostic::warning(lints::SHADOWING, headline).at(name.span, "").help("rename it").note(*meaning))
}

fn hides(kind: &str, name: &Name, hidden: &str, at: Span) -> Diagnostic {
    Diagnostic::warning(lints::SHADOWING, format!("the {kind} `{}` hides the {hidden} of that name", name.text))
        .at(name.span, "")
        .at(at, "hidden from here on")
        .help("rename one of them")
}
