//! Label selectors as Kubernetes writes them: `app=checkout,track notin (canary)`.

use serde::{Deserialize, Serialize};

/// One requirement on a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelRequirement {
    /// The label's key.
    pub key: String,
    /// What its value must be.
    pub operator: LabelOperator,
    /// The values it is compared with.
    pub values: Vec<String>,
}

/// The operators of `matchExpressions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LabelOperator {
    /// `key in (a, b)`, `key = a`
    In,
    /// `key notin (a, b)`, `key != a`
    NotIn,
    /// `key`
    Exists,
    /// `!key`
    DoesNotExist,
}

/// Reads a selector: requirements separated by commas, all of which must hold.
///
/// # Errors
/// What is wrong with it, for a message.
pub fn label_selector(text: &str) -> Result<Vec<LabelRequirement>, String> {
    if text.trim().is_empty() {
        return Err("an empty selector would select everything".to_owned());
    }
    split(text)?.into_iter().map(|part| requirement(part.trim())).collect()
}

/// The parts between the commas outside parentheses.
fn split(text: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut start, mut open) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        match c {
            '(' if open => return Err("`(` inside `( )`".to_owned()),
            '(' => open = true,
            ')' if !open => return Err("`)` without `(`".to_owned()),
            ')' => open = false,
            ',' if !open => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    if open { Err("`(` is not closed".to_owned()) } else { Ok(parts) }
}

fn requirement(text: &str) -> Result<LabelRequirement, String> {
    if let Some(key) = text.strip_prefix('!') {
        return made(key, LabelOperator::DoesNotExist, Vec::new());
    }
    for (symbol, operator) in [("!=", LabelOperator::NotIn), ("==", LabelOperator::In), ("=", LabelOperator::In)] {
        if let Some((key, value)) = text.split_once(symbol) {
            return made(key, operator, vec![value.trim().to_owned()]);
        }
    }
    let Some((head, list)) = text.split_once('(') else { return made(text, LabelOperator::Exists, Vec::new()) };
    let list = list.trim_end().strip_suffix(')').ok_or_else(|| format!("nothing belongs behind `)` in `{text}`"))?;
    let values = list.split(',').map(|value| value.trim().to_owned()).collect();
    match head.split_whitespace().collect::<Vec<_>>().as_slice() {
        [key, "in"] => made(key, LabelOperator::In, values),
        [key, "notin"] => made(key, LabelOperator::NotIn, values),
        _ => Err(format!("expected `key in (…)` or `key notin (…)`, found `{text}`")),
    }
}

fn made(key: &str, operator: LabelOperator, values: Vec<String>) -> Result<LabelRequirement, String> {
    let key = key.trim();
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    if !prefix.is_none_or(is_domain) || !is_label(name) || name.is_empty() {
        return Err(format!("`{key}` is no label's key"));
    }
    match values.iter().find(|value| !is_label(value)) {
        Some(wrong) => Err(format!("`{wrong}` is no label's value")),
        None => Ok(LabelRequirement { key: key.to_owned(), operator, values }),
    }
}

/// At most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends; or nothing.
fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let ends = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    text.is_empty() || text.len() <= 63 && text.chars().all(inner) && ends(text)
}

fn is_domain(text: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    !text.is_empty() && text.len() <= 253 && text.split('.').all(part)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{LabelOperator, label_selector};

    #[test]
    fn selectors_are_read() {
        let read =
            label_selector("app=checkout, track notin (canary,beta),tier,!old,app.kubernetes.io/name != x").unwrap();
        let operators: Vec<LabelOperator> = read.iter().map(|it| it.operator).collect();
        use LabelOperator::{DoesNotExist, Exists, In, NotIn};
        assert_eq!(operators, [In, NotIn, Exists, DoesNotExist, NotIn]);
        assert_eq!(read[1].values, ["canary", "beta"]);
    }

    #[test]
    fn wrong_selectors_say_why() {
        for wrong in [
            "",
            ",",
            "a=b,",
            "a in b",
            "a in (b",
            "a)b",
            "a in (b) c",
            "-a=b",
            "a=b c",
            "a b",
            "A_/x=1",
            "=b",
            "a in ((b))",
        ] {
            assert!(label_selector(wrong).is_err(), "{wrong}");
        }
    }
}
