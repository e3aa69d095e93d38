//! JUnit's XML, as CI servers read it: a suite for each file, a case for each test.

use super::{Came, Told, lines, one_line};
use crate::base::Sources;
use crate::diagnostics::format::escape;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The tests as JUnit's XML.
pub fn junit(told: &Told) -> String {
    let mut suites: BTreeMap<&str, Vec<&Came>> = BTreeMap::new();
    for came in told.tests {
        suites.entry(&came.file).or_default().push(came);
    }
    let mut all: Vec<&Came> = told.tests.iter().collect();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let extra = usize::from(!told.wrong.is_empty());
    let _infallible = writeln!(xml, "<testsuites name=\"chaos\" {}>", counts(&all, extra));
    for (file, tests) in suites {
        let name = escape(file);
        let _infallible = writeln!(xml, "  <testsuite name=\"{name}\" {} skipped=\"0\">", counts(&tests, 0));
        tests.iter().for_each(|came| case(&mut xml, came, told.sources));
        xml.push_str("  </testsuite>\n");
    }
    if extra > 0 {
        all.clear();
        let _infallible = writeln!(xml, "  <testsuite name=\"files\" {} skipped=\"0\">", counts(&all, extra));
        let text = escape(&lines(told.wrong, told.sources).join("\n"));
        let first = told.wrong.first().map_or("", |finding| finding.headline.as_str());
        xml.push_str("    <testcase name=\"files\" classname=\"chaos.test\" time=\"0\">\n");
        let _infallible = writeln!(xml, "      <error message=\"{}\">{text}</error>\n    </testcase>", escape(first));
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn counts(tests: &[&Came], errors: usize) -> String {
    let count = |word: &str| tests.iter().filter(|came| came.word() == word).count();
    let (failures, errors, tests_told) = (count("failed"), count("error") + errors, tests.len() + errors);
    let took = tests.iter().fold(0.0, |sum, came| sum + came.took);
    format!("tests=\"{tests_told}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{took:.3}\"")
}

fn case(xml: &mut String, came: &Came, sources: &Sources) {
    let (name, class, file) = (escape(&one_line(&came.name)), escape(&came.experiment), escape(&came.file));
    let _infallible = write!(
        xml,
        "    <testcase name=\"{name}\" classname=\"{class}\" file=\"{file}\" line=\"{}\" time=\"{:.3}\"",
        came.line, came.took
    );
    let Some(first) = came.wrong.first() else {
        xml.push_str(" />\n");
        return;
    };
    let element = if came.is_error { "error" } else { "failure" };
    let (message, text) = (escape(&first.headline), escape(&lines(&came.wrong, sources).join("\n")));
    let _infallible = writeln!(
        xml,
        ">\n      <{element} message=\"{message}\" type=\"{}\">{text}</{element}>\n    </testcase>",
        first.code
    );
}
