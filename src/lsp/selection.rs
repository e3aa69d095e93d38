//! Selections that grow: the word, what brackets hold, the statement, the block around it, the file.

use super::asked::Asked;
use super::shape::Shape;
use gen_lsp_types::SelectionRange;
use std::ops::Range;

/// Selections in each other, at most.
const DEEPEST: usize = 60;

/// The selections around a byte, the smallest first.
pub fn around(asked: &Asked, offset: usize) -> SelectionRange {
    let (text, shape) = (asked.page.text, Shape::of(asked.page.text));
    let mut found: Vec<Range<usize>> = shape.statements.clone();
    found.push(0..text.len());
    for bracket in &shape.brackets {
        found.push(bracket.bytes.clone());
        found.push(trimmed(text, bracket.bytes.start + 1..bracket.bytes.end.saturating_sub(1)));
    }
    for (at, token) in &shape.tokens {
        let end = at + token.text.len();
        found.push(*at..end);
        if token.text.starts_with(['"', '`']) && token.text.len() > 1 {
            found.push(at + 1..end - 1);
        }
    }
    let last = known_part(text, offset);
    found.push(last.clone());
    found.retain(|it| it.start <= offset && offset <= it.end && text.get(it.clone()).is_some());
    found.sort_by_key(|it| std::cmp::Reverse(it.len()));
    let mut chain: Option<SelectionRange> = None;
    let mut outer = 0..text.len();
    // Clients refuse answers that are nested too deep: of very deep texts the outer part is left out, but for the file.
    found.drain(1..found.len().saturating_sub(DEEPEST).max(1));
    for it in found {
        let inside = outer.start <= it.start && it.end <= outer.end;
        if chain.is_none() || inside && it != outer {
            chain = Some(SelectionRange { range: asked.page.range(it.start, it.end), parent: chain.map(Box::new) });
            outer = it;
        }
    }
    chain.unwrap_or(SelectionRange { range: asked.page.whole(), parent: None })
}

/// The name in a path that a byte is in.
fn known_part(text: &str, offset: usize) -> Range<usize> {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let before = text.get(..offset).unwrap_or("");
    let start = before.trim_end_matches(word).len();
    let behind = text.get(offset..).unwrap_or("");
    let end = text.len() - behind.trim_start_matches(word).len();
    start..end
}

/// A range without the blanks at its ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let Some(inner) = text.get(range.clone()) else { return range.start..range.start };
    let start = range.start + (inner.len() - inner.trim_start().len());
    start..start + inner.trim().len()
}
