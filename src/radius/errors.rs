//! A limit that the graph exceeds: E05.

use super::dilution::Diluted;
use crate::base::{Span, unit};
use crate::diagnostics::{Diagnostic, Edit, codes};
use crate::plan::{Bound, Origin, PlaceLimit, Step};
use crate::types::model::{Expectation, Slo, Trigger};
use crate::types::term::MetricId;

/// Of more steps than this the rest is counted.
const MOST_SHOWN: usize = 12;

/// The terms of a sum.
fn terms(mut terms: impl ExactSizeIterator<Item = String>) -> Vec<String> {
    let first: Vec<String> = terms.by_ref().take(MOST_SHOWN).collect();
    let left = terms.len();
    first.into_iter().chain((left > 0).then(|| format!("{left} more"))).collect()
}

fn limited(finding: Diagnostic, bound: Bound) -> Diagnostic {
    match bound.span {
        Some(span) => finding.at(span, format!("the limit, set by the {}", bound.origin.word())),
        None => finding.note("this limit holds unless `limit { }` says otherwise"),
    }
}

/// `own`: whether it is the experiment that leaves the service out, and nobody else.
pub fn service(service: &str, at: Span, limit: Option<Span>, own: bool) -> Diagnostic {
    let finding = Diagnostic::error(codes::E0502, format!("`{service}` may not be faulted"))
        .at(at, "faulted here")
        .help(format!("add `{service}` to `limit {{ services … }}`, or fault another service"));
    match limit {
        Some(span) if own => {
            let edit = Edit::after(span, format!(" {service},"));
            finding.at(span, "only these may be").fix(format!("add `{service}` to the limit"), vec![edit])
        }
        Some(span) => finding.at(span, "only these may be"),
        None => finding,
    }
}

/// Offers to raise a limit of the experiment to what was proven; that of an environment is not the author's to raise.
fn raised(finding: Diagnostic, bound: Bound, instead: &str, written: &str) -> Diagnostic {
    let help = format!("{instead}, or raise the limit: `{written}`");
    let own = bound.span.filter(|_| bound.origin == Origin::Experiment);
    let finding = limited(finding, bound).help(help);
    own.into_iter().fold(finding, |finding, at| finding.replace(at, format!("write `{written}`"), written))
}

pub fn traffic(
    service: &str,
    share: f64,
    bound: Bound,
    parts: &[(&str, f64, Span)],
    timeline: Option<String>,
) -> Diagnostic {
    let most = share;
    let (share, limit) = (unit::show_ratio(share), unit::show_ratio(bound.value));
    let headline = format!("traffic on `{service}` can reach {share}, above the limit of {limit}");
    let mut finding = Diagnostic::error(codes::E0501, headline);
    for (name, part, span) in parts.iter().take(MOST_SHOWN) {
        finding = finding.at(*span, format!("`{name}` touches up to {}", unit::show_ratio(*part)));
    }
    if parts.len() > 1 {
        let one = |(name, part, _): &(&str, f64, Span)| format!("{} ({name})", unit::show_ratio(*part));
        let sum = terms(parts.iter().map(one));
        finding = finding.note(format!("{}, all on `{service}` = {share}", sum.join(" + ")));
    }
    finding = timeline.into_iter().fold(finding, Diagnostic::note);
    let instead = match parts.len() {
        1 => "write `traffic: limit.traffic`, which takes the limit that holds",
        _ => "run them one after the other, let them touch less",
    };
    raised(finding, bound, instead, &format!("traffic <= {}", at_least(most)))
}

/// A share as a limit that allows it: whole tenths of a percent, never less than it is.
fn at_least(share: f64) -> String {
    unit::show_ratio(((share * 1000.0 - 1e-6).ceil() / 1000.0).min(1.0))
}

pub fn no_requests(step: &Step, bound: Bound) -> Diagnostic {
    let headline = format!("`{}` touches requests, and the limit `requests` lets none be touched", step.name);
    limited(Diagnostic::error(codes::E0501, headline).at(step.span, "injected here"), bound)
        .help("raise the limit: `requests <= 20/s`")
}

pub fn concurrent(bound: Bound, steps: &[(&str, Span)], timeline: Option<String>) -> Diagnostic {
    let (count, limit) = (steps.len(), unit::show_number(bound.value));
    let faults = if count == 1 { "1 fault".to_owned() } else { format!("{count} faults") };
    let headline = format!("{faults} can be active at one time, above the limit of {limit}");
    let mut finding = Diagnostic::error(codes::E0503, headline);
    for (name, span) in steps.iter().take(MOST_SHOWN) {
        finding = finding.at(*span, format!("`{name}`"));
    }
    finding = timeline.into_iter().fold(finding, Diagnostic::note);
    raised(finding, bound, "run them one after the other", &format!("concurrent <= {count}"))
}

