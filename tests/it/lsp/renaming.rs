//! Other names, looked at from what they could break.

use super::client::{Client, at, edited, position};
use super::{DEPOT, PLACES, TRIAL};
use crate::harness::{Place, files, root};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A file with its text as it is now.
type Texts = BTreeMap<String, String>;

/// An editor with all files of some folders of `examples` open.
fn with_examples(folders: &[&str]) -> (Client, Texts) {
    let (place, mut texts) = (Place::new(), Texts::new());
    for folder in folders {
        for path in files(&root().join("examples").join(folder), "chaos") {
            let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
            let text = std::fs::read_to_string(&path).unwrap();
            place.write(&name, &text);
            texts.insert(name, text);
        }
    }
    let mut client = Client::that_can(place, json!({}));
    texts.iter().for_each(|(name, text)| client.open(name, text));
    (client, texts)
}

/// Where the words of a text begin that could be names.
fn words(text: &str) -> Vec<usize> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let begins = |(byte, c): &(usize, char)| c.is_ascii_lowercase() && !text[..*byte].ends_with(is_part);
    text.char_indices().filter(begins).map(|(byte, _)| byte).collect()
}

/// Why a name is not given.
#[track_caller]
fn refusal(client: &mut Client, name: &str, place: &Value, to: &str) -> String {
    let uri = client.address(name);
    let params = json!({ "textDocument": { "uri": uri }, "position": place, "newName": to });
    client.refused("textDocument/rename", params).1
}

/// Takes the edits of an answer in, as an editor does.
fn take(client: &mut Client, texts: &mut Texts, changes: &Value, version: i32) {
    let root = client.address("");
    for (address, edits) in changes.as_object().unwrap() {
        let name = address.strip_prefix(&root).unwrap();
        let text = edited(&texts[name], edits);
        client.place.write(name, &text);
        client.rewrite(name, version, &text);
        texts.insert(name.to_owned(), text);
    }
}

/// Names that something else goes by: types of services ask for metrics of these names, and so do models.
const BY_NAME: &[&str] = &["lacks what this needs", "does not show", "would not be checked in `local` any more"];

#[test]
fn every_name_of_the_examples_can_be_another_and_the_tests_pass_as_before() {
    let (mut client, mut texts) = with_examples(&["shop", "quickstart", "rehearsal"]);
    let before = client.place.run(&["test", "."]);
    let (mut renamed, mut kept) = (0, 0);
    for name in texts.keys().cloned().collect::<Vec<_>>() {
        let mut seen = 0;
        while let Some(byte) = words(&texts[&name]).into_iter().find(|byte| *byte >= seen) {
            seen = byte + 1;
            let place = position(&texts[&name][..byte]);
            let prepared = client.ask_at("prepareRename", &name, &place);
            if prepared.is_null() || texts[&name][byte..].starts_with("new-") {
                continue;
            }
            let uri = client.address(&name);
            let params =
                json!({ "textDocument": { "uri": uri }, "position": place, "newName": format!("new-{renamed}") });
            let asked = client.begin("textDocument/rename", params);
            match client.answer(asked).response_result {
                Ok(change) => {
                    renamed += 1;
                    take(&mut client, &mut texts, &change["changes"], renamed + 1);
                }
                Err(why) if BY_NAME.iter().any(|reason| why.message.contains(reason)) => kept += 1,
                Err(why) => panic!("{name}: {prepared}: {}", why.message),
            }
        }
    }
    assert!(renamed > 80, "{renamed}");
    assert!(kept > 0 && !texts["shop/shop.chaos"].contains("service checkout"), "{kept}");
    client.place.run(&["check", "."]).ended(0);
    let after = client.place.run(&["test", "."]);
    assert_eq!(after.code, before.code, "{}\n{}", before.out, after.out);
    let last = |out: &str| out.trim_end().lines().last().unwrap_or_default().split(" in ").next().unwrap().to_owned();
    assert_eq!(last(&after.out), last(&before.out), "{}", after.out);
}

/// The places of an answer: each file with the text there.
fn shown(client: &Client, texts: &[(&str, &str)], found: &Value) -> Vec<String> {
    let text = |address: &str| texts.iter().find(|(name, _)| client.address(name) == address).copied();
    let one = |it: &Value| {
        let (name, text) = text(it["uri"].as_str().unwrap()).unwrap();
        format!("{name}:{} {}", it["range"]["start"]["line"].as_u64().unwrap() + 1, at(text, &it["range"]))
    };
    let mut all: Vec<String> = found.as_array().unwrap().iter().map(one).collect();
    all.sort();
    all
}

const TEST: &str = "use \"./trial.chaos\"\n\ntest \"all is well\" of heavy in local {\n  given steady\n  expect verdict confirmed\n}\n";

