//! The shape of a text, from its tokens: brackets and statements. So it is known in broken files, too.

use crate::format::{Kind, Token, placed_tokens};
use crate::syntax::DECLARING;
use std::ops::Range;

/// The shape of a text.
pub struct Shape<'t> {
    text: &'t str,
    /// Its tokens, each with its place.
    pub tokens: Vec<(usize, Token<'t>)>,
    /// Brackets in the order in which they open.
    pub brackets: Vec<Bracket>,
    /// Statements: from the first to the last token of each, its block among them.
    pub statements: Vec<Range<usize>>,
    /// The brackets that are never closed, outermost first; by their place in `brackets`.
    pub open: Vec<usize>,
    /// The first token of the innermost statement at the end, by its number.
    pub unfinished: Option<usize>,
}

/// A pair of brackets.
#[derive(Clone, Debug)]
pub struct Bracket {
    /// What opens it.
    pub kind: Kind,
    /// The first token of the statement in which it opens, by its number.
    pub head: usize,
    /// The token that opens it, by its number.
    pub token: usize,
    /// From the bracket that opens it to behind the one that closes it, or to the text's end.
    pub bytes: Range<usize>,
}

/// A list of statements, or of other things between brackets.
struct Level {
    /// Its bracket; none of the file.
    bracket: Option<usize>,
    /// The first token of the statement being read.
    first: Option<usize>,
    /// Where the last token of that ended.
    end: usize,
}

impl<'t> Shape<'t> {
    /// Of any text.
    pub fn of(text: &'t str) -> Self {
        let tokens = placed_tokens(text);
        let mut shape =
            Shape { text, tokens, brackets: Vec::new(), statements: Vec::new(), open: Vec::new(), unfinished: None };
        let mut levels = vec![Level { bracket: None, first: None, end: 0 }];
        for number in 0..shape.tokens.len() {
            shape.token(number, &mut levels);
        }
        shape.unfinished = levels.last().and_then(|level| level.first);
        while let Some(level) = levels.pop() {
            shape.finish(&level);
            // A statement holds the block that is still open in it.
            if let Some(outer) = levels.last_mut() {
                outer.end = outer.end.max(level.end);
            }
            shape.open.extend(level.bracket);
            if let Some(bracket) = level.bracket.and_then(|at| shape.brackets.get_mut(at)) {
                bracket.bytes.end = text.len();
            }
        }
        shape.open.reverse();
        shape.statements.sort_by_key(|it| (it.start, std::cmp::Reverse(it.end)));
        shape
    }

    fn token(&mut self, number: usize, levels: &mut Vec<Level>) {
        let Some((at, token)) = self.tokens.get(number).copied() else { return };
        if token.kind == Kind::Comment {
            return;
        }
        let closes = match token.kind {
            Kind::CloseBlock => Some(Kind::OpenBlock),
            Kind::Close => Some(Kind::Open),
            _ => None,
        };
        if let Some(opener) = closes {
            self.close(opener, at + token.text.len(), levels);
            return;
        }
        if self.declares(number) {
            self.end_all(at, levels);
        }
        let Some(level) = levels.last_mut() else { return };
        if (token.ended || level.first.is_none()) && !levels_of_parts(level, &self.brackets) {
            let ended = Level { bracket: None, first: level.first, end: level.end };
            level.first = Some(number);
            self.finish(&ended);
        }
        let Some(level) = levels.last_mut() else { return };
        level.first = level.first.or(Some(number));
        level.end = at + token.text.len();
        let head = level.first.unwrap_or(number);
        if matches!(token.kind, Kind::Open | Kind::OpenBlock) {
            let bytes = at..at + token.text.len();
            self.brackets.push(Bracket { kind: token.kind, head, token: number, bytes });
            levels.push(Level { bracket: Some(self.brackets.len() - 1), first: None, end: at });
        }
    }

    /// Whether a line begins here with a declaration: it stands in no block, so those around it are not closed.
    fn declares(&self, number: usize) -> bool {
        let Some((at, token)) = self.tokens.get(number) else { return false };
        let is_first = token.ended && token.newlines > 0 && DECLARING.contains(&token.text);
        let column =
            self.text.get(..*at).map_or(0, |before| before.len() - before.rfind('\n').map_or(0, |end| end + 1));
        is_first && column == 0
    }

    /// Whatever is open ends before a byte.
    fn end_all(&mut self, at: usize, levels: &mut Vec<Level>) {
        let mut end = 0;
        for level in levels.split_off(1).into_iter().rev() {
            end = level.end.max(end);
            self.finish(&Level { end, ..level });
            if let Some(bracket) = level.bracket.and_then(|at| self.brackets.get_mut(at)) {
                bracket.bytes.end = at;
            }
        }
        if let Some(file) = levels.last_mut() {
            file.end = file.end.max(end);
        }
    }

    /// A closing bracket: of the innermost one of its kind; those inside it that are still open end with it.
    fn close(&mut self, opener: Kind, end: usize, levels: &mut Vec<Level>) {
        let fits =
            |level: &Level| level.bracket.and_then(|at| self.brackets.get(at)).is_some_and(|it| it.kind == opener);
        let Some(at) = levels.iter().rposition(fits) else { return };
        for level in levels.split_off(at) {
            self.finish(&level);
            if let Some(bracket) = level.bracket.and_then(|at| self.brackets.get_mut(at)) {
                bracket.bytes.end = end;
            }
        }
        if let Some(level) = levels.last_mut() {
            level.end = end;
        }
    }

    fn finish(&mut self, level: &Level) {
        let start = level.first.and_then(|first| self.tokens.get(first)).map(|(at, _)| *at);
        if let Some(start) = start.filter(|start| *start < level.end) {
            self.statements.push(start..level.end);
        }
    }

    /// The texts of tokens, comments aside.
    pub fn words(&self, numbers: Range<usize>) -> Vec<&'t str> {
        let tokens = self.tokens.get(numbers).unwrap_or(&[]);
        tokens.iter().filter(|(_, token)| token.kind != Kind::Comment).map(|(_, token)| token.text).collect()
    }

    /// The words before a bracket, in its statement.
    pub fn head_of(&self, bracket: &Bracket) -> Vec<&'t str> {
        self.words(bracket.head..bracket.token)
    }

    /// The statement that holds a byte, without those around it.
    pub fn statement_at(&self, offset: usize) -> Option<&Range<usize>> {
        self.statements_at(offset).min_by_key(|it| it.len())
    }

    /// The same, without the parts of lists of arguments or values: an attribute can stand before it.
    pub fn statement_outside_lists(&self, offset: usize) -> Option<&Range<usize>> {
        let lists = || self.brackets.iter().filter(|bracket| bracket.kind == Kind::Open);
        let is_in_list = |at: usize| lists().any(|list| list.bytes.start < at && at < list.bytes.end);
        self.statements_at(offset).filter(|it| !is_in_list(it.start)).min_by_key(|it| it.len())
    }

    fn statements_at(&self, offset: usize) -> impl Iterator<Item = &Range<usize>> {
        self.statements.iter().filter(move |it| it.start <= offset && offset <= it.end)
    }
}

/// Whether a list is one of arguments or values, in which nothing ends a statement.
fn levels_of_parts(level: &Level, brackets: &[Bracket]) -> bool {
    let kind = level.bracket.and_then(|at| brackets.get(at)).map(|bracket| bracket.kind);
    kind == Some(Kind::Open) && level.first.is_some()
}
