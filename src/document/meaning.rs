//! What of a document is its meaning, in one form: what the hash is made of.
//!
//! The author's words, the order in which things are declared and where a limit was written do not count. Numbers count to
//! twelve digits: `1100ms` and `1.1s` differ in the last bit of what arithmetic makes of them.

use serde_json::{Number, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Fields of people's words, and of what binds where two places say the same. They hold texts; a map whose keys are names of
/// the author's never does, so a service may be called `written`.
const WORDS: &[&str] = &["written", "origin"];

/// Lists whose order means nothing.
const SETS: &[&str] = &[
    "aborts",
    "after",
    "all",
    "allowed",
    "any",
    "bends",
    "budgets",
    "expectations",
    "guards",
    "matchers",
    "places",
    "processes",
    "proxies",
    "reach",
    "services",
    "steady",
    "steps",
    "unkept",
];

/// The meaning of a part of a document.
pub fn meaning(value: &Value) -> Value {
    form(value, "", true)
}

/// All of it, numbers and the order of fields in one form.
pub fn plain(value: &Value) -> Value {
    form(value, "", false)
}

/// Whether two parts mean the same.
pub fn same(a: &Value, b: &Value) -> bool {
    a == b || meaning(a) == meaning(b)
}

/// The sum of a value in one form.
pub fn sum(value: &Value) -> String {
    let digest = Sha256::digest(value.to_string().as_bytes());
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

/// Whether a field is one of words.
pub fn is_words(key: &str, value: &Value) -> bool {
    WORDS.contains(&key) && value.is_string()
}

fn form(value: &Value, key: &str, meaning: bool) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, value)| !(meaning && is_words(key, value)));
            let sorted: BTreeMap<&String, Value> = kept.map(|(key, value)| (key, form(value, key, meaning))).collect();
            Value::Object(sorted.into_iter().map(|(key, value)| (key.clone(), value)).collect())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| form(item, "", meaning)).collect();
            if meaning && SETS.contains(&key) {
                items.sort_by_cached_key(Value::to_string);
            }
            Value::Array(items)
        }
        Value::Number(number) => number.as_f64().map_or_else(|| value.clone(), rounded),
        other => other.clone(),
    }
}

/// To twelve significant digits.
fn rounded(number: f64) -> Value {
    let near: f64 = format!("{number:.11e}").parse().unwrap_or(number);
    let near = if near == 0.0 { 0.0 } else { near }; // no negative zero
    Number::from_f64(near).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::{meaning, plain, same};
    use serde_json::json;

    #[test]
    fn sets_have_no_order_and_lists_have_one() {
        assert!(same(&json!({ "bends": ["a", "b"] }), &json!({ "bends": ["b", "a"] })));
        assert!(!same(&json!({ "command": ["a", "b"] }), &json!({ "command": ["b", "a"] })));
    }

    #[test]
    fn words_are_left_out_but_not_names() {
        assert_eq!(meaning(&json!({ "written": "x <  1", "of": 1 })), json!({ "of": 1.0 }));
        assert_eq!(meaning(&json!({ "written": { "value": 1 } })), json!({ "written": { "value": 1.0 } }));
        assert_eq!(plain(&json!({ "written": "x" })), json!({ "written": "x" }));
    }

    #[test]
    fn numbers_count_to_twelve_digits() {
        assert!(same(&json!(0.1 + 0.2), &json!(0.3)));
        assert!(same(&json!(60), &json!(60.0)));
        assert!(same(&json!(-0.0), &json!(0)));
        assert!(!same(&json!(0.3), &json!(0.300_000_01)));
    }
}
