//! Fixes and layouts.

use super::TRIAL;
use super::client::{Client, byte, edited, marked};
use serde_json::{Value, json};

/// The actions at a mark, by title.
pub fn actions(client: &mut Client, name: &str, at: &Value) -> Vec<Value> {
    let more = json!({ "range": { "start": at, "end": at }, "context": { "diagnostics": [] } });
    client.ask_of("codeAction", name, more).as_array().cloned().unwrap_or_default()
}

#[track_caller]
pub fn action<'a>(all: &'a [Value], title: &str) -> &'a Value {
    let found = all.iter().find(|it| it["title"].as_str().unwrap().contains(title));
    found.unwrap_or_else(|| panic!("{title} is not among {all:#?}"))
}

/// The text of a file with what an action changes in it.
pub fn done(client: &Client, name: &str, text: &str, action: &Value) -> String {
    edited(text, &action["edit"]["changes"][client.address(name)])
}

#[test]
fn a_fix_mends_what_it_is_for() {
    let mut client = Client::start();
    let it = client.open_marked("trial.chaos", &TRIAL.replace("belt.flow <", "belt.⟨⟩flwo <"));
    let all = actions(&mut client, "trial.chaos", &it.marks[""]);
    let fix = action(&all, "write `flow`");
    assert_eq!((&fix["kind"], &fix["isPreferred"]), (&json!("quickfix"), &json!(true)));
    assert_eq!(fix["diagnostics"][0]["code"], "E0203");
    let text = done(&client, "trial.chaos", &it.text, fix);
    assert_eq!(text, TRIAL);
    client.rewrite("trial.chaos", 2, &text);
    assert_eq!(client.codes("trial.chaos"), Vec::<String>::new());
}

#[test]
fn all_safe_fixes_are_one_action() {
    let mut client = Client::start();
    let twice = TRIAL.replace("belt.flow <", "⟨⟩belt.flwo <").replace("p95(belt.delay", "p95(belt.dela");
    let it = client.open_marked("trial.chaos", &twice);
    let all = actions(&mut client, "trial.chaos", &it.marks[""]);
    let fix = action(&all, "all safe fixes");
    assert_eq!(fix["kind"], "source.fixAll");
    assert_eq!(done(&client, "trial.chaos", &it.text, fix), TRIAL);
}

#[test]
fn only_what_is_asked_for_is_offered() {
    let mut client = Client::start();
    let it = client.open_marked("trial.chaos", &TRIAL.replace("belt.flow <", "belt.⟨⟩flwo <"));
    let at = &it.marks[""];
    let mut kinds = |only: Value| -> Vec<Value> {
        let more = json!({ "range": { "start": at, "end": at }, "context": { "diagnostics": [], "only": only } });
        let answer = client.ask_of("codeAction", "trial.chaos", more);
        answer.as_array().unwrap().iter().map(|it| it["kind"].clone()).collect()
    };
    assert!(kinds(json!(["source"])) == ["source.fixAll"] && kinds(json!(["source.fixAll"])) == ["source.fixAll"]);
    assert!(kinds(json!(["sour", "source.fixAll.chaos", "refactor"])).is_empty());
    let quick = kinds(json!(["quickfix"]));
    assert!(!quick.is_empty() && quick.iter().all(|it| it == "quickfix"), "{quick:?}");
    assert_eq!(kinds(json!(["quickfix", "source"])).len(), quick.len() + 1);
    assert_eq!(kinds(json!([""])), kinds(Value::Null));
}

#[test]
fn an_experiment_gets_an_abort_and_a_recovery() {
    let mut client = Client::start();
    let bare = TRIAL
        .replace("  abort when belt.flow < 50% for 10s\n", "")
        .replace("    expect steady within 60s holding 10s\n", "");
    let mut text = bare.clone();
    client.open("trial.chaos", &text);
    assert!(client.codes("trial.chaos").iter().any(|it| it.starts_with("no-abort")));
    for title in ["add an abort", "that the system heals"] {
        let at = marked(&text.replace("experiment heavy", "experiment ⟨⟩heavy")).marks[""].clone();
        let all = actions(&mut client, "trial.chaos", &at);
        text = done(&client, "trial.chaos", &text, action(&all, title));
        client.rewrite("trial.chaos", 2, &text);
    }
    assert_eq!(client.codes("trial.chaos"), Vec::<String>::new(), "{text}");
}

#[test]
fn a_limit_that_breaks_can_be_adjusted() {
    let mut client = Client::start();
    for (of, to) in [("exposure <= 10m", "exposure <= 1m"), ("timeout <= 20m", "timeout <= 2m")] {
        limit_is_adjusted(&mut client, &TRIAL.replace(of, to));
    }
}

