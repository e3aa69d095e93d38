//! What is offered while something is written.

use super::client::{Client, edited, marked};
use super::{DEPOT, TRIAL};
use crate::harness::Place;
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
    ("use \"./⟨⟩", &["./depot.chaos", "./places.chaos"], &["./new.chaos"]),
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
    ("policy p \"x\" when ⟨⟩", &["environment.tier", "abort"], &["belt.flow", "when"]),
    ("policy p \"x\" when environment.⟨⟩", &["tier", "name"], &["abort"]),
    ("policy p when environment.tier == ⟨⟩", &["development", "production"], &["abort", "belt.flow"]),
    ("policy p {\n  require abort ⟨⟩\n}\n", &["if", "because", "and"], &["within"]),
    ("scenario s(a: ⟨⟩", &["service", "list"], &["belt"]),
    ("scenario s(a: ⟨⟩) {\n}\n", &["service", "list"], &["belt"]),
    ("experiment e(a: ⟨⟩", &["service", "ratio"], &["belt"]),
    ("experiment e on depot {\n  limit { traffic <= ⟨⟩ }\n}\n", &["5%"], &["belt", "30s", "belt.flow"]),
    ("experiment e on depot {\n  limit { traffic <= 3⟨⟩ }\n}\n", &["3%"], &["3s", "3m"]),
    ("experiment e on depot {\n  limit { requests <= 3/⟨⟩ }\n}\n", &["3/s"], &["3s", "3%"]),
    ("experiment e on depot {\n  limit { instances <= ⟨⟩ }\n}\n", &["1", "5%"], &["30s"]),
    ("experiment e on depot {\n  limit { ⟨⟩ }\n}\n", &["traffic", "services", "budget"], &["belt"]),
    ("experiment e on depot {\n  limit { traffic ⟨⟩ }\n}\n", &["<="], &["belt"]),
    ("use \"./trial.chaos\"\nexperiment e on ⟨⟩", &["depot"], &["http", "heavy"]),
    ("use \"./trial.chaos\"\ntest \"t\" of ⟨⟩", &["heavy"], &["http", "depot"]),
    ("use \"./trial.chaos\" as own\ntest \"t\" of ⟨⟩", &["own", "own.heavy"], &["http", "depot"]),
    ("use \"./trial.chaos\" as own\ntest \"t\" of own.⟨⟩", &["heavy"], &["depot"]),
    (
        "experiment e on depot {\n  run {\n    inject http.error(scales) ⟨⟩",
        &["for", "until", "as", "after"],
        &["and", "within"],
    ),
    ("experiment e on depot {\n  run {\n    inject http.error(scales) for ⟨⟩", &["30s"], &["5%", "p95", "belt.flow"]),
    ("experiment e on depot {\n  run {\n    wait until ⟨⟩", &["stable", "belt.flow"], &["until"]),
    ("experiment e on depot {\n  run {\n    inject http.error(scales, rate: ⟨⟩)", &["5%"], &["30s", "belt"]),
    (
        "experiment e on depot {\n  run {\n    inject http.error(scales, among: ⟨⟩)",
        &["all", "marked"],
        &["30s", "belt"],
    ),
    ("experiment e on depot {\n  abort when belt.flow ⟨⟩", &["<", "of"], &["and", "inject"]),
    ("experiment e on depot {\n  abort when belt.flow < ⟨⟩", &["5%", "baseline"], &["30s"]),
    ("experiment e on depot {\n  abort when belt.flow < 5% ⟨⟩", &["for", "within", "and"], &["<"]),
    ("experiment e on depot {\n  abort when p95(belt.delay) < ⟨⟩", &["30s", "baseline"], &["5%"]),
    ("experiment e on depot {\n  id ⟨⟩", &["\"\""], &["belt.flow"]),
    ("experiment e on depot {\n  consent ⟨⟩", &["irreversible"], &["belt.flow"]),
    ("experiment e on depot {\n  run {\n    escalate level ⟨⟩", &["over"], &["every"]),
    ("environment here for depot {\n  grant ⟨⟩", &["http", "exec"], &["belt"]),
    ("environment here for depot {\n  service belt {\n    processes ⟨⟩", &["pidfile", "unit"], &["belt"]),
    ("environment here for depot {\n  service belt {\n    restarts ⟨⟩", &["by"], &["runner"]),
    ("environment here for depot {\n  source app = scrape(\"x\", ⟨⟩)", &["every", "token"], &["belt"]),
    ("model m of depot {\n  arrivals belt ⟨⟩", &["20/s"], &["30s"]),
    ("model m of depot {\n  metric belt.flow = ⟨⟩", &["success"], &["belt"]),
    ("use \"./trial.chaos\"\ntest \"t\" of heavy in local {\n  given belt.flow ⟨⟩", &["=", "of", "fails"], &["and"]),
    ("use \"./trial.chaos\"\ntest \"t\" of heavy in local {\n  expect jam ⟨⟩", &["reverted"], &["confirmed"]),
    ("fault f(target: service) {\n  resource ⟨⟩", &["target.requests"], &["belt"]),
    ("system s {\n  service a {\n    metric m: distribution<⟨⟩\n  }\n}\n", &["duration"], &["in", "s"]),
    ("system s {\n  service a {\n    metric m: ratio\n    slo m ⟨⟩\n  }\n}\n", &[">=", "over"], &["m"]),
    ("experiment e on depot {\n  abort when belt.flow < 50% for ⟨⟩", &["30s", "at"], &["5%", "not", "steady"]),
    ("experiment e on depot {\n  abort when belt.flow < 50% for 3 ⟨⟩", &["samples"], &["and"]),
    ("experiment e on depot {\n  expect belt.flow no lower than baseline by ⟨⟩", &["2pp"], &["5%"]),
    ("experiment e on depot {\n  limit { budget <= 1% ⟨⟩ }\n}\n", &["of"], &["and"]),
    ("experiment e on depot {\n  run {\n    inject http.error(scales, status: ⟨⟩)", &["503"], &["belt.flow", "5%"]),
    ("experiment e on depot {\n  run {\n    when belt.flow > 5% {\n    } ⟨⟩", &["else"], &["inject"]),
    ("policy p {\n  require plan.exposure <= ⟨⟩", &["30s", "limit.exposure"], &["plan.traffic", "5%"]),
    ("policy p {\n  require approval ⟨⟩", &["from"], &["<"]),
    ("environment here for depot {\n  source app = scrape(\"x\", token: ⟨⟩)", &["secret(\"\")"], &["belt"]),
    ("environment here for depot {\n  silence alertmanager(\"x\") ⟨⟩", &["matching"], &["<", "of"]),
    ("fault f(target: service, share: ratio) {\n  touches share ⟨⟩", &["of"], &["<"]),
    ("experiment e on depot {\n  abort when p95(belt.delay over ⟨⟩) > 1s\n}\n", &["30s", "5m"], &["belt.flow"]),
    (
        "experiment e on depot {\n  hypothesis ```\n  about ⟨⟩\n  ```\n}\n",
        &[],
        &["belt", "belt.flow", "limit", "abort when"],
    ),
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

