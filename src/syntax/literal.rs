//! Numbers with units, and texts with escapes.

use super::errors;
use super::tree::ExprKind;
use crate::base::unit::{Measure, unit};
use crate::base::{Span, span};
use crate::diagnostics::Diagnostic;

/// Reads `1m30s`, `40%`, `50/s`, `503`.
///
/// # Errors
/// An unknown unit, or parts that do not belong together.
pub fn number(text: &str, at: Span) -> Result<ExprKind, Diagnostic> {
    let parts = split(text);
    let mut sum = 0.0;
    let mut seen: Option<(Measure, f64)> = None;
    for (digits, name, offset) in &parts {
        let value: f64 = digits.parse().unwrap_or(f64::INFINITY);
        if name.is_empty() {
            return if parts.len() == 1 { Ok(ExprKind::Number(value)) } else { Err(errors::mixed_units(at)) };
        }
        let place = part_span(at, offset + digits.len(), name.len());
        let (measure, size) = unit(name).ok_or_else(|| errors::unknown_unit(place, name))?;
        let follows =
            |(before, larger): (Measure, f64)| before == measure && measure == Measure::Duration && size < larger;
        if !seen.is_none_or(follows) {
            return Err(errors::mixed_units(at));
        }
        seen = Some((measure, size));
        sum += value * size;
    }
    Ok(seen.map_or(ExprKind::Number(sum), |(measure, _)| ExprKind::Quantity(sum, measure)))
}

fn part_span(at: Span, offset: usize, len: usize) -> Span {
    span::Span::new(at.source, at.start as usize + offset, at.start as usize + offset + len)
}

/// The parts of a number: digits, unit, and where the part begins.
fn split(text: &str) -> Vec<(&str, &str, usize)> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |end| digits + end);
        parts.push((&rest[..digits], &rest[digits..unit_end], at));
        at += unit_end.max(1);
    }
    parts
}

/// Resolves the escapes of `"text"`, given with its quotes.
///
/// # Errors
/// An unknown escape.
pub fn text(quoted: &str, at: Span) -> Result<String, Diagnostic> {
    let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted);
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(next) = rest.next() {
        match (next, next == '\\') {
            (_, true) => match rest.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(same @ ('"' | '\\')) => out.push(same),
                other => return Err(errors::unknown_escape(at, other.unwrap_or('\\'))),
            },
            (plain, false) => out.push(plain),
        }
    }
    Ok(out)
}

/// The inside of a raw text, given with its quotes.
pub fn raw(quoted: &str) -> String {
    quoted.trim_matches('`').to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{number, text};
    use crate::base::unit::Measure;
    use crate::base::{SourceId, Span};
    use crate::syntax::tree::ExprKind;

    fn read(text: &str) -> Option<ExprKind> {
        number(text, Span::new(SourceId(0), 0, text.len())).ok()
    }

    #[test]
    fn numbers_have_units() {
        assert_eq!(read("503"), Some(ExprKind::Number(503.0)));
        assert_eq!(read("1m30s"), Some(ExprKind::Quantity(90.0, Measure::Duration)));
        assert_eq!(read("50/s"), Some(ExprKind::Quantity(50.0, Measure::Frequency)));
        assert_eq!(read("10MiB"), Some(ExprKind::Quantity(10_485_760.0, Measure::Bytes)));
    }

    #[test]
    fn parts_must_belong_together() {
        for wrong in ["30s1m", "1m30", "5%3%", "3sec", "1s1s"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn escapes_are_resolved() {
        let at = Span::new(SourceId(0), 0, 0);
        assert_eq!(text(r#""a\"b\n""#, at).unwrap(), "a\"b\n");
        assert!(text(r#""\x""#, at).is_err());
    }
}
