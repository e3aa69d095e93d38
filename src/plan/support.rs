//! What of a plan this version checks and bounds, but cannot run: such a plan is refused, so that nobody takes a part of an
//! experiment for the whole.

use super::{Plan, Step, StepKind, errors};
use crate::base::Span;
use crate::diagnostics::Diagnostic;
use crate::names::stdlib;
use crate::types::model::Expectation;
use crate::types::term::{Condition, Demand};

/// Everything in a plan that cannot be run, each with its place.
pub fn not_runnable(plan: &Plan) -> Vec<Diagnostic> {
    let mut found: Vec<(String, Span)> = plan.unkept.clone();
    found.extend(plan.graph.steps().flat_map(step));
    found.extend(plan.expectations.iter().filter_map(expectation));
    found.extend(plan.aborts.iter().filter_map(|abort| {
        let what =
            if abort.samples.is_some() { Some("a trigger that counts samples") } else { reacting(&abort.condition) };
        what.map(|what| (what.to_owned(), abort.span))
    }));
    let secure = plan.proxies.iter().find(|proxy| proxy.upstreams.iter().any(|url| url.starts_with("https://")));
    found.extend(secure.map(|proxy| (format!("a proxy before `{}`, which speaks https", proxy.service), plan.span)));
    found.into_iter().map(|(what, span)| errors::not_runnable(&what, span)).collect()
}

fn step(step: &Step) -> Vec<(String, Span)> {
    let one = |what: &str| vec![(what.to_owned(), step.span)];
    match &step.kind {
        StepKind::Stable(_) => one("`wait until stable`"),
        StepKind::Approve(..) => one("`approve`"),
        StepKind::Expect(it) => expectation(it).into_iter().collect(),
        StepKind::Inject(injection) => {
            let embedded = stdlib::component(&injection.component).is_some_and(|component| component.embedded);
            let missing =
                (!embedded).then(|| (format!("faults of the component `{}`", injection.component), step.span));
            missing.into_iter().chain(injection.judged().filter_map(expectation)).collect()
        }
        StepKind::Call { .. } | StepKind::Choose { .. } | StepKind::Wait(_) | StepKind::Mark => Vec::new(),
    }
}

fn expectation(it: &Expectation) -> Option<(String, Span)> {
    let what = match it.demand {
        Demand::Share(_) => "`for at least`",
        Demand::Compared => "a comparison with the baseline by a margin",
        Demand::Now | Demand::Always | Demand::Never | Demand::Within { .. } => return None,
    };
    Some((what.to_owned(), it.span))
}

fn reacting(condition: &Condition) -> Option<&'static str> {
    match (condition.has_likely(), condition.has_spike()) {
        (true, _) => Some("`likely`"),
        (_, true) => Some("`spike`"),
        _ => None,
    }
}
