//! What belongs together: brackets, blocks that may stand on one line, statements, declarations.

use super::token::{Kind, Token};
use crate::syntax::DECLARING;

/// Words besides those of declarations that start what a `##` comment can document.
const DOCUMENTED_PARTS: &[&str] = &["metric", "param"];

/// Facts about each token, by its index.
#[derive(Debug)]
pub struct Shape {
    /// The bracket that belongs to this one; of other tokens, and where there is none, the token itself.
    pub partner: Vec<usize>,
    /// The last token before this one that is no comment.
    pub code_before: Vec<Option<usize>>,
    /// This token, or the first one behind it that is no comment.
    pub code_from: Vec<Option<usize>>,
    /// The innermost `{` whose block holds the gap before this token.
    pub block: Vec<Option<usize>>,
    /// Of a `{`: whether it stands in `( )` or `[ ]`.
    pub in_brackets: Vec<bool>,
    /// Of a `{`: whether its block stands on one line.
    pub flat: Vec<bool>,
    /// Whether the rest of its line, in the author's text and in the result, ends in a `##` comment.
    pub in_doc_line: Vec<bool>,
    /// Whether its line may not be broken before it: a `##` comment at the line's end documents what starts there.
    pub held: Vec<bool>,
    /// Whether it starts a statement, an attribute before it aside.
    pub initial: Vec<bool>,
    /// Whether it belongs to an attribute.
    pub attribute: Vec<bool>,
    /// Whether a blank line must stand before it.
    pub apart: Vec<bool>,
}

impl Shape {
    /// Looks at all tokens of a text.
    pub fn of(tokens: &[Token]) -> Self {
        let mut shape = Self {
            partner: (0..tokens.len()).collect(),
            code_before: vec![None; tokens.len()],
            code_from: vec![None; tokens.len()],
            block: vec![None; tokens.len()],
            in_brackets: vec![false; tokens.len()],
            flat: vec![false; tokens.len()],
            in_doc_line: vec![false; tokens.len()],
            held: vec![false; tokens.len()],
            initial: vec![false; tokens.len()],
            attribute: vec![false; tokens.len()],
            apart: vec![false; tokens.len()],
        };
        shape.find_code(tokens);
        shape.match_brackets(tokens);
        shape.find_attributes(tokens);
        shape.find_starts(tokens);
        shape.find_flat(tokens);
        shape.level_else(tokens);
        shape.hold_documented(tokens);
        shape.find_doc_lines(tokens);
        shape.set_apart(tokens);
        shape
    }

    fn find_code(&mut self, tokens: &[Token]) {
        let is_code = |at: usize| tokens[at].kind != Kind::Comment;
        for at in 1..tokens.len() {
            self.code_before[at] = if is_code(at - 1) { Some(at - 1) } else { self.code_before[at - 1] };
        }
        for at in (0..tokens.len()).rev() {
            self.code_from[at] = if is_code(at) { Some(at) } else { self.code_from.get(at + 1).copied().flatten() };
        }
    }

