//! Patterns of bytes with parts that stand for any.

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// This byte.
    Byte(u8),
    /// Any bytes but `/`, also none.
    Within,
    /// Any bytes, also none.
    Any,
}

/// The part behind one that stands for any bytes, and where in the text it is looked for next.
type Retry = (usize, usize);

/// Whether the parts stand for the text. The time is bounded by the product of their lengths.
pub(super) fn fits(parts: &[Part], text: &[u8]) -> bool {
    let (mut part, mut at) = (0, 0);
    // Of the last part of each kind that stands for any bytes.
    let (mut within, mut any): (Option<Retry>, Option<Retry>) = (None, None);
    loop {
        match parts.get(part) {
            Some(Part::Any) => {
                (any, within) = (Some((part + 1, at)), None);
                part += 1;
            }
            Some(Part::Within) => {
                within = Some((part + 1, at));
                part += 1;
            }
            Some(Part::Byte(byte)) if text.get(at) == Some(byte) => (part, at) = (part + 1, at + 1),
            None if at == text.len() => return true,
            _ => {
                let longer = within.filter(|(_, end)| text.get(*end).is_some_and(|byte| *byte != b'/'));
                if let Some((behind, end)) = longer {
                    within = Some((behind, end + 1));
                    (part, at) = (behind, end + 1);
                } else if let Some((behind, end)) = any.filter(|(_, end)| *end < text.len()) {
                    (any, within) = (Some((behind, end + 1)), None);
                    (part, at) = (behind, end + 1);
                } else {
                    return false;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, fits};

    /// `*` is within, `>` is any.
    fn parts(pattern: &str) -> Vec<Part> {
        let part = |byte| match byte {
            b'*' => Part::Within,
            b'>' => Part::Any,
            byte => Part::Byte(byte),
        };
        pattern.bytes().map(part).collect()
    }

    /// The same, plainly.
    fn plainly(parts: &[Part], text: &[u8]) -> bool {
        match (parts.split_first(), text.split_first()) {
            (None, rest) => rest.is_none(),
            (Some((Part::Byte(byte), rest)), Some((first, behind))) => byte == first && plainly(rest, behind),
            (Some((Part::Byte(_), _)), None) => false,
            (Some((_, rest)), None) => plainly(rest, text),
            (Some((Part::Within, rest)), Some((b'/', _))) => plainly(rest, text),
            (Some((_, rest)), Some((_, behind))) => plainly(rest, text) || plainly(parts, behind),
        }
    }

    #[test]
    fn every_short_pattern_fits_what_it_plainly_means() {
        let all = |letters: &[u8], longest: usize| {
            let mut texts = vec![String::new()];
            let mut from = 0;
            for _ in 0..longest {
                let until = texts.len();
                for at in from..until {
                    texts.extend(
                        letters.iter().map(|it| format!("{}{}", texts[at], char::from(*it))).collect::<Vec<_>>(),
                    );
                }
                from = until;
            }
            texts
        };
        let (patterns, texts) = (all(b"a/*>", 5), all(b"a/", 6));
        for pattern in &patterns {
            let parts = parts(pattern);
            for text in &texts {
                assert_eq!(fits(&parts, text.as_bytes()), plainly(&parts, text.as_bytes()), "{pattern} {text}");
            }
        }
    }

    #[test]
    fn what_nearly_fits_takes_no_time() {
        let parts = parts(&"*a".repeat(200));
        assert!(!fits(&parts, format!("{}b", "a".repeat(5000)).as_bytes()));
    }
}
