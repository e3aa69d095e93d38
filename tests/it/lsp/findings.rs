//! What is wrong, as the editor is told.

use super::client::Client;
use super::{DEPOT, PLACES, TRIAL};
use crate::harness::Place;
use serde_json::{Value, json};
use std::fs;

#[test]
fn findings_have_codes_places_pages_and_related_places() {
    let mut client = Client::start();
    client.open("twice.chaos", "system one { service a { external } }\nsystem one { service b { external } }\n");
    let found = client.findings("twice.chaos");
    let it = found.iter().find(|it| it["code"] == "E0204").expect("declared twice");
    assert_eq!((&it["source"], &it["severity"]), (&json!("chaos"), &json!(1)));
    assert_eq!(it["range"]["start"], json!({ "line": 1, "character": 7 }));
    assert_eq!(it["relatedInformation"][0]["location"]["range"]["start"], json!({ "line": 0, "character": 7 }));
    let page = it["codeDescription"]["href"].as_str().unwrap();
    let text = client.ask("workspace/textDocumentContent", json!({ "uri": page }));
    assert!(text["text"].as_str().unwrap().starts_with("# E0204: "), "{text}");
    assert!(
        client
            .refused("workspace/textDocumentContent", json!({ "uri": "chaos:/explain/E9999.md" }))
            .1
            .contains("E9999")
    );
}

#[test]
fn what_the_command_line_finds_the_editor_shows() {
    let mut client = Client::start();
    client.open_file("trial.chaos");
    client.open_file("places.chaos");
    assert_eq!(client.codes("trial.chaos"), Vec::<String>::new());
    assert_eq!(client.codes("places.chaos"), Vec::<String>::new());
    let wide = TRIAL.replace("for 2m {", "for 2h {");
    client.rewrite("trial.chaos", 2, &wide);
    let shown = client.codes("trial.chaos");
    client.place.write("trial.chaos", &wide);
    let checked = client.place.run(&["lint", "--format", "json", "trial.chaos"]);
    let checked: Value = serde_json::from_str(&checked.out).unwrap();
    let said = checked["findings"].as_array().unwrap();
    let said: Vec<String> = said.iter().map(|it| it["code"].as_str().unwrap().to_owned()).collect();
    let codes: Vec<&str> = shown.iter().map(|it| it.split('@').next().unwrap()).collect();
    assert_eq!(codes, said);
    assert!(codes.contains(&"E0504"), "{codes:?}");
}

#[test]
fn an_edit_changes_what_is_wrong_with_the_files_that_use_it() {
    let mut client = Client::start();
    client.open_file("trial.chaos");
    client.open_file("depot.chaos");
    assert_eq!(client.codes("trial.chaos"), Vec::<String>::new());
    // Not saved: the buffer counts.
    client.rewrite("depot.chaos", 2, &DEPOT.replace("metric flow", "metric stream").replace("slo flow", "slo stream"));
    let codes = client.codes("trial.chaos");
    assert!(codes.iter().any(|it| it == "E0203@11"), "{codes:?}");
    client.rewrite("depot.chaos", 3, DEPOT);
    assert_eq!(client.codes("trial.chaos"), Vec::<String>::new());
    // Closed without saving: the file counts.
    client.rewrite("depot.chaos", 4, "");
    assert!(!client.codes("trial.chaos").is_empty());
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": client.address("depot.chaos") } }));
    assert_eq!(client.codes("trial.chaos"), Vec::<String>::new());
}

#[test]
fn what_is_wrong_with_a_used_file_is_told_of_that_file_and_taken_back() {
    let mut client = Client::start();
    client.place.write("depot.chaos", DEPOT.replace("slo flow", "slo flaw"));
    client.open_file("trial.chaos");
    assert_eq!(client.codes("depot.chaos"), ["E0203@8"]);
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": client.address("trial.chaos") } }));
    assert_eq!(client.codes("depot.chaos"), Vec::<String>::new());
}

#[test]
fn the_environment_beside_counts_also_while_it_is_only_typed() {
    let mut client = Client::start();
    fs::remove_file(client.place.path().join("places.chaos")).unwrap();
    client.open("trial.chaos", &TRIAL.replace("traffic <= 20%", "traffic <= 90%"));
    assert_eq!(client.codes("trial.chaos"), Vec::<String>::new());
    client.open("places.chaos", &PLACES.replace("allow http.* on scales", "allow http.* on belt"));
    let codes = client.codes("trial.chaos");
    assert!(codes.iter().any(|it| it.starts_with("E0711") || it.starts_with("E07")), "{codes:?}");
}