/// The text before and behind the mark, what is chosen, and what then stands there.
const CHOSEN: &[(&str, &str, &str)] = &[
    ("experiment e on depot {\n  limit { services sc⟨⟩ales }\n}\n", "belt", "services belt }"),
    ("experiment e on de⟨⟩pot {\n}\n", "depot", "on depot {"),
    ("use \"./tr⟨⟩ial.chaos\"\n", "./places.chaos", "use \"./places.chaos\"\n"),
    ("use \"./tr⟨⟩", "./places.chaos", "use \"./places.chaos"),
    ("use \"tr⟨⟩ial.chaos\" as own\n", "./trial.chaos", "use \"./trial.chaos\" as own"),
    (
        "experiment e on depot {\n  run { inject http.er⟨⟩ror(scales, status: 503) for 1m }",
        "latency",
        "inject http.latency(scales, status: 503) for 1m }",
    ),
    (
        "experiment e on depot {\n  run { inject ht⟨⟩tp.error(scales) for 1m }",
        "http",
        "inject http.error(scales) for 1m }",
    ),
    (
        "experiment e on depot {\n  run { inject http.error(scales, sta⟨⟩tus: 503) for 1m }",
        "rate",
        "(scales, rate: 503) for 1m }",
    ),
    ("experiment e on depot {\n  run { inject http.error(scales, ⟨⟩) for 1m }", "rate", "(scales, rate: $0) for 1m }"),
    ("experiment e on depot {\n  abort when p9⟨⟩5(belt.delay) > 1s\n}\n", "p99", "when p99(belt.delay) > 1s"),
    ("experiment e on depot {\n  abort when p95(belt.delay) > 1⟨⟩0s\n}\n", "10ms", "> 10ms\n"),
    ("experiment e on depot {\n  lim⟨⟩it { services scales }\n}\n", "steady", "  steady { services scales }"),
    ("policy p when environment.ti⟨⟩er == production {\n}\n", "name", "when environment.name == production"),
    ("experiment e on depot {\n  abort when be⟨⟩lt.flow < 50%\n}\n", "belt.delay", "when belt.delay < 50%"),
    ("experiment e on depot {\n  expect ⟨⟩belt.flow > 50%\n}\n", "always", "expect always belt.flow > 50%"),
    ("experiment e on depot {\n  limit { traffic <= ⟨⟩50% }\n}\n", "5%", "traffic <= ${1:5}% }"),
    ("experiment e on depot {\n  limit { services ⟨⟩belt }\n}\n", "door", "services door }"),
];

