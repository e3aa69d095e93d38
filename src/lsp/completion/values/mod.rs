//! What stands inside statements.

mod argument;
mod going_on;
mod inside;
mod names;
mod paths;
mod quantity;
mod wanted;

use super::context::Context;
use super::offers::Offers;
use super::statements;
use super::word::is_number;
use crate::lsp::asked::Asked;
use crate::lsp::index::Scene;
use crate::names::{Kind, Program};
use crate::syntax::{List, Opening};
use gen_lsp_types::CompletionItemKind as Item;

/// Offers all that can stand there.
pub fn offer(
    context: &Context,
    asked: &Asked,
    program: &Program,
    scene: &Scene,
    opening: Option<&Opening>,
    offers: &mut Offers,
) {
    let place = Place { context, asked, program, scene, opening };
    if context.quoted {
        place.quoted(offers);
    } else if is_number(&context.written) {
        place.units(offers);
    } else if context.word.qualifier.is_some() {
        place.members(offers);
    } else if context.called.is_some() {
        place.argument(offers);
    } else if context.sentence.is_empty() || context.before == ["@"] {
        place.statement(offers);
    } else {
        place.inside(offers);
    }
}

struct Place<'a> {
    context: &'a Context,
    asked: &'a Asked<'a>,
    program: &'a Program,
    scene: &'a Scene<'a>,
    /// The statement up to the place, if nothing is wrong with that.
    opening: Option<&'a Opening>,
}

impl Place<'_> {
    /// The list of statements that the place's statement is in.
    fn list(&self) -> List {
        self.context.statement.0
    }

    /// Whether a text can stand there, as far as the grammar says.
    fn takes(&self, text: &str) -> bool {
        self.opening.is_none_or(|opening| opening.takes(text))
    }

    /// At the start of a statement.
    fn statement(&self, offers: &mut Offers) {
        if self.context.before == ["@"] {
            offers.snippet("allow", Item::Keyword, "allows what a rule finds", "allow($0)");
            return;
        }
        let Some(block) = self.context.block else { return };
        for (label, snippet, doc) in statements::of(block) {
            offers.snippet(label, Item::Keyword, doc, snippet);
        }
        match block {
            List::Steps => self.in_scope(&[Kind::Scenario], offers),
            List::Steady => self.expression(offers),
            _ => {}
        }
    }
}
