//! A plan for people: the graph, what each fault touches, the bounds beside the limits.

use super::paint::Paint;
use crate::base::unit;
use crate::plan::{CANCEL_GRACE, Injection, Plan, Step, StepKind, words};
use crate::policy::{Ask, Broken, Judgement};
use crate::radius::timeline::{Row, draw};
use crate::radius::{Bounds, When};
use crate::types::model::{Class, Expectation, Permit};
use crate::types::term::LimitName;

/// Faults on the timeline, at most.
const MOST_DRAWN: usize = 40;

/// The whole plan.
pub fn plan(plan: &Plan, bounds: &Bounds, judgement: &Judgement) -> String {
    let mut out = vec![head(plan)];
    out.extend(plan.hypothesis.iter().map(|text| format!("  {text}")));
    let parameters: Vec<String> =
        plan.parameters.iter().map(|(name, value)| format!("{name} = {}", words::parameter(value))).collect();
    if !parameters.is_empty() {
        out.push(format!("  with {}", parameters.join(", ")));
    }
    section(&mut out, "environment", environment(plan));
    section(&mut out, "steps", steps(plan, bounds));
    section(&mut out, "timeline, from the end of the baseline", timeline(bounds));
    section(&mut out, "watched throughout", watched(plan));
    section(&mut out, "blast radius", radius(plan, bounds));
    section(&mut out, "granted to components", grants(plan));
    section(&mut out, "guarantees", guarantees(plan, bounds));
    section(&mut out, "policies", policies(judgement));
    section(&mut out, "asked before it runs", judgement.asks.iter().map(asked).collect());
    out.join("\n")
}

fn policies(judgement: &Judgement) -> Vec<String> {
    let rule = |broken: &Broken| format!("{}: broken: {}", broken.policy, broken.rule);
    match (judgement.policies.is_empty(), judgement.broken.is_empty()) {
        (true, _) => vec!["none applies here".to_owned()],
        (_, true) => vec![format!("{}: no rule is broken", judgement.policies.join(", "))],
        _ => judgement.broken.iter().map(rule).collect(),
    }
}

/// Of whom something is asked, what, and which rule asks it.
fn asked(ask: &Ask) -> String {
    let reason = ask.reason.as_ref().map_or_else(String::new, |reason| format!(", because {reason}"));
    format!("{} ({}: {}{reason})", ask.asks, ask.policy, ask.rule)
}

fn section(out: &mut Vec<String>, title: &str, lines: Vec<String>) {
    if !lines.is_empty() {
        out.push(format!("\n{}", Paint::bold(title)));
        out.extend(lines.into_iter().map(|line| format!("  {line}")));
    }
}

fn head(plan: &Plan) -> String {
    let id = plan.id.as_ref().map_or_else(String::new, |id| format!(" ({id})"));
    let name = Paint::bold(&plan.experiment);
    format!("{name}{id} in the environment {}, tier {}", plan.environment, plan.tier)
}

fn environment(plan: &Plan) -> Vec<String> {
    let processes = plan.processes.iter().map(|process| {
        let place = process.address.as_ref().map_or_else(String::new, |address| format!(" on {address}"));
        format!("start {}{place}: {}", process.name, process.command.join(" "))
    });
    let proxies = plan.proxies.iter().map(|proxy| {
        let fate =
            if proxy.stoppable { "stopped at the end" } else { "stays at the end, since others call through it" };
        format!(
            "proxy of {} on {} to {} (started if it is not up; {fate})",
            proxy.service,
            proxy.listen,
            proxy.upstreams.join(", ")
        )
    });
    processes.chain(proxies).collect()
}

/// An expectation, with a note where the faults' direct effect cannot refute it.
fn expected(expectation: &Expectation, bounds: &Bounds) -> String {
    match bounds.diluted.iter().find(|it| it.span == expectation.span) {
        Some(it) => {
            let share = unit::show_ratio(it.hurts);
            format!("{}  (only amplification can refute it: at most {share} are failed or delayed)", expectation.text)
        }
        None => expectation.text.clone(),
    }
}

