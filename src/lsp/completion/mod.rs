//! What can stand at a place: by the blocks around it and the words before it, so in broken files, too.
//!
//! What is meant there is known by rules of our own; whether it can be written there, the grammar is asked.

mod context;
mod given;
mod offers;
mod statements;
mod twice;
mod values;
mod word;

pub use context::Context;
pub use offers::Inserting;
pub use statements::statement;
#[cfg(test)]
pub use statements::words as statement_words;

use super::asked::Asked;
use super::index::scene_at;
use super::text::floor;
use crate::syntax::Opening;
use gen_lsp_types::CompletionList;
use offers::Offers;

/// Characters after which completion is asked for by itself.
pub const TRIGGERS: &[&str] = &[".", "@", "(", "\"", "/", ":"];

/// All that can stand at a byte.
pub fn complete(asked: &Asked, offset: usize) -> Option<CompletionList> {
    let text = asked.page.text;
    let offset = floor(text, offset);
    let context = Context::at(text, offset)?;
    let program = &asked.known?.analysis.program;
    let scene = scene_at(program, offset);
    let (list, from) = context.statement;
    let opening = if context.quoted { None } else { Opening::of(list, text.get(from..context.word.start)?) };
    let mut offers = Offers::default();
    values::offer(&context, asked, program, &scene, opening.as_ref(), &mut offers);
    let items = offers.items(&context, opening.as_ref(), asked, offset);
    Some(CompletionList { is_incomplete: false, item_defaults: None, apply_kind: None, items })
}
