//! Where names are declared, where else they stand, and other names for them.

use super::client::{Client, at, edited, marked};
use super::{DEPOT, PLACES, TRIAL};
use crate::plugin_fixtures::add_kafka;
use serde_json::{Value, json};

/// The text at each location of an answer, with its file's name.
fn places(client: &Client, locations: &Value) -> Vec<String> {
    let place = |it: &Value| {
        let address = it["uri"].as_str().unwrap();
        let name = address.rsplit('/').next().unwrap();
        let text = std::fs::read_to_string(client.place.path().join(name)).unwrap();
        let line = it["range"]["start"]["line"].as_u64().unwrap() + 1;
        format!("{name}:{line} {}", at(&text, &it["range"]))
    };
    let mut found: Vec<String> = locations.as_array().unwrap().iter().map(place).collect();
    found.sort();
    found
}

const MARKED: &str = "use std.⟨module⟩http\nuse \"./⟨file⟩depot.chaos\"\n\n\
    experiment heavy on ⟨system⟩depot {\n  param share: ratio in 1%..50% = 10%\n  \
    limit { services ⟨service⟩scales; traffic <= 20% }\n  \
    run {\n    inject ⟨qualifier⟩http.⟨fault⟩error(scales, ⟨argument⟩status: 503, rate: ⟨value⟩share) as jam for 2m {\n      \
    expect always belt.⟨metric⟩flow >= 60%\n    }\n    \
    expect steady within 60s holding 10s after ⟨step⟩jam\n  }\n}\n";

#[test]
fn every_kind_of_name_leads_to_its_declaration() {
    let mut client = Client::start();
    let it = client.open_marked("names.chaos", MARKED);
    client.place.write("names.chaos", &it.text);
    let cases = [
        ("module", "chaos:/std/http.chaos", ""),
        ("file", "depot.chaos", ""),
        ("system", "depot.chaos", "depot"),
        ("service", "depot.chaos", "scales"),
        ("qualifier", "names.chaos", "http"),
        ("fault", "chaos:/std/http.chaos", "error"),
        ("argument", "chaos:/std/http.chaos", "status"),
        ("value", "names.chaos", "share"),
        ("metric", "depot.chaos", "flow"),
        ("step", "names.chaos", "jam"),
    ];
    for (mark, file, name) in cases {
        let found = client.ask_at("definition", "names.chaos", &it.marks[mark]);
        let address = found["uri"].as_str().unwrap_or_else(|| panic!("{mark}: {found}"));
        assert!(address.ends_with(file), "{mark}: {address}");
        let text = match address.starts_with("chaos:") {
            true => client.ask("workspace/textDocumentContent", json!({ "uri": address }))["text"].clone(),
            false => std::fs::read_to_string(client.place.path().join(file)).unwrap().into(),
        };
        assert_eq!(at(text.as_str().unwrap(), &found["range"]), name, "{mark}");
    }
}

