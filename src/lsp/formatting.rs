//! Laying out: the whole text has one layout; of it, the lines that are asked for.

use super::asked::Asked;
use super::text::Page;
use crate::base::SourceId;
use crate::format::format;
use gen_lsp_types::TextEdit;
use similar::{Algorithm, DiffTag, capture_diff_slices};
use std::ops::Range;

/// The text of a document as the formatter lays it out; none where it does not parse.
fn laid_out(text: &str) -> Option<String> {
    format(SourceId(0), text).ok()
}

/// Lays out the whole document.
pub fn whole(asked: &Asked) -> Option<Vec<TextEdit>> {
    let formatted = laid_out(asked.page.text)?;
    let changes = changes(asked.page.text, &formatted);
    Some(edits(asked.page, &changes))
}

/// Lays out the lines of a part of the document. The layout is that of the whole: other lines are left as they are, unless
/// what these hold would be lost or doubled by it.
pub fn range(asked: &Asked, bytes: Range<usize>) -> Option<Vec<TextEdit>> {
    let text = asked.page.text;
    let formatted = laid_out(text)?;
    let (first, last) = (asked.page.position(bytes.start).line, asked.page.position(bytes.end).line);
    let inside = |change: &&Change| change.lines.start <= last as usize && first as usize <= change.lines.end;
    let all = changes(text, &formatted);
    let some: Vec<Change> = all.iter().filter(inside).cloned().collect();
    let keeps = words(&changed(text, &some)).eq(words(text));
    Some(edits(asked.page, if keeps { &some } else { &all }))
}

/// Lays out what a `}` or a new line has just finished: the statement that ends there.
pub fn on_type(asked: &Asked, offset: usize) -> Option<Vec<TextEdit>> {
    let shape = super::shape::Shape::of(asked.page.text);
    let before = asked.page.text.get(..offset)?.trim_end().len();
    let statement = shape.statement_at(before.saturating_sub(1))?.clone();
    range(asked, statement.start..before)
}

/// Lines, and what stands in their place.
#[derive(Clone)]
struct Change {
    lines: Range<usize>,
    bytes: Range<usize>,
    new: String,
}

/// What changes a text into another one, in order; what touches is one change.
fn changes(text: &str, formatted: &str) -> Vec<Change> {
    let own: Vec<&str> = text.split_inclusive('\n').collect();
    let wanted: Vec<&str> = formatted.split_inclusive('\n').collect();
    let mut runs: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    let mut goes_on = false;
    for op in capture_diff_slices(Algorithm::Patience, &own, &wanted) {
        let (old, new) = (op.old_range(), op.new_range());
        match runs.last_mut() {
            _ if op.tag() == DiffTag::Equal => goes_on = false,
            Some(run) if goes_on => *run = (around(&run.0, &old), around(&run.1, &new)),
            _ => {
                runs.push((old, new));
                goes_on = true;
            }
        }
    }
    let start = |line: usize| own.iter().take(line).map(|line| line.len()).sum::<usize>();
    let change = |(lines, new): (Range<usize>, Range<usize>)| Change {
        bytes: start(lines.start)..start(lines.end),
        new: wanted.get(new).unwrap_or(&[]).concat(),
        lines,
    };
    let found: Vec<Change> = runs.into_iter().map(change).collect();
    match changed(text, &found) == formatted {
        true => found,
        false => vec![Change { lines: 0..own.len(), bytes: 0..text.len(), new: formatted.to_owned() }],
    }
}

fn around(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    a.start.min(b.start)..a.end.max(b.end)
}

/// A text after changes.
fn changed(text: &str, changes: &[Change]) -> String {
    let (mut out, mut at) = (String::new(), 0);
    for change in changes {
        out += text.get(at..change.bytes.start).unwrap_or_default();
        out += &change.new;
        at = change.bytes.end;
    }
    out + text.get(at..).unwrap_or_default()
}

/// All that is no layout.
fn words(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_whitespace())
}

fn edits(page: Page, changes: &[Change]) -> Vec<TextEdit> {
    let edit = |it: &Change| TextEdit { range: page.range(it.bytes.start, it.bytes.end), new_text: it.new.clone() };
    changes.iter().map(edit).collect()
}
