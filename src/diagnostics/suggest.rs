//! Near names: `did you mean`.

use super::{Edit, Fix};
use crate::base::Span;

/// A name shorter than this has something near it by chance.
const SHORTEST_SURE: usize = 3;

/// The known name that is close enough to `wrong` to be what was meant.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    near(wrong, known).into_iter().next()
}

/// What is longer, in characters, is no misspelt name.
const LONGEST: usize = 64;

/// All known names that are close enough to `wrong`, the nearest first, each once.
pub fn near<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let length = wrong.chars().count();
    if length > LONGEST {
        return Vec::new();
    }
    let allowed = (length / 3).max(1);
    let known = known.into_iter().filter(|name| name.chars().count().abs_diff(length) <= allowed);
    let scored = known.map(|name| (strsim::damerau_levenshtein(wrong, name), name));
    let mut close: Vec<(usize, &str)> = scored.filter(|(distance, _)| *distance <= allowed).collect();
    close.sort_unstable();
    close.dedup();
    // One that is far off beside the nearest is not what was meant.
    let nearest = close.first().map_or(0, |(distance, _)| *distance);
    close.retain(|(distance, _)| *distance <= 2 * nearest);
    close.into_iter().map(|(_, name)| name).collect()
}

/// Near names that are offered; more would not help to choose.
const OFFERED: usize = 3;

/// A help line for an unknown name: the near ones, else at most five known ones, else nothing.
pub fn help_for<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    let close: Vec<String> =
        near(wrong, known.iter().copied()).iter().take(OFFERED).map(|name| format!("`{name}`")).collect();
    match close.as_slice() {
        [] => {}
        [one] => return Some(format!("did you mean {one}?")),
        [some @ .., last] => return Some(format!("did you mean {} or {last}?", some.join(", "))),
    }
    let shown: Vec<String> = known.iter().take(5).map(|name| format!("`{name}`")).collect();
    let more = if known.len() > 5 { format!(" and {} more", known.len() - 5) } else { String::new() };
    (!shown.is_empty()).then(|| format!("known: {}{more}", shown.join(", ")))
}

/// Fixes for an unknown name at `at`: each writes a near one. Safe where only one is near.
pub fn fixes_for<'a>(wrong: &str, at: Span, known: impl IntoIterator<Item = &'a str>) -> Vec<Fix> {
    let close = near(wrong, known);
    let safe = close.len() == 1 && wrong.chars().count() >= SHORTEST_SURE;
    let fix = |name: &str| Fix { title: format!("write `{name}`"), edits: vec![Edit::new(at, name)], safe };
    close.into_iter().take(OFFERED).map(fix).collect()
}

#[cfg(test)]
mod tests {
    use super::{fixes_for, help_for, nearest};
    use crate::base::{SourceId, Span};

    #[test]
    fn near_names_are_suggested_and_far_ones_listed() {
        assert_eq!(nearest("eror", ["error", "latency"]), Some("error"));
        assert_eq!(nearest("xyz", ["error", "latency"]), None);
        assert_eq!(help_for("http.eror", ["http.abort", "http.error"]).as_deref(), Some("did you mean `http.error`?"));
        assert_eq!(help_for("xyz", ["b", "a"]).as_deref(), Some("known: `a`, `b`"));
        assert_eq!(help_for("xyz", []), None);
        assert_eq!(help_for("shtop", ["stop", "shop"]).as_deref(), Some("did you mean `shop` or `stop`?"));
    }

    #[test]
    fn a_fix_is_safe_where_there_is_one_candidate() {
        let at = Span::new(SourceId(0), 3, 7);
        let safe = |wrong: &str, known: &[&str]| -> Vec<(String, bool)> {
            let fixes = fixes_for(wrong, at, known.iter().copied());
            fixes.into_iter().map(|fix| (fix.title, fix.safe)).collect()
        };
        assert_eq!(safe("eror", &["error", "latency", "error"]), [("write `error`".to_owned(), true)]);
        let two = [("write `shop`".to_owned(), false), ("write `stop`".to_owned(), false)];
        assert_eq!(safe("shtop", &["stop", "shop"]), two);
        assert_eq!(safe("x", &["y"]), [("write `y`".to_owned(), false)]);
        assert_eq!(safe("xyz", &["error"]), []);
    }
}
