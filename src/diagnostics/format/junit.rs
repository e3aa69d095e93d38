//! JUnit's XML, as CI servers read it: a test case for each file; what makes the command fail makes it fail.

use super::concise::line;
use super::place::{file_of, slashed};
use super::{Report, remarks};
use crate::base::Sources;
use crate::diagnostics::Diagnostic;
use std::collections::BTreeMap;
use std::fmt::Write;

pub fn document(report: &Report) -> String {
    let mut files: BTreeMap<String, Vec<&Diagnostic>> =
        report.files.iter().map(|file| (slashed(file), Vec::new())).collect();
    for finding in report.findings {
        let file = file_of(finding, report.sources).unwrap_or_else(|| ".".to_owned());
        files.entry(file).or_default().push(finding);
    }
    let cases: Vec<Case> = files.iter().map(|(file, findings)| Case::of(file, findings, report)).collect();
    let count = |which: fn(&Case) -> bool| cases.iter().filter(|case| which(case)).count();
    let (tests, failures, errors) = (cases.len(), count(|case| case.is_failure()), count(|case| case.unreadable));
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _infallible = writeln!(xml, "<testsuites name=\"chaos\" {counts}>");
    let _infallible = writeln!(xml, "  <testsuite name=\"chaos {}\" {counts} skipped=\"0\">", report.command);
    cases.iter().for_each(|case| case.write(&mut xml, report));
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

/// A file with what was found in it.
struct Case<'a> {
    file: &'a str,
    failing: Vec<&'a Diagnostic>,
    others: Vec<&'a Diagnostic>,
    unreadable: bool,
}

impl<'a> Case<'a> {
    fn of(file: &'a str, findings: &[&'a Diagnostic], report: &Report) -> Self {
        let (failing, others) = findings.iter().partition(|finding| report.fails(finding));
        let unreadable = findings.iter().any(|finding| finding.is_unreadable_file());
        Self { file, failing, others, unreadable }
    }

    fn is_failure(&self) -> bool {
        !self.unreadable && !self.failing.is_empty()
    }

    fn write(&self, xml: &mut String, report: &Report) {
        let name = escape(self.file);
        let _infallible =
            write!(xml, "    <testcase name=\"{name}\" classname=\"chaos.{}\" file=\"{name}\"", report.command);
        if self.failing.is_empty() && self.others.is_empty() {
            xml.push_str(" />\n");
            return;
        }
        xml.push_str(">\n");
        if let Some(first) = self.failing.first() {
            let element = if self.unreadable { "error" } else { "failure" };
            let message = match self.failing.len() {
                1 => first.headline.clone(),
                more => format!("{} and {} more", first.headline, more - 1),
            };
            let (message, text) = (escape(&message), escape(&told(&self.failing, report.sources)));
            let _infallible =
                writeln!(xml, "      <{element} message=\"{message}\" type=\"{}\">{text}</{element}>", first.code);
        }
        if !self.others.is_empty() {
            let _infallible =
                writeln!(xml, "      <system-out>{}</system-out>", escape(&told(&self.others, report.sources)));
        }
        xml.push_str("    </testcase>\n");
    }
}

fn told(findings: &[&Diagnostic], sources: &Sources) -> String {
    let one = |finding: &&Diagnostic| {
        let lines =
            std::iter::once(line(finding, sources)).chain(remarks(finding).into_iter().map(|it| format!("  {it}")));
        lines.collect::<Vec<_>>().join("\n")
    };
    findings.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Text that may stand in an element or an attribute. What XML 1.0 cannot hold at all is replaced.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(letter),
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            _ => out.push(letter),
        }
    }
    out
}
