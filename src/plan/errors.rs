//! What an environment can lack for an experiment: E07, and that nobody restarts what it faults: E0510.

use crate::base::Span;
use crate::diagnostics::{Diagnostic, Fix, codes, suggest};
use crate::names::component::Capability;
use crate::plan::{Placed, Step};
use crate::types::model::{Environment, Inject};
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

pub fn irreversible(step: &Step, target: &str, environment: &Environment) -> Diagnostic {
    let place = environment.services.get(target).and_then(|place| place.span);
    let finding = Diagnostic::error(codes::E0510, format!("nobody takes `{}` back", step.name))
        .at(step.span, "stays as it is when the fault is over")
        .at(
            place.unwrap_or(environment.span),
            format!("nobody restarts `{target}` in the environment `{}`", environment.name),
        );
    finding
        .help(format!("add `restarts by orchestrator` to `service {target}`, if somebody restarts it"))
        .help("where it is meant to stay away, say so in the experiment: `consent irreversible`")
}

/// A component asks for what the environment grants it nothing of.
pub fn not_granted(inject: &Inject, capability: &Capability, environment: &str, at: Span) -> Diagnostic {
    let (component, name) = (&inject.fault.component, &capability.name);
    let headline = format!("the environment `{environment}` grants nothing of `{name}` to the component `{component}`");
    let reason = if capability.reason.is_empty() { String::new() } else { format!(": {}", capability.reason) };
    Diagnostic::error(codes::E0336, headline)
        .at(inject.target_span, format!("this fault needs it{reason}"))
        .at(at, "not granted in this environment")
        .help(format!(
            "add `grant {name} \"…\" to \"{}\" on {}` to the environment",
            inject.fault.granted_as, inject.target
        ))
}

/// A fault of a Toxiproxy on a service before which none stands.
pub fn no_toxiproxy(inject: &Inject, environment: &str, at: Span) -> Diagnostic {
    let target = &inject.target;
    Diagnostic::error(codes::E0336, format!("no Toxiproxy stands before `{target}` in the environment `{environment}`"))
        .at(inject.target_span, "this fault works in one")
        .at(at, "")
        .help(format!("add `toxiproxy \"{target}\" at \"http://127.0.0.1:8474\"` to `service {target}`"))
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
        .help("read a metric that is bound to the view of a faulted service's proxy, such as `proxy.success(payment)`; or the whole metric")
        .note("where all traffic is in the share, `of affected` is the plain metric, and there are no others")
}

pub fn unknown_step(name: &str, at: Span, known: &[&str]) -> Diagnostic {
    Diagnostic::error(codes::E0203, format!("unknown step `{name}`"))
        .at(at, "")
        .did_you_mean(name, at, known.iter().copied())
        .note("a step is named by `as name`")
}

pub fn circle(names: &[String], at: Span) -> Diagnostic {
    let shown = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" → ");
    Diagnostic::error(codes::E0406, format!("steps wait for each other: {shown}"))
        .at(at, "closes the circle")
        .help("let one of them wait for something else")
        .note("a step without `after` waits for all steps above it in its block")
}

pub fn no_answer_yet(step: &Placed, call: &Placed, mend: Option<Fix>) -> Diagnostic {
    let finding = Diagnostic::error(
        codes::E0418,
        format!("`{}` reads the answer of `{}`, but does not wait for it", step.name, call.name),
    )
    .at(step.span, "may begin before there is an answer")
    .at(call.span, "answers here")
    .note("steps of a `parallel` block begin together, and a step with `after` waits only for what it names");
    match mend {
        Some(fix) => finding.fix(fix.title, fix.edits),
        None => finding.help(format!("let `{}` wait for the end of `{}`, or call it earlier", step.name, call.name)),
    }
}

pub fn too_many_steps(most: usize, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0410, format!("this experiment has more than {most} steps"))
        .at(at, "counting the steps of scenarios and of every round")
        .help("repeat less, or split it into several experiments")
}

pub fn long_name(name: &str, most: usize, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0207, format!("the step's whole name `{name}` has more than {most} characters"))
        .at(at, "with the names of the scenarios and rounds it stands in")
        .help("shorten one of these names")
}

pub fn not_runnable(what: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0804, format!("this version cannot run {what}"))
        .at(at, "checked and planned, not run")
        .note("an experiment of which a part were left out would say nothing about the rest")
}
