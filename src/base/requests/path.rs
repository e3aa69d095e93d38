//! Paths of requests, exact or with parts that stand for any.

use super::glob::{Part, fits};
use super::{LONGEST, Misread, misread};

/// A path: `/cart`, `/cart/*/items` with anything but `/` for `*`, `/cart/**` with anything for `**`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    parts: Vec<Part>,
}

impl PathPattern {
    /// The pattern that is written.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, Misread> {
        check(text)?;
        let stars = text.replace("**", "\0");
        let part = |byte| match byte {
            b'\0' => Part::Any,
            b'*' => Part::Within,
            byte => Part::Byte(byte),
        };
        Ok(Self { parts: normal(stars.as_bytes()).into_iter().map(part).collect() })
    }

    /// Whether it stands for a request's path, without the query.
    pub fn fits(&self, path: &str) -> bool {
        fits(&self.parts, &normal(path.as_bytes()))
    }
}

fn check(text: &str) -> Result<(), Misread> {
    let wrong = |what: &str, help| Err(misread(format!("`{text}` {what}"), help));
    if !text.starts_with('/') {
        return wrong(
            "does not begin with `/`",
            "write it like `/cart`, `/cart/*` or `/cart/**`; `*` alone is every path",
        );
    }
    if text.len() > LONGEST {
        return wrong("is too long", "write 1024 bytes at most");
    }
    if text.contains("***") {
        return wrong("has `***`", "`*` is anything but `/`, `**` is anything");
    }
    if text.contains(['?', '#']) {
        return wrong("has more than a path", "leave the query out: it is not looked at");
    }
    if text.contains(['[', ']', '{', '}']) {
        return wrong("has a bracket, which means nothing", "`*` is anything but `/`, `**` is anything");
    }
    if text.contains(|it: char| it.is_ascii_control() || " \"<>\\^`|".contains(it)) {
        return wrong("has a character that no path has", "write it as a request has it, with `%20` for a blank");
    }
    let escapes = text.split('%').skip(1);
    let broken = |rest: &str| !rest.as_bytes().get(..2).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    if escapes.into_iter().any(broken) {
        return wrong("has a `%` without two hexadecimal digits", "write `%25` for a percent sign");
    }
    Ok(())
}

/// A path in the one form of all that mean the same (RFC 3986, 6.2.2): letters, digits and `-._~` stand for themselves,
/// what else is escaped has upper-case digits, and what no path has is escaped.
fn normal(path: &[u8]) -> Vec<u8> {
    let (mut found, mut rest) = (Vec::with_capacity(path.len()), path);
    while let [first, behind @ ..] = rest {
        rest = behind;
        let escaped = rest.first_chunk::<2>().filter(|_| *first == b'%').and_then(hexadecimal);
        if escaped.is_some() {
            rest = &rest[2..];
        }
        match escaped {
            Some(byte) if !is_plain(byte) => escape(byte, &mut found),
            None if is_plain(*first) || PUNCTUATION.contains(first) => found.push(*first),
            None => escape(*first, &mut found),
            Some(byte) => found.push(byte),
        }
    }
    found
}

/// What else can be in a path as it is; and what stands for `**` here.
const PUNCTUATION: &[u8] = b"!$&'()*+,;=:@/%\0";

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn hexadecimal(digits: &[u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|it| char::from(it).to_digit(16));
    u8::try_from(high? * 16 + low?).ok()
}

fn escape(byte: u8, to: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    to.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::PathPattern;

    #[test]
    fn patterns_stand_for_paths() {
        for (pattern, path, does) in [
            ("/cart", "/cart", true),
            ("/cart", "/cart/", false),
            ("/cart", "/Cart", false),
            ("/cart/*", "/cart/7", true),
            ("/cart/*", "/cart/", true),
            ("/cart/*", "/cart/7/items", false),
            ("/cart/*/items", "/cart/7/items", true),
            ("/cart/**", "/cart/7/items", true),
            ("/cart/**", "/cart", false),
            ("/cart**", "/cart", true),
            ("/**/items", "/a/b/items", true),
            ("/**", "/", true),
            ("/**", "*", false),
            ("/*.css", "/main.css", true),
        ] {
            assert_eq!(PathPattern::read(pattern).unwrap().fits(path), does, "{pattern} {path}");
        }
    }

    #[test]
    fn what_is_escaped_means_the_same_however_it_is_written() {
        for (pattern, path, does) in [
            ("/caf%C3%A9", "/caf%c3%a9", true),
            ("/café", "/caf%C3%A9", true),
            ("/~me", "/%7Eme", true),
            ("/a%2Fb", "/a%2fb", true),
            ("/a/b", "/a%2Fb", false),
            ("/a%20b", "/a%20b", true),
            ("/*", "/a%2Fb", true),
            ("/100%25", "/100%25", true),
            ("/a%2Ab", "/a%2Ab", true),
            ("/a%2Ab", "/axb", false),
            ("/a", "/b/../a", false),
            ("/a%22b", "/a\"b", true),
            ("/odd", "/odd%", false),
        ] {
            assert_eq!(PathPattern::read(pattern).unwrap().fits(path), does, "{pattern} {path}");
        }
    }

    #[test]
    fn what_no_request_has_is_refused() {
        for wrong in ["", "cart", "**", "/a?b=1", "/a#b", "/a b", "/a***", "/[ab]", "/{id}", "/a%2", "/a%zz", "/a\\b"] {
            assert!(PathPattern::read(wrong).is_err(), "{wrong}");
        }
        assert!(PathPattern::read(&format!("/{}", "a".repeat(1024))).is_err());
    }
}
