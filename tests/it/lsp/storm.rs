//! Random edits and random questions: nothing breaks the server, and what it says is what a fresh one says.

use super::client::{Client, position};
use super::{DEPOT, PLACES, TRIAL};
use crate::dice::Dice;
use crate::harness::{Place, files, root};
use serde_json::{Value, json};

const PIECES: &[&str] = &[
    "",
    "\n",
    "{",
    "}",
    "(",
    ")",
    "[",
    "\"",
    "`",
    "```",
    "#",
    "## ",
    "@allow(",
    ", ",
    " for 1m",
    " of ",
    "😀",
    "é",
    "\r\n",
    "\r",
    "use \"./places.chaos\"\n",
    "use \"./trial.chaos\"\n",
    "experiment e on depot {",
    "system depot {",
    "environment local for depot {",
    "belt.flow",
    "limit.",
    "http.error(",
    "1s",
    "40%",
    "let a = a\n",
    "\u{0}",
    "expect ",
    "policy p { deny ",
    "test t of heavy {",
];

/// Every question that can be asked of a place.
const ASKED_AT: &[&str] = &[
    "hover",
    "completion",
    "signatureHelp",
    "definition",
    "documentHighlight",
    "prepareRename",
    "onTypeFormatting",
    "references",
    "rename",
];

/// Every question that can be asked of a document.
const ASKED: &[&str] =
    &["documentSymbol", "semanticTokens/full", "codeLens", "documentLink", "foldingRange", "formatting", "diagnostic"];

/// Every question that can be asked of a part of a document.
const ASKED_OF_RANGES: &[&str] = &["semanticTokens/range", "inlayHint", "codeAction", "rangeFormatting"];

/// Asks everything; only a refusal with a reason is no answer.
fn ask_everything(client: &mut Client, name: &str, place: &Value, other: &Value) {
    let uri = client.address(name);
    let params = json!({
        "textDocument": { "uri": uri }, "position": place, "positions": [place, other], "range": { "start": place, "end": other },
        "context": { "includeDeclaration": true, "diagnostics": [] }, "newName": "fresh", "ch": "}",
        "options": { "tabSize": 2, "insertSpaces": true },
    });
    for method in ASKED_AT.iter().chain(ASKED).chain(ASKED_OF_RANGES).chain(&["selectionRange"]) {
        let id = client.begin(&format!("textDocument/{method}"), params.clone());
        if let Err(error) = client.answer(id).response_result {
            assert!(*method == "rename" && error.code == -32803, "{method}: {error:?}");
        }
    }
}

/// What a server said, without the folder that its client has open.
fn placeless(client: &Client, said: Value) -> Value {
    serde_json::from_str(&said.to_string().replace(&client.address(""), "")).unwrap()
}

/// The findings of all files, each as often as it is told.
fn of_workspace(client: &mut Client) -> Value {
    let answer = client.ask("workspace/diagnostic", json!({ "previousResultIds": [] }));
    answer["items"].as_array().unwrap().iter().map(|item| json!([item["uri"], item["items"]])).collect()
}

fn boundary(dice: &mut Dice, text: &str) -> usize {
    let mut at = dice.below(text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[test]
fn after_any_edits_the_server_says_what_a_fresh_one_says() {
    let mut dice = Dice(11);
    let mut client = Client::start();
    let mut texts =
        vec![("depot.chaos", DEPOT.to_owned()), ("places.chaos", PLACES.to_owned()), ("trial.chaos", TRIAL.to_owned())];
    for (name, text) in &texts {
        client.open(name, text);
    }
    let closed = TRIAL.replace("heavy", "light");
    client.place.write("closed.chaos", &closed);
    for round in 0..40 {
        let which = dice.below(texts.len());
        let (name, text) = &mut texts[which];
        if round % 20 == 19 {
            // Most texts are past mending by now.
            *text = [DEPOT, PLACES, TRIAL][which].to_owned();
            client.rewrite(name, round, text);
        }
        let mut changes = Vec::new();
        for _ in 0..=dice.below(2) {
            let (one, other) = (boundary(&mut dice, text), dice.below(12));
            let mut end = (one + other).min(text.len());
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            let (start, end) = (one.min(end), one.max(end));
            // A carriage return alone ends a line for the server, and would not for `position`.
            let piece = PIECES[dice.below(PIECES.len())].replace('\r', "");
            changes.push(
                json!({ "range": { "start": position(&text[..start]), "end": position(&text[..end]) }, "text": piece }),
            );
            text.replace_range(start..end, &piece);
        }
        client.change(name, round, json!(changes));
        if round % 6 == 5 {
            let mut fresh = Client::start();
            fresh.place.write("closed.chaos", &closed);
            for (name, text) in &texts {
                fresh.open(name, text);
            }
            for (name, text) in &texts {
                let (own, other) = (json!(client.findings(name)), json!(fresh.findings(name)));
                assert_eq!(placeless(&client, own), placeless(&fresh, other), "{name} in round {round}:\n{text}");
            }
            let (own, other) = (of_workspace(&mut client), of_workspace(&mut fresh));
            assert_eq!(placeless(&client, own), placeless(&fresh, other), "round {round}: {texts:?}");
        }
        let (name, text) = &texts[which];
        let places = [position(&text[..boundary(&mut dice, text)]), position(&text[..boundary(&mut dice, text)])];
        ask_everything(&mut client, name, &places[0], &places[1]);
    }
    assert!(client.leave().success());
}

#[test]
fn every_question_is_answered_of_empty_broken_and_huge_files_and_outside_of_them() {
    let mut client = Client::start();
    let huge: String = (0..8_000).map(|at| format!("let name_{at} = {at}s\n")).collect();
    let deep = format!("experiment x on y {{ run {{ {}", "parallel { ".repeat(250));
    let texts = [
        "",
        "\n",
        "\u{FEFF}",
        "\"",
        "```",
        "@",
        "@allow(",
        "}}}}",
        "experiment",
        "use \"",
        "\u{0}\u{2028}",
        &deep,
        &huge,
    ];
    for (at, text) in texts.into_iter().enumerate() {
        let name = format!("odd_{at}.chaos");
        client.open(&name, text);
        let far = json!({ "line": 4_000_000_000_u32, "character": 4_000_000_000_u32 });
        ask_everything(&mut client, &name, &json!({ "line": 0, "character": 0 }), &far);
        ask_everything(&mut client, &name, &far, &json!({ "line": 0, "character": 7 }));
        client.tell("textDocument/didClose", json!({ "textDocument": { "uri": client.address(&name) } }));
    }
    assert!(client.leave().success());
}

/// Every file of the repository, asked everything at a few places, whole and cut off.
#[test]
fn every_file_of_the_repository_can_be_asked_everything() {
    let mut dice = Dice(5);
    let mut client = Client::that_can(Place::new(), json!({}));
    let mut all: Vec<_> =
        ["examples", "stdlib", "tests/spec"].iter().flat_map(|it| files(&root().join(it), "chaos")).collect();
    // All of them in turn would take minutes unoptimised; which ones is the dice's affair.
    while all.len() > 25 {
        all.swap_remove(dice.below(all.len()));
    }
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        let cut = boundary(&mut dice, &text);
        let name = format!("file://{}", path.display());
        for text in [&text[..], &text[..cut]] {
            client.open(&name, text);
            let places = [position(&text[..boundary(&mut dice, text)]), position(text)];
            ask_everything(&mut client, &name, &places[0], &places[1]);
        }
        client.tell("textDocument/didClose", json!({ "textDocument": { "uri": name } }));
    }
    assert!(client.leave().success());
}
