//! `slow-source`: a fault that is over before the source of what judges it has looked.

use crate::base::{Span, unit};
use crate::diagnostics::{Diagnostic, lints};
use crate::lint::{Level, Needs, Rule, Study, Subject};
use crate::plan::{Injection, Plan, Step};
use crate::types::model::{Binding, Expectation, How, Source};
use crate::types::promql::longest_reach;
use crate::types::term::{Demand, Reading};

/// The rule.
pub const RULE: Rule = Rule { code: lints::SLOW_SOURCE, level: Level::Warn, needs: Needs::File, check };

fn check(subject: &Subject) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    for finding in subject.studies().iter().flat_map(|study| slow(study, subject)) {
        // What is slow in one environment is told once, and so is a scenario's expectation.
        if !found.iter().any(|known| known.place() == finding.place()) {
            found.push(finding);
        }
    }
    found
}

fn slow(study: &Study, subject: &Subject) -> Vec<Diagnostic> {
    let of_plan = |plan: Plan| {
        let judged = plan.injections().flat_map(|(step, it)| it.expectations.iter().map(move |one| (step, it, one)));
        judged.filter_map(|(step, it, one)| finding(&plan, step, it, one)).collect::<Vec<_>>()
    };
    study.plans(subject).into_iter().flat_map(of_plan).collect()
}

/// The slowest reading of an expectation, if no sample of it is sure to lie inside the time that it judges.
fn finding(plan: &Plan, step: &Step, injection: &Injection, expectation: &Expectation) -> Option<Diagnostic> {
    let time = match expectation.demand {
        Demand::Within { deadline, .. } => deadline,
        _ => injection.duration.lo,
    };
    let needs = expectation.condition.readings().into_iter().filter_map(|reading| Need::of(plan, reading));
    let most = needs.max_by(|a, b| a.seconds().total_cmp(&b.seconds()))?;
    (most.seconds() > time + 1e-9).then(|| most.told(&step.name, time, expectation.span, &plan.environment))
}

/// What has to fit into the time that is judged.
struct Need<'p> {
    reading: &'p Reading,
    window: f64,
    range: f64,
    source: &'p Source,
}

impl<'p> Need<'p> {
    fn of(plan: &'p Plan, reading: &'p Reading) -> Option<Self> {
        let Binding { source, how, .. } = plan.bindings.get(&reading.metric)?;
        let windowed = reading.is_windowed();
        let range = if let How::Query { query, .. } = how { longest_reach(query) } else { 0.0 };
        let window = if windowed { reading.window.unwrap_or(plan.window) } else { 0.0 };
        Some(Self { reading, window, range, source: plan.sources.get(source)? })
    }

    fn seconds(&self) -> f64 {
        self.window + self.range + self.source.lag()
    }

    fn told(&self, step: &str, time: f64, at: Span, environment: &str) -> Diagnostic {
        let show = unit::show_duration;
        let (metric, needed) = (&self.reading.metric, show(self.seconds()));
        let parts = [
            (self.window, "window"),
            (self.range, "range of the query"),
            (self.source.scrape, "until the server scrapes"),
            (self.source.every, "until it is read"),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(part, _)| *part > 0.0)
            .map(|(part, what)| format!("{} {what}", show(*part)))
            .collect();
        let headline = format!("no sample of `{metric}` is sure to lie inside the {} that this judges", show(time));
        Diagnostic::warning(lints::SLOW_SOURCE, headline)
            .at(at, "it may end inconclusive")
            .help(format!("hold `{step}` for {needed} or longer, or read and scrape more often, over a shorter window"))
            .note(format!("in the environment `{environment}`: {} = {needed}", parts.join(" + ")))
    }
}
