//! Taking a statement out of a text, with the line it leaves empty.

use super::Subject;
use crate::base::Span;
use crate::diagnostics::{Diagnostic, Edit};

/// Adds the fix that removes the statement at `span`, where nothing else hangs on it: no attribute before it, no comment
/// behind it.
pub fn remove(finding: Diagnostic, span: Span, subject: &Subject) -> Diagnostic {
    let attributed =
        subject.file.allows.iter().any(|allow| allow.span.end == span.end && allow.span.start < span.start);
    let whole = subject.sources().get(span.source).and_then(|source| statement(&source.text, span));
    match whole.filter(|_| !attributed) {
        Some(whole) => finding.safe_fix("remove it", vec![Edit::new(whole, "")]),
        None => finding,
    }
}

/// The statement with the `;` that ends it, or the one before it, else with its whole line; nothing where a comment belongs
/// to it.
fn statement(text: &str, span: Span) -> Option<Span> {
    let (start, end) = (span.start as usize, span.end as usize);
    let (before, behind) = (text.get(..start)?, text.get(end..)?);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = behind.find('\n').map_or(text.len(), |newline| end + newline);
    let (left, right) = (text.get(line_start..start)?, text.get(end..line_end)?);
    if right.contains('#') {
        return None;
    }
    if let Some(rest) = right.trim_start().strip_prefix(';') {
        return Some(Span::new(span.source, start, line_end - rest.trim_start().len()));
    }
    if left.trim().is_empty() && right.trim().is_empty() {
        let next_line = (line_end + 1).min(text.len());
        return Some(Span::new(span.source, line_start, next_line));
    }
    let from = left.trim_end().strip_suffix(';').map_or(start, |kept| line_start + kept.trim_end().len());
    Some(Span::new(span.source, from, end))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::statement;
    use crate::base::{SourceId, Span};

    #[test]
    fn a_statement_goes_with_its_line_or_its_semicolon() {
        let cases = [
            ("a\n  window 10s\nb\n", "a\nb\n"),
            ("{ window 10s; b }", "{ b }"),
            ("{ b; window 10s }", "{ b }"),
            ("{ window 10s }", "{  }"),
            ("a\nwindow 10s", "a\n"),
            ("window 10s   ; b", "b"),
        ];
        for (text, left) in cases {
            let at = text.find("window 10s").unwrap();
            let whole = statement(text, Span::new(SourceId(0), at, at + 10)).unwrap();
            let mut after = text.to_owned();
            after.replace_range(whole.start as usize..whole.end as usize, "");
            assert_eq!(after, left);
        }
        assert_eq!(statement("window 10s # why", Span::new(SourceId(0), 0, 10)), None);
    }
}