#[test]
fn files_that_change_outside_are_read_again_when_the_client_tells() {
    let place = Place::new();
    place.write("depot.chaos", DEPOT);
    place.write("places.chaos", PLACES);
    let can = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } });
    let mut client = Client::that_can(place, can);
    client.open("trial.chaos", TRIAL);
    assert_eq!(client.codes("trial.chaos"), Vec::<String>::new());
    client.place.write("depot.chaos", DEPOT.replace("flow", "stream"));
    let changes = json!([{ "uri": client.address("depot.chaos"), "type": 2 }]);
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    assert!(client.codes("trial.chaos").contains(&"E0203@11".to_owned()));
    client.place.write("chaos.toml", "[lint]\nmissing-owner = \"deny\"\n[check]\nenvironmnt = \"x\"\n");
    let changes = json!([{ "uri": client.address("chaos.toml"), "type": 1 }]);
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    assert_eq!(client.codes("chaos.toml").len(), 1);
}

#[test]
fn whoever_tells_nothing_is_looked_after_when_something_is_saved() {
    let mut client = Client::start();
    client.open_file("trial.chaos");
    assert_eq!(client.codes("trial.chaos"), Vec::<String>::new());
    client.place.write("depot.chaos", DEPOT.replace("flow", "stream"));
    client.tell("textDocument/didSave", json!({ "textDocument": { "uri": client.address("trial.chaos") } }));
    assert!(client.codes("trial.chaos").contains(&"E0203@11".to_owned()));
}

#[test]
fn whoever_asks_for_findings_is_not_told_them_twice() {
    let place = Place::new();
    place.write("depot.chaos", DEPOT.replace("slo flow", "slo flaw"));
    let mut client = Client::that_can(place, json!({ "textDocument": { "diagnostic": {} } }));
    client.open("trial.chaos", &TRIAL.replace("belt.delay", "belt.dely"));
    let report = client.ask_of("diagnostic", "trial.chaos", json!({}));
    assert_eq!(report["kind"], "full");
    assert!(report["items"].as_array().unwrap().iter().any(|it| it["code"] == "E0203"), "{report}");
    assert_eq!(client.codes("trial.chaos"), Vec::<String>::new());
    // What is not open cannot be asked of.
    assert_eq!(client.codes("depot.chaos"), ["E0203@8"]);
    assert_eq!(client.ask_of("diagnostic", "elsewhere.chaos", json!({}))["items"], json!([]));
}

#[test]
fn lints_are_shown_as_the_project_says_and_can_be_left_out() {
    let place = Place::new();
    place.write("depot.chaos", DEPOT);
    place.write("chaos.toml", "[lint]\nmissing-owner = \"deny\"\nmissing-id = \"allow\"\n");
    let mut client = Client::that_can(place, json!({}));
    let bare = TRIAL.replace("  owner \"depot\"\n", "").replace("  id \"D-1\"\n", "");
    client.open("trial.chaos", &bare);
    let found = client.findings("trial.chaos");
    let owner = found.iter().find(|it| it["code"] == "missing-owner").expect("no owner");
    assert_eq!(owner["severity"], 1);
    assert!(found.iter().all(|it| it["code"] != "missing-id"));

    let mut quiet = Client::silent(Place::new());
    quiet.ask(
        "initialize",
        json!({ "capabilities": {}, "processId": null, "rootUri": null, "initializationOptions": { "lints": false } }),
    );
    quiet.place.write("depot.chaos", DEPOT);
    quiet.open("trial.chaos", &bare);
    assert_eq!(quiet.codes("trial.chaos"), Vec::<String>::new());
}

#[test]
fn line_ends_of_all_kinds_are_line_ends() {
    let mut client = Client::start();
    client.open("a.chaos", "let a = 1\r\nlet b = nothing\r\n");
    assert_eq!(client.codes("a.chaos"), ["E0203@2"]);
    client.open("trial.chaos", &TRIAL.replace('\n', "\r\n").replace("belt.flow <", "belt.flw <"));
    assert_eq!(client.codes("trial.chaos"), ["E0203@11"]);
}
