//! Rank 3: the formatter. One text, one layout of it; `docs/formatting.md` says which.
//!
//! It works on tokens, not on the tree: what ends a statement comes from the layout pass, what nests from the brackets.
//! So it knows every construct of the grammar without naming one. It changes nothing but blanks, line ends and the `;`
//! between statements, and proves that of each of its results before it gives it out.

mod align;
mod layout;
mod lines;
mod same;
mod shape;
mod spacing;
mod token;

pub use layout::otherwise;
pub use token::{Kind, Token, placed_tokens};

use crate::base::SourceId;
use crate::diagnostics::{Diagnostic, any_error};
use crate::syntax;

/// Columns in which a block that its author wrote on one line must fit to stay there.
pub const WIDTH: usize = 100;

/// Why a text was not formatted.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// It does not parse: its findings.
    Unparsable(Vec<Diagnostic>),
    /// The result would not have said the same; what differs. A defect of the formatter.
    Changed(&'static str),
}

/// The text in its one layout. Takes time linear in its length.
///
/// # Errors
/// [`Refusal`] says why there is none.
pub fn format(source: SourceId, text: &str) -> Result<String, Refusal> {
    let parsed = syntax::parse(source, text);
    if any_error(&parsed.findings) {
        return Err(Refusal::Unparsable(parsed.findings));
    }
    let before = token::tokens(text);
    let formatted = align::print(&lines::lines(&before), newline(text));
    match same::difference(&parsed.file, &before, &formatted) {
        None => Ok(formatted),
        Some(what) => Err(Refusal::Changed(what)),
    }
}

/// How a text ends its lines: as it ends the first one.
pub fn newline(text: &str) -> &'static str {
    let first = text.find('\n').and_then(|end| text.get(..end));
    if first.is_some_and(|line| line.ends_with('\r')) { "\r\n" } else { "\n" }
}

#[cfg(test)]
mod tests;
