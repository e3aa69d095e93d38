//! What is offered while something is written.

use super::TRIAL;
use super::client::Client;
use serde_json::{Value, json};

/// What is offered at the mark of a text in the depot's folder, by label.
fn offered(client: &mut Client, text: &str) -> Vec<Value> {
    let it = client.open_marked("new.chaos", text);
    let found = client.ask_at("completion", "new.chaos", &it.marks[""]);
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": client.address("new.chaos") } }));
    found["items"].as_array().cloned().unwrap_or_default()
}

const HEAD: &str = "use std.http\nuse \"./depot.chaos\"\n";

/// Texts that end in the middle of a word, what must be offered there, and what must not.
const CASES: &[(&str, &[&str], &[&str])] = &[
    ("exp⟨⟩", &["experiment", "system", "use", "test"], &["inject", "slo"]),
    ("use ⟨⟩", &["std.http", "std.process"], &["experiment"]),
    ("use std.⟨⟩", &["http", "policy.production"], &["std.http"]),
    ("use \"./⟨⟩", &["depot.chaos", "places.chaos"], &["new.chaos"]),
    ("experiment e on ⟨⟩", &["depot"], &["heavy"]),
    ("experiment e on depot {\n  ⟨⟩", &["hypothesis", "limit", "run", "abort when"], &["inject", "metric"]),
    ("experiment e on depot {\n  limit {\n    ⟨⟩", &["traffic", "services", "exposure"], &["hypothesis"]),
    ("experiment e on depot {\n  limit { services ⟨⟩", &["belt", "door", "scales"], &["flow"]),
    ("experiment e on depot {\n  run {\n    ⟨⟩\n  }\n}\n", &["inject", "expect", "parallel", "wait until"], &["slo"]),
    ("experiment e on depot {\n  run {\n    inject ⟨⟩", &["http"], &["belt.flow"]),
    ("experiment e on depot {\n  run {\n    inject http.⟨⟩", &["error", "latency"], &["get"]),
    (
        "experiment e on depot {\n  run {\n    inject http.error(⟨⟩",
        &["scales", "status", "rate", "traffic"],
        &["inject"],
    ),
    (
        "experiment e on depot {\n  run {\n    inject http.error(scales, ⟨⟩, status: 503) for 1m\n  }\n}\n",
        &["headers", "traffic"],
        &["status", "target"],
    ),
    (
        "experiment e on depot {\n  run {\n    inject http.error(⟨⟩, status: 503) for 1m",
        &["target", "traffic"],
        &["status"],
    ),
    ("experiment e on depot {\n  run {\n    inject http.error(scales, ra⟨⟩) for 1m\n  }\n}\n", &["rate"], &[]),
    (
        "experiment e on depot {\n  param p: ratio = 5%\n  abort when ⟨⟩",
        &["belt.flow", "p95", "steady", "p"],
        &["inject"],
    ),
    ("experiment e on depot {\n  abort when belt.⟨⟩", &["flow", "delay"], &["belt.flow"]),
    ("experiment e on depot {\n  abort when belt.flow of ⟨⟩", &["affected", "others"], &[]),
    (
        "experiment e on depot {\n  run { inject http.error(scales, traffic: limit.⟨⟩",
        &["traffic", "exposure"],
        &["flow"],
    ),
    ("experiment e on depot {\n  param a: ⟨⟩", &["ratio", "duration"], &["belt"]),
    ("experiment e on depot {\n  window 30⟨⟩", &["30s", "30ms", "30m"], &["belt"]),
    ("experiment e on depot {\n  run {\n    wait 1s as pause\n    wait 2s after ⟨⟩", &["pause"], &["belt"]),
    ("@allow(⟨⟩", &["no-recovery", "interference"], &["experiment"]),
    ("environment here for ⟨⟩", &["depot"], &[]),
    ("environment here for depot {\n  ⟨⟩", &["tier", "bind", "allow", "source"], &["hypothesis"]),
    ("environment here for depot {\n  tier ⟨⟩", &["development", "production"], &["belt"]),
    ("environment here for depot {\n  allow http.* on ⟨⟩", &["belt", "scales"], &["http"]),
    ("environment here for depot {\n  allow http.⟨⟩", &["*", "error"], &[]),
    ("environment here for depot {\n  bind ⟨⟩", &["belt.flow"], &["tier"]),
    (
        "environment here for depot {\n  source app = scrape(\"http://127.0.0.1:1/m\")\n  bind belt.flow = ⟨⟩",
        &["app", "proxy"],
        &[],
    ),
    (
        "environment here for depot {\n  source app = scrape(\"http://127.0.0.1:1/m\")\n  bind belt.flow = app.⟨⟩",
        &["ratio", "gauge"],
        &["flow"],
    ),
    ("environment here for depot {\n  service belt {\n    ⟨⟩", &["url", "through", "restarts by"], &["tier"]),
    ("policy p {\n  ⟨⟩", &["require", "deny"], &["expect"]),
    ("policy p {\n  deny ⟨⟩", &["fault.class", "limit.traffic", "time outside"], &["belt.flow"]),
    ("policy p {\n  deny fault.class == ⟨⟩", &["irreversible", "leased"], &[]),
    ("policy p {\n  deny environment.⟨⟩", &["tier", "name"], &["abort"]),
    ("system s {\n  service a {\n    ⟨⟩", &["calls", "metric", "slo"], &["url"]),
    ("use \"./trial.chaos\"\ntest \"t\" of ⟨⟩", &["heavy"], &["depot"]),
    ("use \"./trial.chaos\"\nuse \"./places.chaos\"\ntest \"t\" of heavy in ⟨⟩", &["local"], &[]),
    ("use \"./trial.chaos\"\ntest \"t\" of heavy in local {\n  given ⟨⟩", &["belt.flow", "jam", "steady"], &[]),
    (
        "use \"./trial.chaos\"\ntest \"t\" of heavy in local {\n  expect verdict ⟨⟩",
        &["confirmed", "aborted"],
        &["belt"],
    ),
    ("use \"./trial.chaos\"\ntest \"t\" of heavy in local {\n  set ⟨⟩", &["share"], &[]),
    ("model m of depot {\n  service belt {\n    ⟨⟩", &["workers", "queue"], &["url"]),
    ("fault f(target: service) {\n  class ⟨⟩", &["leased", "irreversible"], &[]),
    ("# a comment ⟨⟩", &[], &["experiment", "use"]),
    ("experiment e on depot {\n  hypothesis \"about ⟨⟩\"\n}\n", &[], &["belt", "belt.flow", "limit"]),
];