pub fn exposure(value: f64, bound: Bound, injects: &[(String, f64)], detection: f64, at: Span) -> Diagnostic {
    let (shown, limit) = (unit::show_duration(value), unit::show_duration(bound.value));
    let headline = format!("the system can be under fault for {shown}, above the limit of {limit}");
    let parts = terms(injects.iter().map(|(name, seconds)| format!("{} ({name})", unit::show_duration(*seconds))));
    let sum = format!("{} + {} (detection) = {shown}", parts.join(" + "), unit::show_duration(detection));
    let finding = Diagnostic::error(codes::E0504, headline).at(at, "").note(sum);
    let finding = finding.note("each fault counts with 5s to apply and 15s to revert");
    raised(finding, bound, "shorten the faults", &format!("exposure <= {}", unit::show_duration(value.ceil())))
}

pub fn cancel(
    service: &str,
    takes: f64,
    (grace, bound): (f64, Option<Bound>),
    steps: &[&Step],
    tier: &str,
) -> Diagnostic {
    let (shown, most) = (unit::show_duration(takes), unit::show_duration(grace));
    let headline = format!("taking the faults on `{service}` back can take {shown}, and a cancelled run has {most}");
    let mut finding = if tier == "production" {
        Diagnostic::error(codes::E0511, headline)
    } else {
        Diagnostic::warning(codes::E0511, headline)
    };
    for step in steps.iter().take(MOST_SHOWN) {
        finding = finding.at(step.span, "does not end by itself");
    }
    let finding = finding.note("each counts with 15s to revert, those on one service one after the other");
    let help = format!(
        "use a leased fault; or, where more than {most} pass between the signal and the kill, say so: \
         `limit {{ cancel_grace <= {} }}`",
        unit::show_duration(takes.ceil())
    );
    bound.into_iter().fold(finding, limited).help(help)
}

pub fn timeout(value: f64, bound: Bound, baseline: f64, steps: &[(String, f64)], at: Span) -> Diagnostic {
    let (shown, limit) = (unit::show_duration(value), unit::show_duration(bound.value));
    let headline = format!("the run can take {shown}, above the limit of {limit}");
    let parts = terms(steps.iter().map(|(name, seconds)| format!("{} ({name})", unit::show_duration(*seconds))));
    let sum = format!(
        "{} (waiting for metrics, and baseline) + {} = {shown}",
        unit::show_duration(baseline),
        parts.join(" + ")
    );
    let finding = Diagnostic::error(codes::E0505, headline).at(at, "").note(sum);
    raised(finding, bound, "shorten steps and deadlines", &format!("timeout <= {}", unit::show_duration(value.ceil())))
}

pub fn interference(first: &Step, second: &Step, target: &str) -> Diagnostic {
    let headline = format!("two faults on `{target}` can be active at one time and would disturb each other");
    Diagnostic::error(codes::E0507, headline)
        .at(second.span, format!("`{}` works on the same requests", second.name))
        .at(first.span, format!("as `{}`", first.name))
        .help("run them one after the other, or say that it is meant: `@allow(interference)` before one of them")
}

pub fn place(reason: &str, limit: &PlaceLimit, at: Span) -> Diagnostic {
    let allowed: Vec<String> = limit.allowed.iter().map(|text| format!("`{text}`")).collect();
    let headline = format!("{reason}, outside the limit `{}` of {}", limit.word, allowed.join(", "));
    Diagnostic::error(codes::E0508, headline)
        .at(at, "faulted here")
        .at(limit.span, format!("the limit, set by the {}", limit.origin.word()))
        .help("fault another service, say in the environment where this one is, or widen the limit")
}

pub fn budget(metric: &MetricId, slo: &Slo, share: f64, bound: Bound, seconds: f64, target: f64) -> Diagnostic {
    let (shown, limit) = (unit::show_ratio(share), unit::show_ratio(bound.value));
    let headline = format!("{shown} of the error budget of `{}` can be spent, above the limit of {limit}", slo.text);
    let (failing, period) = (unit::show_duration(seconds), unit::show_duration(slo.period));
    let budget = unit::show_ratio(1.0 - target);
    let sum = format!("failed requests of {failing} in all, of the {budget} of {period} that may fail = {shown}");
    let finding = Diagnostic::error(codes::E0506, headline)
        .note(sum)
        .note("a service that calls a faulted one counts with all its requests: how often it calls is not known");
    let written = format!("budget <= {} of {metric}", at_least(share));
    let instead = "shorten the faults, lower their `rate`";
    // More than all of a budget cannot be allowed.
    if share > 1.0 { limited(finding, bound).help(instead) } else { raised(finding, bound, instead, &written) }
}

