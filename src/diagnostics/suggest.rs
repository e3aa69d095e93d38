//! Near names: `did you mean`.

/// The known names that are close enough to `wrong` to be what was meant, the closest first.
pub fn near<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let allowed = (wrong.chars().count() / 3).max(1);
    let scored = known.into_iter().map(|name| (strsim::damerau_levenshtein(wrong, name), name));
    let mut near: Vec<(usize, &str)> = scored.filter(|(distance, _)| *distance <= allowed).collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().map(|(_, name)| name).collect()
}

/// The known name that is closest to `wrong`, if it is close enough.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    near(wrong, known).into_iter().next()
}

/// A help line for an unknown name: the near one, else at most five known ones, else nothing.
pub fn help_for<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    if let Some(name) = nearest(wrong, known.iter().copied()) {
        return Some(format!("did you mean `{name}`?"));
    }
    let shown: Vec<String> = known.iter().take(5).map(|name| format!("`{name}`")).collect();
    let more = if known.len() > 5 { format!(" and {} more", known.len() - 5) } else { String::new() };
    (!shown.is_empty()).then(|| format!("known: {}{more}", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::{help_for, nearest};

    #[test]
    fn near_names_are_suggested_and_far_ones_listed() {
        assert_eq!(nearest("eror", ["error", "latency"]), Some("error"));
        assert_eq!(nearest("xyz", ["error", "latency"]), None);
        assert_eq!(help_for("xyz", ["b", "a"]).as_deref(), Some("known: `a`, `b`"));
        assert_eq!(help_for("xyz", []), None);
    }
}
