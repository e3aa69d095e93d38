//! What words are, for colours: by what the analysis knows of them, else by their form.

use super::asked::Asked;
use super::index::{Occurrence, What};
use super::text::Page;
use crate::format::{Kind as Form, Token, placed_tokens};
use crate::names::Kind;
use crate::syntax::is_keyword;
use gen_lsp_types::{Position, SemanticToken, SemanticTokens};
use std::ops::Range;

/// The types of tokens; a token names one by its place here.
pub const TYPES: &[&str] = &[
    "comment",
    "string",
    "number",
    "keyword",
    "operator",
    "type",
    "namespace",
    "class",
    "function",
    "variable",
    "parameter",
    "property",
    "method",
    "enumMember",
    "decorator",
    "event",
];

/// What may be said of a token besides.
pub const MODIFIERS: &[&str] = &["declaration", "readonly", "defaultLibrary", "documentation"];

const DECLARATION: u32 = 1;
const READ_ONLY: u32 = 1 << 1;
const LIBRARY: u32 = 1 << 2;
const DOCUMENTATION: u32 = 1 << 3;

/// All tokens of a document.
pub fn all(asked: &Asked) -> SemanticTokens {
    of_range(asked, 0..asked.page.text.len())
}

/// The tokens of a part of a document.
pub fn of_range(asked: &Asked, bytes: Range<usize>) -> SemanticTokens {
    let occurrences = asked.known.map_or(&[][..], |known| known.occurrences());
    let mut painter = Painter { page: asked.page, last: Position::default(), data: Vec::new() };
    for (at, token) in placed_tokens(asked.page.text) {
        let inside = at < bytes.end && bytes.start < at + token.text.len();
        if inside {
            painter.token(at, &token, occurrences);
        }
    }
    SemanticTokens { result_id: None, data: painter.data }
}

struct Painter<'a> {
    page: Page<'a>,
    last: Position,
    data: Vec<SemanticToken>,
}

impl Painter<'_> {
    fn token(&mut self, at: usize, token: &Token, occurrences: &[Occurrence]) {
        let end = at + token.text.len();
        match token.kind {
            Form::Comment => self.paint(at..end, "comment", if token.is_doc() { DOCUMENTATION } else { 0 }),
            Form::Literal if token.text.starts_with(|c: char| c.is_ascii_digit()) => self.paint(at..end, "number", 0),
            Form::Literal => self.paint(at..end, "string", 0),
            Form::At => self.paint(at..end, "decorator", 0),
            Form::Operator | Form::Sign | Form::Range => self.paint(at..end, "operator", 0),
            Form::Word => self.words(at..end, occurrences),
            _ => {}
        }
    }

    /// A path is painted name by name; of what is several words, as `not steady`, these.
    fn words(&mut self, path: Range<usize>, occurrences: &[Occurrence]) {
        let first = occurrences.partition_point(|it| (it.at.end as usize) <= path.start);
        let inside: Vec<&Occurrence> =
            occurrences[first..].iter().take_while(|it| (it.at.start as usize) < path.end).collect();
        if inside.is_empty() {
            let word = self.page.text.get(path.clone()).unwrap_or("");
            if is_keyword(word) {
                self.paint(path, "keyword", 0);
            }
            return;
        }
        let mut painted = path.start;
        for it in inside {
            let place = painted.max(it.at.start as usize)..path.end.min(it.at.end as usize);
            painted = painted.max(place.end);
            if let Some((name, modifiers)) = style(it, it.at.of(self.page.text)) {
                self.paint(place, name, modifiers | if it.declares() { DECLARATION } else { 0 });
            }
        }
    }

    /// Adds a token, line by line: many clients take none over several lines.
    fn paint(&mut self, bytes: Range<usize>, name: &str, modifiers: u32) {
        let Some(token_type) = TYPES.iter().position(|known| *known == name) else { return };
        let (first, last) = (self.page.position(bytes.start).line, self.page.position(bytes.end).line);
        for line in first..=last {
            let start = self.page.line_start(line as usize).max(bytes.start);
            let line_end = self.page.line_start(line as usize) + self.page.line_text(line as usize).len();
            let (from, to) = (self.page.position(start), self.page.position(line_end.min(bytes.end)));
            if from.line != line || to.character <= from.character {
                continue;
            }
            let delta_line = line - self.last.line;
            let delta_start = if delta_line == 0 { from.character - self.last.character } else { from.character };
            let length = to.character - from.character;
            let token_type = super::text::small(token_type);
            self.data.push(SemanticToken {
                delta_line,
                delta_start,
                length,
                token_type,
                token_modifiers_bitset: modifiers,
            });
            self.last = from;
        }
    }
}

/// How a name is painted.
fn style(it: &Occurrence, text: &str) -> Option<(&'static str, u32)> {
    Some(match it.what {
        What::Declaration(Kind::System | Kind::Environment | Kind::Policy | Kind::Model) => ("class", 0),
        What::Declaration(Kind::Constant) => ("variable", READ_ONLY),
        What::Declaration(Kind::Test | Kind::Schedule) if text.starts_with('"') => ("string", 0),
        What::Declaration(_) => ("function", 0),
        What::Module => ("namespace", 0),
        What::File => ("string", 0),
        What::Service | What::Source => ("variable", 0),
        What::Metric => ("property", 0),
        What::Parameter => ("parameter", 0),
        What::Step => ("event", 0),
        What::Function => ("method", LIBRARY),
        What::Type => ("type", LIBRARY),
        What::Limit => ("property", LIBRARY),
        What::Lint => ("decorator", 0),
        What::Fact => ("property", READ_ONLY | LIBRARY),
        What::Word if is_keyword(text) => ("keyword", 0),
        What::Word => ("enumMember", 0),
    })
}
