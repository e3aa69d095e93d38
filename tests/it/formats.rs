//! Output formats of the program itself: one document each, on standard output, whatever was found.

use crate::harness::{Place, Ran, files, root};
use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;
use std::collections::BTreeSet;

const MACHINES: &[&str] = &["json", "json-lines", "sarif", "junit", "github", "gitlab", "rdjson"];

/// A folder with a clean file, one with an error in a used file, and one with a warning, seen by `lint`.
fn mixed() -> Place {
    let place = Place::new();
    place.write("shop.chaos", "# é\nsystem shop { service a { calls b; metrc x: ratio } }\n");
    place.write("x.chaos", "use \"./shop.chaos\"\nuse \"./lost.chaos\"\n");
    place.write("clean.chaos", "system s { service a { } }\n");
    place
}

fn document(place: &Place, arguments: &[&str], format: &str, code: i32) -> String {
    let all: Vec<&str> = arguments.iter().copied().chain(["--format", format]).collect();
    let ran = place.run(&all).ended(code);
    assert_eq!(ran.err, "", "{format} writes beside its document");
    ran.out
}

fn json(place: &Place, arguments: &[&str], format: &str, code: i32) -> Value {
    serde_json::from_str(&document(place, arguments, format, code)).unwrap()
}

/// The document that a command wrote, which fits its schema, and nothing beside it.
pub fn fitting(schema: &str, ran: &Ran) -> Value {
    assert_eq!(ran.err, "");
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let path = root().join(format!("docs/schemas/{schema}.schema.json")).display().to_string();
    let whole = compiler.compile(&path, &mut schemas).unwrap();
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    let error = schemas.validate(&document, whole).map_err(|error| format!("{error:#}"));
    assert_eq!(error, Ok(()), "{document:#}");
    document
}

#[test]
fn machines_get_one_document_and_nothing_else() {
    let place = mixed();
    for format in MACHINES {
        let found = document(&place, &["check"], format, 1);
        for part in ["E0203", "unknown service `b`", "shop.chaos"] {
            assert!(found.contains(part), "{format}: no {part} in\n{found}");
        }
        document(&place, &["check", "clean.chaos"], format, 0);
        let missing = document(&place, &["check", "clean.chaos", "missing.chaos"], format, 2);
        assert!(missing.contains("missing.chaos"), "{format}: {missing}");
        assert!(document(&place, &["lint"], format, 1).contains("E0203"), "{format}");
    }
    let person = place.run(&["check", "--format", "concise"]).ended(1);
    assert!(person.out.is_empty() && person.err.contains("shop.chaos:2:33: error[E0203] unknown service `b`\n"));
}

#[test]
fn json_fits_its_schema() {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let path = root().join("docs/schemas/findings.v1.schema.json").display().to_string();
    let whole = compiler.compile(&path, &mut schemas).unwrap();
    let one = compiler.compile(&format!("{path}#/$defs/finding"), &mut schemas).unwrap();
    let check = |schema: SchemaIndex, document: &Value| {
        let error = schemas.validate(document, schema).map_err(|error| format!("{error:#}"));
        assert_eq!(error, Ok(()), "{document:#}");
    };
    let place = mixed();
    check(whole, &json(&place, &["check"], "json", 1));
    check(whole, &json(&place, &["check", "clean.chaos"], "json", 0));
    check(whole, &json(&place, &["check", "missing.chaos"], "json", 2));
    check(whole, &json(&place, &["lint"], "json", 1));
    for line in document(&place, &["check"], "json-lines", 1).lines() {
        check(one, &serde_json::from_str(line).unwrap());
    }
    // Everything that the specification's files make it say.
    let specs = root().join("tests/spec");
    let said = json(&place, &["check", &specs.display().to_string()], "json", 1);
    check(whole, &said);
    assert!(said["findings"].as_array().unwrap().len() > 100);
    assert!(schemas.validate(&serde_json::json!({ "version": 2, "findings": [] }), whole).is_err());
}

#[test]
fn ranges_are_those_of_the_text() {
    let place = mixed();
    let found = json(&place, &["check"], "json", 1);
    let findings = found["findings"].as_array().unwrap();
    let unknown = findings.iter().find(|finding| finding["code"] == "E0203").unwrap();
    assert_eq!(unknown["range"]["start"], serde_json::json!({ "offset": 37, "line": 2, "column": 33 }));
    assert_eq!(unknown["range"]["end"], serde_json::json!({ "offset": 38, "line": 2, "column": 34 }));
    let lost = findings.iter().find(|finding| finding["code"] == "E0100").unwrap();
    assert_eq!((&lost["file"], &lost["range"]["start"]["line"]), (&"x.chaos".into(), &2.into()));
    let misspelt = findings.iter().find(|finding| finding["code"] == "E0101").unwrap();
    assert_eq!(misspelt["fixes"][0]["edits"][0]["text"], "metric");
    assert_eq!(misspelt["fixes"][0]["safe"], true);
    assert_eq!(found["summary"]["files"], 3);
}

