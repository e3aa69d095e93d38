//! Two values field by field.

use super::lists;
use super::notes::Notes;
use crate::document::meaning::{is_words, same};
use crate::document::show::{interval, measure, own_type, show, wrapped};
use crate::types::Type;
use serde_json::Value;
use std::collections::BTreeSet;

/// Fields that only hold others together: they are not named.
const SILENT: &[&str] = &[
    "arguments",
    "call",
    "compare",
    "condition",
    "how",
    "inject",
    "quantity",
    "stable",
    "value",
    "wait",
    "all",
    "any",
    "expectations",
    "expect",
    "choose",
];

/// A place in a document.
#[derive(Clone)]
pub struct Place {
    /// The step or entry it lies in.
    head: String,
    /// The way to it from there.
    words: Vec<String>,
    /// The field it is, or lies in.
    key: String,
    /// What numbers there are measured in.
    ty: Type,
    /// Whether the same change elsewhere is told on one line with this one.
    shared: bool,
}

impl Place {
    /// An entry, whose own name is `key`.
    pub fn new(head: String, key: &str) -> Self {
        Self { head, words: Vec::new(), key: key.to_owned(), ty: measure(key).unwrap_or(Type::Float), shared: false }
    }

    /// What a step does. One change of what many steps name, as of an SLO, is one change.
    pub fn of_step(name: &str) -> Self {
        Self { shared: true, ..Self::new(name.to_owned(), "does") }
    }

    /// The entry itself under another name, for what is written inside it.
    pub fn said(&self, words: &str) -> Self {
        let mut inner = self.clone();
        inner.words.push(words.to_owned());
        inner
    }

    /// An entry of a list: of a part of the plan under its own name.
    pub fn entry(&self, name: &str) -> Self {
        match self.words.is_empty() {
            true => Self { head: format!("{} {name}", self.head), ..self.clone() },
            false => self.said(name),
        }
    }

    fn field(&self, key: &str, parent: &Value) -> Self {
        let mut inner = self.clone();
        if !SILENT.contains(&key) {
            inner.words.push(key.replace('_', " "));
        }
        let by_key = measure(key).filter(|_| !matches!(key, "touches") || parent["resource"] == "requests");
        let typed = matches!(key, "value" | "left" | "right").then(|| own_type(parent)).flatten();
        inner.ty = typed.or(by_key).unwrap_or_else(|| self.ty.clone());
        inner.key = key.to_owned();
        inner
    }

    /// Tells what differs here.
    pub fn walk(&self, a: Option<&Value>, b: Option<&Value>, notes: &mut Notes) {
        let (a, b) = (a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null));
        if same(&self.key, a, b) {
            return;
        }
        match (a, b) {
            (Value::Object(_), Value::Object(_)) if alike(a, b) => self.fields(a, b, notes),
            (Value::Array(before), Value::Array(after)) => lists::changes(self, before, after, notes),
            _ => self.leaf(a, b, notes),
        }
    }

    fn fields(&self, a: &Value, b: &Value, notes: &mut Notes) {
        let both = [a, b].into_iter().filter_map(Value::as_object);
        let keys: BTreeSet<&String> =
            both.flat_map(|it| it.iter().filter(|(key, value)| !is_words(key, value)).map(|(key, _)| key)).collect();
        for key in keys {
            self.field(key, a).walk(a.get(key), b.get(key), notes);
        }
    }

    /// Tells that one value became another.
    pub fn leaf(&self, a: &Value, b: &Value, notes: &mut Notes) {
        let type_of = |value: &Value| own_type(value).unwrap_or_else(|| self.ty.clone());
        let shown = |value: &Value| match value {
            Value::Array(words) if self.key == "command" => shell_words::join(words.iter().filter_map(Value::as_str)),
            _ => show(value, &type_of(value)),
        };
        let (mut before, mut after) = (shown(a), shown(b));
        if before == after {
            // They look the same for people, and are not.
            (before, after) = (a.to_string(), b.to_string());
        }
        self.tell(&format!("{before} → {after}"), notes);
    }

    /// Tells something about the place.
    pub fn tell(&self, what: &str, notes: &mut Notes) {
        let words = self.words.iter().map(String::as_str).chain([what]).collect::<Vec<_>>().join(" ");
        match self.shared {
            true => notes.add_shared(&self.head, words),
            false => notes.add(&self.head, words),
        }
    }
}

/// Whether two objects are of one kind, so that their fields are compared.
fn alike(a: &Value, b: &Value) -> bool {
    if interval(a).is_some() || interval(b).is_some() {
        return false;
    }
    match (wrapped(a), wrapped(b)) {
        (Some((one, _)), Some((other, _))) => one == other,
        _ => true,
    }
}