#[track_caller]
fn limit_is_adjusted(client: &mut Client, broken: &str) {
    client.open("trial.chaos", broken);
    let findings = client.findings("trial.chaos");
    let finding = findings.iter().find(|it| it["code"].as_str().unwrap().starts_with("E05")).expect("exceeds");
    let all = actions(client, "trial.chaos", &finding["range"]["start"]);
    let fixes: Vec<&Value> = all.iter().filter(|it| it["diagnostics"][0]["code"] == finding["code"]).collect();
    let text = done(client, "trial.chaos", broken, fixes.first().expect("a fix"));
    client.rewrite("trial.chaos", 2, &text);
    let left = client.codes("trial.chaos");
    assert!(!left.iter().any(|it| it.starts_with("E05")), "{left:?}\n{text}");
}

#[test]
fn what_a_rule_finds_can_be_allowed_in_place() {
    let mut client = Client::start();
    let it = client.open_marked(
        "trial.chaos",
        &TRIAL.replace("  abort when belt.flow < 50% for 10s\n", "").replace("heavy", "⟨⟩heavy"),
    );
    let all = actions(&mut client, "trial.chaos", &it.marks[""]);
    let text = done(&client, "trial.chaos", &it.text, action(&all, "allow `no-abort`"));
    assert!(text.contains("@allow(no-abort)\nexperiment heavy"), "{text}");
    client.rewrite("trial.chaos", 2, &text);
    assert_eq!(client.codes("trial.chaos"), Vec::<String>::new());
}

const OPTIONS: &str = r#"{ "tabSize": 4, "insertSpaces": true }"#;

fn options() -> Value {
    serde_json::from_str(OPTIONS).unwrap()
}

const LOOSE: &str =
    "let   a=5%\n\n\n\nsystem   s {\nservice one {calls two}\n   service two { external }\n}\nlet b    = 6%\n";

/// What `chaos fmt` makes of a text.
fn formatted(client: &Client, text: &str) -> String {
    let path = client.place.write("formatted.chaos", text);
    client.place.run(&["fmt", "formatted.chaos"]).ended(0);
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_document_is_laid_out_as_the_command_does_it() {
    let mut client = Client::start();
    let laid_out = formatted(&client, LOOSE);
    for (text, wanted) in
        [(LOOSE.to_owned(), laid_out.clone()), (LOOSE.replace('\n', "\r\n"), laid_out.replace('\n', "\r\n"))]
    {
        client.open("loose.chaos", &text);
        let edits = client.ask_of("formatting", "loose.chaos", json!({ "options": options() }));
        assert_eq!(edited(&text, &edits), wanted);
        client.open("loose.chaos", &wanted);
        assert_eq!(client.ask_of("formatting", "loose.chaos", json!({ "options": options() })), json!([]));
    }
    client.open("loose.chaos", "system {");
    assert_eq!(client.ask_of("formatting", "loose.chaos", json!({ "options": options() })), Value::Null);
}

#[test]
fn only_the_lines_that_are_asked_for_are_laid_out() {
    let mut client = Client::start();
    client.open("loose.chaos", LOOSE);
    let range = json!({ "start": { "line": 8, "character": 0 }, "end": { "line": 8, "character": 3 } });
    let edits = client.ask_of("rangeFormatting", "loose.chaos", json!({ "range": range, "options": options() }));
    assert_eq!(edited(LOOSE, &edits), LOOSE.replace("let b    =", "\nlet b ="));
    let end = json!({ "line": 7, "character": 1 });
    let more = json!({ "position": end, "ch": "}", "options": options() });
    let text = edited(LOOSE, &client.ask_of("onTypeFormatting", "loose.chaos", more));
    assert!(
        text.contains("system s {\n  service one") && text.contains("let b    =") && text.contains("let   a=5%"),
        "{text}"
    );
    assert!(byte(LOOSE, &end) > 0);
}

/// Whatever lines are laid out, nothing is lost or doubled.
#[test]
fn laying_out_some_lines_keeps_all_there_is() {
    let mut client = Client::start();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let texts = [
        "\nlet  a = 1s\n\n\n   let  b = 2s\n",
        "system shop {\n\n\n  service  web { calls a }\n\n  service  a { external }\n}\n",
        "# c\n \n use std.http\n\nlet a = 1s\n",
    ];
    for (number, text) in texts.into_iter().enumerate() {
        let name = format!("part_{number}.chaos");
        client.open(&name, text);
        for line in 0..text.lines().count() {
            let range = json!({ "start": { "line": line, "character": 0 }, "end": { "line": line, "character": 0 } });
            let more = json!({ "range": range, "options": { "tabSize": 2, "insertSpaces": true } });
            let done = edited(text, &client.ask_of("rangeFormatting", &name, more));
            assert_eq!(words(&done), words(text), "{text:?} at {line}");
        }
    }
}
