//! Findings that the client asks for, of files that are open and of all others.

use super::client::Client;
use super::{DEPOT, PLACES, TRIAL};
use crate::harness::Place;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;

const CANCELLED: i32 = -32800;
const INVALID_PARAMS: i32 = -32602;

/// A client that asks, with the depot's files; what is wrong is in `trial.chaos`.
fn asking() -> Client {
    let place = Place::new();
    place.write("depot.chaos", DEPOT);
    place.write("places.chaos", PLACES);
    place.write("trial.chaos", TRIAL.replace("belt.flow <", "belt.flw <"));
    let can = json!({
        "textDocument": { "diagnostic": {} },
        "workspace": { "diagnostics": { "refreshSupport": true }, "didChangeWatchedFiles": { "dynamicRegistration": true } },
    });
    Client::that_can(place, can)
}

/// The reports of the whole workspace, by file.
fn pull(client: &mut Client, previous: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let known = previous.iter().map(|(uri, report)| json!({ "uri": uri, "value": report["resultId"] }));
    let answer = client.ask("workspace/diagnostic", json!({ "previousResultIds": known.collect::<Vec<_>>() }));
    let items = answer["items"].as_array().unwrap().iter();
    items.map(|item| (item["uri"].as_str().unwrap().to_owned(), item.clone())).collect()
}

