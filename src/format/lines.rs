//! Where lines break, and how far each is indented.

use super::WIDTH;
use super::shape::Shape;
use super::spacing::spaced;
use super::token::{Kind, Token};
use crate::syntax::{CONTINUING, OPERATOR_WORDS};

/// Columns of a block, and of what stands in brackets over several lines.
const STEP: usize = 2;

/// Columns of a line that goes on the statement of the line before it.
const HANGING: usize = 4;

/// A line of the result.
#[derive(Debug)]
pub struct Line<'t> {
    /// Blank columns at its start.
    pub indent: usize,
    /// What it says; empty where it is a comment alone. A raw text in it may hold line ends.
    pub code: String,
    /// The comment at its end.
    pub comment: Option<&'t str>,
    /// Whether a blank line stands before it.
    pub blank_before: bool,
}

/// The lines of a text's tokens.
pub fn lines<'t>(tokens: &[Token<'t>]) -> Vec<Line<'t>> {
    let mut writer = Writer { tokens, shape: Shape::of(tokens), open: Vec::new(), at: 0 };
    let mut lines = Vec::new();
    while writer.at < tokens.len() {
        lines.push(writer.line());
    }
    lines
}

/// An open bracket.
#[derive(Clone, Copy)]
struct Frame {
    /// Whether it is a brace.
    block: bool,
    /// The indentation of a line that starts with its partner.
    outer: usize,
    /// The indentation of the statement that goes on in that line.
    base: usize,
    /// The indentation of lines in it.
    inner: usize,
}

/// A line's indentation, and that of its statement or element.
#[derive(Clone, Copy)]
struct Margin {
    indent: usize,
    base: usize,
}

struct Writer<'t, 's> {
    tokens: &'s [Token<'t>],
    shape: Shape,
    open: Vec<Frame>,
    at: usize,
}

