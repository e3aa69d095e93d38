//! What can be wrong with what a test gives.

use crate::base::Span;
use crate::diagnostics::{Diagnostic, codes};
use crate::types::term::MetricId;

/// Two givens say different things of one subject from the same moment on.
pub(super) fn contradictory(what: &str, first: Span, again: Span) -> Diagnostic {
    Diagnostic::error(codes::E0431, format!("two things are given of {what} from the same moment on"))
        .at(again, "again here")
        .at(first, "first here")
        .help("keep one of them, or let one begin later: `from 20s into …`")
}

/// Traffic that is given, though a model says how much there is.
pub(super) fn traffic_of_model(service: &str, model: &str, at: Span) -> Diagnostic {
    let headline = format!("how many requests come to `{service}` is what the model `{model}` says");
    Diagnostic::error(codes::E0431, headline)
        .at(at, "this says it again")
        .help("leave it out, and say in the model how many arrive: `arrivals SERVICE 20/s`")
}

/// A text that every reason holds.
pub(super) fn because_of_anything(at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0404, "every reason holds this text, so it expects nothing")
        .at(at, "")
        .help("name a metric, a step, or words of the reason")
}

/// What is said of a step that it cannot have.
pub(super) fn not_of_step(what: &str, step: &str, is: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0434, format!("{what} cannot be said of `{step}`, which is {is}"))
        .at(at, "")
        .help("a fault `fails`, `hangs`, `vanishes` or `sticks`, or gives no evidence; a call `fails` or `hangs`")
}

/// A moment or a length where there is none.
pub(super) fn has_no_time(what: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0434, format!("`given {what}` has no such time")).at(at, "").help("leave it out")
}

/// Values one after the other that are none.
pub(super) fn no_levels(at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0305, "expected a list of values")
        .at(at, "")
        .help("write them one after the other: `[99%, 97%, 60%] every 10s`")
}

/// A metric that the model does not show, and of which nothing is given.
pub(super) fn not_shown(metric: &MetricId, model: &str, at: Span) -> Diagnostic {
    let of = if model.is_empty() { "the model".to_owned() } else { format!("the model `{model}`") };
    Diagnostic::error(codes::E0432, format!("{of} does not show `{metric}`, and nothing is given of it"))
        .at(at, "this test needs it")
        .help(format!("say in the model what it shows: `metric {metric} = queue`; or give it: `given {metric} = …`"))
}
