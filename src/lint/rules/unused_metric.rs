//! `unused-metric`: a metric that nobody reads.

use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Subject};
use crate::types::model::System;
use crate::types::term::MetricId;

/// The rule.
pub const RULE: Rule = Rule { code: lints::UNUSED_METRIC, level: Level::Allow, needs: Needs::Surroundings, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    subject.systems().flat_map(|(_, system)| unread(system, subject)).collect()
}

fn unread(system: &System, subject: &Subject) -> Vec<Diagnostic> {
    let source = subject.module().and_then(|module| subject.sources().get(module.source));
    let Some(read) = source.and_then(|source| subject.gathered.read(&source.path, &system.name)) else {
        return Vec::new(); // no experiment is known, so nobody can say what is read
    };
    let id = |service: &str, metric: &str| MetricId { service: service.to_owned(), metric: metric.to_owned() };
    let all = system.services.iter().flat_map(|service| service.metrics.iter().map(move |metric| (service, metric)));
    let unread = all.filter(|(service, metric)| !read.contains(&id(&service.name, &metric.name)));
    let findings = unread.map(|(service, metric)| {
        let headline = format!("nothing reads `{}.{}`", service.name, metric.name);
        Diagnostic::warning(lints::UNUSED_METRIC, headline)
            .at(metric.span, "")
            .help("read it in an SLO or an experiment, or remove it")
            .note("in none of the files that were given")
    });
    findings.collect()
}
