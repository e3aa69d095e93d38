//! What changed in meaning between two plans, a line for each change.
//!
//! Steps are matched by name, else by what they do; everything else is walked field by field, so that what a plan gains
//! later is compared without a word here.

mod lists;
mod notes;
mod steps;
mod walk;

pub use notes::Change;

use super::Document;
use notes::Notes;
use serde_json::Value;
use std::collections::BTreeSet;
use walk::Place;

/// Parts of a plan in the order in which their changes are told; parts that are not listed come after them.
const ORDER: &[&str] = &[
    "experiment",
    "id",
    "hypothesis",
    "environment",
    "tier",
    "parameters",
    "window",
    "baseline",
    "no_data",
    "steps",
    "expectations",
    "aborts",
    "steady",
    "bends",
    "callers",
    "limits",
];

/// What one of a part's entries is called.
const ONE_OF: &[(&str, &str)] = &[
    ("parameters", "parameter"),
    ("expectations", "throughout"),
    ("aborts", "abort"),
    ("callers", "callers of"),
    ("limits", "limit"),
    ("sources", "source"),
    ("bindings", "binding"),
    ("processes", "process"),
    ("proxies", "proxy"),
    ("bounds", "bound"),
    ("unkept", "not run"),
];

/// The changes from one document to another, in order; none where they mean the same.
pub fn changes(before: &Document, after: &Document) -> Vec<Change> {
    let mut notes = Notes::default();
    for key in keys(&before.plan, &after.plan) {
        part(&key, &before.plan[&key], &after.plan[&key], &mut notes);
    }
    part("bounds", &before.bounds, &after.bounds, &mut notes);
    notes.all()
}

fn keys(a: &Value, b: &Value) -> Vec<String> {
    let all: BTreeSet<&String> = [a, b].into_iter().filter_map(Value::as_object).flat_map(|it| it.keys()).collect();
    let place = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
    let mut all: Vec<String> = all.into_iter().cloned().collect();
    all.sort_by_key(|key| place(key));
    all
}

fn part(key: &str, a: &Value, b: &Value, notes: &mut Notes) {
    let one = ONE_OF.iter().find(|(part, _)| *part == key).map(|(_, one)| *one);
    match (a, b) {
        _ if super::meaning::same(key, a, b) => {}
        (Value::Array(a), Value::Array(b)) if key == "steps" => steps::changes(a, b, notes),
        (Value::Object(_), Value::Object(_)) => {
            for name in keys(a, b) {
                let head = one.map_or_else(|| format!("{key} {name}"), |one| format!("{one} {name}"));
                Place::new(head, &name).walk(a.get(&name), b.get(&name), notes);
            }
        }
        _ => Place::new(one.unwrap_or(key).to_owned(), key).walk(Some(a), Some(b), notes),
    }
}
