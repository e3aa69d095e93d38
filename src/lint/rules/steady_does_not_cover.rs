//! `steady-does-not-cover`: a steady state that cannot see what the fault breaks.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Study, Subject, walk};
use std::collections::{BTreeMap, BTreeSet};

/// The rule.
pub const RULE: Rule = Rule { code: lints::STEADY_DOES_NOT_COVER, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    subject.studies().iter().flat_map(uncovered).collect()
}

fn uncovered(study: &Study) -> Vec<Diagnostic> {
    let (seen, course) = (covered(study), &study.course);
    let mut told = BTreeSet::new();
    let injects = walk::injects(study.model).into_iter();
    let blind = injects.filter(|(_, inject)| !seen.contains(inject.target.as_str()) && told.insert(&inject.target));
    let findings = blind.map(|(step, inject)| {
        let target = &inject.target;
        let headline = format!("no SLO covers `{target}`, nor any service that calls it");
        Diagnostic::warning(lints::STEADY_DOES_NOT_COVER, headline)
            .at(course.place(step), "the steady state cannot see what breaks here")
            .help(format!("give `{target}` or a caller of it an SLO: `slo success >= 99%`"))
            .note("the steady state is every SLO of the system, and what the experiment's `steady { … }` says")
    });
    findings.collect()
}

/// The services of which the steady state reads a metric, and all that they call, directly or not: whose faults it can feel.
fn covered<'a>(study: &Study<'a>) -> BTreeSet<&'a str> {
    let services = &study.system.services;
    let calls: BTreeMap<&str, &Vec<String>> =
        services.iter().map(|service| (service.name.as_str(), &service.calls)).collect();
    let slos = services.iter().flat_map(|service| &service.slos).chain(&study.model.steady);
    let readings = slos.flat_map(|slo| slo.condition.readings());
    let mut next: Vec<&str> = readings.map(|reading| reading.metric.service.as_str()).collect();
    let mut seen = BTreeSet::new();
    while let Some(service) = next.pop() {
        if seen.insert(service) {
            next.extend(calls.get(service).into_iter().flat_map(|calls| calls.iter()).map(String::as_str));
        }
    }
    seen
}
