//! What can be folded: blocks, lists over several lines, comments in a row.

use super::asked::Asked;
use super::shape::Shape;
use crate::format::Kind;
use gen_lsp_types::{FoldingRange, FoldingRangeKind};

/// All folds of a document.
pub fn ranges(asked: &Asked) -> Vec<FoldingRange> {
    let shape = Shape::of(asked.page.text);
    let line = |at: usize| asked.page.position(at).line;
    let mut found = Vec::new();
    for bracket in &shape.brackets {
        let (first, last) = (line(bracket.bytes.start), line(bracket.bytes.end.saturating_sub(1)));
        // The line that closes it stays in sight.
        found.extend(fold(first, last.saturating_sub(1), FoldingRangeKind::Region));
    }
    let mut row: Option<(u32, u32)> = None;
    for (at, _) in shape.tokens.iter().filter(|(_, token)| token.kind == Kind::Comment && !token.is_trailing()) {
        let here = line(*at);
        row = match row {
            Some((first, last)) if last + 1 == here => Some((first, here)),
            before => {
                found.extend(before.and_then(|(first, last)| fold(first, last, FoldingRangeKind::Comment)));
                Some((here, here))
            }
        };
    }
    found.extend(row.and_then(|(first, last)| fold(first, last, FoldingRangeKind::Comment)));
    found
}

fn fold(first: u32, last: u32, kind: FoldingRangeKind) -> Option<FoldingRange> {
    (first < last).then(|| FoldingRange { start_line: first, end_line: last, kind: Some(kind), ..Default::default() })
}
