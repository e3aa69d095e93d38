#![allow(clippy::unwrap_used)]

use super::{Format, Report};
use crate::base::{SourceId, Sources, Span};
use crate::diagnostics::{Diagnostic, Edit, codes};
use serde_json::Value;
use std::path::PathBuf;

const TEXT: &str = "é = 100%\nsecond, line\n";

fn span(start: usize, end: usize) -> Span {
    Span::new(SourceId(0), start, end)
}

/// An error over `100%` with a label elsewhere and a fix of two edits, a warning over two lines, an unreadable file.
fn findings() -> Vec<Diagnostic> {
    let edits = vec![Edit::new(span(5, 8), "<1>"), Edit::new(span(8, 9), "pp")];
    let error = Diagnostic::error(codes::E0301, "expected \"<a>\" & 5%, found\u{1b}[31m `b`")
        .at(span(5, 9), "here, now")
        .at(span(10, 16), "")
        .note("a fact: 100%")
        .help("do this,\nor that")
        .safe_fix("write it so", edits);
    let warning = Diagnostic::warning(codes::E0302, "over lines").at(span(5, 12), "");
    let missing = Diagnostic::error(codes::E0100, "there is no file").about("sub folder/x#1.chaos");
    vec![error, warning, missing]
}

fn written(format: Format, findings: &[Diagnostic]) -> String {
    let mut sources = Sources::default();
    sources.add("dir/a,b.chaos", TEXT.to_owned());
    let files: Vec<PathBuf> = ["clean.chaos", "dir/a,b.chaos", "sub folder/x#1.chaos"].map(PathBuf::from).to_vec();
    let report = Report { command: "check", files: &files, findings, sources: &sources, deny_warnings: false };
    report.document(format)
}

fn parsed(format: Format, findings: &[Diagnostic]) -> Value {
    serde_json::from_str(&written(format, findings)).unwrap()
}

#[test]
fn concise_is_one_line_each() {
    assert_eq!(
        written(Format::Concise, &findings()),
        "dir/a,b.chaos:1:5: error[E0301] expected \"<a>\" & 5%, found?[31m `b`\n\
         dir/a,b.chaos:1:5: warning[E0302] over lines\n\
         sub folder/x#1.chaos: error[E0100] there is no file\n"
    );
}

#[test]
fn json_tells_everything() {
    let document = parsed(Format::Json, &findings());
    let first = &document["findings"][0];
    assert_eq!(document["version"], 1);
    assert_eq!(first["range"]["start"], serde_json::json!({ "offset": 5, "line": 1, "column": 5 }));
    assert_eq!(first["range"]["end"], serde_json::json!({ "offset": 9, "line": 1, "column": 9 }));
    assert_eq!(first["labels"][1]["range"]["start"]["line"], 2);
    assert_eq!((&first["labels"][0]["primary"], &first["labels"][1]["primary"]), (&true.into(), &false.into()));
    assert_eq!(first["fixes"][0]["edits"][1]["text"], "pp");
    assert_eq!(first["explain"], "chaos explain E0301");
    assert_eq!(document["findings"][2]["range"], Value::Null);
    let summary = serde_json::json!(
        { "files": 3, "errors": 1, "warnings": 1, "notes": 0, "unreadable": 1, "fixable": 1 }
    );
    assert_eq!(document["summary"], summary);
    let lines = written(Format::JsonLines, &findings());
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Value::Array(lines), document["findings"]);
}

#[test]
fn nothing_found_is_a_document_too() {
    assert_eq!(parsed(Format::Json, &[])["findings"], Value::Array(Vec::new()));
    assert_eq!(parsed(Format::Sarif, &[])["runs"][0]["results"], Value::Array(Vec::new()));
    assert_eq!(parsed(Format::Gitlab, &[]), Value::Array(Vec::new()));
    assert_eq!(parsed(Format::Rdjson, &[])["diagnostics"], Value::Array(Vec::new()));
    assert_eq!(written(Format::JsonLines, &[]) + &written(Format::Github, &[]), "");
    assert!(written(Format::Junit, &[]).contains("tests=\"3\" failures=\"0\" errors=\"0\""));
}

