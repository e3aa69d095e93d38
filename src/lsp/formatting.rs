//! Laying out: the whole text has one layout; of it, the lines that are asked for.

use super::asked::Asked;
use super::text::Page;
use crate::base::SourceId;
use crate::format::format;
use gen_lsp_types::TextEdit;
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices};
use std::ops::Range;

/// The text of a document as the formatter lays it out, with its own line ends; none where it does not parse.
fn laid_out(text: &str) -> Option<String> {
    let formatted = format(SourceId(0), text).ok()?;
    Some(if text.contains("\r\n") { formatted.replace('\n', "\r\n") } else { formatted })
}

/// Lays out the whole document.
pub fn whole(asked: &Asked) -> Option<Vec<TextEdit>> {
    let formatted = laid_out(asked.page.text)?;
    Some(changes(asked.page, &formatted).into_iter().map(|(_, edit)| edit).collect())
}

/// Lays out the lines of a part of the document. The layout is that of the whole: other lines are left as they are.
pub fn range(asked: &Asked, bytes: Range<usize>) -> Option<Vec<TextEdit>> {
    let formatted = laid_out(asked.page.text)?;
    let (first, last) = (asked.page.position(bytes.start).line, asked.page.position(bytes.end).line);
    let inside = |lines: &Range<usize>| lines.start <= last as usize && first as usize <= lines.end;
    let all = changes(asked.page, &formatted);
    Some(all.into_iter().filter(|(lines, _)| inside(lines)).map(|(_, edit)| edit).collect())
}

/// Lays out what a `}` or a new line has just finished: the statement that ends there.
pub fn on_type(asked: &Asked, offset: usize) -> Option<Vec<TextEdit>> {
    let shape = super::shape::Shape::of(asked.page.text);
    let before = asked.page.text.get(..offset)?.trim_end().len();
    let statement = shape.statement_at(before.saturating_sub(1))?.clone();
    range(asked, statement.start..before)
}

/// The changed lines, each run of them with the edit that changes it.
fn changes(page: Page, formatted: &str) -> Vec<(Range<usize>, TextEdit)> {
    let own: Vec<&str> = page.text.split_inclusive('\n').collect();
    let wanted: Vec<&str> = formatted.split_inclusive('\n').collect();
    let ops = capture_diff_slices(Algorithm::Patience, &own, &wanted);
    let starts: Vec<usize> = own
        .iter()
        .scan(0, |end, line| {
            *end += line.len();
            Some(*end)
        })
        .collect();
    let start = |line: usize| line.checked_sub(1).and_then(|line| starts.get(line)).copied().unwrap_or(0);
    let changed = ops.into_iter().filter(|op| op.tag() != DiffTag::Equal);
    let edit = |op: DiffOp| {
        let (lines, new_text) = (op.old_range(), wanted.get(op.new_range()).unwrap_or(&[]).concat());
        let range = page.range(start(lines.start), start(lines.end));
        (lines, TextEdit { range, new_text })
    };
    changed.map(edit).collect()
}
