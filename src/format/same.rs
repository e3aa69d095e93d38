//! The formatter's check of itself: its result says what the text said.

use super::token::{Kind, Token, tokens};
use crate::base::SourceId;
use crate::diagnostics::any_error;
use crate::syntax::{self, File};

/// What `formatted` says differently from the text that has this tree and these tokens; nothing if it says the same.
pub fn difference(tree: &File, before: &[Token], formatted: &str) -> Option<&'static str> {
    let after = tokens(formatted);
    if !meanings(before).eq(meanings(&after)) {
        return Some("the tokens");
    }
    if !comments(before).eq(comments(&after)) {
        return Some("the comments");
    }
    let parsed = syntax::parse(SourceId(0), formatted);
    if any_error(&parsed.findings) || shape(tree) != shape(&parsed.file) {
        return Some("the tree");
    }
    None
}

/// What the parser makes a tree of: each token, and whether a statement ends before it. At the edges of a block an end
/// means nothing.
fn meanings<'t>(tokens: &'t [Token]) -> impl Iterator<Item = (Kind, &'t str, bool)> {
    let mut before = Kind::OpenBlock;
    tokens.iter().filter(|token| token.kind != Kind::Comment).map(move |token| {
        let at_edge = before == Kind::OpenBlock || token.kind == Kind::CloseBlock;
        before = token.kind;
        (token.kind, token.text, token.ended && !at_edge)
    })
}

fn comments<'t>(tokens: &'t [Token]) -> impl Iterator<Item = &'t str> {
    tokens.iter().filter(|token| token.kind == Kind::Comment).map(|token| token.text)
}

/// The tree without the places in it. Which declaration a `##` comment belongs to is part of it.
fn shape(tree: &File) -> String {
    let whole = format!("{tree:?}");
    let mut shape = String::with_capacity(whole.len() / 2);
    let mut rest = whole.as_str();
    while let Some((before, place)) = rest.split_once("Span {") {
        shape.push_str(before);
        rest = place.split_once('}').map_or("", |(_, after)| after);
    }
    shape.push_str(rest);
    shape
}
