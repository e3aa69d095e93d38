//! Series selectors as Prometheus writes them: `http_requests_total{code!~"5.."}`.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A metric's name with matchers on its labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Selector {
    /// The metric's name.
    pub name: String,
    /// All must match.
    pub matchers: Vec<Matcher>,
}

/// A matcher on one label. An absent label counts as empty, as in Prometheus.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Matcher {
    /// The label.
    pub label: String,
    /// The operator.
    pub operator: MatchOperator,
    /// The value or regular expression (anchored at both ends).
    pub value: String,
}

/// How a label is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MatchOperator {
    /// `=`
    #[serde(rename = "=")]
    Equal,
    /// `!=`
    #[serde(rename = "!=")]
    Unequal,
    /// `=~`
    #[serde(rename = "=~")]
    Matches,
    /// `!~`
    #[serde(rename = "!~")]
    MatchesNot,
}

impl MatchOperator {
    fn symbol(self) -> &'static str {
        match self {
            MatchOperator::Equal => "=",
            MatchOperator::Unequal => "!=",
            MatchOperator::Matches => "=~",
            MatchOperator::MatchesNot => "!~",
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.matchers.is_empty() {
            return Ok(());
        }
        let all: Vec<String> =
            self.matchers.iter().map(|m| format!("{}{}{:?}", m.label, m.operator.symbol(), m.value)).collect();
        write!(f, "{{{}}}", all.join(","))
    }
}

/// Reads a selector.
///
/// # Errors
/// What is wrong with it, for a message.
pub fn parse(text: &str) -> Result<Selector, String> {
    let text = text.trim();
    let (name, rest) = word(text, ":");
    if name.is_empty() {
        return Err("a selector starts with a metric's name".to_owned());
    }
    let rest = rest.trim_start();
    if rest.is_empty() {
        return Ok(Selector { name: name.to_owned(), matchers: Vec::new() });
    }
    let inner = rest.strip_prefix('{').ok_or_else(|| format!("expected `{{` after `{name}`, found `{rest}`"))?;
    let mut matchers = Vec::new();
    let mut rest = inner.trim_start();
    while !rest.starts_with('}') {
        let (matcher, after) = matcher(rest)?;
        matchers.push(matcher);
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if after.starts_with('}') => after,
            None => return Err("expected `,` or `}` after a matcher".to_owned()),
        };
    }
    match rest[1..].trim() {
        "" => Ok(Selector { name: name.to_owned(), matchers }),
        more => Err(format!("`{more}` does not belong behind a selector")),
    }
}

/// A name and what follows it.
fn word<'t>(text: &'t str, more: &str) -> (&'t str, &'t str) {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || more.contains(c);
    let end = text.find(|c: char| !fits(c)).unwrap_or(text.len());
    let starts_well = text.starts_with(|c: char| !c.is_ascii_digit());
    if starts_well { text.split_at(end) } else { ("", text) }
}

fn matcher(text: &str) -> Result<(Matcher, &str), String> {
    let (label, rest) = word(text, "");
    if label.is_empty() {
        return Err(format!("expected a label's name, found `{}`", text.chars().take(20).collect::<String>()));
    }
    let rest = rest.trim_start();
    let operators = [MatchOperator::Matches, MatchOperator::MatchesNot, MatchOperator::Unequal, MatchOperator::Equal];
    let found = operators.into_iter().find_map(|op| rest.strip_prefix(op.symbol()).map(|after| (op, after)));
    let (operator, rest) = found.ok_or_else(|| format!("expected `=`, `!=`, `=~` or `!~` after `{label}`"))?;
    let (value, rest) = quoted(rest.trim_start()).ok_or_else(|| format!("expected a quoted value for `{label}`"))?;
    if matches!(operator, MatchOperator::Matches | MatchOperator::MatchesNot) {
        anchored(&value).map_err(|error| format!("`{value}` is not a regular expression: {error}"))?;
    }
    Ok((Matcher { label: label.to_owned(), operator, value }, rest))
}

/// A regular expression anchored at both ends.
///
/// # Errors
/// What is wrong with the expression.
pub fn anchored(pattern: &str) -> Result<regex::Regex, String> {
    let last_line = |error: regex::Error| error.to_string().lines().last().unwrap_or("").trim().to_owned();
    regex::Regex::new(&format!("^(?:{pattern})$")).map_err(last_line)
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut value = String::new();
    let mut rest = text[1..].char_indices();
    while let Some((at, c)) = rest.next() {
        match c {
            '\\' => value.push(match rest.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            c if c == quote => return Some((value, &text[at + 2..])),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::parse;

    #[test]
    fn selectors_read_as_prometheus_writes_them() {
        for good in ["up", "a:b_c", r#"x{code!~"5..",job="api"}"#, r#"x{ a = 'b' , }"#, "x{}"] {
            assert!(parse(good).is_ok(), "{good}: {:?}", parse(good));
        }
        assert_eq!(parse(r#"x{code!~"5.."}"#).unwrap().to_string(), r#"x{code!~"5.."}"#);
    }

    #[test]
    fn wrong_selectors_say_why() {
        for wrong in ["", "9x", "x{", "x{a}", r#"x{a="b"#, r#"x{a=~"("}"#, r#"x{a="b"} y"#, "x y"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