/// A plugin's module is a text that the server gives; it is offered, shown and followed like a standard one.
#[test]
fn the_module_of_a_plugin_is_found_and_offered() {
    let mut client = Client::start();
    let uses = "use ⟨module⟩kafka\nuse \"./depot.chaos\"\n\nexperiment heavy on depot {\n  \
        run {\n    inject kafka.⟨fault⟩pause(scales, ⟨argument⟩partition: 101) for 2m { }\n  }\n}\n";
    let it = client.open_marked("names.chaos", uses);
    assert!(client.codes("names.chaos").contains(&"E0201@1".to_owned()));
    add_kafka(&client.place);
    let changed = ["chaos.toml", "chaos.lock"].map(|name| json!({ "uri": client.address(name), "type": 1 }));
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": changed }));
    let codes = client.codes("names.chaos");
    assert!(codes.contains(&"E0302@6".to_owned()) && !codes.contains(&"E0201@1".to_owned()), "{codes:?}");
    for (mark, name) in [("module", ""), ("fault", "pause"), ("argument", "partition")] {
        let found = client.ask_at("definition", "names.chaos", &it.marks[mark]);
        assert_eq!(found["uri"], "chaos:/plugin/kafka.chaos", "{mark}: {found}");
        let text = client.ask("workspace/textDocumentContent", json!({ "uri": found["uri"] }));
        assert_eq!(at(text["text"].as_str().unwrap(), &found["range"]), name, "{mark}");
    }
    let hover = client.ask_at("hover", "names.chaos", &it.marks["fault"]);
    assert!(hover.to_string().contains("Stops a partition."), "{hover}");
    let offered = |client: &mut Client, text: &str| {
        let it = client.open_marked("more.chaos", text);
        client.ask_at("completion", "more.chaos", &it.marks[""]).to_string()
    };
    assert!(offered(&mut client, "use ⟨⟩\n").contains("\"kafka\""));
    let inject = uses.replace("⟨module⟩", "").replace("⟨fault⟩pause(scales, ⟨argument⟩partition: 101)", "⟨⟩");
    assert!(offered(&mut client, &inject).contains("pause"));
    // The module itself, opened, is nobody's file: nothing is wrong with it.
    let text = client.ask("workspace/textDocumentContent", json!({ "uri": "chaos:/plugin/kafka.chaos" }));
    client.open("chaos:/plugin/kafka.chaos", text["text"].as_str().unwrap());
    assert_eq!(client.codes("chaos:/plugin/kafka.chaos"), [""; 0]);
}

#[test]
fn names_are_found_in_texts_that_are_broken_elsewhere() {
    let mut client = Client::start();
    let broken =
        MARKED.replace("limit { ", "limit { = = ; ").replace("param share", "prm x\n  param share") + "\nsystem {";
    let it = client.open_marked("names.chaos", &broken);
    for mark in ["system", "metric", "fault"] {
        let found = client.ask_at("definition", "names.chaos", &it.marks[mark]);
        assert!(found["uri"].is_string(), "{mark}: {found}");
    }
}

#[test]
fn references_are_found_in_all_files_open_or_not() {
    let mut client = Client::start();
    client.open_file("depot.chaos");
    let flow = marked(&DEPOT.replace("metric flow", "metric ⟨⟩flow"));
    let asked =
        |declaration: bool| json!({ "position": flow.marks[""], "context": { "includeDeclaration": declaration } });
    let found = client.ask_of("references", "depot.chaos", asked(true));
    let all = [
        "depot.chaos:6 flow",
        "depot.chaos:8 flow",
        "places.chaos:9 flow",
        "trial.chaos:11 flow",
        "trial.chaos:14 flow",
    ];
    assert_eq!(places(&client, &found), all);
    let found = client.ask_of("references", "depot.chaos", asked(false));
    assert_eq!(places(&client, &found), all[1..]);
    let near = client.ask_at("documentHighlight", "depot.chaos", &flow.marks[""]);
    assert_eq!(near.as_array().unwrap().len(), 2);
}

#[test]
fn a_new_name_stands_everywhere_and_nothing_is_wrong_afterwards() {
    let mut client = Client::start();
    client.open_file("depot.chaos");
    client.open_file("trial.chaos");
    client.open_file("places.chaos");
    for (of, text, to) in [("flow", "metric ⟨⟩flow", "stream-rate"), ("scales", "service ⟨⟩scales", "balance")]
    {
        let before = std::fs::read_to_string(client.place.path().join("depot.chaos")).unwrap();
        let it = marked(&before.replace(&text.replace("⟨⟩", ""), text));
        let prepared = client.ask_at("prepareRename", "depot.chaos", &it.marks[""]);
        assert_eq!(prepared["placeholder"], of);
        let change = client.ask_of("rename", "depot.chaos", json!({ "position": it.marks[""], "newName": to }));
        for (address, edits) in change["changes"].as_object().unwrap() {
            let name = address.rsplit('/').next().unwrap();
            let path = client.place.path().join(name);
            let text = edited(&std::fs::read_to_string(&path).unwrap(), edits);
            assert!(!text.contains(&format!(".{of}")) && text.contains(to), "{text}");
            std::fs::write(&path, &text).unwrap();
            client.rewrite(name, 2, &text);
        }
        for name in ["depot.chaos", "trial.chaos", "places.chaos"] {
            assert_eq!(client.codes(name), Vec::<String>::new(), "{name}");
        }
    }
}

