//! One line for each event.

use super::paint::Paint;
use crate::base::unit::show_duration;
use crate::run::{Event, EventKind};

/// The line for an event.
pub fn line(event: &Event) -> String {
    let (word, text) = words(&event.kind);
    let shown = match &event.kind {
        EventKind::Violated { .. } | EventKind::Stopping { .. } => Paint::red(format!("{word:<9}")).to_string(),
        EventKind::Satisfied { .. } | EventKind::Steady => Paint::green(format!("{word:<9}")).to_string(),
        EventKind::Unclear { .. } | EventKind::Injecting { .. } => Paint::yellow(format!("{word:<9}")).to_string(),
        _ => Paint::bold(format!("{word:<9}")).to_string(),
    };
    format!("{} {shown} {text}", Paint::dim(format!("{:>7}", event.at.to_string())))
}

fn words(kind: &EventKind) -> (&'static str, String) {
    match kind {
        EventKind::Began { run } => ("run", run.clone()),
        EventKind::Started { name, place } => ("started", at_place(name, place)),
        EventKind::Found { name, place } => ("found", at_place(name, place)),
        EventKind::Baseline { length } => {
            ("baseline", format!("judging the steady state for {}", show_duration(length.as_secs_f64())))
        }
        EventKind::Steady => ("steady", "every SLO held".to_owned()),
        EventKind::Injecting { step, what, length } => {
            ("inject", format!("{step}: {what}, for {}", show_duration(length.as_secs_f64())))
        }
        EventKind::Acted { step, often } => ("acts", format!("{step}: seen to act, {often} so far")),
        EventKind::Reverted { step, took, acted } => {
            let count = if *acted > 0 { format!(", after {acted} requests") } else { String::new() };
            ("reverted", format!("{step} in {}{count}", show_duration(took.as_secs_f64())))
        }
        EventKind::Waiting { step, what } => ("step", format!("{step}: {what}")),
        EventKind::Satisfied { what, detail } => ("holds", format!("{what}: {detail}")),
        EventKind::Violated { what, detail } => ("violated", format!("{what}: {detail}")),
        EventKind::Unclear { what, detail } => ("unclear", format!("{what}: {detail}")),
        EventKind::Skipped { step } => ("skipped", step.clone()),
        EventKind::Stopping { reason } => ("stopping", reason.clone()),
        EventKind::Note(text) => ("note", text.clone()),
    }
}

fn at_place(name: &str, place: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{name} on {place}") }
}
