//! What is offered to be done: it does what it says, and no harm.

use super::changing::{action, actions, done};
use super::client::{Client, marked, position};
use super::{DEPOT, PLACES, TRIAL};
use crate::harness::{Place, files, root};
use serde_json::{Value, json};

/// An experiment on the depot, with a mark in its name.
fn experiment(limits: &str, run: &str) -> String {
    format!(
        "use std.http\nuse std.process\nuse \"./depot.chaos\"\n\nexperiment hea⟨⟩vy on depot {{\n  id \"D-1\"\n  hypothesis \"h\"\n  \
         owner \"depot\"\n  limit {{ services scales; bends belt; {limits} }}\n  run {{\n    {run}\n  }}\n}}\n"
    )
}

const FAULT: &str = "inject http.error(scales, traffic: 10%) as jam for 2m { expect always belt.flow >= 95% }";

/// The titles of what is offered at the mark.
fn titles(client: &mut Client, text: &str) -> Vec<String> {
    let it = client.open_marked("trial.chaos", text);
    let all = actions(client, "trial.chaos", &it.marks[""]);
    all.iter().map(|it| it["title"].as_str().unwrap().to_owned()).collect()
}

/// The text after an action, and what is wrong with it then.
fn after(client: &mut Client, text: &str, title: &str) -> (String, Vec<String>) {
    let it = client.open_marked("trial.chaos", text);
    let all = actions(client, "trial.chaos", &it.marks[""]);
    let text = done(client, "trial.chaos", &it.text, action(&all, title));
    client.rewrite("trial.chaos", 2, &text);
    (text, client.codes("trial.chaos"))
}

fn errors(codes: &[String]) -> Vec<&String> {
    codes.iter().filter(|code| code.starts_with('E')).collect()
}

#[test]
fn an_abort_condition_is_one_that_can_be_in_time() {
    let mut client = Client::start();
    let (text, codes) = after(&mut client, &experiment("exposure <= 10m", FAULT), "add an abort");
    assert!(
        text.contains("  abort when not steady for 10s\n\n  run {") && errors(&codes).is_empty(),
        "{text} {codes:?}"
    );
    let short = FAULT.replace("for 2m", "for 12s");
    let window = experiment("exposure <= 10m", &short).replace("owner", "window 2s\n  owner");
    let (text, codes) = after(&mut client, &window, "add an abort");
    assert!(text.contains("  abort when not steady") && errors(&codes).is_empty(), "{text} {codes:?}");
    assert!(!text.contains("for 10s\n\n"), "{text}");
    // In one line there is no line of its own.
    let one = experiment("exposure <= 10m", FAULT)
        .split_once("\n\n")
        .map(|(uses, it)| format!("{uses}\n\n{}", it.replace("\n", "; ")));
    let one = one.unwrap().replace("{; ", "{ ").replace("; }", " }").replace(";   ", "; ");
    let (text, codes) = after(&mut client, one.trim_end_matches("; "), "add an abort");
    assert!(text.contains("abort when not steady for 10s; run {") && errors(&codes).is_empty(), "{text} {codes:?}");
    let crlf = experiment("exposure <= 10m", FAULT).replace('\n', "\r\n");
    let (text, codes) = after(&mut client, &crlf, "add an abort");
    assert!(!text.replace("\r\n", "").contains('\n') && errors(&codes).is_empty(), "{codes:?}");
    // `steady` says nothing without an SLO.
    client.place.write("depot.chaos", DEPOT.replace("    slo flow >= 97%\n", ""));
    client.tell(
        "workspace/didChangeWatchedFiles",
        json!({ "changes": [{ "uri": client.address("depot.chaos"), "type": 2 }] }),
    );
    let offered = titles(&mut client, &experiment("exposure <= 10m", FAULT));
    assert!(!offered.iter().any(|title| title.starts_with("add a")), "{offered:?}");
}

