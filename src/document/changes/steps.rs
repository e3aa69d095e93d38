//! The steps of two plans.

use super::notes::Notes;
use super::walk::Place;
use crate::base::unit;
use crate::document::meaning::{meaning, same};
use crate::document::show;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Tells which steps were added, removed, renamed and moved, and what else of them changed.
pub fn changes(a: &[Value], b: &[Value], notes: &mut Notes) {
    let matched = Matched::new(a, b);
    for step in a.iter().filter(|step| !matched.after.contains_key(name(step))) {
        notes.add(name(step), format!("removed ({})", show::step(&step["does"])));
    }
    for step in b {
        match matched.before.get(name(step)) {
            Some(old) => one(old, step, &matched, notes),
            None => notes.add(name(step), format!("added ({})", show::step(&step["does"]))),
        }
    }
}

fn name(step: &Value) -> &str {
    step["name"].as_str().unwrap_or_default()
}

/// Which step of one plan is which of the other.
struct Matched<'v> {
    /// By the name in the later plan: the step in the earlier.
    before: BTreeMap<&'v str, &'v Value>,
    /// By the name in the earlier plan: the name in the later.
    after: BTreeMap<&'v str, &'v str>,
}

impl<'v> Matched<'v> {
    /// The same name with the same content first, then the same content, then the same name.
    fn new(a: &'v [Value], b: &'v [Value]) -> Self {
        let mut matched = Matched { before: BTreeMap::new(), after: BTreeMap::new() };
        let content = |step: &Value| meaning(&step["does"]);
        let by_name: BTreeMap<&str, &Value> = a.iter().map(|step| (name(step), step)).collect();
        let named = |step: &'v Value| by_name.get(name(step)).copied();
        for step in b {
            if let Some(old) = named(step).filter(|old| same("does", &old["does"], &step["does"])) {
                matched.pair(old, step);
            }
        }
        let mut by_content: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
        for old in a.iter().rev().filter(|old| !matched.after.contains_key(name(old))) {
            by_content.entry(content(old)).or_default().push(old);
        }
        for step in b.iter().filter(|step| !is_mark(step)) {
            if !matched.before.contains_key(name(step))
                && let Some(old) = by_content.get_mut(&content(step)).and_then(Vec::pop)
            {
                matched.pair(old, step);
            }
        }
        for step in b {
            if !matched.before.contains_key(name(step))
                && let Some(old) = named(step).filter(|old| !matched.after.contains_key(name(old)))
            {
                matched.pair(old, step);
            }
        }
        matched
    }

    fn pair(&mut self, old: &'v Value, new: &'v Value) {
        self.before.insert(name(new), old);
        self.after.insert(name(old), name(new));
    }

    /// The name in the later plan of a step of the earlier.
    fn now(&self, old: &str) -> String {
        self.after.get(old).map_or_else(|| format!("{old} (removed)"), |new| (*new).to_owned())
    }
}

fn is_mark(step: &Value) -> bool {
    step["does"].get("mark").is_some()
}

fn one(old: &Value, new: &Value, matched: &Matched, notes: &mut Notes) {
    if name(old) != name(new) {
        notes.add(name(old), format!("now called {}", name(new)));
    }
    let place = Place::of_step(name(new));
    let kind = |step: &Value| show::wrapped(&step["does"]).map(|(kind, _)| kind.to_owned());
    if kind(old) == kind(new) {
        place.walk(Some(&old["does"]), Some(&new["does"]), notes);
    } else {
        place.tell(&format!("{} → {}", show::step(&old["does"]), show::step(&new["does"])), notes);
    }
    let (before, after) = (waits(old, |name| matched.now(name)), waits(new, str::to_owned));
    if before != after {
        place.tell(&format!("moved: {} → {}", listed(&before, "at the start"), listed(&after, "at the start")), notes);
    }
    let (before, after) = (guards(old, |name| matched.now(name)), guards(new, str::to_owned));
    if before != after {
        place.tell(&format!("runs {} → {}", listed(&before, "always"), listed(&after, "always")), notes);
    }
}

/// What a step waits for, in words.
fn waits(step: &Value, now: impl Fn(&str) -> String) -> BTreeSet<String> {
    let one = |it: &Value| {
        let step = now(it["step"].as_str().unwrap_or_default());
        match it["start"].as_f64() {
            None => format!("after {step}"),
            Some(0.0) => format!("when {step} starts"),
            Some(offset) => format!("{} after {step} starts", unit::show_duration(offset)),
        }
    };
    step["after"].as_array().into_iter().flatten().map(one).collect()
}

/// The choices on whose way a step lies, in words.
fn guards(step: &Value, now: impl Fn(&str) -> String) -> BTreeSet<String> {
    let one = |it: &Value| {
        let choice = now(it["choice"].as_str().unwrap_or_default());
        let way = if it["holds"] == true { "holds" } else { "does not hold" };
        format!("if {choice} {way}")
    };
    step["guards"].as_array().into_iter().flatten().map(one).collect()
}

fn listed(all: &BTreeSet<String>, none: &str) -> String {
    match all.len() {
        0 => none.to_owned(),
        _ => all.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
    }
}
