//! The end of a run: the verdict first, then why.

use super::paint::Paint;
use crate::run::{Ending, Tally, Verdict};

/// The closing text of a run.
pub fn ending(name: &str, ending: &Ending) -> String {
    let mut lines = vec![String::new(), headline(name, ending.verdict)];
    for reason in &ending.reasons {
        lines.push(format!("  because {}", reason.text));
    }
    if !ending.faults.is_empty() {
        lines.push("faults:".to_owned());
        lines.extend(
            ending
                .faults
                .iter()
                .map(|fault| format!("  {}: {}, seen to act {}", fault.step, fault.what, fault.often())),
        );
    }
    if !ending.sources.is_empty() {
        lines.push("sources:".to_owned());
        lines.extend(ending.sources.iter().map(|(source, tally)| format!("  {source}: {}", told(tally))));
    }
    if !ending.judged.is_empty() {
        lines.push("expectations:".to_owned());
        lines.extend(
            ending
                .judged
                .iter()
                .map(|judged| format!("  {} {}: {}: {}", mark(judged.verdict), judged.of, judged.text, judged.detail)),
        );
    }
    lines.join("\n")
}

/// How the reads of a source went: `3 of 40 reads failed, 1 left out as late; the last cause: …`.
fn told(tally: &Tally) -> String {
    let failed = format!("{} of {} reads failed", tally.failed, tally.reads);
    let late = match tally.late {
        0 => String::new(),
        late => format!(", {late} left out as late"),
    };
    let cause = tally.cause.as_ref().map(|cause| format!("; the last cause: {cause}")).unwrap_or_default();
    format!("{failed}{late}{cause}")
}

fn headline(name: &str, verdict: Verdict) -> String {
    let text = format!("{name}: {verdict}");
    let painted = match verdict {
        Verdict::Confirmed => Paint::green(text),
        Verdict::Inconclusive | Verdict::NotSteady | Verdict::Aborted => Paint::yellow(text),
        _ => Paint::red(text),
    };
    Paint::bold(painted).to_string()
}

fn mark(verdict: Verdict) -> Paint<&'static str> {
    match verdict {
        Verdict::Confirmed => Paint::green("✓"),
        Verdict::Refuted => Paint::red("✗"),
        _ => Paint::yellow("?"),
    }
}