#[test]
fn what_fits_is_offered_where_it_fits_in_texts_that_end_anywhere() {
    let mut client = Client::start();
    for (text, wanted, unwanted) in CASES {
        let items = offered(&mut client, &format!("{HEAD}{text}"));
        let labels: Vec<&str> = items.iter().map(|it| it["label"].as_str().unwrap()).collect();
        for label in *wanted {
            assert!(labels.contains(label), "{label} is not offered in\n{text}\n{labels:?}");
        }
        for label in *unwanted {
            assert!(!labels.contains(label), "{label} is offered in\n{text}\n{labels:?}");
        }
    }
}

#[test]
fn a_fault_comes_with_what_it_needs() {
    let mut client = Client::start();
    let text = format!("{HEAD}experiment e on depot {{\n  run {{\n    inject http.lat⟨⟩");
    let items = offered(&mut client, &text);
    let latency = items.iter().find(|it| it["label"] == "latency").unwrap();
    assert_eq!(latency["insertTextFormat"], 2);
    let written = latency["textEdit"]["newText"].as_str().unwrap();
    assert!(written.starts_with("latency(${1:target}, delay: ${2:delay}) for"), "{written}");
    assert_eq!(latency["textEdit"]["range"]["start"], json!({ "line": 4, "character": 16 }));
    assert!(latency["documentation"]["value"].as_str().unwrap().len() > 10);
}

#[test]
fn every_snippet_of_a_whole_statement_reads_without_errors_once_it_is_filled_in() {
    let mut client = Client::start();
    let items = offered(&mut client, &format!("{HEAD}⟨⟩"));
    let filled: Vec<&str> = items.iter().filter_map(|it| it["textEdit"]["newText"].as_str()).collect();
    assert!(filled.len() > 10);
    for snippet in
        filled.iter().filter(|it| it.starts_with("policy") || it.starts_with("system") || it.starts_with("schedule"))
    {
        let text =
            snippet.replace("$0", "").replace("${1:", "").replace("${2:", "").replace("${3:", "").replace('}', "");
        assert!(!text.contains('$'), "{text}");
    }
}

#[test]
fn a_call_shows_what_it_takes_and_which_argument_is_meant() {
    let mut client = Client::start();
    let cases = [
        ("inject http.error(⟨⟩", Some("target: service")),
        ("inject http.error(scales, ⟨⟩", Some("status: int")),
        ("inject http.error(scales, rate: ⟨⟩", Some("rate: ratio")),
        ("inject http.error(scales, rate: 5%⟨⟩) for 1m", Some("rate: ratio")),
        ("inject http.error(scales, bogus: ⟨⟩", None),
        ("inject http.error(scales, rate: (10% + ⟨⟩5%), status: 503) for 1m", Some("rate: ratio")),
        ("inject http.error(scales, rate: [5%, ⟨⟩", Some("rate: ratio")),
        ("inject http.error(scales, methods: [\"GET\", ⟨⟩\"PUT\"], rate: 1%) for 1m", Some("methods: list<string>")),
        ("inject http.error(scales, not (⟨⟩true)) for 1m", Some("status: int")),
    ];
    for (text, wanted) in cases {
        let it = client.open_marked("new.chaos", &format!("{HEAD}experiment e on depot {{\n  run {{\n    {text}"));
        let help = client.ask_at("signatureHelp", "new.chaos", &it.marks[""]);
        let signature = &help["signatures"][0];
        let label: Vec<u16> = signature["label"].as_str().unwrap().encode_utf16().collect();
        let shown = help["activeParameter"].as_u64().map(|at| {
            let place = &signature["parameters"][at as usize]["label"];
            let (start, end) = (place[0].as_u64().unwrap() as usize, place[1].as_u64().unwrap() as usize);
            String::from_utf16(&label[start..end]).unwrap()
        });
        assert!(shown.as_deref().unwrap_or("").starts_with(wanted.unwrap_or("")), "{text}: {shown:?}");
        assert_eq!(shown.is_some(), wanted.is_some(), "{text}");
    }
    client.open_file("trial.chaos");
    let it = super::client::marked(&TRIAL.replace("p95(belt", "⟨⟩p95(belt"));
    assert_eq!(client.ask_at("signatureHelp", "trial.chaos", &it.marks[""]), Value::Null);
}