impl<'t> Writer<'t, '_> {
    fn line(&mut self) -> Line<'t> {
        let start = self.at;
        let blank_before = self.blank_before(start);
        let margin = self.margin(start);
        let mut line = Line { indent: margin.indent, code: String::new(), comment: None, blank_before };
        if self.tokens[start].kind != Kind::Comment {
            if !self.fits(start, margin.indent) {
                self.open_blocks(start);
            }
            self.code(margin, &mut line.code);
        }
        if let Some(token) = self.tokens.get(self.at)
            && token.kind == Kind::Comment
            && (self.at == start || token.is_trailing())
        {
            line.comment = Some(token.text);
            self.at += 1;
        }
        line
    }

    /// Takes the tokens of one line.
    fn code(&mut self, margin: Margin, code: &mut String) {
        let start = self.at;
        while let Some(token) = self.tokens.get(self.at) {
            if token.kind == Kind::Comment || (self.at > start && self.breaks(self.at)) {
                return;
            }
            if self.at > start && spaced(self.tokens, &self.shape, self.at) {
                code.push(' ');
            }
            code.push_str(token.text);
            self.bracket(token.kind, margin);
            self.at += 1;
            if self.parted_by_sign(self.at) {
                code.push(';');
            }
        }
    }

    fn bracket(&mut self, kind: Kind, margin: Margin) {
        match kind {
            Kind::Open => {
                let Margin { indent, base } = margin;
                self.open.push(Frame { block: false, outer: indent, base, inner: indent + STEP });
            }
            Kind::OpenBlock => {
                let base = self.open.last().map_or(0, |frame| if frame.block { frame.inner } else { margin.base });
                self.open.push(Frame { block: true, outer: base, base, inner: base + STEP });
            }
            Kind::Close | Kind::CloseBlock => drop(self.open.pop()),
            _ => {}
        }
    }

    /// The indentation of a line that starts with the token at `start`; a comment stands where the next line will.
    fn margin(&self, start: usize) -> Margin {
        let comment = self.tokens[start].kind == Kind::Comment;
        let next = self.shape.code_from[start];
        let Some(frame) = self.open.last() else {
            let hangs = next.is_some_and(|next| !self.shape.initial[next] && !self.opens_branch(next));
            return Margin { indent: if hangs { HANGING } else { 0 }, base: 0 };
        };
        let inner = Margin { indent: frame.inner, base: frame.inner };
        let Some(next) = next else { return inner };
        match self.tokens[next].kind {
            Kind::Close | Kind::CloseBlock if comment => inner,
            Kind::Close | Kind::CloseBlock => Margin { indent: frame.outer, base: frame.base },
            _ if self.starts_element(next) || self.opens_branch(next) => inner,
            _ => Margin { indent: frame.inner + HANGING, base: frame.inner },
        }
    }

    /// Whether a statement, or one of several things in brackets, starts here.
    fn starts_element(&self, at: usize) -> bool {
        self.shape.initial[at]
            || self.shape.code_before[at].is_some_and(|before| match self.tokens[before].kind {
                Kind::Open => true,
                Kind::Comma => self.open.last().is_some_and(|frame| !frame.block),
                _ => false,
            })
    }

    /// `else`, or a brace that a comment keeps on a line of its own.
    fn opens_branch(&self, at: usize) -> bool {
        let behind_block =
            || self.shape.code_before[at].is_some_and(|before| self.tokens[before].kind == Kind::CloseBlock);
        self.tokens[at].kind == Kind::OpenBlock || (self.tokens[at].text == "else" && behind_block())
    }

    fn blank_before(&self, at: usize) -> bool {
        if self.shape.apart[at] {
            return true;
        }
        let token = &self.tokens[at];
        if token.newlines < 2 || matches!(token.kind, Kind::Close | Kind::CloseBlock) {
            return false;
        }
        let Some(before) = self.shape.code_before[at] else { return at > 0 };
        // At a block's start there is nothing between, or the comment behind its brace.
        let follows = (before + 1..at).all(|at| self.tokens[at].is_trailing());
        let at_start = follows && matches!(self.tokens[before].kind, Kind::Open | Kind::OpenBlock);
        let goes_on = token.kind != Kind::Comment && !self.starts_element(at);
        !at_start && !goes_on && !self.shape.attribute[before]
    }

    /// Whether a line ends before the token at `at`, which is not the first.
    fn breaks(&self, at: usize) -> bool {
        let (before, token) = (&self.tokens[at - 1], &self.tokens[at]);
        if before.kind == Kind::Comment {
            return true;
        }
        if token.kind == Kind::Comment {
            return token.newlines > 0;
        }
        let between_statements = token.ended || before.kind == Kind::OpenBlock || token.kind == Kind::CloseBlock;
        if between_statements || self.shape.in_flat(at) {
            return self.shape.parts(self.tokens, at);
        }
        if token.newlines == 0 {
            return at > 1 && before.kind == Kind::Comma && before.newlines > 0 && self.joins(at - 1);
        }
        !self.joins(at)
    }

    /// Whether the line that its author broke before this token, inside a statement, is one.
    fn joins(&self, at: usize) -> bool {
        let (before, token) = (&self.tokens[at - 1], &self.tokens[at]);
        if before.kind == Kind::Comment {
            return false;
        }
        // A `##` comment documents what starts on its line; none may come to stand on another one's.
        if self.shape.in_doc_line[at] {
            let doc_is_next = self.tokens.get(at + 1).is_none_or(Token::is_doc);
            return token.kind == Kind::Comma && !doc_is_next;
        }
        match (before.kind, token.kind) {
            (Kind::Open, Kind::Close) => true,
            (Kind::Open, _) | (_, Kind::Close) => false,
            (_, Kind::OpenBlock) => true,
            (Kind::CloseBlock, Kind::Word) if token.text == "else" => true,
            _ => !spaced(self.tokens, &self.shape, at),
        }
    }

    /// Whether a `;` stands between the token before `at` and the next one that is no comment.
    fn parted_by_sign(&self, at: usize) -> bool {
        let before = &self.tokens[at - 1];
        let Some(next) = self.shape.code_from.get(at).copied().flatten() else { return false };
        let token = &self.tokens[next];
        if !token.ended || before.kind == Kind::OpenBlock || token.kind == Kind::CloseBlock {
            return false;
        }
        let one_line = next == at && !self.breaks(next);
        let starts_call = self.tokens.get(next + 1).is_some_and(|behind| behind.text == "(" && !behind.ended);
        one_line || goes_on(before, token.text, starts_call)
    }

    /// Whether the line that starts here fits, its comment aside. Looks no further than one line's width.
    fn fits(&self, start: usize, indent: usize) -> bool {
        let mut width = indent;
        for at in start..self.tokens.len() {
            let token = &self.tokens[at];
            if token.kind == Kind::Comment || (at > start && self.breaks(at)) {
                return true;
            }
            width += usize::from(at > start && spaced(self.tokens, &self.shape, at));
            width += usize::from(at > start && token.ended && token.kind != Kind::CloseBlock);
            if let Some(first) = token.text.lines().next().filter(|_| token.text.contains('\n')) {
                return width + first.chars().count() <= WIDTH;
            }
            width += token.text.chars().count();
            if width > WIDTH {
                return false;
            }
        }
        true
    }

    /// Breaks the outermost one-line blocks of a line, those in brackets aside.
    fn open_blocks(&mut self, start: usize) {
        let mut at = start;
        while at < self.tokens.len() && self.tokens[at].kind != Kind::Comment && (at == start || !self.breaks(at)) {
            if self.tokens[at].kind == Kind::OpenBlock && self.shape.flat[at] {
                let end = self.shape.partner[at];
                let stays = self.shape.in_brackets[at] || end == at + 1 || self.shape.in_doc_line[end];
                self.shape.flat[at] = stays;
                at = end.max(at);
            }
            at += 1;
        }
    }
}

/// Whether a line end behind this token and before this word would not end the statement: the rule of the layout pass.
fn goes_on(before: &Token, word: &str, starts_call: bool) -> bool {
    let operator = match before.kind {
        Kind::Comma | Kind::Colon | Kind::Operator | Kind::Sign | Kind::Open => true,
        Kind::Word => OPERATOR_WORDS.contains(&before.text),
        _ => false,
    };
    operator || (!starts_call && word.split('.').next().is_some_and(|word| CONTINUING.contains(&word)))
}