/// The codes in a report.
fn codes(report: &Value) -> Vec<&str> {
    report["items"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect()
}

fn is_unchanged(report: &Value) -> bool {
    report["kind"] == "unchanged"
}

#[test]
fn the_whole_workspace_is_reported_and_then_only_what_is_new() {
    let mut client = asking();
    assert_eq!(client.offered["diagnosticProvider"]["workspaceDiagnostics"], true);
    let (depot, trial) = (client.address("depot.chaos"), client.address("trial.chaos"));
    client.open_file("depot.chaos");
    let first = pull(&mut client, &BTreeMap::new());
    assert_eq!(first.len(), 3, "{first:?}");
    assert_eq!((&first[&depot]["version"], &first[&trial]["version"]), (&json!(1), &Value::Null));
    assert!(codes(&first[&depot]).is_empty());
    assert_eq!(codes(&first[&trial]), ["E0203"]);

    let second = pull(&mut client, &first);
    assert!(second.len() == 3 && second.values().all(is_unchanged), "{second:?}");

    // An edit that nobody saved: it counts for the file that is not open.
    client.rewrite("depot.chaos", 2, &DEPOT.replace("metric flow", "metric flw").replace("slo flow", "slo flw"));
    let third = pull(&mut client, &second);
    assert!(is_unchanged(&third[&depot]) && third[&depot]["version"] == 2, "{third:?}");
    assert!(!is_unchanged(&third[&trial]) && codes(&third[&trial]).iter().all(|code| *code == "E0203"), "{third:?}");
    assert!(codes(&third[&client.address("places.chaos")]).contains(&"E0203"), "{third:?}");

    // Closed without saving: the file counts again.
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": depot } }));
    let fourth = pull(&mut client, &first);
    assert!(fourth.values().all(is_unchanged), "{fourth:?}");
}

#[test]
fn files_that_change_or_go_outside_are_reported_and_the_client_is_asked_to_ask() {
    let mut client = asking();
    let trial = client.address("trial.chaos");
    let first = pull(&mut client, &BTreeMap::new());
    client.place.write("trial.chaos", TRIAL);
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": trial, "type": 2 }] }));
    let second = pull(&mut client, &first);
    assert!(codes(&second[&trial]).is_empty());
    assert!(client.requested.contains(&"workspace/diagnostic/refresh".to_owned()), "{:?}", client.requested);

    client.place.write("trial.chaos", "let a = nothing\n");
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": trial, "type": 2 }] }));
    let third = pull(&mut client, &second);
    assert_eq!(codes(&third[&trial]), ["E0203"]);
    fs::remove_file(client.place.path().join("trial.chaos")).unwrap();
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": trial, "type": 3 }] }));
    let fourth = pull(&mut client, &third);
    assert!(codes(&fourth[&trial]).is_empty());
    assert!(!pull(&mut client, &BTreeMap::new()).contains_key(&trial));

    // Whoever saves what is open knows that already.
    client.open_file("depot.chaos");
    client.requested.clear();
    let saved = json!([{ "uri": client.address("depot.chaos"), "type": 2 }]);
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": saved }));
    pull(&mut client, &BTreeMap::new());
    assert!(client.requested.is_empty(), "{:?}", client.requested);
}

#[test]
fn whoever_asks_of_the_workspace_is_no_longer_told_of_files_that_are_not_open() {
    let mut client = asking();
    client.place.write("depot.chaos", DEPOT.replace("slo flow", "slo flaw"));
    client.open_file("trial.chaos");
    assert_eq!(client.codes("depot.chaos"), ["E0203@8"]);
    let reports = pull(&mut client, &BTreeMap::new());
    assert_eq!(codes(&reports[&client.address("depot.chaos")]), ["E0203"]);
    assert_eq!(client.codes("depot.chaos"), Vec::<String>::new());
    client.rewrite("trial.chaos", 2, TRIAL);
    assert_eq!(client.codes("depot.chaos"), Vec::<String>::new());
}

#[test]
fn a_document_that_says_the_same_is_not_reported_twice() {
    let mut client = asking();
    client.open_file("trial.chaos");
    let first = client.ask_of("diagnostic", "trial.chaos", json!({}));
    let known = json!({ "previousResultId": first["resultId"] });
    let same = client.ask_of("diagnostic", "trial.chaos", known.clone());
    assert_eq!(same, json!({ "kind": "unchanged", "resultId": first["resultId"] }));
    let of_all = pull(&mut client, &BTreeMap::new());
    assert_eq!(of_all[&client.address("trial.chaos")]["resultId"], first["resultId"]);
    client.rewrite("trial.chaos", 2, TRIAL);
    assert_eq!(client.ask_of("diagnostic", "trial.chaos", known)["kind"], "full");
}

/// More files than are checked at once, so that messages come in between.
#[test]
fn a_question_about_the_workspace_lets_others_go_first_and_can_be_taken_back() {
    let mut client = asking();
    for at in 0..60 {
        client.place.write(&format!("copy_{at}.chaos"), TRIAL.replace("heavy", &format!("heavy_{at}")));
    }
    let pulled = client.begin("workspace/diagnostic", json!({ "previousResultIds": [] }));
    client.open_file("trial.chaos");
    assert!(client.ask_of("hover", "trial.chaos", json!({ "position": { "line": 4, "character": 13 } })).is_object());
    let answer = client.answer(pulled).response_result.unwrap();
    assert_eq!(answer["items"].as_array().unwrap().len(), 63);

    client.place.write("depot.chaos", DEPOT.replace("97%", "98%"));
    let changes = json!([{ "uri": client.address("depot.chaos"), "type": 2 }]);
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    let pulled = client.begin("workspace/diagnostic", json!({ "previousResultIds": [] }));
    client.tell("$/cancelRequest", json!({ "id": pulled }));
    // It may have been done already; one answer there is in any case.
    if let Err(error) = client.answer(pulled).response_result {
        assert_eq!(error.code, CANCELLED);
    }
    assert_eq!(client.refused("workspace/diagnostic", json!({ "previousResultIds": 3 })).0, INVALID_PARAMS);
    let pulled = client.begin("workspace/diagnostic", json!({ "previousResultIds": [] }));
    client.ask("shutdown", Value::Null);
    client.answer(pulled);
    assert!(client.rush_out().success());
}

/// Whoever watches files is told of a folder that goes, and of nothing in it.
#[test]
fn a_folder_that_goes_takes_its_files_along() {
    let mut client = asking();
    client.place.write("parts/depot.chaos", DEPOT);
    let trial = TRIAL.replace("./depot", "./parts/depot");
    client.place.write("places.chaos", PLACES.replace("./depot", "./parts/depot"));
    client.place.write("trial.chaos", &trial);
    client.open("trial.chaos", &trial);
    let address = client.address("trial.chaos");
    assert!(codes(&pull(&mut client, &BTreeMap::new())[&address]).is_empty());
    for (method, key) in [("didChangeWatchedFiles", "changes"), ("didDeleteFiles", "files")] {
        fs::rename(client.place.path().join("parts"), client.place.path().join("gone")).unwrap();
        let folder = json!({ "uri": client.address("parts"), "type": 3 });
        client.tell(&format!("workspace/{method}"), json!({ key: [folder] }));
        let now = pull(&mut client, &BTreeMap::new());
        assert!(codes(&now[&address]).contains(&"E0100"), "{method}: {now:?}");
        fs::rename(client.place.path().join("gone"), client.place.path().join("parts")).unwrap();
        let back = json!({ "files": [{ "oldUri": client.address("gone"), "newUri": client.address("parts") }] });
        client.tell("workspace/didRenameFiles", back);
        assert!(codes(&pull(&mut client, &BTreeMap::new())[&address]).is_empty(), "{method}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_reported_so() {
    let mut client = asking();
    client.place.write("odd.chaos", b"let a = 1 # \xff\n");
    std::os::unix::fs::symlink("nowhere.chaos", client.place.path().join("dangling.chaos")).unwrap();
    let found = pull(&mut client, &BTreeMap::new());
    for name in ["odd.chaos", "dangling.chaos"] {
        assert_eq!(codes(&found[&client.address(name)]), ["E0100"], "{name}");
    }
}

/// Of a folder with a project of its own that one counts, as it does for `chaos check`.
#[test]
fn what_an_inner_project_leaves_out_is_not_reported() {
    let mut client = asking();
    client.place.write("inner/chaos.toml", "exclude = [\"drafts/\"]\n");
    client.place.write("inner/drafts/x.chaos", "system {\n");
    client.place.write("inner/y.chaos", "system {\n");
    let found = pull(&mut client, &BTreeMap::new());
    assert!(found.contains_key(&client.address("inner/y.chaos")), "{:?}", found.keys());
    assert!(!found.contains_key(&client.address("inner/drafts/x.chaos")), "{:?}", found.keys());
}