/// The rules of the SARIF standard that its schema states, for all that this program writes.
#[test]
fn sarif_is_whole() {
    let place = mixed();
    let specs = root().join("tests/spec/names").display().to_string();
    for (arguments, code) in [(vec!["check", "."], 1), (vec!["check", "missing.chaos"], 2), (vec!["check", &specs], 1)]
    {
        let log = json(&place, &arguments, "sarif", code);
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), rules.len());
        assert!(rules.iter().all(|rule| rule["help"]["text"].as_str().unwrap().len() > 50));
        for result in run["results"].as_array().unwrap() {
            let at = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[at]["id"], result["ruleId"]);
            assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            for location in
                result["locations"].as_array().into_iter().chain(result["relatedLocations"].as_array()).flatten()
            {
                sound(&location["physicalLocation"]);
            }
        }
    }
}

fn sound(place: &Value) {
    let artifact = &place["artifactLocation"];
    let uri = artifact["uri"].as_str().unwrap();
    assert!(!uri.contains([' ', '\\', '#']), "{uri}");
    assert_eq!(uri.starts_with("file:///"), artifact["uriBaseId"].is_null(), "{uri}");
    let region = &place["region"];
    if !region.is_null() {
        let number = |key: &str| region[key].as_u64().unwrap();
        assert!(number("startLine") >= 1 && number("startColumn") >= 1 && number("endColumn") >= 1);
        assert!((number("startLine"), number("startColumn")) <= (number("endLine"), number("endColumn")));
    }
}

#[test]
fn junit_has_a_case_for_each_file() {
    let place = mixed();
    let xml = document(&place, &["check", ".", "missing.chaos"], "junit", 2);
    assert!(xml.contains("tests=\"4\" failures=\"2\" errors=\"1\""), "{xml}");
    assert_eq!(xml.matches("<testcase ").count(), 4);
    let read = std::process::Command::new("python3")
        .args([
            "-c",
            "import sys, xml.etree.ElementTree as e; print(len(e.fromstring(sys.argv[1]).findall('.//testcase')))",
        ])
        .arg(&xml)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), "4", "{}", String::from_utf8_lossy(&read.stderr));
}

#[test]
fn warnings_count_where_they_are_denied() {
    let place = Place::new();
    place.write("x.chaos", "system s {\n  service a { metric x: ratio }\n}\n");
    let found = json(&place, &["lint", "--warn", "all"], "json", 0);
    assert!(found["summary"]["warnings"].as_u64().unwrap() > 0, "{found:#}");
    assert!(json(&place, &["lint", "--warn", "all"], "sarif", 0)["runs"][0]["results"][0]["level"] == "warning");
    place.run(&["lint", "--warn", "all", "--deny", "warnings"]).ended(1);
    place.run(&["check", "--deny", "warnings"]).ended(0);
    place.run(&["check", "--deny", "notes"]).ended(2);
}

#[test]
fn no_text_breaks_a_format() {
    let place = Place::new();
    let odd =
        "system \u{1b}[31m s { service \"<&>]]>\" { calls a,\u{2028} b%0A } }\r\n# \u{0}\u{FFFF}\nexperiment \u{9b}\n";
    place.write("a b,c%.chaos", odd);
    for format in MACHINES {
        let written = document(&place, &["check"], format, 1);
        assert!(!written.contains(['\u{1b}', '\u{0}']), "{format}: {written:?}");
        if ["json", "sarif", "gitlab", "rdjson"].contains(format) {
            serde_json::from_str::<Value>(&written).unwrap();
        }
    }
    let drawn = place.run(&["check"]).ended(1);
    assert!(!drawn.err.contains(['\u{1b}', '\u{9b}']), "{:?}", drawn.err);
    assert!(files(place.path(), "chaos").len() == 1);
}

#[test]
fn results_of_tests_fit_their_schema() {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let path = root().join("docs/schemas/tests.v1.schema.json").display().to_string();
    let schema = compiler.compile(&path, &mut schemas).unwrap();
    let check = |document: &Value| {
        let error = schemas.validate(document, schema).map_err(|error| format!("{error:#}"));
        assert_eq!(error, Ok(()), "{document:#}");
    };
    let place = Place::new();
    for file in ["shop.chaos", "environments.chaos", "payment_outage.chaos", "payment_outage_test.chaos"] {
        place.write(file, std::fs::read(root().join("examples/quickstart").join(file)).unwrap());
    }
    let whole = json(&place, &["test"], "json", 0);
    check(&whole);
    assert_eq!(whole["summary"]["failed"], 0);
    assert_eq!(whole["tests"][0]["verdict"], "confirmed");
    let conditions = whole["coverage"][0]["conditions"].as_array().unwrap();
    assert!(conditions.iter().any(|one| one["kind"] == "trigger" && one["violated"].as_u64() >= Some(1)), "{whole:#}");
    place.write(
        "wrong.chaos",
        "use \"./payment_outage.chaos\"\nuse \"./environments.chaos\"\n\
         test \"a\" of payment_outage in local { given steady; expect verdict refuted }\n\
         test \"b\" of payment_outage in local { given steady; given no data of nowhere; expect verdict refuted }\n",
    );
    let wrong = json(&place, &["test", "wrong.chaos"], "json", 1);
    check(&wrong);
    assert_eq!((&wrong["summary"]["failed"], &wrong["summary"]["errors"]), (&1.into(), &1.into()));
    place.write("broken.chaos", "test x of nothing in local { expect verdict confirmed }\n");
    let broken = json(&place, &["test", "broken.chaos"], "json", 1);
    check(&broken);
    assert_eq!(broken["findings"][0]["code"], "E0203");
}
