//! The word that is being written: what of it stands before the place, and what behind.

use std::ops::Range;

/// A word, part of which may be written already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where all of it begins, what its last dot parts off among it.
    pub start: usize,
    /// The part before its last dot.
    pub qualifier: Option<String>,
    /// What an edit replaces: from behind that dot to where the word ends.
    pub range: Range<usize>,
    /// Where the path ends that goes on behind the word: `belt.flow` behind `belt`.
    pub path_end: usize,
}

impl Word {
    /// The word at a byte of a text.
    pub fn at(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or("");
        let behind = text.get(offset..).unwrap_or("");
        let start = start(before);
        let written = &before[start..];
        if is_number(if written.is_empty() { behind } else { written }) {
            let rest = behind.trim_start_matches(in_number);
            let rest = behind.len() - rest.len();
            // The dots of a range end a number.
            let rest = behind[..rest].find("..").unwrap_or(rest);
            let end = offset + rest;
            return Self { start, qualifier: None, range: start..end, path_end: end };
        }
        let from = written.rfind('.').map_or(start, |dot| start + dot + 1);
        let qualifier = (from > start).then(|| text[start..from - 1].to_owned());
        let rest = behind.len() - behind.trim_start_matches(in_name).len();
        let path = behind.len() - behind.trim_start_matches(|c| in_name(c) || c == '.').len();
        let path = behind[..path].find("..").unwrap_or(path).max(rest);
        Self { start, qualifier, range: from..offset + rest, path_end: offset + path }
    }

    /// The text between quotes at a byte: `open` is where its token begins.
    pub fn quoted(text: &str, open: usize, offset: usize) -> Self {
        let quote = text.get(open..).and_then(|rest| rest.chars().next()).unwrap_or('"');
        let start = (open + quote.len_utf8()).min(offset);
        let behind = text.get(offset..).unwrap_or("");
        let line = behind.find(['\n', '\r']).unwrap_or(behind.len());
        // A text that is never closed may be followed by anything.
        let rest = behind[..line].find(quote).unwrap_or(0);
        Self { start, qualifier: None, range: start..offset + rest, path_end: offset + rest }
    }
}

/// Where the word begins that ends a text.
fn start(before: &str) -> usize {
    let path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '%');
    let mut start = before.trim_end_matches(path).len();
    // `20/s` is one number.
    if let Some(number) = before[..start].strip_suffix('/') {
        let digits = number.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let begins = !number[..digits].ends_with(|c: char| in_name(c) || c == '%');
        start = if begins && digits < number.len() { digits } else { start };
    }
    // The dots of a range, and the sign of a value, are no part of it.
    start = before[start..].rfind("..").map_or(start, |dots| start + dots + 2);
    let written = &before[start..];
    start + (written.len() - written.trim_start_matches(['-', '%']).len())
}

fn in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn in_number(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '%' | '/')
}

/// Whether a word is a number with its unit.
pub fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Word;

    #[test]
    fn a_word_is_known_from_any_place_in_it() {
        let cases = [
            ("calls pay|ment, b", "payment", None),
            ("inject http.er|ror(status: 503)", "error", Some("http")),
            ("inject ht|tp.error(status: 503)", "http", None),
            ("expect a.b.|", "", Some("a.b")),
            ("for 3|0s {", "30s", None),
            ("for 1m3|0s {", "1m30s", None),
            ("requests <= 20/|", "20/", None),
            ("requests <= 20|/s }", "20/s", None),
            ("a = b/c|", "c", None),
            ("in 1|%..100%", "1%", None),
            ("in 1%..|100%", "100%", None),
            ("in 1%..1|00%", "100%", None),
            ("x > -|5", "5", None),
            ("limit { traffic <= 0.|5 }", "0.5", None),
        ];
        for (text, wanted, qualifier) in cases {
            let offset = text.find('|').unwrap();
            let text = text.replacen('|', "", 1);
            let word = Word::at(&text, offset);
            assert_eq!((&text[word.range], word.qualifier.as_deref()), (wanted, qualifier), "{text}");
        }
        let paths = [("be|lt.flow > 3", "belt.flow"), ("in lo|w..high", "low"), ("be|lt", "belt")];
        for (text, wanted) in paths {
            let (offset, text) = (text.find('|').unwrap(), text.replacen('|', "", 1));
            let word = Word::at(&text, offset);
            assert_eq!(&text[word.start..word.path_end], wanted);
        }
    }
}
