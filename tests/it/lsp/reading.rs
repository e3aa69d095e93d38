//! What is shown of a text: what words mean, colours, hints, lenses, links, folds, selections.

use super::client::{Client, at, byte, marked};
use super::{DEPOT, PLACES, TRIAL};
use crate::harness::Place;
use chaos_lang::journal::{Claims, Journal};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What the editor shows of the word at a mark.
#[track_caller]
fn hover(client: &mut Client, name: &str, text: &str) -> String {
    let it = client.open_marked(name, text);
    let shown = client.ask_at("hover", name, &it.marks[""]);
    shown["contents"]["value"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn words_show_what_they_mean() {
    let mut client = Client::start();
    let mark = |text: &str, before: &str| text.replacen(before, &format!("⟨⟩{before}"), 1);
    let cases = [
        ("depot.chaos", mark(DEPOT, "depot"), vec!["system depot", "Everything that leaves the house."]),
        ("depot.chaos", mark(DEPOT, "flow >="), vec!["metric flow: ratio", "share of parcels that go on"]),
        ("depot.chaos", mark(DEPOT, "ratio"), vec!["type `ratio`"]),
        ("depot.chaos", mark(DEPOT, "calls"), vec!["the services that it calls"]),
        ("trial.chaos", mark(TRIAL, "error(scales"), vec!["fault error", "class", "status"]),
        ("trial.chaos", mark(TRIAL, "scales,"), vec!["service scales { external }"]),
        ("trial.chaos", mark(TRIAL, "share)"), vec!["param share: ratio in 1%..50% = 10%"]),
        ("trial.chaos", mark(TRIAL, "rate: share"), vec!["rate: ratio"]),
        ("trial.chaos", mark(TRIAL, "p95"), vec!["percentile"]),
        ("trial.chaos", mark(TRIAL, "2m {"), vec!["`duration`: 120 seconds"]),
        ("trial.chaos", mark(TRIAL, "exposure"), vec!["limit `exposure`", "`duration`"]),
        ("trial.chaos", mark(TRIAL, "hypothesis"), vec!["the sentence that is tested"]),
        ("places.chaos", mark(PLACES, "app.histogram"), vec!["source app = scrape("]),
        ("trial.chaos", mark(TRIAL, "std.http"), vec!["std/http.chaos"]),
        ("trial.chaos", mark(&TRIAL.replace("share: ratio in 1%..50%", "share"), "share ="), vec!["type `ratio`"]),
        ("few.chaos", "let ⟨⟩half = 2 * 30s\n".to_owned(), vec!["let half = 2 * 30s", "`duration`: 1m"]),
        ("few.chaos", "let a = 5%\nlet ⟨⟩b = [a, 10%]\n".to_owned(), vec!["`list<ratio>`: [5%, 10%]"]),
        (
            "few.chaos",
            "fault f(⟨⟩among: enum(all, marked) = all, b: string = \"x, y\") { }\n".to_owned(),
            vec!["```chaos\namong: enum(all, marked) = all\n```"],
        ),
        (
            "few.chaos",
            "fault f(\n  list2: list<ratio> = [5%, 10%],\n  ⟨⟩b: string = \"x, y\"  ## said\n) { }\n".to_owned(),
            vec!["```chaos\nb: string = \"x, y\"\n```\n\nsaid"],
        ),
    ];
    for (name, text, wanted) in cases {
        let shown = hover(&mut client, name, &text);
        for words in wanted {
            assert!(shown.contains(words), "{words} is not in\n{shown}\nfor\n{text}");
        }
    }
    assert_eq!(hover(&mut client, "blank.chaos", "let a = 1\n⟨⟩\n"), "");
}

#[test]
fn an_experiment_shows_its_bounds_and_its_graph() {
    let mut client = Client::start();
    let shown = hover(&mut client, "trial.chaos", &TRIAL.replace("experiment heavy", "experiment ⟨⟩heavy"));
    for words in ["The scales answer with errors.", "In `local`: ≤ 20% of scales", "exposure ≤", "```mermaid", "jam"]
    {
        assert!(shown.contains(words), "{words} is not in\n{shown}");
    }
    let broken = hover(
        &mut client,
        "trial.chaos",
        &TRIAL.replace("experiment heavy", "experiment ⟨⟩heavy").replace("limit.traffic", "limit.trafic"),
    );
    assert!(broken.contains("experiment heavy on depot") && !broken.contains("mermaid"), "{broken}");
}

/// The tokens of an answer: their words, types and modifiers.
fn tokens(text: &str, legend: &Value, answer: &Value) -> Vec<(String, String, u64)> {
    let data: Vec<u64> = answer["data"].as_array().unwrap().iter().map(|it| it.as_u64().unwrap()).collect();
    let (mut line, mut column) = (0, 0);
    data.chunks(5)
        .map(|it| {
            column = if it[0] == 0 { column + it[1] } else { it[1] };
            line += it[0];
            let end = json!({ "line": line, "character": column + it[2] });
            let range = json!({ "start": { "line": line, "character": column }, "end": end });
            let kind = legend["tokenTypes"][it[3] as usize].as_str().unwrap().to_owned();
            (at(text, &range).to_owned(), kind, it[4])
        })
        .collect()
}

/// All programs below a folder.
fn programs(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            programs(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "chaos") {
            found.push(path);
        }
    }
}

#[test]
fn tokens_stand_in_order_and_beside_each_other() {
    let (mut client, mut all) = (Client::start(), Vec::new());
    for folder in ["examples", "tests/spec"] {
        programs(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut all);
    }
    assert!(all.len() > 100, "{}", all.len());
    for path in all {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let address = format!("file://{}", path.display());
        client.open(&address, &text);
        let answer = client.ask_of("semanticTokens/full", &address, json!({}));
        let data: Vec<u64> = answer["data"].as_array().unwrap().iter().map(|it| it.as_u64().unwrap()).collect();
        let (mut line, mut column, mut end) = (0, 0, 0);
        for it in data.chunks(5) {
            if it[0] > 0 {
                (line, column, end) = (line + it[0], 0, 0);
            }
            column += it[1];
            assert!(column >= end && it[2] > 0, "{}: two tokens at {}:{}", path.display(), line + 1, column + 1);
            end = column + it[2];
        }
        client.tell("textDocument/didClose", json!({ "textDocument": { "uri": address } }));
    }
}

#[test]
fn tokens_are_what_they_mean_and_stand_where_they_stand() {
    let mut client = Client::start();
    let legend = client.offered["semanticTokensProvider"]["legend"].clone();
    let text = TRIAL.replace("The scales answer", "Die Waagen äußern 😀");
    client.open("trial.chaos", &text);
    let all = tokens(&text, &legend, &client.ask_of("semanticTokens/full", "trial.chaos", json!({})));
    let has = |word: &str, kind: &str| all.iter().any(|(text, of, _)| text == word && of == kind);
    for (word, kind) in [
        ("experiment", "keyword"),
        ("heavy", "function"),
        ("depot", "class"),
        ("http", "namespace"),
        ("error", "function"),
        ("scales", "variable"),
        ("flow", "property"),
        ("share", "parameter"),
        ("jam", "event"),
        ("10%", "number"),
        ("ratio", "type"),
        ("p95", "method"),
        ("inject", "keyword"),
        ("affected", "enumMember"),
        ("## Die Waagen äußern 😀 with errors.", "comment"),
        ("\"depot\"", "string"),
        ("always", "keyword"),
        ("<=", "operator"),
    ] {
        assert!(has(word, kind), "{word} is no {kind}: {all:?}");
    }
    let range = json!({ "start": { "line": 4, "character": 0 }, "end": { "line": 5, "character": 0 } });
    let some = tokens(&text, &legend, &client.ask_of("semanticTokens/range", "trial.chaos", json!({ "range": range })));
    assert!(some.len() < all.len() && some.iter().all(|it| all.contains(it)), "{some:?}");
    let long = "let a = ```one\ntwo\nthree```\n";
    client.open("long.chaos", long);
    let parts = tokens(long, &legend, &client.ask_of("semanticTokens/full", "long.chaos", json!({})));
    assert_eq!(parts.iter().filter(|(_, kind, _)| kind == "string").count(), 3, "{parts:?}");
}

/// A text with its hints in it.
fn with_hints(client: &mut Client, text: &str) -> String {
    client.open("trial.chaos", text);
    let all = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let hints = client.ask_of("inlayHint", "trial.chaos", json!({ "range": all }));
    let mut with = text.to_owned();
    for hint in hints.as_array().unwrap().iter().rev() {
        with.insert_str(byte(text, &hint["position"]), hint["label"].as_str().unwrap());
    }
    with
}

#[test]
fn hints_say_what_holds_without_being_written() {
    let mut client = Client::start();
    let with = with_hints(&mut client, TRIAL);
    for words in ["traffic: limit.traffic = 20%,", "p95(belt.delay over 10s)"] {
        assert!(with.contains(words), "{words} is not in\n{with}");
    }
    let constants = "let pause = 3s\nlet two = 2 * 30s\nlet some = [5%, 10%]\nlet less = -5\nlet same = two\n\
        let bad = nothing\nlet none = []\nlet so = true\n";
    let with = with_hints(&mut client, constants);
    for line in [
        "let pause: duration = 3s",
        "let two: duration = 2 * 30s",
        "let some: list<ratio> = [5%, 10%]",
        "let less: int = -5",
        "let same: duration = two",
        "let bad = nothing",
        "let none = []",
        "let so: bool = true",
    ] {
        assert!(with.lines().any(|it| it == line), "{line} is not in\n{with}");
    }
}

#[test]
fn lenses_say_the_worst_and_offer_what_can_be_done() {
    let mut client = Client::start();
    client.open_file("trial.chaos");
    let test =
        "use \"./trial.chaos\"\ntest \"well\" of heavy in local {\n  given steady\n  expect verdict confirmed\n}\n";
    client.open("trial_test.chaos", test);
    let titles = |answer: Value| -> Vec<(String, String)> {
        let text = |it: &Value, name: &str| it["command"][name].as_str().unwrap().to_owned();
        answer.as_array().unwrap().iter().map(|it| (text(it, "title"), text(it, "command"))).collect()
    };
    let found = titles(client.ask_of("codeLens", "trial.chaos", json!({})));
    assert!(found[0].0.starts_with("≤ 20% of scales") && found[0].0.ends_with("in local"), "{found:?}");
    assert_eq!(found[1], ("plan".to_owned(), "chaos.plan".to_owned()));
    let found = titles(client.ask_of("codeLens", "trial_test.chaos", json!({})));
    assert_eq!(found, [("run the test".to_owned(), "chaos.test".to_owned())]);
}

#[test]
fn the_last_run_of_an_experiment_is_told_from_the_store() {
    let mut client = Client::start();
    client.open_file("trial.chaos");
    let titles = |client: &mut Client| client.ask_of("codeLens", "trial.chaos", json!({})).to_string();
    assert!(!titles(&mut client).contains("last run"));
    let folder = client.place.path().join("store");
    assert!(!folder.exists(), "to look at a store must not make one");
    let journal = Journal::open(&folder).unwrap();
    for (run, experiment, verdict) in
        [("r1", "heavy", "refuted"), ("r2", "heavy", "confirmed"), ("r3", "light", "broken")]
    {
        journal.begin(run, experiment, "local", &Claims::default()).unwrap();
        journal.end(run, verdict, "").unwrap();
    }
    assert!(titles(&mut client).contains("last run: confirmed in local"));
}

/// The run store is that of the project that a file lies in, wherever the server was started.
#[test]
fn the_last_run_is_that_of_the_files_project() {
    let place = Place::new();
    for project in ["one", "two"] {
        place.write(&format!("{project}/depot.chaos"), DEPOT);
        place.write(&format!("{project}/trial.chaos"), TRIAL);
    }
    place.write("one/chaos.toml", "store = \"runs\"\n");
    let journal = Journal::open(&place.path().join("one/runs")).unwrap();
    journal.begin("r1", "heavy", "local", &Claims::default()).unwrap();
    journal.end("r1", "refuted", "").unwrap();
    let command = place.unnamed(&["lsp"]);
    let mut client = Client::of(place, command);
    client.introduce(json!({}));
    for (file, told) in [("one/trial.chaos", true), ("two/trial.chaos", false)] {
        client.open_file(file);
        let lenses = client.ask_of("codeLens", file, json!({})).to_string();
        assert_eq!(lenses.contains("last run: refuted in local"), told, "{file}: {lenses}");
    }
    assert!(!client.place.path().join("state").exists(), "to look at a store must not make one");
}

#[test]
fn links_lead_to_files_and_pages() {
    let mut client = Client::start();
    let text = TRIAL.replace("## The scales", "@allow(no-abort)\n## The scales");
    client.open("trial.chaos", &text);
    let found = client.ask_of("documentLink", "trial.chaos", json!({}));
    let links: Vec<(&str, String)> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (at(&text, &it["range"]), it["target"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(links[0], ("std.http", "chaos:/std/http.chaos".to_owned()));
    assert_eq!(links[1], ("\"./depot.chaos\"", client.address("depot.chaos")));
    assert_eq!(links[2], ("no-abort", "chaos:/explain/no-abort.md".to_owned()));
}

#[test]
fn blocks_and_comments_fold() {
    let mut client = Client::start();
    client.open(
        "fold.chaos",
        "# one\n# two\nsystem s {\n  service a {\n    external\n  }\n\n  service b { external }\n}\n",
    );
    let found = client.ask_of("foldingRange", "fold.chaos", json!({}));
    let mut folds: Vec<(u64, u64)> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["startLine"].as_u64().unwrap(), it["endLine"].as_u64().unwrap()))
        .collect();
    folds.sort_unstable();
    assert_eq!(folds, [(0, 1), (2, 7), (3, 4)]);
}

#[test]
fn a_selection_grows_from_the_word_to_the_file() {
    let mut client = Client::start();
    let it = marked(&TRIAL.replace("limit.traffic,", "limit.tra⟨⟩ffic,"));
    client.open("trial.chaos", &it.text);
    let found = client.ask_of("selectionRange", "trial.chaos", json!({ "positions": [it.marks[""]] }));
    let (mut next, mut texts) = (&found[0], Vec::new());
    while next.is_object() {
        texts.push(at(&it.text, &next["range"]));
        next = &next["parent"];
    }
    assert_eq!(texts[..2], ["traffic", "limit.traffic"]);
    assert!(texts.iter().any(|text| text.starts_with("(scales") && text.ends_with(')')));
    assert!(texts.iter().any(|text| text.starts_with("inject") && text.ends_with('}')));
    assert!(texts.iter().any(|text| text.starts_with("experiment heavy") && text.ends_with('}')));
    assert_eq!(*texts.last().unwrap(), it.text);
    assert!(texts.windows(2).all(|pair| pair[0].len() < pair[1].len() && pair[1].contains(pair[0])));
}
