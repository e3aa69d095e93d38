//! What is offered is accepted, as an editor would: no proposal may break the statement in which it is written.

use super::client::{Client, byte, position};
use crate::dice::Dice;
use crate::harness::{Place, files, root};
use chaos_lang::base::SourceId;
use chaos_lang::syntax::parse;
use serde_json::{Value, json};
use std::fs;

/// Programs with every kind of statement; what they use lies beside them.
const FOLDERS: &[&str] = &[
    "examples/shop",
    "examples/rehearsal",
    "tests/spec/models",
    "tests/spec/environment",
    "tests/spec/scenarios",
    "tests/spec/tests",
    "tests/spec/policies",
    "tests/spec/probes",
    "tests/spec/schedules",
];

const ALONE: &[&str] = &["tests/spec/syntax/_whole.chaos", "stdlib/http.chaos", "stdlib/process.chaos"];

/// Kinds of items that need nothing behind them: functions, variables, properties, units, values, words, constants.
const WHOLE: &[u64] = &[3, 6, 10, 11, 12, 20, 21];

/// How many places are asked of.
const PLACES: usize = 240;

#[test]
fn every_proposal_can_be_accepted_where_it_is_offered() {
    let mut dice = Dice(11);
    let (mut accepted, mut wrong) = (0, Vec::new());
    let programs = programs();
    let mut client = client(&programs);
    for _ in 0..PLACES {
        let (name, text) = &programs[dice.below(programs.len())];
        let Some(at) = place(&mut dice, text) else { continue };
        let cut = dice.below(3) == 0;
        let text = if cut { &text[..at] } else { text.as_str() };
        client.open(name, text);
        let items = client.ask_at("completion", name, &position(&text[..at]))["items"].clone();
        client.tell("textDocument/didClose", json!({ "textDocument": { "uri": client.address(name) } }));
        let shown = format!("{name}: …{}▮{}…", tail(&text[..at]), text[at..].lines().next().unwrap_or(""));
        for item in items.as_array().into_iter().flatten() {
            accepted += 1;
            wrong.extend(breaks(text, at, item).map(|why| format!("{shown} {} {why}", item["textEdit"]["newText"])));
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {accepted}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(accepted > 1_000, "{accepted}");
}

fn client(programs: &[(String, String)]) -> Client {
    let place = Place::new();
    let shared = files(&root().join("tests/spec"), "chaos").into_iter().filter_map(|path| {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        name.contains("/_").then(|| (name, fs::read_to_string(&path).unwrap()))
    });
    for (name, text) in programs.iter().cloned().chain(shared) {
        place.write(&name, &text);
    }
    let can = json!({ "completion": { "completionItem": { "snippetSupport": true } } });
    Client::that_can(place, json!({ "textDocument": can }))
}

/// Name and text of every program.
fn programs() -> Vec<(String, String)> {
    let in_folders = FOLDERS.iter().flat_map(|folder| files(&root().join(folder), "chaos"));
    let all = in_folders.chain(ALONE.iter().map(|path| root().join(path)));
    let read = |path: std::path::PathBuf| {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        parse(SourceId(0), &text).findings.is_empty().then_some((name, text))
    };
    all.filter_map(read).collect()
}

/// A place at the start, in the middle or at the end of a word, or behind a blank.
fn place(dice: &mut Dice, text: &str) -> Option<usize> {
    let from = dice.below(text.len());
    let fits = |at: &usize| {
        text.is_char_boundary(*at) && text[..*at].ends_with([' ', '.', '(', '"']) && !in_comment(&text[..*at])
    };
    let start = (from..text.len()).find(fits)?;
    let word = text[start..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(0);
    Some(start + [0, 0, word / 2, word][dice.below(4)])
}

fn in_comment(before: &str) -> bool {
    before.rsplit('\n').next().unwrap().contains('#')
}

fn tail(text: &str) -> &str {
    let start = text.char_indices().rev().nth(60).map_or(0, |(at, _)| at);
    &text[start..]
}

/// What goes wrong where an item is accepted.
fn breaks(text: &str, at: usize, item: &Value) -> Option<String> {
    let edit = &item["textEdit"];
    let (start, end) = (byte(text, &edit["range"]["start"]), byte(text, &edit["range"]["end"]));
    if start > at || end < at || text[start..end].contains('\n') {
        return Some(format!("replaces {:?}", &text[start..end]));
    }
    let filter = item["filterText"].as_str().or(item["label"].as_str()).unwrap();
    let new = edit["newText"].as_str().unwrap();
    if !item["insertTextFormat"].is_null() && !new.contains('$') {
        return Some("is no snippet".to_owned());
    }
    if filter.is_empty() || new.is_empty() {
        return Some("is empty".to_owned());
    }
    let written = filled_in(new, item["insertTextFormat"] == 2);
    let (own, others) = wrong_in(text, start..end, &written);
    let (before_own, before) = wrong_in(text, start..end, "a0");
    // A word that is not a whole statement is followed by more: what stands behind it may be wrong until then.
    let is_snippet = item["insertTextFormat"] == 2;
    let goes_on = new.ends_with("$0") || !is_snippet && !WHOLE.contains(&item["kind"].as_u64().unwrap());
    // Where the line goes on, nothing that begins a statement can fit.
    let rest = text[end..].lines().next().unwrap_or("").trim();
    let is_last = rest.is_empty() || rest.starts_with([')', ']', '}', ',', ';', '#']);
    let more = own.len() + others.len() > before_own.len() + before.len();
    match own.first().filter(|_| is_last || more) {
        Some(why) => Some(why.clone()),
        None if !goes_on && more => Some(format!("{others:?} {before:?}")),
        None => None,
    }
}

/// The syntax errors in what is written instead of a range, and those elsewhere in its declaration.
fn wrong_in(text: &str, range: std::ops::Range<usize>, written: &str) -> (Vec<String>, Vec<String>) {
    let whole = format!("{}{written}{}", &text[..range.start], &text[range.end..]);
    let inside = range.start..range.start + written.trim_end().len();
    let found = parse(SourceId(0), &whole).findings;
    let found = found.into_iter().filter(|it| it.code.to_string().starts_with("E01"));
    let (own, others): (Vec<_>, Vec<_>) =
        found.partition(|it| it.place().is_some_and(|place| inside.contains(&(place.start as usize))));
    let said = |all: Vec<chaos_lang::diagnostics::Diagnostic>| all.into_iter().map(|it| it.headline).collect();
    (said(own), said(others))
}

/// A snippet with what stands in its places by default.
fn filled_in(text: &str, is_snippet: bool) -> String {
    if !is_snippet {
        return text.to_owned();
    }
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once('$') {
        out.push_str(before);
        rest = match behind.strip_prefix('{') {
            Some(place) => {
                let (place, behind) = place.split_once('}').unwrap();
                out.push_str(place.split_once(':').unwrap().1);
                behind
            }
            None => behind.trim_start_matches(|c: char| c.is_ascii_digit()),
        };
    }
    out + rest
}
