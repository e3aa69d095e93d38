//! Links: from `use` to files and modules, from codes to their pages.
//!
//! Pages and modules are part of the program; the client reads them as documents whose addresses begin with `chaos:`.

use super::asked::Asked;
use super::workspace::Workspace;
use super::{address, index};
use crate::diagnostics::{codes, lints};
use crate::names::stdlib;
use gen_lsp_types::{DocumentLink, Uri};
use std::path::Path;

/// What the addresses of such documents begin with.
pub const PAGES: &str = "chaos";

/// The address of a code's page.
pub fn page_of(code: &str) -> Uri {
    Uri(format!("{PAGES}:/explain/{code}.md"))
}

/// The address of a module of the standard library, or of a plugin.
pub fn module_at(file: &Path) -> Uri {
    Uri(format!("{PAGES}:/{}", file.display()))
}

/// The text of such a document.
pub fn content(address: &Uri, workspace: &Workspace) -> Option<String> {
    let path = address.0.strip_prefix(PAGES)?.strip_prefix(":/")?;
    if let Some(code) = path.strip_prefix("explain/").and_then(|name| name.strip_suffix(".md")) {
        return codes::find(code).or_else(|| lints::find(code)).map(|code| code.page.to_owned());
    }
    let standard = stdlib::MODULES.iter().find(|(_, file, _)| *file == path).map(|(_, _, text)| *text);
    standard.or_else(|| workspace.plugin_module(Path::new(path))).map(str::to_owned)
}

/// All links of a document.
pub fn links(asked: &Asked) -> Vec<DocumentLink> {
    let Some(known) = asked.known else { return Vec::new() };
    let sources = &known.analysis.program.sources;
    let link = |it: &index::Occurrence| {
        let target = match it.what {
            index::What::File | index::What::Module if !it.declares() => {
                let source = sources.get(it.declared.filter(|place| place.is_empty())?.source)?;
                if source.path.is_absolute() { address::address(&source.path) } else { module_at(&source.path) }
            }
            index::What::Lint => page_of(lints::find(sources.text(it.at))?.name),
            _ => return None,
        };
        Some(DocumentLink { range: asked.page.of(it.at), target: Some(target), tooltip: None, data: None })
    };
    known.occurrences().iter().filter_map(link).collect()
}