fn steps(plan: &Plan, bounds: &Bounds) -> Vec<String> {
    let baseline = unit::show_duration(plan.baseline);
    let mut lines = vec![format!("baseline  the steady state for {baseline}: {}", steady(plan))];
    for id in plan.graph.order() {
        let Some(step) = plan.graph.step(id) else { continue };
        let before: Vec<String> = plan.graph.before(id).into_iter().filter_map(|it| words::awaited(plan, it)).collect();
        let after = if before.is_empty() { String::new() } else { format!("  (after {})", before.join(", ")) };
        lines.push(format!("{}  {}{after}", step.name, words::what(step)));
        if let StepKind::Inject(injection) = &step.kind {
            lines.push(format!("    touches {}", touched(injection)));
            lines.extend(injection.expectations.iter().map(|it| format!("    {}", expected(it, bounds))));
        }
        let judges = matches!(step.kind, StepKind::Inject(_) | StepKind::Expect(_) | StepKind::Stable(_));
        if let Some(level) = step.escalations.last().filter(|level| judges && !level.counts) {
            lines.push(format!("    what is violated here only ends {}", level.of));
        }
    }
    lines.extend(plan.expectations.iter().map(|it| format!("throughout  {}", expected(it, bounds))));
    lines
}

/// When each fault can be active: from its earliest inject to its latest revert.
fn timeline(bounds: &Bounds) -> Vec<String> {
    let rows: Vec<Row> = bounds
        .windows
        .iter()
        .map(|When { step, from, until }| Row { name: step, from: *from, until: *until })
        .collect();
    draw(&rows, MOST_DRAWN)
}

fn steady(plan: &Plan) -> String {
    let slos: Vec<&str> = plan.steady.iter().map(|slo| slo.text.as_str()).collect();
    if slos.is_empty() { "no SLO is declared; traffic must pass".to_owned() } else { slos.join("; ") }
}

fn touched(injection: &Injection) -> String {
    let class = injection.class.word();
    if injection.resource != "requests" {
        let count = words::interval(injection.touches, unit::show_number);
        return format!("{count} of the instances of {}; class {class}", injection.target);
    }
    let share = words::interval(injection.touches, unit::show_ratio);
    let fails = words::interval(injection.fails, unit::show_ratio);
    let up_to = if injection.picks() { "up to " } else { "" };
    format!("{up_to}{share} of the requests to {}, fails {up_to}{fails} of them all; class {class}", injection.target)
}

fn watched(plan: &Plan) -> Vec<String> {
    let aborts = plan.aborts.iter().map(|abort| abort.text.clone());
    let until = |service: &str| if plan.faults(service) { " (until a fault hits it)" } else { "" };
    let slos = plan
        .watched()
        .map(|slo| format!("abort when an SLO outside `bends` breaks: {}{}", slo.text, until(&slo.service)));
    let no_data = format!("stop as inconclusive after {} without data", unit::show_duration(plan.no_data));
    aborts.chain(slos).chain([no_data]).collect()
}

