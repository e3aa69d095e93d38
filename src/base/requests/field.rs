//! Header fields that a request has.

use super::glob::{Part, fits};
use super::{LONGEST, Misread, is_token, misread};

/// A field: `x-canary` with any value, or `x-canary: yes` with this one, in which `*` stands for anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPattern {
    /// In lower case.
    name: String,
    /// None: any value.
    value: Option<Vec<Part>>,
}

impl FieldPattern {
    /// The field that is written.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, Misread> {
        const HELP: &str = "write it like `x-canary` or `x-canary: yes`";
        let (name, value) = text.split_once(':').map_or((text, None), |(name, value)| (name, Some(value.trim())));
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(misread(format!("`{name}` is no header field's name"), HELP));
        }
        if value == Some("") {
            return Err(misread(
                format!("`{text}` has no value behind the colon"),
                "leave the colon out for any value",
            ));
        }
        if value.is_some_and(|it| it.chars().any(char::is_control)) || text.len() > LONGEST {
            return Err(misread(format!("`{name}` has a value that no header field has"), HELP));
        }
        let part = |byte| if byte == b'*' { Part::Any } else { Part::Byte(byte) };
        Ok(Self { name: name.to_ascii_lowercase(), value: value.map(|it| it.bytes().map(part).collect()) })
    }

    /// The field's name, in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it stands for a field with this value.
    pub fn fits(&self, value: &[u8]) -> bool {
        self.value.as_ref().is_none_or(|it| fits(it, value.trim_ascii()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::FieldPattern;

    #[test]
    fn names_have_no_case_and_values_have() {
        let field = FieldPattern::read("X-Canary:  Yes ").unwrap();
        assert_eq!(field.name(), "x-canary");
        assert!(field.fits(b"Yes") && field.fits(b" Yes ") && !field.fits(b"yes") && !field.fits(b"Yes, no"));
        let any = FieldPattern::read("cookie").unwrap();
        assert!(any.fits(b"") && any.fits(b"a/b\xff"));
        let part = FieldPattern::read("cookie: *session=a*").unwrap();
        assert!(part.fits(b"x=1; session=a/b") && !part.fits(b"session=b"));
        assert!(FieldPattern::read("referer: http://shop/").unwrap().fits(b"http://shop/"));
    }

    #[test]
    fn what_no_request_has_is_refused() {
        for wrong in ["", ": a", "x y: a", "x-a:", "x-a: ", "é: a", "x-a: a\nb", "x-a : a"] {
            assert!(FieldPattern::read(wrong).is_err(), "{wrong}");
        }
    }
}