#[test]
fn an_environment_is_found_in_the_tests_beside_it_and_in_the_project() {
    let mut client = Client::start();
    client.place.write("trial_test.chaos", TEST);
    let project = "# where\n[check]\nenvironment = 'local'\n";
    client.place.write("chaos.toml", project);
    client.open_file("places.chaos");
    let place = position(&PLACES[..PLACES.find("local").unwrap()]);
    let found = client.ask_of(
        "references",
        "places.chaos",
        json!({ "position": place, "context": { "includeDeclaration": true } }),
    );
    let texts = [("places.chaos", PLACES), ("trial_test.chaos", TEST)];
    assert_eq!(shown(&client, &texts, &found), ["places.chaos:3 local", "trial_test.chaos:3 local"]);
    client.open("trial_test.chaos", TEST);
    let of = position(&TEST[..TEST.find("local").unwrap()]);
    let found = client.ask_at("definition", "trial_test.chaos", &of);
    assert_eq!(shown(&client, &texts, &json!([found])), ["places.chaos:3 local"]);
    let change = client.ask_of("rename", "trial_test.chaos", json!({ "position": of, "newName": "yard" }));
    let text = |client: &Client, name: &str, text: &str| edited(text, &change["changes"][client.address(name)]);
    assert_eq!(text(&client, "places.chaos", PLACES), PLACES.replace("local", "yard"));
    assert_eq!(text(&client, "trial_test.chaos", TEST), TEST.replace("local", "yard"));
    assert_eq!(text(&client, "chaos.toml", project), project.replace("'local'", "\"yard\""));
    // Of two environments with the name, the project means both.
    client.place.write("far/places.chaos", PLACES.replace("./depot", "../depot"));
    let why = refusal(&mut client, "trial_test.chaos", &of, "yard");
    assert!(why.contains("there is no environment `local` for this system, trial.chaos:5"), "{why}");
    // Where the project names none, `local` is the one.
    std::fs::remove_file(client.place.path().join("chaos.toml")).unwrap();
    client.tell(
        "workspace/didChangeWatchedFiles",
        json!({ "changes": [{ "uri": client.address("chaos.toml"), "type": 3 }] }),
    );
    let why = refusal(&mut client, "trial_test.chaos", &of, "yard");
    assert!(why.contains("`heavy` would not be checked in `local` any more"), "{why}");
}

/// What is found now must be found afterwards: policies go by names in texts, bounds by where they are checked.
#[test]
fn a_rename_that_takes_a_check_away_is_refused() {
    let mut client = Client::start();
    let guard = "policy calm {\n  deny fault.target == \"scales\" because \"they are old\"\n}\n";
    client.place.write("guard.chaos", guard);
    let trial = TRIAL.replace("use std.http", "use std.http\nuse \"./guard.chaos\"");
    client.place.write("trial.chaos", &trial);
    client.open_file("depot.chaos");
    client.open("trial.chaos", &trial);
    client.open_file("places.chaos");
    let mut why = |name: &str, text: &str, word: &str| {
        let place = position(&text[..text.find(word).unwrap()]);
        refusal(&mut client, name, &place, "other")
    };
    let of_policy = why("depot.chaos", DEPOT, "scales { external");
    assert!(of_policy.contains("would not be found any more") && of_policy.contains("calm"), "{of_policy}");
    let tight = PLACES.replace("limit { traffic <= 30%", "limit { traffic <= 1%");
    client.rewrite("places.chaos", 2, &tight);
    let place = position(&tight[..tight.find("local").unwrap()]);
    let of_bound = refusal(&mut client, "places.chaos", &place, "other");
    assert!(of_bound.contains("would not be found any more"), "{of_bound}");
}

#[test]
fn an_environment_is_found_in_policies() {
    let mut client = Client::start();
    let guard = "policy calm {\n  require confirmed on local within 14d because \"there first\"\n}\n";
    client.place.write("guard.chaos", guard);
    client.place.write("chaos.toml", "[check]\nenvironment = \"local\"\n");
    client.open_file("places.chaos");
    let place = position(&PLACES[..PLACES.find("local").unwrap()]);
    let change = client.ask_of("rename", "places.chaos", json!({ "position": place, "newName": "yard" }));
    let after = edited(guard, &change["changes"][client.address("guard.chaos")]);
    assert_eq!(after, guard.replace("local", "yard"));
}

#[test]
fn a_name_in_a_statement_that_cannot_be_read_is_not_forgotten() {
    let mut client = Client::start();
    client.open_file("depot.chaos");
    client.open("trial.chaos", &TRIAL.replace("as jam for 2m", "as jam for"));
    let place = position(&DEPOT[..DEPOT.find("scales { external").unwrap()]);
    let why = refusal(&mut client, "depot.chaos", &place, "balance");
    assert_eq!(why, "`scales` may be named in what cannot be read, trial.chaos:13: mend that first");
    // What is broken elsewhere stands in nobody's way.
    client.rewrite("trial.chaos", 2, &(TRIAL.to_owned() + "system {\n"));
    let change = client.ask_of("rename", "depot.chaos", json!({ "position": place, "newName": "balance" }));
    assert!(!change["changes"][client.address("trial.chaos")].is_null(), "{change}");
}

