//! What of a plan this version checks and bounds, but cannot run: such a plan is refused, so that nobody takes a part of an
//! experiment for the whole.

use super::{Plan, Step, StepKind, errors};
use crate::base::Span;
use crate::diagnostics::Diagnostic;
use crate::names::stdlib;
use crate::types::model::SourceKind;

/// Everything in a plan that cannot be run, each with its place.
pub fn not_runnable(plan: &Plan) -> Vec<Diagnostic> {
    let mut found: Vec<(String, Span)> = plan.unkept.clone();
    found.extend(plan.graph.steps().flat_map(step));
    for (source, used) in &plan.sources {
        let place = plan.bindings.values().find(|binding| binding.source == *source).map_or(plan.span, |it| it.span);
        if used.kind == SourceKind::Prometheus {
            found.push(("with metrics from a Prometheus server".to_owned(), place));
        } else if used.token {
            found.push(("with metrics behind a token".to_owned(), place));
        } else if used.urls.iter().any(|url| url.starts_with("https://")) {
            found.push(("with metrics over https".to_owned(), place));
        }
    }
    let secure = plan.proxies.iter().find(|proxy| proxy.upstreams.iter().any(|url| url.starts_with("https://")));
    found.extend(secure.map(|proxy| (format!("a proxy before `{}`, which speaks https", proxy.service), plan.span)));
    found.into_iter().map(|(what, span)| errors::not_runnable(&what, span)).collect()
}

fn step(step: &Step) -> Vec<(String, Span)> {
    let one = |what: &str| vec![(what.to_owned(), step.span)];
    match &step.kind {
        StepKind::Call { .. } => one("`call`"),
        StepKind::Approve(..) => one("`approve`"),
        StepKind::Inject(injection) => {
            let embedded = stdlib::component(&injection.component).is_some_and(|component| component.embedded);
            let missing = (format!("faults of the component `{}`", injection.component), step.span);
            if embedded { Vec::new() } else { vec![missing] }
        }
        StepKind::Choose { .. } | StepKind::Wait(_) | StepKind::Stable(_) | StepKind::Expect(_) | StepKind::Mark => {
            Vec::new()
        }
    }
}
