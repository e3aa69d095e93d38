//! Files that `use` can name.

use super::Place;
use crate::base::files::plain;
use crate::lsp::completion::offers::Offers;
use gen_lsp_types::CompletionItemKind as Item;

impl Place<'_> {
    /// In a quoted text.
    pub(super) fn quoted(&self, offers: &mut Offers) {
        if self.context.first() != "use" {
            return;
        }
        let Some(home) = self.asked.path.parent() else { return };
        let written = self.context.written.as_str();
        let folder = written.rfind('/').map_or("", |slash| &written[..=slash]);
        for path in self.asked.workspace.siblings(&plain(&home.join(folder))) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path == self.asked.path || name.contains(['"', '\\']) {
                continue;
            }
            let bare = format!("{folder}{name}");
            let label = if folder.starts_with(['.', '/']) { bare.clone() } else { format!("./{bare}") };
            // Editors compare with what is written already.
            let filter = if written.is_empty() || written.starts_with('.') { &label } else { &bare };
            offers.found_by(&label, Item::File, filter);
        }
    }
}