#[test]
fn the_word_at_the_cursor_is_replaced_and_what_stands_behind_it_is_not_said_again() {
    let mut client = Client::start();
    for (marked_text, label, wanted) in CHOSEN {
        let whole = format!("{HEAD}{marked_text}");
        let items = offered(&mut client, &whole);
        let item = items.iter().find(|it| it["label"] == *label).unwrap_or_else(|| panic!("{label}: {items:?}"));
        let text = edited(&marked(&whole).text, &json!([item["textEdit"]]));
        assert!(text.contains(wanted), "{text}");
    }
    // Editors show what begins with what they would replace before the cursor.
    for (begun, filter) in [("./tr", "./trial.chaos"), ("tr", "trial.chaos"), ("", "./trial.chaos")] {
        let items = offered(&mut client, &format!("use \"{begun}⟨⟩"));
        let trial = items.iter().find(|it| it["label"] == "./trial.chaos").unwrap();
        assert_eq!(trial["filterText"].as_str().unwrap_or("./trial.chaos"), filter, "{begun}");
    }
}

#[test]
fn clients_choose_whether_the_rest_stays_and_get_no_snippets_that_they_do_not_know() {
    let place = Place::new();
    place.write("depot.chaos", DEPOT);
    let item = json!({ "snippetSupport": false, "insertReplaceSupport": true });
    let mut client = Client::that_can(place, json!({ "textDocument": { "completion": { "completionItem": item } } }));
    let items = offered(&mut client, &format!("{HEAD}experiment e on depot {{\n  limit {{ services sc⟨⟩ales }}\n}}\n"));
    let belt = items.iter().find(|it| it["label"] == "belt").unwrap();
    let (start, end) = (json!({ "line": 3, "character": 19 }), json!({ "line": 3, "character": 21 }));
    assert_eq!(belt["textEdit"]["insert"], json!({ "start": start, "end": end }));
    assert_eq!(belt["textEdit"]["replace"], json!({ "start": start, "end": { "line": 3, "character": 25 } }));
    let items = offered(&mut client, &format!("{HEAD}experiment e on depot {{\n  run {{\n    inject http.⟨⟩"));
    let error = items.iter().find(|it| it["label"] == "error").unwrap();
    assert_eq!(error["textEdit"]["newText"], "error(target) for 1m {\n\texpect always steady\n}");
    assert!(items.iter().all(|it| it["insertTextFormat"].is_null()));
}

#[test]
fn what_may_be_said_once_is_not_offered_again() {
    let mut client = Client::start();
    let items = offered(&mut client, &format!("{HEAD}experiment e on depot {{\n  id \"a\"\n  ⟨⟩\n  owner \"b\"\n}}\n"));
    let labels: Vec<&str> = items.iter().map(|it| it["label"].as_str().unwrap()).collect();
    assert!(labels.contains(&"hypothesis") && labels.contains(&"abort when"), "{labels:?}");
    assert!(!labels.contains(&"id") && !labels.contains(&"owner"), "{labels:?}");
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