#[test]
fn a_step_and_a_test_with_a_text_for_a_name_can_be_renamed() {
    let mut client = Client::start();
    let it = client.open_marked("trial.chaos", &TRIAL.replace("as jam", "as ⟨⟩jam"));
    let change = client.ask_of("rename", "trial.chaos", json!({ "position": it.marks[""], "newName": "stuck" }));
    let text = edited(&it.text, &change["changes"][client.address("trial.chaos")]);
    assert!(text.contains("as stuck for"), "{text}");
    let test = "use \"./trial.chaos\"\ntest \"⟨⟩all is well\" of heavy in local {\n  given steady\n  expect verdict confirmed\n}\n";
    let it = client.open_marked("trial_test.chaos", test);
    let change =
        client.ask_of("rename", "trial_test.chaos", json!({ "position": it.marks[""], "newName": "still well" }));
    let text = edited(&it.text, &change["changes"][client.address("trial_test.chaos")]);
    assert!(text.contains("test \"still well\" of heavy"), "{text}");
}

#[test]
fn what_cannot_be_renamed_is_refused_with_the_reason() {
    let mut client = Client::start();
    let it = client.open_marked("names.chaos", MARKED);
    let mut rename = |mark: &str, to: &str| {
        let uri = client.address("names.chaos");
        let params = json!({ "textDocument": { "uri": uri }, "position": it.marks[mark], "newName": to });
        client.refused("textDocument/rename", params).1
    };
    assert!(rename("fault", "fail").contains("standard library"));
    assert!(rename("qualifier", "web").contains("`as`"));
    assert!(rename("metric", "two words").contains("no name"));
    assert!(rename("metric", "steady").contains("no name"));
    assert!(rename("metric", "").contains("no name"));
}

#[test]
fn an_outline_has_the_blocks_of_a_file_in_their_order() {
    let mut client = Client::start();
    client.open_file("depot.chaos");
    fn outline(list: &Value) -> Vec<String> {
        let own = |it: &Value| {
            let inner = outline(&it["children"]).join(" ");
            format!("{}{}", it["name"].as_str().unwrap(), if inner.is_empty() { inner } else { format!("({inner})") })
        };
        list.as_array().into_iter().flatten().map(own).collect()
    }
    let found = client.ask_of("documentSymbol", "depot.chaos", json!({}));
    assert_eq!(outline(&found), ["depot(door belt(flow delay) scales)"]);
    assert_eq!(found[0]["range"]["start"]["line"], 1);
    client.open("half.chaos", "system a {\n  service b {\n    metric c: ratio\n\nexperiment d on a {\n  run {\n");
    let found = client.ask_of("documentSymbol", "half.chaos", json!({}));
    assert_eq!(outline(&found), ["a(b(c))", "d"]);
}

#[test]
fn symbols_of_all_files_are_found_by_some_of_their_letters() {
    let mut client = Client::start();
    let found = client.ask("workspace/symbol", json!({ "query": "hvy" }));
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    assert_eq!((&found[0]["name"], &found[0]["containerName"]), (&json!("heavy"), &json!("experiment")));
    let other = crate::harness::Place::new();
    other.write("far.chaos", "let far_away = 1\n");
    let folder = format!("file://{}", other.path().canonicalize().unwrap().display());
    let added = json!({ "event": { "added": [{ "uri": folder, "name": "far" }], "removed": [] } });
    client.tell("workspace/didChangeWorkspaceFolders", added);
    assert_eq!(client.ask("workspace/symbol", json!({ "query": "far_away" })).as_array().unwrap().len(), 1);
    let gone = json!({ "event": { "added": [], "removed": [{ "uri": folder, "name": "far" }] } });
    client.tell("workspace/didChangeWorkspaceFolders", gone);
    assert_eq!(client.ask("workspace/symbol", json!({ "query": "far_away" })), json!([]));
}

