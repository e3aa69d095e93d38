//! What an environment can lack for an experiment: E07.

use crate::base::Span;
use crate::diagnostics::{Diagnostic, codes, suggest};
use crate::types::term::MetricId;
use std::collections::BTreeMap;

pub fn no_binding(metric: &MetricId, used: Span, environment: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0702, format!("the environment `{environment}` does not say where `{metric}` comes from"))
        .at(used, "read here")
        .at(at, "not bound in this environment")
        .help(format!("add `bind {metric} = …` to the environment"))
}

pub fn no_proxy(service: &str, used: Span, environment: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0703, format!("no proxy stands before `{service}` in the environment `{environment}`"))
        .at(used, "this fault works in the proxy that callers go through")
        .at(at, "this environment has none for it")
        .help(format!("add `through \"127.0.0.1:…\"` to `service {service}` and let its callers use that address"))
}

pub fn no_upstream(service: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0703, format!("`{service}` has a proxy but no address"))
        .at(at, "where should the proxy pass requests on to?")
        .help("add `url \"http://127.0.0.1:…\"`")
}

pub fn unknown_placeholder(service: &str, name: &str, at: Span, known: &BTreeMap<String, String>) -> Diagnostic {
    let help = suggest::help_for(name, known.keys().map(String::as_str));
    Diagnostic::error(codes::E0706, format!("the start command of `{service}` names `{{{name}}}`, which is nothing"))
        .at(at, "")
        .maybe_help(help)
        .note("`{port}` is the instance's own port; `{service}` the URL at which callers reach that service")
}

pub fn not_allowed(fault: &str, service: &str, used: Span, environment: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0704, format!("the environment `{environment}` does not allow `{fault}` on `{service}`"))
        .at(used, "injected here")
        .at(at, "this environment decides")
        .help(format!("if it may, add `allow {fault} on {service}` to the environment"))
}

pub fn cannot_split(at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0712, "`of affected` and `of others` cannot be told apart here")
        .at(at, "these requests are not counted apart from the rest")
        .help("read the whole metric, or let the fault select all traffic: `traffic: 100%`")
        .note("where all traffic is in the share, `of affected` is the plain metric, and there are no others")
}
