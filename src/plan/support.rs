//! What of a plan this version checks and bounds, but cannot run: such a plan is refused, so that nobody takes a part of an
//! experiment for the whole.

use super::{Plan, Step, StepKind, errors};
use crate::base::Span;
use crate::diagnostics::Diagnostic;
use crate::types::model::Permit;

/// Everything in a plan that cannot be run, each with its place.
pub fn not_runnable(plan: &Plan) -> Vec<Diagnostic> {
    let mut found: Vec<(String, Span)> = plan.unkept.clone();
    found.extend(plan.graph.steps().flat_map(step));
    let secure = plan.proxies.iter().find(|proxy| proxy.upstreams.iter().any(|url| url.starts_with("https://")));
    found.extend(secure.map(|proxy| (format!("a proxy before `{}`, which speaks https", proxy.service), plan.span)));
    found.into_iter().map(|(what, span)| errors::not_runnable(&what, span)).collect()
}

fn step(step: &Step) -> Vec<(String, Span)> {
    let one = |what: String| vec![(what, step.span)];
    match &step.kind {
        StepKind::Approve(..) => one("`approve`".to_owned()),
        StepKind::Inject(injection) => {
            let found = injection.permits.iter().any(|permit| matches!(permit, Permit::Processes { .. }));
            if injection.component == "process" && !found {
                let target = &injection.target;
                return one(format!(
                    "`{}` on `{target}`, of which nothing says what its processes are",
                    injection.fault
                ));
            }
            Vec::new()
        }
        _ => Vec::new(),
    }
}
