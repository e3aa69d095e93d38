//! Two lists: entries with names by name, conditions by what they say, everything else as a whole.

use super::notes::Notes;
use super::walk::Place;
use crate::document::meaning::{meaning, same};
use crate::document::show::{show, words};
use crate::types::Type;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Tells what differs between two lists.
pub fn changes(place: &Place, a: &[Value], b: &[Value], notes: &mut Notes) {
    let all = || a.iter().chain(b);
    if all().all(|item| words(item).is_some()) {
        return said(place, a, b, notes);
    }
    if let (Some(before), Some(after)) = (named(a), named(b)) {
        let names: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
        for name in names {
            place.entry(name).walk(before.get(name).copied(), after.get(name).copied(), notes);
        }
        return;
    }
    if a.len() == b.len() && all().all(Value::is_object) {
        for (at, (one, other)) in a.iter().zip(b).enumerate() {
            place.said(&format!("{}.", at + 1)).walk(Some(one), Some(other), notes);
        }
        return;
    }
    place.leaf(&Value::Array(a.to_vec()), &Value::Array(b.to_vec()), notes);
}

/// Entries by their name, or the service they are of; nothing where they have none, or not each its own.
fn named(items: &[Value]) -> Option<BTreeMap<&str, &Value>> {
    let name = |item: &Value| item.get("name").or_else(|| item.get("service")).is_some();
    if !items.iter().all(name) {
        return None;
    }
    let of = |item| -> Option<(&str, &Value)> {
        let item: &Value = item;
        Some((item.get("name").or_else(|| item.get("service"))?.as_str()?, item))
    };
    let all: BTreeMap<&str, &Value> = items.iter().filter_map(of).collect();
    (all.len() == items.len()).then_some(all)
}

/// Conditions: what both have is left out; the rest are paired by their words, then by the metrics they read.
fn said(place: &Place, a: &[Value], b: &[Value], notes: &mut Notes) {
    let (mut before, mut after) = apart(a, b);
    for (one, other) in pairs(&mut before, &mut after, |one, other| words(one) == words(other)) {
        place.said(words(one).unwrap_or_default()).walk(Some(one), Some(other), notes);
    }
    for (one, other) in pairs(&mut before, &mut after, |one, other| metrics(one) == metrics(other)) {
        place.leaf(one, other, notes);
    }
    let tell = |what: &str, item: &Value, notes: &mut Notes| {
        place.tell(&format!("{what}: {}", show(item, &Type::Float)), notes);
    };
    before.iter().for_each(|item| tell("removed", item, notes));
    after.iter().for_each(|item| tell("added", item, notes));
}

/// What each has that the other has not.
fn apart<'v>(a: &'v [Value], b: &'v [Value]) -> (Vec<&'v Value>, Vec<&'v Value>) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let sum = |item: &Value| meaning(item);
    b.iter().for_each(|item| *counts.entry(sum(item)).or_default() += 1);
    let take = |counts: &mut BTreeMap<String, usize>, item: &Value| match counts.get_mut(&sum(item)) {
        Some(left @ 1..) => {
            *left -= 1;
            true
        }
        _ => false,
    };
    let before: Vec<&Value> = a.iter().filter(|item| !take(&mut counts, item)).collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    a.iter().for_each(|item| *counts.entry(sum(item)).or_default() += 1);
    let after = b.iter().filter(|item| !take(&mut counts, item)).collect();
    (before, after)
}

/// Takes the pairs that belong together out of both.
fn pairs<'v>(
    a: &mut Vec<&'v Value>,
    b: &mut Vec<&'v Value>,
    belong: impl Fn(&Value, &Value) -> bool,
) -> Vec<(&'v Value, &'v Value)> {
    let mut found = Vec::new();
    a.retain(|one| {
        let Some(at) = b.iter().position(|other| belong(one, other)) else { return true };
        let other = b.remove(at);
        if !same("", one, other) {
            found.push((*one, other));
        }
        false
    });
    found
}

/// The metrics that a condition reads.
fn metrics(value: &Value) -> BTreeSet<&str> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("metric").and_then(Value::as_str);
            own.into_iter().chain(fields.values().flat_map(metrics)).collect()
        }
        Value::Array(items) => items.iter().flat_map(metrics).collect(),
        _ => BTreeSet::new(),
    }
}