pub fn amplification_only(at: Span, diluted: &[Diluted]) -> Diagnostic {
    let headline = "no expectation can be refuted by what the faults do directly";
    let mut finding = Diagnostic::error(codes::E0414, headline).at(at, "it can hardly be refuted");
    for it in diluted.iter().take(MOST_SHOWN) {
        let share = unit::show_ratio(it.hurts);
        finding = finding.at(it.span, format!("the faults fail or delay at most {share} of these requests"));
    }
    finding
        .note("only amplification could refute it: retries, full pools, queues")
        .help("expect it `of affected`, let the faults touch or fail more, or set a tighter bound")
        .help("where amplification is what is tested, say so: `@allow(amplification-only)` before the experiment")
}

pub fn few_samples(expectation: &Expectation, what: &str, time: f64, apart: f64) -> Diagnostic {
    let least = crate::types::term::LEAST_SAMPLES;
    let (found, needed) = ((time / apart + 1e-9).floor(), unit::show_duration(least * apart));
    let headline =
        format!("{} samples are too few to compare: {} are needed", unit::show_number(found), unit::show_number(least));
    let (length, every) = (unit::show_duration(time), unit::show_duration(apart));
    Diagnostic::error(codes::E0415, headline)
        .at(expectation.span, format!("{what} of {length} has a sample every {every}"))
        .help(format!("make it {needed} or longer, or sample more often (`every:` of the source)"))
}

pub fn no_objective(metric: &MetricId, bound: Bound) -> Diagnostic {
    let headline = format!("`{metric}` has no SLO below 100%, so it has no error budget");
    let finding = Diagnostic::error(codes::E0506, headline);
    limited(finding, bound).help(format!("declare one in the service: `slo {} >= 99%`", metric.metric))
}

/// `share`: whether the limit that is exceeded is a share of the instances.
pub fn instances(
    service: &str,
    hit: f64,
    (most, of): (f64, Option<u32>),
    (bound, share): (Bound, bool),
    steps: &[&Step],
) -> Diagnostic {
    let (shown, allowed) = (unit::show_number(hit), unit::show_number(most));
    let known = of.map_or(String::new(), |of| format!(" of {of}"));
    let headline =
        format!("{shown}{known} instances of `{service}` can be hit at one time, above the limit of {allowed}");
    let finding = hitting(Diagnostic::error(codes::E0509, headline), steps);
    let finding = if most < 1.0 { finding.note("a share rounds down, and here nothing is left") } else { finding };
    let needed = match of.filter(|_| share) {
        Some(of) => format!("{}%", (hit / f64::from(of) * 100.0).ceil()),
        None => shown,
    };
    raised(finding, bound, "hit fewer, run them one after the other", &format!("instances <= {needed}"))
}

pub fn every_instance(service: &str, hit: f64, steps: &[&Step]) -> Diagnostic {
    let headline = format!("every instance of `{service}` can be hit at one time, {} in all", unit::show_number(hit));
    hitting(Diagnostic::error(codes::E0509, headline), steps)
        .help("hit fewer, or say that it is meant: `limit { instances <= 100% }`")
}

fn hitting(finding: Diagnostic, steps: &[&Step]) -> Diagnostic {
    steps.iter().take(MOST_SHOWN).fold(finding, |finding, step| finding.at(step.span, format!("`{}`", step.name)))
}

pub fn late(trigger: &Trigger, seen: f64, hold: f64, longest: f64) -> Diagnostic {
    let (after, longest) = (unit::show_duration(seen + hold), unit::show_duration(longest));
    let finding = Diagnostic::error(
        codes::E0413,
        format!("this is seen {after} after it begins, and no fault lasts longer than {longest}"),
    )
    .at(trigger.span, "never in time");
    let held = if hold > 0.0 { format!(" + {} (`for`)", unit::show_duration(hold)) } else { String::new() };
    finding
        .note(format!("{} (sampling interval, 2s to read, window){held} = {after}", unit::show_duration(seen)))
        .help("use a shorter `window`, `over` or `for`, sample more often, or hold the fault longer")
}

/// `behind`: whether it is the server behind a source that looks so seldom.
pub fn blink(trigger: &Trigger, every: f64, behind: bool) -> Diagnostic {
    let oftener = match behind {
        true => "a server that scrapes more often than that says so: `scrape: 5s` at the source",
        false => "`every:` at the source samples more often",
    };
    let (held, every) = (unit::show_duration(trigger.hold), unit::show_duration(every));
    Diagnostic::error(codes::E0413, format!("`for {held}` is shorter than the {every} between two samples"))
        .at(trigger.span, "one sample decides")
        .help(format!("leave `for` out, or make it at least {every}; {oftener}"))
}
