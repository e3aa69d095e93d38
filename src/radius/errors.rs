//! A limit that the graph exceeds: E05.

use crate::base::{Span, unit};
use crate::diagnostics::{Diagnostic, codes};
use crate::plan::{Bound, Step};

fn limited(finding: Diagnostic, bound: Bound) -> Diagnostic {
    match bound.span {
        Some(span) => finding.at(span, format!("the limit, set by the {}", bound.origin.word())),
        None => finding.note("this limit holds unless `limit { }` says otherwise"),
    }
}

pub fn service(service: &str, at: Span, limit: Option<Span>) -> Diagnostic {
    let finding = Diagnostic::error(codes::E0502, format!("`{service}` may not be faulted"))
        .at(at, "faulted here")
        .help(format!("add `{service}` to `limit {{ services … }}`, or fault another service"));
    match limit {
        Some(span) => finding.at(span, "only these may be"),
        None => finding,
    }
}

pub fn traffic(
    service: &str,
    share: f64,
    bound: Bound,
    parts: &[(&str, f64, Span)],
    timeline: Option<String>,
) -> Diagnostic {
    let (share, limit) = (unit::show_ratio(share), unit::show_ratio(bound.value));
    let headline = format!("traffic on `{service}` can reach {share}, above the limit of {limit}");
    let mut finding = Diagnostic::error(codes::E0501, headline);
    for (name, part, span) in parts {
        finding = finding.at(*span, format!("`{name}` touches up to {}", unit::show_ratio(*part)));
    }
    if parts.len() > 1 {
        let sum: Vec<String> =
            parts.iter().map(|(name, part, _)| format!("{} ({name})", unit::show_ratio(*part))).collect();
        finding = finding.note(format!("{}, all on `{service}` = {share}", sum.join(" + ")));
    }
    finding = timeline.into_iter().fold(finding, Diagnostic::note);
    limited(finding, bound).help("write `traffic: limit.traffic`, which takes the limit that holds")
}

pub fn concurrent(bound: Bound, steps: &[(&str, Span)], timeline: Option<String>) -> Diagnostic {
    let (count, limit) = (steps.len(), unit::show_number(bound.value));
    let faults = if count == 1 { "1 fault".to_owned() } else { format!("{count} faults") };
    let headline = format!("{faults} can be active at one time, above the limit of {limit}");
    let mut finding = Diagnostic::error(codes::E0503, headline);
    for (name, span) in steps {
        finding = finding.at(*span, format!("`{name}`"));
    }
    finding = timeline.into_iter().fold(finding, Diagnostic::note);
    limited(finding, bound).help(format!("run them one after the other, or raise the limit: `concurrent <= {count}`"))
}

pub fn exposure(value: f64, bound: Bound, injects: &[(String, f64)], detection: f64, at: Span) -> Diagnostic {
    let (shown, limit) = (unit::show_duration(value), unit::show_duration(bound.value));
    let headline = format!("the system can be under fault for {shown}, above the limit of {limit}");
    let parts: Vec<String> =
        injects.iter().map(|(name, seconds)| format!("{} ({name})", unit::show_duration(*seconds))).collect();
    let sum = format!("{} + {} (detection) = {shown}", parts.join(" + "), unit::show_duration(detection));
    let finding = Diagnostic::error(codes::E0504, headline).at(at, "").note(sum);
    limited(finding.note("each fault counts with 5s to apply and 15s to revert"), bound)
        .help("shorten the faults, or raise `exposure`")
}

pub fn timeout(value: f64, bound: Bound, baseline: f64, steps: &[(String, f64)], at: Span) -> Diagnostic {
    let (shown, limit) = (unit::show_duration(value), unit::show_duration(bound.value));
    let headline = format!("the run can take {shown}, above the limit of {limit}");
    let parts: Vec<String> =
        steps.iter().map(|(name, seconds)| format!("{} ({name})", unit::show_duration(*seconds))).collect();
    let sum = format!(
        "{} (waiting for metrics, and baseline) + {} = {shown}",
        unit::show_duration(baseline),
        parts.join(" + ")
    );
    limited(Diagnostic::error(codes::E0505, headline).at(at, "").note(sum), bound)
        .help("shorten steps and deadlines, or raise `timeout`")
}

pub fn interference(first: &Step, second: &Step, target: &str) -> Diagnostic {
    let headline = format!("two faults on `{target}` can be active at one time and would disturb each other");
    Diagnostic::error(codes::E0507, headline)
        .at(second.span, format!("`{}` works on the same requests", second.name))
        .at(first.span, format!("as `{}`", first.name))
        .help("run them one after the other, or say that it is meant: `@allow(interference)` before one of them")
}
