//! Blanks within a line.

use super::shape::Shape;
use super::token::{Kind, Token};
use crate::syntax::{CONTINUING, keywords};

/// Words of operators and quantifiers, behind which an operand stands.
const BEFORE_OPERANDS: &[&str] = &["and", "or", "not", "of", "always", "never"];

/// Words behind which the name of a function stands.
const BEFORE_FUNCTIONS: &[&str] = &["fault", "probe", "scenario", "inject", "call"];

/// Whether a blank stands before the token at `at`, on one line with the one before it.
pub fn spaced(tokens: &[Token], shape: &Shape, at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|before| tokens.get(before)) else { return false };
    match (before.kind, tokens[at].kind) {
        (Kind::Open | Kind::Range | Kind::At | Kind::Sign | Kind::OpenType, _) => false,
        (_, Kind::Close | Kind::Comma | Kind::Colon | Kind::Range | Kind::OpenType | Kind::CloseType) => false,
        (Kind::Word, Kind::Open) if tokens[at].text == "(" => !calls(tokens, shape, at - 1),
        _ => true,
    }
}

/// Whether the word before a parenthesis is a function's name: `p95(…)`, not `slo (…)`. Either reads the same to the
/// parser.
fn calls(tokens: &[Token], shape: &Shape, at: usize) -> bool {
    let word = tokens[at].text;
    if BEFORE_OPERANDS.contains(&word) {
        return false;
    }
    // A line that starts with such a word and a blank goes on the statement before it; so a scenario's name has none.
    if shape.initial[at] && CONTINUING.contains(&word) {
        return true;
    }
    let before = at.checked_sub(1).and_then(|before| tokens.get(before)).filter(|_| !shape.initial[at]);
    let names = before.is_some_and(|before| match before.kind {
        Kind::Open | Kind::Comma | Kind::Colon | Kind::At | Kind::Sign | Kind::Operator | Kind::OpenType => true,
        _ => BEFORE_FUNCTIONS.contains(&before.text),
    });
    names || !keywords().iter().any(|keyword| keyword == word)
}
