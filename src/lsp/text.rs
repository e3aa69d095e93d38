//! Places as the protocol has them: lines from 0, and columns in the units that the client counts in.

use crate::base::Span;
use gen_lsp_types::{Position, Range};

/// What columns count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Halves of UTF-16, what every client knows.
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    fn units(self, text: &str) -> usize {
        match self {
            Encoding::Utf8 => text.len(),
            Encoding::Utf16 => text.encode_utf16().count(),
            Encoding::Utf32 => text.chars().count(),
        }
    }

    fn units_of(self, character: char) -> usize {
        match self {
            Encoding::Utf8 => character.len_utf8(),
            Encoding::Utf16 => character.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }
}

/// Where the lines of a text start. A line ends with `\n`, `\r\n` or `\r`.
#[derive(Clone, Debug)]
pub struct Lines(Vec<usize>);

impl Lines {
    /// Those of a text.
    pub fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = |at: &usize| match bytes[*at] {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        Self(std::iter::once(0).chain((0..bytes.len()).filter(ends).map(|at| at + 1)).collect())
    }
}

/// A text with its lines, and how its columns are counted.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    /// The text.
    pub text: &'a str,
    lines: &'a Lines,
    encoding: Encoding,
}

impl<'a> Page<'a> {
    /// A text; `lines` are its own.
    pub fn new(text: &'a str, lines: &'a Lines, encoding: Encoding) -> Self {
        Self { text, lines, encoding }
    }

    /// The position of a byte; of the text's end where it lies behind that. Between `\r` and `\n` that is the line's end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = floor(self.text, offset);
        let line = self.lines.0.partition_point(|start| *start <= offset).max(1) - 1;
        let start = self.lines.0.get(line).copied().unwrap_or(0);
        let before = self.line_text(line);
        let column = self.encoding.units(before.get(..offset - start).unwrap_or(before));
        Position { line: small(line), character: small(column) }
    }

    /// The byte at a position; the line's end where the column lies behind it, the text's where the line does.
    pub fn offset(&self, position: Position) -> usize {
        let Some(start) = self.lines.0.get(position.line as usize).copied() else { return self.text.len() };
        let line = self.line_text(position.line as usize);
        let mut left = position.character as usize;
        for (at, character) in line.char_indices() {
            let units = self.encoding.units_of(character);
            if left < units {
                return start + at;
            }
            left -= units;
        }
        start + line.len()
    }

    /// The text of a line, without its end.
    pub fn line_text(&self, line: usize) -> &'a str {
        let Some(start) = self.lines.0.get(line).copied() else { return "" };
        let end = self.lines.0.get(line + 1).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or("").trim_end_matches(['\r', '\n'])
    }

    /// Where a line starts; the text's end where there is no such line.
    pub fn line_start(&self, line: usize) -> usize {
        self.lines.0.get(line).copied().unwrap_or(self.text.len())
    }

    /// The range of bytes as positions.
    pub fn range(&self, start: usize, end: usize) -> Range {
        Range { start: self.position(start), end: self.position(end.max(start)) }
    }

    /// The range of a span, which must be of this text.
    pub fn of(&self, span: Span) -> Range {
        self.range(span.start as usize, span.end as usize)
    }

    /// The bytes of a range, in order.
    pub fn bytes(&self, range: Range) -> std::ops::Range<usize> {
        let (start, end) = (self.offset(range.start), self.offset(range.end));
        start.min(end)..start.max(end)
    }

    /// Everything.
    pub fn whole(&self) -> Range {
        self.range(0, self.text.len())
    }
}

/// The nearest start of a character that is not behind `offset`.
pub fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Lines and columns are far smaller than this.
pub fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Encoding, Lines, Page};
    use gen_lsp_types::Position;

    const TEXT: &str = "aé😀b\r\nx\ry\n";

    fn at(encoding: Encoding, line: u32, character: u32) -> usize {
        let lines = Lines::of(TEXT);
        Page::new(TEXT, &lines, encoding).offset(Position { line, character })
    }

    #[test]
    fn columns_count_what_was_agreed() {
        assert_eq!(at(Encoding::Utf16, 0, 4), 7);
        assert_eq!(at(Encoding::Utf8, 0, 7), 7);
        assert_eq!(at(Encoding::Utf32, 0, 3), 7);
        let lines = Lines::of(TEXT);
        assert_eq!(Page::new(TEXT, &lines, Encoding::Utf16).position(7), Position { line: 0, character: 4 });
        assert_eq!(Page::new(TEXT, &lines, Encoding::Utf8).position(7), Position { line: 0, character: 7 });
        assert_eq!(Page::new(TEXT, &lines, Encoding::Utf32).position(7), Position { line: 0, character: 3 });
    }

    #[test]
    fn nothing_stands_behind_the_end_of_a_line() {
        let lines = Lines::of(TEXT);
        let page = Page::new(TEXT, &lines, Encoding::Utf16);
        assert_eq!(page.position(9), page.position(8));
        assert_eq!(page.position(10), Position { line: 1, character: 0 });
    }

    #[test]
    fn positions_in_the_middle_or_behind_the_end_are_the_nearest_ones() {
        assert_eq!(at(Encoding::Utf16, 0, 3), 3);
        assert_eq!(at(Encoding::Utf8, 0, 2), 1);
        assert_eq!(at(Encoding::Utf16, 0, 99), 8);
        assert_eq!(at(Encoding::Utf16, 1, 9), 11);
        assert_eq!(at(Encoding::Utf16, 2, 0), 12);
        assert_eq!(at(Encoding::Utf16, 99, 0), TEXT.len());
    }
}