#[test]
fn sarif_has_rules_places_and_fixes() {
    let document = parsed(Format::Sarif, &findings());
    let run = &document["runs"][0];
    assert_eq!(document["version"], "2.1.0");
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
    let first = &run["results"][0];
    let place = &first["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "dir/a%2Cb.chaos");
    assert_eq!(place["region"]["startColumn"], 5);
    assert_eq!(first["relatedLocations"][0]["message"]["text"], "here, now");
    assert_eq!(first["fixes"][0]["artifactChanges"][0]["replacements"][1]["insertedContent"]["text"], "pp");
    assert_eq!(
        run["results"][2]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "sub%20folder/x%231.chaos"
    );
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn junit_is_well_formed_and_counts_files() {
    let xml = written(Format::Junit, &findings());
    assert!(xml.contains("tests=\"3\" failures=\"1\" errors=\"1\""), "{xml}");
    assert!(xml.contains("message=\"expected &quot;&lt;a&gt;&quot; &amp; 5%, found\u{FFFD}[31m `b`\""), "{xml}");
    assert!(xml.contains("<testcase name=\"clean.chaos\" classname=\"chaos.check\" file=\"clean.chaos\" />"), "{xml}");
    assert!(xml.contains("<error message=\"there is no file\" type=\"E0100\">"), "{xml}");
    assert!(xml.contains("<system-out>dir/a,b.chaos:1:5: warning[E0302] over lines</system-out>"), "{xml}");
}

#[test]
fn github_commands_are_escaped() {
    let commands = written(Format::Github, &findings());
    let lines: Vec<&str> = commands.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with(
        "::error file=dir/a%2Cb.chaos,line=1,endLine=1,col=5,endColumn=9,title=E0301::expected \"<a>\" & 5%25, found"
    ));
    assert!(
        lines[0].ends_with("%0Anote: a fact: 100%25%0Ahelp: do this,%0Aor that%0Ahelp: write it so"),
        "{}",
        lines[0]
    );
    assert_eq!(lines[1], "::warning file=dir/a%2Cb.chaos,line=1,endLine=2,title=E0302::over lines");
    assert_eq!(lines[2], "::error file=sub folder/x#1.chaos,title=E0100::there is no file");
}

#[test]
fn gitlab_fingerprints_outlast_new_lines_and_differ() {
    let issues = parsed(Format::Gitlab, &findings());
    assert_eq!(issues[0]["location"], serde_json::json!({ "path": "dir/a,b.chaos", "lines": { "begin": 1 } }));
    let print = |found: &[Diagnostic]| -> Vec<String> {
        let issues = parsed(Format::Gitlab, found);
        issues.as_array().unwrap().iter().map(|issue| issue["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let at = |start, end| Diagnostic::error(codes::E0203, "unknown").at(span(start, end), "");
    let both = print(&[at(0, 1), at(10, 11)]);
    assert_ne!(both[0], both[1]);
    assert_eq!(both, print(&[at(10, 11), at(12, 13)]));
}

#[test]
fn rdjson_counts_bytes_and_joins_edits() {
    let document = parsed(Format::Rdjson, &findings());
    let first = &document["diagnostics"][0];
    assert_eq!(first["location"]["range"]["start"], serde_json::json!({ "line": 1, "column": 6 }));
    assert_eq!(first["suggestions"][0]["text"], "<1>pp");
    assert_eq!(first["suggestions"][0]["range"]["end"], serde_json::json!({ "line": 1, "column": 10 }));
    assert_eq!(first["severity"], "ERROR");
    assert_eq!(document["diagnostics"][2]["location"], serde_json::json!({ "path": "sub folder/x#1.chaos" }));
}