#[test]
fn a_check_that_the_system_heals_is_offered_wherever_one_is_missed() {
    let mut client = Client::start();
    let runs = [
        FAULT.to_owned(),
        format!("sequence {{\n      {FAULT}\n    }}"),
        format!("repeat 2 {{\n      {FAULT}\n    }}"),
        format!("when belt.flow > 90% {{\n      {FAULT}\n    }}"),
        format!("{FAULT}\n    wait 5s"),
        FAULT.replace("95%", "1%"),
    ];
    for run in runs {
        let text = experiment("exposure <= 20m", &run).replace("run {", "abort when belt.flow < 1% for 10s\n  run {");
        let (text, codes) = after(&mut client, &text, "that the system heals");
        let known = |code: &&String| code.starts_with("E0414");
        assert!(
            errors(&codes).iter().all(known) && !codes.iter().any(|code| code.starts_with("no-rec")),
            "{text} {codes:?}"
        );
    }
    let healed = experiment("exposure <= 20m", &format!("{FAULT}\n    expect steady within 60s"));
    assert!(!titles(&mut client, &healed).iter().any(|title| title.contains("heals")));
}

#[test]
fn every_limit_of_the_experiment_can_be_raised_to_what_was_proven() {
    let mut client = Client::start();
    let places = PLACES
        .replace("allow http.* on scales", "allow http.* on scales, belt\n  allow process.* on belt")
        .replace("service belt   { url \"http://127.0.0.1:7902\";", "service belt   { instances \"http://127.0.0.1:7902\", \"http://127.0.0.1:7904\", \"http://127.0.0.1:7905\"; start \"belt --port {port}\"; restarts by runner;");
    client.place.write("places.chaos", places);
    let kill = "inject process.kill(belt, count: 2) as crash until steady within 60s";
    let cases = [
        ("traffic <= 5%", FAULT, "E0501", "write `traffic <= 10%`"),
        ("concurrent <= 0", FAULT, "E0503", "write `concurrent <= 1`"),
        ("exposure <= 10s", FAULT, "E0504", "write `exposure <= "),
        ("budget <= 0.001% of belt.flow", FAULT, "E0506", "write `budget <= 0."),
        (
            "exposure <= 10m",
            "inject http.error(belt, traffic: 10%) as jam for 2m { expect always belt.flow >= 60% }",
            "E0502",
            "add `belt` to the limit",
        ),
        ("instances <= 1", kill, "E0509", "write `instances <= 2`"),
        ("instances <= 34%", kill, "E0509", "write `instances <= 67%`"),
    ];
    for (limit, run, code, title) in cases {
        let services = if run == kill { "services scales, belt" } else { "services scales" };
        let text = experiment(limit, run).replace("services scales", services).replace("⟨⟩", "");
        client.open("trial.chaos", &text);
        let found = client.findings("trial.chaos");
        let at = found.iter().find(|it| it["code"] == code).unwrap_or_else(|| panic!("{limit}: {found:#?}"));
        let all = actions(&mut client, "trial.chaos", &at["range"]["start"].clone());
        let text = done(&client, "trial.chaos", &text, action(&all, title));
        client.rewrite("trial.chaos", 2, &text);
        let codes = client.codes("trial.chaos");
        assert!(!codes.iter().any(|it| it.starts_with(code) || it.starts_with("E01")), "{text} {codes:?}");
    }
    // What the environment does not let be faulted is not the experiment's to add.
    client.place.write("places.chaos", PLACES.replace("limit { traffic", "limit { services scales; traffic"));
    client.tell(
        "workspace/didChangeWatchedFiles",
        json!({ "changes": [{ "uri": client.address("places.chaos"), "type": 2 }] }),
    );
    let belt = experiment("exposure <= 10m", &FAULT.replace("scales", "⟨here⟩belt"));
    let it = client.open_marked("trial.chaos", &belt);
    let all = actions(&mut client, "trial.chaos", &it.marks["here"]);
    assert!(!all.iter().any(|it| it["title"].as_str().unwrap().contains("to the limit")), "{all:#?}");
}

