//! What is offered, and how a client writes it.

use super::context::Context;
use super::twice::Twice;
use crate::lsp::asked::Asked;
use crate::lsp::signature::documentation;
use crate::syntax::{Opening, is_keyword, is_name};
use gen_lsp_types::{
    CompletionItem, CompletionItemKind, CompletionItemTextEdit, InsertReplaceEdit, InsertTextFormat, TextEdit,
};

/// How a client writes what it is offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inserting {
    /// Whether it knows places to fill in.
    pub snippets: bool,
    /// Whether it lets people choose if the rest of a word stays.
    pub replaces: bool,
}

/// What is offered.
#[derive(Default)]
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
    pub fn snippet(&mut self, label: &str, kind: CompletionItemKind, detail: &str, text: &str) {
        self.word(label, kind, detail);
        if let Some(item) = self.list.last_mut() {
            item.insert_text = Some(text.to_owned());
            item.insert_text_format = Some(InsertTextFormat::Snippet);
        }
    }

    /// A word that is found by another one.
    pub fn found_by(&mut self, label: &str, kind: CompletionItemKind, filter: &str) {
        self.word(label, kind, "");
        if let Some(item) = self.list.last_mut() {
            item.filter_text = Some(filter.to_owned()).filter(|filter| filter != label);
        }
    }

    /// Says more of what was offered last.
    pub fn documented(&mut self, doc: &str) {
        if let Some(item) = self.list.last_mut() {
            item.documentation = documentation(doc);
        }
    }

    /// What can really stand there, in order, each once, with the edit that writes it.
    pub fn items(self, context: &Context, opening: Option<&Opening>, asked: &Asked, at: usize) -> Vec<CompletionItem> {
        let mut items = self.list;
        items.iter_mut().for_each(|item| write(item, context, asked, at));
        let qualifier = context.word.qualifier.as_ref().map_or(String::new(), |qualifier| format!("{qualifier}."));
        let takes = |text: &str| opening.is_none_or(|it| it.takes(&format!("{qualifier}{text}")));
        let takes_names = takes("a0a0");
        let twice = Twice::of(context, asked.page.text);
        items.retain(|item| {
            let text = filled_in(written(item));
            let fits = if is_name(&text) && !is_keyword(&text) { takes_names } else { takes(&text) };
            fits && !(is_word(item) && twice.as_ref().is_some_and(|twice| twice.is_said(&text)))
        });
        items.sort_by(|a, b| a.label.cmp(&b.label).then_with(|| written(b).len().cmp(&written(a).len())));
        let is_same = |a: &CompletionItem, b: &CompletionItem| a.kind == b.kind || written(a) == written(b);
        items.dedup_by(|a, b| a.label == b.label && (is_same(a, b) || is_word(a)));
        items
    }
}

/// Gives an item the edit that writes it. Where the statement goes on behind the word, only the word is written.
fn write(item: &mut CompletionItem, context: &Context, asked: &Asked, at: usize) {
    let client = asked.workspace.inserting;
    let text = item.insert_text.take().filter(|_| context.is_last()).unwrap_or_else(|| item.label.clone());
    let is_snippet = item.insert_text_format.is_some() && text.contains('$');
    let new_text = if is_snippet && !client.snippets { filled_in(&text) } else { text };
    item.insert_text_format = item.insert_text_format.filter(|_| is_snippet && client.snippets);
    let range = &context.word.range;
    let behind = asked.page.text.get(at..range.end).unwrap_or_default();
    // A word of the language before another word does not stand for that.
    if is_word(item) && context.written.is_empty() && context.word.qualifier.is_none() && !behind.is_empty() {
        let edit = TextEdit { range: asked.page.range(at, at), new_text: format!("{new_text} ") };
        item.text_edit = Some(CompletionItemTextEdit::TextEdit(edit));
        return;
    }
    // What can have members keeps those that stand there; of a `use` the whole path is offered.
    let can_have = matches!(item.kind, Some(CompletionItemKind::Module | CompletionItemKind::Variable));
    let has_members = can_have && context.first() != "use";
    let replace = asked.page.range(range.start, if has_members { range.end } else { context.word.path_end });
    let insert = asked.page.range(range.start, at);
    item.text_edit = Some(match client.replaces {
        true => CompletionItemTextEdit::InsertReplaceEdit(InsertReplaceEdit { new_text, insert, replace }),
        false => CompletionItemTextEdit::TextEdit(TextEdit { range: replace, new_text }),
    });
}

/// Whether an item is a word of the language.
fn is_word(item: &CompletionItem) -> bool {
    item.kind == Some(CompletionItemKind::Keyword)
}

/// The text that an item writes.
fn written(item: &CompletionItem) -> &str {
    match &item.text_edit {
        Some(CompletionItemTextEdit::TextEdit(edit)) => &edit.new_text,
        Some(CompletionItemTextEdit::InsertReplaceEdit(edit)) => &edit.new_text,
        None => &item.label,
    }
}

/// A snippet with what stands in its places by default.
pub fn filled_in(snippet: &str) -> String {
    let (mut out, mut rest) = (String::new(), snippet);
    while let Some((before, behind)) = rest.split_once('$') {
        out.push_str(before);
        let number = behind.trim_start_matches(|c: char| c.is_ascii_digit());
        rest = if number.len() < behind.len() {
            number
        } else {
            let inside = behind.strip_prefix('{').and_then(|inside| inside.split_once('}'));
            let Some((place, behind)) = inside else {
                out.push('$');
                rest = behind;
                continue;
            };
            out.push_str(place.split_once(':').map_or("", |(_, default)| default));
            behind
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::filled_in;

    #[test]
    fn a_snippet_is_filled_in() {
        assert_eq!(filled_in("a ${1:b} \"$2\" {\n\t$0\n}"), "a b \"\" {\n\t\n}");
        assert_eq!(filled_in("cost$.chaos"), "cost$.chaos");
    }
}
