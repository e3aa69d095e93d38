//! The Test Anything Protocol, version 14 (testanything.org): a line for each test, with what is wrong as YAML.

use super::{Told, lines, one_line};
use std::fmt::Write;

/// The tests as TAP.
pub fn tap(told: &Told) -> String {
    let mut out = String::from("TAP version 14\n");
    let count = told.tests.len() + usize::from(!told.wrong.is_empty());
    let _infallible = writeln!(out, "1..{count}");
    for (at, came) in told.tests.iter().enumerate() {
        let word = if came.wrong.is_empty() { "ok" } else { "not ok" };
        let name = escaped(&format!("{}: {}", came.experiment, came.name));
        let _infallible = writeln!(out, "{word} {} - {name}", at + 1);
        if !came.wrong.is_empty() {
            about(&mut out, came.word(), came.verdict.as_deref(), &lines(&came.wrong, told.sources));
        }
    }
    if !told.wrong.is_empty() {
        let _infallible = writeln!(out, "not ok {count} - files with errors");
        about(&mut out, "error", None, &lines(told.wrong, told.sources));
    }
    out
}

fn about(out: &mut String, severity: &str, verdict: Option<&str>, lines: &[String]) {
    let _infallible = writeln!(out, "  ---\n  severity: {}", if severity == "error" { "error" } else { "fail" });
    if let Some(verdict) = verdict {
        let _infallible = writeln!(out, "  verdict: {verdict}");
    }
    out.push_str("  message: |\n");
    for line in lines {
        let _infallible = writeln!(out, "    {line}");
    }
    out.push_str("  ...\n");
}

/// A description in which nothing is a directive.
fn escaped(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('#', "\\#")
}