#[test]
fn a_parameter_that_is_escalated_is_one_name() {
    let mut client = Client::start();
    let trial = TRIAL
        .replace("    inject http", "    escalate share over [5%, 10%] every 3m {\n    inject http")
        .replace("    expect steady", "    }\n    expect steady");
    client.open("trial.chaos", &trial);
    for word in ["share: ratio", "share over", "share) as"] {
        let place = position(&trial[..trial.find(word).unwrap()]);
        let change = client.ask_of("rename", "trial.chaos", json!({ "position": place, "newName": "part" }));
        let after = edited(&trial, &change["changes"][client.address("trial.chaos")]);
        assert_eq!(after.matches("part").count(), TRIAL.matches("part").count() + 3, "{word}: {after}");
    }
}

#[test]
fn a_service_is_found_in_the_commands_that_start_others() {
    let mut client = Client::start();
    let places = PLACES.replace("7902\"; through", "7902\"; start \"belt --é {port} --scales {scales}\"; through");
    client.place.write("places.chaos", &places);
    client.open("places.chaos", &places);
    let inside = position(&places[..places.find("{scales").unwrap() + 3]);
    let found = client.ask_at("definition", "places.chaos", &inside);
    assert_eq!(shown(&client, &[("depot.chaos", DEPOT)], &json!([found])), ["depot.chaos:10 scales"]);
    let change = client.ask_of("rename", "places.chaos", json!({ "position": inside, "newName": "balance" }));
    let after = edited(&places, &change["changes"][client.address("places.chaos")]);
    assert_eq!(after, places.replace("scales", "balance").replace("--balance", "--scales"));
}

/// Steps of a scenario that is used without a name are called by the scenario's.
#[test]
fn steps_are_found_through_rounds_and_scenarios() {
    let mut client = Client::start();
    let trial = "use std.http\nuse \"./depot.chaos\"\n\nscenario jams(target: service) {\n  \
        escalate rate over [5%, 10%] every 1m {\n    inject http.error(target, traffic: 10%, rate: rate) as jam for 30s {\n      \
        expect target answers as kept\n    }\n  }\n}\n\n\
        experiment heavy on depot {\n  id \"D-1\"\n  hypothesis \"h\"\n  owner \"depot\"\n  limit { services scales; bends belt }\n  \
        abort when belt.flow < 50% for 10s\n  run {\n    jams(scales)\n    expect steady within 60s\n  }\n}\n";
    let trial = trial.replace("expect target answers as kept", "expect always 1 < 2 as kept");
    client.open("trial.chaos", &trial);
    let test =
        "use \"./trial.chaos\"\ntest \"t\" of heavy {\n  given steady\n  expect jams.escalate-1.2.jam injected\n}\n";
    client.open("trial_test.chaos", test);
    for (word, place) in [("jam injected", "trial.chaos:6 jam"), ("jams.", "trial.chaos:4 jams")] {
        let of = position(&test[..test.find(word).unwrap()]);
        let found = client.ask_at("definition", "trial_test.chaos", &of);
        assert_eq!(shown(&client, &[("trial.chaos", &trial)], &json!([found])), [place]);
    }
}

#[test]
fn a_name_that_would_break_something_is_refused_with_the_place() {
    let mut client = Client::start();
    let trial = TRIAL.replace("  param share", "  param size: ratio = 5%\n  param share");
    client.place.write("trial.chaos", &trial);
    client.open("trial.chaos", &trial);
    client.open_file("depot.chaos");
    client.open_file("places.chaos");
    let cases = [
        ("depot.chaos", DEPOT, "scales { external", "belt", "two services are called `belt`, depot.chaos:10"),
        ("depot.chaos", DEPOT, "flow: ratio", "delay", "two metrics are called `delay`, depot.chaos:7"),
        ("trial.chaos", &trial, "share: ratio", "size", "two parameters are called `size`, trial.chaos:10"),
        ("trial.chaos", &trial, "share: ratio", "scales", "a name would mean something else, trial.chaos:14"),
    ];
    for (name, text, word, to, reason) in cases {
        let place = position(&text[..text.find(word).unwrap()]);
        let why = refusal(&mut client, name, &place, to);
        assert_eq!(why, format!("`{to}` cannot be its name: {reason}"), "{word}");
    }
}

/// A file that is used and lies in no folder that is open belongs to what is renamed.
#[test]
fn a_name_of_a_file_outside_the_open_folders_is_changed_there_too() {
    let place = Place::new();
    for (name, text) in [("depot.chaos", DEPOT), ("inner/trial.chaos", &TRIAL.replace("./depot", "../depot"))] {
        place.write(name, text);
    }
    let trial = TRIAL.replace("./depot", "../depot");
    let mut client = Client::silent(place);
    let folder = client.address("inner");
    let params = json!({
        "processId": null, "rootUri": folder, "capabilities": {}, "workspaceFolders": [{ "uri": folder, "name": "inner" }]
    });
    client.ask("initialize", params);
    client.tell("initialized", json!({}));
    client.open("inner/trial.chaos", &trial);
    let of = position(&trial[..trial.find("scales;").unwrap()]);
    let change = client.ask_of("rename", "inner/trial.chaos", json!({ "position": of, "newName": "balance" }));
    let after = edited(DEPOT, &change["changes"][client.address("depot.chaos")]);
    assert_eq!(after, DEPOT.replace("scales", "balance"));
}
