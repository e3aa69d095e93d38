//! Changes of a text that mend what a finding is about.

use crate::base::Span;

/// One replacement: the bytes of `span` become `text`. An empty span inserts, an empty text removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Edit {
    /// `span` becomes `text`.
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    /// Whether two edits change the same text, or texts side by side.
    pub fn touches(&self, other: &Edit) -> bool {
        let (a, b) = (self.span, other.span);
        a.source == b.source && a.start <= b.end && b.start <= a.end
    }

    /// `text` is put before `span`.
    pub fn before(span: Span, text: impl Into<String>) -> Self {
        Self::new(Span { end: span.start, ..span }, text)
    }

    /// `text` is put after `span`.
    pub fn after(span: Span, text: impl Into<String>) -> Self {
        Self::new(Span { start: span.end, ..span }, text)
    }
}

/// A way to mend a finding: all of its edits, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order: ``write `==` ``.
    pub title: String,
    /// Replacements that do not overlap.
    pub edits: Vec<Edit>,
    /// Whether it says what the author surely meant: then it is applied without asking.
    pub safe: bool,
}

impl Fix {
    /// Whether a help line already tells what this fix does: in its words, or by showing the text that it writes.
    pub fn is_told_by(&self, help: &str) -> bool {
        let written = match self.edits.as_slice() {
            [one] => format!("`{}`", one.text.trim()),
            _ => return help == self.title,
        };
        help == self.title || (written.len() > 2 && help.contains(&written))
    }
}

/// The text with these edits, which must all be of it. None where they overlap or do not fit it.
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        text.get(start..end)?;
        out.push_str(text.get(at..start)?);
        out.push_str(&edit.text);
        at = end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::{Edit, apply};
    use crate::base::{SourceId, Span};

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit::new(Span::new(SourceId(0), start, end), text)
    }

    #[test]
    fn edits_are_applied_in_any_order() {
        let applied = apply("a = b", &[edit(4, 5, "bee"), edit(2, 3, "=="), edit(0, 0, "not ")]);
        assert_eq!(applied.as_deref(), Some("not a == bee"));
    }

    #[test]
    fn edits_that_do_not_fit_are_refused() {
        assert_eq!(apply("abc", &[edit(0, 2, "x"), edit(1, 3, "y")]), None);
        assert_eq!(apply("abc", &[edit(2, 9, "x")]), None);
        assert_eq!(apply("é", &[edit(1, 2, "x")]), None);
        assert_eq!(apply("abc", &[edit(2, 1, "x")]), None);
    }
}
