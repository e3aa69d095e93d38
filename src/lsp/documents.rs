//! Documents that are open in the editor: their texts count, whatever the files hold.

use super::text::{Encoding, Lines, Page};
use gen_lsp_types::{TextDocumentContentChangeEvent, Uri};

/// An open document.
#[derive(Debug)]
pub struct Document {
    /// As the client calls it.
    pub address: Uri,
    /// The version that the client gave it.
    pub version: i32,
    /// Its text.
    pub text: String,
    /// The lines of its text.
    pub lines: Lines,
}

impl Document {
    /// A document that was opened.
    pub fn new(address: Uri, version: i32, text: String) -> Self {
        let lines = Lines::of(&text);
        Self { address, version, text, lines }
    }

    /// Its text with its lines.
    pub fn page(&self, encoding: Encoding) -> Page<'_> {
        Page::new(&self.text, &self.lines, encoding)
    }

    /// Does what the client did to its text. Places that are not in it are taken as the nearest ones that are.
    pub fn change(&mut self, version: i32, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) {
        self.version = version;
        for change in changes {
            match change {
                TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                    let bytes = self.page(encoding).bytes(part.range);
                    self.text.replace_range(bytes, &part.text);
                }
                TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => self.text = whole.text,
            }
            self.lines = Lines::of(&self.text);
        }
    }
}
