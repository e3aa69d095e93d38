//! What of a document is its meaning, in one form: what the hash is made of.
//!
//! The author's words, the order in which things are declared and where a limit was written do not count. Numbers count to
//! twelve digits: `1100ms` and `1.1s` differ in the last bit of what arithmetic makes of them.

use serde_json::Value;
use sha2::{Digest, Sha256};

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

/// What of a value is written.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// What has a meaning.
    Meaning,
    /// All of it.
    Whole,
}

/// The meaning of a part of a document, as one line of JSON that is the same for whatever means the same.
pub fn meaning(value: &Value) -> String {
    written(value, "", Part::Meaning)
}

/// Whether two parts mean the same; `key` is the field that they stand in, which says whether their order matters.
pub fn same(key: &str, a: &Value, b: &Value) -> bool {
    let meaning = |value| if is_words(key, value) { String::new() } else { written(value, key, Part::Meaning) };
    a == b || meaning(a) == meaning(b)
}

/// The sum of the meaning of an object with these fields, which are in the order of their names.
pub fn sum_of_meaning(fields: &[(&str, &Value)]) -> String {
    sum(fields, Part::Meaning)
}

/// The sum of all that an object with these fields says, whatever its layout.
pub fn sum_of_all(fields: &[(&str, &Value)]) -> String {
    sum(fields, Part::Whole)
}

/// Whether a field is one of words.
pub fn is_words(key: &str, value: &Value) -> bool {
    WORDS.contains(&key) && value.is_string()
}

fn sum(fields: &[(&str, &Value)], part: Part) -> String {
    let mut text = String::new();
    object(fields.iter().copied(), part, &mut text);
    let digest = Sha256::digest(text.as_bytes());
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

fn written(value: &Value, key: &str, part: Part) -> String {
    let mut text = String::new();
    write(value, key, part, &mut text);
    text
}

fn write(value: &Value, key: &str, part: Part, text: &mut String) {
    match value {
        // The fields of an object are kept in the order of their names.
        Value::Object(fields) => object(fields.iter().map(|(key, value)| (key.as_str(), value)), part, text),
        Value::Array(items) if part == Part::Meaning && SETS.contains(&key) => {
            let mut items: Vec<String> = items.iter().map(|item| written(item, "", part)).collect();
            items.sort_unstable();
            between("[]", items, text, |item, text| text.push_str(&item));
        }
        Value::Array(items) => between("[]", items, text, |item, text| write(item, "", part, text)),
        Value::Number(number) => match number.as_f64().map(rounded) {
            Some(number) => text.push_str(&Value::from(number).to_string()),
            None => text.push_str(&number.to_string()),
        },
        Value::String(words) => string(words, text),
        Value::Null | Value::Bool(_) => text.push_str(&value.to_string()),
    }
}

fn object<'v>(fields: impl Iterator<Item = (&'v str, &'v Value)>, part: Part, text: &mut String) {
    let kept = fields.filter(|(key, value)| !(part == Part::Meaning && is_words(key, value)));
    between("{}", kept, text, |(key, value), text| {
        string(key, text);
        text.push(':');
        write(value, key, part, text);
    });
}

/// Writes items between two brackets, a comma between each two.
fn between<T>(
    brackets: &str,
    items: impl IntoIterator<Item = T>,
    text: &mut String,
    mut one: impl FnMut(T, &mut String),
) {
    let (opener, closer) = brackets.split_at(1);
    text.push_str(opener);
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        one(item, text);
    }
    text.push_str(closer);
}

fn string(words: &str, text: &mut String) {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\' && byte != 0x7f;
    if words.bytes().all(plain) {
        text.push('"');
        text.push_str(words);
        text.push('"');
    } else {
        text.push_str(&Value::from(words).to_string());
    }
}

/// To twelve significant digits.
fn rounded(number: f64) -> f64 {
    const EXACT: f64 = 1e12;
    let near = match number.fract() == 0.0 && number.abs() < EXACT {
        true => number,
        false => format!("{number:.11e}").parse().unwrap_or(number),
    };
    if near == 0.0 { 0.0 } else { near } // no negative zero
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{meaning, same, sum_of_all};
    use serde_json::json;

    #[test]
    fn sets_have_no_order_and_lists_have_one() {
        assert!(same("", &json!({ "bends": ["a", "b"] }), &json!({ "bends": ["b", "a"] })));
        assert!(!same("", &json!({ "command": ["a", "b"] }), &json!({ "command": ["b", "a"] })));
        assert!(same("bends", &json!(["a", "b"]), &json!(["b", "a"])));
    }

    #[test]
    fn words_are_left_out_but_not_names() {
        assert_eq!(meaning(&json!({ "written": "x <  1", "of": 1 })), r#"{"of":1.0}"#);
        assert_eq!(meaning(&json!({ "written": { "value": 1 } })), r#"{"written":{"value":1.0}}"#);
        assert!(same("written", &json!("x < 1"), &json!("x <  1")));
        assert_ne!(sum_of_all(&[("written", &json!("x"))]), sum_of_all(&[("written", &json!("y"))]));
    }

    #[test]
    fn what_is_written_is_json_that_says_the_same() {
        let value = json!({ "a\n\"b\"": ["\\", "\u{7f}é\u{1}", null, true, 1e300, -1.5, {}, []], "z": u64::MAX });
        let read: serde_json::Value = serde_json::from_str(&meaning(&value)).unwrap();
        assert_eq!(read["a\n\"b\""], value["a\n\"b\""]);
    }

    #[test]
    fn numbers_count_to_twelve_digits() {
        assert!(same("", &json!(0.1 + 0.2), &json!(0.3)));
        assert!(same("", &json!(60), &json!(60.0)));
        assert!(same("", &json!(-0.0), &json!(0)));
        assert!(!same("", &json!(0.3), &json!(0.300_000_01)));
    }
}