    fn match_brackets(&mut self, tokens: &[Token]) {
        let mut open: Vec<usize> = Vec::new();
        let mut blocks: Vec<usize> = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            self.block[at] = blocks.last().copied();
            self.in_brackets[at] = open.last().is_some_and(|opener| tokens[*opener].kind == Kind::Open);
            match token.kind {
                Kind::Open | Kind::OpenBlock => open.push(at),
                Kind::Close | Kind::CloseBlock => {
                    if let Some(opener) = open.pop() {
                        (self.partner[at], self.partner[opener]) = (opener, at);
                    }
                }
                _ => {}
            }
            match token.kind {
                Kind::OpenBlock => blocks.push(at),
                Kind::CloseBlock => drop(blocks.pop()),
                _ => {}
            }
        }
    }

    fn find_attributes(&mut self, tokens: &[Token]) {
        for at in 0..tokens.len() {
            if tokens[at].kind != Kind::At {
                continue;
            }
            let opener = tokens.get(at + 2).filter(|token| token.kind == Kind::Open && !token.ended);
            let end = if opener.is_some() { self.partner[at + 2] } else { at + 1 };
            let end = end.min(tokens.len() - 1);
            self.attribute[at..=end].fill(true);
        }
    }

    fn find_starts(&mut self, tokens: &[Token]) {
        for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind != Kind::Comment) {
            self.initial[at] = token.ended
                || self.code_before[at].is_none_or(|before| {
                    tokens[before].kind == Kind::OpenBlock || (self.attribute[before] && !self.attribute[at])
                });
        }
    }

    /// A block stands on one line if its author wrote it there and no comment is in it; an empty one always does.
    fn find_flat(&mut self, tokens: &[Token]) {
        let mut open: Vec<(usize, bool)> = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            let breaks = token.newlines > 0 || token.kind == Kind::Comment || token.text.contains('\n');
            if let Some((_, flat)) = open.last_mut() {
                *flat &= !breaks;
            }
            match token.kind {
                Kind::OpenBlock => open.push((at, true)),
                Kind::CloseBlock => {
                    let Some((opener, flat)) = open.pop() else { continue };
                    let documents = tokens.get(at + 1).is_some_and(|next| next.is_doc() && next.is_trailing());
                    self.flat[opener] = flat || (opener + 1 == at && !documents);
                    if let Some((_, outer)) = open.last_mut() {
                        *outer &= flat;
                    }
                }
                _ => {}
            }
        }
    }

    /// Both branches of a choice stand on one line, or neither.
    fn level_else(&mut self, tokens: &[Token]) {
        for at in 1..tokens.len() {
            if tokens[at].text != "else" || tokens[at].ended || tokens[at - 1].kind != Kind::CloseBlock {
                continue;
            }
            let Some(next) = tokens.get(at + 1).filter(|token| token.kind == Kind::OpenBlock) else { continue };
            let (first, second) = (self.partner[at - 1], at + 1);
            let flat = self.flat[first] && self.flat[second] && next.newlines == 0;
            (self.flat[first], self.flat[second]) = (flat, flat);
        }
    }

    fn hold_documented(&mut self, tokens: &[Token]) {
        let mut line = 0;
        let mut documented = None;
        for (at, token) in tokens.iter().enumerate() {
            if token.newlines > 0 {
                (line, documented) = (at, None);
            }
            if self.initial[at] && is_documented(token.text) {
                documented = Some(at);
            }
            if token.is_doc() && at > line {
                let from = documented.map_or(at, |start| start + 1);
                self.held[from..at].fill(true);
            }
        }
    }

    fn find_doc_lines(&mut self, tokens: &[Token]) {
        let mut documented = false;
        for (at, token) in tokens.iter().enumerate().rev() {
            documented |= token.is_doc();
            self.in_doc_line[at] = documented;
            documented &= at > 0 && token.newlines == 0 && !self.parts(tokens, at);
        }
    }

    /// Whether a line ends before this token because a statement does, or a block starts or ends. It is not the first.
    pub fn parts(&self, tokens: &[Token], at: usize) -> bool {
        let token = &tokens[at];
        let between = token.ended || tokens[at - 1].kind == Kind::OpenBlock || token.kind == Kind::CloseBlock;
        between && !self.held[at] && !self.in_flat(at)
    }

    /// Whether the gap before this token is inside a block on one line.
    pub fn in_flat(&self, at: usize) -> bool {
        self.block[at].is_some_and(|block| self.flat[block])
    }

    /// One blank line between declarations of which one has a block.
    fn set_apart(&mut self, tokens: &[Token]) {
        let mut last_has_block = None;
        let mut at = 0;
        while let Some(start) = self.code_from.get(at).copied().flatten() {
            let (next, has_block) = self.declaration(tokens, start);
            if last_has_block.is_some_and(|last| last || has_block) {
                self.part(tokens, at, start);
            }
            last_has_block = Some(has_block);
            at = next;
        }
    }

    /// Where the declaration that starts at `start` ends, attributes before it included, and whether it has a block.
    fn declaration(&self, tokens: &[Token], start: usize) -> (usize, bool) {
        let (mut at, mut has_block, mut before) = (start, false, start);
        while let Some(token) = tokens.get(at) {
            if token.kind != Kind::Comment {
                if at > start && token.ended && !self.attribute[before] {
                    return (before + 1, has_block);
                }
                has_block |= token.kind == Kind::OpenBlock;
                at = self.partner[at].max(at);
                before = at;
            }
            at += 1;
        }
        (before + 1, has_block)
    }

    /// Marks a blank line between the end of one declaration, behind which `from` stands, and the `start` of the next;
    /// none where the author left one.
    fn part(&mut self, tokens: &[Token], from: usize, start: usize) {
        let lines = (from..=start).filter(|at| !tokens[*at].is_trailing());
        if lines.clone().all(|at| tokens[at].newlines < 2)
            && let Some(first) = lines.min()
        {
            self.apart[first] = true;
        }
    }
}

fn is_documented(word: &str) -> bool {
    DECLARING.contains(&word) || DOCUMENTED_PARTS.contains(&word)
}
