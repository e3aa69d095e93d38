//! What can stand at a place: by the blocks around it and the words before it, so in broken files, too.

mod context;
mod given;
mod statements;
mod values;

pub use context::{Block, Context};
pub use statements::statement;
#[cfg(test)]
pub use statements::words as statement_words;

use super::asked::Asked;
use super::index::scene_at;
use super::text::floor;
use gen_lsp_types::{
    CompletionItem, CompletionItemKind, CompletionItemTextEdit, CompletionList, InsertTextFormat, TextEdit,
};

/// Characters after which completion is asked for by itself.
pub const TRIGGERS: &[&str] = &[".", "@", "(", "\"", "/", ":"];

/// All that can stand at a byte.
pub fn complete(asked: &Asked, offset: usize) -> Option<CompletionList> {
    let offset = floor(asked.page.text, offset);
    let context = Context::at(asked.page.text, offset)?;
    let program = &asked.known?.analysis.program;
    let mut offers = Offers { list: Vec::new() };
    let scene = scene_at(program, offset);
    values::offer(&context, asked, program, &scene, &mut offers);
    let range = asked.page.range(context.word_start, offset);
    let mut items = offers.list;
    items.sort_by(|a, b| a.label.cmp(&b.label));
    items.dedup_by(|a, b| a.label == b.label && a.kind == b.kind);
    for item in &mut items {
        let new_text = item.insert_text.take().unwrap_or_else(|| item.label.clone());
        item.text_edit = Some(CompletionItemTextEdit::TextEdit(TextEdit { range, new_text }));
    }
    Some(CompletionList { is_incomplete: false, item_defaults: None, apply_kind: None, items })
}

/// What is offered.
pub struct Offers {
    list: Vec<CompletionItem>,
}

impl Offers {
    /// A word as it is.
    pub fn word(&mut self, label: &str, kind: CompletionItemKind, detail: &str) {
        self.list.push(CompletionItem {
            label: label.to_owned(),
            kind: Some(kind),
            detail: Some(detail.to_owned()).filter(|detail| !detail.is_empty()),
            ..Default::default()
        });
    }

    /// Several words of one kind.
    pub fn words<'a>(&mut self, all: impl IntoIterator<Item = &'a str>, kind: CompletionItemKind, detail: &str) {
        all.into_iter().for_each(|label| self.word(label, kind, detail));
    }

    /// A word with places to fill in: `$1`, `${2:like this}`.
    pub fn snippet(&mut self, label: &str, kind: CompletionItemKind, detail: &str, text: String) {
        self.word(label, kind, detail);
        if let Some(item) = self.list.last_mut() {
            item.insert_text = Some(text);
            item.insert_text_format = Some(InsertTextFormat::Snippet);
        }
    }

    /// Says more of what was offered last.
    pub fn documented(&mut self, doc: &str) {
        if let Some(item) = self.list.last_mut() {
            item.documentation = super::signature::documentation(doc);
        }
    }
}