#[test]
fn what_is_taken_is_no_sure_fix() {
    let mut client = Client::start();
    for (from, to) in [
        ("  service door   {", "  service scalez { url \"http://127.0.0.1:7999\" }\n  service door   {"),
        ("  bind belt.delay", "  bind belt.flw = proxy.success(scales)\n  bind belt.delay"),
    ] {
        let places = PLACES.replace(from, to);
        client.open("places.chaos", &places);
        let wrong = client.findings("places.chaos").iter().find(|it| it["code"] == "E0203").cloned().unwrap();
        let all = actions(&mut client, "places.chaos", &wrong["range"]["start"]);
        let fix = action(&all, "write `");
        assert!(fix["isPreferred"].is_null() && !all.iter().any(|it| it["kind"] == "source.fixAll"), "{all:#?}");
    }
    let free = PLACES.replace("  bind belt.flow ", "  bind belt.flw ");
    client.open("places.chaos", &free);
    let at = position(&free[..free.find("flw").unwrap()]);
    assert_eq!(action(&actions(&mut client, "places.chaos", &at), "write `flow`")["isPreferred"], true);
    let limit = marked(&TRIAL.replace("traffic <= 20%", "traffic ⟨⟩= 20%"));
    client.open("trial.chaos", &limit.text);
    let all = actions(&mut client, "trial.chaos", &limit.marks[""]);
    assert_eq!(done(&client, "trial.chaos", &limit.text, action(&all, "write `<=`")), TRIAL);
}

/// Every action on every finding of the specifications leaves a text that is understood as far as it was before.
#[test]
fn no_action_makes_a_text_that_cannot_be_read() {
    let place = Place::new();
    let mut names = Vec::new();
    for folder in ["scenarios", "syntax", "edges"] {
        for path in files(&root().join("tests/spec").join(folder), "chaos") {
            let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
            place.write(&name, std::fs::read(&path).unwrap());
            names.push(name);
        }
    }
    for path in files(&root().join("tests/spec"), "chaos")
        .iter()
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with('_'))
    {
        place.write(path.file_name().unwrap().to_str().unwrap(), std::fs::read(path).unwrap());
    }
    let mut client = Client::that_can(place, json!({}));
    let mut done_so_far = 0;
    for name in names {
        let text = std::fs::read_to_string(client.place.path().join(&name)).unwrap();
        client.open(&name, &text);
        let unread = |client: &mut Client| client.codes(&name).iter().filter(|code| code.starts_with("E01")).count();
        let before = unread(&mut client);
        let own = client.address(&name);
        let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9999, "character": 0 } });
        let asked = json!({ "range": whole, "context": { "diagnostics": [] } });
        let all: Vec<Value> = client.ask_of("codeAction", &name, asked).as_array().cloned().unwrap_or_default();
        for (at, action) in all.iter().filter(|it| !it["edit"]["changes"][&own].is_null()).enumerate() {
            // A block that is closed shows what stood in the wrong one.
            if action["title"].as_str().unwrap().starts_with("write `}`") {
                continue;
            }
            let changed = done(&client, &name, &text, action);
            client.rewrite(&name, 2 + at as i32, &changed);
            let now = unread(&mut client);
            assert!(now <= before, "{name}: {} makes\n{changed}\n{:?}", action["title"], client.codes(&name));
            done_so_far += 1;
        }
        client.tell("textDocument/didClose", json!({ "textDocument": { "uri": client.address(&name) } }));
    }
    assert!(done_so_far > 100, "{done_so_far}");
}

#[test]
fn a_distribution_of_some_requests_is_read_with_them() {
    let mut client = Client::start();
    let it = client.open_marked("trial.chaos", &TRIAL.replace("p95(belt.delay)", "belt.del⟨⟩ay of affected"));
    let all = actions(&mut client, "trial.chaos", &it.marks[""]);
    let text = done(&client, "trial.chaos", &it.text, action(&all, "write `p95("));
    assert_eq!(text, TRIAL.replace("p95(belt.delay)", "p95(belt.delay of affected)"));
}