#[test]
fn a_comma_that_is_missing_takes_no_name_away() {
    let mut client = Client::start();
    let text = TRIAL.replace("traffic: limit.traffic,", "traffic: limit.traffic").replace("as jam", "as ⟨step⟩jam");
    let it = client.open_marked("trial.chaos", &text.replace("always belt.flow of", "always belt.⟨metric⟩flow of"));
    assert_eq!(client.codes("trial.chaos"), ["E0101@13"]);
    assert_eq!(client.ask_at("definition", "trial.chaos", &it.marks["step"])["range"]["start"], it.marks["step"]);
    let metric = client.ask_at("definition", "trial.chaos", &it.marks["metric"]);
    assert_eq!(metric["range"]["start"]["line"], 5, "{metric}");
}

#[test]
fn what_is_allowed_is_found_where_its_module_is_not_used() {
    let mut client = Client::start();
    for (pattern, place, words) in [
        ("⟨⟩http.*", "/std/http.chaos", "faults of HTTP traffic"),
        ("http.⟨⟩error", "/std/http.chaos", "fault error"),
        ("process.⟨⟩kill", "/std/process.chaos", "fault kill"),
    ] {
        let it = client.open_marked("places.chaos", &PLACES.replace("http.*", pattern));
        let found = client.ask_at("definition", "places.chaos", &it.marks[""]);
        assert!(found["uri"].as_str().unwrap_or("").ends_with(place), "{pattern}: {found}");
        let shown = client.ask_at("hover", "places.chaos", &it.marks[""]);
        assert!(shown["contents"]["value"].as_str().unwrap_or("").contains(words), "{pattern}: {shown}");
    }
    let it = client.open_marked("places.chaos", &PLACES.replace("http.*", "⟨⟩htpp.*"));
    assert_eq!(client.ask_at("definition", "places.chaos", &it.marks[""]), Value::Null);
}

#[test]
fn symbols_that_are_called_so_come_first_then_those_that_begin_so() {
    let mut client = Client::start();
    let many: String = (0..600).map(|at| format!("let a{at}_last = 1\n")).collect();
    client.open("a.chaos", &many);
    client.open("z.chaos", "let last_one = 1\nlet last = 1\n");
    let found = client.ask("workspace/symbol", json!({ "query": "Last" }));
    let names: Vec<&str> = found.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!((names.len(), &names[..3]), (500, &["last", "last_one", "a0_last"][..]));
}

/// A file that gets another name takes along whoever uses it, and what it uses itself, open or not.
#[test]
fn uses_follow_a_file_that_is_moved() {
    let mut client = Client::start();
    client.place.write("lib/parts.chaos", "let share = 10%\n");
    client.place.write("depot.chaos", DEPOT);
    let user = "use \"./depot.chaos\"\nuse \"./lib/parts.chaos\" as parts\n";
    client.place.write("user.chaos", user);
    client.open("user.chaos", user);
    let root = client.address("");
    let moved = |client: &mut Client, old: &str, new: &str| {
        let files = json!({ "files": [{ "oldUri": client.address(old), "newUri": client.address(new) }] });
        client.ask("workspace/willRenameFiles", files)["changes"].clone()
    };
    let changes = moved(&mut client, "lib/parts.chaos", "lib/shares.chaos");
    let edits = &changes[format!("{root}user.chaos")];
    assert_eq!(edited(user, edits), user.replace("parts.chaos", "shares.chaos"), "{changes}");
    let changes = moved(&mut client, "lib", "common/lib");
    assert_eq!(
        edited(user, &changes[format!("{root}user.chaos")]),
        user.replace("./lib/", "./common/lib/"),
        "{changes}"
    );
    let changes = moved(&mut client, "user.chaos", "lib/user.chaos");
    let after = "use \"../depot.chaos\"\nuse \"./parts.chaos\" as parts\n";
    assert_eq!(edited(user, &changes[format!("{root}user.chaos")]), after, "{changes}");
    let changes = moved(&mut client, "lib/parts.chaos", "lib/a%22quote%22.chaos");
    let edits = &changes[format!("{root}user.chaos")];
    assert_eq!(edited(user, edits), user.replace("parts.chaos", "a\\\"quote\\\".chaos"), "{changes}");
    let changes = moved(&mut client, "notes.txt", "other.txt");
    assert_eq!(changes, json!({}));
}