fn radius(plan: &Plan, bounds: &Bounds) -> Vec<String> {
    let limit = |name: LimitName| match plan.limits.bound(name) {
        Some(bound) => format!("limit {}, from the {}", name.ty().show(bound.value), bound.origin.word()),
        None => "no limit".to_owned(),
    };
    let mut lines = Vec::new();
    for (service, share) in &bounds.traffic {
        let fails = bounds.fails.get(service).copied().unwrap_or(*share);
        let (share, fails) = (unit::show_ratio(*share), unit::show_ratio(fails));
        let held = limit(LimitName::Traffic);
        lines
            .push(format!("traffic     at most {share} of the requests to {service} touched, {fails} failed ({held})"));
    }
    if plan.limits.bound(LimitName::Requests).is_some() {
        let services: Vec<&str> = bounds.traffic.keys().map(String::as_str).collect();
        let (held, proxies) = (limit(LimitName::Requests), if services.len() == 1 { "proxy" } else { "proxies" });
        lines.push(format!("requests    of {} kept at the {proxies}: unproven ({held})", services.join(", ")));
    }
    lines.push(format!(
        "concurrent  at most {}{} at one time ({})",
        bounds.concurrent,
        if bounds.concurrent == 1 { " fault" } else { " faults" },
        limit(LimitName::Concurrent)
    ));
    for (service, hit) in &bounds.instances {
        let of = hit.of.map_or_else(|| "an unknown number".to_owned(), |of| of.to_string());
        let held = match plan.limits.bound(LimitName::InstanceShare) {
            Some(_) if !hit.proven => "unproven: kept at the inject".to_owned(),
            Some(_) => limit(LimitName::InstanceShare),
            None => limit(LimitName::Instances),
        };
        lines.push(format!("instances   at most {} of {of} of {service} hit ({held})", unit::show_number(hit.most)));
    }
    for (metric, spent) in &bounds.budgets {
        let Some(bound) = plan.limits.budgets.get(metric) else { continue };
        let (share, most) = (unit::show_ratio(spent.share), unit::show_ratio(bound.value));
        let held = format!("limit {most}, from the {}", bound.origin.word());
        lines.push(format!("budget      at most {share} of the error budget of {} spent ({held})", spent.slo));
    }
    let exposure = unit::show_duration(bounds.exposure);
    let detection = unit::show_duration(bounds.detection);
    lines.push(format!(
        "exposure    at most {exposure} under fault, {detection} of detection included ({})",
        limit(LimitName::Exposure)
    ));
    lines.push(format!(
        "timeout     at most {} in all ({})",
        unit::show_duration(bounds.length),
        limit(LimitName::Timeout)
    ));
    let services: Vec<&str> = plan.limits.services.iter().map(String::as_str).collect();
    lines.push(format!("services    {} may be faulted", services.join(", ")));
    let reach: Vec<&str> = bounds.reach.iter().map(String::as_str).collect();
    lines.push(format!("reach       {} can feel it", reach.join(", ")));
    lines
}

/// What the component of each fault may do; everything else is refused.
fn grants(plan: &Plan) -> Vec<String> {
    let one = |(step, injection): (&Step, &Injection)| {
        let proxy = injection.proxy.as_ref().filter(|_| injection.resource == "requests");
        let proxy = proxy.map(|proxy| format!("command the proxy of {} at {}", proxy.service, proxy.admin));
        let all: Vec<String> = proxy.into_iter().chain(injection.permits.iter().map(Permit::to_string)).collect();
        let may = if all.is_empty() { "may do nothing outside".to_owned() } else { format!("may {}", all.join("; ")) };
        let digest = injection.file.as_ref().map_or_else(String::new, |file| format!(" ({:.12})", file.digest));
        format!("{}: {}{digest} {may}", step.name, injection.component)
    };
    plan.injections().map(one).collect()
}

/// What comes of the faults when the run is cancelled.
fn cancelled(plan: &Plan, bounds: &Bounds) -> Option<String> {
    let grace = plan.limits.bound(LimitName::CancelGrace).map_or(CANCEL_GRACE, |bound| bound.value);
    let (all, grace) = (unit::show_duration(bounds.cancel.all), unit::show_duration(grace));
    let unleased = unit::show_duration(bounds.cancel.unleased);
    let rest = match bounds.cancel.unleased {
        0.0 => "; if it is killed before, the leases end them".to_owned(),
        _ => format!("; what is not leased within {unleased}, and {grace} pass before a cancelled run is killed"),
    };
    (bounds.cancel.all > 0.0).then(|| format!("on a cancel: every fault is taken back within {all} at worst{rest}"))
}

fn guarantees(plan: &Plan, bounds: &Bounds) -> Vec<String> {
    let one = |(step, injection): (&Step, &Injection)| {
        let promise = match injection.class {
            Class::Leased => {
                "ends by itself at its target within 10s if nobody renews it; its guard undoes it when the runner dies, \
                 `chaos recover` when both do"
            }
            Class::Revertible => {
                "journaled: the runner undoes it, its guard when the runner dies, `chaos recover` when both do"
            }
            Class::SelfHealing => "journaled: whoever restarts the target brings it back",
            Class::Irreversible => "cannot be undone",
        };
        format!("{}: {promise}", step.name)
    };
    plan.injections().map(one).chain(cancelled(plan, bounds)).collect()
}
